//! What painters are asked for an edit, and how what they bring is judged and laid in.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use image::{GrayImage, RgbaImage, imageops};

use super::frame::Frame;
use crate::{
    domain::{Dimension, FailureCode, report::Bilingual},
    imaging::{self, Drift, DriftKind, EditMask, ImageLimits, plate},
    providers::{
        FailureClass, ProviderError,
        image::{
            Area, DRIFTED, ImageCapabilities, ImageOrder, ImageRequest, ImageRole, InputImage, NativeMask, Nudge,
            Painters, Picture, PlateScene, Purpose,
        },
    },
    studio::{
        Commission, SetPlan, Studio,
        order::preserved,
        prompt::{self, EditScope, EditWish},
        reading::inspection::{Inspection, Shows},
    },
};

/// The JPEG quality of a picture that is sent to be changed: what it loses is not seen, and what lies
/// outside a brush is never taken from what comes back.
const SENT_QUALITY: u8 = 95;
/// Bytes of a picture that a model may send.
const ANSWER_BYTES_MAX: u64 = 30 << 20;
/// How far beyond the painted place an edit goes, and over which width it ends, on a page 1080 pixels
/// wide: the rim of a thing that was painted over roughly is gone with it.
const DILATE_PX: f32 = 8.0;
const FEATHER_PX: f32 = 16.0;
/// The page that these widths are for.
const PAGE_WIDTH: f32 = 1080.0;

/// What is sent for one size of canvas.
struct Sent {
    frame: Frame,
    has_mask: bool,
    base: InputImage,
    overlay: Option<InputImage>,
    mask: Option<Bytes>,
    place: Option<Area>,
}

/// What the wish is about, in words.
pub(super) struct Wish {
    pub(super) text: String,
    pub(super) scope: EditScope,
    pub(super) noun: Option<Bilingual>,
    pub(super) must_keep: Vec<Bilingual>,
    pub(super) calm: Vec<Area>,
}

/// Where a brush went and how far its edit reaches.
pub(super) struct Brush {
    pub(super) mask: EditMask,
    pub(super) alpha: Arc<GrayImage>,
}

impl Brush {
    /// The brush of a mask of a picture of this size. Blocks: it measures distances.
    pub(super) fn of(mask: EditMask) -> Self {
        let scale = (mask.dimensions().0 as f32 / PAGE_WIDTH).clamp(0.5, 4.0);
        let alpha = Arc::new(mask.soft(DILATE_PX * scale, FEATHER_PX * scale));
        Self { mask, alpha }
    }
}

/// The product as it must come out, where it shows in the picture that is changed.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) cut_out: Arc<RgbaImage>,
    /// Left, top, width, height in pixels.
    pub(super) expected: [f32; 4],
}

/// A background painted from nothing but words, for models that change no pictures.
pub(super) struct Anew {
    pub(super) plan: SetPlan,
    pub(super) dimension: Dimension,
    pub(super) scene: PlateScene,
}

/// What came back of the last picture that passed, for the patch and the recipe.
#[derive(Clone, Default)]
pub(super) struct Came {
    /// The changed picture before it was laid in.
    pub(super) edit: Option<Arc<RgbaImage>>,
    /// What was noticed about it.
    pub(super) drift: Option<Drift>,
}

/// A picture to be changed.
pub(super) struct EditPicture<'a> {
    studio: &'a Studio,
    commission: &'a Commission,
    purpose: Purpose,
    base: Arc<RgbaImage>,
    sent: Vec<Sent>,
    beside: Vec<InputImage>,
    wish: Wish,
    brush: Option<Arc<Brush>>,
    kept: Option<Kept>,
    anew: Option<Anew>,
    seed: u64,
    inspection: Inspection,
    came: Arc<Mutex<Came>>,
}

/// What an order is made from.
pub(super) struct EditJob {
    pub(super) purpose: Purpose,
    pub(super) base: Arc<RgbaImage>,
    pub(super) beside: Vec<InputImage>,
    pub(super) wish: Wish,
    pub(super) brush: Option<Arc<Brush>>,
    pub(super) kept: Option<Kept>,
    pub(super) anew: Option<Anew>,
    pub(super) seed: u64,
}

impl<'a> EditPicture<'a> {
    /// The canvases of the painters that may be asked, and whether each takes a mask.
    fn canvases(job: &EditJob, painters: &Painters) -> Vec<(Frame, bool)> {
        let size = job.base.dimensions();
        let mut wanted = Vec::new();
        for painter in painters.list().iter().filter(|painter| painter.serves(job.purpose)) {
            let capabilities = painter.provider.capabilities();
            let canvas = capabilities.size_for(size.0, size.1);
            let has_mask = job.brush.is_some() && capabilities.native_mask != NativeMask::None;
            let frame = match &job.brush {
                Some(brush) => Frame::around(&brush.mask, size, canvas),
                None => Frame::whole(size, canvas),
            };
            if !wanted.contains(&(frame, has_mask)) {
                wanted.push((frame, has_mask));
            }
        }
        wanted
    }

    /// The order. What it sends is encoded on a thread where that may take its time.
    pub(super) async fn new(
        studio: &'a Studio,
        commission: &'a Commission,
        job: EditJob,
    ) -> Result<Self, crate::studio::StudioError> {
        let wanted = Self::canvases(&job, &studio.painters);
        let (base, brush) = (Arc::clone(&job.base), job.brush.clone());
        let sent = studio
            .on_core(move || {
                wanted.into_iter().map(|(frame, has)| Sent::of(frame, has, &base, brush.as_deref())).collect()
            })
            .await?;
        let EditJob { purpose, base, beside, wish, brush, kept, anew, seed } = job;
        let came = Arc::default();
        let product = kept.as_ref().map(|kept| Arc::clone(&kept.cut_out));
        let inspection = Inspection::new(Shows::Poster, product);
        Ok(Self { studio, commission, purpose, base, sent, beside, wish, brush, kept, anew, seed, inspection, came })
    }

    /// What came back.
    pub(super) fn came(&self) -> Came {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What goes to a model with this canvas.
    fn sent(&self, canvas: (u32, u32), has_mask: bool) -> Option<&Sent> {
        let fits = |sent: &&Sent| sent.frame.canvas == canvas && sent.has_mask == has_mask;
        self.sent.iter().find(fits).or(self.sent.first())
    }

    /// A background in words alone, the old one shown for its style.
    fn request_anew(&self, anew: &Anew, capabilities: &ImageCapabilities, nudge: Nudge) -> ImageRequest {
        let (width, height) = capabilities.size_for(anew.scene.width, anew.scene.height);
        let mut images: Vec<InputImage> = self.sent.iter().take(1).map(|sent| sent.base.clone()).collect();
        for image in &mut images {
            image.role = ImageRole::StyleAnchor;
        }
        images.truncate(capabilities.images_max);
        let words = prompt::plate(&anew.plan, anew.dimension, &anew.scene, !images.is_empty(), capabilities, nudge);
        ImageRequest {
            purpose: self.purpose,
            prompt: words.prompt,
            negative: words.negative,
            images,
            mask: None,
            width,
            height,
            seed: self.seed,
            scene: None,
        }
    }
}

impl Sent {
    fn of(frame: Frame, has_mask: bool, base: &RgbaImage, brush: Option<&Brush>) -> Self {
        let canvas = frame.put(base);
        // A model is given what is laid in at full strength, not only what the brush touched.
        let painted = brush.map(|brush| {
            let full = GrayImage::from_fn(brush.alpha.width(), brush.alpha.height(), |x, y| {
                image::Luma([if brush.alpha.get_pixel(x, y)[0] == 255 { 255 } else { 0 }])
            });
            frame.put_mask(&full)
        });
        let mask = painted.and_then(|painted| EditMask::from_pixels(painted).ok());
        let (width, height) = (canvas.width() as f32, canvas.height() as f32);
        let place = mask.as_ref().map(|mask| {
            let [x, y, w, h] = mask.bounds().map(|side| side as f32);
            [x / width, y / height, w / width, h / height]
        });
        let overlay = mask.as_ref().filter(|_| !has_mask).map(|mask| imaging::region_overlay(&canvas, mask));
        Self {
            frame,
            has_mask,
            overlay: overlay.map(|overlay| shown(ImageRole::MaskOverlay, &overlay)),
            mask: mask.filter(|_| has_mask).map(|mask| mask.universal_png().into()),
            base: shown(ImageRole::Base, &canvas),
            place,
        }
    }
}

/// A picture as it is sent.
pub(super) fn shown(role: ImageRole, pixels: &RgbaImage) -> InputImage {
    InputImage {
        role,
        width: pixels.width(),
        height: pixels.height(),
        bytes: imaging::encode_jpeg(pixels, SENT_QUALITY).into(),
        media_type: "image/jpeg",
    }
}

#[async_trait]
impl ImageOrder for EditPicture<'_> {
    fn purpose(&self) -> Purpose {
        self.purpose
    }

    fn group(&self) -> &str {
        &self.commission.group
    }

    fn pinned(&self) -> Option<&str> {
        self.commission.pinned.as_deref()
    }

    fn request(&self, capabilities: &ImageCapabilities, nudge: Nudge) -> ImageRequest {
        if let Some(anew) = &self.anew {
            return self.request_anew(anew, capabilities, nudge);
        }
        let (width, height) = self.base.dimensions();
        let (width, height) = capabilities.size_for(width, height);
        let has_mask = self.brush.is_some() && capabilities.native_mask != NativeMask::None;
        let sent = self.sent((width, height), has_mask);
        let mut images: Vec<InputImage> = self.beside.clone();
        images.extend(sent.iter().flat_map(|sent| [Some(sent.base.clone()), sent.overlay.clone()]).flatten());
        images.sort_by_key(|image| image.role);
        // The words speak of the pictures that are sent, not of those that will be left out.
        images.truncate(capabilities.images_max);
        let roles: Vec<ImageRole> = images.iter().map(|image| image.role).collect();
        let scope = match self.wish.scope {
            EditScope::Place { .. } => EditScope::Place { has_mask },
            scope => scope,
        };
        let wish = EditWish {
            scope,
            text: &self.wish.text,
            roles: &roles,
            place: sent.and_then(|sent| sent.place),
            noun: self.wish.noun.as_ref(),
            must_keep: &self.wish.must_keep,
            calm: &self.wish.calm,
        };
        let words = prompt::edit(&wish, capabilities, nudge);
        ImageRequest {
            purpose: self.purpose,
            prompt: words.prompt,
            negative: words.negative,
            images,
            mask: sent.and_then(|sent| sent.mask.clone()),
            width,
            height,
            seed: self.seed,
            scene: None,
        }
    }

    async fn judge(&self, picture: Picture, request: &ImageRequest) -> Result<RgbaImage, ProviderError> {
        let asked = (request.width, request.height);
        let frame = match &self.anew {
            Some(_) => None,
            None => self.sent.iter().map(|sent| sent.frame).find(|frame| frame.canvas == asked),
        };
        let frame = frame.unwrap_or_else(|| Frame::whole(self.base.dimensions(), asked));
        let (base, brush, kept) = (Arc::clone(&self.base), self.brush.clone(), self.kept.clone());
        let is_anew = self.anew.is_some();
        let came = Arc::clone(&self.came);
        let judged = self.studio.on_core(move || {
            let (pixels, passed) = match brush.as_deref() {
                Some(brush) => laid_in(picture, &base, brush, &frame)?,
                None if is_anew => (painted(picture, base.dimensions(), asked)?, Came::default()),
                None => (frame.back(&painted(picture, frame.canvas, frame.canvas)?), Came::default()),
            };
            let alpha = brush.as_deref().map(|brush| &*brush.alpha);
            if imaging::visible_change(&base, &pixels, alpha) < imaging::VISIBLE_CHANGE_MIN {
                let error = ProviderError::no_result("nothing that can be seen was changed");
                return Err(error.told_as(FailureCode::NoVisibleChange));
            }
            if let Some(kept) = kept {
                preserved(&kept.cut_out, &pixels, kept.expected)?;
            }
            *came.lock().unwrap_or_else(PoisonError::into_inner) = passed;
            Ok::<_, ProviderError>(pixels)
        });
        let pixels = judged.await.map_err(|error| ProviderError::new(FailureClass::Transient, error.to_string()))??;
        // Under a brush the picture is the seller's own but for one place, and its words are wanted.
        if self.kept.is_none() || self.brush.is_some() {
            return Ok(pixels);
        }
        self.studio.inspect(pixels, &self.inspection, &*self.commission.log).await
    }
}

/// What came as pixels of the wanted size: sniffed, capped, decoded.
fn painted(picture: Picture, wanted: (u32, u32), asked: (u32, u32)) -> Result<RgbaImage, ProviderError> {
    let bytes = match picture {
        Picture::Encoded(bytes) => bytes,
        Picture::Pixels(pixels) if pixels.dimensions() == wanted => return Ok(pixels),
        Picture::Pixels(pixels) => imaging::encode_png_rgba(&pixels).into(),
    };
    plate::from_bytes(&bytes, wanted, asked).map_err(|fault| ProviderError::no_result(fault.to_string()))
}

/// What came laid in under the brush: outside it the base, byte for byte, whatever came.
fn laid_in(
    picture: Picture,
    base: &RgbaImage,
    brush: &Brush,
    frame: &Frame,
) -> Result<(RgbaImage, Came), ProviderError> {
    let came = match picture {
        Picture::Pixels(pixels) => pixels,
        Picture::Encoded(bytes) => {
            let limits = ImageLimits { bytes_max: ANSWER_BYTES_MAX, ..ImageLimits::default() };
            let decoded = imaging::decode(&bytes, &limits);
            decoded.map_err(|refusal| ProviderError::no_result(format!("it cannot be decoded: {refusal:?}")))?.pixels
        }
    };
    let [x, y, w, h] = frame.part;
    // What has neither the canvas's shape nor size was not painted on it: how it lies is found out by what
    // it shows around the brush.
    let part = if frame.is_canvas(came.dimensions()) { frame.back(&frame.scaled(came)) } else { came };
    let under = imageops::crop_imm(base, x, y, w, h).to_image();
    let alpha = imageops::crop_imm(&*brush.alpha, x, y, w, h).to_image();
    let settled = imaging::settle_edit(&under, &part, &alpha);
    if settled.drift.kind == DriftKind::Repainted {
        let detail = format!("what was to stay came back changed: likeness {:.2}", settled.drift.likeness);
        return Err(ProviderError::no_result(detail).with_code(DRIFTED).told_as(FailureCode::BadOutput));
    }
    let onto = |part: &RgbaImage| {
        let mut whole = base.clone();
        imageops::replace(&mut whole, part, i64::from(x), i64::from(y));
        whole
    };
    let came = Came { edit: Some(Arc::new(onto(&settled.edit))), drift: Some(settled.drift) };
    Ok((onto(&settled.pixels), came))
}
