//! Many hands on one purse: whatever the order, no credit is spent twice.

use std::sync::Arc;

use entity::enums::{GenerationState, PosterState};
use haibao::ledger::{self, HoldOutcome, Settlement, Wallet};
use tokio::{sync::Barrier, task::JoinSet};

use crate::support::{
    database::{Engine, TestDatabase, engines},
    rows::{self, AT_MS},
    run,
};

const HANDS: i64 = 32;

/// A user with so many credits, and the poster that the hands hold for.
async fn seller(engine: Engine, credits: i64) -> (Arc<TestDatabase>, i64, String, i64) {
    let test = Arc::new(TestDatabase::new(engine).await);
    let txn = test.database.write().await.expect("a transaction");
    let user = rows::user(&txn, "seller@example.com").await;
    let generation = rows::generation(&txn, user.id, "session_20260110143052_a3f2", GenerationState::Running).await;
    let poster = rows::poster(&txn, &generation, 0, PosterState::Running).await;
    let granted = ledger::grant_in_txn(&txn, user.id, credits, "welcome".to_owned(), None, AT_MS).await;
    granted.expect("a grant");
    txn.commit().await.expect("committed");
    (test, user.id, generation.id, poster.id)
}

async fn wallet(test: &TestDatabase, user_id: i64) -> (i64, i64) {
    let Wallet { credits, frozen, .. } =
        ledger::wallet(test.database.read(), user_id).await.expect("the user is there");
    (credits, frozen)
}

#[test]
fn one_of_many_gets_the_last_credits() {
    run(async {
        for engine in engines() {
            let (test, user_id, generation_id, poster_id) = seller(engine, 4).await;
            let start = Arc::new(Barrier::new(HANDS as usize));
            let mut hands = JoinSet::new();
            for attempt in 1..=HANDS {
                let request = rows::hold_request(&generation_id, poster_id, attempt, 4);
                let (test, start) = (Arc::clone(&test), Arc::clone(&start));
                hands.spawn(async move {
                    start.wait().await;
                    let txn = test.database.write().await.expect("a transaction");
                    let outcome = ledger::hold_in_txn(&txn, user_id, &[request], AT_MS).await.expect("an answer");
                    txn.commit().await.expect("committed");
                    match outcome {
                        HoldOutcome::Held(..) => 1,
                        HoldOutcome::Insufficient { required: 4, available: 0 } => 0,
                        other @ HoldOutcome::Insufficient { .. } => panic!("{engine:?}: {other:?}"),
                    }
                });
            }
            let winners: i32 = hands.join_all().await.into_iter().sum();
            assert_eq!(winners, 1, "{engine:?}");
            assert_eq!(wallet(&test, user_id).await, (0, 4), "{engine:?}");
        }
    });
}

#[test]
fn one_of_many_settles_a_hold() {
    run(async {
        for engine in engines() {
            let (test, user_id, generation_id, poster_id) = seller(engine, 20).await;
            let txn = test.database.write().await.expect("a transaction");
            let request = rows::hold_request(&generation_id, poster_id, 1, 4);
            let held = ledger::hold_in_txn(&txn, user_id, &[request], AT_MS).await.expect("an answer");
            let HoldOutcome::Held(holds, _) = held else { panic!("{engine:?}: twenty credits are enough") };
            txn.commit().await.expect("committed");
            let (hold_id, start) = (holds[0].id, Arc::new(Barrier::new(HANDS as usize)));
            let mut hands = JoinSet::new();
            for hand in 0..HANDS {
                let (test, start) = (Arc::clone(&test), Arc::clone(&start));
                hands.spawn(async move {
                    start.wait().await;
                    let txn = test.database.write().await.expect("a transaction");
                    let settled = if hand % 2 == 0 {
                        ledger::capture_in_txn(&txn, hold_id, AT_MS).await
                    } else {
                        ledger::release_in_txn(&txn, hold_id, AT_MS).await
                    };
                    txn.commit().await.expect("committed");
                    match settled.expect("an answer") {
                        Settlement::Settled { wallet, .. } => Some(wallet.credits),
                        Settlement::AlreadySettled(_) => None,
                    }
                });
            }
            let won: Vec<i64> = hands.join_all().await.into_iter().flatten().collect();
            assert_eq!(won.len(), 1, "{engine:?}");
            assert_eq!(wallet(&test, user_id).await, (won[0], 0), "{engine:?}");
        }
    });
}

#[test]
fn moves_of_many_users_do_not_get_lost() {
    run(async {
        for engine in engines() {
            let (test, user_id, generation_id, poster_id) = seller(engine, 4 * HANDS).await;
            let mut hands = JoinSet::new();
            for attempt in 1..=HANDS {
                let request = rows::hold_request(&generation_id, poster_id, attempt, 4);
                let test = Arc::clone(&test);
                hands.spawn(async move {
                    let txn = test.database.write().await.expect("a transaction");
                    let held = ledger::hold_in_txn(&txn, user_id, &[request], AT_MS).await.expect("an answer");
                    txn.commit().await.expect("committed");
                    let HoldOutcome::Held(holds, _) = held else { panic!("{engine:?}: enough for all") };
                    let txn = test.database.write().await.expect("a transaction");
                    match attempt % 3 {
                        // Thought better of: the hold stays open.
                        0 => {
                            ledger::capture_in_txn(&txn, holds[0].id, AT_MS).await.expect("captured");
                            return txn.rollback().await.expect("rolled back");
                        }
                        1 => ledger::capture_in_txn(&txn, holds[0].id, AT_MS).await.expect("captured"),
                        _ => ledger::release_in_txn(&txn, holds[0].id, AT_MS).await.expect("released"),
                    };
                    txn.commit().await.expect("committed");
                });
            }
            hands.join_all().await;
            // Of 32: 10 stay open, 11 are captured, 11 released.
            assert_eq!(wallet(&test, user_id).await, (44, 40), "{engine:?}");
            let broken = haibao::ledger::audit::broken(test.database.read()).await.expect("the audit runs");
            let money = broken.iter().filter(|(rule, _)| rule.id.contains("ledger") || rule.id.contains("frozen"));
            assert_eq!(money.count(), 0, "{engine:?}: {broken:?}");
        }
    });
}

#[test]
fn two_that_have_both_written_for_a_seller_do_not_wait_for_each_other_in_a_circle() {
    run(async {
        // SQLite has one writer: there the second does not begin before the first has ended.
        for engine in engines().into_iter().filter(|engine| *engine == Engine::Postgres) {
            let (test, user_id, ..) = seller(engine, 20).await;
            let both_wrote = Barrier::new(2);
            let grant = async |number: u32| {
                let txn = test.database.write().await.expect("a transaction");
                // A row that names the seller holds a share of the seller's key.
                let id = format!("session_20260110143052_000{number}");
                rows::generation(&txn, user_id, &id, GenerationState::Completed).await;
                both_wrote.wait().await;
                let granted = ledger::grant_in_txn(&txn, user_id, 1, format!("grant:{number}"), None, AT_MS).await;
                granted.expect("nobody is broken off");
                txn.commit().await.expect("committed");
            };
            tokio::join!(grant(1), grant(2));
            assert_eq!(wallet(&test, user_id).await, (22, 0));
        }
    });
}
