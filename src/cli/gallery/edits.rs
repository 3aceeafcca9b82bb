//! Before and after: what an edit makes of every poster of a set.

use std::sync::Arc;

use image::{Rgba, RgbaImage};

use super::super::CommandError;
use crate::{
    domain::{Dimension, Locale, RevisionName},
    imaging::{self, ImageLimits, Photo},
    studio::{Commission, EditBase, EditOrder, EditRefusal, KnownMask, PaintedPoster, SetPlan, Studio, StudioError},
};

/// One edit, tried on every poster.
#[derive(Debug, Clone)]
pub(super) struct Wish<'a> {
    /// What is to change.
    pub(super) prompt: &'a str,
    /// Where the brush went: all over one part; `None` for the whole picture.
    pub(super) part: Option<KnownMask>,
    /// A picture to take something from.
    pub(super) reference: Option<Arc<Photo>>,
}

/// What became of a wish on one poster.
pub(super) enum Outcome {
    /// Another picture.
    Changed(RgbaImage),
    /// A refusal, in words; the poster has no such part, or nothing would change.
    Refused(String),
}

/// What stands for a picture that was refused.
const REFUSED: Rgba<u8> = Rgba([60, 30, 30, 255]);

impl Outcome {
    /// The picture in a sheet's size, or a dark tile where there is none.
    pub(super) fn thumb(&self, width: u32, height: u32) -> RgbaImage {
        match self {
            Self::Changed(pixels) => imaging::resize(pixels, width, height),
            Self::Refused(_) => RgbaImage::from_pixel(width, height, REFUSED),
        }
    }
}

/// Edits one finished poster.
pub(super) async fn tried(
    studio: &Studio,
    plan: &SetPlan,
    dimension: Dimension,
    painted: &PaintedPoster,
    wish: &Wish<'_>,
    seed: u64,
) -> Result<Outcome, CommandError> {
    let pixels = imaging::decode(&painted.jpeg, &ImageLimits::default()).map_err(CommandError::failed)?.pixels;
    let base = EditBase {
        dimension,
        name: RevisionName::Prime,
        pixels: Arc::new(pixels),
        recipe: Some(Arc::new(painted.recipe.clone())),
        plate: painted.plate_jpeg.clone().map(Into::into),
        patches: Vec::new(),
    };
    let mask = match wish.part {
        None => None,
        Some(part) => match studio.known_mask(plan, &base, part).await.map_err(CommandError::failed)? {
            Some(mask) => Some(Arc::new(mask)),
            None => return Ok(Outcome::Refused("no such part".to_owned())),
        },
    };
    let order = EditOrder { prompt: wish.prompt.to_owned(), mask, reference: wish.reference.clone(), seed };
    match studio.edit(Some(plan), &base, &order, &Commission::default(), &|_stage| {}).await {
        Ok(edited) => {
            let decoded = imaging::decode(&edited.jpeg, &ImageLimits::default()).map_err(CommandError::failed)?;
            Ok(Outcome::Changed(decoded.pixels))
        }
        Err(StudioError::UnsupportedEdit(refusal)) => Ok(Outcome::Refused(reason(&refusal))),
        Err(StudioError::NoVisibleChange) => Ok(Outcome::Refused("no visible change".to_owned())),
        Err(error) => Err(CommandError::failed(error)),
    }
}

fn reason(refusal: &EditRefusal) -> String {
    refusal.message(Locale::En)
}
