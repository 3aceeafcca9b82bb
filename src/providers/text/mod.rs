//! Models that read and answer with JSON: the seam, the dialects, and the order in which they are
//! asked.
//!
//! A dialect carries a [`JsonTask`] to its vendor and brings back one JSON value that fits the task's
//! schema, by whatever means the server understands: a schema, a JSON mode, or plain words from which
//! the object is cut. What the value means is the asker's affair, and so is doing without: nothing
//! that a text model says or fails to say may fail a poster.
//!
//! To add a model, implement [`TextModel`] in a file beside these and name its kind where the
//! dialects are built.

mod dialects;
mod gemini;
mod ladder;
mod openai;
mod readers;
mod scripted;
#[cfg(test)]
mod testing;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;

use super::{CallContext, ProviderError, Usage};

pub use dialects::text_model;
pub use readers::{Reader, Readers};
pub use scripted::ScriptedTextModel;

/// What a text model is asked for, so that a small model can be set to the small tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextPurpose {
    /// The product report, from words and photos.
    Report,
    /// What each poster of the set shows.
    Plan,
    /// The product's name alone.
    Name,
    /// What an edit asks for.
    Edit,
    /// Whether a picture shows the product it should.
    Check,
}

impl TextPurpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [Self::Report, Self::Plan, Self::Name, Self::Edit, Self::Check];

    /// What a model is asked where its settings list nothing: everything but the second look at each
    /// picture, which costs as much as it helps and is an operator's choice.
    pub const USUAL: [Self; 4] = [Self::Report, Self::Plan, Self::Name, Self::Edit];

    /// As in settings and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Plan => "plan",
            Self::Name => "name",
            Self::Edit => "edit",
            Self::Check => "check",
        }
    }

    /// Reads a word of the setting `purposes`.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == word)
    }
}

/// A picture shown to a model that sees.
#[derive(Clone, Debug)]
pub struct SeenImage {
    /// JPEG or PNG, without metadata.
    pub bytes: Bytes,
    /// Its media type.
    pub media_type: &'static str,
}

impl SeenImage {
    /// The picture as a `data:` URL.
    pub fn data_url(&self) -> String {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        format!("data:{};base64,{}", self.media_type, STANDARD.encode(&self.bytes))
    }
}

/// A question whose answer is one JSON object.
#[derive(Clone, Debug)]
pub struct JsonTask {
    /// What it is about.
    pub purpose: TextPurpose,
    /// A short name of the answer's form, `[a-z_]`, which some vendors ask for.
    pub name: &'static str,
    /// What the model is and does. Contains the word JSON, which some vendors require.
    pub system: String,
    /// The question. Words of sellers stand in it as quoted data.
    pub user: String,
    /// Pictures, for models that see; others are not sent them.
    pub images: Vec<SeenImage>,
    /// JSON schema of the answer, in the strict subset: every property required, no further ones.
    pub schema: Value,
    /// Tokens the answer may have.
    pub tokens_max: u32,
}

/// An answer that is JSON and fits the schema's outer form.
#[derive(Clone, Debug)]
pub struct JsonReply {
    /// The object.
    pub value: Value,
    /// What it cost.
    pub usage: Usage,
    /// The vendor's number of the call.
    pub request_id: Option<String>,
}

/// Something that reads and answers.
#[async_trait]
pub trait TextModel: Send + Sync {
    /// The name it has in settings, logs and recipes.
    fn name(&self) -> &str;

    /// The model's name, as its vendor writes it.
    fn model(&self) -> &str {
        self.name()
    }

    /// Whether pictures may be shown to it.
    fn sees(&self) -> bool;

    /// What an answer to this costs at most, in millionths of a US dollar and not counting the question;
    /// `None` where no price is set. A call that was never answered counts so much against the budget.
    fn cost_max(&self, _task: &JsonTask) -> Option<i64> {
        None
    }

    /// Answers with one JSON object. `repair` carries what was wrong with an earlier answer: the same
    /// question is asked again with that said.
    ///
    /// # Errors
    /// [`ProviderError`]; `NoResult` when what came is no JSON object.
    async fn answer(
        &self,
        task: &JsonTask,
        repair: Option<&Repair>,
        call: &CallContext,
    ) -> Result<JsonReply, ProviderError>;

    /// Makes one cheap call that shows whether address, key and model name are right.
    ///
    /// # Errors
    /// [`ProviderError`]; `Misconfigured` says what an operator has to change.
    async fn probe(&self, _call: &CallContext) -> Result<(), ProviderError> {
        Ok(())
    }
}

/// An answer that was not good enough, and why: the one more turn a model gets.
#[derive(Clone, Debug)]
pub struct Repair {
    /// What it said.
    pub answer: String,
    /// What is wrong with it, in English.
    pub fault: String,
}
