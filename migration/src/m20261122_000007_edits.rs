//! What editing needs: numbers of edits that are never given twice, the picture that a poster shows
//! and a set has as its cover, and the lossless masters.

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
                "ALTER TABLE posters ADD COLUMN next_edit_ordinal {int} NOT NULL DEFAULT 0",
                // No foreign key: revisions name posters already, and a circle could not be dropped.
                "ALTER TABLE posters ADD COLUMN current_revision_id {int}",
                "ALTER TABLE generations ADD COLUMN cover_revision_id {int}",
                "ALTER TABLE edits ADD COLUMN ordinal {int}",
                // What exactly could not be done, as the studio writes it; texts for people are made of it.
                "ALTER TABLE edits ADD COLUMN refusal TEXT",
                "ALTER TABLE revisions ADD COLUMN master_sha256 TEXT",
                "CREATE UNIQUE INDEX revisions_edit ON revisions (edit_id) WHERE edit_id IS NOT NULL",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "DROP INDEX revisions_edit",
                "ALTER TABLE revisions DROP COLUMN master_sha256",
                "ALTER TABLE edits DROP COLUMN refusal",
                "ALTER TABLE edits DROP COLUMN ordinal",
                "ALTER TABLE generations DROP COLUMN cover_revision_id",
                "ALTER TABLE posters DROP COLUMN current_revision_id",
                "ALTER TABLE posters DROP COLUMN next_edit_ordinal",
            ],
        )
        .await
    }
}
