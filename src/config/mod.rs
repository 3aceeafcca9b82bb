//! Settings: one section per file, defaults embedded and commented.
