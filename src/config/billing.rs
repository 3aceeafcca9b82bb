//! `[billing]` and `[payments]`: welcome credits and how money comes in.

use serde::{Deserialize, Serialize};

/// Settings of credits.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BillingSettings {
    /// Credits for a new account; left out, the environment decides: read it through
    /// [`super::Settings::welcome_credits`].
    #[serde(default)]
    pub welcome_credits: Option<i64>,
    /// What one credit brings in, in millionths of a US dollar: what the cost of models is compared with.
    pub credit_value_microusd: i64,
}

/// Settings of payment channels.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentSettings {
    /// Whether the sandbox pays; left out, the environment decides: read it through
    /// [`super::Settings::sandbox_enabled`].
    #[serde(default)]
    pub sandbox_enabled: Option<bool>,
    /// When an unpaid order is closed.
    pub order_lifetime_minutes: u32,
}
