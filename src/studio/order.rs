//! What the studio asks painters for, and how it judges what they bring.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use image::RgbaImage;
use moka::future::Cache;
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

use super::{
    SetPlan, Studio, StudioError,
    layouts::Draft,
    prompt,
    reading::inspection::{Inspection, Shows},
    sheet::Sheet,
};
use crate::{
    domain::{Dimension, FailureCode},
    imaging::{self, ImageLimits, Tone, plate},
    providers::{
        AttemptLog, FailureClass, NoAttemptLog, OpenAttempt, ProviderError,
        image::{
            ImageCapabilities, ImageOrder, ImageRequest, ImageRole, InputImage, Nudge, Picture, PlateScene, Purpose,
        },
    },
};

/// What surrounds the painting of one poster.
#[derive(Clone)]
pub struct Commission {
    /// The record of calls that cost money.
    pub log: Arc<dyn AttemptLog>,
    /// Whose turn it counts as where turns are taken: the set's id.
    pub group: String,
    /// The provider that the rest of the set came from; asked first.
    pub pinned: Option<String>,
    /// The backdrop of the set's first poster, as a JPEG: the others take its style from it.
    pub anchor: Option<Bytes>,
    /// A call of an earlier try whose answer is asked for once, instead of making another call.
    pub late: Option<OpenAttempt>,
}

impl std::fmt::Debug for Commission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Commission").field("group", &self.group).field("pinned", &self.pinned).finish_non_exhaustive()
    }
}

impl Default for Commission {
    /// One that leaves no record: for commands that run once.
    fn default() -> Self {
        Self { log: Arc::new(NoAttemptLog), group: String::new(), pinned: None, anchor: None, late: None }
    }
}

/// The side of the picture that shows the style, in pixels: enough for colours and light, too little
/// to copy a layout from.
const ANCHOR_SIDE: u32 = 512;

/// The side of the picture that shows the product: print on a label is still legible.
const PRODUCT_SIDE: u32 = 1024;
/// What a cut-out stands on in that picture: a ground of no colour of its own.
const NEUTRAL: [u8; 3] = [244, 244, 244];

/// A picture to be painted: a background, or where `subject` is given the whole scene with the product.
pub(super) struct PictureOrder<'a> {
    pub(super) studio: &'a Studio,
    pub(super) plan: &'a SetPlan,
    pub(super) dimension: Dimension,
    pub(super) scene: PlateScene,
    pub(super) commission: &'a Commission,
    pub(super) anchor: Option<&'a Anchor>,
    pub(super) subject: Option<&'a Subject>,
    /// What a second look at what came is for.
    pub(super) inspection: Inspection,
}

impl PictureOrder<'_> {
    /// The pictures a model is shown, in the order of their roles. The product is never among them when
    /// a background is asked for, or it would be painted.
    fn images(&self) -> Vec<InputImage> {
        let subject = self.subject.map(|subject| subject.shown.clone());
        subject.into_iter().chain(self.anchor.map(|anchor| anchor.shown.clone())).collect()
    }
}

#[async_trait]
impl ImageOrder for PictureOrder<'_> {
    fn purpose(&self) -> Purpose {
        if self.subject.is_some() { Purpose::Poster } else { Purpose::Plate }
    }

    fn group(&self) -> &str {
        &self.commission.group
    }

    fn pinned(&self) -> Option<&str> {
        self.commission.pinned.as_deref()
    }

    fn request(&self, capabilities: &ImageCapabilities, nudge: Nudge) -> ImageRequest {
        let (width, height) = capabilities.size_for(self.scene.width, self.scene.height);
        let mut images = self.images();
        // The words speak of the pictures that are sent, not of those that will be left out.
        images.truncate(capabilities.images_max);
        let roles: Vec<ImageRole> = images.iter().map(|image| image.role).collect();
        let words = match self.purpose() {
            Purpose::Poster => prompt::poster(self.plan, self.dimension, &self.scene, &roles, capabilities, nudge),
            _ => prompt::plate(self.plan, self.dimension, &self.scene, !roles.is_empty(), capabilities, nudge),
        };
        ImageRequest {
            purpose: self.purpose(),
            prompt: words.prompt,
            negative: words.negative,
            images,
            mask: None,
            width,
            height,
            seed: self.scene.seed,
            scene: Some(self.scene.clone()),
        }
    }

    async fn judge(&self, picture: Picture, request: &ImageRequest) -> Result<RgbaImage, ProviderError> {
        let (wanted, asked) = ((self.scene.width, self.scene.height), (request.width, request.height));
        let subject = self.subject.map(|subject| (Arc::clone(&subject.cut_out), subject.expected));
        let is_foreign = matches!(picture, Picture::Encoded(_));
        let judged = self.studio.on_core(move || {
            let pixels = normalised(picture, wanted, asked)?;
            if let Some((cut_out, expected)) = subject {
                preserved(&cut_out, &pixels, expected)?;
            }
            Ok::<_, ProviderError>(pixels)
        });
        let pixels = judged.await.map_err(|error| ProviderError::new(FailureClass::Transient, error.to_string()))??;
        if is_foreign { self.studio.inspect(pixels, &self.inspection, &*self.commission.log).await } else { Ok(pixels) }
    }
}

/// The product that a model is to paint, as it is shown and as the result is compared with.
pub(super) struct Subject {
    shown: InputImage,
    cut_out: Arc<RgbaImage>,
    /// Where it should stand: left, top, width, height in pixels.
    expected: [f32; 4],
}

impl Subject {
    /// What a second look at a picture of it is for.
    pub(super) fn inspection(subject: Option<&Self>) -> Inspection {
        Inspection::new(Shows::Product, subject.map(|subject| Arc::clone(&subject.cut_out)))
    }

    /// The product of a poster on which it stands. `None` where there is no cut-out or no place for it:
    /// there the photo is set by us. Blocks: it encodes a picture.
    pub(super) fn of(cut_out: &Arc<RgbaImage>, expected: [f32; 4]) -> Self {
        let mut small = imaging::resize_to_fit(cut_out, PRODUCT_SIDE);
        for pixel in small.pixels_mut() {
            let alpha = u32::from(pixel[3]);
            for channel in 0..3 {
                let over = u32::from(pixel[channel]) * alpha + u32::from(NEUTRAL[channel]) * (255 - alpha);
                pixel[channel] = (over / 255) as u8;
            }
            pixel[3] = 255;
        }
        let shown = InputImage {
            role: ImageRole::Product,
            width: small.width(),
            height: small.height(),
            bytes: imaging::encode_jpeg(&small, 92).into(),
            media_type: "image/jpeg",
        };
        Self { shown, cut_out: Arc::clone(cut_out), expected }
    }
}

/// Makes sure that a painted picture shows the seller's product and not another one.
pub(super) fn preserved(cut_out: &RgbaImage, pixels: &RgbaImage, expected: [f32; 4]) -> Result<(), ProviderError> {
    let Some(found) = imaging::fidelity(cut_out, pixels, expected) else { return Ok(()) };
    if found.is_preserved() {
        return Ok(());
    }
    let detail = format!(
        "the product is not the photo's: {:.2} (structure {:.2}, colour {:.2}, edges {:.2})",
        found.score(),
        found.structure,
        found.colour,
        found.edges
    );
    Err(ProviderError::no_result(detail).told_as(FailureCode::ProductNotPreserved))
}

/// Anchors of the sets that were painted last: nine posters of a set ask for one at the same time.
#[derive(Clone)]
pub(super) struct Anchors(Cache<[u8; SHA256_OUTPUT_LEN], Option<Arc<Anchor>>>);

/// How many; each is some tens of kilobytes.
const ANCHORS_MAX: u64 = 64;

impl Default for Anchors {
    fn default() -> Self {
        Self(Cache::new(ANCHORS_MAX))
    }
}

impl Anchors {
    /// What these bytes look like; read once, however many ask.
    pub(super) async fn get(&self, studio: &Studio, bytes: Bytes) -> Result<Option<Arc<Anchor>>, StudioError> {
        let mut key = [0; SHA256_OUTPUT_LEN];
        key.copy_from_slice(digest(&SHA256, &bytes).as_ref());
        let read = studio.on_core(move || Anchor::read(&bytes).map(Arc::new));
        self.0.try_get_with(key, read).await.map_err(|error| StudioError::Thread(error.to_string()))
    }
}

/// The set's first backdrop as the others see it.
pub(super) struct Anchor {
    /// Small: its colours and light, not its layout.
    shown: InputImage,
    /// Its tone.
    pub(super) tone: Tone,
}

impl Anchor {
    /// Reads the stored backdrop. `None` where it cannot be read, which costs likeness and nothing else.
    /// Blocks: it decodes a picture.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let limits = ImageLimits::default();
        let header = imaging::probe(bytes, &limits).ok()?;
        let share = f64::from(ANCHOR_SIDE) / f64::from(header.width.max(header.height));
        let width = (f64::from(header.width) * share.min(1.0)).ceil() as u32;
        let decoded = imaging::decode_for_width(bytes, &limits, width).ok()?;
        let small = imaging::resize_to_fit(&decoded.pixels, ANCHOR_SIDE);
        let shown = InputImage {
            role: ImageRole::StyleAnchor,
            width: small.width(),
            height: small.height(),
            bytes: imaging::encode_jpeg(&small, 85).into(),
            media_type: "image/jpeg",
        };
        Some(Self { shown, tone: Tone::of(&small) })
    }
}

/// What came as pixels of the wanted size.
fn normalised(picture: Picture, wanted: (u32, u32), asked: (u32, u32)) -> Result<RgbaImage, ProviderError> {
    match picture {
        Picture::Pixels(pixels) if pixels.dimensions() == wanted => Ok(pixels),
        Picture::Pixels(pixels) => {
            let (width, height) = pixels.dimensions();
            Err(ProviderError::no_result(format!("a plate of {width}×{height}")))
        }
        Picture::Encoded(bytes) => {
            plate::from_bytes(&bytes, wanted, asked).map_err(|fault| ProviderError::no_result(fault.to_string()))
        }
    }
}

/// How far a backdrop's tone is moved towards the set's.
const GRADE_STRENGTH: f32 = 0.4;

/// Grades a vendor's backdrop towards the tone of the set's first one, or of its palette where there is
/// none yet, and says how near it is then, 0–100.
pub(super) fn tied_together(
    backdrop: &mut RgbaImage,
    plan: &SetPlan,
    anchor: Option<Tone>,
    product_painted: bool,
) -> u8 {
    let target = anchor.unwrap_or_else(|| {
        // The palette says which colours, not how lively they are spread.
        let colours = &plan.theme.plate;
        let ground = RgbaImage::from_fn(4, 1, |x, _| {
            let [r, g, b] = [colours.base, colours.base, colours.tint, colours.surface][x as usize];
            image::Rgba([r, g, b, 255])
        });
        Tone { spread: Tone::of(backdrop).spread, ..Tone::of(&ground) }
    });
    // A product in the picture keeps its colours, whatever the set's are.
    if !product_painted {
        imaging::grade(backdrop, &target, GRADE_STRENGTH);
    }
    Tone::of(backdrop).nearness(&target)
}

/// What the background painter is asked for.
pub(super) fn plate_scene(plan: &SetPlan, dimension: Dimension, draft: &Draft, sheet: &Sheet) -> PlateScene {
    let focus = draft.stand.map(|stand| plan.sight.placed(stand)).or_else(|| {
        // A photo in its window stands on nothing, but light may gather around it.
        let around = matches!(dimension, Dimension::Concept | Dimension::DetailTrust);
        draft.windows.iter().find(|window| around && window.name == "photo").map(|window| window.frame)
    });
    PlateScene {
        dimension,
        style: plan.style,
        palette: plan.theme.plate,
        width: sheet.width,
        height: sheet.height,
        focus: focus.map(|frame| sheet.area(frame)),
        calm: draft.slots.iter().map(|(_, frame)| sheet.area(*frame)).collect(),
        // Posters of one set differ in their details, not in their look.
        seed: plan.seed.wrapping_add(dimension.index() as u64),
    }
}
