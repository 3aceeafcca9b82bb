//! Cutting the product out of its photo, or saying that it cannot be done cleanly.
//!
//! A framed photo always looks tidy and a torn cut-out never does, so every doubt ends in
//! [`Isolation::Framed`]. Three ways are tried in turn.
//!
//! A picture that already is transparent around the product is taken as it is. Before a plain
//! ground, `border` learns the ground from the rim of the photo, `ground` floods it inwards with its
//! soft shadows, `components` keeps the product among what is left and `mend` gives back what faded
//! into the ground. In a busy scene, or where the flood was not to be trusted, `salience` asks a
//! network what stands out, `mend` joins its answer with what the flood found, and `refine` draws
//! the outline along the edges of the photo, which `edge` moves to where many pixels together say. Either
//! way `matte` then draws the edge on the full picture and takes the colour of the old ground out of it.

mod border;
mod bounds;
mod components;
mod edge;
mod ground;
mod matte;
mod mend;
mod morphology;
mod refine;
mod salience;
mod working;

use std::fmt;

use image::RgbaImage;

use super::decode::Photo;
use super::resize::crop;
use components::Figure;
use ground::Ground;
use matte::Edge;
use salience::Segmenter;
use working::Working;

/// Rim share the ground model must explain: below it the scene is not plain.
const RIM_SHARE_MIN: f32 = 0.85;

/// Share of the picture a product covers. Less is a speck of dust, more is a photo without ground.
const AREA_SHARE: std::ops::RangeInclusive<f32> = 0.02..=0.85;

/// Confidence below which the photo is framed.
const CONFIDENCE_MIN: f32 = 0.6;

/// Confidence from which the flood is believed without asking what stands out.
const CONFIDENCE_SURE: f32 = 0.85;

/// Shortest side, in pixels, in which a product is looked for.
const SIDE_MIN: u32 = 64;

/// Opaque from here on, when asking whether a picture has been cut out already.
const ALPHA_SOLID: u8 = 128;

/// What can be shown of a product: itself alone, or its photo in a frame.
#[derive(Clone, Debug)]
pub enum Isolation {
    /// The product without its surroundings.
    CutOut(CutOut),
    /// The photo as it is: show it in a window of its own.
    Framed {
        /// Why no cut-out was made.
        reason: FrameReason,
    },
}

impl Isolation {
    /// The cut-out, if there is one.
    pub const fn cut_out(&self) -> Option<&CutOut> {
        match self {
            Self::CutOut(cut_out) => Some(cut_out),
            Self::Framed { .. } => None,
        }
    }
}

/// Why a photo is framed rather than cut out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FrameReason {
    /// The rim of the photo is not one plain ground.
    BusyGround,
    /// Nothing stands out from the ground, or nearly everything does.
    NoClearProduct,
    /// An outline was found, but it is not to be trusted.
    Unsure {
        /// How far it was trusted, 0 to 1.
        confidence: f32,
    },
}

impl FrameReason {
    /// How far the best outline was trusted, 0 to 1; 0 where there was none.
    pub const fn confidence(self) -> f32 {
        match self {
            Self::Unsure { confidence } => confidence,
            Self::BusyGround | Self::NoClearProduct => 0.0,
        }
    }
}

impl fmt::Display for FrameReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::BusyGround => "the ground is not plain",
            Self::NoClearProduct => "no product stands out",
            Self::Unsure { .. } => "the outline is not to be trusted",
        })
    }
}

/// How a cut-out was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CutOutMethod {
    /// The picture came with transparency.
    Alpha,
    /// The product stood before a plain ground.
    PlainBackground,
    /// A network carried in the program found it in a busy scene.
    Model,
}

impl CutOutMethod {
    /// Its name on the command line and in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alpha => "alpha",
            Self::PlainBackground => "plain-background",
            Self::Model => "model",
        }
    }
}

/// The sides of the photo the product runs over. Such a side is cut flat: let it bleed off the
/// poster there, never float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four sides are four independent facts")]
pub struct Edges {
    /// Upper side.
    pub top: bool,
    /// Right side.
    pub right: bool,
    /// Lower side.
    pub bottom: bool,
    /// Left side.
    pub left: bool,
}

impl Edges {
    /// Whether any side is touched.
    pub const fn any(self) -> bool {
        self.top || self.right || self.bottom || self.left
    }
}

/// A product without its surroundings.
#[derive(Clone, Debug)]
pub struct CutOut {
    /// Upright pixels, trimmed to the product, straight alpha. Wherever alpha is 255 the colour is
    /// the photo's own, bit for bit; only along the edge is it cleaned of the old ground.
    pub pixels: RgbaImage,
    /// Where in the photo they are: x, y, width, height, in pixels.
    pub source_box: [u32; 4],
    /// How it was made.
    pub method: CutOutMethod,
    /// How far to trust it, 0.6 to 1.
    pub confidence: f32,
    /// Sides of the photo the product runs over.
    pub touches: Edges,
}

impl CutOut {
    /// The product where it was, on an empty canvas of the photo's size.
    pub fn on_canvas(&self, width: u32, height: u32) -> RgbaImage {
        let mut canvas = RgbaImage::new(width, height);
        let [left, top, ..] = self.source_box;
        image::imageops::replace(&mut canvas, &self.pixels, i64::from(left), i64::from(top));
        canvas
    }
}

/// Finds the product in a photo.
pub fn isolate(photo: &Photo) -> Isolation {
    if photo.has_alpha
        && let Some(isolation) = isolate_by_alpha(&photo.pixels)
    {
        return isolation;
    }
    isolate_with(photo, salience::built_in())
}

/// [`isolate`], with the segmenter to ask when the ground is not plain.
fn isolate_with(photo: &Photo, segmenter: Option<&dyn Segmenter>) -> Isolation {
    let pixels = &photo.pixels;
    if pixels.width().min(pixels.height()) < SIDE_MIN {
        return Isolation::Framed { reason: FrameReason::NoClearProduct };
    }
    let working = Working::new(pixels);
    let mut plain = None;
    let by_ground = isolate_from_plain_ground(pixels, &working, &mut plain);
    let sure = by_ground.as_ref().is_ok_and(|cut_out| cut_out.confidence >= CONFIDENCE_SURE);
    let found = match segmenter {
        Some(segmenter) if !sure => isolate_what_stands_out(pixels, &working, plain.as_ref(), segmenter)
            .or_else(|doubt| by_ground.or(Err(doubt))),
        _ => by_ground,
    };
    match found {
        Ok(cut_out) => Isolation::CutOut(cut_out),
        Err(reason) => Isolation::Framed { reason },
    }
}

/// `None` when the transparency is no cut-out: rounded corners of a screenshot, a stray pixel.
fn isolate_by_alpha(pixels: &RgbaImage) -> Option<Isolation> {
    let total = pixels.as_raw().len() / 4;
    let solid = pixels.as_raw().chunks_exact(4).filter(|pixel| pixel[3] >= ALPHA_SOLID).count();
    let share = solid as f32 / total.max(1) as f32;
    if share > 0.97 {
        return None;
    }
    let source_box = alpha_box(pixels, 8);
    match source_box {
        Some(source_box) if share >= 0.002 => Some(Isolation::CutOut(CutOut {
            pixels: crop(pixels, source_box),
            source_box,
            method: CutOutMethod::Alpha,
            confidence: 1.0,
            touches: touched_edges(pixels, [0, 0, pixels.width(), pixels.height()], pixels.dimensions()),
        })),
        _ => Some(Isolation::Framed { reason: FrameReason::NoClearProduct }),
    }
}

/// What a plain ground gave away, even where that alone was not to be trusted.
struct Plain {
    ground: Ground,
    figure: Figure,
}

fn isolate_from_plain_ground(
    pixels: &RgbaImage,
    working: &Working,
    plain: &mut Option<Plain>,
) -> Result<CutOut, FrameReason> {
    let rim = border::fit(working);
    if rim.inlier_share < RIM_SHARE_MIN {
        return Err(FrameReason::BusyGround);
    }
    let ground = ground::flood(working, &rim);
    let figure = components::product(working, &ground.mask)
        .and_then(|figure| mend::fill_bites(working, &ground, figure))
        .ok_or(FrameReason::NoClearProduct)?;
    if !AREA_SHARE.contains(&figure.area_share) {
        return Err(FrameReason::NoClearProduct);
    }
    let matte = matte::cut(pixels, working, &figure.mask, Edge::Seen);
    let confidence = confidence_of(&figure, &matte, rim.inlier_share);
    *plain = Some(Plain { ground, figure });
    finish(pixels, &matte, CutOutMethod::PlainBackground, confidence)
}

fn isolate_what_stands_out(
    pixels: &RgbaImage,
    working: &Working,
    plain: Option<&Plain>,
    segmenter: &dyn Segmenter,
) -> Result<CutOut, FrameReason> {
    let salience = salience::find(working, segmenter).ok_or(FrameReason::NoClearProduct)?;
    let belief = match plain {
        Some(plain) => mend::joined(working, &plain.ground, &plain.figure, &salience.values),
        None => salience.values,
    };
    let refined = refine::refine(working, &belief);
    let figure = components::believed(&refined, working.width).ok_or(FrameReason::NoClearProduct)?;
    if !AREA_SHARE.contains(&figure.area_share) {
        return Err(FrameReason::NoClearProduct);
    }
    let matte = matte::cut(pixels, working, &figure.mask, Edge::Drawn);
    // Two witnesses of different kinds are worth more than a visible edge, which a cream product
    // before a beige backdrop does not have.
    let confidence = match plain {
        Some(plain) => ramp(figure.overlap(&plain.figure), 0.8, 0.92) * shape_confidence(&figure),
        None => ramp(salience.agreement, 0.8, 0.92) * confidence_of(&figure, &matte, 1.0),
    };
    finish(pixels, &matte, CutOutMethod::Model, confidence)
}

fn finish(
    photo: &RgbaImage,
    matte: &matte::Matte,
    method: CutOutMethod,
    confidence: f32,
) -> Result<CutOut, FrameReason> {
    if confidence < CONFIDENCE_MIN {
        return Err(FrameReason::Unsure { confidence });
    }
    let within = alpha_box(&matte.pixels, 4).ok_or(FrameReason::NoClearProduct)?;
    let [x, y, width, height] = within;
    let source_box = [matte.left + x, matte.top + y, width, height];
    let pixels = crop(&matte.pixels, within);
    let touches = touched_edges(&pixels, source_box, photo.dimensions());
    Ok(CutOut { pixels, source_box, method, confidence, touches })
}

/// A product of what can go wrong: each factor is near 1 for a good outline.
fn confidence_of(figure: &Figure, matte: &matte::Matte, rim_inlier_share: f32) -> f32 {
    let rim = ramp(rim_inlier_share, 0.75, 0.88);
    // An outline that follows no visible edge was invented by the thresholds.
    let edge = ramp(matte.edge_support, 0.7, 0.95);
    rim * edge * shape_confidence(figure)
}

fn shape_confidence(figure: &Figure) -> f32 {
    let alone = ramp(figure.dominance, 0.3, 0.7);
    let contact = 1.0 - ramp(figure.rim_contact, 0.1, 0.35);
    let compact = 1.0 - ramp(figure.raggedness, 6.0, 14.0);
    alone * contact * compact
}

fn ramp(value: f32, low: f32, high: f32) -> f32 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

fn alpha_box(pixels: &RgbaImage, alpha_min: u8) -> Option<[u32; 4]> {
    let (width, height) = pixels.dimensions();
    let (mut left, mut right, mut top, mut bottom) = (width, 0, height, 0);
    for (y, row) in pixels.as_raw().chunks_exact(width.max(1) as usize * 4).enumerate() {
        let solid = |pixel: &&[u8]| pixel[3] >= alpha_min;
        let Some(first) = row.chunks_exact(4).position(|pixel| solid(&pixel)) else { continue };
        let last = row.chunks_exact(4).rposition(|pixel| solid(&pixel)).unwrap_or(first);
        left = left.min(first as u32);
        right = right.max(last as u32);
        top = top.min(y as u32);
        bottom = y as u32;
    }
    (left <= right && top <= bottom).then(|| [left, top, right - left + 1, bottom - top + 1])
}

/// Which sides of a photo of this size are touched by the part of it that lies here. A side counts as
/// touched when more than a hundredth of it is covered, so that one soft pixel of a product that just
/// fits does not.
fn touched_edges(part: &RgbaImage, [left, top, wide, high]: [u32; 4], (width, height): (u32, u32)) -> Edges {
    let solid = |x: u32, y: u32| part.get_pixel(x, y)[3] >= ALPHA_SOLID;
    let enough = |count: usize, side: u32| count * 100 > side as usize;
    let row = |y: u32| enough((0..wide).filter(|&x| solid(x, y)).count(), width);
    let column = |x: u32| enough((0..high).filter(|&y| solid(x, y)).count(), height);
    Edges {
        top: top == 0 && row(0),
        right: left + wide == width && column(wide - 1),
        bottom: top + high == height && row(high - 1),
        left: left == 0 && column(0),
    }
}

#[cfg(test)]
mod tests;
