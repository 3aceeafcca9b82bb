//! The rules of GraphQL over HTTP, through the router.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
    response::Response,
    routing::any,
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{
    config::Introspection,
    http::{
        SocketLimits, Transport, TransportParts, graphql_handler,
        testing::{Judge, parts},
    },
};

const JSON: &str = "application/json";
const NEWER: &str = "application/graphql-response+json";

fn router(introspection: Introspection, queries_by_get: bool) -> Router {
    let parts =
        parts(SocketLimits::default(), TaskTracker::new(), CancellationToken::new(), Arc::new(Judge::default()));
    let state = Transport::new(TransportParts { queries_by_get, introspection, ..parts });
    Router::new().route("/graphql", any(graphql_handler)).with_state(state)
}

async fn call(method: Method, uri: &str, headers: &[(header::HeaderName, &str)], body: String) -> Response {
    call_at(router(Introspection::Everyone, true), method, uri, headers, body).await
}

async fn call_at(
    router: Router,
    method: Method,
    uri: &str,
    headers: &[(header::HeaderName, &str)],
    body: String,
) -> Response {
    let mut request = Request::builder().method(method).uri(uri).header(header::HOST, "haibao.test");
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request.body(Body::from(body)).expect("a request");
    router.oneshot(request).await.expect("the router never fails")
}

async fn post(query: &str, headers: &[(header::HeaderName, &str)]) -> Response {
    let mut all = vec![(header::CONTENT_TYPE, JSON)];
    all.extend_from_slice(headers);
    call(Method::POST, "/graphql", &all, json!({ "query": query }).to_string()).await
}

async fn body(response: Response) -> Value {
    let bytes = response.into_body().collect().await.expect("a whole body").to_bytes();
    serde_json::from_slice(&bytes).expect("the body is JSON")
}

#[tokio::test]
async fn the_media_type_and_the_status_follow_accept() {
    for (accept, query, status, has_data) in [
        (JSON, "{ echo(text: \"a\") }", StatusCode::OK, true),
        (NEWER, "{ echo(text: \"a\") }", StatusCode::OK, true),
        (JSON, "{ unknown }", StatusCode::OK, false),
        (NEWER, "{ unknown }", StatusCode::BAD_REQUEST, false),
        (JSON, "{", StatusCode::OK, false),
        (NEWER, "{", StatusCode::BAD_REQUEST, false),
        (NEWER, "{ missing }", StatusCode::OK, true),
    ] {
        let response = post(query, &[(header::ACCEPT, accept)]).await;
        assert_eq!(response.status(), status, "{accept} {query}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], format!("{accept}; charset=utf-8"));
        assert_eq!(response.headers()[header::VARY], "Accept");
        assert_eq!(body(response).await.get("data").is_some(), has_data, "{accept} {query}");
    }
    assert_eq!(post("{ viewer }", &[(header::ACCEPT, "image/png")]).await.status(), StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn only_json_bodies_of_bounded_size_are_read() {
    let query = json!({"query": "{ viewer }"}).to_string();
    for wrong in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
        let response = call(Method::POST, "/graphql", &[(header::CONTENT_TYPE, wrong)], query.clone()).await;
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{wrong}");
    }
    let huge = json!({"query": "{ viewer }", "variables": {"x": "y".repeat(300 * 1024)}}).to_string();
    let json_type = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    assert_eq!(call(Method::POST, "/graphql", &json_type, huge).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    for wrong in ["", "{", "[]", "[{\"query\":\"{ viewer }\"}]", "{\"query\":7}"] {
        let response = call(Method::POST, "/graphql", &json_type, wrong.to_owned()).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn get_runs_queries_alone() {
    let query = call(Method::GET, "/graphql?query=%7Bviewer%7D", &[], String::new()).await;
    assert_eq!((query.status(), body(query).await), (StatusCode::OK, json!({"data": {"viewer": null}})));
    let mutation = call(Method::GET, "/graphql?query=mutation%7Bbump%7D", &[], String::new()).await;
    assert_eq!(mutation.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(mutation.headers()[header::ALLOW], "POST");
    let put = call(Method::PUT, "/graphql", &[], String::new()).await;
    assert_eq!(
        (put.status(), &put.headers()[header::ALLOW]),
        (StatusCode::METHOD_NOT_ALLOWED, &"GET, POST".parse().expect("a header value"))
    );
    let browser = call(Method::GET, "/graphql", &[(header::ACCEPT, "text/html,*/*;q=0.8")], String::new()).await;
    assert_eq!(browser.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
}

#[tokio::test]
async fn get_runs_nothing_where_it_is_switched_off() {
    for query in ["%7Bviewer%7D", "mutation%7Bbump%7D", "%7B"] {
        let router = router(Introspection::Everyone, false);
        let refused = call_at(router, Method::GET, &format!("/graphql?query={query}"), &[], String::new()).await;
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED, "{query}");
        assert_eq!(refused.headers()[header::ALLOW], "POST");
        assert_eq!(body(refused).await["errors"][0]["extensions"]["code"], "BAD_REQUEST");
    }
}

#[tokio::test]
async fn the_schema_is_told_to_whom_the_settings_say() {
    let (good, none) = ([(header::AUTHORIZATION, "Bearer good")], []);
    for (introspection, anybody, signed_in) in [
        (Introspection::Everyone, None, None),
        (Introspection::SignedIn, Some("UNAUTHENTICATED"), None),
        (Introspection::Nobody, Some("FORBIDDEN"), Some("FORBIDDEN")),
    ] {
        for (credential, expected) in [(none.as_slice(), anybody), (good.as_slice(), signed_in)] {
            for query in
                ["{ __schema { types { name } } }", "{ ...a } fragment a on Query { __type(name: \"Int\") { name } }"]
            {
                let mut headers = vec![(header::CONTENT_TYPE, JSON)];
                headers.extend_from_slice(credential);
                let text = json!({ "query": query }).to_string();
                let answer = call_at(router(introspection, true), Method::POST, "/graphql", &headers, text).await;
                let answer = body(answer).await;
                assert_eq!(answer["errors"][0]["extensions"]["code"].as_str(), expected, "{introspection:?} {query}");
                assert_eq!(answer.get("data").is_some(), expected.is_none(), "{introspection:?} {query}");
            }
            let headers = [(header::CONTENT_TYPE, JSON)];
            let text = json!({ "query": "{ __typename }" }).to_string();
            let answer = call_at(router(introspection, true), Method::POST, "/graphql", &headers, text).await;
            assert_eq!(body(answer).await, json!({ "data": { "__typename": "Query" } }));
        }
    }
}

#[tokio::test]
async fn tokens_decide_before_anything_runs() {
    let seen = |response: Value| response["data"]["viewer"].clone();
    assert_eq!(seen(body(post("{ viewer }", &[(header::AUTHORIZATION, "Bearer good")]).await).await), 7);
    assert_eq!(seen(body(post("{ viewer }", &[(header::COOKIE, "haibao_session=good")]).await).await), 7);
    for (name, value) in [
        (header::AUTHORIZATION, "Bearer bad"),
        (header::AUTHORIZATION, "good"),
        (header::COOKIE, "haibao_session=expired"),
    ] {
        let response = post("{ viewer", &[(name, value)]).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{value}");
        assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
        let answer = body(response).await;
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(answer.get("data"), None);
    }
    let down = post("{ viewer }", &[(header::AUTHORIZATION, "Bearer down")]).await;
    assert_eq!(down.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_busy_viewer_is_told_to_wait() {
    let response = post("{ viewer }", &[(header::AUTHORIZATION, "Bearer other")]).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()[header::RETRY_AFTER], "2", "a second and a half, rounded up");
    assert_eq!(body(response).await["errors"][0]["extensions"]["code"], "RATE_LIMITED");
}

#[tokio::test]
async fn a_dead_cookie_is_taken_away_and_a_dead_bearer_token_is_not() {
    let refused = post("{ number }", &[(header::COOKIE, "haibao_session=dead")]).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let gone = refused.headers()[header::SET_COOKIE].to_str().expect("text");
    assert!(gone.starts_with("haibao_session=;") && gone.contains("Max-Age=0"), "{gone}");
    let refused = post("{ number }", &[(header::AUTHORIZATION, "Bearer dead")]).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert!(!refused.headers().contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn a_foreign_page_cannot_use_the_cookie() {
    let cookie = (header::COOKIE, "haibao_session=good");
    let foreign = (header::ORIGIN, "https://evil.test");
    let refused = post("mutation { bump }", &[cookie.clone(), foreign.clone()]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(body(refused).await["errors"][0]["extensions"]["code"], "FORBIDDEN");
    for allowed in ["https://haibao.test", "https://listed.test"] {
        let response = post("mutation { bump }", &[cookie.clone(), (header::ORIGIN, allowed)]).await;
        assert_eq!(response.status(), StatusCode::OK, "{allowed}");
    }
    let by_token = post("mutation { bump }", &[(header::AUTHORIZATION, "Bearer good"), foreign]).await;
    assert_eq!(by_token.status(), StatusCode::OK);
}

#[tokio::test]
async fn nothing_internal_reaches_a_client() {
    let leak = body(post("{ leaks }", &[(header::ACCEPT_LANGUAGE, "en")]).await).await;
    assert_eq!(leak["errors"][0]["extensions"]["code"], "INTERNAL");
    assert!(!leak.to_string().contains("secret"));
    let panic = post("{ panics }", &[]).await;
    assert_eq!(panic.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!body(panic).await.to_string().contains("secret"));
}

#[tokio::test]
async fn documents_that_ask_for_too_much_are_refused() {
    let deep = format!("{}viewer{}", "{ deeper ".repeat(13), "}".repeat(13));
    let answer = body(post(&deep.replacen("viewer", "{ viewer }", 1), &[]).await).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX");
    let answer = body(post("subscription { forever }", &[]).await).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_REQUEST");
}
