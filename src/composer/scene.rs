//! What a composer is given and what it answers.

use std::{collections::HashMap, sync::Arc};

use ::takumi::prelude::RgbaImage as SharedPixels;
use image::RgbaImage;

use super::{FontLibrary, Placed};

/// A picture ready to be drawn many times.
///
/// Building one premultiplies the pixels once; clones share them, so the ten posters of a set hold
/// one copy of the product between them.
#[derive(Clone, Debug)]
pub struct Picture {
    pub(super) pixels: SharedPixels,
    width: u32,
    height: u32,
}

impl Picture {
    /// Takes straight (not premultiplied) RGBA pixels; `None` for a picture without pixels.
    pub fn new(pixels: RgbaImage) -> Option<Self> {
        let (width, height) = pixels.dimensions();
        if width == 0 || height == 0 {
            return None;
        }
        let pixels = SharedPixels::new(pixels.into_raw(), width, height, false).ok()?;
        Some(Self { pixels, width, height })
    }

    /// Width and height in pixels.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

/// One page to draw: filled-in markup, its style sheet, and the pictures it names.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Pixels per `rem`, the unit that scales all type of the page at once.
    pub rem_px: f32,
    /// One root element; every text in it is already escaped (`Templates` does it).
    pub html: String,
    /// The style sheet.
    pub css: String,
    /// Pictures by the name that `<img src="…">` uses.
    pub pictures: HashMap<Arc<str>, Picture>,
}

/// Why a page could not be drawn. The texts are for logs.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The markup could not be read.
    #[error("markup: {0}")]
    Markup(String),
    /// The page has no size or an unreasonable one.
    #[error("page size {0}×{1}")]
    Size(u32, u32),
    /// Layout or drawing failed.
    #[error("drawing: {0}")]
    Drawing(String),
    /// The markup names a picture that was not attached.
    #[error("no picture is called {0}")]
    UnknownPicture(String),
}

/// Something that turns pages into pixels.
///
/// Both methods are pure work on the processor and block; callers run them off the async threads.
pub trait Composer: Send + Sync {
    /// Where everything would stand, without drawing: a fraction of the price of a drawing, so
    /// that a page can be checked and corrected first.
    ///
    /// # Errors
    /// [`ComposeError`] as for drawing.
    fn measure(&self, scene: &Scene) -> Result<Vec<Placed>, ComposeError>;

    /// Draws the page.
    ///
    /// # Errors
    /// [`ComposeError`]; the same page fails the same way every time.
    fn render(&self, scene: &Scene) -> Result<RgbaImage, ComposeError>;

    /// The fonts that texts will be set in: ask them before printing a seller's words.
    fn fonts(&self) -> &FontLibrary;
}
