//! Room for what no layout planned: a price line, a logo, a small picture.

use crate::{
    composer::{Placed, PlacedKind},
    domain::report::zh_columns,
    studio::{
        layouts::Draft,
        sheet::{Frame, Sheet},
    },
};

/// Heights of a price line that are tried, in thousandths of the page's short side.
const HEIGHTS: [f32; 4] = [82.0, 68.0, 58.0, 50.0];
/// Air around it, and to the edge of the page, in the same measure.
const AIR: f32 = 12.0;
const EDGE: f32 = 42.0;

/// Where one would look for room first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::studio) enum From {
    Foot,
    Head,
}

/// What stands on a page already.
pub(in crate::studio) struct Taken {
    frames: Vec<Frame>,
    page: (f32, f32),
}

impl Taken {
    /// Words, surfaces and pictures of a page.
    pub(in crate::studio) fn of(placed: &[Placed], draft: &Draft, product: Option<Frame>, sheet: &Sheet) -> Self {
        // What stands inside of a surface counts as well: it is a part of it.
        let is_surface = |layer: &Placed| {
            let around = layer.classes.iter().take_while(|class| *class != "page");
            around.clone().any(|class| matches!(class.as_str(), "card" | "cta" | "filled" | "seal" | "chips"))
        };
        let layers = placed
            .iter()
            .filter(|layer| match &layer.kind {
                PlacedKind::Text(_) => !layer.within("decor"),
                PlacedKind::Picture(name) => {
                    !matches!(name.as_str(), "plate" | "ambient" | "mirror" | "shadow" | "product")
                }
                PlacedKind::Shape => is_surface(layer),
            })
            .map(|layer| Frame::new(layer.x, layer.y, layer.width, layer.height));
        let windows = draft.windows.iter().map(|window| window.frame);
        Self { frames: layers.chain(product).chain(windows).collect(), page: (sheet.w(), sheet.h()) }
    }

    /// The first free place of a box, the right side first. `None` where the page is full.
    pub(in crate::studio) fn room(&self, w: f32, h: f32, from: From) -> Option<Frame> {
        let (width, height) = self.page;
        let unit = width.min(height) / 1000.0;
        let (edge, air, step) = (EDGE * unit, AIR * unit, 8.0 * unit);
        let (x1, y1) = (width - edge - w, height - edge - h);
        if x1 < edge || y1 < edge {
            return None;
        }
        let is_free = |x: f32, y: f32| {
            let own = Frame::new(x - air, y - air, w + 2.0 * air, h + 2.0 * air);
            self.frames.iter().all(|other| {
                own.right() <= other.x || other.right() <= own.x || own.bottom() <= other.y || other.bottom() <= own.y
            })
        };
        let rows = ((y1 - edge) / step) as u32;
        let columns = ((x1 - edge) / step) as u32;
        (0..=rows).find_map(|row| {
            let y = match from {
                From::Foot => y1 - row as f32 * step,
                From::Head => edge + row as f32 * step,
            };
            let aligned = [x1, edge, f32::midpoint(edge, x1)].into_iter();
            let across = aligned.chain((0..=columns).map(|column| x1 - column as f32 * step));
            across.clone().find(|x| is_free(*x, y)).map(|x| Frame::new(x, y, w, h))
        })
    }
}

/// The place of a price line.
pub(in crate::studio) fn place(text: &str, taken: &Taken, sheet: &Sheet) -> Option<Frame> {
    let unit = sheet.w().min(sheet.h()) / 1000.0;
    HEIGHTS.into_iter().find_map(|height| {
        let h = height * unit;
        taken.room((zh_columns(text) as f32 * 0.58 + 1.0) * h, h, From::Foot)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::PosterFormat;

    #[test]
    fn a_line_keeps_off_surfaces_and_finds_no_room_on_a_full_page() {
        let sheet = Sheet::new(PosterFormat::Square1x1);
        let draft = Draft {
            template: "hero",
            slots: Vec::new(),
            stand: None,
            windows: Vec::new(),
            words: Value::Null,
            marks: Value::Null,
            variant: "plain",
        };
        let card = |y: f32, height: f32| Placed {
            kind: PlacedKind::Shape,
            classes: ["slot", "list", "card", "page"].map(str::to_owned).to_vec(),
            x: 40.0,
            y,
            width: sheet.w() - 80.0,
            height,
            line_height: 0.0,
            lines: 0,
        };
        let placed = |card: Placed| place("¥199", &Taken::of(&[card], &draft, None, &sheet), &sheet);
        let half = sheet.h() * 0.5;
        let above = placed(card(half, half)).expect("room above the card");
        assert!(above.bottom() < half && above.right() < sheet.w());
        assert_eq!(placed(card(0.0, sheet.h())), None);
    }
}
