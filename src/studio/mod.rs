//! What makes a good poster: report, style, plan, plate, composition, check.
//!
//! One [`Brief`] becomes one [`SetPlan`], made once and shared by all ten posters so that they look
//! like one set; [`Studio::paint`] then makes each poster on its own, in any order and in parallel.

mod brief;
mod plan;
pub mod report;
mod workshop;

pub use brief::{Brief, PaintedPoster, StudioError};
pub use plan::SetPlan;
pub use workshop::Studio;
