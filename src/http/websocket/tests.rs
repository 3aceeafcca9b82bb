//! Every rule of graphql-transport-ws and every limit of ours, through a real client.

use std::{sync::atomic::Ordering, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

use super::SocketLimits;
use crate::http::testing::{Server, quick_limits, serve};

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

async fn dial(server: &Server, headers: &[(&'static str, &str)]) -> Result<Client, Error> {
    let mut request = format!("ws://{}/graphql", server.address).into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a header value"));
    for (name, value) in headers {
        if value.is_empty() {
            request.headers_mut().remove(*name);
        } else {
            request.headers_mut().insert(*name, value.parse().expect("a header value"));
        }
    }
    connect_async(request).await.map(|(stream, _)| Client(stream))
}

async fn connect(server: &Server) -> Client {
    dial(server, &[]).await.expect("the upgrade is accepted")
}

async fn greeted(server: &Server) -> Client {
    let mut client = connect(server).await;
    client.send(json!({"type": "connection_init", "payload": {"authorization": "Bearer good"}})).await;
    assert_eq!(client.receive().await, json!({"type": "connection_ack"}));
    client
}

impl Client {
    async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("the socket is open");
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({"id": id, "type": "subscribe", "payload": {"query": query}})).await;
    }

    async fn receive(&mut self) -> Value {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).expect("the server writes JSON"),
            other => panic!("expected a message, got {other:?}"),
        }
    }

    /// The code that the server closes with; messages before it are passed over.
    async fn close_code(&mut self) -> u16 {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("expected a close frame, got {other:?}"),
            }
        }
    }
}

fn refused_with(result: Result<Client, Error>) -> u16 {
    match result {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("expected a refusal, got {error}"),
        Ok(_) => panic!("expected a refusal, got a socket"),
    }
}

#[tokio::test]
async fn a_stranger_who_says_nothing_is_closed_with_4408() {
    let server = serve(SocketLimits { init_timeout: Duration::from_millis(20), ..quick_limits() }).await;
    assert_eq!(connect(&server).await.close_code().await, 4408);
}

#[tokio::test]
async fn wrong_messages_get_the_protocols_codes() {
    let server = serve(quick_limits()).await;
    let mut early = connect(&server).await;
    early.subscribe("a", "{ viewer }").await;
    assert_eq!(early.close_code().await, 4401);

    let mut twice = greeted(&server).await;
    twice.send(json!({"type": "connection_init"})).await;
    assert_eq!(twice.close_code().await, 4429);

    let mut same_id = greeted(&server).await;
    same_id.subscribe("a", "subscription { forever }").await;
    same_id.subscribe("a", "subscription { forever }").await;
    assert_eq!(same_id.close_code().await, 4409);

    for garbage in ["{", "[]", "{}", r#"{"type":"start"}"#, r#"{"type":"subscribe","id":"a"}"#] {
        let mut client = greeted(&server).await;
        client.0.send(Message::text(garbage)).await.expect("the socket is open");
        assert_eq!(client.close_code().await, 4400, "{garbage}");
    }
    for payload in [json!([]), json!({"query": 1}), json!({"query": "{a}", "variables": []})] {
        let mut client = greeted(&server).await;
        client.send(json!({"type": "subscribe", "id": "a", "payload": payload})).await;
        assert_eq!(client.close_code().await, 4400);
    }
    let mut binary = greeted(&server).await;
    binary.0.send(Message::binary(b"{}".to_vec())).await.expect("the socket is open");
    assert_eq!(binary.close_code().await, 4400);
}

#[tokio::test]
async fn a_message_past_64_kib_is_closed_with_1009() {
    let server = serve(quick_limits()).await;
    let mut client = greeted(&server).await;
    client.send(json!({"type": "ping", "payload": {"x": "y".repeat(70 * 1024)}})).await;
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn tokens_are_judged_when_the_client_introduces_itself() {
    let server = serve(quick_limits()).await;
    for wrong in [json!({"authorization": "Bearer bad"}), json!({"Authorization": "good"}), json!({"authorization": 1})]
    {
        let mut client = connect(&server).await;
        client.send(json!({"type": "connection_init", "payload": wrong})).await;
        assert_eq!(client.close_code().await, 4403, "{wrong}");
    }
    let mut by_header = dial(&server, &[("cookie", "haibao_session=good")]).await.expect("the upgrade is accepted");
    by_header.send(json!({"type": "connection_init"})).await;
    by_header.receive().await;
    by_header.subscribe("a", "{ viewer }").await;
    assert_eq!(by_header.receive().await["payload"]["data"]["viewer"], 7);
    let mut anonymous = connect(&server).await;
    anonymous.send(json!({"type": "connection_init"})).await;
    anonymous.receive().await;
    anonymous.subscribe("a", "{ viewer }").await;
    assert_eq!(anonymous.receive().await["payload"]["data"]["viewer"], Value::Null);
}

#[tokio::test]
async fn operations_run_side_by_side_and_end_with_complete() {
    let server = serve(quick_limits()).await;
    let mut client = greeted(&server).await;
    client.subscribe("idle", "subscription { forever }").await;
    client.subscribe("s", "subscription { count(to: 3) }").await;
    for expected in 1..=3 {
        let message = client.receive().await;
        assert_eq!(message, json!({"id": "s", "type": "next", "payload": {"data": {"count": expected}}}));
    }
    assert_eq!(client.receive().await, json!({"id": "s", "type": "complete"}));
    client.subscribe("m", "mutation { bump }").await;
    assert_eq!(client.receive().await, json!({"id": "m", "type": "next", "payload": {"data": {"bump": 1}}}));
    assert_eq!(client.receive().await, json!({"id": "m", "type": "complete"}));
    // A completed id is free again, and so is one that the client ended.
    client.send(json!({"id": "idle", "type": "complete"})).await;
    client.subscribe("idle", "{ viewer }").await;
    assert_eq!(client.receive().await["payload"]["data"]["viewer"], 7);
}

#[tokio::test]
async fn errors_before_the_first_result_are_one_error_message() {
    let server = serve(quick_limits()).await;
    let mut client = greeted(&server).await;
    for (query, code) in [
        ("subscription { unknown }", "BAD_REQUEST"),
        ("subscription { count(to: \"x\") }", "BAD_REQUEST"),
        ("subscription {", "BAD_REQUEST"),
        ("subscription { missing }", "NOT_FOUND"),
        ("subscription { panics }", "INTERNAL"),
        ("mutation { a: signIn b: signIn }", "QUERY_TOO_COMPLEX"),
    ] {
        client.subscribe("a", query).await;
        let message = client.receive().await;
        assert_eq!(message["type"], "error", "{query}: {message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], code, "{query}");
        assert!(!message.to_string().contains("secret"));
    }
    client.subscribe("a", "{ missing }").await;
    assert_eq!(client.receive().await["payload"]["errors"][0]["path"], json!(["missing"]));
    assert_eq!(client.receive().await["type"], "complete");
}

#[tokio::test]
async fn pings_are_answered_with_their_payload_and_quiet_clients_are_pinged() {
    let limits = SocketLimits { ping_after: Duration::from_millis(10), ..quick_limits() };
    let server = serve(limits).await;
    let mut client = connect(&server).await;
    client.send(json!({"type": "ping", "payload": {"a": 1}})).await;
    assert_eq!(client.receive().await, json!({"type": "pong", "payload": {"a": 1}}));
    client.send(json!({"type": "connection_init", "payload": {"authorization": "Bearer good"}})).await;
    assert_eq!(client.receive().await, json!({"type": "connection_ack"}));
    assert_eq!(client.receive().await, json!({"type": "ping"}));
    client.send(json!({"type": "pong"})).await;
    assert_eq!(client.receive().await, json!({"type": "ping"}));
}

#[tokio::test]
async fn silence_ends_a_socket() {
    let server = serve(SocketLimits { silence_max: Duration::from_millis(30), ..quick_limits() }).await;
    assert_eq!(greeted(&server).await.close_code().await, 1001);
}

#[tokio::test]
async fn a_revoked_token_ends_a_live_socket_with_4401() {
    let server = serve(quick_limits()).await;
    let mut client = greeted(&server).await;
    client.subscribe("a", "subscription { forever }").await;
    server.judge.revoked.store(true, Ordering::SeqCst);
    assert_eq!(client.close_code().await, 4401);
}

#[tokio::test]
async fn foreign_origins_are_refused_before_the_upgrade() {
    let server = serve(quick_limits()).await;
    for origin in ["https://evil.test", "null", "http://127.0.0.1:1"] {
        assert_eq!(refused_with(dial(&server, &[("origin", origin)]).await), 403, "{origin}");
    }
    let own = format!("http://{}", server.address);
    assert!(dial(&server, &[("origin", &own)]).await.is_ok());
    assert!(dial(&server, &[("origin", "https://listed.test")]).await.is_ok());
    let mut no_protocol = dial(&server, &[("sec-websocket-protocol", "")]).await.expect("the upgrade is accepted");
    assert_eq!(no_protocol.close_code().await, 4406);
}

#[tokio::test]
async fn sockets_and_operations_are_capped() {
    let limits = SocketLimits { subscriptions_per_socket: 2, sockets_per_user: 1, sockets_per_ip: 2, ..quick_limits() };
    let server = serve(limits).await;
    let mut first = greeted(&server).await;
    first.subscribe("a", "subscription { forever }").await;
    first.subscribe("b", "subscription { forever }").await;
    first.subscribe("c", "subscription { forever }").await;
    let refused = first.receive().await;
    assert_eq!(refused["type"], "error");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    let mut second = connect(&server).await;
    assert_eq!(refused_with(dial(&server, &[]).await), 429);
    second.send(json!({"type": "connection_init", "payload": {"authorization": "Bearer good"}})).await;
    assert_eq!(second.close_code().await, 4429);
}

#[tokio::test]
async fn shutdown_says_goodbye_with_1001_and_waits_for_sockets() {
    let server = serve(quick_limits()).await;
    let mut client = greeted(&server).await;
    server.shutdown.cancel();
    assert_eq!(client.close_code().await, 1001);
    server.tracker.close();
    drop(client);
    server.tracker.wait().await;
}

#[tokio::test]
async fn a_reader_who_reads_nothing_is_cut() {
    let server = serve(SocketLimits { write_timeout: Duration::from_millis(50), ..quick_limits() }).await;
    let mut client = greeted(&server).await;
    client.subscribe("a", "subscription { flood }").await;
    // Nothing is read here: the socket's task ends by itself, which frees the tracker.
    let listener_only = 1;
    while server.tracker.len() > listener_only {
        tokio::task::yield_now().await;
    }
}
