use std::sync::Arc;

use image::{Rgba, RgbaImage};

use super::{
    Brief, BriefPhoto, Recipe, RecipeError, Studio, StudioError, layouts, notes_of,
    sheet::{Frame, Sheet},
};
use crate::{
    composer::TakumiComposer,
    domain::{Dimension, FailureCode, PictureNote, PosterFormat, PosterStage, StyleChoice, VisualStyle},
    imaging::{Photo, contrast_ratio},
    providers::image::{Script, ScriptedProvider},
};

pub(super) fn studio() -> Studio {
    Studio::builtin(Arc::new(TakumiComposer::new()), 90)
}

/// A red bottle already cut out, or one that nobody tells from the confetti around it.
fn photo(cut_out: bool) -> Arc<Photo> {
    Arc::new(Photo::from_pixels(RgbaImage::from_fn(480, 640, |x, y| {
        let bottle = (160..320).contains(&x) && (80..600).contains(&y);
        match (bottle, cut_out) {
            (true, true) => Rgba([170, (y / 8) as u8, 40, 255]),
            (false, true) => Rgba([0; 4]),
            (_, false) => {
                let speck = (x / 5).wrapping_mul(0x9e37_79b1) ^ (y / 5).wrapping_mul(0x85eb_ca6b);
                let speck = speck ^ (speck >> 15);
                Rgba([(speck % 251) as u8, (speck / 7 % 241) as u8, (speck / 49 % 239) as u8, 255])
            }
        }
    })))
}

/// The photos under names of their own.
fn given(photos: &[Arc<Photo>]) -> Vec<BriefPhoto> {
    let named =
        |(index, photo): (usize, &Arc<Photo>)| BriefPhoto { photo: Arc::clone(photo), sha256: index.to_string() };
    photos.iter().enumerate().map(named).collect()
}

pub(super) fn brief(description: &str, cut_out: bool, format: PosterFormat, visual: Option<VisualStyle>) -> Brief {
    Brief {
        seed: 11,
        description: description.to_owned(),
        product_name: None,
        photos: given(&[photo(cut_out)]),
        format,
        style: StyleChoice { visual, ..StyleChoice::default() },
    }
}

fn frame_of(layer: &serde_json::Value) -> Frame {
    let at = |index: usize| layer["box"][index].as_f64().unwrap() as f32;
    Frame::new(at(0), at(1), at(2), at(3))
}

#[tokio::test]
async fn characters_that_no_font_has_are_told_with_the_poster() {
    let studio = studio();
    let told = async |description: &str| {
        let brief = brief(description, true, PosterFormat::Square1x1, None);
        let plan = studio.plan(&brief).await.unwrap();
        let poster = studio.paint(&plan, Dimension::Hero, &|_| {}).await.unwrap();
        let stored = serde_json::from_str(&poster.recipe.to_string()).unwrap();
        (notes_of(&stored), poster.recipe["layers"].to_string())
    };
    let (notes, layers) = told("红色\u{9fff}玻璃瓶，容量380 mL").await;
    assert_eq!(notes, [PictureNote::CharactersLeftOut { characters: vec!['\u{9fff}'] }], "{layers}");
    assert!(!layers.contains('\u{9fff}') && layers.contains("玻璃瓶"), "{layers}");
    assert_eq!(told("红色玻璃瓶，容量380 mL").await.0, []);
    let (notes, layers) = told("🎉红色玻璃瓶，容量380 mL 🎉★").await;
    assert_eq!(notes, [PictureNote::CharactersLeftOut { characters: vec!['🎉'] }], "a star is drawn by a font");
    assert!(!layers.contains('🎉'), "{layers}");
    assert_eq!(notes_of(&serde_json::json!({ "version": 2 })), [], "a recipe from before there were notes");
}

#[tokio::test]
async fn three_words_are_enough_for_ten_posters_whose_words_stay_on_the_page() {
    let studio = studio();
    for (cut_out, format) in [(true, PosterFormat::Portrait9x16), (false, PosterFormat::Square1x1)] {
        let plan = studio.plan(&brief("红色玻璃瓶", cut_out, format, None)).await.unwrap();
        assert!(!plan.product_name().is_empty());
        for dimension in Dimension::ALL {
            let poster = studio.paint(&plan, dimension, &|_| {}).await.unwrap();
            assert_eq!((poster.width, poster.height), format.size());
            assert!(poster.jpeg.starts_with(&[0xff, 0xd8]) && !poster.thumbhash.is_empty());
            let layers = poster.recipe["layers"].as_array().unwrap();
            let kinds = |kind: &str| layers.iter().filter(|layer| layer["kind"] == kind).count();
            assert!(kinds("plate") == 1 && kinds("text") >= 3, "{dimension:?}");
            assert!(kinds("product") + kinds("crop") >= 1, "{dimension:?} shows no product");
            for layer in layers.iter().filter(|layer| layer["kind"] == "text" && layer["role"] != "decor") {
                let frame = frame_of(layer);
                let (w, h) = (poster.width as f32, poster.height as f32);
                assert!(frame.x >= -1.0 && frame.y >= -1.0, "{dimension:?} {layer}");
                assert!(frame.right() <= w + 1.0 && frame.bottom() <= h + 1.0, "{dimension:?} {layer}");
                let text = layer["text"].as_str().unwrap();
                assert!(!text.trim().is_empty() && !text.contains("undefined"), "{dimension:?} {layer}");
            }
        }
    }
}

#[tokio::test]
async fn every_style_has_legible_tokens_and_the_same_seed_the_same_poster() {
    let studio = studio();
    for visual in VisualStyle::ALL {
        let plan = studio.plan(&brief("红色玻璃瓶", true, PosterFormat::Square1x1, Some(*visual))).await.unwrap();
        assert_eq!(plan.style().visual, *visual);
        let theme = &plan.theme;
        for ground in [theme.ground, theme.tint] {
            assert!(contrast_ratio(theme.ink, ground) >= 4.5, "{visual:?} ink");
            assert!(contrast_ratio(theme.soft, ground) >= 4.5, "{visual:?} soft");
            assert!(contrast_ratio(theme.accent, ground) >= 4.5, "{visual:?} accent");
        }
        assert!(contrast_ratio(theme.on_fill, theme.fill) >= 4.5, "{visual:?} button");
    }
    let order = brief("红色玻璃瓶", true, PosterFormat::Square1x1, None);
    let mut pictures = Vec::new();
    for _ in 0..2 {
        let plan = studio.plan(&order).await.unwrap();
        pictures.push(studio.paint(&plan, Dimension::Hero, &|_| {}).await.unwrap().jpeg);
    }
    assert!(pictures[0] == pictures[1], "a repeated attempt changed the poster");
}

#[tokio::test]
async fn the_product_keeps_its_proportions_and_is_hardly_enlarged() {
    let plan = studio().plan(&brief("红色玻璃瓶", true, PosterFormat::Portrait9x16, None)).await.unwrap();
    let product = plan.sight.product.as_ref().unwrap();
    let sheet = Sheet::new(PosterFormat::Portrait9x16);
    for dimension in Dimension::ALL {
        let Some(stand) = layouts::draft(dimension, &plan, &sheet).stand else { continue };
        let frame = plan.sight.placed(stand);
        assert!((frame.w / frame.h - product.aspect()).abs() < 0.01, "{dimension:?}");
        assert!(frame.w <= product.pixels.width() as f32 * 1.601, "{dimension:?} enlarges too far");
        assert!(stand.bleeds || frame.right() <= sheet.w(), "{dimension:?} runs off the page");
    }
}

#[tokio::test]
async fn windows_on_a_small_photo_are_small_rather_than_soft() {
    let studio = studio();
    let plan = studio.plan(&brief("红色玻璃瓶", false, PosterFormat::Portrait9x16, None)).await.unwrap();
    for dimension in Dimension::ALL {
        let poster = studio.paint(&plan, dimension, &|_| {}).await.unwrap();
        for layer in poster.recipe["layers"].as_array().unwrap().iter().filter(|layer| layer["kind"] == "crop") {
            let frame = frame_of(layer);
            assert!(frame.w <= 480.0 * 1.62 && frame.h <= 640.0 * 1.62, "{dimension:?} {layer}");
        }
    }
}

#[tokio::test]
async fn a_provider_s_failure_becomes_its_code_and_stages_come_in_order() {
    let provider = ScriptedProvider::new()
        .with(Dimension::Hero, [Script::Refused])
        .with(Dimension::Guide, [Script::Garbage])
        .with(Dimension::Concept, [Script::Retryable, Script::Ok]);
    let studio = Studio::with_painter(Arc::new(TakumiComposer::new()), Arc::new(provider), 90);
    let plan = studio.plan(&brief("红色玻璃瓶", true, PosterFormat::Square1x1, None)).await.unwrap();
    let code = |error: StudioError| (error.failure_code(), error.is_retryable());
    let refused = studio.paint(&plan, Dimension::Hero, &|_| {}).await.map_err(code);
    assert_eq!(refused.err(), Some((FailureCode::ContentRejected, false)));
    let garbage = studio.paint(&plan, Dimension::Guide, &|_| {}).await.map_err(code);
    assert_eq!(garbage.err(), Some((FailureCode::BadOutput, true)));
    let first = studio.paint(&plan, Dimension::Concept, &|_| {}).await.map_err(code);
    assert_eq!(first.err(), Some((FailureCode::ProviderUnavailable, true)));

    let stages = std::sync::Mutex::new(Vec::new());
    studio.paint(&plan, Dimension::Concept, &|stage| stages.lock().unwrap().push(stage)).await.unwrap();
    assert_eq!(*stages.lock().unwrap(), [PosterStage::Planning, PosterStage::Painting, PosterStage::Composing]);

    let no_photo = Brief { photos: Vec::new(), ..brief("红色玻璃瓶", true, PosterFormat::Square1x1, None) };
    assert!(matches!(studio.plan(&no_photo).await, Err(StudioError::NoPhoto)));
}

#[tokio::test]
async fn several_photos_each_find_their_posters() {
    let (alone, scene) = (photo(true), photo(false));
    let side = Arc::new(Photo::from_pixels(RgbaImage::from_fn(480, 640, |x, y| {
        let cap = (200..280).contains(&x) && (80..600).contains(&y);
        if cap { Rgba([20, (y / 4) as u8, 160, 255]) } else { Rgba([0; 4]) }
    })));
    // The seller's first photo is a scene: the product alone still sells.
    let order = Brief {
        photos: given(&[Arc::clone(&scene), Arc::clone(&alone), Arc::clone(&side)]),
        ..brief("红色玻璃瓶", true, PosterFormat::Square1x1, None)
    };
    let studio = studio();
    let plan = studio.plan(&order).await.unwrap();
    let shown = |dimension| plan.seen_for(dimension).sight;
    assert!(Arc::ptr_eq(&shown(Dimension::Hero).photo, &alone));
    assert!(Arc::ptr_eq(&shown(Dimension::Lifestyle).photo, &scene));
    assert!(Arc::ptr_eq(&shown(Dimension::DetailFunction).photo, &side));
    assert!(shown(Dimension::Hero).product.is_some() && shown(Dimension::Lifestyle).product.is_none());
    let palettes = Dimension::ALL.map(|dimension| shown(dimension).palette.seed);
    assert!(palettes.iter().all(|seed| *seed == palettes[0]), "one palette for the whole set");
    for dimension in [Dimension::Lifestyle, Dimension::DetailMaterial, Dimension::DetailFunction] {
        assert!(studio.paint(&plan, dimension, &|_| {}).await.is_ok(), "{dimension:?}");
    }
}

#[tokio::test]
async fn a_recipe_and_its_photos_make_the_same_bytes_again() {
    let (studio, order) =
        (studio(), brief("山止手作粗陶马克杯，容量380 mL，可入微波炉", true, PosterFormat::Square1x1, None));
    let plan = studio.plan(&order).await.unwrap();
    for dimension in [Dimension::Hero, Dimension::Specifications] {
        let first = studio.paint(&plan, dimension, &|_| {}).await.unwrap();
        let recipe = Recipe::parse(first.recipe.to_string().as_bytes()).unwrap();
        assert_eq!(recipe.dimension, dimension);
        let again = studio.plan_again(&recipe, &order.photos).await.unwrap();
        let second = studio.paint(&again, dimension, &|_| {}).await.unwrap();
        assert!(first.jpeg == second.jpeg, "{dimension:?}");
        assert_eq!(first.recipe, second.recipe);

        let foreign = [BriefPhoto { sha256: "another".to_owned(), ..order.photos[0].clone() }];
        let refused = studio.plan_again(&recipe, &foreign).await.map(|_| ());
        assert!(matches!(refused, Err(StudioError::Recipe(RecipeError::Photos(_)))));
    }
    assert!(matches!(Recipe::parse(b"{\"version\":1}"), Err(RecipeError::Version(1))));
    assert!(matches!(Recipe::parse(b"[]"), Err(RecipeError::Unreadable(_))));
}
