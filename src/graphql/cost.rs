//! What operations cost, charged before they run.
//!
//! The number of requests says little: one can ask for a name, another for a hundred sets with all
//! their pictures. The complexity that the schema computes while it validates a document says more, so
//! that is what each key and each person has an allowance of. Answers over HTTP say what is left of it,
//! in the two fields of the IETF's draft (draft-ietf-httpapi-ratelimit-headers, since its version 8):
//! `RateLimit-Policy` names the limit, `RateLimit` how it stands. The three `RateLimit-*` numbers of its
//! earlier versions cannot say which limit is meant, and the `X-` forms mean something else everywhere.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{
    Response, ServerError, ValidationResult,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextRequest, NextValidation},
};
use axum::http::{HeaderName, HeaderValue, header};

use super::{ApiError, RequestContext, api::Api};
use crate::services::{
    Access, Viewer,
    limits::{Allowance, Charge, Counted, Rate},
};

/// The name of this limit in both fields.
const POLICY: &str = "cost";
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Charges every operation.
pub(super) struct Cost;

impl ExtensionFactory for Cost {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Till::default())
    }
}

/// What one request was charged.
#[derive(Default)]
struct Till(Mutex<Option<Charge>>);

#[async_trait]
impl Extension for Till {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let mut response = next.run(ctx).await;
        let charge = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Charge { allowance: Some(allowance), refused }) = charge else { return response };
        for (name, value) in fields(&allowance) {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.http_headers.insert(name, value);
            }
        }
        if let Some(refused) = refused {
            let seconds = refused.retry_after_ms.max(1).saturating_add(999) / 1000;
            response.http_headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await?;
        let Some(api) = ctx.data_opt::<Api>() else { return Ok(result) };
        let counted = match ctx.data_opt::<Viewer>() {
            Some(Viewer { access: Access::ApiKey { api_key_id, .. }, .. }) => Some(Counted::ApiKey(*api_key_id)),
            Some(viewer) => Some(Counted::User(viewer.user_id)),
            None => ctx.data_opt::<RequestContext>().map(|request| request.client_ip.into()),
        };
        let cost = u32::try_from(result.complexity).unwrap_or(u32::MAX);
        let Some(counted) = counted else { return Ok(result) };
        let charge = api.limits.spend(Rate::Cost, counted, cost);
        if !matches!(counted, Counted::Network(_)) {
            // Strangers behind one address are not told how much their neighbours ask.
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(charge);
        }
        match charge.refused {
            None => Ok(result),
            Some(refused) => Err(vec![ApiError::rate_limited(refused.retry_after_ms).into_server_error()]),
        }
    }
}

/// Both fields, as structured fields (RFC 9651): points, and whole seconds rounded up.
fn fields(allowance: &Allowance) -> [(HeaderName, String); 2] {
    let Allowance { limit, window, remaining, full_after_ms } = allowance;
    let window = window.as_secs();
    let full_after = full_after_ms.saturating_add(999) / 1000;
    [
        (RATE_LIMIT_POLICY, format!("\"{POLICY}\";q={limit};w={window}")),
        (RATE_LIMIT, format!("\"{POLICY}\";r={remaining};t={full_after}")),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_fields_are_written_as_the_draft_has_them() {
        let allowance =
            Allowance { limit: 2000, window: Duration::from_mins(1), remaining: 1300, full_after_ms: 20_001 };
        let [(_, policy), (_, state)] = fields(&allowance);
        assert_eq!(policy, "\"cost\";q=2000;w=60");
        assert_eq!(state, "\"cost\";r=1300;t=21");
    }
}
