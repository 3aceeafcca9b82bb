//! 07: reassurance: one calm promise, the product, and what stands behind it.

use serde_json::json;

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::Dimension;

/// The promise above the product; the product above the promise.
const VARIANTS: [&str; 2] = ["promise", "product"];

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let m = sheet.margin();
    let variant = VARIANTS[desk.variant(Dimension::DetailTrust, 2) as usize];
    let (head, stage, list) = match (sheet.shape, variant) {
        (Shape::Tall, "promise") => {
            (sheet.band(60.0, 308.0), sheet.part(160.0, 318.0, 680.0, 342.0), sheet.band(690.0, 962.0))
        }
        (Shape::Tall, _) => (sheet.band(430.0, 676.0), sheet.part(160.0, 48.0, 680.0, 358.0), sheet.band(692.0, 962.0)),
        (Shape::Mid, "promise") => {
            (sheet.band(46.0, 316.0), sheet.part(220.0, 324.0, 560.0, 304.0), sheet.band(660.0, 964.0))
        }
        (Shape::Mid, _) => (sheet.band(374.0, 642.0), sheet.part(220.0, 44.0, 560.0, 306.0), sheet.band(660.0, 964.0)),
        (Shape::Wide, _) => (
            Frame::new(m, sheet.h() * 0.08, sheet.w() * 0.48 - m, sheet.h() * 0.38),
            sheet.part(560.0, 120.0, 360.0, 740.0),
            Frame::new(m, sheet.h() * 0.48, sheet.w() * 0.48 - m, sheet.h() * 0.45),
        ),
    };
    let point = desk.point_around(4);
    let title = point.map_or_else(|| report.product.slogan.clone(), |point| point.title.clone());
    let stand = Stand { frame: stage, grounded: true, bleeds: false };
    Draft {
        template: "detail_trust",
        slots: vec![("head", head), ("list", list)],
        stand: desk.has_cut_out().then_some(stand),
        windows: if desk.has_cut_out() {
            Vec::new()
        } else {
            vec![Window { name: "photo", frame: stage, source: Source::Photo }]
        },
        words: json!({
            "title": desk.headline(&title, head, 10.4, 2),
            "lead": point.map(|point| desk.pair(&point.detail)),
            "icon": point.map_or("shield", |point| point.icon.code()),
            "list": desk.points(&[2, 3, 0, 1], if sheet.is_squarish() { 2 } else { 3 }, 12.0),
            "brand": desk.brand(),
        }),
        marks: json!({}),
        variant,
    }
}
