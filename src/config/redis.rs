//! `[redis]`: what several processes share beside the database.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::secrets;

/// Settings of the Redis server.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// `redis://…`, `rediss://…` or `redis+unix://…`; without it, codes are kept in memory.
    #[serde(default, serialize_with = "secrets::option_url")]
    pub url: Option<SecretString>,
    /// File that holds the address instead.
    #[serde(default)]
    pub url_file: Option<PathBuf>,
}
