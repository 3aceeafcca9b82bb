//! HTML and CSS templates with design tokens, turned into pixels.
//!
//! This room knows how to set type and place pictures; it does not know what a poster is. A
//! [`Scene`] arrives with its markup already filled in, its pictures attached under names, and
//! leaves as pixels or as a list of placed boxes. Nothing here opens a file or an address: a
//! picture that was not attached does not exist.

mod fonts;
mod icons;
mod placement;
mod scene;
mod takumi;
mod template;

#[cfg(test)]
mod tests;

pub use fonts::{FontLibrary, Unprintable};
pub use icons::icon_svg;
pub use placement::{Placed, PlacedKind};
pub use scene::{ComposeError, Composer, Picture, Scene};
pub use takumi::{COMPOSER_VERSION, TakumiComposer};
pub use template::{TemplateError, Templates};
