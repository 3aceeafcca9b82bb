//! `[limits]` and `[observability]`: how much one person may use, and what is told about it.

use serde::{Deserialize, Serialize};

/// Limits; 0 switches a rate limit off.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Operations per person and minute.
    pub requests_per_minute: u32,
    /// Points of GraphQL operations per API key or person and minute.
    pub cost_per_minute: u32,
    /// Uploads per person and hour.
    pub uploads_per_hour: u32,
    /// Generations and edits per person and hour.
    pub generations_per_hour: u32,
    /// Orders per person and hour.
    pub orders_per_hour: u32,
    /// Open websockets per person.
    pub sockets_per_user: usize,
    /// Open websockets per IP address.
    pub sockets_per_ip: usize,
    /// Subscriptions on one websocket.
    pub subscriptions_per_socket: usize,
    /// Largest uploaded file, in bytes.
    pub upload_bytes_max: u64,
    /// Most pixels in an uploaded picture.
    pub upload_pixels_max: u64,
    /// Longest side of an uploaded picture, in pixels.
    pub upload_side_max: u32,
    /// Uploaded pictures decoded at the same time.
    pub decodes_max: usize,
    /// Nesting of one GraphQL operation.
    pub query_depth_max: usize,
    /// Cost of one GraphQL operation.
    pub query_complexity_max: usize,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Settings of logs and metrics.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ObservabilitySettings {
    /// A level, or a list of `target=level`.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Whether `/metrics` answers.
    pub metrics: bool,
}
