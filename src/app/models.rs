//! From the settings to the painters and readers of this process.

use std::{sync::Arc, time::Duration};

use super::StartError;
use crate::{
    clock::Clock,
    config::{ImageProviderSettings, Settings, TextModelSettings},
    domain::{Composition, credits::CREDITS_PER_POSTER},
    ids::IdSource,
    providers::{
        Budget, Gate,
        image::{BuiltinPlates, ImageProvider, Painter, Painters, Purpose, ScriptedProvider, image_provider},
        text::{Reader, Readers, TextPurpose, text_model},
    },
};

/// The painters that the settings name, in their order; none means the built-in one.
pub(crate) fn painters(
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

/// How sets may be composed: a model can paint the product only where one is set up to.
pub(super) fn compositions(settings: &Settings) -> Vec<Composition> {
    let paints = |provider: &ImageProviderSettings| {
        provider.base_url.is_some() && (provider.purposes.is_empty() || provider.purposes.iter().any(|p| p == "poster"))
    };
    let model = settings.image_providers.iter().any(paints);
    Composition::ALL.into_iter().filter(|composition| *composition != Composition::Model || model).collect()
}

/// The text models that the settings name, in their order; there may be none.
pub(crate) fn readers(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
) -> Result<Readers, StartError> {
    let listed = settings.text_models.iter().enumerate().map(|(place, model)| {
        reader(model).map_err(|problem| StartError::Provider(format!("text_models[{place}].{problem}")))
    });
    Ok(Readers::new(listed.collect::<Result<Vec<_>, _>>()?, clock, ids))
}

fn reader(settings: &TextModelSettings) -> Result<Reader, String> {
    let model = text_model(settings).map_err(|error| error.to_string())?;
    let known = |word: &str| TextPurpose::from_word(word).map(|purpose| vec![purpose]);
    let listed = purposes(&settings.purposes, known)?;
    if listed.contains(&TextPurpose::Check) && !settings.vision {
        return Err("purposes: `check` looks at pictures, which needs `vision = true`".to_owned());
    }
    Ok(Reader {
        model,
        purposes: if listed.is_empty() { TextPurpose::USUAL.to_vec() } else { listed },
        gate: Gate::new(settings.max_concurrency, settings.requests_per_minute),
        timeout: Duration::from_secs(settings.timeout_seconds),
        budget: Budget { day_microusd: settings.spend_day_microusd, month_microusd: settings.spend_month_microusd },
    })
}

/// What an operator should know about the prices in the settings: which pictures cost more than their
/// credits bring in, a second try included, and which have no price, so that no limit can count them.
pub(crate) fn price_warnings(settings: &Settings) -> Vec<String> {
    let revenue = settings.billing.credit_value_microusd * CREDITS_PER_POSTER;
    let vendors = settings.image_providers.iter().filter(|provider| provider.base_url.is_some());
    let mut warnings = Vec::new();
    for provider in vendors {
        let (name, price) = (&provider.name, provider.price_microusd);
        if price == 0 && !provider.allow_private_address {
            warnings.push(format!("{name}: no price_microusd is set, so no spending limit counts its pictures"));
        } else if price > revenue {
            warnings.push(format!(
                "{name}: a picture costs {price} micro-USD, {CREDITS_PER_POSTER} credits bring in {revenue}: every poster loses money"
            ));
        } else if price * 2 > revenue {
            warnings.push(format!(
                "{name}: a picture costs {price} micro-USD, {CREDITS_PER_POSTER} credits bring in {revenue}: a second try loses money"
            ));
        }
    }
    warnings
}

/// Reads the words of a `purposes` setting.
fn purposes<T>(words: &[String], read: impl Fn(&str) -> Option<Vec<T>>) -> Result<Vec<T>, String> {
    let mut purposes = Vec::new();
    for word in words {
        purposes.extend(read(word).ok_or_else(|| format!("purposes: `{word}` is not known"))?);
    }
    Ok(purposes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn with(price_microusd: i64) -> Vec<String> {
        let variable = |key: &str, value: &str| (format!("HAIBAO_IMAGE_PROVIDERS__0__{key}"), value.to_owned());
        let environment = vec![
            variable("NAME", "main"),
            variable("KIND", "openai"),
            variable("BASE_URL", "https://api.example.com/v1"),
            variable("MODEL", "gpt-image-2"),
            variable("PRICE_MICROUSD", &price_microusd.to_string()),
        ];
        let sources = Sources { environment, ..Sources::default() };
        price_warnings(&Settings::load(&sources).expect("these settings are good"))
    }

    #[test]
    fn prices_that_do_not_fit_are_named() {
        assert_eq!(with(15_000), Vec::<String>::new());
        assert!(with(42_000)[0].contains("second try"));
        assert!(with(134_000)[0].contains("every poster loses money"));
        assert!(with(0)[0].contains("no price_microusd"));
    }
}
