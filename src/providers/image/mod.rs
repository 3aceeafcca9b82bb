//! Models that paint: the seam, the dialects, and the order in which they are asked.
//!
//! A dialect turns an [`ImageRequest`] into its vendor's call and the answer into [`Rendered`], or
//! into a [`ProviderError`] of the right class. Everything else, the order of preference, waiting,
//! failing over, spending limits and the record that outlives a crash, is [`Painters`]' affair; what
//! is asked for and whether the result is good is the studio's.
//!
//! To add a model, implement [`ImageProvider`] in a file beside these and name its kind in
//! [`image_provider`].

mod ark;
mod builtin;
mod capabilities;
mod comfyui;
mod dashscope;
mod dialects;
mod gemini;
mod openai;
mod openrouter;
mod order;
mod painters;
mod request;
mod results;
mod scripted;
mod setup;
mod siliconflow;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use image::RgbaImage;

use super::{CallContext, DialectError, ProviderError};

pub use builtin::BuiltinPlates;
pub use capabilities::{ImageCapabilities, NativeMask, PromptLanguage, Sizing};
pub use dialects::image_provider;
pub use order::{DRIFTED, FLAWED, ImageOrder, Nudge, PaintError, Painted};
pub use painters::{Painter, Painters};
pub use request::{Area, ImageRequest, ImageRole, InputImage, PlatePalette, PlateScene, Purpose};
pub use scripted::{Script, ScriptedProvider};

/// What came back, before it is judged.
#[derive(Clone, Debug)]
pub enum Picture {
    /// Foreign bytes: sniffed, capped and decoded before anybody looks at them.
    Encoded(Bytes),
    /// Pixels of our own making.
    Pixels(RgbaImage),
}

/// A picture with what the vendor said about it.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The picture.
    pub picture: Picture,
    /// The vendor's number of the call, for enquiries.
    pub request_id: Option<String>,
    /// What the vendor says it cost, in millionths of a US dollar; `None` leaves it to our table.
    pub cost_microusd: Option<i64>,
}

impl Rendered {
    /// A picture of which nothing else is known.
    pub const fn new(picture: Picture) -> Self {
        Self { picture, request_id: None, cost_microusd: None }
    }
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub enum Started {
    /// Here it is.
    Done(Rendered),
    /// The vendor works on it under this reference; ask [`ImageProvider::resume`].
    Accepted(String),
}

/// The answer to an enquiry.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Here it is.
    Done(Rendered),
    /// Not yet; ask again after this time.
    Working(Duration),
    /// The vendor knows no such work: it never began, so it was not billed.
    Unknown,
}

/// Something that paints.
#[async_trait]
pub trait ImageProvider: Send + Sync {
    /// The name it has in settings, logs and recipes, such as `builtin`.
    fn name(&self) -> &str;

    /// The model's name, as its vendor writes it.
    fn model(&self) -> &str {
        self.name()
    }

    /// What it can do.
    fn capabilities(&self) -> &ImageCapabilities;

    /// The reference under which the work of this attempt will be known, for vendors that let the
    /// client choose it; it is written down before the call, so that no crash can lose it.
    fn reference_of(&self, _nonce: &str) -> Option<String> {
        None
    }

    /// Asks for a picture.
    ///
    /// The caller may drop the future at any time; an implementation holds nothing that a drop would
    /// leak.
    ///
    /// # Errors
    /// [`ProviderError`]; its class says what happens next.
    async fn start(&self, request: &ImageRequest, call: &CallContext) -> Result<Started, ProviderError>;

    /// Asks how accepted work stands.
    ///
    /// # Errors
    /// [`ProviderError`]: of the enquiry when its class is `Transient` or `RateLimited`, of the work
    /// itself otherwise.
    async fn resume(&self, reference: &str, _call: &CallContext) -> Result<Progress, ProviderError> {
        Err(ProviderError::misconfigured(format!("{} answers at once; nothing to ask for {reference}", self.name())))
    }

    /// Waits until it is worth asking again how accepted work stands, and never longer than this. A
    /// dialect that hears from its vendor returns when there is news; that is only a hint, so nothing
    /// that goes wrong on the way is told, and [`ImageProvider::resume`] says what is true.
    ///
    /// The caller may drop the future at any time, as with [`ImageProvider::start`].
    async fn rest(&self, _reference: &str, _call: &CallContext, at_most: Duration) {
        tokio::time::sleep(at_most).await;
    }

    /// Makes one cheap call that shows whether address, key and model are right, and tells an operator
    /// what it saw. Nothing is painted.
    ///
    /// # Errors
    /// [`ProviderError`]; its class and detail say what is wrong.
    async fn probe(&self, _call: &CallContext) -> Result<String, ProviderError> {
        Ok("nothing to ask: it paints in this process".to_owned())
    }

    /// Asks the vendor to stop; a courtesy whose failure changes nothing.
    async fn cancel(&self, _reference: &str, _call: &CallContext) {}
}
