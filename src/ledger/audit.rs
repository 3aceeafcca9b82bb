//! The books, checked: each invariant counts what breaks it, so it must be 0 at any moment, in the middle
//! of a storm as well as after a crash.

use futures_util::{StreamExt, TryStreamExt, stream};
use sea_orm::{ConnectionTrait, DbErr, Statement};

/// Passes made side by side.
const AT_ONCE: usize = 4;

/// A rule that always holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// A short stable name.
    pub id: &'static str,
    /// What it says, for people.
    pub says: &'static str,
}

/// One way through the rows, which judges every invariant that needs the same ones.
struct Pass {
    invariants: &'static [Invariant],
    /// One row: for each invariant, in their order, the number of rows that break it. The same text on both databases.
    sql: &'static str,
}

/// Every invariant over money, work and events. The longest ways come first, so that no late one is waited for alone.
const PASSES: [Pass; 21] = [
    Pass {
        invariants: &[
            Invariant {
                id: "ledger-chain-has-no-gap",
                says: "a user's entries are numbered 1, 2, … and each balance follows from the one before",
            },
            Invariant {
                id: "balance-is-ledger-sum",
                says: "credits and frozen of a user are the sums of the user's ledger entries",
            },
        ],
        sql: "SELECT CAST(COALESCE(SUM(b.gaps), 0) AS BIGINT), COALESCE(SUM(CASE WHEN u.credits = b.credits AND u.frozen = b.frozen THEN 0 ELSE 1 END), 0) + (SELECT count(*) FROM users u WHERE (u.credits <> 0 OR u.frozen <> 0) AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.user_id = u.id)) FROM (SELECT e.user_id, SUM(e.credits_delta) AS credits, SUM(e.frozen_delta) AS frozen, SUM(CASE WHEN (p.id IS NULL AND e.wallet_version <> 1) OR e.credits_after <> COALESCE(p.credits_after, 0) + e.credits_delta OR e.frozen_after <> COALESCE(p.frozen_after, 0) + e.frozen_delta THEN 1 ELSE 0 END) AS gaps FROM ledger_entries e LEFT JOIN ledger_entries p ON p.user_id = e.user_id AND p.wallet_version = e.wallet_version - 1 GROUP BY e.user_id) b LEFT JOIN users u ON u.id = b.user_id",
    },
    Pass {
        invariants: &[
            Invariant {
                id: "hold-has-its-entries",
                says: "a hold has one hold entry, and one settling entry unless it is open, all of its amount",
            },
            Invariant {
                id: "settling-entry-matches-hold",
                says: "a captured hold has a capture and a released hold a release",
            },
        ],
        sql: "SELECT COALESCE(SUM(CASE WHEN b.id IS NULL OR b.frozen_delta <> h.amount OR b.user_id <> h.user_id OR (s.id IS NULL) <> (h.state = 'open') OR s.frozen_delta <> -h.amount OR s.user_id <> h.user_id THEN 1 ELSE 0 END), 0) + abs((SELECT count(*) FROM ledger_entries e WHERE e.hold_id IS NOT NULL) - (SELECT 2 * count(*) FROM holds) + (SELECT count(*) FROM holds h WHERE h.state = 'open')), COALESCE(SUM(CASE WHEN (s.kind = 'capture' AND h.state <> 'captured') OR (s.kind = 'release' AND h.state <> 'released') THEN 1 ELSE 0 END), 0) FROM holds h LEFT JOIN ledger_entries b ON b.hold_id = h.id AND b.kind = 'hold' LEFT JOIN ledger_entries s ON s.hold_id = h.id AND s.kind IN ('capture', 'release')",
    },
    Pass {
        invariants: &[Invariant {
            id: "settled-hold-has-one-event",
            says: "a generation has one ending event for each settled hold",
        }],
        sql: "SELECT count(*) FROM generations g WHERE (SELECT count(*) FROM holds h WHERE h.generation_id = g.id) - (CASE WHEN g.id IN (SELECT o.generation_id FROM holds o WHERE o.state = 'open') THEN (SELECT count(*) FROM holds h WHERE h.generation_id = g.id AND h.state = 'open') ELSE 0 END) <> (SELECT count(*) FROM events e WHERE e.generation_id = g.id AND e.kind IN ('poster_succeeded', 'poster_refunded', 'poster_canceled', 'edit_succeeded', 'edit_refunded'))",
    },
    Pass {
        invariants: &[Invariant {
            id: "succeeded-poster-has-prime",
            says: "a poster succeeded exactly when its prime picture is stored and paid for",
        }],
        sql: "SELECT count(*) FROM posters p WHERE (p.state = 'succeeded') <> (p.id IN (SELECT r.poster_id FROM revisions r WHERE r.name = 'prime' AND r.hold_id IS NOT NULL))",
    },
    Pass {
        invariants: &[Invariant {
            id: "captured-has-picture",
            says: "a hold is captured exactly when a stored picture names it",
        }],
        sql: "SELECT count(*) FROM holds h WHERE (h.state = 'captured') <> EXISTS (SELECT 1 FROM revisions r WHERE r.hold_id = h.id)",
    },
    Pass {
        invariants: &[Invariant {
            id: "events-are-dense",
            says: "the events of a generation are numbered 1, 2, … up to its last_seq",
        }],
        sql: "SELECT count(*) FROM generations g WHERE g.last_seq <> (SELECT count(*) FROM events e WHERE e.generation_id = g.id) OR g.last_seq <> (SELECT COALESCE(MAX(e.seq), 0) FROM events e WHERE e.generation_id = g.id)",
    },
    Pass {
        invariants: &[Invariant {
            id: "active-poster-has-live-job",
            says: "a queued or running poster has exactly one live job, and an ended one has none",
        }],
        sql: "SELECT (SELECT count(*) FROM posters p WHERE (p.state IN ('queued', 'running')) <> (p.id IN (SELECT j.poster_id FROM jobs j WHERE j.state = 'queued' AND j.edit_id IS NULL AND j.kind <> 'collect_late' AND j.poster_id IS NOT NULL UNION ALL SELECT j.poster_id FROM jobs j WHERE j.state = 'running' AND j.edit_id IS NULL AND j.kind <> 'collect_late' AND j.poster_id IS NOT NULL))) + (SELECT count(*) FROM (SELECT l.poster_id FROM (SELECT j.poster_id FROM jobs j WHERE j.state = 'queued' AND j.edit_id IS NULL AND j.kind <> 'collect_late' AND j.poster_id IS NOT NULL UNION ALL SELECT j.poster_id FROM jobs j WHERE j.state = 'running' AND j.edit_id IS NULL AND j.kind <> 'collect_late' AND j.poster_id IS NOT NULL) l GROUP BY l.poster_id HAVING count(*) > 1) doubled)",
    },
    Pass {
        invariants: &[Invariant {
            id: "frozen-is-open-holds",
            says: "frozen credits of a user are the sum of the user's open holds",
        }],
        sql: "SELECT count(*) FROM users u WHERE u.frozen <> (SELECT COALESCE(SUM(h.amount), 0) FROM holds h WHERE h.user_id = u.id AND h.state = 'open')",
    },
    Pass {
        invariants: &[Invariant {
            id: "paid-order-has-one-deposit",
            says: "an order is paid (or was, and is refunded) exactly when it has one deposit",
        }],
        sql: "SELECT count(*) FROM orders o WHERE (o.status IN ('paid', 'refunded')) <> ((SELECT count(*) FROM ledger_entries e WHERE e.order_id = o.id AND e.kind = 'deposit') = 1)",
    },
    Pass {
        invariants: &[Invariant {
            id: "deposit-is-order-amount",
            says: "a deposit is of its order's amount and goes to the order's user",
        }],
        sql: "SELECT count(*) FROM ledger_entries e JOIN orders o ON o.id = e.order_id WHERE e.kind = 'deposit' AND (e.credits_delta <> o.amount OR e.user_id <> o.user_id)",
    },
    Pass {
        invariants: &[Invariant {
            id: "open-hold-has-live-work",
            says: "an open hold belongs to a queued or running job",
        }],
        sql: "SELECT count(*) FROM holds h WHERE h.state = 'open' AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.hold_id = h.id AND j.state IN ('queued', 'running'))",
    },
    Pass {
        invariants: &[Invariant { id: "one-active-generation", says: "a user has at most one active generation" }],
        sql: "SELECT count(*) FROM (SELECT g.user_id FROM generations g WHERE g.state IN ('queued', 'running') GROUP BY g.user_id HAVING count(*) > 1) doubled",
    },
    Pass {
        invariants: &[Invariant { id: "nothing-negative", says: "no balance is negative" }],
        sql: "SELECT count(*) FROM users u WHERE u.credits < 0 OR u.frozen < 0",
    },
    Pass {
        invariants: &[Invariant { id: "paid-fen-buys-credits", says: "ten credits cost one yuan in every paid order" }],
        sql: "SELECT count(*) FROM orders o WHERE o.status IN ('paid', 'refunded') AND o.amount_fen <> o.amount * 10",
    },
    Pass {
        invariants: &[Invariant {
            id: "channel-brought-its-deposits",
            says: "the deposits of a channel's orders are what its paid orders brought",
        }],
        sql: "SELECT count(*) FROM (SELECT o.channel, SUM(CASE WHEN o.status IN ('paid', 'refunded') THEN o.amount_fen ELSE 0 END) AS fen FROM orders o GROUP BY o.channel) paid LEFT JOIN (SELECT o.channel, SUM(e.credits_delta) AS credits FROM ledger_entries e JOIN orders o ON o.id = e.order_id WHERE e.kind = 'deposit' GROUP BY o.channel) deposited ON deposited.channel = paid.channel WHERE paid.fen <> 10 * COALESCE(deposited.credits, 0)",
    },
    Pass {
        invariants: &[Invariant {
            id: "refund-takes-its-credits",
            says: "the credits of an order's refunds were taken, or are owed",
        }],
        sql: "SELECT count(*) FROM (SELECT r.order_id, SUM(CASE WHEN r.state <> 'failed' THEN r.credits ELSE 0 END) AS credits FROM payment_refunds r WHERE r.kind <> 'overpaid' GROUP BY r.order_id) refunded LEFT JOIN (SELECT e.order_id, SUM(-e.credits_delta) AS credits FROM ledger_entries e WHERE e.kind IN ('refund', 'adjustment') AND e.order_id IS NOT NULL GROUP BY e.order_id) taken ON taken.order_id = refunded.order_id LEFT JOIN (SELECT d.order_id, SUM(d.credits - d.collected) AS credits FROM debts d WHERE d.state = 'open' GROUP BY d.order_id) owed ON owed.order_id = refunded.order_id WHERE refunded.credits <> COALESCE(taken.credits, 0) + COALESCE(owed.credits, 0)",
    },
    Pass {
        invariants: &[Invariant {
            id: "refunds-within-payment",
            says: "no more money goes back than an order brought, and it is refunded exactly when all of it went",
        }],
        sql: "SELECT count(*) FROM orders o WHERE EXISTS (SELECT 1 FROM payment_refunds r WHERE r.order_id = o.id AND r.kind <> 'overpaid') AND ((SELECT COALESCE(SUM(r.amount_fen), 0) FROM payment_refunds r WHERE r.order_id = o.id AND r.kind <> 'overpaid' AND r.state <> 'failed') > o.amount_fen OR (o.status = 'refunded') <> ((SELECT COALESCE(SUM(r.amount_fen), 0) FROM payment_refunds r WHERE r.order_id = o.id AND r.kind <> 'overpaid' AND r.state = 'succeeded') = o.amount_fen))",
    },
    Pass {
        invariants: &[Invariant {
            id: "active-generation-has-live-job",
            says: "a generation is active exactly while it has live jobs that are not edits",
        }],
        sql: "SELECT count(*) FROM generations g WHERE (g.state IN ('queued', 'running')) <> (g.id IN (SELECT j.generation_id FROM jobs j WHERE j.state = 'queued' AND j.edit_id IS NULL AND j.kind <> 'collect_late' UNION ALL SELECT j.generation_id FROM jobs j WHERE j.state = 'running' AND j.edit_id IS NULL AND j.kind <> 'collect_late'))",
    },
    Pass {
        invariants: &[Invariant {
            id: "active-edit-has-live-job",
            says: "a queued or running edit has exactly one live job, and an ended one has none",
        }],
        sql: "SELECT (SELECT count(*) FROM edits d WHERE (d.state IN ('queued', 'running')) <> (d.id IN (SELECT j.edit_id FROM jobs j WHERE j.state = 'queued' AND j.edit_id IS NOT NULL AND j.kind <> 'collect_late' UNION ALL SELECT j.edit_id FROM jobs j WHERE j.state = 'running' AND j.edit_id IS NOT NULL AND j.kind <> 'collect_late'))) + (SELECT count(*) FROM (SELECT l.edit_id FROM (SELECT j.edit_id FROM jobs j WHERE j.state = 'queued' AND j.edit_id IS NOT NULL AND j.kind <> 'collect_late' UNION ALL SELECT j.edit_id FROM jobs j WHERE j.state = 'running' AND j.edit_id IS NOT NULL AND j.kind <> 'collect_late') l GROUP BY l.edit_id HAVING count(*) > 1) doubled)",
    },
    Pass {
        invariants: &[Invariant {
            id: "edit-ends-with-its-hold",
            says: "an edit succeeded exactly when its hold is captured, and was refunded exactly when it is released",
        }],
        sql: "SELECT count(*) FROM edits d LEFT JOIN holds h ON h.edit_id = d.id WHERE h.id IS NULL OR h.state <> (CASE d.state WHEN 'succeeded' THEN 'captured' WHEN 'refunded' THEN 'released' ELSE 'open' END)",
    },
    Pass {
        invariants: &[Invariant {
            id: "succeeded-edit-has-picture",
            says: "an edit succeeded exactly when a picture that was paid for names it",
        }],
        sql: "SELECT count(*) FROM edits d WHERE (d.state = 'succeeded') <> (d.id IN (SELECT r.edit_id FROM revisions r WHERE r.edit_id IS NOT NULL AND r.hold_id IS NOT NULL))",
    },
];

/// Every invariant, in the order of their reports.
pub fn invariants() -> impl Iterator<Item = Invariant> {
    PASSES.iter().flat_map(|pass| pass.invariants.iter().copied())
}

/// Runs every invariant and returns those that are broken, with the number of rows that break them.
///
/// # Errors
/// Any database error.
pub async fn broken(connection: &impl ConnectionTrait) -> Result<Vec<(Invariant, i64)>, DbErr> {
    let counts = stream::iter(&PASSES).map(|pass| async move {
        let statement = Statement::from_string(connection.get_database_backend(), pass.sql);
        let Some(row) = connection.query_one_raw(statement).await? else {
            return Err(DbErr::RecordNotFound(pass.sql.to_owned()));
        };
        let counted = pass.invariants.iter().enumerate();
        counted
            .map(|(column, invariant)| Ok((*invariant, row.try_get_by_index(column)?)))
            .collect::<Result<Vec<_>, DbErr>>()
    });
    // Side by side where there are several connections: each rule holds at any moment, so they need not
    // see the same one. The answers come in the order of the passes.
    let counts: Vec<_> = counts.buffered(AT_ONCE).try_collect().await?;
    Ok(counts.into_iter().flatten().filter(|(_, count)| *count != 0).collect())
}
