use std::{collections::HashMap, sync::Arc};

use image::{Rgba, RgbaImage};
use serde_json::json;

use super::*;

fn scene(html: &str) -> Scene {
    let picture = Picture::new(RgbaImage::from_pixel(40, 20, Rgba([200, 30, 40, 255]))).unwrap();
    Scene {
        width: 200,
        height: 100,
        rem_px: 10.0,
        html: html.to_owned(),
        css: ".page{position:relative;width:200px;height:100px;background-color:#ffffff;font-family:'Noto Sans SC'}\
              .abs{position:absolute}.words{left:20px;top:10px;width:160px;font-size:2rem;line-height:1.5;color:#000000}"
            .to_owned(),
        pictures: HashMap::from([(Arc::from("product"), picture)]),
    }
}

#[test]
fn pictures_and_words_are_drawn_where_they_are_measured() {
    let composer = TakumiComposer::new();
    let scene = scene(
        r#"<div class="page"><img class="abs" src="product" style="left:100px;top:60px;width:40px;height:20px">
           <div class="abs words">海报<br>Poster</div></div>"#,
    );
    let placed = composer.measure(&scene).unwrap();
    let product = placed.iter().find(|item| item.kind == PlacedKind::Picture("product".to_owned())).unwrap();
    assert_eq!((product.x, product.y, product.width, product.height), (100.0, 60.0, 40.0, 20.0));
    let words = placed.iter().find(|item| matches!(item.kind, PlacedKind::Text(_))).unwrap();
    assert_eq!(words.kind, PlacedKind::Text("海报\nPoster".to_owned()));
    assert!(words.within("words") && words.within("page") && words.lines == 2, "{words:?}");
    assert!((18.0..22.0).contains(&words.x) && words.width < 160.0 && words.height <= 64.0, "{words:?}");

    let pixels = composer.render(&scene).unwrap();
    assert_eq!(pixels.dimensions(), (200, 100));
    assert_eq!(pixels.get_pixel(120, 70).0, [200, 30, 40, 255]);
    assert_eq!(pixels.get_pixel(190, 50).0, [255; 4]);
    let ink = (20..60).flat_map(|x| (10..40).map(move |y| (x, y))).filter(|(x, y)| pixels.get_pixel(*x, *y)[0] < 100);
    assert!(ink.count() > 80, "the hanzi left no ink");
}

#[test]
fn a_picture_that_was_not_attached_does_not_exist() {
    let composer = TakumiComposer::new();
    for name in ["plate", "https://example.com/a.png", "/etc/passwd", "file:///etc/passwd"] {
        let refused = composer.render(&scene(&format!(r#"<div class="page"><img src="{name}"></div>"#)));
        assert!(matches!(refused, Err(ComposeError::UnknownPicture(ref found)) if found == name), "{refused:?}");
    }
    let empty = Scene { width: 0, ..scene("<div></div>") };
    assert!(matches!(composer.render(&empty), Err(ComposeError::Size(0, 100))));
}

#[test]
fn words_of_a_seller_cannot_become_markup() {
    let templates = Templates::new().unwrap();
    let hostile = r#"<img src="x" onerror="y"> & "quoted""#;
    let text = json!({ "lines": [hostile], "size": "4rem", "en": hostile });
    let filled = templates
        .fill(
            "story.html",
            &json!({
                "theme": { "classes": "" }, "sheet": { "shape": "tall" }, "slot": { "column": "", "body": "" },
                "pic": {}, "marks": {}, "variant": "right",
                "t": {
                    "columns": [], "size": "4rem", "slogan_en": hostile, "story": { "zh": hostile, "en": hostile },
                    "lines": [], "brand": { "zh": hostile, "en": "" },
                    "aside": { "words": [hostile], "size": "4rem" }, "seal": hostile, "swatches": [], "title": text,
                },
            }),
        )
        .unwrap();
    assert!(!filled.contains("<img src=&quot;x") && !filled.contains("onerror=\"y"), "{filled}");
    assert!(filled.contains("&lt;img"));
    assert!(templates.fill("hero.html", &json!({})).is_err(), "a missing word must not print as nothing");
}

#[test]
fn every_icon_code_has_a_drawing() {
    let ring = icon_svg("no such icon");
    for icon in crate::domain::report::Icon::ALL {
        assert_ne!(icon_svg(icon.code()), ring, "{}", icon.code());
    }
}
