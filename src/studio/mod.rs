//! What makes a good poster: report, style, plan, plate, composition, check.
//!
//! One [`Brief`] becomes one [`SetPlan`], made once and shared by all ten posters so that they look
//! like one set; [`Studio::paint`] then makes each poster on its own, in any order and in parallel.

mod bible;
mod brief;
mod compose;
mod contrast;
mod cores;
mod edit;
mod fit;
mod label;
mod language;
mod layouts;
mod order;
mod plan;
pub mod prompt;
mod reading;
mod recipe;
mod recompose;
pub mod report;
mod sheet;
mod sight;
mod slots;
mod style;
mod theme;
mod typeset;
mod views;
mod workshop;

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod tests;

pub use bible::{AVOID_MAX, Light, SetBible};
pub use brief::{Brief, BriefPhoto, PaintedPoster, StudioError};
pub use edit::{
    Changes, CopyChange, CopyError, CopyLine, CopyRole, Development, EditBase, EditOrder, EditPatch, EditRefusal,
    EditedPoster, Ground, Hex, HiddenLayer, KnownMask, LanguageChange, PaletteChange, PatchPlace, Placing,
    is_composable, known_masks_of,
};
pub use label::{Labels, Origin, PRODUCER_CHARS_MAX};
pub use language::Language;
pub use order::Commission;
pub use plan::SetPlan;
pub use reading::{THOUGHT_VERSION, Thought};
pub use recipe::{Recipe, RecipeError, notes_of};
pub use recompose::Remake;
pub use slots::{MUST_SHOW_MAX, SlotPlan};
pub use workshop::Studio;
