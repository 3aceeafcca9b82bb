//! Edits from end to end on one small set: what changes, what stays, what is refused.

use std::sync::Arc;

use bytes::Bytes;
use image::{GrayImage, Luma, Rgba, RgbaImage};

use super::*;
use crate::{
    composer::TakumiComposer,
    domain::{FailureCode, PosterFormat, StyleChoice, VisualStyle},
    imaging::{self, Photo},
    studio::{Brief, BriefPhoto, Commission, Recipe, SetPlan, Studio, StudioError},
};

async fn painted() -> (Studio, SetPlan, EditBase) {
    let studio = Studio::builtin(Arc::new(TakumiComposer::new()), 90);
    let photo = Photo::from_pixels(RgbaImage::from_fn(360, 480, |x, y| {
        let bottle = (120..240).contains(&x) && (60..450).contains(&y);
        Rgba([170, (y / 8) as u8, 40, if bottle { 255 } else { 0 }])
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
    let poster = studio.paint_builtin(&plan, Dimension::Hero).await.expect("a poster");
    let pixels = imaging::decode(&poster.jpeg, &imaging::ImageLimits::default()).expect("a picture").pixels;
    let base = EditBase {
        dimension: Dimension::Hero,
        name: RevisionName::Prime,
        pixels: Arc::new(pixels),
        recipe: Some(Arc::new(poster.recipe)),
        plate: poster.plate_jpeg.map(Bytes::from),
        patches: Vec::new(),
    };
    (studio, plan, base)
}

/// The edit as the base of the next one.
fn next(base: &EditBase, edited: EditedPoster) -> EditBase {
    let pixels = imaging::decode(&edited.master_png, &imaging::ImageLimits::default()).expect("a master").pixels;
    EditBase {
        pixels: Arc::new(pixels),
        recipe: Some(Arc::new(edited.recipe)),
        plate: edited.plate_jpeg.map(Bytes::from),
        ..base.clone()
    }
}

fn order(prompt: &str) -> EditOrder {
    EditOrder { prompt: prompt.to_owned(), mask: None, reference: None, seed: 5 }
}

fn text_of(base: &EditBase, id: &str) -> Option<String> {
    let lines = Studio::copy_of(base.recipe.as_ref().expect("a recipe"));
    lines.into_iter().find(|line| line.id == id).map(|line| line.text)
}

#[tokio::test]
async fn edits_add_up_and_are_composed_again_pixel_for_pixel() {
    let (studio, plan, base) = painted().await;
    let edit = async |base: &EditBase, prompt: &str| {
        studio.edit(Some(&plan), base, &order(prompt), &Commission::default(), &|_stage| {}).await
    };
    let titled = edit(&base, "标题改为「山野咖啡」").await.expect("a title");
    let base1 = next(&base, titled);
    assert_eq!(text_of(&base1, "title.zh").as_deref(), Some("山野咖啡"));
    let lines = |base: &EditBase| {
        let lines = Studio::copy_of(base.recipe.as_ref().expect("a recipe"));
        lines.into_iter().map(|line| line.id).collect::<Vec<_>>()
    };
    assert_eq!(lines(&base), lines(&base1), "ids outlive an edit");

    let blue = edit(&base1, "换成蓝色，加上价格¥99").await.expect("a colour and a price");
    let base2 = next(&base1, blue);
    let recipe: Recipe =
        serde_json::from_value((**base2.recipe.as_ref().expect("a recipe")).clone()).expect("a recipe");
    assert_eq!(recipe.changes.word("title.zh"), Some("山野咖啡"), "the earlier edit is still there");
    assert!(recipe.changes.palette.is_some());
    assert_eq!(text_of(&base2, "price").as_deref(), Some("¥99"));
    let again = studio.compose_again(&plan, &base2, &recipe, &recipe.changes).expect("the poster again");
    assert_eq!(again.pixels, *base2.pixels);

    let refused = edit(&base2, "背景换成森林").await.expect_err("a photo of a forest");
    assert_eq!(refused.failure_code(), FailureCode::UnsupportedEdit);
    let same = edit(&base2, "标题改为「山野咖啡」").await.expect_err("the same title");
    assert_eq!(same.failure_code(), FailureCode::NoVisibleChange);
    assert!(!refused.is_retryable() && !same.is_retryable());
}

#[tokio::test]
async fn words_are_changed_for_nothing_and_wrong_ones_are_told() {
    let (studio, plan, base) = painted().await;
    let change = |id: &str, text: &str| CopyChange { id: id.to_owned(), text: text.to_owned() };
    let set = async |lines: &[CopyChange]| studio.set_copy(&plan, &base, lines).await;
    let edited = set(&[change("title.zh", "冬日暖杯"), change("price", "¥59")]).await.expect("other words");
    let after = next(&base, edited);
    assert_eq!(text_of(&after, "title.zh").as_deref(), Some("冬日暖杯"));
    assert_eq!(text_of(&after, "price").as_deref(), Some("¥59"));
    let label =
        Studio::copy_of(base.recipe.as_ref().expect("a recipe")).into_iter().find(|line| line.text == "立即选购");
    let label = label.expect("the button is a line");
    let renamed = set(&[change(&label.id, "马上带走")]).await.expect("another button");
    let renamed = next(&base, renamed);
    assert_eq!(text_of(&renamed, &label.id).as_deref(), Some("马上带走"), "a renamed label keeps its id");

    assert!(matches!(set(&[change("nothing", "a")]).await, Err(CopyError::UnknownLine(_))));
    assert!(matches!(set(&[change("title.zh", &"长".repeat(40))]).await, Err(CopyError::TooLong { .. })));
    assert!(matches!(set(&[change("title.zh", " ")]).await, Err(CopyError::Empty(_))));
    let own = text_of(&base, "title.zh").expect("a title");
    assert!(matches!(set(&[change("title.zh", &own)]).await, Err(CopyError::NothingChanged)));
    let painted_over =
        EditBase { recipe: Some(Arc::new(serde_json::json!({ "version": 2, "composed": false }))), ..base.clone() };
    assert!(matches!(studio.set_copy(&plan, &painted_over, &[]).await, Err(CopyError::NotComposed)));
}

#[tokio::test]
async fn a_brush_leaves_the_rest_alone_and_takes_layers_away() {
    let (studio, plan, base) = painted().await;
    let product = studio.known_mask(&plan, &base, KnownMask::Product).await.expect("a mask").expect("a product");
    let text = studio.known_mask(&plan, &base, KnownMask::Text).await.expect("a mask").expect("words");
    let ground = studio.known_mask(&plan, &base, KnownMask::Background).await.expect("a mask").expect("a ground");
    let painted = |mask: &GrayImage| mask.pixels().filter(|value| value[0] > 0).count();
    assert!(painted(&product) > 5_000 && painted(&text) > 5_000 && painted(&ground) > painted(&product));
    for ((a, b), c) in product.pixels().zip(text.pixels()).zip(ground.pixels()) {
        assert!(c[0] == 0 || (a[0] == 0 && b[0] == 0), "the ground is neither product nor words");
    }
    let brush = async |mask: &GrayImage, prompt: &str| {
        let order = EditOrder { mask: Some(Arc::new(mask.clone())), ..order(prompt) };
        studio.edit(Some(&plan), &base, &order, &Commission::default(), &|_stage| {}).await
    };
    let dyed = brush(&product, "变成蓝色").await.expect("another colour").named(RevisionName::Edit(0));
    assert_eq!(dyed.recipe["patches"][0]["name"], "edit0");
    assert!(dyed.patch_png.is_some());
    let after = next(&base, dyed);
    let near = imaging::EditMask::from_pixels(product.clone()).expect("a mask").soft(4.0, 10.0);
    for ((before, after), alpha) in base.pixels.pixels().zip(after.pixels.pixels()).zip(near.pixels()) {
        assert!(alpha[0] > 0 || before == after);
    }
    let gone = brush(&product, "去掉").await.expect("no product");
    assert!(gone.patch_png.is_none(), "a layer is taken away, no pixels are made up");
    assert!(gone.recipe["layers"].as_array().expect("layers").iter().all(|layer| layer["kind"] != "product"));
    let far = GrayImage::from_fn(text.width(), text.height(), |x, y| {
        Luma([if x < 60 && y > 500 && y < 560 { 255 } else { 0 }])
    });
    assert_eq!(brush(&far, "画一只猫").await.expect_err("a cat").failure_code(), FailureCode::UnsupportedEdit);
    assert!(matches!(brush(&far, "锐化").await, Err(StudioError::NoVisibleChange)));
}

#[tokio::test]
async fn what_a_brush_did_follows_a_new_background() {
    let (studio, plan, base) = painted().await;
    let [left, top, right, bottom] = [200, 520, 900, 600];
    let strip = GrayImage::from_fn(base.pixels.width(), base.pixels.height(), |x, y| {
        Luma([if (left..right).contains(&x) && (top..bottom).contains(&y) { 255 } else { 0 }])
    });
    let edit = async |base: &EditBase, order: EditOrder| {
        studio.edit(Some(&plan), base, &order, &Commission::default(), &|_stage| {}).await.expect("an edit")
    };
    let mut blurred = edit(&base, EditOrder { mask: Some(Arc::new(strip)), ..order("模糊") }).await;
    blurred = blurred.named(RevisionName::Edit(0));
    let pixels = image::load_from_memory(blurred.patch_png.as_ref().expect("a patch")).expect("a PNG").into_rgba8();
    let place = serde_json::from_value(blurred.recipe["patches"][0].clone()).expect("a place");
    let after = EditBase { patches: vec![EditPatch { place, pixels: Arc::new(pixels) }], ..next(&base, blurred) };
    let dark = edit(&after, order("黑金配色")).await;
    assert_eq!(dark.recipe["patches"][0]["name"], "edit0");
    let [dark, plain] = [next(&after, dark), next(&base, edit(&base, order("黑金配色")).await)];
    // A blur keeps the mean: of the new page, not of the one that it was made on.
    let mean = |pixels: &RgbaImage| {
        let strip = (top..bottom).flat_map(|y| (left..right).map(move |x| pixels.get_pixel(x, y)[1]));
        strip.map(u32::from).sum::<u32>() / ((right - left) * (bottom - top))
    };
    let [before, blurred, sharp] = [&base, &dark, &plain].map(|base| mean(&base.pixels));
    assert!(blurred.abs_diff(sharp) < 4, "{blurred} under the brush, {sharp} without it");
    assert!(before > sharp + 40, "the page was lighter: {before}");
    assert!(dark.pixels != plain.pixels, "the blur is there");
}
