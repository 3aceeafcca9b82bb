//! The work: uploads, generations, posters, revisions and edits.

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
                "CREATE TABLE uploads (
                    id TEXT PRIMARY KEY NOT NULL,
                    user_id {int} NOT NULL REFERENCES users (id),
                    purpose TEXT NOT NULL,
                    mime TEXT NOT NULL,
                    width {int} NOT NULL,
                    height {int} NOT NULL,
                    byte_size {int} NOT NULL,
                    sha256 TEXT NOT NULL,
                    object_key TEXT NOT NULL,
                    created_at_ms {int} NOT NULL
                )",
                "CREATE INDEX uploads_user ON uploads (user_id, created_at_ms)",
                "CREATE TABLE generations (
                    id TEXT PRIMARY KEY NOT NULL,
                    user_id {int} NOT NULL REFERENCES users (id),
                    idempotency_key TEXT NOT NULL,
                    request_sha256 TEXT NOT NULL,
                    state TEXT NOT NULL,
                    product_name TEXT,
                    description TEXT NOT NULL,
                    photo_ids TEXT NOT NULL,
                    format TEXT NOT NULL,
                    requested_visual TEXT,
                    requested_typography TEXT,
                    requested_layout TEXT,
                    visual TEXT,
                    typography TEXT,
                    layout TEXT,
                    seed {int} NOT NULL,
                    last_seq {int} NOT NULL DEFAULT 0,
                    version {int} NOT NULL DEFAULT 0,
                    created_at_ms {int} NOT NULL,
                    finished_at_ms {int},
                    deleted_at_ms {int}
                )",
                // The one-task lock of the specification: a second active row is refused by the database itself.
                "CREATE UNIQUE INDEX generations_one_active_per_user ON generations (user_id) WHERE state IN ('queued', 'running')",
                "CREATE UNIQUE INDEX generations_idempotency ON generations (user_id, idempotency_key)",
                "CREATE INDEX generations_history ON generations (user_id, created_at_ms DESC, id DESC)",
                "CREATE TABLE posters (
                    id {pk},
                    generation_id TEXT NOT NULL REFERENCES generations (id),
                    user_id {int} NOT NULL REFERENCES users (id),
                    dimension INTEGER NOT NULL CHECK (dimension BETWEEN 0 AND 9),
                    state TEXT NOT NULL,
                    attempt {int} NOT NULL DEFAULT 1,
                    failure_code TEXT,
                    credits_captured {int} NOT NULL DEFAULT 0,
                    credits_released {int} NOT NULL DEFAULT 0,
                    version {int} NOT NULL DEFAULT 0
                )",
                "CREATE UNIQUE INDEX posters_dimension ON posters (generation_id, dimension)",
                "CREATE TABLE revisions (
                    id {pk},
                    poster_id {int} NOT NULL REFERENCES posters (id),
                    generation_id TEXT NOT NULL REFERENCES generations (id),
                    user_id {int} NOT NULL REFERENCES users (id),
                    edit_ordinal {int},
                    name TEXT NOT NULL,
                    file_name TEXT NOT NULL,
                    object_key TEXT NOT NULL,
                    width {int} NOT NULL,
                    height {int} NOT NULL,
                    byte_size {int} NOT NULL,
                    sha256 TEXT NOT NULL,
                    thumbhash TEXT,
                    base_revision_id {int} REFERENCES revisions (id),
                    edit_id {int},
                    hold_id {int},
                    created_at_ms {int} NOT NULL
                )",
                "CREATE UNIQUE INDEX revisions_name ON revisions (poster_id, name)",
                "CREATE INDEX revisions_generation ON revisions (generation_id)",
                "CREATE UNIQUE INDEX revisions_hold ON revisions (hold_id) WHERE hold_id IS NOT NULL",
                "CREATE TABLE edits (
                    id {pk},
                    poster_id {int} NOT NULL REFERENCES posters (id),
                    generation_id TEXT NOT NULL REFERENCES generations (id),
                    user_id {int} NOT NULL REFERENCES users (id),
                    base_revision_id {int} NOT NULL REFERENCES revisions (id),
                    idempotency_key TEXT NOT NULL,
                    request_sha256 TEXT NOT NULL,
                    mode TEXT NOT NULL,
                    prompt TEXT NOT NULL,
                    mask_upload_id TEXT REFERENCES uploads (id),
                    reference_upload_id TEXT REFERENCES uploads (id),
                    state TEXT NOT NULL,
                    failure_code TEXT,
                    credits_captured {int} NOT NULL DEFAULT 0,
                    credits_released {int} NOT NULL DEFAULT 0,
                    created_at_ms {int} NOT NULL,
                    finished_at_ms {int}
                )",
                "CREATE UNIQUE INDEX edits_one_active_per_poster ON edits (poster_id) WHERE state IN ('queued', 'running')",
                "CREATE UNIQUE INDEX edits_idempotency ON edits (user_id, idempotency_key)",
                "CREATE INDEX edits_generation ON edits (generation_id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "DROP TABLE edits",
                "DROP TABLE revisions",
                "DROP TABLE posters",
                "DROP TABLE generations",
                "DROP TABLE uploads",
            ],
        )
        .await
    }
}
