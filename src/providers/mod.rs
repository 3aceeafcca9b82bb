//! Image and text models: one seam each, the dialects that speak to vendors, and what stands between
//! them and the rest: gates (how much at once), the order of preference, and honest failure classes.
//!
//! Everything here speaks to machines that belong to others. So: every answer is capped, sniffed and
//! classified; no text of a vendor reaches a client; a call whose fate is unknown is never repeated
//! blindly, because it may have been billed.

mod budget;
mod call;
mod dialect;
mod error;
mod gate;
pub mod image;
pub mod text;
pub mod wire;

pub use budget::Budget;
pub use call::{AttemptEnd, AttemptLog, AttemptLogError, AttemptStart, CallContext, NoAttemptLog, OpenAttempt, Usage};
pub use dialect::DialectError;
pub use error::{FailureClass, ProviderError};
pub use gate::Gate;
