//! 03: why it works: the product in the middle, its reasons around it or under it.

use serde_json::{Value, json};

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::Dimension;

/// Reasons around the product, tied to it by lines; reasons in two columns under it.
const VARIANTS: [&str; 2] = ["around", "under"];
const NAMES: [&str; 4] = ["reason0", "reason1", "reason2", "reason3"];

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let wide = sheet.shape == Shape::Wide;
    let cut_out = desk.has_cut_out();
    let variant = match (wide, cut_out) {
        (true, _) => "around",
        (_, false) => "under",
        // Beside a broad product the columns would leave half of the page empty.
        _ if desk.product_aspect() > 0.52 => "under",
        _ => VARIANTS[desk.variant(Dimension::Concept, 2) as usize],
    };
    let around = variant == "around";
    let (head, foot) = match sheet.shape {
        Shape::Tall => (sheet.band(56.0, 200.0), sheet.band(874.0, 964.0)),
        Shape::Mid => (sheet.band(46.0, 222.0), sheet.band(872.0, 966.0)),
        Shape::Wide => (sheet.band(56.0, 250.0), sheet.band(876.0, 962.0)),
    };
    let stage = match (sheet.shape, around) {
        (Shape::Tall, true) => sheet.part(298.0, 226.0, 404.0, 610.0),
        (Shape::Tall, false) => sheet.part(190.0, 214.0, 620.0, 386.0),
        (Shape::Mid, true) => sheet.part(308.0, 246.0, 384.0, 580.0),
        (Shape::Mid, false) => sheet.part(240.0, 236.0, 520.0, 352.0),
        (Shape::Wide, _) => sheet.part(360.0, 290.0, 280.0, 540.0),
    };
    let stand = Stand { frame: stage, grounded: false, bleeds: false };
    let anchor = if cut_out { desk.placed(stand) } else { round_window(desk) };

    // The headline is the first reason; the others stand around it.
    let count = report.selling_points.len();
    let order: Vec<usize> = if count > 2 { (1..count).collect() } else { (0..count).collect() };
    let title = match desk.point(0) {
        Some(point) if count > 2 => point.title.clone(),
        _ => report.product.title.clone(),
    };
    let reasons = desk.points(&order, 4, if around && !wide { 6.0 } else { 8.6 });
    let mut slots = vec![("head", head), ("foot", foot)];
    let mut lines: Vec<Value> = Vec::new();
    if around {
        for (index, frame) in beside(desk, if cut_out { stage } else { anchor }, reasons.len()).into_iter().enumerate()
        {
            slots.push((NAMES[index], frame));
            lines.extend(leader(desk, anchor, frame));
        }
    } else {
        let top = stage.bottom().max(anchor.bottom()) + 0.026 * sheet.h();
        let frames = under(desk, Frame::new(head.x, top, head.w, foot.y - top), reasons.len());
        slots.extend(NAMES.into_iter().zip(frames));
    }
    let word = report.product.noun.en.to_uppercase();
    let letters = word.chars().count().max(3) as f32;
    Draft {
        template: "concept",
        slots,
        stand: cut_out.then_some(stand),
        windows: if cut_out {
            Vec::new()
        } else {
            vec![Window { name: "photo", frame: anchor, source: Source::Photo }]
        },
        words: json!({
            "title": desk.headline(&title, head, 11.4, 1),
            "lead": desk.point(0).map(|point| desk.pair(&point.detail)),
            "reasons": reasons,
            "keyword": { "text": word, "size": format!("{:.1}rem", (sheet.w() / sheet.rem * 1.02 / (letters * 0.72)).min(30.0)) },
        }),
        marks: json!({
            "lines": lines,
            "beside": around,
            "keyword": Frame::new(-200.0, anchor.y + anchor.h * 0.02, sheet.w() + 400.0, sheet.h() * 0.2).style(),
        }),
        variant,
    }
}

/// A round window is the eye of the page where there is no cut-out.
fn round_window(desk: &Desk<'_>) -> Frame {
    let sheet = desk.sheet;
    let (side, top) = match sheet.shape {
        Shape::Tall => (sheet.w() * 0.66, sheet.h() * 0.214),
        Shape::Mid => (sheet.h() * 0.36, sheet.h() * 0.236),
        Shape::Wide => (sheet.h() * 0.52, sheet.h() * 0.29),
    };
    Frame::new((sheet.w() - side) * 0.5, top, side, side)
}

/// Up to four places at the sides of the product, in turn left and right.
fn beside(desk: &Desk<'_>, stage: Frame, count: usize) -> Vec<Frame> {
    let sheet = desk.sheet;
    let columns = match sheet.shape {
        Shape::Tall => [sheet.part(52.0, 0.0, 220.0, 0.0), sheet.part(728.0, 0.0, 220.0, 0.0)],
        Shape::Mid => [sheet.part(50.0, 0.0, 240.0, 0.0), sheet.part(710.0, 0.0, 240.0, 0.0)],
        Shape::Wide => {
            let gap = 0.02 * sheet.w();
            let m = sheet.margin();
            [
                Frame::new(m, 0.0, stage.x - gap - m, 0.0),
                Frame::new(stage.right() + gap, 0.0, sheet.w() - m - stage.right() - gap, 0.0),
            ]
        }
    };
    let height = sheet.h() * if sheet.shape == Shape::Tall { 0.14 } else { 0.21 };
    let rows: &[f32] = match count {
        1 => &[0.5],
        2 => &[0.36, 0.62],
        3 => &[0.20, 0.48, 0.76],
        _ => &[0.22, 0.22, 0.76, 0.76],
    };
    let place = |index: usize| {
        let column = columns[index % 2];
        Frame::new(column.x, stage.y + stage.h * rows[index] - height * 0.5, column.w, height)
    };
    (0..count.min(4)).map(place).collect()
}

/// Up to four places in two columns.
fn under(desk: &Desk<'_>, area: Frame, count: usize) -> Vec<Frame> {
    let gap = 3.0 * desk.sheet.rem;
    let rows = count.clamp(1, 4).div_ceil(2) as f32;
    let (w, h) = ((area.w - gap) * 0.5, (area.h - gap * rows) / rows);
    let place = |index: usize| {
        // An odd last one takes the whole row.
        let alone = index + 1 == count && index.is_multiple_of(2);
        let x = area.x + if index % 2 == 1 { w + gap } else { 0.0 };
        Frame::new(x, area.y + (index / 2) as f32 * (h + gap), if alone { area.w } else { w }, h)
    };
    (0..count.min(4)).map(place).collect()
}

/// From the words to the edge of the product, ending in a dot on it.
fn leader(desk: &Desk<'_>, anchor: Frame, words: Frame) -> Option<Value> {
    let centre = words.y + words.h * 0.5;
    if !(anchor.y..anchor.bottom()).contains(&centre) {
        return None;
    }
    let (left_edge, right_edge) = desk.edges(anchor, centre);
    let (reach, air) = (14.0, 14.0);
    let right = words.x > anchor.x;
    let (from, to) = if right { (right_edge - reach, words.x - air) } else { (words.right() + air, left_edge + reach) };
    let dot = if right { from } else { to };
    (to - from > 12.0).then(|| {
        json!({
            "line": Frame::new(from, centre, to - from, 2.0).style(),
            "dot": Frame::new(dot - 9.0, centre - 8.0, 18.0, 18.0).style(),
        })
    })
}
