//! What operations cost, charged before they run.
//!
//! The number of requests says little: one can ask for a name, another for a hundred sets with all
//! their pictures. The complexity that the schema computes while it validates a document says more, so
//! that is what each key and each person has an allowance of.

use std::sync::Arc;

use async_graphql::{
    ServerError, ValidationResult,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
};

use super::{ApiError, RequestContext, api::Api};
use crate::services::{
    Access, Viewer,
    limits::{Counted, Rate},
};

/// Charges every operation.
pub(super) struct Cost;

impl ExtensionFactory for Cost {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Charge)
    }
}

struct Charge;

#[async_trait]
impl Extension for Charge {
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
        let charged = counted.map_or(Ok(()), |counted| api.limits.charge(Rate::Cost, counted, cost));
        match charged {
            Ok(()) => Ok(result),
            Err(refused) => Err(vec![ApiError::rate_limited(refused.retry_after_ms).into_server_error()]),
        }
    }
}
