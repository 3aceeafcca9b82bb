//! Haibao's schema changes. One file per subject and change; a file that has landed is frozen: a
//! later change is a new file.
//!
//! The statements are written out in SQL because the specification fixes the column types that
//! `PRAGMA table_info` must show; `dialect` holds the few words in which the two databases differ.

#![allow(missing_docs, reason = "migration types are found by name in the list below")]

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod dialect;
mod m20261122_000001_accounts;
mod m20261122_000002_work;
mod m20261122_000003_money;
mod m20261122_000004_events_and_jobs;
mod m20261122_000005_audit_index;
mod m20261122_000006_vendors;
mod m20261122_000007_edits;
mod m20261122_000008_payments;
mod m20261122_000009_audit_chain;
mod m20261123_000010_webhooks;
mod m20261123_000011_people;

/// Runs every migration in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_accounts::Migration),
            Box::new(m20261122_000002_work::Migration),
            Box::new(m20261122_000003_money::Migration),
            Box::new(m20261122_000004_events_and_jobs::Migration),
            Box::new(m20261122_000005_audit_index::Migration),
            Box::new(m20261122_000006_vendors::Migration),
            Box::new(m20261122_000007_edits::Migration),
            Box::new(m20261122_000008_payments::Migration),
            Box::new(m20261122_000009_audit_chain::Migration),
            Box::new(m20261123_000010_webhooks::Migration),
            Box::new(m20261123_000011_people::Migration),
        ]
    }
}
