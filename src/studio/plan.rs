//! What all posters of one set share.

use std::sync::Arc;

use super::{
    BriefPhoto, Changes, bible::SetBible, prompt, reading::Thought, sight::Sight, slots::SlotPlan, style, theme::Theme,
    views::Views,
};
use crate::domain::{Composition, Dimension, PosterFormat, SetStyle, StyleChoice, report::ProductReport};

/// Everything that is decided once per set: what is said, how it looks, what the camera saw.
#[derive(Clone, Debug)]
pub struct SetPlan {
    pub(super) product_name: String,
    pub(super) report: ProductReport,
    /// Shared: a plan is handed from future to future, and this would make each of them larger.
    pub(super) bible: Arc<SetBible>,
    /// Of the posters that were ordered; see [`SetPlan::slot`].
    pub(super) slots: Vec<SlotPlan>,
    /// Who paints what.
    pub(super) composition: Composition,
    pub(super) style: SetStyle,
    pub(super) format: PosterFormat,
    pub(super) seed: u64,
    pub(super) theme: Theme,
    /// What the poster in hand shows.
    pub(super) sight: Sight,
    /// All photos of the set.
    pub(super) views: Arc<Views>,
    /// The names of the photos' files, in the seller's order.
    pub(super) photo_sha256s: Vec<String>,
    /// What edits changed, where the plan is that of one edited poster.
    pub(super) changes: Arc<Changes>,
}

impl SetPlan {
    /// Settles everything that follows from these decisions.
    pub(super) fn new(
        thought: Thought,
        style: SetStyle,
        format: PosterFormat,
        seed: u64,
        views: Views,
        photos: &[BriefPhoto],
    ) -> Self {
        Self {
            product_name: thought.product_name,
            report: thought.report,
            bible: Arc::new(thought.bible),
            slots: thought.slots,
            composition: Composition::default(),
            style,
            format,
            seed,
            theme: Theme::new(style, views.palette()),
            sight: views.sight(Dimension::Hero),
            views: Arc::new(views),
            photo_sha256s: photos.iter().map(|photo| photo.sha256.clone()).collect(),
            changes: Arc::default(),
        }
    }

    /// The product's name on one line: what `productname.txt` holds.
    pub fn product_name(&self) -> &str {
        &self.product_name
    }

    /// The same plan put together in another way.
    #[must_use]
    pub fn composed(self, composition: Composition) -> Self {
        Self { composition, ..self }
    }

    /// What all pictures of the set share.
    pub fn bible(&self) -> &SetBible {
        &self.bible
    }

    /// What the picture of a dimension shows; one that was not planned follows from the rules.
    pub fn slot(&self, dimension: Dimension) -> SlotPlan {
        let planned = self.slots.iter().find(|slot| slot.dimension == dimension).cloned();
        planned.unwrap_or_else(|| SlotPlan::by_rules(dimension, &self.report, &self.bible))
    }

    /// The plan whose picture of this dimension shows what a seller wishes, in their words.
    pub(super) fn with_scene(self, dimension: Dimension, wish: &str) -> Self {
        let mut slot = self.slot(dimension);
        slot.scene = prompt::wished(wish);
        let mut slots: Vec<SlotPlan> = self.slots.into_iter().filter(|slot| slot.dimension != dimension).collect();
        slots.push(slot);
        Self { slots, ..self }
    }

    /// The plan with the photo that serves this dimension best.
    pub(super) fn seen_for(&self, dimension: Dimension) -> Self {
        let mut sight = self.views.sight(dimension);
        sight.placing = self.changes.product.unwrap_or_default();
        sight.page = self.format.size();
        Self { sight, ..self.clone() }
    }

    /// The same product and words in another look, without reading and measuring anything again.
    #[must_use]
    pub fn restyled(&self, choice: StyleChoice, format: PosterFormat, seed: u64) -> Self {
        let style = style::settle(choice, self.report.product.category, self.views.palette());
        let theme = Theme::new(style, self.views.palette());
        // Another look has another light: only what the same look was thought of stays.
        let bible = if style == self.style {
            Arc::clone(&self.bible)
        } else {
            Arc::new(SetBible::by_rules(style, self.report.product.category, &theme))
        };
        Self { bible, style, format, seed, theme, ..self.clone() }
    }

    /// The look of the set, now that it is settled.
    pub const fn style(&self) -> SetStyle {
        self.style
    }

    /// All that the posters may say.
    pub const fn report(&self) -> &ProductReport {
        &self.report
    }
}
