//! Recharges: create, cancel, settle.
