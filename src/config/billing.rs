//! `[billing]`: welcome credits and what a credit is worth.

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
    /// What one poster or edit may cost, tries included, in millionths of a US dollar; 0 = no limit.
    pub picture_cost_max_microusd: i64,
}
