//! Chains the audit log: each line carries a hash over itself and the line before, and one row keeps the
//! newest hash, so that a line that was changed, taken out or put in is noticed, the last one included.
//!
//! Lines from before have no hash of their own; the first line after them begins with one over all of them.

use sea_orm_migration::prelude::*;

use crate::dialect::{self, Refusal};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const REFUSALS: [Refusal; 3] = [
    Refusal {
        name: "audit_log_is_chained",
        table: "audit_log",
        operation: "INSERT",
        when: "NEW.seq IS NULL OR NEW.hash IS NULL",
        message: "a line of the audit log belongs to the chain",
    },
    Refusal {
        name: "audit_head_follows_log",
        table: "audit_head",
        operation: "UPDATE",
        when: "NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 OR NOT EXISTS (SELECT 1 FROM audit_log a WHERE a.seq = NEW.seq AND a.hash = NEW.hash)",
        message: "the head of the audit log moves on by one line",
    },
    Refusal {
        name: "audit_head_never_deleted",
        table: "audit_head",
        operation: "DELETE",
        when: "1 = 1",
        message: "the head of the audit log is never deleted",
    },
];

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
                "ALTER TABLE audit_log ADD COLUMN seq {int}",
                "ALTER TABLE audit_log ADD COLUMN hash TEXT",
                "CREATE UNIQUE INDEX audit_log_seq ON audit_log (seq) WHERE seq IS NOT NULL",
                "CREATE TABLE audit_head (
                    id {int} PRIMARY KEY NOT NULL CONSTRAINT audit_head_single CHECK (id = 1),
                    seq {int} NOT NULL,
                    hash TEXT NOT NULL
                )",
                "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '')",
            ],
        )
        .await?;
        dialect::refuse(manager, &REFUSALS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let triggers: Vec<(&str, &str)> = REFUSALS.iter().map(|refusal| (refusal.name, refusal.table)).collect();
        dialect::allow_again(manager, &triggers).await?;
        dialect::run(
            manager,
            &[
                "DROP TABLE audit_head",
                "DROP INDEX audit_log_seq",
                "ALTER TABLE audit_log DROP COLUMN hash",
                "ALTER TABLE audit_log DROP COLUMN seq",
            ],
        )
        .await
    }
}
