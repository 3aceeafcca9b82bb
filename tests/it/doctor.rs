//! The audit can see: faults planted past all our code are each refused by the database or named
//! by an invariant. Triggers are dropped first where one would have refused the fault, because the
//! audit must hold on its own.

use entity::{
    enums::{EditState, GenerationState, JobState, OrderStatus, PosterState},
    posters,
};
use haibao::{
    domain::FailureCode,
    events::{Fact, Summary, append_in_txn},
    ledger::{self, HoldOutcome, HoldRequest, audit},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::support::{
    database::{Engine, TestDatabase, engines},
    rows::{self, AT_MS},
    run,
};

/// The triggers over money and events.
const TRIGGERS: [(&str, &str); 8] = [
    ("ledger_entries_never_updated", "ledger_entries"),
    ("ledger_entries_never_deleted", "ledger_entries"),
    ("holds_settled_once", "holds"),
    ("holds_never_deleted", "holds"),
    ("users_balance_follows_ledger", "users"),
    ("users_start_with_nothing", "users"),
    ("events_never_updated", "events"),
    ("events_never_deleted", "events"),
];

/// What should become of a planted fault.
#[derive(Clone, Copy)]
enum Fate {
    /// The invariant of this name reports it.
    Seen(&'static str),
    /// A constraint (no trigger) refuses it.
    Refused,
}

/// Faults, each a statement that leaves the world of [`populate`] wrong in one way.
const FAULTS: [(&str, &str, Fate); 33] = [
    ("a credit from nowhere", "UPDATE users SET credits = credits + 1", Fate::Seen("balance-is-ledger-sum")),
    (
        "a credit that leaks",
        "UPDATE users SET credits = credits - 1 WHERE credits > 0",
        Fate::Seen("balance-is-ledger-sum"),
    ),
    (
        "frozen credits that leak",
        "UPDATE users SET frozen = frozen - 4 WHERE frozen > 0",
        Fate::Seen("frozen-is-open-holds"),
    ),
    (
        "an account born rich",
        "INSERT INTO users (email, credits) VALUES ('b@x.org', 9)",
        Fate::Seen("balance-is-ledger-sum"),
    ),
    (
        "a lost settlement",
        "UPDATE holds SET state = 'open' WHERE state = 'captured'",
        Fate::Seen("hold-has-its-entries"),
    ),
    ("an open hold that nobody works on", "UPDATE jobs SET state = 'done'", Fate::Seen("open-hold-has-live-work")),
    (
        "a hold closed without an entry",
        "UPDATE holds SET state = 'released' WHERE state = 'open'",
        Fate::Seen("hold-has-its-entries"),
    ),
    (
        "a capture told as a release",
        "UPDATE holds SET state = 'released' WHERE state = 'captured'",
        Fate::Seen("settling-entry-matches-hold"),
    ),
    ("a hold made smaller", "UPDATE holds SET amount = 3 WHERE state = 'open'", Fate::Seen("hold-has-its-entries")),
    (
        "a paid order without credits",
        "INSERT INTO orders (user_id, amount, amount_fen, status) VALUES (1, 40, 400, 'paid')",
        Fate::Seen("paid-order-has-one-deposit"),
    ),
    (
        "credits for an order that is not paid",
        "UPDATE orders SET status = 'pending'",
        Fate::Seen("paid-order-has-one-deposit"),
    ),
    (
        "an order made bigger afterwards",
        "UPDATE orders SET amount = 80, amount_fen = 800",
        Fate::Seen("deposit-is-order-amount"),
    ),
    (
        "an order paid too little for",
        "UPDATE orders SET amount_fen = amount_fen - 1",
        Fate::Seen("paid-fen-buys-credits"),
    ),
    (
        "a deposit that vanished",
        "DELETE FROM ledger_entries WHERE kind = 'deposit'",
        Fate::Seen("channel-brought-its-deposits"),
    ),
    (
        "an order that changed its channel's takings",
        "UPDATE orders SET amount_fen = amount_fen + 10",
        Fate::Seen("channel-brought-its-deposits"),
    ),
    (
        "a refund that took no credits",
        "INSERT INTO payment_refunds (order_id, channel, out_refund_no, out_trade_no, trade_no, kind, state, amount_fen, credits, created_at_ms) VALUES (1, 'sandbox', 'r1', 'n1', 't1', 'asked', 'succeeded', 100, 10, 1)",
        Fate::Seen("refund-takes-its-credits"),
    ),
    (
        "more money back than came",
        "INSERT INTO payment_refunds (order_id, channel, out_refund_no, out_trade_no, trade_no, kind, state, amount_fen, credits, created_at_ms) VALUES (1, 'sandbox', 'r1', 'n1', 't1', 'outside', 'requested', 401, 0, 1)",
        Fate::Seen("refunds-within-payment"),
    ),
    ("an order of somebody else", "UPDATE orders SET user_id = 2", Fate::Seen("deposit-is-order-amount")),
    (
        "a ledger entry made bigger",
        "UPDATE ledger_entries SET credits_delta = credits_delta + 1 WHERE kind = 'deposit'",
        Fate::Seen("balance-is-ledger-sum"),
    ),
    (
        "a ledger entry with another balance",
        "UPDATE ledger_entries SET credits_after = credits_after + 1 WHERE kind = 'deposit'",
        Fate::Seen("ledger-chain-has-no-gap"),
    ),
    (
        "a deleted ledger entry",
        "DELETE FROM ledger_entries WHERE kind = 'grant'",
        Fate::Seen("ledger-chain-has-no-gap"),
    ),
    ("a picture that vanished", "DELETE FROM revisions WHERE edit_id IS NOT NULL", Fate::Seen("captured-has-picture")),
    (
        "an ending that nobody was told",
        "UPDATE events SET kind = 'poster_progressed' WHERE kind = 'poster_succeeded'",
        Fate::Seen("settled-hold-has-one-event"),
    ),
    ("a hole in the events", "DELETE FROM events WHERE seq = 2", Fate::Seen("events-are-dense")),
    (
        "a set that ends too early",
        "UPDATE generations SET state = 'completed' WHERE state = 'running'",
        Fate::Seen("active-generation-has-live-job"),
    ),
    (
        "a poster that stays active",
        "UPDATE posters SET state = 'running' WHERE state = 'refunded'",
        Fate::Seen("active-poster-has-live-job"),
    ),
    (
        "a success without a picture",
        "UPDATE posters SET state = 'succeeded' WHERE state = 'refunded'",
        Fate::Seen("succeeded-poster-has-prime"),
    ),
    (
        "an edit that stays active",
        "UPDATE edits SET state = 'running' WHERE state = 'succeeded'",
        Fate::Seen("active-edit-has-live-job"),
    ),
    (
        "an edit that was paid for and is told as refunded",
        "UPDATE edits SET state = 'refunded' WHERE state = 'succeeded'",
        Fate::Seen("edit-ends-with-its-hold"),
    ),
    (
        "an edit whose picture names another reason",
        "UPDATE revisions SET edit_id = NULL WHERE edit_id IS NOT NULL",
        Fate::Seen("succeeded-edit-has-picture"),
    ),
    ("a negative balance", "UPDATE users SET credits = -1", Fate::Refused),
    (
        "a second settlement",
        "INSERT INTO ledger_entries (user_id, wallet_version, kind, credits_delta, frozen_delta, credits_after, frozen_after, hold_id, idempotency_key, at_ms) VALUES (1, 50, 'release', 4, -4, 8, 0, 1, 'again', 1)",
        Fate::Refused,
    ),
    (
        "a second deposit",
        "INSERT INTO ledger_entries (user_id, wallet_version, kind, credits_delta, frozen_delta, credits_after, frozen_after, order_id, idempotency_key, at_ms) VALUES (1, 50, 'deposit', 40, 0, 99, 0, 1, 'again', 1)",
        Fate::Refused,
    ),
];

async fn tell(txn: &DatabaseTransaction, generation_id: &str, fact: Fact) {
    append_in_txn(txn, generation_id, &fact, AT_MS).await.expect("an event");
}

/// An edit of one poster that succeeded, and one of another under way.
async fn edited(txn: &DatabaseTransaction, [done, active]: [&posters::Model; 2], base_revision_id: i64) {
    for (poster, state) in [(done, EditState::Succeeded), (active, EditState::Running)] {
        let edit = rows::edit(txn, poster, base_revision_id, state).await;
        let request =
            HoldRequest { edit_id: Some(edit.id), ..rows::hold_request(&poster.generation_id, poster.id, 0, 4) };
        let held = ledger::hold_in_txn(txn, poster.user_id, &[request], AT_MS).await.expect("an answer");
        let HoldOutcome::Held(holds, wallet) = held else { panic!("enough credits") };
        let is_done = state == EditState::Succeeded;
        rows::edit_job(txn, &edit, holds[0].id, if is_done { JobState::Done } else { JobState::Running }).await;
        let (poster_id, edit_id) = (poster.id, edit.id);
        tell(txn, &poster.generation_id, Fact::EditStarted { poster_id, edit_id, wallet }).await;
        if is_done {
            let revision = rows::edited(txn, poster, &edit, holds[0].id).await;
            ledger::capture_in_txn(txn, holds[0].id, AT_MS).await.expect("captured");
            let fact =
                Fact::EditSucceeded { poster_id, edit_id, revision_id: revision.id, credits_captured: 4, wallet };
            tell(txn, &poster.generation_id, fact).await;
        }
    }
}

/// A whole small world: a paid order, a grant, a completed set with one picture, its edits and one
/// refund, and a set under way.
async fn populate(txn: &DatabaseTransaction) {
    let user = rows::user(txn, "a@x.org").await;
    rows::user(txn, "poor@x.org").await;
    let order = rows::order(txn, user.id, 40, OrderStatus::Paid).await;
    ledger::grant_in_txn(txn, user.id, 8, "welcome".to_owned(), None, AT_MS).await.expect("a grant");
    ledger::deposit_in_txn(txn, user.id, order.id, 40, AT_MS).await.expect("a deposit");
    for (number, ended) in [true, false].into_iter().enumerate() {
        let id = format!("session_20260110143052_{number:04x}");
        let state = if ended { GenerationState::Completed } else { GenerationState::Running };
        let generation = rows::generation(txn, user.id, &id, state).await;
        let states = if ended {
            [PosterState::Succeeded, PosterState::Refunded]
        } else {
            [PosterState::Running, PosterState::Queued]
        };
        let mut posters = Vec::new();
        for (dimension, state) in (0..).zip(states) {
            posters.push(rows::poster(txn, &generation, dimension, state).await);
        }
        let requests: Vec<_> = posters.iter().map(|poster| rows::hold_request(&id, poster.id, 1, 4)).collect();
        let held = ledger::hold_in_txn(txn, user.id, &requests, AT_MS).await.expect("an answer");
        let HoldOutcome::Held(holds, wallet) = held else { panic!("enough credits") };
        tell(txn, &id, Fact::GenerationQueued { wallet }).await;
        for (poster, hold) in posters.iter().zip(&holds) {
            let state = match poster.state {
                PosterState::Running => JobState::Running,
                PosterState::Queued => JobState::Queued,
                _ => JobState::Done,
            };
            rows::job(txn, poster, hold.id, state).await;
        }
        if ended {
            let revision = rows::prime(txn, &posters[0], holds[0].id).await;
            ledger::capture_in_txn(txn, holds[0].id, AT_MS).await.expect("captured");
            let (poster_id, revision_id) = (posters[0].id, revision.id);
            tell(txn, &id, Fact::PosterSucceeded { poster_id, revision_id, credits_captured: 4, wallet }).await;
            ledger::release_in_txn(txn, holds[1].id, AT_MS).await.expect("released");
            let (poster_id, failure) = (posters[1].id, FailureCode::ProviderTimeout);
            tell(txn, &id, Fact::PosterRefunded { poster_id, failure, credits_released: 4, wallet }).await;
            tell(txn, &id, Fact::GenerationCompleted { summary: Summary::default(), wallet }).await;
            edited(txn, [&posters[0], &posters[1]], revision.id).await;
        }
    }
}

/// The names of the invariants that are broken now.
async fn broken(test: &TestDatabase) -> Vec<&'static str> {
    let found = audit::broken(test.database.read()).await.expect("the audit runs");
    found.into_iter().map(|(rule, _)| rule.id).collect()
}

#[test]
fn every_planted_fault_is_seen_or_refused() {
    run(async {
        for engine in engines() {
            let test = TestDatabase::new(engine).await;
            let txn = test.database.write().await.expect("a transaction");
            populate(&txn).await;
            txn.commit().await.expect("committed");
            assert_eq!(broken(&test).await, Vec::<&str>::new(), "{engine:?}: the world is sound before");
            for (name, table) in TRIGGERS {
                test.drop_trigger(name, table).await;
            }
            let mut missed = Vec::new();
            for (fault, sql, fate) in FAULTS {
                let txn = test.database.write().await.expect("a transaction");
                let planted = txn.execute_unprepared(sql).await;
                match (fate, planted) {
                    (Fate::Refused, Err(_)) => {}
                    (Fate::Seen(rule), Ok(done)) if done.rows_affected() > 0 => {
                        let seen = audit::broken(&txn).await.expect("the audit runs");
                        if !seen.iter().any(|(invariant, _)| invariant.id == rule) {
                            missed.push(format!("{fault}: {seen:?}"));
                        }
                    }
                    (_, planted) => missed.push(format!("{fault}: {planted:?}")),
                }
                txn.rollback().await.expect("rolled back");
            }
            assert_eq!(missed, Vec::<String>::new(), "{engine:?}");
            assert_eq!(broken(&test).await, Vec::<&str>::new(), "{engine:?}: each fault was taken back");
            println!("{engine:?}: {} faults planted, 0 missed", FAULTS.len());
        }
    });
}

#[test]
fn every_invariant_catches_some_planted_fault() {
    // Refused by constraints, which the audit only doubles: the next test lifts these.
    const DOUBLED: [&str; 2] = ["nothing-negative", "one-active-generation"];
    for invariant in audit::invariants() {
        let proven = FAULTS.iter().any(|(_, _, fate)| matches!(fate, Fate::Seen(rule) if *rule == invariant.id));
        assert!(proven || DOUBLED.contains(&invariant.id), "no planted fault shows that {} can fail", invariant.id);
    }
}

#[test]
fn rules_behind_constraints_can_fail_too() {
    run(async {
        for engine in engines() {
            let test = TestDatabase::new(engine).await;
            let txn = test.database.write().await.expect("a transaction");
            populate(&txn).await;
            txn.commit().await.expect("committed");
            test.raw("DROP INDEX generations_one_active_per_user").await.expect("the index exists");
            test.raw("UPDATE generations SET state = 'queued'").await.expect("nothing refuses it any more");
            assert!(broken(&test).await.contains(&"one-active-generation"), "{engine:?}");
            test.raw("DROP INDEX ledger_entries_one_settlement").await.expect("the index exists");
            test.raw("INSERT INTO ledger_entries (user_id, wallet_version, kind, credits_delta, frozen_delta, credits_after, frozen_after, hold_id, idempotency_key, at_ms) SELECT e.user_id, 99, e.kind, 0, e.frozen_delta, 0, 0, e.hold_id, 'twice', 1 FROM ledger_entries e WHERE e.kind = 'capture' LIMIT 1").await.expect("nothing refuses it any more");
            assert!(broken(&test).await.contains(&"hold-has-its-entries"), "{engine:?}: settled twice");
            test.drop_trigger("users_balance_follows_ledger", "users").await;
            let sql = match engine {
                Engine::Sqlite => "PRAGMA ignore_check_constraints = ON",
                Engine::Postgres => "ALTER TABLE users DROP CONSTRAINT users_credits_not_negative",
            };
            test.raw(sql).await.expect("the constraint is lifted");
            test.raw("UPDATE users SET credits = -1").await.expect("nothing refuses it any more");
            assert!(broken(&test).await.contains(&"nothing-negative"), "{engine:?}");
        }
    });
}
