//! People: users (the specification's columns first), their sign-ins, API keys and the audit log.

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
                "CREATE TABLE users (
                    id {pk},
                    email TEXT UNIQUE NOT NULL,
                    credits {int} DEFAULT 0 NOT NULL CONSTRAINT users_credits_not_negative CHECK (credits >= 0),
                    frozen {int} DEFAULT 0 NOT NULL CONSTRAINT users_frozen_not_negative CHECK (frozen >= 0),
                    wallet_version {int} DEFAULT 0 NOT NULL,
                    created_at_ms {int} DEFAULT 0 NOT NULL
                )",
                "CREATE TABLE sign_in_sessions (
                    id TEXT PRIMARY KEY NOT NULL,
                    user_id {int} NOT NULL REFERENCES users (id),
                    created_at_ms {int} NOT NULL,
                    expires_at_ms {int} NOT NULL,
                    revoked_at_ms {int}
                )",
                "CREATE INDEX sign_in_sessions_user ON sign_in_sessions (user_id)",
                "CREATE TABLE api_keys (
                    id {pk},
                    user_id {int} NOT NULL REFERENCES users (id),
                    prefix TEXT NOT NULL UNIQUE,
                    secret_sha256 TEXT NOT NULL,
                    name TEXT NOT NULL,
                    scopes TEXT NOT NULL,
                    created_at_ms {int} NOT NULL,
                    expires_at_ms {int},
                    last_used_at_ms {int},
                    revoked_at_ms {int}
                )",
                "CREATE INDEX api_keys_user ON api_keys (user_id)",
                "CREATE TABLE audit_log (
                    id {pk},
                    at_ms {int} NOT NULL,
                    actor TEXT NOT NULL,
                    action TEXT NOT NULL,
                    object TEXT NOT NULL,
                    outcome TEXT NOT NULL,
                    address TEXT
                )",
            ],
        )
        .await?;
        dialect::refuse(
            manager,
            &[
                dialect::Refusal {
                    name: "audit_log_never_updated",
                    table: "audit_log",
                    operation: "UPDATE",
                    when: "1 = 1",
                    message: "audit_log is append-only",
                },
                dialect::Refusal {
                    name: "audit_log_never_deleted",
                    table: "audit_log",
                    operation: "DELETE",
                    when: "1 = 1",
                    message: "audit_log is append-only",
                },
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::allow_again(
            manager,
            &[("audit_log_never_updated", "audit_log"), ("audit_log_never_deleted", "audit_log")],
        )
        .await?;
        dialect::run(
            manager,
            &["DROP TABLE audit_log", "DROP TABLE api_keys", "DROP TABLE sign_in_sessions", "DROP TABLE users"],
        )
        .await
    }
}
