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

/// The kind of provider that does as it is told, for tests.
const SCRIPTED: &str = "scripted";

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
    Ok(Painters::new(painters, clock, ids).with_cost_max(settings.billing.picture_cost_max_microusd))
}

fn painter(settings: &ImageProviderSettings, is_production: bool) -> Result<Painter, String> {
    let provider: Arc<dyn ImageProvider> = match settings.kind.as_str() {
        BuiltinPlates::NAME => Arc::new(BuiltinPlates),
        SCRIPTED if !is_production => {
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

/// How sets may be composed: a model can paint the product only where one can and may. Settings that do not
/// read offer nothing; whoever needs the painters says what is wrong with them.
pub(super) fn compositions(settings: &Settings, clock: &Arc<dyn Clock>, ids: &Arc<dyn IdSource>) -> Vec<Composition> {
    let painters = painters(settings, Arc::clone(clock), Arc::clone(ids));
    let paints = painters.is_ok_and(|painters| painters.has_vendor_for(Purpose::Poster));
    Composition::ALL.into_iter().filter(|composition| *composition != Composition::Model || paints).collect()
}

/// The image models that work elsewhere: at a vendor, or on a server of one's own.
pub(super) fn elsewhere(settings: &Settings) -> impl Iterator<Item = &ImageProviderSettings> {
    settings.image_providers.iter().filter(|provider| !matches!(provider.kind.as_str(), BuiltinPlates::NAME | SCRIPTED))
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
/// credits bring in, a second try included, and which models have no price, so that no limit can count them.
pub(crate) fn price_warnings(settings: &Settings) -> Vec<String> {
    let revenue = settings.billing.credit_value_microusd * CREDITS_PER_POSTER;
    let mut warnings = Vec::new();
    for provider in elsewhere(settings) {
        let (name, price) = (&provider.name, provider.price_microusd);
        let counts_tokens = provider.extra.contains_key("price_out_microusd");
        if price == 0 && !provider.allow_private_address && !counts_tokens {
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
    for model in &settings.text_models {
        let has_limit = model.spend_day_microusd.is_some() || model.spend_month_microusd.is_some();
        if has_limit && model.price_input_microusd == 0 && model.price_output_microusd == 0 {
            let name = &model.name;
            warnings.push(format!("{name}: neither price_input_microusd nor price_output_microusd is set, so its spending limit counts nothing"));
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
    use crate::{clock::MockClock, config::Sources, ids::SeededIds};

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let environment = variables.iter().map(|(key, value)| (format!("HAIBAO_{key}"), (*value).to_owned())).collect();
        let sources = Sources { environment, ..Sources::default() };
        Settings::load(&sources).expect("these settings are good")
    }

    /// An image model at its vendor's own address.
    fn main_with<'a>(more: &[(&'a str, &'a str)]) -> Settings {
        let main = [
            ("IMAGE_PROVIDERS__0__NAME", "main"),
            ("IMAGE_PROVIDERS__0__KIND", "openai"),
            ("IMAGE_PROVIDERS__0__API_KEY", "sk-1234567890"),
            ("IMAGE_PROVIDERS__0__MODEL", "gpt-image-2"),
        ];
        settings(&[&main[..], more].concat())
    }

    fn priced(price_microusd: &str) -> Vec<String> {
        price_warnings(&main_with(&[("IMAGE_PROVIDERS__0__PRICE_MICROUSD", price_microusd)]))
    }

    #[test]
    fn prices_that_do_not_fit_are_named() {
        assert_eq!(priced("15000"), Vec::<String>::new());
        assert!(priced("42000")[0].contains("second try"));
        assert!(priced("134000")[0].contains("every poster loses money"));
        assert!(priced("0")[0].contains("no price_microusd"));
        let by_tokens =
            ["OUT", "TEXT_IN", "IMAGE_IN"].map(|what| format!("IMAGE_PROVIDERS__0__EXTRA__PRICE_{what}_MICROUSD"));
        let by_tokens: Vec<_> = by_tokens.iter().map(|key| (key.as_str(), "40")).collect();
        assert_eq!(price_warnings(&main_with(&by_tokens)), Vec::<String>::new());
        let words = [
            ("TEXT_MODELS__0__NAME", "words"),
            ("TEXT_MODELS__0__KIND", "openai"),
            ("TEXT_MODELS__0__MODEL", "gpt-5-mini"),
            ("TEXT_MODELS__0__SPEND_DAY_MICROUSD", "5000000"),
        ];
        assert!(price_warnings(&settings(&words))[0].contains("counts nothing"));
    }

    #[test]
    fn products_are_painted_only_where_a_model_can_and_may() {
        let offered = |settings: &Settings| {
            let (clock, ids): (Arc<dyn Clock>, Arc<dyn IdSource>) =
                (Arc::new(MockClock::at_ms(0)), Arc::new(SeededIds::new(1)));
            compositions(settings, &clock, &ids).contains(&Composition::Model)
        };
        assert!(!offered(&settings(&[])), "the built-in painter has no product to paint");
        assert!(offered(&main_with(&[])), "the vendor's own address need not be written down");
        assert!(!offered(&main_with(&[("IMAGE_PROVIDERS__0__PURPOSES", "[\"plate\"]")])));
        let only_plates = [
            ("IMAGE_PROVIDERS__0__NAME", "cheap"),
            ("IMAGE_PROVIDERS__0__KIND", "siliconflow"),
            ("IMAGE_PROVIDERS__0__BASE_URL", "https://api.siliconflow.cn/v1"),
            ("IMAGE_PROVIDERS__0__API_KEY", "sk-1234567890"),
            ("IMAGE_PROVIDERS__0__MODEL", "Qwen/Qwen-Image"),
        ];
        assert!(!offered(&settings(&only_plates)), "it paints from words alone");
    }
}
