//! Finished posters as marketplaces want them: which pictures, how large, by which rules.
//!
//! [`markets`] reads the packs, which are dated data files; [`plan_pack`] says which files a pack
//! consists of; [`finish`] brings one picture into its slot's size and byte budget and measures it;
//! [`check`] holds what was measured against the rules. Nothing here reads or writes a file.
//!
//! To add a marketplace, add a file to `data/assets/markets`: nothing else.

mod detail;
mod finish;
mod market;
mod pack;
mod rules;

pub use detail::slices;
pub use finish::{FILL, Finished, QUALITIES, finish, white_main};
pub use market::{Market, PictureKind, Region, Rule, RuleKind, Severity, Slot, SourceClass, Words, market, markets};
pub use pack::{PlannedFile, Subject, file_name, plan_pack};
pub use rules::{Facts, Finding, Outcome, check, worst};
