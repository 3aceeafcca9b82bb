//! What working with vendors needs: calls that can be followed up after a crash, what a set was
//! planned with and painted by, and how a picture came to be.

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
        dialect::run(
            manager,
            &[
                "ALTER TABLE provider_attempts ADD COLUMN model TEXT NOT NULL DEFAULT ''",
                "ALTER TABLE provider_attempts ADD COLUMN purpose TEXT NOT NULL DEFAULT ''",
                "ALTER TABLE provider_attempts ADD COLUMN nonce TEXT NOT NULL DEFAULT ''",
                "ALTER TABLE provider_attempts ADD COLUMN reference TEXT",
                "ALTER TABLE provider_attempts ADD COLUMN maybe_billed {int} NOT NULL DEFAULT 0",
                "CREATE INDEX provider_attempts_spent ON provider_attempts (provider, started_at_ms)",
                "CREATE INDEX provider_attempts_hold ON provider_attempts (hold_id)",
                // Apart from generations: it is large, and lists of sets never need it.
                "CREATE TABLE set_plans (
                    generation_id TEXT PRIMARY KEY NOT NULL REFERENCES generations (id),
                    thought TEXT,
                    image_provider TEXT
                )",
                "ALTER TABLE generations ADD COLUMN composition TEXT NOT NULL DEFAULT 'typeset'",
                "ALTER TABLE revisions ADD COLUMN provider TEXT",
                "ALTER TABLE revisions ADD COLUMN consistency_percent {int}",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "ALTER TABLE revisions DROP COLUMN consistency_percent",
                "ALTER TABLE revisions DROP COLUMN provider",
                "ALTER TABLE generations DROP COLUMN composition",
                "DROP TABLE set_plans",
                "DROP INDEX provider_attempts_hold",
                "DROP INDEX provider_attempts_spent",
                "ALTER TABLE provider_attempts DROP COLUMN maybe_billed",
                "ALTER TABLE provider_attempts DROP COLUMN reference",
                "ALTER TABLE provider_attempts DROP COLUMN nonce",
                "ALTER TABLE provider_attempts DROP COLUMN purpose",
                "ALTER TABLE provider_attempts DROP COLUMN model",
            ],
        )
        .await
    }
}
