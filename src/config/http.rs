//! `[http]`: where the server listens and whom it believes.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// Who may ask what the schema holds (`__schema`, `__type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Introspection {
    /// Anybody.
    Everyone,
    /// Whoever sends a credential that is good, keys included.
    SignedIn,
    /// Nobody.
    Nobody,
}

/// Settings of the server itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// Where to listen; port 0 lets the system choose.
    pub address: SocketAddr,
    /// The address people type, without a slash at the end; empty means `http://` and `address`.
    pub public_url: String,
    /// Other origins whose pages may use the API with a cookie.
    pub allowed_origins: Vec<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// How long a request may take.
    pub request_timeout_seconds: u64,
    /// The largest GraphQL request.
    pub body_bytes_max: usize,
    /// Who may ask for the schema; none means by [`crate::config::Settings::introspection`].
    pub introspection: Option<Introspection>,
    /// Whether GET runs queries; none means by [`crate::config::Settings::queries_by_get`].
    pub queries_by_get: Option<bool>,
    /// How long running work gets after SIGTERM.
    pub shutdown_grace_seconds: u64,
    /// How long a websocket may stay silent before `connection_init`.
    pub socket_init_timeout_seconds: u64,
    /// Time between the server's pings on a websocket.
    pub socket_ping_seconds: u64,
}
