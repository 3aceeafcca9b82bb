//! Payment channels.
