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
            sheet.band(82.0, 346.0),
            sheet.part(130.0, 356.0, 740.0, 394.0),
            sheet.band(814.0, 914.0),
            sheet.band(922.0, 968.0),
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
        let frame = match sheet.shape {
            Shape::Tall | Shape::Mid => Frame::new(head.x, stage.y, head.w, points.y - stage.y - 0.022 * sheet.h()),
            Shape::Wide => Frame::new(
                sheet.w() * 0.52,
                sheet.margin(),
                sheet.w() * 0.48 - sheet.margin(),
                sheet.h() - 2.0 * sheet.margin(),
            ),
        };
        windows.push(Window { name: "photo", frame, source: Source::Photo });
    }
    let shown: Vec<Value> = desk.points(0, 3, if sheet.shape == Shape::Wide { 5.0 } else { 7.4 });
    Draft {
        template: "hero",
        slots: vec![("bar", bar), ("head", head), ("points", points), ("foot", foot)],
        stand: desk.has_cut_out().then_some(stand),
        windows,
        words: json!({
            "brand": desk.brand(),
            "tag": desk.spec(),
            "title": desk.headline(&report.product.title, head, if sheet.shape == Shape::Tall { 13.8 } else { 12.0 }, 2),
            "slogan": desk.pair(&report.product.slogan),
            "points": shown,
            "name": desk.pair(&report.product.noun),
            "spec": desk.spec(),
        }),
        marks: Value::Null,
    }
}
