//! `[sign_in]`: secrets, codes and their limits.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::secrets;

/// Settings of sign-in by e-mail code.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignInSettings {
    /// The secret that all keys are derived from (see [`super::keys`]).
    #[serde(default, serialize_with = "secrets::option")]
    pub token_secret: Option<SecretString>,
    /// File that holds the secret instead.
    #[serde(default)]
    pub token_secret_file: Option<PathBuf>,
    /// The secret before the current one, still good for reading tokens.
    #[serde(default, serialize_with = "secrets::option")]
    pub previous_token_secret: Option<SecretString>,
    /// File that holds the previous secret instead.
    #[serde(default)]
    pub previous_token_secret_file: Option<PathBuf>,
    /// How long a sign-in lasts.
    pub token_lifetime_days: u32,
    /// How long a code is valid.
    pub code_lifetime_seconds: u32,
    /// The pause between two codes to one address.
    pub resend_after_seconds: u32,
    /// Wrong tries after which a code is dead.
    pub attempts_max: u32,
    /// Codes to one address in 24 hours; 0 = no limit.
    pub sends_per_email_per_day: u32,
    /// Codes to one address in an hour; 0 = no limit.
    pub sends_per_email_per_hour: u32,
    /// Codes asked for by one IP address (IPv6: one /64) in an hour; 0 = no limit.
    pub sends_per_ip_per_hour: u32,
    /// Codes to everybody in an hour; 0 = no limit.
    pub sends_per_hour: u32,
    /// Open codes kept in memory.
    pub codes_max: usize,
}
