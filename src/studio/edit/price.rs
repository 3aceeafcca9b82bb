//! Room for a line that no layout planned.

use crate::{
    composer::{Placed, PlacedKind},
    domain::report::zh_columns,
    studio::{
        layouts::Draft,
        sheet::{Frame, Sheet},
    },
};

/// Heights of the line that are tried, in thousandths of the page's short side.
const HEIGHTS: [f32; 3] = [82.0, 68.0, 56.0];
/// Air around it, and to the edge of the page, in the same measure.
const AIR: f32 = 12.0;
const EDGE: f32 = 42.0;

/// The first free place of a line, from the foot of the page upwards, the right side first. `None` where
/// the page is full.
pub(in crate::studio) fn place(
    text: &str,
    placed: &[Placed],
    draft: &Draft,
    product: Option<Frame>,
    sheet: &Sheet,
) -> Option<Frame> {
    let unit = sheet.w().min(sheet.h()) / 1000.0;
    let taken: Vec<Frame> = placed
        .iter()
        .filter(|layer| match &layer.kind {
            PlacedKind::Text(_) => !layer.within("decor"),
            PlacedKind::Picture(name) => !matches!(name.as_str(), "plate" | "ambient" | "shadow" | "product"),
            PlacedKind::Shape => ["card", "cta", "filled", "seal"]
                .iter()
                .any(|class| layer.classes.first().is_some_and(|own| own == class)),
        })
        .map(|layer| Frame::new(layer.x, layer.y, layer.width, layer.height))
        .chain(product)
        .chain(draft.windows.iter().filter(|window| window.name != "macro").map(|window| window.frame))
        .collect();
    HEIGHTS.into_iter().find_map(|height| {
        let h = height * unit;
        let w = (zh_columns(text) as f32 * 0.56 + 1.1) * h;
        let (x0, x1) = (EDGE * unit, sheet.w() - EDGE * unit - w);
        let (y0, y1) = (EDGE * unit, sheet.h() - EDGE * unit - h);
        if x1 < x0 {
            return None;
        }
        let is_free = |x: f32, y: f32| {
            let air = AIR * unit;
            let own = Frame::new(x - air, y - air, w + 2.0 * air, h + 2.0 * air);
            taken.iter().all(|other| {
                own.right() <= other.x || other.right() <= own.x || own.bottom() <= other.y || other.bottom() <= own.y
            })
        };
        let rows = ((y1 - y0) / (10.0 * unit)).max(0.0) as u32;
        (0..=rows).find_map(|row| {
            let y = y1 - row as f32 * 10.0 * unit;
            [x1, x0, f32::midpoint(x0, x1)].into_iter().find(|x| is_free(*x, y)).map(|x| Frame::new(x, y, w, h))
        })
    })
}
