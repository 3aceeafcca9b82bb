//! 07: reassurance: one calm promise, the product, and what stands behind it.

use serde_json::json;

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let m = sheet.margin();
    let (head, stage, list) = match sheet.shape {
        Shape::Tall => (sheet.band(70.0, 300.0), sheet.part(180.0, 312.0, 640.0, 342.0), sheet.band(684.0, 958.0)),
        Shape::Mid => (sheet.band(56.0, 290.0), sheet.part(220.0, 296.0, 560.0, 330.0), sheet.band(664.0, 962.0)),
        Shape::Wide => (
            Frame::new(m, sheet.h() * 0.10, sheet.w() * 0.48 - m, sheet.h() * 0.34),
            sheet.part(560.0, 120.0, 360.0, 740.0),
            Frame::new(m, sheet.h() * 0.47, sheet.w() * 0.48 - m, sheet.h() * 0.45),
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
            "list": desk.points(4 % report.selling_points.len().max(1) + 1, 3, 12.0),
            "brand": desk.brand(),
        }),
        marks: json!({}),
    }
}
