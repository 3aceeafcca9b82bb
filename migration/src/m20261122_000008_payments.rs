//! What real payment channels need: attempts that are asked about until they end, refunds, and what
//! somebody owes after credits were spent whose money went back.

use sea_orm_migration::prelude::*;

use crate::dialect::{self, Refusal};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const REFUSALS: [Refusal; 3] = [
    Refusal {
        name: "payment_refunds_stay_as_asked",
        table: "payment_refunds",
        operation: "UPDATE",
        when: "NEW.order_id <> OLD.order_id OR NEW.amount_fen <> OLD.amount_fen OR NEW.credits <> OLD.credits OR NEW.out_refund_no <> OLD.out_refund_no",
        message: "a refund never changes its order, number or amount",
    },
    Refusal {
        name: "payment_refunds_never_deleted",
        table: "payment_refunds",
        operation: "DELETE",
        when: "1 = 1",
        message: "refunds are never deleted",
    },
    Refusal {
        name: "debts_only_shrink",
        table: "debts",
        operation: "UPDATE",
        when: "NEW.user_id <> OLD.user_id OR NEW.refund_id <> OLD.refund_id OR NEW.credits <> OLD.credits OR NEW.collected < OLD.collected",
        message: "a debt is only ever collected",
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
                "ALTER TABLE payment_attempts ADD COLUMN method TEXT NOT NULL DEFAULT ''",
                "ALTER TABLE payment_attempts ADD COLUMN reference TEXT",
                "ALTER TABLE payment_attempts ADD COLUMN sdk_params TEXT",
                "ALTER TABLE payment_attempts ADD COLUMN polls {int} NOT NULL DEFAULT 0",
                "ALTER TABLE payment_attempts ADD COLUMN next_poll_at_ms {int}",
                "CREATE INDEX payment_attempts_due ON payment_attempts (next_poll_at_ms) WHERE next_poll_at_ms IS NOT NULL",
                "CREATE INDEX orders_due ON orders (expires_at_ms) WHERE status = 'pending'",
                "CREATE TABLE payment_refunds (
                    id {pk},
                    order_id {int} NOT NULL REFERENCES orders (id),
                    channel TEXT NOT NULL,
                    out_refund_no TEXT NOT NULL,
                    out_trade_no TEXT NOT NULL,
                    trade_no TEXT NOT NULL,
                    kind TEXT NOT NULL CONSTRAINT payment_refunds_kind CHECK (kind IN ('asked', 'overpaid', 'outside', 'dispute')),
                    state TEXT NOT NULL CONSTRAINT payment_refunds_state CHECK (state IN ('requested', 'succeeded', 'failed', 'unknown')),
                    amount_fen {int} NOT NULL CONSTRAINT payment_refunds_amount_positive CHECK (amount_fen > 0),
                    credits {int} NOT NULL CONSTRAINT payment_refunds_credits_not_negative CHECK (credits >= 0),
                    reason TEXT NOT NULL DEFAULT '',
                    idempotency_key TEXT,
                    request_sha256 TEXT NOT NULL DEFAULT '',
                    asks {int} NOT NULL DEFAULT 0,
                    next_ask_at_ms {int},
                    created_at_ms {int} NOT NULL,
                    settled_at_ms {int}
                )",
                "CREATE UNIQUE INDEX payment_refunds_number ON payment_refunds (channel, out_refund_no)",
                "CREATE UNIQUE INDEX payment_refunds_idempotency ON payment_refunds (order_id, idempotency_key) WHERE idempotency_key IS NOT NULL",
                "CREATE INDEX payment_refunds_order ON payment_refunds (order_id)",
                "CREATE INDEX payment_refunds_due ON payment_refunds (next_ask_at_ms) WHERE next_ask_at_ms IS NOT NULL",
                "CREATE TABLE debts (
                    id {pk},
                    user_id {int} NOT NULL REFERENCES users (id),
                    order_id {int} NOT NULL REFERENCES orders (id),
                    refund_id {int} NOT NULL UNIQUE REFERENCES payment_refunds (id),
                    credits {int} NOT NULL CONSTRAINT debts_credits_positive CHECK (credits > 0),
                    collected {int} NOT NULL DEFAULT 0,
                    state TEXT NOT NULL CONSTRAINT debts_state CHECK (state IN ('open', 'collected', 'cancelled')),
                    created_at_ms {int} NOT NULL,
                    CONSTRAINT debts_collected_in_range CHECK (collected >= 0 AND collected <= credits)
                )",
                "CREATE INDEX debts_open ON debts (user_id) WHERE state = 'open'",
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
                "DROP TABLE debts",
                "DROP TABLE payment_refunds",
                "DROP INDEX orders_due",
                "DROP INDEX payment_attempts_due",
                "ALTER TABLE payment_attempts DROP COLUMN next_poll_at_ms",
                "ALTER TABLE payment_attempts DROP COLUMN polls",
                "ALTER TABLE payment_attempts DROP COLUMN sdk_params",
                "ALTER TABLE payment_attempts DROP COLUMN reference",
                "ALTER TABLE payment_attempts DROP COLUMN method",
            ],
        )
        .await
    }
}
