//! Every layout in every format over random copy: nothing runs over, nothing covers anything.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use image::{Rgba, RgbaImage};
use serde_json::Map;

use super::{
    Language, SetPlan,
    compose::Press,
    contrast, fit, label, layouts,
    sheet::Sheet,
    tests::{brief, studio},
};
use crate::{
    composer::{Picture, Placed, PlacedKind, TakumiComposer, Templates, Unprintable},
    domain::{
        BilingualLayout, Dimension, PosterFormat, StyleChoice, TypographyStyle, VisualStyle,
        report::{Bilingual, zh_columns},
    },
    providers::image::{BuiltinPlates, PlateScene},
};

/// A small generator of its own: tests must repeat.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }

    /// Chinese of one to `columns_max` columns: pure, with figures and Latin, or with an emoji.
    fn zh(&mut self, columns_max: usize) -> String {
        const PIECES: [&str; 16] = [
            "水",
            "润",
            "焕亮",
            "精华",
            "1500",
            "48 dB",
            "LDAC",
            "，",
            "海拔",
            "的",
            "高温一次烧成",
            "💧",
            "5%",
            "pH",
            "轻盈",
            "·",
        ];
        let columns = 1 + self.below(columns_max);
        let plain = self.below(3) == 0;
        let mut text = String::new();
        loop {
            let piece = if plain {
                "质感生活轻盈自在".chars().nth(self.below(8)).unwrap().to_string()
            } else {
                PIECES[self.below(16)].to_owned()
            };
            if zh_columns(&text) + zh_columns(&piece) > columns {
                break;
            }
            text.push_str(&piece);
        }
        if text.trim().is_empty() { "润".to_owned() } else { text }
    }

    /// English of up to `words_max` words, some of them long; sometimes none.
    fn en(&mut self, words_max: usize) -> String {
        const WORDS: [&str; 10] =
            ["a", "Soft", "of", "Niacinamide", "High-Purity", "24", "Water-Resistance", "glow", "for", "Moisturising"];
        if self.below(6) == 0 {
            return String::new();
        }
        let count = 1 + self.below(words_max);
        (0..count).map(|_| WORDS[self.below(10)]).collect::<Vec<_>>().join(" ")
    }

    fn pair(&mut self, columns_max: usize, words_max: usize) -> Bilingual {
        Bilingual::new(self.zh(columns_max), self.en(words_max))
    }
}

/// The plan with every word of its report replaced, within the report's own limits.
fn rewritten(plan: &SetPlan, dice: &mut Dice) -> SetPlan {
    let mut plan = plan.clone();
    plan.seed = dice.0;
    let report = &mut plan.report;
    let points = dice.below(6);
    let point = report.selling_points[0].clone();
    report.selling_points = (0..points)
        .map(|_| {
            let mut point = point.clone();
            point.title = dice.pair(12, 6);
            point.detail = dice.pair(30, 14);
            point
        })
        .collect();
    report.product.name = dice.pair(22, 8);
    report.product.title = dice.pair(12, 6);
    report.product.noun = dice.pair(5, 2);
    report.product.slogan = dice.pair(12, 6);
    report.product.spec = (dice.below(3) > 0).then(|| dice.zh(8));
    report.brand.zh = (dice.below(3) > 0).then(|| dice.zh(6));
    report.brand.en = (dice.below(3) > 0).then(|| dice.en(2)).filter(|en| !en.is_empty());
    report.audience = dice.pair(14, 8);
    report.tone = dice.pair(8, 4);
    report.scenes = (0..dice.below(4)).map(|_| dice.pair(10, 5)).collect();
    report.story = (dice.below(2) == 0).then(|| dice.pair(80, 50));
    let parameters = dice.below(17);
    report.parameters = (0..parameters)
        .map(|_| crate::domain::report::Parameter {
            key: dice.pair(8, 4),
            value: dice.pair(24, 8),
            unit: (dice.below(2) == 0).then(|| Bilingual::new("mL", "mL")),
            source: crate::domain::report::Evidence::User,
        })
        .collect();
    let instruction = |dice: &mut Dice| crate::domain::report::Instruction {
        text: dice.pair(30, 14),
        source: crate::domain::report::Evidence::User,
    };
    report.steps = (0..dice.below(7)).map(|_| instruction(dice)).collect();
    report.cautions = (0..dice.below(5)).map(|_| instruction(dice)).collect();
    plan
}

/// Lays a poster out without painting it.
fn laid_out(press: &Press<'_>, draft: &layouts::Draft) -> (String, Vec<Placed>) {
    let mut places = Map::new();
    let mut pictures = HashMap::new();
    let product = draft.stand.map(|stand| ("product", press.plan.sight.placed(stand)));
    for (name, frame) in draft.windows.iter().map(|window| (window.name, window.frame)).chain(product) {
        places.insert(name.to_owned(), frame.style().into());
        pictures.insert(Arc::from(name), Picture::new(RgbaImage::from_pixel(1, 1, Rgba([0; 4]))).unwrap());
    }
    let words = press.printable(&draft.words, &mut Unprintable::default());
    let (scene, placed) = press.fitted(draft, &words, &places, pictures).unwrap();
    (scene.html, placed)
}

/// The words of a page's markup, without white space.
fn words_of(html: &str) -> String {
    let mut text = String::new();
    let mut inside_tag = false;
    for c in html.chars() {
        match c {
            '<' => inside_tag = true,
            '>' => inside_tag = false,
            c if !inside_tag && !c.is_whitespace() => text.push(c),
            _ => {}
        }
    }
    for (escaped, plain) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")]
    {
        text = text.replace(escaped, plain);
    }
    text
}

/// Pages that lost words, of all pages.
static CUT: AtomicU32 = AtomicU32::new(0);
static ALL: AtomicU32 = AtomicU32::new(0);

/// Everything that is wrong with one poster.
fn faults(press: &Press<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let draft = layouts::draft(press.dimension, press.plan, press.sheet);
    let (html, placed) = laid_out(press, &draft);
    let product = draft.stand.map(|stand| press.plan.sight.placed(stand));
    if let Some(fault) = fit::fault(&draft, &placed, product, press.sheet) {
        faults.push(format!("{fault:?} in variant {}", draft.variant));
    }
    let mut drawn = String::new();
    for text in &placed {
        let PlacedKind::Text(words) = &text.kind else { continue };
        drawn.extend(words.chars().filter(|c| !c.is_whitespace()));
        if !words.chars().all(|c| c == '\n' || press.composer.fonts().covers(c)) {
            faults.push(format!("no font draws {words}"));
        }
        // No style sets lines tighter than the letters themselves.
        if !text.within("decor") && text.line_height < fit::TYPE_PX_MIN * 0.98 {
            faults.push(format!("{words} is {} high", text.line_height));
        }
    }
    // The mark of AI-made content, had a model painted here.
    let mark = label::spot(&placed, product, press.sheet);
    for text in placed.iter().filter(|text| matches!(text.kind, PlacedKind::Text(_)) && !text.within("decor")) {
        let is_beside = mark.right() <= text.x || text.x + text.width <= mark.x;
        if !is_beside && mark.y < text.y + text.height && text.y < mark.bottom() {
            faults.push(format!("the mark at {mark:?} lies on {:?}", text.kind));
        }
    }
    let given = words_of(&html);
    CUT.fetch_add(u32::from(given.contains('…')), Ordering::Relaxed);
    ALL.fetch_add(1, Ordering::Relaxed);
    if drawn != given {
        faults.push(format!("drawn {drawn}, given {given}"));
    }
    if drawn.chars().count() < 4 {
        faults.push("says nothing".to_owned());
    }
    let (w, h) = (press.sheet.w() + 0.5, press.sheet.h() + 0.5);
    let windows = draft.windows.iter().map(|window| (window.name, window.frame));
    for (name, frame) in windows.chain(draft.slots.iter().copied()) {
        if frame.x < -0.5
            || frame.y < -0.5
            || frame.right() > w
            || frame.bottom() > h
            || frame.w < 40.0
            || frame.h < 10.0
        {
            faults.push(format!("{name} stands at {frame:?}"));
        }
    }
    faults
}

/// A plan to rewrite: with a cut-out, or with a photo in a window.
async fn base(cut_out: bool) -> SetPlan {
    let mut plan =
        studio().plan(&brief("红色玻璃瓶，容量500 mL", cut_out, PosterFormat::Portrait9x16, None)).await.unwrap();
    if !cut_out {
        // Whatever the isolation makes of a drawn photo: this one stays in its window.
        plan.sight.product = None;
    }
    plan
}

#[tokio::test]
async fn random_copy_stays_in_its_slots_on_every_poster_in_every_format() {
    let templates = Templates::new().unwrap();
    let composer = TakumiComposer::new();
    let bases = [base(true).await, base(false).await];
    let visuals = VisualStyle::ALL;
    let found = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for (thread, plan) in bases.iter().enumerate() {
            let (templates, composer, found) = (&templates, &composer, &found);
            threads.spawn(move || {
                for round in 0..4_u64 {
                    let mut dice = Dice(round * 2 + thread as u64 + 1);
                    for format in PosterFormat::ALL {
                        let choice = StyleChoice {
                            visual: Some(visuals[dice.below(visuals.len())]),
                            typography: Some(TypographyStyle::ALL[dice.below(TypographyStyle::ALL.len())]),
                            layout: Some(BilingualLayout::ALL[dice.below(BilingualLayout::ALL.len())]),
                        };
                        let plan = rewritten(plan, &mut dice).restyled(choice, *format, dice.0);
                        let sheet = Sheet::new(*format);
                        for dimension in Dimension::ALL {
                            let press = Press {
                                composer,
                                templates,
                                plan: &plan,
                                sheet: &sheet,
                                dimension,
                                provider: "builtin",
                                request_id: None,
                                consistency_percent: None,
                                product_painted: false,
                                jpeg_quality: 90,
                                language: Language::Both,
                                is_marked: false,
                            };
                            for fault in faults(&press) {
                                found
                                    .lock()
                                    .unwrap()
                                    .push(format!("{round}/{thread} {format:?} {dimension:?} {choice:?}: {fault}"));
                            }
                        }
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    let (cut, all) = (CUT.load(Ordering::Relaxed), ALL.load(Ordering::Relaxed));
    assert!(cut * 3 <= all, "{cut} of {all} pages lost words that the report may say");
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

#[tokio::test]
async fn words_can_be_read_on_the_pixels_they_stand_on() {
    let templates = Templates::new().unwrap();
    let composer = TakumiComposer::new();
    let base = base(true).await;
    let format = PosterFormat::Square1x1;
    let sheet = Sheet::new(format);
    for (index, visual) in VisualStyle::ALL.iter().enumerate() {
        let choice = StyleChoice { visual: Some(*visual), ..StyleChoice::default() };
        let plan = base.restyled(choice, format, index as u64);
        for dimension in [Dimension::ALL[index % 3], Dimension::ALL[3 + index]] {
            let draft = layouts::draft(dimension, &plan, &sheet);
            let press = Press {
                composer: &composer,
                templates: &templates,
                plan: &plan,
                sheet: &sheet,
                dimension,
                provider: "builtin",
                request_id: None,
                consistency_percent: None,
                product_painted: false,
                jpeg_quality: 90,
                language: Language::Both,
                is_marked: false,
            };
            let (_, placed) = laid_out(&press, &draft);
            let request = PlateScene {
                dimension,
                style: plan.style,
                palette: plan.theme.plate,
                width: sheet.width,
                height: sheet.height,
                focus: draft.stand.map(|stand| sheet.area(plan.sight.placed(stand))),
                calm: Vec::new(),
                seed: plan.seed,
            };
            let mut plate = BuiltinPlates.draw(&request).unwrap();
            contrast::calm(&mut plate, &placed, &plan.theme);
            for text in &placed {
                let own_surface = contrast::SURFACES.iter().any(|class| text.within(class));
                if matches!(text.kind, PlacedKind::Text(_)) && !own_surface {
                    assert!(contrast::holds(&plate, text, &plan.theme), "{visual:?} {dimension:?} {:?}", text.kind);
                }
            }
        }
    }
}
