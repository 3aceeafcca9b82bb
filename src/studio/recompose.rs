//! A finished poster set anew: in other proportions, in one language, or without words.
//!
//! No model is asked again. A built-in background is drawn again in the wished proportions, which
//! costs nothing; one that came from a model is cut to them.

use std::sync::Arc;

use image::RgbaImage;

use super::{
    Language, Origin, SetPlan, Studio, StudioError,
    compose::Press,
    edit, layouts,
    order::plate_scene,
    sheet::{Shape, Sheet},
};
use crate::{
    domain::Dimension,
    imaging,
    providers::image::{BuiltinPlates, PaintError},
};

/// The short side of a page, in pixels.
const SHORT_SIDE: u32 = 1080;

/// Type size in pixels per `rem` by width ÷ height. The named formats stand exactly here.
const ASPECTS: [(f32, f32); 9] = [
    (0.5, 10.0),
    (0.5625, 10.0),
    (0.75, 8.8),
    (0.8, 8.4),
    (1.0, 8.2),
    (4.0 / 3.0, 8.8),
    (16.0 / 9.0, 9.8),
    (2.0, 9.8),
    // Banners are shown small: their type is larger.
    (3.34, 12.0),
];

/// What a poster is to become.
#[derive(Clone, Debug)]
pub struct Remake {
    /// Which poster.
    pub dimension: Dimension,
    /// Its proportions, as any width and height; the result is about 1080 px on its short side. Where these
    /// are pixels of a larger picture, photos on the page keep some in reserve for being enlarged to it.
    pub proportions: (u32, u32),
    /// Which words it carries.
    pub language: Language,
    /// Whether the product is in that background already.
    pub product_painted: bool,
    /// Whether a model made a part of it, so that the mark for AI-made content stands on it.
    pub is_ai_made: bool,
    /// The stored background, where it came from a model or from a seller's photo; `None` draws the
    /// built-in one.
    pub plate: Option<Arc<RgbaImage>>,
}

impl Remake {
    /// How far the page is enlarged for its place: 1 where that is not larger than the page.
    fn stretch(&self) -> f32 {
        let (width, height) = self.proportions;
        (width.min(height) as f32 / SHORT_SIDE as f32).max(1.0)
    }

    const fn origin(&self) -> Origin {
        if self.is_ai_made { Origin::AiMade } else { Origin::Composed }
    }
}

impl Sheet {
    /// A page of any proportions between a banner and a strip: 1080 px on its short side, type in the
    /// size that the named formats have, and between them in between.
    pub(super) fn of_proportions((width, height): (u32, u32)) -> Self {
        let aspect = (width.max(1) as f32 / height.max(1) as f32).clamp(ASPECTS[0].0, ASPECTS[ASPECTS.len() - 1].0);
        let (width, height) = if aspect <= 1.0 {
            (SHORT_SIDE, (SHORT_SIDE as f32 / aspect).round() as u32)
        } else {
            ((SHORT_SIDE as f32 * aspect).round() as u32, SHORT_SIDE)
        };
        let shape = match aspect {
            tall if tall < 0.62 => Shape::Tall,
            mid if mid < 0.92 => Shape::Mid,
            _ => Shape::Wide,
        };
        let after = ASPECTS.iter().position(|(known, _)| *known >= aspect).unwrap_or(ASPECTS.len() - 1).max(1);
        let ((low, from), (high, to)) = (ASPECTS[after - 1], ASPECTS[after]);
        let rem = from + (to - from) * ((aspect - low) / (high - low)).clamp(0.0, 1.0);
        Self { width, height, shape, rem }
    }
}

impl SetPlan {
    /// Width and height of the set's posters, in pixels.
    pub const fn size(&self) -> (u32, u32) {
        self.format.size()
    }

    /// The product without its surroundings, of the first photo that allowed it.
    pub fn cut_out(&self) -> Option<Arc<RgbaImage>> {
        self.sight.product.as_ref().map(|product| Arc::clone(&product.pixels))
    }
}

impl Studio {
    /// Sets a poster of a planned set anew and returns its opaque pixels.
    ///
    /// # Errors
    /// [`StudioError`]; the templates' or the composer's.
    pub async fn recompose(&self, plan: &SetPlan, remake: Remake) -> Result<RgbaImage, StudioError> {
        let dimension = remake.dimension;
        let mut plan = plan.seen_for(dimension);
        plan.sight.enlargement_max /= remake.stretch();
        let mut sheet = Sheet::of_proportions(remake.proportions);
        sheet.rem *= plan.changes.type_share();
        plan.sight.page = (sheet.width, sheet.height);
        let draft = layouts::draft(dimension, &plan, &sheet);
        // Shared, not copied: it would make each of the futures around larger.
        let plan = Arc::new(plan);
        let origin = remake.origin();
        let plate = match remake.plate {
            None => {
                let scene = plate_scene(&plan, dimension, &draft, &sheet);
                let focus =
                    draft.stand.map(|stand| plan.sight.placed(stand)).map(|place| [place.x, place.y, place.w, place.h]);
                let edited = Arc::clone(&plan);
                let drawn = self.on_core(move || match edit::ground_of(&edited, &sheet, focus) {
                    Some(ground) => Ok(ground),
                    None => BuiltinPlates.draw(&scene),
                });
                drawn.await?.map_err(|error| PaintError { error, is_retryable: false })?
            }
            Some(plate) => {
                let edited = Arc::clone(&plan);
                let cut = move || {
                    let mut plate = imaging::resize_cover(&plate, sheet.width, sheet.height);
                    edit::follow(&mut plate, &edited);
                    plate
                };
                self.on_core(cut).await?
            }
        };
        let language = plan.changes.language(remake.language);
        let (studio, product_painted) = (self.clone(), remake.product_painted);
        self.on_core(move || {
            let press = Press {
                composer: &*studio.composer,
                templates: &studio.templates,
                plan: &plan,
                sheet: &sheet,
                dimension,
                provider: BuiltinPlates::NAME,
                request_id: None,
                consistency_percent: None,
                product_painted,
                jpeg_quality: studio.jpeg_quality,
                language,
                is_marked: studio.labels.is_visible_on(origin),
            };
            press.set(&draft, plate).map(|set| set.pixels)
        })
        .await?
    }

    /// Runs pixel work on a thread of the studio: one piece per processor core, whoever asks.
    ///
    /// # Errors
    /// [`StudioError::Thread`] when the work panicked.
    pub async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, StudioError> {
        self.on_core(work).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        composer::{PlacedKind, TakumiComposer},
        domain::{PosterFormat, StyleChoice, VisualStyle, report::is_hanzi},
        imaging::Photo,
        studio::{Brief, BriefPhoto, Labels},
    };

    async fn planned() -> (Studio, SetPlan) {
        let studio = Studio::builtin(Arc::new(TakumiComposer::new()), 90);
        let photo = Photo::from_pixels(RgbaImage::from_fn(480, 640, |x, y| {
            let bottle = (160..320).contains(&x) && (80..600).contains(&y);
            image::Rgba([170, (y / 8) as u8, 40, if bottle { 255 } else { 0 }])
        }));
        let brief = Brief {
            seed: 11,
            description: "山止手作粗陶马克杯，1280℃高温烧制，容量380 mL，釉面温润，可入微波炉".to_owned(),
            product_name: None,
            photos: vec![BriefPhoto { photo: Arc::new(photo), sha256: "a".to_owned() }],
            format: PosterFormat::Square1x1,
            style: StyleChoice { visual: Some(VisualStyle::Magazine), ..StyleChoice::default() },
        };
        let plan = studio.plan(&brief).await.expect("a plan");
        (studio, plan)
    }

    /// The words of a poster as set.
    fn words(studio: &Studio, plan: &SetPlan, dimension: Dimension, language: Language) -> Vec<String> {
        let plan = plan.seen_for(dimension);
        let sheet = Sheet::new(PosterFormat::Square1x1);
        let press = Press {
            composer: &*studio.composer,
            templates: &studio.templates,
            plan: &plan,
            sheet: &sheet,
            dimension,
            provider: "builtin",
            request_id: None,
            consistency_percent: None,
            product_painted: false,
            jpeg_quality: 90,
            language,
            is_marked: false,
        };
        let placed = press.measured(&layouts::draft(dimension, &plan, &sheet)).expect("a page");
        let words = placed.into_iter().filter_map(|placed| match placed.kind {
            PlacedKind::Text(text) => Some(text),
            _ => None,
        });
        words.filter(|text| !text.trim().is_empty()).collect()
    }

    #[tokio::test]
    async fn each_language_stands_alone_and_a_clean_poster_says_nothing() {
        let (studio, plan) = planned().await;
        for dimension in Dimension::ALL {
            let both = words(&studio, &plan, dimension, Language::Both);
            let zh = words(&studio, &plan, dimension, Language::ZhOnly);
            let en = words(&studio, &plan, dimension, Language::EnOnly);
            assert!(!en.iter().any(|text| text.contains(is_hanzi)), "{dimension:?}: {en:?}");
            assert!(!en.iter().any(|text| text.contains('…')), "{dimension:?}: {en:?}");
            assert!(en.len() >= 2 && zh.len() >= 2, "{dimension:?}: {en:?} {zh:?}");
            assert!(zh.len() < both.len(), "{dimension:?}: {zh:?}");
            let latin =
                |texts: &[String]| texts.iter().flat_map(|text| text.chars()).filter(char::is_ascii_alphabetic).count();
            assert!(latin(&zh) * 4 < latin(&both), "{dimension:?}: {zh:?}");
            assert_eq!(words(&studio, &plan, dimension, Language::Wordless), Vec::<String>::new());
        }
    }

    #[tokio::test]
    async fn a_poster_is_set_anew_in_any_proportions_and_ai_made_ones_are_marked() {
        let (studio, plan) = planned().await;
        let remake = |language, plate: Option<Arc<RgbaImage>>| Remake {
            dimension: Dimension::Hero,
            proportions: (2, 3),
            language,
            product_painted: false,
            is_ai_made: plate.is_some(),
            plate,
        };
        let plain = studio.recompose(&plan, remake(Language::Wordless, None)).await.expect("a poster");
        assert_eq!(plain.dimensions(), (1080, 1620));
        let plate = Arc::new(RgbaImage::from_pixel(300, 300, image::Rgba([40, 60, 80, 255])));
        let corner = |pixels: &RgbaImage| pixels.get_pixel(1078, 1618).0;
        let marked =
            studio.recompose(&plan, remake(Language::Wordless, Some(Arc::clone(&plate)))).await.expect("a poster");
        assert_ne!(corner(&marked), [40, 60, 80, 255], "the mark stands in the corner");
        let hidden = studio.clone().with_labels(Labels { visible: false, ..Labels::default() });
        let unmarked = hidden.recompose(&plan, remake(Language::Wordless, Some(plate))).await.expect("a poster");
        assert_eq!(corner(&unmarked), [40, 60, 80, 255]);
        assert!(plan.cut_out().is_some());
    }

    #[test]
    fn the_named_formats_are_what_they_always_were() {
        for format in PosterFormat::ALL {
            let (named, free) = (Sheet::new(*format), Sheet::of_proportions(format.size()));
            assert_eq!((free.width, free.height, free.shape), (named.width, named.height, named.shape), "{format:?}");
            assert!((free.rem - named.rem).abs() < 0.01, "{format:?}: {} and {}", free.rem, named.rem);
        }
        for odd in [(0, 0), (1, 9000), (9000, 1), (800, 1200)] {
            let sheet = Sheet::of_proportions(odd);
            assert!(sheet.width.min(sheet.height) == SHORT_SIDE && sheet.width.max(sheet.height) <= 3700);
            assert!((8.0..=12.0).contains(&sheet.rem), "{odd:?}");
        }
    }
}
