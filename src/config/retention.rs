//! `[retention]`: how long what is kept is kept.

use serde::{Deserialize, Serialize};

/// Settings of forgetting.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionSettings {
    /// Between the wish to delete an account and its end.
    pub account_deletion_days: u32,
    /// How long ended sign-in sessions are kept.
    pub sessions_days: u32,
    /// Age at which sets are deleted; 0 = never.
    pub generations_days: u32,
}
