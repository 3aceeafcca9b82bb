//! From the settings to the painters and readers of this process.

use std::{sync::Arc, time::Duration};

use super::StartError;
use crate::{
    clock::Clock,
    config::{ImageProviderSettings, Settings, TextModelSettings},
    ids::IdSource,
    providers::{
        Budget, Gate,
        image::{BuiltinPlates, ImageProvider, Painter, Painters, Purpose, ScriptedProvider, image_provider},
        text::{Reader, Readers},
    },
};

/// The painters that the settings name, in their order; none means the built-in one.
pub(super) fn painters(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
) -> Result<Painters, StartError> {
    let listed = settings.image_providers.iter().enumerate().map(|(place, provider)| {
        let wrong = |problem: String| StartError::Provider(format!("image_providers[{place}].{problem}"));
        painter(provider, settings.is_production()).map_err(wrong)
    });
    let mut painters = listed.collect::<Result<Vec<_>, _>>()?;
    if painters.is_empty() {
        painters.push(Painter::unlimited(Arc::new(BuiltinPlates)));
    }
    Ok(Painters::new(painters, clock, ids))
}

fn painter(settings: &ImageProviderSettings, is_production: bool) -> Result<Painter, String> {
    let provider: Arc<dyn ImageProvider> = match settings.kind.as_str() {
        BuiltinPlates::NAME => Arc::new(BuiltinPlates),
        "scripted" if !is_production => {
            let script = settings.extra.get("script").and_then(serde_json::Value::as_str).unwrap_or_default();
            Arc::new(ScriptedProvider::parse(script).map_err(|part| format!("extra.script: `{part}`"))?)
        }
        _ => image_provider(settings).map_err(|error| error.to_string())?,
    };
    let purposes = purposes(&settings.purposes, Purpose::from_word)?;
    let painter = if provider.capabilities().is_billed {
        Painter {
            gate: Gate::new(settings.max_concurrency, settings.images_per_minute),
            timeout: Duration::from_secs(settings.timeout_seconds),
            price_microusd: settings.price_microusd,
            budget: Budget { day_microusd: settings.spend_day_microusd, month_microusd: settings.spend_month_microusd },
            ..Painter::unlimited(provider)
        }
    } else {
        Painter::unlimited(provider)
    };
    Ok(if purposes.is_empty() { painter } else { Painter { purposes, ..painter } })
}

/// The text models that the settings name, in their order; there may be none.
pub(super) fn readers(settings: &Settings, ids: Arc<dyn IdSource>) -> Result<Readers, StartError> {
    let listed = settings.text_models.iter().enumerate().map(|(place, model)| {
        reader(model).map_err(|problem| StartError::Provider(format!("text_models[{place}].{problem}")))
    });
    Ok(Readers::new(listed.collect::<Result<Vec<_>, _>>()?, ids))
}

fn reader(settings: &TextModelSettings) -> Result<Reader, String> {
    Err(format!("kind: this version does not speak `{}`", settings.kind))
}

/// Reads the words of a `purposes` setting.
fn purposes<T>(words: &[String], read: impl Fn(&str) -> Option<Vec<T>>) -> Result<Vec<T>, String> {
    let mut purposes = Vec::new();
    for word in words {
        purposes.extend(read(word).ok_or_else(|| format!("purposes: `{word}` is not known"))?);
    }
    Ok(purposes)
}
