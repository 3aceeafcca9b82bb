//! The engine's tables: the event log, the job queue and what was asked of providers.

use sea_orm_migration::prelude::*;

use crate::dialect::{self, Refusal};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const REFUSALS: [Refusal; 2] = [
    Refusal {
        name: "events_never_updated",
        table: "events",
        operation: "UPDATE",
        when: "1 = 1",
        message: "events is append-only",
    },
    Refusal {
        name: "events_never_deleted",
        table: "events",
        operation: "DELETE",
        when: "1 = 1",
        message: "events is append-only",
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
                "CREATE TABLE events (
                    id {pk},
                    generation_id TEXT NOT NULL REFERENCES generations (id),
                    seq {int} NOT NULL,
                    kind TEXT NOT NULL,
                    payload TEXT NOT NULL,
                    at_ms {int} NOT NULL
                )",
                "CREATE UNIQUE INDEX events_seq ON events (generation_id, seq)",
                "CREATE TABLE jobs (
                    id {pk},
                    kind TEXT NOT NULL,
                    user_id {int} NOT NULL REFERENCES users (id),
                    generation_id TEXT NOT NULL REFERENCES generations (id),
                    poster_id {int} REFERENCES posters (id),
                    edit_id {int} REFERENCES edits (id),
                    hold_id {int} REFERENCES holds (id),
                    state TEXT NOT NULL,
                    attempt {int} NOT NULL DEFAULT 0,
                    failures {int} NOT NULL DEFAULT 0,
                    interruptions {int} NOT NULL DEFAULT 0,
                    run_after_ms {int} NOT NULL,
                    lease_owner TEXT,
                    lease_until_ms {int},
                    created_at_ms {int} NOT NULL,
                    finished_at_ms {int}
                )",
                "CREATE INDEX jobs_due ON jobs (run_after_ms, id) WHERE state = 'queued'",
                "CREATE INDEX jobs_leased ON jobs (lease_until_ms) WHERE state = 'running'",
                "CREATE INDEX jobs_generation ON jobs (generation_id)",
                "CREATE UNIQUE INDEX jobs_one_live_per_hold ON jobs (hold_id) WHERE state IN ('queued', 'running') AND hold_id IS NOT NULL",
                "CREATE TABLE provider_attempts (
                    id {pk},
                    job_id {int} NOT NULL REFERENCES jobs (id),
                    hold_id {int} REFERENCES holds (id),
                    provider TEXT NOT NULL,
                    outcome TEXT NOT NULL,
                    request_id TEXT,
                    cost_microusd {int} NOT NULL DEFAULT 0,
                    started_at_ms {int} NOT NULL,
                    finished_at_ms {int} NOT NULL
                )",
                "CREATE INDEX provider_attempts_job ON provider_attempts (job_id)",
            ],
        )
        .await?;
        dialect::refuse(manager, &REFUSALS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let triggers: Vec<(&str, &str)> = REFUSALS.iter().map(|refusal| (refusal.name, refusal.table)).collect();
        dialect::allow_again(manager, &triggers).await?;
        dialect::run(manager, &["DROP TABLE provider_attempts", "DROP TABLE jobs", "DROP TABLE events"]).await
    }
}
