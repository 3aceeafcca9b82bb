//! 06: the parts that do the work: the product runs off one edge, notes stand at the other.

use serde_json::{Value, json};

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::{Dimension, report::Bilingual};

/// The product off the left edge, off the right edge.
const VARIANTS: [&str; 2] = ["left", "right"];

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let m = sheet.margin();
    let cut_out = desk.has_cut_out();
    let variant = match (cut_out, sheet.shape) {
        // Half of a broad product would not be recognised, and beside the notes it would be small.
        (true, Shape::Tall | Shape::Mid) if desk.product_aspect() > 0.8 => "across",
        (true, _) => VARIANTS[desk.variant(Dimension::DetailFunction, 2) as usize],
        (false, Shape::Wide) => "left",
        // A photo is not cut in half to make room for notes: it lies across the page above them.
        (false, _) => "across",
    };
    let (head, notes, stage) = match (sheet.shape, variant) {
        (Shape::Tall, "across") => (
            sheet.band(50.0, 212.0),
            sheet.band(584.0, 962.0),
            Frame::new(0.0, sheet.h() * 0.228, sheet.w(), sheet.h() * 0.335),
        ),
        (Shape::Mid, "across") => (
            sheet.band(44.0, 222.0),
            sheet.band(560.0, 964.0),
            Frame::new(0.0, sheet.h() * 0.236, sheet.w(), sheet.h() * 0.30),
        ),
        (Shape::Tall, _) => {
            (sheet.band(56.0, 250.0), sheet.part(500.0, 300.0, 426.0, 620.0), sheet.part(-170.0, 268.0, 640.0, 690.0))
        }
        (Shape::Mid, _) => {
            (sheet.band(50.0, 262.0), sheet.part(512.0, 300.0, 422.0, 650.0), sheet.part(-130.0, 280.0, 610.0, 690.0))
        }
        (Shape::Wide, _) => (
            Frame::new(sheet.w() * 0.46, sheet.h() * 0.08, sheet.w() * 0.54 - m, sheet.h() * 0.30),
            Frame::new(sheet.w() * 0.46, sheet.h() * 0.40, sheet.w() * 0.54 - m, sheet.h() * 0.54),
            sheet.part(-40.0, 80.0, 460.0, 850.0),
        ),
    };
    let across = variant == "across";
    let turned = |frame: Frame| if variant == "right" { desk.mirrored(frame) } else { frame };
    let (head, notes, stage) = (turned(head), turned(notes), turned(stage));
    let point = desk.point_around(3);
    let title = point.map_or_else(|| report.product.title.clone(), |point| point.title.clone());
    let mut shown = desk.points(&[4, 0, 1], 3, if across { 14.0 } else { 9.0 });
    // Their supporting lines stand on posters of their own; a set says nothing twice without need.
    for note in shown.iter_mut().skip(1) {
        note["detail"] = desk.pair(&Bilingual::default());
    }
    let stand = if across {
        let room = Frame::new(m, stage.y, sheet.w() - 2.0 * m, stage.h);
        Stand { frame: room, grounded: true, bleeds: false }
    } else {
        uncut(desk, stage, variant == "right")
    };
    let photo = if across { stage } else { Frame::new(0.0, 0.0, sheet.w() * 0.41, sheet.h()) };
    let lines: Vec<Value> = if cut_out && !across {
        (0..shown.len()).filter_map(|index| leader(desk, desk.placed(stand), notes, [index, shown.len()])).collect()
    } else {
        Vec::new()
    };
    Draft {
        template: "detail_function",
        slots: vec![("head", head), ("notes", notes)],
        stand: cut_out.then_some(stand),
        windows: if cut_out { Vec::new() } else { vec![Window { name: "photo", frame: photo, source: Source::Photo }] },
        words: json!({
            "number": "03",
            "kind": "Function",
            "title": desk.headline(&title, head, 10.8, 2),
            "notes": shown,
        }),
        marks: json!({ "lines": lines }),
        variant,
    }
}

/// The product as far over the edge of the page as its lettering allows: words are not cut in half.
fn uncut(desk: &Desk<'_>, stage: Frame, over_right: bool) -> Stand {
    let sheet = desk.sheet;
    let sight = &desk.plan.sight;
    // How much of the overhang is taken back: all of it and a margin at the end.
    let overhang = -if over_right { sheet.w() - stage.right() } else { stage.x };
    let width_min = stage.w - overhang - 0.04 * sheet.w();
    let at = |step: u8| {
        let w = stage.w + (width_min - stage.w) * f32::from(step) / 10.0;
        Frame { x: if over_right { stage.x } else { stage.right() - w }, w, ..stage }
    };
    let cost = |step: &u8| {
        let stand = Stand { frame: at(*step), grounded: false, bleeds: true };
        let placed = sight.placed(stand);
        let page_edge = if over_right { sheet.w() } else { 0.0 };
        let across = (page_edge - placed.x) / placed.w.max(1.0);
        let [x, y, w, h] = sight.subject.map(|v| v as f32);
        let cut =
            if (0.0..1.0).contains(&across) { sight.lettering.along_column(x + w * across, y, y + h) } else { 0.0 };
        12.0 * cut + 0.06 * f32::from(*step)
    };
    let step = (0..=10).min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(0);
    if step < 10 {
        return Stand { frame: at(step), grounded: false, bleeds: true };
    }
    // Wholly on the page it stands, a little under the middle.
    let stand = Stand { frame: at(step), grounded: true, bleeds: false };
    let placed = sight.placed(stand);
    let lift = (placed.y - stand.frame.y) * 0.4;
    Stand { frame: Frame { y: stand.frame.y - lift, ..stand.frame }, ..stand }
}

/// From the number of a note to the product: at the height of the number, ending on the outline.
fn leader(desk: &Desk<'_>, anchor: Frame, notes: Frame, [index, count]: [usize; 2]) -> Option<Value> {
    let y = notes.y + notes.h * (index as f32) / count.max(1) as f32 + 3.4 * desk.sheet.rem;
    if !(anchor.y..anchor.bottom()).contains(&y) {
        return None;
    }
    let (left_edge, right_edge) = desk.edges(anchor, y);
    let (reach, air) = (22.0, 20.0);
    let (from, to, dot) = if notes.x > anchor.x {
        let from = (right_edge - reach).max(24.0);
        (from, notes.x - air, from)
    } else {
        let to = (left_edge + reach).min(desk.sheet.w() - 24.0);
        (notes.right() + air, to, to)
    };
    (to - from > 12.0).then(|| {
        json!({
            "line": Frame::new(from, y, to - from, 2.0).style(),
            "dot": Frame::new(dot - 9.0, y - 8.0, 18.0, 18.0).style(),
        })
    })
}
