//! 01: the product on its podium under one big line.

use serde_json::{Value, json};

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let (bar, head, stage, points, foot) = match sheet.shape {
        Shape::Tall => (
            sheet.band(38.0, 62.0),
            sheet.band(86.0, 330.0),
            sheet.part(130.0, 336.0, 740.0, 446.0),
            sheet.band(838.0, 918.0),
            sheet.band(934.0, 976.0),
        ),
        Shape::Mid => (
            sheet.band(38.0, 66.0),
            sheet.band(86.0, 356.0),
            sheet.part(190.0, 352.0, 620.0, 400.0),
            sheet.band(818.0, 908.0),
            sheet.band(922.0, 974.0),
        ),
        Shape::Wide => {
            let m = sheet.margin();
            let column = sheet.w() * 0.47 - m;
            (
                Frame::new(m, m, column, sheet.h() * 0.05),
                Frame::new(m, sheet.h() * 0.17, column, sheet.h() * 0.43),
                sheet.part(530.0, 90.0, 400.0, 730.0),
                Frame::new(m, sheet.h() * 0.63, column, sheet.h() * 0.17),
                Frame::new(m, sheet.h() * 0.855, column, sheet.h() * 0.085),
            )
        }
    };
    let stand = Stand { frame: stage, grounded: true, bleeds: false };
    let mut windows = Vec::new();
    if !desk.has_cut_out() {
        windows.push(Window { name: "photo", frame: stage, source: Source::Photo });
    }
    let shown: Vec<Value> = desk.points(0, 3);
    Draft {
        template: "hero",
        slots: vec![("bar", bar), ("head", head), ("points", points), ("foot", foot)],
        stand: desk.has_cut_out().then_some(stand),
        windows,
        words: json!({
            "brand": desk.brand(),
            "tag": desk.spec(),
            "title": desk.headline(&report.product.title, head, if sheet.shape == Shape::Tall { 15.2 } else { 13.0 }, 2),
            "slogan": desk.pair(&report.product.slogan),
            "points": shown,
            "name": desk.pair(&report.product.noun),
            "spec": desk.spec(),
        }),
        marks: Value::Null,
    }
}
