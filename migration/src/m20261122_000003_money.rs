//! Money: orders (the specification's columns first), payments, holds and the append-only ledger.

use sea_orm_migration::prelude::*;

use crate::dialect::{self, Refusal};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Every trigger of this migration: the net under the code that moves credits.
const REFUSALS: [Refusal; 6] = [
    Refusal {
        name: "ledger_entries_never_updated",
        table: "ledger_entries",
        operation: "UPDATE",
        when: "1 = 1",
        message: "ledger_entries is append-only",
    },
    Refusal {
        name: "ledger_entries_never_deleted",
        table: "ledger_entries",
        operation: "DELETE",
        when: "1 = 1",
        message: "ledger_entries is append-only",
    },
    Refusal {
        name: "holds_settled_once",
        table: "holds",
        operation: "UPDATE",
        when: "OLD.state <> 'open' OR NEW.amount <> OLD.amount OR NEW.user_id <> OLD.user_id OR NEW.id <> OLD.id",
        message: "a settled hold is final and its amount never changes",
    },
    Refusal {
        name: "holds_never_deleted",
        table: "holds",
        operation: "DELETE",
        when: "1 = 1",
        message: "holds are never deleted",
    },
    // A balance may change only to what the newest ledger entry says.
    Refusal {
        name: "users_balance_follows_ledger",
        table: "users",
        operation: "UPDATE",
        when: "(NEW.credits <> OLD.credits OR NEW.frozen <> OLD.frozen OR NEW.wallet_version <> OLD.wallet_version) AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.user_id = NEW.id AND e.wallet_version = NEW.wallet_version AND e.credits_after = NEW.credits AND e.frozen_after = NEW.frozen)",
        message: "a balance changes only with a ledger entry",
    },
    Refusal {
        name: "users_start_with_nothing",
        table: "users",
        operation: "INSERT",
        when: "NEW.credits <> 0 OR NEW.frozen <> 0 OR NEW.wallet_version <> 0",
        message: "a balance changes only with a ledger entry",
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
                "CREATE TABLE orders (
                    id {pk},
                    user_id {int} NOT NULL REFERENCES users (id),
                    amount {int} NOT NULL CONSTRAINT orders_amount_positive CHECK (amount > 0),
                    status TEXT DEFAULT 'pending' NOT NULL CONSTRAINT orders_status CHECK (status IN ('pending', 'paid', 'closed', 'refunded')),
                    trade_no TEXT,
                    amount_fen {int} DEFAULT 0 NOT NULL,
                    channel TEXT DEFAULT 'sandbox' NOT NULL,
                    idempotency_key TEXT,
                    request_sha256 TEXT DEFAULT '' NOT NULL,
                    created_at_ms {int} DEFAULT 0 NOT NULL,
                    paid_at_ms {int},
                    expires_at_ms {int}
                )",
                "CREATE UNIQUE INDEX orders_trade_no ON orders (channel, trade_no) WHERE trade_no IS NOT NULL",
                "CREATE UNIQUE INDEX orders_idempotency ON orders (user_id, idempotency_key)",
                "CREATE INDEX orders_user ON orders (user_id, id)",
                "CREATE TABLE payment_attempts (
                    id {pk},
                    order_id {int} NOT NULL REFERENCES orders (id),
                    channel TEXT NOT NULL,
                    out_trade_no TEXT NOT NULL UNIQUE,
                    amount_fen {int} NOT NULL,
                    url TEXT,
                    qr_code TEXT,
                    created_at_ms {int} NOT NULL,
                    expires_at_ms {int} NOT NULL
                )",
                "CREATE INDEX payment_attempts_order ON payment_attempts (order_id)",
                "CREATE TABLE payment_notifies (
                    id {pk},
                    channel TEXT NOT NULL,
                    out_trade_no TEXT,
                    trade_no TEXT,
                    body_sha256 TEXT NOT NULL,
                    verdict TEXT NOT NULL,
                    received_at_ms {int} NOT NULL
                )",
                "CREATE TABLE holds (
                    id {pk},
                    user_id {int} NOT NULL REFERENCES users (id),
                    generation_id TEXT NOT NULL REFERENCES generations (id),
                    poster_id {int} NOT NULL REFERENCES posters (id),
                    edit_id {int} REFERENCES edits (id),
                    attempt {int} NOT NULL,
                    amount {int} NOT NULL CONSTRAINT holds_amount_positive CHECK (amount > 0),
                    state TEXT NOT NULL CONSTRAINT holds_state CHECK (state IN ('open', 'captured', 'released')),
                    idempotency_key TEXT,
                    created_at_ms {int} NOT NULL,
                    settled_at_ms {int}
                )",
                "CREATE UNIQUE INDEX holds_poster_attempt ON holds (poster_id, attempt) WHERE edit_id IS NULL",
                "CREATE UNIQUE INDEX holds_edit ON holds (edit_id) WHERE edit_id IS NOT NULL",
                "CREATE UNIQUE INDEX holds_idempotency ON holds (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL",
                "CREATE INDEX holds_open ON holds (user_id) WHERE state = 'open'",
                "CREATE INDEX holds_generation ON holds (generation_id)",
                "CREATE TABLE ledger_entries (
                    id {pk},
                    user_id {int} NOT NULL REFERENCES users (id),
                    wallet_version {int} NOT NULL,
                    kind TEXT NOT NULL,
                    credits_delta {int} NOT NULL,
                    frozen_delta {int} NOT NULL,
                    credits_after {int} NOT NULL CONSTRAINT ledger_credits_not_negative CHECK (credits_after >= 0),
                    frozen_after {int} NOT NULL CONSTRAINT ledger_frozen_not_negative CHECK (frozen_after >= 0),
                    order_id {int} REFERENCES orders (id),
                    hold_id {int} REFERENCES holds (id),
                    idempotency_key TEXT NOT NULL UNIQUE,
                    note TEXT,
                    at_ms {int} NOT NULL,
                    CONSTRAINT ledger_shape CHECK (
                        (kind IN ('deposit', 'grant') AND credits_delta > 0 AND frozen_delta = 0 AND hold_id IS NULL)
                        OR (kind = 'hold' AND credits_delta < 0 AND frozen_delta = -credits_delta AND hold_id IS NOT NULL)
                        OR (kind = 'capture' AND credits_delta = 0 AND frozen_delta < 0 AND hold_id IS NOT NULL)
                        OR (kind = 'release' AND credits_delta > 0 AND frozen_delta = -credits_delta AND hold_id IS NOT NULL)
                        OR (kind = 'refund' AND credits_delta < 0 AND frozen_delta = 0 AND order_id IS NOT NULL)
                        OR (kind = 'adjustment' AND credits_delta <> 0 AND frozen_delta = 0)
                    ),
                    CONSTRAINT ledger_deposit_has_order CHECK (kind <> 'deposit' OR order_id IS NOT NULL)
                )",
                "CREATE UNIQUE INDEX ledger_entries_chain ON ledger_entries (user_id, wallet_version)",
                "CREATE UNIQUE INDEX ledger_entries_one_deposit ON ledger_entries (order_id) WHERE kind = 'deposit'",
                "CREATE UNIQUE INDEX ledger_entries_one_hold ON ledger_entries (hold_id) WHERE kind = 'hold'",
                "CREATE UNIQUE INDEX ledger_entries_one_settlement ON ledger_entries (hold_id) WHERE kind IN ('capture', 'release')",
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
                "DROP TABLE ledger_entries",
                "DROP TABLE holds",
                "DROP TABLE payment_notifies",
                "DROP TABLE payment_attempts",
                "DROP TABLE orders",
            ],
        )
        .await
    }
}
