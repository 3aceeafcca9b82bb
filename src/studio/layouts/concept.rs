//! 03: why it works: the product in the middle, its reasons around it.

use serde_json::{Value, json};

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let (head, stage, foot) = match sheet.shape {
        Shape::Tall => (sheet.band(64.0, 250.0), sheet.part(282.0, 292.0, 436.0, 490.0), sheet.band(868.0, 962.0)),
        Shape::Mid => (sheet.band(50.0, 250.0), sheet.part(300.0, 290.0, 400.0, 470.0), sheet.band(868.0, 962.0)),
        Shape::Wide => (sheet.band(60.0, 270.0), sheet.part(360.0, 300.0, 280.0, 530.0), sheet.band(880.0, 960.0)),
    };
    let stand = Stand { frame: stage, grounded: false, bleeds: false };
    let anchor = if desk.has_cut_out() {
        desk.placed(stand)
    } else {
        // A round window is the eye of the page; the words stand under it (or beside it).
        let (side, top) = match sheet.shape {
            Shape::Tall => (sheet.w() * 0.60, sheet.h() * 0.255),
            Shape::Mid => (sheet.h() * 0.36, sheet.h() * 0.245),
            Shape::Wide => (sheet.h() * 0.52, sheet.h() * 0.30),
        };
        Frame::new((sheet.w() - side) * 0.5, top, side, side)
    };
    let beside = desk.has_cut_out() || sheet.shape == Shape::Wide;
    let reasons = desk.points(0, 4, if desk.has_cut_out() { 6.8 } else { 11.0 });
    let columns = match sheet.shape {
        Shape::Tall => [56.0, 724.0],
        Shape::Mid => [50.0, 720.0],
        Shape::Wide => [44.0, 716.0],
    };
    let width = match sheet.shape {
        Shape::Tall | Shape::Mid => 220.0,
        Shape::Wide => 240.0,
    };
    let rows: [f32; 2] = if reasons.len() > 2 { [0.14, 0.66] } else { [0.40, 0.40] };
    let height = sheet.h() * if sheet.shape == Shape::Tall { 0.115 } else { 0.17 };
    let mut slots = vec![("head", head), ("foot", foot)];
    let mut lines: Vec<Value> = Vec::new();
    let names = ["reason0", "reason1", "reason2", "reason3"];
    for (index, name) in names.into_iter().enumerate().take(reasons.len()) {
        let right = index % 2 == 1;
        if !beside {
            // Two by two under the window.
            let gap = 3.0 * sheet.rem;
            let top = anchor.bottom() + 0.036 * sheet.h();
            let (w, h) = ((head.w - gap) * 0.5, (foot.y - top - gap) * 0.5);
            let x = head.x + if right { w + gap } else { 0.0 };
            slots.push((name, Frame::new(x, top + (index / 2) as f32 * (h + 0.5 * gap), w, h)));
            continue;
        }
        let centre = stage.y + stage.h * rows[index / 2] + stage.h * 0.1;
        let column = sheet.part(columns[usize::from(right)], 0.0, width, 0.0);
        let frame = Frame::new(column.x, centre - height * 0.5, column.w, height);
        slots.push((name, frame));
        // From the words to the edge of the product, ending in a dot on it.
        let (left_edge, right_edge) = desk.edges(anchor, centre);
        let reach = 14.0;
        let (from, to) =
            if right { (right_edge - reach, frame.x - 14.0) } else { (frame.right() + 14.0, left_edge + reach) };
        if to - from > 12.0 {
            let dot = if right { from } else { to };
            lines.push(json!({
                "line": Frame::new(from, centre, to - from, 2.0).style(),
                "dot": Frame::new(dot - 9.0, centre - 8.0, 18.0, 18.0).style(),
            }));
        }
    }
    let word = report.product.noun.en.to_uppercase();
    let letters = word.chars().count().max(3) as f32;
    let title = desk.point(0).map_or_else(|| report.product.title.clone(), |point| point.title.clone());
    Draft {
        template: "concept",
        slots,
        stand: desk.has_cut_out().then_some(stand),
        windows: if desk.has_cut_out() {
            Vec::new()
        } else {
            vec![Window { name: "photo", frame: anchor, source: Source::Photo }]
        },
        words: json!({
            "title": desk.headline(&title, head, 11.0, 1),
            "lead": desk.point(0).map(|point| desk.pair(&point.detail)),
            "reasons": reasons,
            "keyword": { "text": word, "size": format!("{:.1}rem", (sheet.w() / sheet.rem * 1.02 / (letters * 0.72)).min(30.0)) },
            "slogan": desk.pair(&report.product.slogan),
        }),
        marks: json!({
            "lines": lines,
            "beside": beside,
            "keyword": Frame::new(-200.0, stage.y - 0.045 * sheet.h(), sheet.w() + 400.0, sheet.h() * 0.2).style(),
        }),
    }
}
