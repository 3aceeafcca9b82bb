//! `[engine]` and `[studio]`: how posters are worked on.

use serde::{Deserialize, Serialize};

/// Settings of the queue and its workers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EngineSettings {
    /// Posters made at the same time; 0 = one per processor core.
    pub workers: usize,
    /// How long a silent worker keeps its poster.
    pub lease_seconds: u32,
    /// Tries before a poster is refunded.
    pub attempts_max: u32,
    /// The longest one try may take.
    pub job_timeout_seconds: u64,
    /// How often forgotten work is looked for.
    pub sweep_seconds: u64,
}

/// Settings of taste and quality.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StudioSettings {
    /// Whether a free built-in poster stands beside a refund.
    pub fallback_to_builtin: bool,
    /// JPEG quality of finished posters, 60–100.
    pub jpeg_quality: u8,
    /// Who is named as the producer in the records of AI-made pictures.
    pub ai_content_producer: String,
    /// Whether AI-made pictures carry the visible mark.
    pub visible_ai_label: bool,
}
