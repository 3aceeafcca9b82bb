//! 02: the product where it is used: on a table in the light, or in the seller's own photo.

use serde_json::{Value, json};

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::Dimension;

/// The product at the right, at the left, in the middle.
const VARIANTS: [&str; 3] = ["right", "left", "middle"];

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let m = sheet.margin();
    let framed = !desk.has_cut_out();
    let variant = if framed { "right" } else { VARIANTS[desk.variant(Dimension::Lifestyle, 3) as usize] };
    let (bar, head, stage, strip) = match (sheet.shape, framed) {
        (Shape::Tall, false) => (
            sheet.band(38.0, 62.0),
            sheet.band(92.0, 322.0),
            sheet.part(310.0, 330.0, 616.0, 496.0),
            sheet.band(852.0, 962.0),
        ),
        (Shape::Tall, true) => (
            sheet.band(608.0, 632.0),
            sheet.band(640.0, 846.0),
            Frame::new(0.0, 0.0, sheet.w(), sheet.h() * 0.60),
            sheet.band(866.0, 968.0),
        ),
        (Shape::Mid, false) => (
            sheet.band(38.0, 64.0),
            sheet.band(86.0, 322.0),
            sheet.part(340.0, 330.0, 590.0, 490.0),
            sheet.band(846.0, 964.0),
        ),
        (Shape::Mid, true) => (
            sheet.band(560.0, 590.0),
            sheet.band(600.0, 840.0),
            Frame::new(0.0, 0.0, sheet.w(), sheet.h() * 0.55),
            sheet.band(858.0, 968.0),
        ),
        (Shape::Wide, _) => {
            let column = sheet.w() * 0.46 - m;
            (
                Frame::new(m, m, column, sheet.h() * 0.05),
                Frame::new(m, sheet.h() * 0.17, column, sheet.h() * 0.44),
                if framed {
                    Frame::new(sheet.w() * 0.5, 0.0, sheet.w() * 0.5, sheet.h())
                } else {
                    sheet.part(540.0, 120.0, 390.0, 690.0)
                },
                Frame::new(m, sheet.h() * 0.68, column, sheet.h() * 0.25),
            )
        }
    };
    let stage = match (sheet.shape, variant) {
        (Shape::Wide, _) | (_, "right") => stage,
        (_, "left") => desk.mirrored(stage),
        _ => Frame { x: (sheet.w() - stage.w) * 0.5, ..stage },
    };
    let title = report
        .scenes
        .first()
        .cloned()
        .or_else(|| desk.point(0).map(|point| point.title.clone()))
        .unwrap_or_else(|| report.product.title.clone());
    let scenes: Vec<Value> = report.scenes.iter().skip(1).take(2).map(|scene| desk.pair(scene)).collect();
    Draft {
        template: "lifestyle",
        slots: vec![("bar", bar), ("head", head), ("strip", strip)],
        stand: (!framed).then_some(Stand { frame: stage, grounded: true, bleeds: false }),
        windows: if framed { vec![Window { name: "photo", frame: stage, source: Source::Photo }] } else { Vec::new() },
        words: json!({
            "brand": desk.brand(),
            "tag": "",
            "title": desk.headline(&title, head, if framed { 10.4 } else { 12.0 }, 2),
            "lead": desk.point(1).or_else(|| desk.point(0)).map(|point| desk.pair(&point.detail)),
            "audience": desk.pair(&report.audience),
            "scenes": scenes,
        }),
        marks: Value::Null,
        variant,
    }
}
