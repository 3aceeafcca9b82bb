//! `haibao doctor --providers`: one cheap call to every model.

use std::{process::ExitCode, sync::Arc, time::Duration};

use serde::Serialize;

use super::CommandError;
use crate::{
    app::models,
    clock::SystemClock,
    config::Settings,
    ids::SystemIds,
    providers::{CallContext, ProviderError},
};

/// How long a model may take to answer something cheap.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was seen of one model.
#[derive(Debug, Serialize)]
struct Seen {
    /// `image` or `text`.
    role: &'static str,
    /// Its name in the settings.
    name: String,
    /// The model's name.
    model: String,
    /// Whether it answered.
    healthy: bool,
    /// What it answered, or what is wrong.
    says: String,
}

/// Asks every model of the settings; 1 when one of them cannot work.
pub(super) async fn examine(settings: &Settings, as_json: bool) -> Result<ExitCode, CommandError> {
    let ids = Arc::new(SystemIds::new());
    let painters = models::painters(settings, Arc::new(SystemClock), Arc::clone(&ids) as _)?;
    let readers = models::readers(settings, Arc::new(SystemClock), ids)?;
    let call = CallContext { nonce: "doctor".to_owned(), timeout: PATIENCE };
    let mut seen = Vec::new();
    for painter in painters.list() {
        let provider = &painter.provider;
        let answer = tokio::time::timeout(PATIENCE, provider.probe(&call)).await;
        seen.push(Seen::of("image", provider.name(), provider.model(), answer.ok()));
    }
    for reader in readers.list() {
        let answer = tokio::time::timeout(PATIENCE, reader.model.probe(&call)).await;
        let answer = answer.map(|answer| answer.map(|()| "it answers".to_owned()));
        seen.push(Seen::of("text", reader.model.name(), reader.model.model(), answer.ok()));
    }
    let warnings = models::price_warnings(settings);
    let healthy = seen.iter().all(|model| model.healthy);
    if as_json {
        println!("{:#}", serde_json::json!({ "healthy": healthy, "models": seen, "warnings": warnings }));
    } else {
        for model in &seen {
            let mark = if model.healthy { "ok  " } else { "FAIL" };
            println!("{mark} {} model {} ({}): {}", model.role, model.name, model.model, model.says);
        }
        for warning in &warnings {
            println!("warn {warning}");
        }
        if readers.list().is_empty() {
            println!("no text model is configured: products are read by rules");
        }
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Seen {
    fn of(role: &'static str, name: &str, model: &str, answer: Option<Result<String, ProviderError>>) -> Self {
        let (healthy, says) = match answer {
            Some(Ok(says)) => (true, says),
            Some(Err(error)) => (false, error.to_string()),
            None => (false, format!("no answer within {} s", PATIENCE.as_secs())),
        };
        Self { role, name: name.to_owned(), model: model.to_owned(), healthy, says }
    }
}
