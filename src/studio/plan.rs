//! What all posters of one set share.

use super::{sight::Sight, theme::Theme};
use crate::domain::{PosterFormat, SetStyle, report::ProductReport};

/// Everything that is decided once per set: what is said, how it looks, what the camera saw.
#[derive(Clone, Debug)]
pub struct SetPlan {
    pub(super) report: ProductReport,
    pub(super) style: SetStyle,
    pub(super) format: PosterFormat,
    pub(super) seed: u64,
    pub(super) theme: Theme,
    pub(super) sight: Sight,
}

impl SetPlan {
    /// The product's name on one line: what `productname.txt` holds.
    pub fn product_name(&self) -> &str {
        &self.report.product.name.zh
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
