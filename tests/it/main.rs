//! Every integration test, in one binary: one link instead of one for each file.
//!
//! `support` starts what a test needs (a database of its own on SQLite or PostgreSQL). To add a
//! subject, add a file and a line below.

mod architecture;
#[cfg(debug_assertions)]
mod awaits;
mod books;
mod codes;
mod doctor;
mod doctor_models;
mod dropped;
mod edits;
mod edits_vendor;
mod exports;
mod generation;
mod housekeeping;
mod kill;
mod ledger_model;
mod ledger_races;
mod main_job;
mod migrations;
#[cfg(feature = "redis")]
mod nodes;
mod payments;
mod payments_interop;
mod payments_kill;
mod payments_storm;
mod steps;
mod support;
mod turns;
mod vendor_faults;
mod vendor_shapes;
mod vendor_tasks;
mod vendors;
