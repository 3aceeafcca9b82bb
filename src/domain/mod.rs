//! Pure rules: what a dimension, a revision, a session id, a price and a valid input are.
//!
//! Nothing here performs I/O, reads the clock or draws a random number; every other room may
//! import this one, and this one imports none of them.

mod category;
pub mod composition;
pub mod credits;
pub mod dimensions;
pub mod failures;
pub mod locale;
pub mod notes;
pub mod report;
pub mod revisions;
pub mod session_id;
pub mod styles;
pub mod validation;

pub use composition::Composition;
pub use dimensions::Dimension;
pub use failures::{FailureCode, PosterStage};
pub use locale::Locale;
pub use notes::PictureNote;
pub use revisions::RevisionName;
pub use session_id::SessionId;
pub use styles::{BilingualLayout, PosterFormat, SetStyle, StyleChoice, TypographyStyle, VisualStyle};
