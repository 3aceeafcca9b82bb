//! `haibao doctor --payments`: are the keys right, and does the channel answer?

use std::{process::ExitCode, sync::Arc, time::Duration};

use serde::Serialize;

use super::CommandError;
use crate::{
    app::payments,
    clock::{Clock, SystemClock},
    config::Settings,
    ids::{IdSource, SystemIds},
};

/// How long a channel may take to answer something cheap.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was seen of one channel.
#[derive(Debug, Serialize)]
struct Seen {
    /// Its code.
    channel: &'static str,
    /// Whether its keys read.
    keys_read: bool,
    /// Whether it answered as it should.
    healthy: bool,
    /// What it answered, or what is wrong.
    says: String,
}

/// Checks every configured channel; 1 when one of them cannot work. Keys that do not read are refused
/// before anything is asked.
pub(super) async fn examine(settings: &Settings, as_json: bool) -> Result<ExitCode, CommandError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new());
    let channels = payments::real(settings, &settings.public_url(), &clock, &ids)?;
    let mut seen = Vec::new();
    for channel in &channels {
        let answer = tokio::time::timeout(PATIENCE, channel.probe()).await;
        let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())));
        let healthy = answer.is_ok();
        let says = answer.unwrap_or_else(|problem| problem);
        seen.push(Seen { channel: channel.code().slug(), keys_read: true, healthy, says });
    }
    let healthy = seen.iter().all(|channel| channel.healthy);
    if as_json {
        println!(
            "{:#}",
            serde_json::json!({ "healthy": healthy, "channels": seen, "sandbox": settings.sandbox_enabled() })
        );
    } else {
        for channel in &seen {
            let mark = if channel.healthy { "ok  " } else { "FAIL" };
            println!("{mark} {}: the keys read; {}", channel.channel, channel.says);
        }
        if seen.is_empty() {
            println!("no payment channel is configured");
        }
        if settings.sandbox_enabled() {
            println!("the sandbox is on: it pays without money");
        }
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
