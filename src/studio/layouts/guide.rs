//! 10: how to use it: numbered steps down one line, the product beside the headline.

use serde_json::{Value, json};

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::{Dimension, report::Bilingual};

/// The product at the right of the headline, at its left.
const VARIANTS: [&str; 2] = ["right", "left"];

/// Steps that stay readable on one poster.
const STEPS_SHOWN_MAX: usize = 5;

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let m = sheet.margin();
    let (head, stage, steps, notice) = match sheet.shape {
        Shape::Tall => (
            sheet.part(74.0, 60.0, 500.0, 250.0),
            sheet.part(604.0, 46.0, 328.0, 276.0),
            sheet.band(346.0, 822.0),
            sheet.band(842.0, 964.0),
        ),
        Shape::Mid => (
            sheet.part(70.0, 50.0, 510.0, 256.0),
            sheet.part(606.0, 50.0, 324.0, 270.0),
            sheet.band(344.0, 808.0),
            sheet.band(828.0, 966.0),
        ),
        Shape::Wide => (
            Frame::new(m, sheet.h() * 0.08, sheet.w() * 0.38 - m, sheet.h() * 0.30),
            sheet.part(60.0, 380.0, 300.0, 540.0),
            Frame::new(sheet.w() * 0.42, sheet.h() * 0.08, sheet.w() * 0.58 - m, sheet.h() * 0.64),
            Frame::new(sheet.w() * 0.42, sheet.h() * 0.745, sheet.w() * 0.58 - m, sheet.h() * 0.20),
        ),
    };
    let variant = VARIANTS[desk.variant(Dimension::Guide, 2) as usize];
    let turned = |frame: Frame| if variant == "left" { desk.mirrored(frame) } else { frame };
    let (head, stage) = if sheet.shape == Shape::Wide { (head, stage) } else { (turned(head), turned(stage)) };
    let title = Bilingual::new("使用指南", "How to Use");
    let shown: Vec<Value> = report
        .steps
        .iter()
        .take(STEPS_SHOWN_MAX)
        .enumerate()
        .map(|(index, step)| json!({ "n": index + 1, "text": desk.pair(&step.text) }))
        .collect();
    // Without any step the poster still helps: it says what the product is good for.
    let shown = if shown.is_empty() {
        report
            .selling_points
            .iter()
            .take(STEPS_SHOWN_MAX)
            .enumerate()
            .map(|(index, point)| json!({ "n": index + 1, "text": desk.pair(&point.detail) }))
            .collect()
    } else {
        shown
    };
    // In a narrow column English stands under the Chinese, and the steps need its room.
    let (cautions_max, is_narrow) = if sheet.is_squarish() { (2, true) } else { (3, false) };
    let cautions: Vec<Value> =
        report.cautions.iter().take(cautions_max).map(|caution| desk.pair(&caution.text)).collect();
    let window = stage.contain(0.86, false);
    Draft {
        template: "guide",
        slots: vec![("head", head), ("steps", steps), ("notice", notice)],
        stand: desk.has_cut_out().then_some(Stand { frame: stage, grounded: true, bleeds: false }),
        windows: if desk.has_cut_out() {
            Vec::new()
        } else {
            vec![Window { name: "photo", frame: window, source: Source::Photo }]
        },
        words: json!({
            "title": desk.headline(&title, head, 11.2, 1),
            "name": desk.pair(&report.product.name),
            "steps": shown,
            "cautions": cautions,
        }),
        marks: json!({ "narrow": is_narrow }),
        variant,
    }
}
