//! Haibao (海报): one product photo and a description in, a complete bilingual set of e-commerce
//! posters out, live, and not a credit lost.
//!
//! The rooms below are layered; a lower one never imports a higher one (`tests/it/architecture.rs`
//! checks it). `docs/ARCHITECTURE.md` draws the plan.

// layer 0: pure rules, and time and randomness as parameters
pub mod clock;
pub mod domain;
pub mod ids;
// layer 1: one outside thing each
pub mod composer;
pub mod config;
pub mod database;
pub mod events;
pub mod ledger;
pub mod mail;
pub mod payments;
pub mod providers;
pub mod storage;
pub mod webhooks;
#[doc(inline)]
pub use ::imaging;
// layer 2: taste
pub mod exports;
pub mod studio;
// layer 3: durable work
pub mod engine;
// layer 4: use cases
pub mod services;
// layer 5: the faces
pub mod graphql;
pub mod http;
// layer 6: the choice of implementations
pub mod app;
pub mod cli;
