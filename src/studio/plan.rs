//! What all posters of one set share.

use std::sync::Arc;

use super::{BriefPhoto, sight::Sight, style, theme::Theme, views::Views};
use crate::domain::{Dimension, PosterFormat, SetStyle, StyleChoice, report::ProductReport};

/// Everything that is decided once per set: what is said, how it looks, what the camera saw.
#[derive(Clone, Debug)]
pub struct SetPlan {
    pub(super) report: ProductReport,
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
}

impl SetPlan {
    /// Settles everything that follows from these decisions.
    pub(super) fn new(
        report: ProductReport,
        style: SetStyle,
        format: PosterFormat,
        seed: u64,
        views: Views,
        photos: &[BriefPhoto],
    ) -> Self {
        Self {
            report,
            style,
            format,
            seed,
            theme: Theme::new(style, views.palette()),
            sight: views.sight(Dimension::Hero),
            views: Arc::new(views),
            photo_sha256s: photos.iter().map(|photo| photo.sha256.clone()).collect(),
        }
    }

    /// The product's name on one line: what `productname.txt` holds.
    pub fn product_name(&self) -> &str {
        &self.report.product.name.zh
    }

    /// The plan with the photo that serves this dimension best.
    pub(super) fn seen_for(&self, dimension: Dimension) -> Self {
        Self { sight: self.views.sight(dimension), ..self.clone() }
    }

    /// The same product and words in another look, without reading and measuring anything again.
    #[must_use]
    pub fn restyled(&self, choice: StyleChoice, format: PosterFormat, seed: u64) -> Self {
        let style = style::settle(choice, self.report.product.category, self.views.palette());
        Self { style, format, seed, theme: Theme::new(style, self.views.palette()), ..self.clone() }
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
