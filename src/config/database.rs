//! `[database]`: which database, and how many connections.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::secrets;

/// Settings of the database connections.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite://…` or `postgres://…`; empty means SQLite below the data folder. A secret because it
    /// may carry a password: read it through [`super::Settings::database_url`].
    #[serde(serialize_with = "secrets::url")]
    pub url: SecretString,
    /// File that holds the address instead.
    #[serde(default)]
    pub url_file: Option<PathBuf>,
    /// Connections that read (on PostgreSQL: all connections).
    pub connections_max: u32,
    /// How long a request waits for a free connection.
    pub acquire_timeout_seconds: u64,
}
