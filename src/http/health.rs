//! Liveness, readiness, metrics and the schema's text.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::time::timeout;

use super::state::HttpState;

/// How long one part may take to answer.
const PART_TIMEOUT: Duration = Duration::from_secs(3);

/// The process answers.
pub(super) async fn live() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

/// The process can do its work: database, storage and workers, each by name.
pub(super) async fn ready(State(state): State<HttpState>) -> Response {
    let services = &state.services;
    let database = async { services.database.ping().await.is_ok() };
    let storage = async { services.storage.probe().await.is_ok() };
    let (database, storage) = tokio::join!(timeout(PART_TIMEOUT, database), timeout(PART_TIMEOUT, storage));
    let (database, storage) = (database.unwrap_or(false), storage.unwrap_or(false));
    let workers = (state.workers_ready)();
    let status = if database && storage && workers { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::json!({ "database": database, "storage": storage, "workers": workers });
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Prometheus text, where it is switched on.
pub(super) async fn metrics(State(state): State<HttpState>) -> Response {
    match &state.metrics {
        Some(recorder) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], recorder.render()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The schema's text.
pub(super) async fn schema() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, crate::graphql::sdl()).into_response()
}
