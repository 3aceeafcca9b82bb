//! Partners' web hooks: endpoints as their owners set them up, and the courier that serves them.

mod deliver;
mod manage;
mod payload;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

pub use deliver::Courier;
pub use manage::{CreateEndpoint, EndpointOutcome, ReplayOutcome, UpdateEndpoint};

use super::Context;
use crate::webhooks::{WebhookSealer, WebhookWire};

/// What holds for everybody's endpoints.
#[derive(Clone, Debug)]
pub struct WebhookPolicy {
    /// Endpoints one person can have.
    pub endpoints_max: u64,
    /// Whether endpoints may lie in a private network.
    pub allow_private_addresses: bool,
    /// How long one try may take.
    pub timeout: Duration,
    /// How long ended deliveries are kept.
    pub log_kept_ms: i64,
    /// The address people type: links in messages begin with it.
    pub public_url: String,
}

/// Everything about web hooks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Webhooks {
    context: Context,
    sealer: WebhookSealer,
    wire: WebhookWire,
    policy: Arc<WebhookPolicy>,
}

impl Webhooks {
    /// Puts the service together.
    ///
    /// # Errors
    /// The TLS set-up.
    pub fn new(context: Context, sealer: WebhookSealer, policy: WebhookPolicy) -> Result<Self, reqwest::Error> {
        let wire = WebhookWire::new(policy.timeout, policy.allow_private_addresses)?;
        Ok(Self { context, sealer, wire, policy: Arc::new(policy) })
    }
}
