//! Lets the audit walk from a hold to all of its ledger lines: the partial indexes cover each kind
//! alone, and without this one the check reads the whole ledger once for every hold.

use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// On SQLite too: a half-applied migration must not stay.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, &["CREATE INDEX ledger_entries_hold ON ledger_entries (hold_id)"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, &["DROP INDEX ledger_entries_hold"]).await
    }
}
