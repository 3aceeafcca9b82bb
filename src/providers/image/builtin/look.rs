//! What the seven visual styles mean for a painted background.

use crate::domain::VisualStyle;

/// Shadows that something outside the picture throws on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gobo {
    None,
    /// Panes of a window.
    Window,
    /// Long leaves.
    Leaves,
}

/// The figure behind the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backdrop {
    None,
    /// A niche with a round top.
    Arch,
    /// One disc.
    Disc,
    /// Thin rings with ticks, as on an instrument.
    Dial,
    /// A glowing ring.
    Neon,
    /// Washes of paint.
    Wash,
}

/// The recipe of one style.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) gobo: Gobo,
    pub(super) backdrop: Backdrop,
    pub(super) has_podium: bool,
    pub(super) has_grid: bool,
    /// Standard deviation of the film grain, in 1/255.
    pub(super) grain: f32,
    /// How dark the corners become, 0–1.
    pub(super) vignette: f32,
    /// How strongly paper fibre or fabric shows, 0–1.
    pub(super) fibre: f32,
}

impl Look {
    pub(super) const fn of(style: VisualStyle) -> Self {
        match style {
            VisualStyle::Magazine => Self {
                gobo: Gobo::Window,
                backdrop: Backdrop::Arch,
                has_podium: true,
                has_grid: false,
                grain: 1.6,
                vignette: 0.0,
                fibre: 0.35,
            },
            VisualStyle::Watercolor => Self {
                gobo: Gobo::None,
                backdrop: Backdrop::Wash,
                has_podium: false,
                has_grid: false,
                grain: 1.4,
                vignette: 0.0,
                fibre: 1.0,
            },
            VisualStyle::Tech => Self {
                gobo: Gobo::None,
                backdrop: Backdrop::Dial,
                has_podium: true,
                has_grid: true,
                grain: 1.2,
                vignette: 0.35,
                fibre: 0.0,
            },
            VisualStyle::Vintage => Self {
                gobo: Gobo::Window,
                backdrop: Backdrop::None,
                has_podium: true,
                has_grid: false,
                grain: 3.4,
                vignette: 0.13,
                fibre: 0.8,
            },
            VisualStyle::Minimal => Self {
                gobo: Gobo::None,
                backdrop: Backdrop::Disc,
                has_podium: true,
                has_grid: false,
                grain: 0.9,
                vignette: 0.0,
                fibre: 0.0,
            },
            VisualStyle::Cyber => Self {
                gobo: Gobo::None,
                backdrop: Backdrop::Neon,
                has_podium: true,
                has_grid: true,
                grain: 1.6,
                vignette: 0.45,
                fibre: 0.0,
            },
            VisualStyle::Organic => Self {
                gobo: Gobo::Leaves,
                backdrop: Backdrop::Disc,
                has_podium: true,
                has_grid: false,
                grain: 1.8,
                vignette: 0.0,
                fibre: 0.7,
            },
        }
    }
}
