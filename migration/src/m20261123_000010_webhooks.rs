//! Partners' web hooks: where to tell them, what there is to tell, and how each try went.

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
                "CREATE TABLE webhook_endpoints (
                    id {pk},
                    user_id {int} NOT NULL REFERENCES users (id),
                    url TEXT NOT NULL,
                    description TEXT NOT NULL,
                    kinds TEXT NOT NULL,
                    secret_sealed TEXT NOT NULL,
                    previous_secret_sealed TEXT,
                    previous_until_ms {int},
                    failing_since_ms {int},
                    disabled_at_ms {int},
                    disabled_reason TEXT,
                    created_at_ms {int} NOT NULL,
                    deleted_at_ms {int}
                )",
                "CREATE INDEX webhook_endpoints_user ON webhook_endpoints (user_id)",
                "CREATE TABLE webhook_deliveries (
                    id {pk},
                    endpoint_id {int} NOT NULL REFERENCES webhook_endpoints (id),
                    user_id {int} NOT NULL REFERENCES users (id),
                    kind TEXT NOT NULL,
                    source TEXT NOT NULL,
                    payload TEXT,
                    state TEXT NOT NULL,
                    attempt {int} NOT NULL DEFAULT 0,
                    failures {int} NOT NULL DEFAULT 0,
                    run_after_ms {int} NOT NULL,
                    lease_until_ms {int},
                    created_at_ms {int} NOT NULL,
                    finished_at_ms {int}
                )",
                // What happened once is told once to each endpoint, however often it is queued.
                "CREATE UNIQUE INDEX webhook_deliveries_once ON webhook_deliveries (endpoint_id, source)",
                "CREATE INDEX webhook_deliveries_due ON webhook_deliveries (run_after_ms) WHERE state = 'queued'",
                "CREATE INDEX webhook_deliveries_running ON webhook_deliveries (endpoint_id) WHERE state = 'running'",
                "CREATE TABLE webhook_attempts (
                    id {pk},
                    delivery_id {int} NOT NULL REFERENCES webhook_deliveries (id),
                    at_ms {int} NOT NULL,
                    duration_ms {int} NOT NULL,
                    outcome TEXT NOT NULL,
                    status INTEGER
                )",
                "CREATE INDEX webhook_attempts_delivery ON webhook_attempts (delivery_id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &["DROP TABLE webhook_attempts", "DROP TABLE webhook_deliveries", "DROP TABLE webhook_endpoints"],
        )
        .await
    }
}
