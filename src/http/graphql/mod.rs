//! GraphQL over HTTP: our own handler, because the library's executes mutations sent by GET,
//! reads any content type as JSON (a hole for forged requests), ignores body limits and always
//! answers with one media type.

mod body;
mod page;

#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;

use async_graphql::{Executor, Request as Operation, Response as Answer, ServerError, parser::types::OperationType};
use axum::{
    body::Body,
    extract::{FromRequestParts, Request, State, WebSocketUpgrade},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http_body_util::{BodyExt, LengthLimitError, Limited};

pub(super) use body::request_from_value;

use super::{
    credentials::{AuthenticationError, Authenticator, Credential, viewer_of},
    media::{Media, prefers_html},
    transport::{Transport, request_context},
    websocket,
};
use crate::graphql::{ApiError, ErrorCode, RequestContext, finish, is_request_error, session_cookie};

/// Serves every method of `/graphql`.
pub async fn handle<E: Executor, A: Authenticator + ?Sized>(
    State(transport): State<Transport<E, A>>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let context = request_context(&parts.extensions, &parts.headers);
    if is_upgrade(&parts) {
        return upgrade(&transport, &mut parts, context).await;
    }
    if parts.method == Method::GET && parts.uri.query().is_none_or(str::is_empty) && prefers_html(&parts.headers) {
        return if transport.parts.development { page::query_page() } else { StatusCode::NOT_FOUND.into_response() };
    }
    let Some(media) = Media::negotiate(&parts.headers) else {
        return Refusal::new(StatusCode::NOT_ACCEPTABLE, ErrorCode::BadRequest).answer(Media::Json, &context);
    };
    match run(&transport, parts, body, &context).await {
        Ok(answer) => write(answer, media),
        Err(refusal) => refusal.answer(media, &context),
    }
}

async fn run<E: Executor, A: Authenticator + ?Sized>(
    transport: &Transport<E, A>,
    parts: Parts,
    body: Body,
    context: &RequestContext,
) -> Result<Answer, Refusal> {
    let authority = parts.uri.authority().map(axum::http::uri::Authority::as_str);
    let speaks_by_cookie = parts.headers.contains_key(header::COOKIE);
    if speaks_by_cookie && !transport.parts.origins.permits(&parts.headers, authority) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, ErrorCode::Forbidden));
    }
    let operation = match parts.method {
        Method::GET if transport.parts.queries_by_get => {
            body::request_from_query_string(parts.uri.query().unwrap_or_default())?
        }
        Method::POST => {
            require_json(&parts)?;
            body::request_from_json(&read(body, transport.parts.body_bytes_max).await?)?
        }
        _ => {
            let allowed = if transport.parts.queries_by_get { "GET, POST" } else { "POST" };
            return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::BadRequest).allow(allowed));
        }
    };
    let credential = Credential::from_headers(&parts.headers);
    let viewer = viewer_of(&transport.parts.authenticator, &credential).await.map_err(|error| {
        let from_cookie = !parts.headers.contains_key(header::AUTHORIZATION);
        Refusal { forget_cookie: from_cookie && error == AuthenticationError::Rejected, ..Refusal::from(error) }
    })?;
    let renewed = renew(transport, &parts, viewer.as_ref()).await;
    let (operation, kind) = transport.prepare(operation, viewer, context.clone()).map_err(Refusal::request_error)?;
    if parts.method == Method::GET && kind.is_some_and(|kind| kind != OperationType::Query) {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::BadRequest).allow("POST"));
    }
    let mut answer = execute(transport, operation, context).await?;
    if let Some(cookie) = renewed {
        answer.http_headers.entry(header::SET_COOKIE).or_insert(cookie);
    }
    Ok(answer)
}

/// A fresh cookie for a browser whose sign-in is half spent.
async fn renew<E: Executor, A: Authenticator + ?Sized>(
    transport: &Transport<E, A>,
    parts: &Parts,
    viewer: Option<&A::Viewer>,
) -> Option<HeaderValue> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        return None;
    }
    let (token, expires_at_ms) = transport.parts.authenticator.renew(viewer?).await?;
    let seconds = (expires_at_ms - transport.parts.clock.now_ms()).max(0) / 1000;
    HeaderValue::try_from(session_cookie(&token, seconds, transport.parts.is_https)).ok()
}

/// Runs the operation; a panic in a resolver and an endless one cost this request alone.
async fn execute<E: Executor, A: Authenticator + ?Sized>(
    transport: &Transport<E, A>,
    operation: Operation,
    context: &RequestContext,
) -> Result<Answer, Refusal> {
    let running = AssertUnwindSafe(transport.parts.executor.execute(operation)).catch_unwind();
    match tokio::time::timeout(transport.parts.operation_timeout, running).await {
        Ok(Ok(mut answer)) => {
            finish(&mut answer, context);
            Ok(answer)
        }
        Ok(Err(_panic)) => {
            tracing::error!(request_id = %context.request_id, "a resolver panicked");
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal))
        }
        Err(_elapsed) => {
            tracing::error!(request_id = %context.request_id, "an operation ran out of time");
            Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::ServiceUnavailable))
        }
    }
}

fn write(answer: Answer, media: Media) -> Response {
    let is_request_error = is_request_error(&answer);
    let status =
        if is_request_error && media == Media::GraphqlResponse { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let json = if is_request_error {
        // No field was executed, so there is no `data` entry at all (GraphQL §7.1.2).
        serde_json::to_vec(&serde_json::json!({ "errors": answer.errors }))
    } else {
        serde_json::to_vec(&answer)
    };
    // Every part of an answer has string keys, the only thing that JSON writing can fail on.
    let json = json.expect("an answer is writable as JSON");
    let mut response = (
        status,
        [(header::CONTENT_TYPE, media.content_type()), (header::VARY, "Accept"), (header::CACHE_CONTROL, "no-store")],
        json,
    )
        .into_response();
    response.headers_mut().extend(answer.http_headers);
    response
}

fn is_upgrade(parts: &Parts) -> bool {
    parts
        .headers
        .get(header::UPGRADE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// Opens a socket. A foreign origin is refused before the upgrade whatever it carries: unlike a
/// POST, nothing else keeps another site's page from reading what the socket says.
async fn upgrade<E: Executor, A: Authenticator + ?Sized>(
    transport: &Transport<E, A>,
    parts: &mut Parts,
    context: RequestContext,
) -> Response {
    let authority = parts.uri.authority().map(axum::http::uri::Authority::as_str);
    if !transport.parts.origins.permits(&parts.headers, authority) {
        return Refusal::new(StatusCode::FORBIDDEN, ErrorCode::Forbidden).answer(Media::Json, &context);
    }
    let Some(permit) = transport.sockets.open(context.client_ip, transport.parts.socket_limits.sockets_per_ip) else {
        return Refusal::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited).answer(Media::Json, &context);
    };
    let credential = Credential::from_headers(&parts.headers);
    match WebSocketUpgrade::from_request_parts(parts, &()).await {
        Ok(upgrade) => websocket::accept(upgrade, transport.clone(), context, credential, permit),
        Err(rejection) => rejection.into_response(),
    }
}

/// Only JSON: any other type can be posted by a plain form of a foreign page.
fn require_json(parts: &Parts) -> Result<(), Refusal> {
    let value = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut pieces = value.split(';').map(str::trim);
    let is_json = pieces.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let is_utf8 = pieces.filter_map(|piece| piece.split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    if is_json && is_utf8 {
        Ok(())
    } else {
        Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::BadRequest))
    }
}

async fn read(body: Body, bytes_max: usize) -> Result<bytes::Bytes, Refusal> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::BadRequest))
        }
        Err(_) => Err(Refusal::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest)),
    }
}

/// A request that never reached the schema.
struct Refusal {
    status: StatusCode,
    error: Box<ServerError>,
    allow: Option<&'static str>,
    retry_after_ms: Option<i64>,
    /// Written with 200 for clients that asked for plain JSON, like the schema's own request errors.
    is_graphql_error: bool,
    /// A cookie that is no good any more is taken away: no script can delete it, and with it even
    /// the sign-in would be refused for ever.
    forget_cookie: bool,
}

impl Refusal {
    fn new(status: StatusCode, code: ErrorCode) -> Self {
        let error = Box::new(ApiError::new(code).into_server_error());
        Self { status, error, allow: None, retry_after_ms: None, is_graphql_error: false, forget_cookie: false }
    }

    fn request_error(error: ServerError) -> Self {
        if let Some(known) = error.source::<ApiError>().filter(|known| known.code() == ErrorCode::RateLimited) {
            let retry_after_ms = known.retry_after_ms();
            return Self { retry_after_ms, ..Self::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited) };
        }
        let refusal = Self::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest);
        Self { error: Box::new(error), is_graphql_error: true, ..refusal }
    }

    fn allow(self, methods: &'static str) -> Self {
        Self { allow: Some(methods), ..self }
    }

    fn answer(self, media: Media, context: &RequestContext) -> Response {
        let mut answer = Answer::from_errors(vec![*self.error]);
        finish(&mut answer, context);
        let mut response = write(answer, media);
        if !(self.is_graphql_error && media == Media::Json) {
            *response.status_mut() = self.status;
        }
        let headers = response.headers_mut();
        if let Some(methods) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        if let Some(retry_after_ms) = self.retry_after_ms {
            headers
                .insert(header::RETRY_AFTER, HeaderValue::from((retry_after_ms.max(0) + 999).div_euclid(1000).max(1)));
        }
        if self.forget_cookie
            && let Ok(gone) = HeaderValue::try_from(session_cookie("", 0, false))
        {
            headers.insert(header::SET_COOKIE, gone);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
        }
        response
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { error: Box::new(error.into_server_error()), ..Self::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest) }
    }
}

impl From<AuthenticationError> for Refusal {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Rejected => Self::new(StatusCode::UNAUTHORIZED, ErrorCode::Unauthenticated),
            AuthenticationError::Unavailable => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::ServiceUnavailable)
            }
        }
    }
}
