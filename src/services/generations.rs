//! Making, cancelling, retrying, renaming and deleting sets.
