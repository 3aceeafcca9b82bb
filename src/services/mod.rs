//! Use cases: each owns its transaction and takes the viewer first.
