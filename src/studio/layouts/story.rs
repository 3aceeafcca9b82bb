//! 08: what the brand stands for: a vertical headline, the words, a seal, the product small.

use serde_json::{Value, json};

use super::{
    super::{
        sheet::{Frame, Shape},
        typeset,
    },
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::{
    Dimension,
    report::{is_hanzi, zh_columns},
};

/// The vertical headline at the right, at the left.
const VARIANTS: [&str; 2] = ["right", "left"];

/// The longest vertical headline, in characters a column.
const COLUMN_CHARS_MAX: usize = 6;

/// Of the product that its close view may show and still be called one.
const SEEN_SHARE_MAX: f32 = 0.66;

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let m = sheet.margin();
    let (column, body, stage) = match sheet.shape {
        Shape::Tall => (
            sheet.part(660.0, 66.0, 266.0, 470.0),
            sheet.part(74.0, 560.0, 500.0, 404.0),
            sheet.part(612.0, 560.0, 316.0, 376.0),
        ),
        Shape::Mid => (
            sheet.part(660.0, 60.0, 270.0, 520.0),
            sheet.part(70.0, 594.0, 520.0, 370.0),
            sheet.part(610.0, 610.0, 320.0, 340.0),
        ),
        Shape::Wide => (
            sheet.part(800.0, 70.0, 150.0, 800.0),
            Frame::new(m, sheet.h() * 0.40, sheet.w() * 0.46 - m, sheet.h() * 0.54),
            sheet.part(490.0, 300.0, 270.0, 620.0),
        ),
    };
    let view = match sheet.shape {
        Shape::Tall => sheet.part(74.0, 66.0, 520.0, 462.0),
        Shape::Mid => sheet.part(70.0, 60.0, 530.0, 500.0),
        Shape::Wide => sheet.part(45.0, 70.0, 400.0, 290.0),
    };
    let variant = VARIANTS[desk.variant(Dimension::BrandStory, 2) as usize];
    let turned = |frame: Frame| if variant == "left" { desk.mirrored(frame) } else { frame };
    let (column, body, stage, view) = if sheet.shape == Shape::Wide {
        (column, body, stage, view)
    } else {
        (turned(column), turned(body), turned(stage), turned(view))
    };
    let slogan = typeset::bare(&report.product.slogan.zh);
    let columns = vertical(&slogan);
    let story = report.story.clone();
    let seal: String = report
        .brand
        .zh
        .as_deref()
        .unwrap_or(&report.product.noun.zh)
        .chars()
        .filter(|c| is_hanzi(*c))
        .take(4)
        .collect();
    // A close view of nearly all of a product beside the product shows it twice.
    let is_close = |source| desk.plan.sight.seen_share(source, view).is_none_or(|share| share < SEEN_SHARE_MAX);
    let has_view = desk.has_details(1) && (!desk.has_cut_out() || is_close(desk.detail(0, 0)));
    // Without a close view the product takes its place: the page would be empty there.
    let stage = if has_view || !desk.has_cut_out() { stage } else { view };
    let mut windows = Vec::new();
    if !desk.has_cut_out() {
        windows.push(Window { name: "view", frame: view, source: Source::Photo });
        if has_view {
            windows.push(Window {
                name: "small",
                frame: stage.contain(0.82, true).scaled(0.88, true),
                source: desk.detail(1, 0),
            });
        }
    } else if has_view {
        windows.push(Window { name: "view", frame: view, source: desk.detail(0, 0) });
    }
    let lines: Vec<Value> = match &story {
        Some(_) => Vec::new(),
        None => [0, 3, 2, 1, 4]
            .into_iter()
            .filter_map(|index| desk.point(index))
            .take(3)
            .map(|point| desk.pair(&point.detail))
            .collect(),
    };
    let swatches: Vec<String> =
        desk.plan.sight.palette.swatches.iter().take(5).map(|swatch| crate::imaging::to_hex(swatch.rgb)).collect();
    Draft {
        template: "story",
        slots: vec![("column", column), ("body", body)],
        stand: desk.has_cut_out().then_some(Stand { frame: stage, grounded: true, bleeds: false }),
        windows,
        words: json!({
            "columns": columns.iter().map(|column| column.chars().map(String::from).collect::<Vec<_>>()).collect::<Vec<_>>(),
            "size": format!("{:.1}rem", column_size(&columns, column, sheet.rem)),
            "slogan_en": report.product.slogan.en,
            "aside": aside(&report.product.slogan.en, column, sheet.rem),
            "story": story.as_ref().map(|story| desk.pair(story)),
            "long": story.as_ref().is_some_and(|story| zh_columns(&story.zh) > 60),
            "lines": lines,
            "tone": desk.pair(&report.tone),
            "brand": desk.brand(),
            "seal": if seal.chars().count() == 3 { seal.chars().take(2).collect::<String>() } else { seal },
            "swatches": swatches,
        }),
        marks: json!({ "stage": stage.style() }),
        variant,
    }
}

/// A headline for setting downwards: one or two columns, broken at punctuation where there is some.
fn vertical(text: &str) -> Vec<String> {
    let parts: Vec<String> = text
        .split(|c: char| "，。、；：！？,.;:!? ".contains(c))
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    if parts.len() > 1 {
        return parts.into_iter().take(3).collect();
    }
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= COLUMN_CHARS_MAX {
        return vec![text.to_owned()];
    }
    // Two columns, broken where two lines would be.
    let room = typeset::Room { width: chars.len() as f32 * 0.6, sizes: (1.0, 0.1), lines_max: 2, tracking: 0.0 };
    typeset::Headline::fit(text, "", room).lines
}

/// The slogan for a poster without Chinese: one word a line where the vertical headline would be.
fn aside(text: &str, frame: Frame, rem: f32) -> Value {
    let words: Vec<&str> = text.split_whitespace().take(7).collect();
    let widest = words.iter().map(|word| typeset::ems(word, 0.04)).fold(1.0, f32::max);
    let by_height = frame.h / rem / (words.len().max(1) as f32 * 1.3);
    json!({ "words": words, "size": format!("{:.2}rem", (frame.w / rem / widest).min(by_height).clamp(3.0, 9.6)) })
}

/// The size at which all columns fit the box, in rem.
fn column_size(columns: &[String], frame: Frame, rem: f32) -> f32 {
    let longest = columns.iter().map(|column| column.chars().count()).max().unwrap_or(1) as f32;
    let stagger = 0.8 * columns.len().saturating_sub(1) as f32;
    let by_height = frame.h / rem / ((longest + stagger) * 1.14);
    let by_width = frame.w / rem / (columns.len() as f32 * 1.34);
    by_height.min(by_width).clamp(4.0, 11.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_break_at_punctuation_and_stay_short() {
        assert_eq!(vertical("科技，恰到好处"), ["科技", "恰到好处"]);
        assert_eq!(vertical("把好状态留给自己"), ["把好状态", "留给自己"]);
        assert_eq!(vertical("水润"), ["水润"]);
    }
}
