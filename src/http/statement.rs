//! `GET /statement.csv`: the viewer's movements of credits, streamed.

use axum::{
    body::Body,
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream;

use super::{
    problem::Problem,
    state::{HttpState, context_of},
};
use crate::services::{
    limits::{Counted, Rate},
    statement::Pages,
};

/// Serves the statement.
pub(super) async fn show(State(state): State<HttpState>, request: Request) -> Response {
    answer(&state, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(state: &HttpState, request: Request) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let context = context_of(&parts);
    let viewer = state.viewer(&parts.headers, &context).await?;
    let viewer = viewer.ok_or_else(|| Problem::unauthenticated(context.locale))?;
    if let Err(refused) = state.limits.check(Rate::Requests, Counted::User(viewer.user_id)) {
        return Err(Problem::rate_limited((refused.retry_after_ms + 999) / 1000, context.locale));
    }
    let pages = Pages::own(&viewer).map_err(|error| Problem::service(error, context.locale))?;
    let services = state.services.clone();
    // A page that cannot be read breaks the answer off, so that half a statement is not taken for a whole one.
    let pages = stream::try_unfold((pages, services), |(mut pages, services)| async move {
        let page = pages.next(&services).await.inspect_err(|error| tracing::error!(%error, "a statement broke off"))?;
        Ok::<_, crate::services::ServiceError>(page.map(|page| (page, (pages, services))))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"haibao-statement.csv\""),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, Body::from_stream(pages)).into_response())
}
