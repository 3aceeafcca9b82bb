//! Payment call-backs, verified over their raw bytes, and the sandbox's pay page.

use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, Limited};

use super::{
    problem::Problem,
    state::{HttpState, context_of},
};
use crate::{
    graphql::ErrorCode,
    payments::{NOTIFY_BYTES_MAX, Notify},
};

/// A channel tells that money arrived; answered in the channel's own words.
pub(super) async fn notify(State(state): State<HttpState>, Path(channel): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let locale = context_of(&parts).locale;
    let Ok(body) = read(body).await else {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::BadRequest, locale).into_response();
    };
    let notify = Notify { query: parts.uri.query().unwrap_or_default(), headers: &parts.headers, body: &body };
    match state.orders.notify(&channel, &notify).await {
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let headers = [(header::CONTENT_TYPE, answer.content_type), (header::CACHE_CONTROL, "no-store")];
            (status, headers, answer.body).into_response()
        }
        Err(error) => Problem::service(error, locale).into_response(),
    }
}

/// The page behind a sandbox payment's address; opens without sign-in.
pub(super) async fn pay_page(State(state): State<HttpState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let locale = context_of(&parts).locale;
    let Some(sandbox) = &state.sandbox else { return Problem::not_found(locale).into_response() };
    let query = parts.uri.query().unwrap_or_default();
    let page = sandbox.pay_page(query, locale, state.services.clock.now_ms());
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, page.content_security_policy),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (status, headers, page.html).into_response()
}

async fn read(body: Body) -> Result<bytes::Bytes, StatusCode> {
    let limited = Limited::new(body, NOTIFY_BYTES_MAX).collect().await;
    limited.map(http_body_util::Collected::to_bytes).map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)
}
