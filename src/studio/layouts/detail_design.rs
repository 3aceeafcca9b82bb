//! 04: one part of the product, large, with a second one under a loupe.

use serde_json::json;

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let m = sheet.margin();
    let (view, loupe, words) = match sheet.shape {
        Shape::Tall => {
            let view = Frame::new(0.0, 0.0, sheet.w(), sheet.h() * 0.625);
            let side = sheet.w() * 0.33;
            (view, Frame::new(sheet.w() - m - side, view.bottom() - side * 0.62, side, side), sheet.band(664.0, 966.0))
        }
        Shape::Mid => {
            let view = Frame::new(0.0, 0.0, sheet.w(), sheet.h() * 0.57);
            let side = sheet.w() * 0.28;
            (view, Frame::new(sheet.w() - m - side, view.bottom() - side * 0.62, side, side), sheet.band(600.0, 965.0))
        }
        Shape::Wide => {
            let view = Frame::new(sheet.w() * 0.46, 0.0, sheet.w() * 0.54, sheet.h());
            let side = sheet.h() * 0.30;
            (
                view,
                Frame::new(view.x - side * 0.5, sheet.h() - m - side, side, side),
                Frame::new(m, sheet.h() * 0.10, sheet.w() * 0.40 - m, sheet.h() * 0.54),
            )
        }
    };
    let point = desk.point_around(1);
    let title = point.map_or_else(|| desk.plan.report.product.title.clone(), |point| point.title.clone());
    let has_details = desk.has_details(2);
    let mut windows = Vec::new();
    if has_details {
        windows.push(Window { name: "view", frame: view, source: Source::Detail(0) });
        windows.push(Window { name: "loupe", frame: loupe, source: Source::Detail(1) });
    } else if !desk.has_cut_out() {
        windows.push(Window { name: "view", frame: view, source: Source::Photo });
    }
    let inner = Frame::new(view.x + view.w * 0.08, view.y + view.h * 0.08, view.w * 0.84, view.h * 0.80);
    // Beside the loupe the headline has less room.
    let narrow =
        if sheet.shape == Shape::Wide || !has_details { words } else { Frame { w: words.w - loupe.w - 24.0, ..words } };
    Draft {
        template: "detail_design",
        slots: vec![("words", words)],
        stand: (!has_details && desk.has_cut_out()).then_some(Stand { frame: inner, grounded: true, bleeds: false }),
        windows,
        words: json!({
            "number": "01",
            "kind": "Design",
            "title": desk.headline(&title, narrow, 10.4, 2),
            "lead": point.map(|point| desk.pair(&point.detail)),
            "narrow": format!("{:.0}px", narrow.w),
            "brand": desk.brand(),
            "name": desk.pair(&desk.plan.report.product.title),
            "loupe": has_details,
        }),
        marks: json!({
            "ring": Frame::new(loupe.x - 12.0, loupe.y - 12.0, loupe.w + 24.0, loupe.h + 24.0).style(),
        }),
    }
}
