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
    /// A tall panel leaning on the wall.
    Panel,
    /// Columns of light.
    Beams,
    /// Upright neon tubes.
    Tubes,
    /// A sun with rays, as on an old print.
    Sun,
}

/// What lies on a sheet that only carries words and photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ornament {
    /// Nothing but light.
    Plain,
    /// Washes in two corners.
    Washes,
    /// A fine grid that fades, with one light.
    Grid,
    /// A grid, scan lines and coloured light at two corners.
    Neon,
    /// Light that leaked into the film, and darkened edges.
    Film,
    /// One thin circle, running off the page.
    Circle,
    /// Flecks of fibre and the shadow of leaves.
    Leaves,
    /// Panes of window light.
    Window,
}

/// The recipe of one style.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) gobo: Gobo,
    /// The figures to choose from; one set has one.
    pub(super) backdrops: &'static [Backdrop],
    pub(super) ornament: Ornament,
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
                backdrops: &[Backdrop::Arch, Backdrop::Panel, Backdrop::Disc],
                ornament: Ornament::Window,
                has_podium: true,
                has_grid: false,
                grain: 1.6,
                vignette: 0.0,
                fibre: 0.35,
            },
            VisualStyle::Watercolor => Self {
                gobo: Gobo::None,
                backdrops: &[Backdrop::Wash],
                ornament: Ornament::Washes,
                has_podium: false,
                has_grid: false,
                grain: 1.4,
                vignette: 0.0,
                fibre: 1.0,
            },
            VisualStyle::Tech => Self {
                gobo: Gobo::None,
                backdrops: &[Backdrop::Dial, Backdrop::Beams],
                ornament: Ornament::Grid,
                has_podium: true,
                has_grid: true,
                grain: 1.2,
                vignette: 0.35,
                fibre: 0.0,
            },
            VisualStyle::Vintage => Self {
                gobo: Gobo::Window,
                backdrops: &[Backdrop::Sun, Backdrop::None, Backdrop::Arch],
                ornament: Ornament::Film,
                has_podium: true,
                has_grid: false,
                grain: 3.4,
                vignette: 0.13,
                fibre: 0.8,
            },
            VisualStyle::Minimal => Self {
                gobo: Gobo::None,
                backdrops: &[Backdrop::Disc, Backdrop::Panel, Backdrop::Arch],
                ornament: Ornament::Circle,
                has_podium: true,
                has_grid: false,
                grain: 0.9,
                vignette: 0.0,
                fibre: 0.0,
            },
            VisualStyle::Cyber => Self {
                gobo: Gobo::None,
                backdrops: &[Backdrop::Neon, Backdrop::Tubes],
                ornament: Ornament::Neon,
                has_podium: true,
                has_grid: true,
                grain: 1.6,
                vignette: 0.45,
                fibre: 0.0,
            },
            VisualStyle::Organic => Self {
                gobo: Gobo::Leaves,
                backdrops: &[Backdrop::Disc, Backdrop::Arch],
                ornament: Ornament::Leaves,
                has_podium: true,
                has_grid: false,
                grain: 1.8,
                vignette: 0.0,
                fibre: 0.7,
            },
        }
    }
}
