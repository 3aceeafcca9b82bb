//! What the studio asks painters for, and how it judges what they bring.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use image::RgbaImage;

use super::{SetPlan, Studio, layouts::Draft, prompt, sheet::Sheet};
use crate::{
    domain::Dimension,
    imaging::{self, ImageLimits, Tone, plate},
    providers::{
        AttemptLog, FailureClass, NoAttemptLog, ProviderError,
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
}

impl std::fmt::Debug for Commission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Commission").field("group", &self.group).field("pinned", &self.pinned).finish_non_exhaustive()
    }
}

impl Default for Commission {
    /// One that leaves no record: for commands that run once.
    fn default() -> Self {
        Self { log: Arc::new(NoAttemptLog), group: String::new(), pinned: None, anchor: None }
    }
}

/// The side of the picture that shows the style, in pixels: enough for colours and light, too little
/// to copy a layout from.
const ANCHOR_SIDE: u32 = 512;

/// A background to be painted.
pub(super) struct PlateOrder<'a> {
    pub(super) studio: &'a Studio,
    pub(super) plan: &'a SetPlan,
    pub(super) dimension: Dimension,
    pub(super) scene: PlateScene,
    pub(super) commission: &'a Commission,
    pub(super) anchor: Option<&'a Anchor>,
}

impl PlateOrder<'_> {
    /// The pictures a model is shown: never the product on a plate, or it would paint it.
    fn images(&self) -> Vec<InputImage> {
        self.anchor.map(|anchor| anchor.shown.clone()).into_iter().collect()
    }
}

#[async_trait]
impl ImageOrder for PlateOrder<'_> {
    fn purpose(&self) -> Purpose {
        Purpose::Plate
    }

    fn group(&self) -> &str {
        &self.commission.group
    }

    fn pinned(&self) -> Option<&str> {
        self.commission.pinned.as_deref()
    }

    fn request(&self, capabilities: &ImageCapabilities, nudge: Nudge) -> ImageRequest {
        let (width, height) = capabilities.size_for(self.scene.width, self.scene.height);
        let images = self.images();
        let has_anchor = capabilities.images_max > 0 && !images.is_empty();
        let words = prompt::plate(self.plan, self.dimension, &self.scene, has_anchor, capabilities, nudge);
        ImageRequest {
            purpose: Purpose::Plate,
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
        self.studio
            .on_core(move || normalised(picture, wanted, asked))
            .await
            .map_err(|error| ProviderError::new(FailureClass::Transient, error.to_string()))?
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
        let decoded = imaging::decode(bytes, &ImageLimits::default()).ok()?;
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
pub(super) fn normalised(picture: Picture, wanted: (u32, u32), asked: (u32, u32)) -> Result<RgbaImage, ProviderError> {
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
pub(super) fn tied_together(backdrop: &mut RgbaImage, plan: &SetPlan, anchor: Option<Tone>) -> u8 {
    let target = anchor.unwrap_or_else(|| {
        // The palette says which colours, not how lively they are spread.
        let colours = &plan.theme.plate;
        let ground = RgbaImage::from_fn(4, 1, |x, _| {
            let [r, g, b] = [colours.base, colours.base, colours.tint, colours.surface][x as usize];
            image::Rgba([r, g, b, 255])
        });
        Tone { spread: Tone::of(backdrop).spread, ..Tone::of(&ground) }
    });
    imaging::grade(backdrop, &target, GRADE_STRENGTH);
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
