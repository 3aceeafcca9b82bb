//! Use cases: each owns its transaction and takes the viewer first.

pub mod sign_in;
