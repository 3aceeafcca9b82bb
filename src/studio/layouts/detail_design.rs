//! 04: one part of the product, large, with a second one under a loupe.

use serde_json::json;

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::Dimension;

/// The view above the words; the view under them.
const VARIANTS: [&str; 2] = ["above", "below"];

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let variant = VARIANTS[desk.variant(Dimension::DetailDesign, 2) as usize];
    let (view, loupe, words) = places(desk, variant == "below");
    let point = desk.point_around(1);
    let title = point.map_or_else(|| desk.plan.report.product.title.clone(), |point| point.title.clone());
    let has_details = desk.has_details(2);
    let mut windows = Vec::new();
    if has_details {
        windows.push(Window { name: "macro", frame: view, source: desk.detail(0, 0) });
        windows.push(Window { name: "loupe", frame: loupe, source: desk.detail(0, 1) });
    } else if !desk.has_cut_out() {
        windows.push(Window { name: "macro", frame: view, source: Source::Photo });
    }
    let inner = Frame::new(view.x + view.w * 0.08, view.y + view.h * 0.10, view.w * 0.84, view.h * 0.80);
    let stand = Stand { frame: inner, grounded: true, bleeds: false };
    // A product that may not be enlarged to fill its room stands in the middle of it, before a disc.
    let placed = desk.placed(stand);
    let lift = 0.46 * (placed.y - inner.y);
    let stand = Stand { frame: Frame { y: inner.y - lift, ..inner }, ..stand };
    let alone = !has_details && desk.has_cut_out();
    let disc = (alone && lift > 0.04 * view.h).then(|| {
        let side = (placed.w.max(placed.h) * 1.5).min(0.86 * view.w.min(view.h));
        let (x, y) = (placed.x + placed.w * 0.5, placed.y - lift + placed.h * 0.46);
        Frame::new(x - side * 0.5, y - side * 0.5, side, side).style()
    });
    // Beside the loupe the headline has less room.
    let beside = variant == "above" && sheet.shape != Shape::Wide && has_details;
    let narrow = if beside { Frame { w: words.w - loupe.w - 24.0, ..words } } else { words };
    Draft {
        template: "detail_design",
        slots: vec![("words", words)],
        stand: alone.then_some(stand),
        windows,
        words: json!({
            "number": "01",
            "kind": "Design",
            "title": desk.headline(&title, narrow, 10.8, 2),
            "lead": point.map(|point| desk.pair(&point.detail)),
            "narrow": format!("{:.0}px", narrow.w),
            "brand": desk.brand(),
            "name": desk.pair(&desk.plan.report.product.title),
            "loupe": has_details,
        }),
        marks: json!({
            "disc": disc,
            "ring": Frame::new(loupe.x - 12.0, loupe.y - 12.0, loupe.w + 24.0, loupe.h + 24.0).style(),
        }),
        variant,
    }
}

/// The view, the loupe on its edge, the words.
fn places(desk: &Desk<'_>, below: bool) -> (Frame, Frame, Frame) {
    let sheet = desk.sheet;
    let m = sheet.margin();
    match (sheet.shape, below) {
        (Shape::Tall | Shape::Mid, false) => {
            let (share, loupe, top) =
                if sheet.shape == Shape::Tall { (0.60, 0.33, 628.0) } else { (0.54, 0.28, 566.0) };
            let view = Frame::new(0.0, 0.0, sheet.w(), sheet.h() * share);
            let side = sheet.w() * loupe;
            (view, Frame::new(sheet.w() - m - side, view.bottom() - side * 0.62, side, side), sheet.band(top, 966.0))
        }
        (Shape::Tall | Shape::Mid, true) => {
            let (share, loupe, bottom) =
                if sheet.shape == Shape::Tall { (0.66, 0.31, 330.0) } else { (0.58, 0.25, 404.0) };
            let view = Frame::new(0.0, sheet.h() * (1.0 - share), sheet.w(), sheet.h() * share);
            let side = sheet.w() * loupe;
            (view, Frame::new(m, sheet.h() - m - side, side, side), sheet.band(44.0, bottom))
        }
        (Shape::Wide, _) => {
            let view = Frame::new(sheet.w() * 0.46, 0.0, sheet.w() * 0.54, sheet.h());
            let side = sheet.h() * 0.30;
            let words = Frame::new(m, sheet.h() * 0.09, sheet.w() * 0.42 - m, sheet.h() * 0.56);
            (view, Frame::new(view.x - side * 0.5, sheet.h() - m - side, side, side), words)
        }
    }
}
