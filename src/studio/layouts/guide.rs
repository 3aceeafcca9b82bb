//! 10: how to use it: numbered steps down one line, the product beside the headline.

use serde_json::{Value, json};

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::report::Bilingual;

/// Steps that stay readable on one poster.
const STEPS_SHOWN_MAX: usize = 5;

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let m = sheet.margin();
    let (head, stage, steps, notice) = match sheet.shape {
        Shape::Tall => (
            sheet.part(74.0, 70.0, 520.0, 240.0),
            sheet.part(590.0, 56.0, 340.0, 270.0),
            sheet.band(350.0, 830.0),
            sheet.band(852.0, 962.0),
        ),
        Shape::Mid => (
            sheet.part(70.0, 60.0, 520.0, 230.0),
            sheet.part(600.0, 50.0, 330.0, 270.0),
            sheet.band(340.0, 820.0),
            sheet.band(840.0, 962.0),
        ),
        Shape::Wide => (
            Frame::new(m, sheet.h() * 0.10, sheet.w() * 0.38 - m, sheet.h() * 0.26),
            sheet.part(60.0, 380.0, 300.0, 540.0),
            Frame::new(sheet.w() * 0.42, sheet.h() * 0.10, sheet.w() * 0.58 - m, sheet.h() * 0.60),
            Frame::new(sheet.w() * 0.42, sheet.h() * 0.74, sheet.w() * 0.58 - m, sheet.h() * 0.18),
        ),
    };
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
    let cautions: Vec<Value> = report.cautions.iter().take(3).map(|caution| desk.pair(&caution.text)).collect();
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
        marks: json!({}),
    }
}
