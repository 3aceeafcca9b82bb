//! A provider that does what a test tells it to.

use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
};

use async_trait::async_trait;
use image::RgbaImage;

use super::{BuiltinPlates, ImageCapabilities, ImageProvider, ImageRequest, Picture, Rendered, Started};
use crate::{
    domain::Dimension,
    providers::{CallContext, FailureClass, ProviderError},
};

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

    fn capabilities(&self) -> &ImageCapabilities {
        self.plates.capabilities()
    }

    #[expect(clippy::panic, reason = "a provider that panics is one of the things to be survived")]
    async fn start(&self, request: &ImageRequest, call: &CallContext) -> Result<Started, ProviderError> {
        let fails = |class| Err(ProviderError::new(class, "scripted"));
        let script = request.scene.as_ref().map_or(Script::Ok, |scene| self.next(scene.dimension));
        match script {
            Script::Ok => self.plates.start(request, call).await,
            Script::Retryable => fails(FailureClass::Transient),
            Script::Refused => fails(FailureClass::ModeratedInput),
            Script::Quota => fails(FailureClass::Quota),
            Script::Hang => std::future::pending().await,
            Script::Garbage => Ok(Started::Done(Rendered::new(Picture::Pixels(RgbaImage::new(1, 1))))),
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
