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
/// Air around it, above and below it where the page has that much, and to the edge of the page, in the
/// same measure.
const AIR: f32 = 12.0;
const AIR_ABOVE: f32 = 28.0;
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
    /// The button, where there is one: a price line belongs beside it.
    button: Option<Frame>,
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
        let button = placed
            .iter()
            .find(|layer| matches!(layer.kind, PlacedKind::Shape) && layer.within("cta"))
            .map(|layer| Frame::new(layer.x, layer.y, layer.width, layer.height));
        Self { frames: layers.chain(product).chain(windows).collect(), button, page: (sheet.w(), sheet.h()) }
    }

    fn unit(&self) -> f32 {
        self.page.0.min(self.page.1) / 1000.0
    }

    /// Whether nothing stands in a box with this much air around it.
    fn is_free(&self, place: Frame, air: (f32, f32)) -> bool {
        let own = Frame::new(place.x - air.0, place.y - air.1, place.w + 2.0 * air.0, place.h + 2.0 * air.1);
        self.frames.iter().all(|other| {
            own.right() <= other.x || other.right() <= own.x || own.bottom() <= other.y || other.bottom() <= own.y
        })
    }

    /// The free place beside the button, on its line and of its height.
    fn beside_button(&self, columns: f32) -> Option<Frame> {
        let (button, unit) = (self.button?, self.unit());
        let (edge, gap, w) = (EDGE * unit, 2.0 * AIR * unit, columns * button.h);
        let air = (AIR * unit, AIR * unit);
        [button.x - gap - w, button.right() + gap]
            .into_iter()
            .filter(|x| *x >= edge && x + w <= self.page.0 - edge)
            .map(|x| Frame::new(x, button.y, w, button.h))
            .find(|place| self.is_free(*place, air))
    }

    /// The first free place of a box, the right side first. `None` where the page is full.
    pub(in crate::studio) fn room(&self, w: f32, h: f32, from: From) -> Option<Frame> {
        self.room_with(w, h, AIR, from)
    }

    fn room_with(&self, w: f32, h: f32, above: f32, from: From) -> Option<Frame> {
        let (width, height) = self.page;
        let unit = self.unit();
        let (edge, air, step) = (EDGE * unit, (AIR * unit, above * unit), 8.0 * unit);
        let (x1, y1) = (width - edge - w, height - edge - h);
        if x1 < edge || y1 < edge {
            return None;
        }
        let rows = ((y1 - edge) / step) as u32;
        let columns = ((x1 - edge) / step) as u32;
        (0..=rows).find_map(|row| {
            let y = match from {
                From::Foot => y1 - row as f32 * step,
                From::Head => edge + row as f32 * step,
            };
            let aligned = [x1, edge, f32::midpoint(edge, x1)].into_iter();
            let across = aligned.chain((0..=columns).map(|column| x1 - column as f32 * step));
            across.map(|x| Frame::new(x, y, w, h)).find(|place| self.is_free(*place, air))
        })
    }
}

/// The place of a price line: beside the button, else where the page has most air, else where it has some.
pub(in crate::studio) fn place(text: &str, taken: &Taken) -> Option<Frame> {
    let columns = zh_columns(text) as f32 * 0.58 + 1.0;
    let anywhere = |above: f32| {
        HEIGHTS.into_iter().find_map(|height| {
            let h = height * taken.unit();
            taken.room_with(columns * h, h, above, From::Foot)
        })
    };
    taken.beside_button(columns).or_else(|| anywhere(AIR_ABOVE)).or_else(|| anywhere(AIR))
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
        let shape = |classes: &[&str], [x, y, width, height]: [f32; 4]| Placed {
            kind: PlacedKind::Shape,
            classes: classes.iter().map(|class| (*class).to_owned()).collect(),
            x,
            y,
            width,
            height,
            line_height: 0.0,
            lines: 0,
        };
        let card = |y, height| shape(&["slot", "list", "card", "page"], [40.0, y, sheet.w() - 80.0, height]);
        let placed = |card: Placed| place("¥199", &Taken::of(&[card], &draft, None, &sheet));
        let half = sheet.h() * 0.5;
        let above = placed(card(half, half)).expect("room above the card");
        assert!(above.bottom() < half && above.right() < sheet.w());
        assert_eq!(placed(card(0.0, sheet.h())), None);

        let button = shape(&["cta", "page"], [600.0, 900.0, 360.0, 80.0]);
        let beside = placed(button).expect("room beside the button");
        let is_same = |a: f32, b: f32| (a - b).abs() < 0.01;
        assert!(is_same(beside.y, 900.0) && is_same(beside.h, 80.0), "on one line with it");
        assert!(beside.right() < 600.0);
    }
}
