//! The `haibao` binary.

fn main() {}
