//! How JSON is asked for and cut out of an answer.
//!
//! Servers that speak one dialect understand its JSON settings differently well: some take a schema,
//! some only a JSON mode, some neither, and some accept a schema and ignore it. So there are three
//! rungs, from the strictest down, and what a server turned out to understand is remembered.

use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::Value;

use super::{JsonTask, Repair};
use crate::{
    config::TextModelSettings,
    providers::{FailureClass, ProviderError, Usage},
};

/// How JSON is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rung {
    /// The server holds the model to the schema.
    Schema,
    /// The server holds the model to JSON; the schema stands in the prompt.
    Object,
    /// The prompt alone asks for it.
    Words,
}

impl Rung {
    const fn below(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::Object),
            Self::Object => Some(Self::Words),
            Self::Words => None,
        }
    }

    const fn place(self) -> u8 {
        match self {
            Self::Schema => 0,
            Self::Object => 1,
            Self::Words => 2,
        }
    }
}

/// The highest rung that a deployment understands, as far as is known.
#[derive(Debug, Default)]
pub(super) struct Ladder(AtomicU8);

impl Ladder {
    /// The rung to begin at.
    pub(super) fn rung(&self) -> Rung {
        match self.0.load(Ordering::Relaxed) {
            0 => Rung::Schema,
            1 => Rung::Object,
            _ => Rung::Words,
        }
    }

    /// A request on this rung was understood after a higher one was refused.
    pub(super) fn settle(&self, rung: Rung) {
        self.0.fetch_max(rung.place(), Ordering::Relaxed);
    }

    /// An answer on this rung ignored what was asked for: the next one is asked for more plainly.
    pub(super) fn ignored(&self, rung: Rung) {
        if let Some(below) = rung.below() {
            self.settle(below);
        }
    }

    /// The rung to try after a refusal. A server that does not know a setting says so with one of these
    /// statuses, each in words of its own, so any refusal of the request's form is taken for that;
    /// at most two cheap refusals are the price.
    pub(super) fn after_refusal(rung: Rung, error: &ProviderError) -> Option<Rung> {
        matches!(error.http_status, Some(400 | 404 | 415 | 422 | 501)).then(|| rung.below()).flatten()
    }
}

/// What a refusal says that no rung helped against. A request that is not taken as it is may be the fault
/// of one seller's words or picture, and must not shut the door for everybody; only what key, address or
/// model answer for is a setting.
pub(super) fn of_this_question(refusal: &ProviderError) -> ProviderError {
    let code: String = refusal.code.iter().flat_map(|code| code.chars()).filter(char::is_ascii_alphanumeric).collect();
    let code = code.to_ascii_lowercase();
    let is_setting =
        ["apikey", "authentic", "permission", "modelnot", "notfound"].iter().any(|word| code.contains(word));
    match (refusal.class, refusal.http_status) {
        (FailureClass::Misconfigured, Some(400 | 413 | 415 | 422)) if !is_setting => {
            ProviderError { class: FailureClass::NotAsked, ..refusal.clone() }
        }
        _ => refusal.clone(),
    }
}

/// The system text on a rung: below the first the schema has to be told in words.
pub(super) fn system_text(task: &JsonTask, rung: Rung) -> String {
    if rung == Rung::Schema {
        return task.system.clone();
    }
    format!(
        "{}\n\nAnswer with one JSON object and nothing else. It follows this JSON schema:\n{}",
        task.system, task.schema
    )
}

/// What is said after an answer that was not good enough.
pub(super) fn repair_text(repair: &Repair) -> String {
    format!(
        "That answer cannot be used: {}\nAnswer the same question again with the whole corrected JSON object.",
        repair.fault
    )
}

/// The object in an answer: the answer itself, what stands in a fence, or what stands between the
/// outermost braces. What a model thought aloud before is skipped.
pub(super) fn object_in(text: &str) -> Option<Value> {
    let said = text.rsplit_once("</think>").map_or(text, |(_, said)| said).trim();
    let object = |text: &str| serde_json::from_str::<Value>(text.trim()).ok().filter(Value::is_object);
    let fenced = || {
        let inside = said.split("```").nth(1)?;
        object(inside.trim_start_matches(|c: char| c.is_ascii_alphabetic()))
    };
    let braced = || object(said.get(said.find('{')?..=said.rfind('}')?)?);
    object(said).or_else(fenced).or_else(braced)
}

/// Whether every property that the schema requires at the top is there.
pub(super) fn has_outer_form(schema: &Value, value: &Value) -> bool {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    required.iter().filter_map(Value::as_str).all(|name| value.get(name).is_some())
}

/// Prices of a thousand tokens, in millionths of a US dollar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prices {
    input: i64,
    output: i64,
}

impl Prices {
    /// The prices of the settings.
    pub(super) const fn of(settings: &TextModelSettings) -> Self {
        Self { input: settings.price_input_microusd, output: settings.price_output_microusd }
    }

    /// The usage with its cost, rounded up; without prices the cost is unknown.
    pub(super) fn usage(self, tokens_in: u64, tokens_out: u64) -> Usage {
        let tokens = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let thousandths =
            tokens(tokens_in).saturating_mul(self.input).saturating_add(tokens(tokens_out).saturating_mul(self.output));
        let has_prices = self.input > 0 || self.output > 0;
        let cost_microusd = has_prices.then(|| thousandths.saturating_add(999) / 1000);
        Usage { tokens_in, tokens_out, cost_microusd }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_object_is_found_in_every_wrapping() {
        for text in [
            r#"{"a": {"b": 1}}"#,
            "```json\n{\"a\": {\"b\": 1}}\n```",
            "```\n{\"a\": {\"b\": 1}}```",
            "Here you are:\n{\"a\": {\"b\": 1}}\nAnything else?",
            "<think>{\"a\": 0} perhaps</think>\n{\"a\": {\"b\": 1}}",
        ] {
            assert_eq!(object_in(text), Some(json!({"a": {"b": 1}})), "{text}");
        }
        for text in ["", "no", "[1]", "{\"a\": ", "}{", "```"] {
            assert_eq!(object_in(text), None, "{text}");
        }
    }

    #[test]
    fn a_deployment_only_ever_goes_down() {
        let ladder = Ladder::default();
        assert_eq!(ladder.rung(), Rung::Schema);
        ladder.ignored(Rung::Schema);
        assert_eq!(ladder.rung(), Rung::Object);
        ladder.settle(Rung::Words);
        ladder.settle(Rung::Object);
        assert_eq!(ladder.rung(), Rung::Words);
        ladder.ignored(Rung::Words);
        assert_eq!(ladder.rung(), Rung::Words);
    }

    #[test]
    fn a_call_costs_what_its_tokens_cost_rounded_up() {
        let prices = Prices { input: 250, output: 2_000 };
        assert_eq!(prices.usage(4_000, 1_500).cost_microusd, Some(4_000));
        assert_eq!(prices.usage(1, 0).cost_microusd, Some(1));
        assert_eq!(Prices { input: 0, output: 0 }.usage(9, 9).cost_microusd, None);
        assert_eq!(prices.usage(u64::MAX, u64::MAX).cost_microusd, Some(i64::MAX / 1000));
    }
}
