use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use image::{GrayImage, Luma, Rgba};

use super::*;
use crate::{
    clock::SystemClock,
    composer::TakumiComposer,
    domain::{Dimension, PosterFormat, RevisionName},
    ids::SeededIds,
    providers::{
        CallContext,
        image::{
            BuiltinPlates, ImageCapabilities, ImageProvider, ImageRequest, NativeMask, Painter, Painters, Picture,
            PromptLanguage, Rendered, Sizing, Started,
        },
        text::Readers,
    },
    studio::{Origin, tests::brief},
};

/// What a model does with what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trick {
    /// What it was asked for.
    Honest,
    /// Everything anew.
    Repaints,
    /// The edit, and everything five pixels off.
    Shifts,
    /// The edit at half the size.
    Shrinks,
    /// The edit, and everything warmer.
    Warms,
    /// The mask instead of a picture.
    ReturnsMask,
    /// One grey.
    Grey,
    /// A picture of two to three.
    TwoToThree,
    /// What it was sent.
    Nothing,
    /// A broad stripe along the top.
    Stripe,
}

const ORANGE: Rgba<u8> = Rgba([240, 120, 20, 255]);

struct Hostile {
    trick: Trick,
    capabilities: ImageCapabilities,
    seen: Mutex<Vec<ImageRequest>>,
}

impl Hostile {
    fn new(trick: Trick, native_mask: NativeMask, purposes: &[Purpose]) -> Arc<Self> {
        let capabilities = ImageCapabilities {
            purposes: purposes.to_vec(),
            native_mask,
            images_max: 4,
            image_bytes_max: 10 << 20,
            sizing: Sizing::Free { multiple: 16, pixels_min: 100_000, pixels_max: 2_000_000 },
            prompt_chars_max: 8_000,
            language: PromptLanguage::English,
            is_billed: true,
        };
        Arc::new(Self { trick, capabilities, seen: Mutex::default() })
    }

    fn seen(&self) -> Vec<ImageRequest> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn paint(&self, request: &ImageRequest) -> RgbaImage {
        let picture = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().to_rgba8();
        let sent = request.images.first().map(|image| picture(&image.bytes));
        let mut canvas = sent.unwrap_or_else(|| foreign(request.width, request.height));
        let (width, height) = canvas.dimensions();
        let overlay = request.images.iter().find(|image| image.role == ImageRole::MaskOverlay);
        let region = match (&request.mask, overlay) {
            (Some(mask), _) => {
                let mask = picture(mask);
                GrayImage::from_fn(width, height, |x, y| Luma([255 - mask.get_pixel(x, y)[3]]))
            }
            (None, Some(overlay)) => {
                let white = picture(&overlay.bytes);
                GrayImage::from_fn(width, height, |x, y| {
                    Luma([if white.get_pixel(x, y).0[..3].iter().all(|&value| value > 250) { 255 } else { 0 }])
                })
            }
            (None, None) => GrayImage::new(width, height),
        };
        for (x, y, value) in region.enumerate_pixels() {
            if value[0] > 0 {
                canvas.put_pixel(x, y, ORANGE);
            }
        }
        match self.trick {
            Trick::Honest => canvas,
            Trick::Repaints => foreign(width, height),
            Trick::Shifts => RgbaImage::from_fn(width, height, |x, y| {
                *canvas.get_pixel((x + 5).min(width - 1), (y + 3).min(height - 1))
            }),
            Trick::Shrinks => imaging::resize(&canvas, width / 2, height / 2),
            Trick::Warms => {
                for pixel in canvas.pixels_mut() {
                    pixel[0] = pixel[0].saturating_add(14);
                    pixel[2] = pixel[2].saturating_sub(14);
                }
                canvas
            }
            Trick::ReturnsMask => RgbaImage::from_fn(width, height, |x, y| {
                let value = region.get_pixel(x, y)[0];
                Rgba([value, value, value, 255])
            }),
            Trick::Grey => RgbaImage::from_pixel(width, height, Rgba([128, 128, 128, 255])),
            Trick::TwoToThree => imaging::resize_cover(&canvas, 400, 600),
            Trick::Nothing => picture(&request.images[0].bytes),
            Trick::Stripe => {
                for (_, _, pixel) in canvas.enumerate_pixels_mut().filter(|(_, y, _)| *y < height / 8) {
                    *pixel = ORANGE;
                }
                canvas
            }
        }
    }
}

#[async_trait]
impl ImageProvider for Hostile {
    fn name(&self) -> &'static str {
        "hostile"
    }

    fn capabilities(&self) -> &ImageCapabilities {
        &self.capabilities
    }

    async fn start(&self, request: &ImageRequest, _call: &CallContext) -> Result<Started, ProviderError> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let bytes = imaging::encode_jpeg(&self.paint(request), 92);
        Ok(Started::Done(Rendered::new(Picture::Encoded(bytes.into()))))
    }
}

fn studio(provider: &Arc<Hostile>) -> Studio {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SeededIds::new(9)));
    let painters = vec![
        Painter::unlimited(Arc::new(BuiltinPlates)),
        Painter::unlimited(Arc::clone(provider) as Arc<dyn ImageProvider>),
    ];
    let painters = Painters::new(painters, Arc::clone(&clock) as _, Arc::clone(&ids) as _);
    Studio::new(Arc::new(TakumiComposer::new()), painters, Readers::new(Vec::new(), clock, ids), 90)
}

/// A picture with structure everywhere.
fn textured(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let wave = ((x as f32 / 17.0).sin() + (y as f32 / 23.0).cos() + (((x / 31) ^ (y / 27)) % 3) as f32) * 34.0;
        let value = (110.0 + wave).clamp(0.0, 255.0) as u8;
        Rgba([value, value.saturating_sub(20), (40 + x * 120 / width) as u8, 255])
    })
}

/// A picture that has nothing to do with it.
fn foreign(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let value = ((x / 23 * 37 + y / 19 * 53) % 97 * 2) as u8;
        Rgba([value / 2, 255 - value, value, 255])
    })
}

fn base(pixels: RgbaImage, recipe: Option<Value>, plate: Option<Vec<u8>>) -> EditBase {
    EditBase {
        dimension: Dimension::Hero,
        name: RevisionName::Prime,
        pixels: Arc::new(pixels),
        recipe: recipe.map(Arc::new),
        plate: plate.map(Into::into),
        patches: Vec::new(),
    }
}

fn order(mask: Option<GrayImage>) -> EditOrder {
    EditOrder { prompt: "an orange lantern".to_owned(), mask: mask.map(Arc::new), reference: None, seed: 5 }
}

fn boxed(size: (u32, u32), [x, y, w, h]: [u32; 4]) -> GrayImage {
    GrayImage::from_fn(size.0, size.1, |px, py| {
        Luma([if (x..x + w).contains(&px) && (y..y + h).contains(&py) { 255 } else { 0 }])
    })
}

async fn edited(
    studio: &Studio,
    plan: Option<&SetPlan>,
    base: &EditBase,
    order: &EditOrder,
) -> Result<EditedPoster, FailureCode> {
    let made = studio.edit_painted(plan, base, order, &Commission::default(), &|_| {}).await;
    made.map_err(|error| error.failure_code())
}

fn master(edited: &EditedPoster) -> RgbaImage {
    image::load_from_memory(&edited.master_png).unwrap().to_rgba8()
}

#[tokio::test(start_paused = true)]
async fn whatever_a_model_sends_back_nothing_outside_the_brush_changes() {
    let size = (270, 480);
    let base = base(textured(size.0, size.1), None, None);
    for bounds in [[45, 315, 45, 38], [30, 60, 195, 225]] {
        let mask = boxed(size, bounds);
        let alpha = Brush::of(EditMask::from_pixels(mask.clone()).unwrap()).alpha;
        for native_mask in [NativeMask::None, NativeMask::Alpha] {
            for (trick, ends) in [
                (Trick::Honest, Some(Ok(()))),
                (Trick::Shifts, Some(Ok(()))),
                (Trick::Shrinks, Some(Ok(()))),
                (Trick::Warms, Some(Ok(()))),
                (Trick::TwoToThree, None),
                (Trick::Repaints, Some(Err(FailureCode::BadOutput))),
                (Trick::ReturnsMask, Some(Err(FailureCode::BadOutput))),
                (Trick::Grey, Some(Err(FailureCode::BadOutput))),
                (Trick::Nothing, Some(Err(FailureCode::NoVisibleChange))),
            ] {
                let model = Hostile::new(trick, native_mask, &[Purpose::EditMasked]);
                let made = edited(&studio(&model), None, &base, &order(Some(mask.clone()))).await;
                let case = format!("{trick:?} {native_mask:?} {bounds:?}");
                if let Some(ends) = ends {
                    assert_eq!(made.as_ref().map(|_| ()).map_err(|code| *code), ends, "{case}");
                }
                let seen = model.seen();
                assert_eq!(seen[0].mask.is_some(), native_mask == NativeMask::Alpha, "{case}");
                let has_overlay = seen[0].images.iter().any(|image| image.role == ImageRole::MaskOverlay);
                assert_eq!(has_overlay, native_mask == NativeMask::None, "{case}");
                if made.is_err() {
                    assert_eq!(seen.len(), 2, "{case}: one more try and no third");
                    assert!(seen[1].prompt.contains("The last try"), "{case}: {}", seen[1].prompt);
                }
                let Ok(made) = made else { continue };
                let result = master(&made);
                let outside = alpha.enumerate_pixels().filter(|(_, _, value)| value[0] == 0);
                let changed = outside.filter(|(x, y, _)| result.get_pixel(*x, *y) != base.pixels.get_pixel(*x, *y));
                assert_eq!(changed.count(), 0, "{case}");
                let middle = result.get_pixel(bounds[0] + bounds[2] / 2, bounds[1] + bounds[3] / 2);
                let off = (0..3).map(|channel| middle[channel].abs_diff(ORANGE[channel])).max().unwrap();
                assert!(off < 40, "{case}: the edit is there: {middle:?}");
                assert_eq!(Origin::of_recipe(&made.recipe), Origin::AiMade);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_edits_in_one_place_leave_the_rest_as_it_was() {
    let size = (270, 480);
    let first = base(textured(size.0, size.1), None, None);
    let mask = boxed(size, [40, 40, 60, 60]);
    let alpha = Brush::of(EditMask::from_pixels(mask.clone()).unwrap()).alpha;
    let mut now = first.clone();
    for turn in 0..20 {
        // A model that paints the same again would change nothing.
        let trick = if turn % 2 == 0 { Trick::Honest } else { Trick::Warms };
        let model = Hostile::new(trick, NativeMask::Alpha, &[Purpose::EditMasked]);
        if let Ok(made) = edited(&studio(&model), None, &now, &order(Some(mask.clone()))).await {
            now.pixels = Arc::new(master(&made));
        }
    }
    let outside = alpha.enumerate_pixels().filter(|(_, _, value)| value[0] == 0);
    assert!(outside.clone().count() > 90_000);
    for (x, y, _) in outside {
        assert_eq!(now.pixels.get_pixel(x, y), first.pixels.get_pixel(x, y), "{x},{y}");
    }
    assert_ne!(now.pixels, first.pixels);
}

/// A composed poster and what it was made from.
async fn composed(studio: &Studio) -> (SetPlan, EditBase) {
    let brief = brief("山止红色玻璃瓶，高硼硅玻璃，容量500 mL", true, PosterFormat::Square1x1, None);
    let plan = studio.plan(&brief).await.unwrap();
    let poster = studio.paint(&plan, Dimension::Hero, &|_| {}).await.unwrap();
    let pixels = image::load_from_memory(&poster.jpeg).unwrap().to_rgba8();
    (plan, base(pixels, Some(poster.recipe), poster.plate_jpeg))
}

#[tokio::test(start_paused = true)]
async fn a_composed_poster_gets_a_new_background_and_keeps_its_words() {
    let model = Hostile::new(Trick::Stripe, NativeMask::None, &[Purpose::EditWhole]);
    let studio = studio(&model);
    let (plan, base) = composed(&studio).await;
    let before = base.recipe.clone().unwrap();
    let made = edited(&studio, Some(&plan), &base, &order(None)).await.unwrap();
    assert_eq!(made.recipe["provider"]["name"], "hostile");
    assert_ne!(made.recipe["composed"], false);
    assert_eq!(made.recipe["words"], before["words"]);
    assert!(made.plate_jpeg.is_some() && made.patch_png.is_none());
    assert_ne!(made.plate_jpeg.as_deref(), base.plate.as_deref());
    let seen = model.seen();
    let roles: Vec<ImageRole> = seen[0].images.iter().map(|image| image.role).collect();
    assert_eq!(roles, [ImageRole::Base, ImageRole::Product]);
    assert!(
        seen[0].prompt.contains("the empty background of a poster") && seen[0].prompt.contains("an orange lantern")
    );
    let idle = Hostile::new(Trick::Nothing, NativeMask::None, &[Purpose::EditWhole]);
    let unchanged = edited(&self::studio(&idle), Some(&plan), &base, &order(None)).await;
    assert_eq!(unchanged.unwrap_err(), FailureCode::NoVisibleChange);
    assert_eq!(idle.seen().len(), 2, "one more try");
}

#[tokio::test(start_paused = true)]
async fn a_brush_on_a_composed_poster_leaves_a_patch() {
    let model = Hostile::new(Trick::Warms, NativeMask::Alpha, &[Purpose::EditMasked]);
    let studio = studio(&model);
    let (plan, base) = composed(&studio).await;
    let (width, height) = base.pixels.dimensions();
    let mask = boxed((width, height), [width / 3, height / 2, width / 4, height / 4]);
    let made = edited(&studio, Some(&plan), &base, &order(Some(mask))).await.unwrap();
    let place: PatchPlace = serde_json::from_value(made.recipe["patches"][0].clone()).unwrap();
    assert_eq!((place.name.as_str(), made.recipe["patches"].as_array().unwrap().len()), ("", 1));
    assert_eq!(made.plate_jpeg.as_deref(), base.plate.as_deref());
    let patch = image::load_from_memory(made.patch_png.as_deref().unwrap()).unwrap().to_rgba8();
    let mut page = (*base.pixels).clone();
    imaging::lay_patch(&mut page, place.left, place.top, &patch);
    assert!(page == master(&made), "the patch on the base is the result");
    let seen = model.seen();
    assert!(seen[0].images.iter().any(|image| image.role == ImageRole::Product), "the brush touches the product");
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_is_painted_over_keeps_its_product_or_is_refused() {
    for (trick, ends) in [(Trick::Stripe, Ok(())), (Trick::Repaints, Err(FailureCode::ProductNotPreserved))] {
        let model = Hostile::new(trick, NativeMask::None, &[Purpose::EditWhole]);
        let studio = studio(&model);
        let (plan, mut base) = composed(&studio).await;
        base.recipe = Some(Arc::new(json!({ "composed": false, "version": 2 })));
        base.plate = None;
        let made = edited(&studio, Some(&plan), &base, &order(None)).await;
        assert_eq!(made.as_ref().map(|_| ()).map_err(|code| *code), ends, "{trick:?}");
        let Ok(made) = made else { continue };
        assert_eq!((&made.recipe["composed"], made.plate_jpeg.is_none()), (&json!(false), true));
        assert_eq!(made.recipe["provider"]["name"], "hostile");
        assert_eq!((made.width, made.height), base.pixels.dimensions());
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_only_paints_backgrounds_is_told_the_wish_in_words() {
    let model = Hostile::new(Trick::Stripe, NativeMask::None, &[Purpose::Plate]);
    let studio = studio(&model);
    let (plan, base) = composed(&studio).await;
    assert!(studio.paints_edit(Some(&plan), &base, &order(None)));
    assert!(!studio.paints_edit(None, &base, &order(None)), "pixels alone have no background");
    let commission = Commission { pinned: Some("hostile".to_owned()), ..Commission::default() };
    let made = studio.edit_painted(Some(&plan), &base, &order(None), &commission, &|_| {}).await.unwrap();
    assert_eq!(made.recipe["provider"]["name"], "hostile");
    let seen = model.seen();
    assert!(seen[0].prompt.contains("Scene: \"an orange lantern\""), "{}", seen[0].prompt);
    assert_eq!(seen[0].images[0].role, ImageRole::StyleAnchor);
}
