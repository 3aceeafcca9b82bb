//! A provider that does what a test tells it to.

use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
};

use async_trait::async_trait;
use image::RgbaImage;

use super::{BuiltinPlates, ImageProvider, Plate, PlateRequest, ProviderError};
use crate::domain::Dimension;

/// One scripted answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// A built-in plate.
    Ok,
    /// A server error that may pass.
    Retryable,
    /// A refusal for its content.
    Refused,
    /// The quota is used up.
    Quota,
    /// Never answers: what happens next is up to the caller's time limit.
    Hang,
    /// A picture of the wrong size.
    Garbage,
    /// A panic inside the provider.
    Panic,
}

impl Script {
    /// Reads one word of a script: `ok`, `retryable`, `refused`, `quota`, `hang`, `garbage` or
    /// `panic`.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word.trim() {
            "ok" => Self::Ok,
            "retryable" => Self::Retryable,
            "refused" => Self::Refused,
            "quota" => Self::Quota,
            "hang" => Self::Hang,
            "garbage" => Self::Garbage,
            "panic" => Self::Panic,
            _ => return None,
        })
    }
}

/// Answers each dimension from its own list, in order; the last answer of a list repeats, and a
/// dimension without a list gets built-in plates.
#[derive(Debug, Default)]
pub struct ScriptedProvider {
    plates: BuiltinPlates,
    scripts: Mutex<HashMap<Dimension, VecDeque<Script>>>,
}

impl ScriptedProvider {
    /// A provider that always succeeds, to be scripted with [`ScriptedProvider::with`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the answers for one dimension.
    #[must_use]
    pub fn with(self, dimension: Dimension, answers: impl IntoIterator<Item = Script>) -> Self {
        self.scripts
            .lock()
            .expect("no code panics while it holds this lock")
            .insert(dimension, answers.into_iter().collect());
        self
    }

    /// Reads a script such as `HERO=retryable,ok;GUIDE=refused`: how a whole program is scripted
    /// from its configuration.
    ///
    /// # Errors
    /// The part that cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut provider = Self::new();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (code, words) = part.split_once('=').ok_or_else(|| part.to_owned())?;
            let dimension =
                Dimension::ALL.into_iter().find(|known| known.code() == code.trim()).ok_or_else(|| part.to_owned())?;
            let answers: Option<Vec<Script>> = words.split(',').map(Script::from_word).collect();
            provider = provider.with(dimension, answers.ok_or_else(|| part.to_owned())?);
        }
        Ok(provider)
    }

    fn next(&self, dimension: Dimension) -> Script {
        let mut scripts = self.scripts.lock().expect("no code panics while it holds this lock");
        match scripts.get_mut(&dimension) {
            Some(answers) if answers.len() > 1 => answers.pop_front().unwrap_or(Script::Ok),
            Some(answers) => answers.front().copied().unwrap_or(Script::Ok),
            None => Script::Ok,
        }
    }
}

#[async_trait]
impl ImageProvider for ScriptedProvider {
    fn name(&self) -> &'static str {
        "scripted"
    }

    #[expect(clippy::panic, reason = "a provider that panics is one of the things to be survived")]
    async fn paint(&self, request: PlateRequest) -> Result<Plate, ProviderError> {
        match self.next(request.dimension) {
            Script::Ok => self.plates.paint(request).await,
            Script::Retryable => {
                Err(ProviderError::Unavailable { reason: "scripted: 503".to_owned(), retry_after: None })
            }
            Script::Refused => Err(ProviderError::Refused("scripted".to_owned())),
            Script::Quota => Err(ProviderError::QuotaExceeded("scripted".to_owned())),
            Script::Hang => std::future::pending().await,
            Script::Garbage => Ok(Plate { pixels: RgbaImage::new(1, 1), provider_request_id: None }),
            Script::Panic => panic!("scripted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_order_and_the_last_one_stays() {
        let provider = ScriptedProvider::parse("HERO=retryable,ok; GUIDE=refused").unwrap();
        assert_eq!(provider.next(Dimension::Hero), Script::Retryable);
        assert_eq!(provider.next(Dimension::Hero), Script::Ok);
        assert_eq!(provider.next(Dimension::Hero), Script::Ok);
        assert_eq!(provider.next(Dimension::Guide), Script::Refused);
        assert_eq!(provider.next(Dimension::Concept), Script::Ok);
        assert!(ScriptedProvider::parse("HERO=perhaps").is_err());
        assert!(ScriptedProvider::parse("COVER=ok").is_err());
    }
}
