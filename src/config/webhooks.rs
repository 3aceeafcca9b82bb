//! `[webhooks]`: telling partners' servers what happens.

use serde::{Deserialize, Serialize};

/// Settings of outgoing web hooks.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Whether endpoints may lie in a private network and speak http.
    pub allow_private_addresses: bool,
    /// Endpoints one person can have.
    pub endpoints_max: u32,
    /// How long one try may take.
    pub timeout_seconds: u64,
    /// How long ended deliveries are kept.
    pub log_days: u32,
}
