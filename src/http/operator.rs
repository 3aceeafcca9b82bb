//! `/operator/orders`: what `haibao orders` does, for an operator's own tools. Answers only where an
//! operator's token is configured.

use axum::{
    Json,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, Limited};
use ring::hmac;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;

use super::{
    problem::Problem,
    state::{HttpState, context_of},
};
use crate::{
    domain::{Locale, validation::idempotency_key},
    graphql::ErrorCode,
    services::orders::{OrderFilter, RefundOrder, RefundOrderOutcome, refund_shown},
};

/// More than any wish needs.
const BODY_BYTES_MAX: usize = 16 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    order: Option<i64>,
    email: Option<String>,
    limit: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wish {
    /// In fen; all that is left when none.
    amount_fen: Option<i64>,
    reason: String,
}

/// Lists orders with their refunds, newest first.
pub(super) async fn list(
    State(state): State<HttpState>,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let locale = context_of(&parts).locale;
    let answer = async {
        admit(&state, &parts.headers, locale)?;
        let Query(wanted) = wanted.map_err(|_| bad("order, email and limit are understood"))?;
        let limit = wanted.limit.unwrap_or(50).clamp(1, 500);
        let filter = OrderFilter { order_id: wanted.order, email: wanted.email, limit, ..OrderFilter::default() };
        let listed = state.orders.list(&filter).await.map_err(|error| Problem::service(error, locale))?;
        let orders: Vec<_> = listed.iter().map(crate::services::orders::ListedOrder::shown).collect();
        Ok::<_, Problem>(shown(StatusCode::OK, &json!({ "orders": orders })))
    };
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

/// Gives an order's money back. The header `Idempotency-Key` is required: the same key is the same refund.
pub(super) async fn refund(State(state): State<HttpState>, Path(order_id): Path<i64>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let locale = context_of(&parts).locale;
    let answer = async {
        admit(&state, &parts.headers, locale)?;
        let key = parts.headers.get("idempotency-key").and_then(|value| value.to_str().ok());
        let key = key.filter(|key| idempotency_key(key).is_ok());
        let key = key.ok_or_else(|| bad("the header Idempotency-Key is required"))?;
        let wish = read(body).await.ok_or_else(|| bad("expected {\"amountFen\": 300, \"reason\": \"…\"}"))?;
        let wish = RefundOrder {
            order_id,
            amount_fen: wish.amount_fen,
            reason: &wish.reason,
            actor: "operator",
            idempotency_key: Some(key),
        };
        let outcome = state.orders.refund(wish).await.map_err(|error| Problem::service(error, locale))?;
        let refused = |word: &str, left_fen: Option<i64>| {
            let error = json!({ "error": { "code": "INVALID_INPUT", "message": word, "leftFen": left_fen } });
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &error))
        };
        match outcome {
            RefundOrderOutcome::Recorded(refund) => {
                Ok::<_, Problem>(shown(StatusCode::OK, &json!({ "refund": refund_shown(&refund) })))
            }
            RefundOrderOutcome::NotPaid => refused("the order was not paid", None),
            RefundOrderOutcome::OutOfRange { left_fen } => refused("more than is left of it", Some(left_fen)),
            RefundOrderOutcome::NotWholeCredits => refused("a credit costs 10 fen: give back whole credits", None),
            RefundOrderOutcome::ChannelUnavailable => {
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::PaymentChannelUnavailable, locale))
            }
        }
    };
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

/// Lets the operator in; without a token there is nothing here.
fn admit(state: &HttpState, headers: &HeaderMap, locale: Locale) -> Result<(), Problem> {
    let Some(token) = &state.settings.payments.operator_token else { return Err(Problem::not_found(locale)) };
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    // Compared by tags under one key: how long it takes tells nothing.
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"operator");
    let expected = hmac::sign(&key, token.expose_secret().as_bytes());
    if hmac::verify(&key, shown.unwrap_or_default().as_bytes(), expected.as_ref()).is_ok() {
        Ok(())
    } else {
        Err(Problem::unauthenticated(locale))
    }
}

async fn read(body: Body) -> Option<Wish> {
    let bytes = Limited::new(body, BODY_BYTES_MAX).collect().await.ok()?.to_bytes();
    serde_json::from_slice(&bytes).ok()
}

fn bad(message: &str) -> Problem {
    Problem::with_message(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, message)
}

fn shown(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
