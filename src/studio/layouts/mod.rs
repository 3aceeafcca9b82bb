//! The ten layouts: what stands where, and which words of the report are set.
//!
//! A layout decides geometry and picks words; it never draws and never invents. Each has one file,
//! one template `NAME.html` and one style sheet `NAME.css` in the composer's templates. To change a
//! layout, its three files are all there is to touch; measures in style sheets are in `rem` (10 px
//! on a 1080 × 1920 poster), boxes of slots are in thousandths of the page.
//!
//! Every layout works with a cut-out and without one: where the product could not be cut out, its
//! photo stands in a window, and a window always looks tidy.

mod concept;
mod detail_design;
mod detail_function;
mod detail_material;
mod detail_trust;
mod guide;
mod hero;
mod lifestyle;
mod specifications;
mod story;

use serde_json::{Value, json};

use super::{
    plan::SetPlan,
    sheet::{Frame, Shape, Sheet},
    typeset,
};
use crate::domain::{
    Dimension,
    report::{Bilingual, Parameter, SellingPoint, zh_columns},
};

/// Where the pixels of a window come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    /// The photo, cropped to the window around the product.
    Photo,
    /// The n-th detail of the product.
    Detail(usize),
}

/// A hole that shows a part of a photo.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) name: &'static str,
    pub(super) frame: Frame,
    pub(super) source: Source,
}

/// Where the cut-out product stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stand {
    /// The product is fitted into this box.
    pub(super) frame: Frame,
    /// On the bottom edge of the box with a shadow, or floating in its middle.
    pub(super) grounded: bool,
    /// May run over the edge of the poster.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests hold the others to the edge"))]
    pub(super) bleeds: bool,
}

/// One poster before anything is painted.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// The names of `NAME.html` and `NAME.css`.
    pub(super) template: &'static str,
    /// Boxes that hold words, by name.
    pub(super) slots: Vec<(&'static str, Frame)>,
    /// The product, when there is a cut-out.
    pub(super) stand: Option<Stand>,
    /// Parts of photos.
    pub(super) windows: Vec<Window>,
    /// What the template reads as `t`.
    pub(super) words: Value,
    /// Lines and dots drawn by coordinates: what the template reads as `marks`.
    pub(super) marks: Value,
    /// Which arrangement this is: classes of the page that its style sheet knows.
    pub(super) variant: &'static str,
}

impl Draft {
    /// The share of its height, at the top and at the bottom, in which the large view of this poster
    /// fades into the ground.
    pub(super) fn fades(&self, sheet: &Sheet) -> [f32; 2] {
        match (self.template, self.variant) {
            ("detail_design", _) if sheet.shape == Shape::Wide => [0.0; 2],
            ("detail_design", "below") => [0.22, 0.0],
            ("detail_design", _) => [0.0, 0.22],
            _ => [0.0; 2],
        }
    }
}

/// Lays out one poster of a set.
pub(super) fn draft(dimension: Dimension, plan: &SetPlan, sheet: &Sheet) -> Draft {
    let desk = Desk { plan, sheet };
    match dimension {
        Dimension::Hero => hero::draft(&desk),
        Dimension::Lifestyle => lifestyle::draft(&desk),
        Dimension::Concept => concept::draft(&desk),
        Dimension::DetailDesign => detail_design::draft(&desk),
        Dimension::DetailMaterial => detail_material::draft(&desk),
        Dimension::DetailFunction => detail_function::draft(&desk),
        Dimension::DetailTrust => detail_trust::draft(&desk),
        Dimension::BrandStory => story::draft(&desk),
        Dimension::Specifications => specifications::draft(&desk),
        Dimension::Guide => guide::draft(&desk),
    }
}

/// What a layout works with.
struct Desk<'a> {
    plan: &'a SetPlan,
    sheet: &'a Sheet,
}

impl Desk<'_> {
    /// One of `count` arrangements of a poster, chosen by the set's seed: two products in one style
    /// must not look alike.
    fn variant(&self, dimension: Dimension, count: u64) -> u64 {
        // A multiplier with well-spread bits; the low bits of the product are the weak ones.
        let mixed = (self.plan.seed ^ (dimension.index() as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed >> 33) % count.max(1)
    }

    /// The same place on the other side of the page.
    fn mirrored(&self, frame: Frame) -> Frame {
        Frame { x: self.sheet.w() - frame.right(), ..frame }
    }

    fn has_cut_out(&self) -> bool {
        self.plan.sight.product.is_some()
    }

    /// Width ÷ height of the cut-out.
    fn product_aspect(&self) -> f32 {
        self.plan.sight.product.as_ref().map_or(1.0, super::sight::Product::aspect)
    }

    fn has_details(&self, count: usize) -> bool {
        self.plan.sight.details.len() >= count
    }

    /// Where the product ends up inside a stand's box.
    fn placed(&self, stand: Stand) -> Frame {
        self.plan.sight.placed(stand)
    }

    fn capitals(&self) -> bool {
        self.plan.theme.has_latin_capitals()
    }

    fn en(&self, text: &str) -> String {
        typeset::cased(text, self.capitals())
    }

    /// The product's outline at a height of the page: its left and right edge in pixels.
    fn edges(&self, anchor: Frame, y: f32) -> (f32, f32) {
        let across = self
            .plan
            .sight
            .product
            .as_ref()
            .map_or((0.0, 1.0), |product| product.edges((y - anchor.y) / anchor.h.max(1.0)));
        (anchor.x + anchor.w * across.0, anchor.x + anchor.w * across.1)
    }

    /// Up to `most` short figures of the report, the seller's own words for them.
    fn figures(&self, most: usize) -> Vec<&Parameter> {
        let short = |parameter: &&Parameter| {
            let value = parameter.display().zh;
            zh_columns(&value) <= 7 && value.chars().any(|c| c.is_ascii_digit())
        };
        self.plan.report.parameters.iter().filter(short).take(most).collect()
    }

    fn figure_data(&self, parameter: &Parameter) -> Value {
        json!({ "key": self.pair(&parameter.key), "value": parameter.display().zh })
    }

    #[expect(clippy::unused_self, reason = "read as a word of the desk, like its neighbours")]
    fn pair(&self, text: &Bilingual) -> Value {
        typeset::pair(text, false)
    }

    /// The n-th selling point, if the report has so many.
    fn point(&self, index: usize) -> Option<&SellingPoint> {
        self.plan.report.selling_points.get(index)
    }

    /// The n-th selling point, starting over where the report has fewer.
    fn point_around(&self, index: usize) -> Option<&SellingPoint> {
        let points = &self.plan.report.selling_points;
        points.get(index).or_else(|| points.get(index % points.len().max(1)))
    }

    /// The selling points at these places, as far as the report has them; their titles are broken
    /// into lines of at most `ems` characters' width.
    ///
    /// Each poster names an order of its own, so that a set says as much as it can before it says
    /// anything twice.
    fn points(&self, order: &[usize], count: usize, ems: f32) -> Vec<Value> {
        let points = &self.plan.report.selling_points;
        let picked = order.iter().filter_map(|index| points.get(*index)).take(count).enumerate();
        picked.map(|(index, point)| self.point_data(index, point, ems)).collect()
    }

    /// Which of the product's details this poster shows at its n-th window: each poster starts at
    /// another one.
    fn detail(&self, first: usize, n: usize) -> Source {
        Source::Detail((first + n) % self.plan.sight.details.len().max(1))
    }

    fn point_data(&self, index: usize, point: &SellingPoint, ems: f32) -> Value {
        json!({
            "n": index + 1,
            "zh": typeset::bare(&point.title.zh),
            "lines": typeset::wrapped(&point.title.zh, &self.plan.report.product.noun.zh, ems),
            "en": point.title.en,
            "detail": self.pair(&point.detail),
            "icon": point.icon.code(),
        })
    }

    fn brand(&self) -> Value {
        let brand = &self.plan.report.brand;
        let zh = brand.zh.clone().unwrap_or_default();
        let en = brand.en.clone().unwrap_or_default();
        if zh.is_empty() && en.is_empty() {
            let product = &self.plan.report.product;
            json!({ "zh": "", "en": self.en(product.category.title_en().unwrap_or(&product.noun.en)) })
        } else {
            json!({ "zh": zh, "en": en })
        }
    }

    fn spec(&self) -> String {
        self.plan.report.product.spec.clone().unwrap_or_default()
    }

    /// A headline in the width of a slot, at most `largest` rem high.
    fn headline(&self, text: &Bilingual, slot: Frame, largest: f32, lines_max: usize) -> Value {
        let tracking = self.plan.theme.tracking();
        let largest = largest * self.plan.changes.title_share();
        let room = typeset::Room { width: slot.w / self.sheet.rem * 0.955, sizes: (largest, 4.8), lines_max, tracking };
        let text = self.plan.changes.title(text);
        typeset::Headline::fit(&text.zh, &self.plan.report.product.noun.zh, room).data(&self.en(&text.en))
    }
}
