//! The ledger against a model of twenty lines: random moves of credits, good and bad, in committed
//! and in abandoned transactions, on both databases. Every answer is compared with the model's,
//! every balance after every transaction, and the books are audited on the way.
//!
//! A failure prints the seed; `TEST_SEED=<seed>` runs the same moves again.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use entity::enums::{GenerationState, HoldState, OrderStatus, PosterState};
use haibao::{
    database::{Constraint, violated},
    ids::{IdSource, SystemIds},
    ledger::{self, HoldOutcome, LedgerError, Settlement, Wallet, audit},
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};
use sea_orm::DatabaseTransaction;

use crate::support::{
    database::{Engine, TestDatabase},
    environment, postgres,
    rows::{self, AT_MS},
    run,
};

/// Sellers whose moves are interleaved.
const USERS: usize = 3;

/// The rules about money alone; the others speak of posters, jobs and events, which a ledger on
/// its own has none of.
const MONEY_RULES: [&str; 10] = [
    "balance-is-ledger-sum",
    "frozen-is-open-holds",
    "paid-order-has-one-deposit",
    "deposit-is-order-amount",
    "hold-has-its-entries",
    "settling-entry-matches-hold",
    "ledger-chain-has-no-gap",
    "nothing-negative",
    "paid-fen-buys-credits",
    "channel-brought-its-deposits",
];

/// One move. Numbers named `pick` choose among what exists, wrapping around.
#[derive(Clone, Debug)]
enum Move {
    Deposit { user: usize, amount: i64 },
    Grant { user: usize, amount: i64 },
    Hold { user: usize, amounts: Vec<i64> },
    Overdraw { user: usize, beyond: i64 },
    Settle { pick: usize, capture: bool },
    SettleUnknown { capture: bool },
    Refund { pick: usize, amount: i64 },
    Adjust { user: usize, delta: i64 },
    HoldNothing { user: usize },
    PayUnknownUser,
}

/// How a transaction ends.
#[derive(Clone, Debug)]
enum Ending {
    Commit,
    Rollback,
    /// A second deposit of an order: refused, and the transaction with it.
    DepositAgain {
        pick: usize,
    },
    /// A second grant under a used key, likewise.
    GrantAgain {
        pick: usize,
    },
}

/// The whole theory of credits.
#[derive(Clone, Debug, Default)]
struct Model {
    purses: [Purse; USERS],
    holds: Vec<(usize, i64, HoldState)>,
    orders: Vec<(usize, i64, bool)>,
    grants: Vec<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Purse {
    credits: i64,
    frozen: i64,
    entries: i64,
}

impl Model {
    fn add(&mut self, user: usize, credits: i64, frozen: i64) {
        let purse = &mut self.purses[user];
        *purse = Purse { credits: purse.credits + credits, frozen: purse.frozen + frozen, entries: purse.entries + 1 };
    }

    fn hold(&mut self, user: usize, amounts: &[i64]) -> bool {
        let enough = self.purses[user].credits >= amounts.iter().sum();
        for amount in amounts.iter().filter(|_| enough) {
            self.holds.push((user, *amount, HoldState::Open));
            self.add(user, -amount, *amount);
        }
        enough
    }

    fn settle(&mut self, index: usize, into: HoldState) -> Option<i64> {
        let (user, amount, state) = self.holds[index];
        if state != HoldState::Open {
            return None;
        }
        self.holds[index].2 = into;
        self.add(user, if into == HoldState::Released { amount } else { 0 }, -amount);
        Some(amount)
    }
}

/// The ids under which the model's users, holds and orders are stored.
struct World {
    test: TestDatabase,
    engine: Engine,
    users: Vec<(i64, String, i64)>,
    model: Model,
    hold_ids: Vec<i64>,
    order_ids: Vec<i64>,
    attempts: i64,
    keys: usize,
}

macro_rules! same {
    ($found:expr, $expected:expr, $about:expr) => {{
        let (found, expected) = (&$found, &$expected);
        if found != expected {
            return Err(TestCaseError::fail(format!(
                "{:?}: the ledger says {found:?}, the model {expected:?}",
                $about
            )));
        }
    }};
}

fn purse(wallet: Wallet) -> Purse {
    Purse { credits: wallet.credits, frozen: wallet.frozen, entries: wallet.version }
}

fn fault(error: impl std::fmt::Display) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

impl World {
    async fn new(engine: Engine) -> Self {
        let test = TestDatabase::new(engine).await;
        let txn = test.database.write().await.expect("a transaction");
        let mut users = Vec::new();
        for number in 0..USERS {
            let user = rows::user(&txn, &format!("seller{number}@example.com")).await;
            let id = format!("session_20260110143052_{number:04x}");
            let generation = rows::generation(&txn, user.id, &id, GenerationState::Running).await;
            let poster = rows::poster(&txn, &generation, 0, PosterState::Running).await;
            users.push((user.id, generation.id, poster.id));
        }
        txn.commit().await.expect("the users are there");
        let model = Model::default();
        Self { test, engine, users, model, hold_ids: Vec::new(), order_ids: Vec::new(), attempts: 0, keys: 0 }
    }

    /// Makes one move on both sides and compares the answers.
    async fn make(&mut self, txn: &DatabaseTransaction, step: &Move) -> Result<(), TestCaseError> {
        match step {
            Move::Deposit { user, amount } => {
                let user_id = self.users[*user].0;
                let order = rows::order(txn, user_id, *amount, OrderStatus::Paid).await;
                let wallet = ledger::deposit_in_txn(txn, user_id, order.id, *amount, AT_MS).await.map_err(fault)?;
                self.model.add(*user, *amount, 0);
                self.model.orders.push((*user, *amount, false));
                self.order_ids.push(order.id);
                same!(purse(wallet), self.model.purses[*user], step);
            }
            Move::Grant { user, amount } => {
                let key = format!("grant:{}", self.keys);
                self.keys += 1;
                let granted = ledger::grant_in_txn(txn, self.users[*user].0, *amount, key, None, AT_MS).await;
                self.model.add(*user, *amount, 0);
                self.model.grants.push(self.keys - 1);
                same!(purse(granted.map_err(fault)?), self.model.purses[*user], step);
            }
            Move::Hold { user, amounts } => self.hold(txn, step, *user, amounts).await?,
            Move::Overdraw { user, beyond } => {
                let amount = self.model.purses[*user].credits + beyond;
                self.hold(txn, step, *user, &[amount]).await?;
            }
            Move::Settle { pick, capture } => {
                if self.hold_ids.is_empty() {
                    return Ok(());
                }
                let index = pick % self.hold_ids.len();
                let into = if *capture { HoldState::Captured } else { HoldState::Released };
                let settled = settle(txn, self.hold_ids[index], *capture).await.map_err(fault)?;
                match (self.model.settle(index, into), settled) {
                    (Some(expected), Settlement::Settled { amount, wallet }) => {
                        same!(amount, expected, step);
                        same!(purse(wallet), self.model.purses[self.model.holds[index].0], step);
                    }
                    (None, Settlement::AlreadySettled(state)) => same!(state, self.model.holds[index].2, step),
                    (expected, found) => same!(format!("{found:?}"), format!("{expected:?}"), step),
                }
            }
            Move::SettleUnknown { capture } => {
                let answer = settle(txn, 1 << 40, *capture).await;
                same!(matches!(answer, Err(LedgerError::UnknownHold(_))), true, (step, answer));
            }
            Move::Refund { pick, amount } => {
                if self.order_ids.is_empty() {
                    return Ok(());
                }
                let index = pick % self.order_ids.len();
                let (user, _, refunded) = self.model.orders[index];
                if refunded {
                    return Ok(());
                }
                let (user_id, order_id) = (self.users[user].0, self.order_ids[index]);
                let answer =
                    ledger::refund_in_txn(txn, user_id, order_id, *amount, format!("refund:{order_id}"), AT_MS)
                        .await
                        .map_err(fault)?;
                let expected = (*amount).min(self.model.purses[user].credits);
                if expected > 0 {
                    self.model.add(user, -expected, 0);
                    self.model.orders[index].2 = true;
                }
                same!((answer.0, purse(answer.1)), (expected, self.model.purses[user]), step);
            }
            Move::Adjust { user, delta } => {
                let key = format!("adjust:{}", self.keys);
                self.keys += 1;
                let note = "counted again".to_owned();
                let answer = ledger::adjust_in_txn(txn, self.users[*user].0, *delta, key, note, AT_MS).await;
                let refused = *delta == 0 || self.model.purses[*user].credits + delta < 0;
                if refused {
                    same!(matches!(answer, Err(LedgerError::Unbalanced { .. })), true, (step, answer));
                } else {
                    self.model.add(*user, *delta, 0);
                    same!(purse(answer.map_err(fault)?), self.model.purses[*user], step);
                }
            }
            Move::HoldNothing { user } => {
                for amounts in [vec![], vec![0], vec![4, -4]] {
                    let answer = self.ask(txn, *user, &amounts).await;
                    same!(matches!(answer, Err(LedgerError::Unbalanced { .. })), true, (step, answer));
                }
            }
            Move::PayUnknownUser => {
                let answer = ledger::grant_in_txn(txn, 1 << 40, 4, "grant:nobody".to_owned(), None, AT_MS).await;
                same!(matches!(answer, Err(LedgerError::UnknownUser(_))), true, (step, answer));
            }
        }
        Ok(())
    }

    async fn ask(
        &mut self,
        txn: &DatabaseTransaction,
        user: usize,
        amounts: &[i64],
    ) -> Result<HoldOutcome, LedgerError> {
        let (user_id, generation_id, poster_id) = &self.users[user];
        let mut requests = Vec::new();
        for amount in amounts {
            self.attempts += 1;
            requests.push(rows::hold_request(generation_id, *poster_id, self.attempts, *amount));
        }
        ledger::hold_in_txn(txn, *user_id, &requests, AT_MS).await
    }

    async fn hold(
        &mut self,
        txn: &DatabaseTransaction,
        step: &Move,
        user: usize,
        amounts: &[i64],
    ) -> Result<(), TestCaseError> {
        let before = self.model.purses[user];
        match self.ask(txn, user, amounts).await.map_err(fault)? {
            HoldOutcome::Held(holds, wallet) => {
                same!(true, self.model.hold(user, amounts), step);
                same!(purse(wallet), self.model.purses[user], step);
                let held: Vec<i64> = holds.iter().map(|hold| hold.amount).collect();
                same!(held, amounts, step);
                self.hold_ids.extend(holds.iter().map(|hold| hold.id));
            }
            HoldOutcome::Insufficient { required, available } => {
                same!(false, self.model.hold(user, amounts), step);
                same!((required, available), (amounts.iter().sum::<i64>(), before.credits), step);
            }
        }
        Ok(())
    }

    /// Ends the transaction; an abandoned one takes the model back to where it was.
    async fn end(
        &mut self,
        txn: DatabaseTransaction,
        ending: &Ending,
        before: (Model, usize, usize),
    ) -> Result<(), TestCaseError> {
        let refused = match ending {
            Ending::Commit => {
                txn.commit().await.map_err(fault)?;
                return Ok(());
            }
            Ending::DepositAgain { pick } if !self.order_ids.is_empty() => {
                let index = pick % self.order_ids.len();
                let (user, amount, _) = self.model.orders[index];
                Some(ledger::deposit_in_txn(&txn, self.users[user].0, self.order_ids[index], amount, AT_MS).await)
            }
            Ending::GrantAgain { pick } if !self.model.grants.is_empty() => {
                let key = format!("grant:{}", self.model.grants[pick % self.model.grants.len()]);
                Some(ledger::grant_in_txn(&txn, self.users[0].0, 4, key, None, AT_MS).await)
            }
            Ending::Rollback | Ending::DepositAgain { .. } | Ending::GrantAgain { .. } => None,
        };
        if let Some(answer) = refused {
            let seen = match &answer {
                Err(LedgerError::Database(error)) => violated(error),
                _ => None,
            };
            // A second deposit breaks two unique keys; which of them is named depends on the database.
            let known = match ending {
                Ending::GrantAgain { .. } => seen == Some(Constraint::LedgerIdempotency),
                _ => seen.is_some(),
            };
            same!(known, true, (ending, answer));
        }
        txn.rollback().await.map_err(fault)?;
        let (model, holds, orders) = before;
        self.model = model;
        self.hold_ids.truncate(holds);
        self.order_ids.truncate(orders);
        Ok(())
    }

    async fn check_balances(&self) -> Result<(), TestCaseError> {
        for (number, (user_id, ..)) in self.users.iter().enumerate() {
            let wallet = ledger::wallet(self.test.database.read(), *user_id).await.map_err(fault)?;
            same!(purse(wallet), self.model.purses[number], ("after the transaction", number));
        }
        Ok(())
    }

    async fn check_books(&self) -> Result<(), TestCaseError> {
        let broken = audit::broken(self.test.database.read()).await.map_err(fault)?;
        let broken: Vec<_> = broken.iter().map(|(rule, _)| rule.id).filter(|id| MONEY_RULES.contains(id)).collect();
        same!(broken, Vec::<&str>::new(), (self.engine, "audit"));
        Ok(())
    }
}

async fn settle(txn: &DatabaseTransaction, hold_id: i64, capture: bool) -> Result<Settlement, LedgerError> {
    if capture {
        ledger::capture_in_txn(txn, hold_id, AT_MS).await
    } else {
        ledger::release_in_txn(txn, hold_id, AT_MS).await
    }
}

fn step() -> impl Strategy<Value = Move> {
    let user = || 0..USERS;
    prop_oneof![
        3 => (user(), 1..400_i64).prop_map(|(user, amount)| Move::Deposit { user, amount }),
        2 => (user(), 1..60_i64).prop_map(|(user, amount)| Move::Grant { user, amount }),
        8 => (user(), prop::collection::vec(1..9_i64, 1..4)).prop_map(|(user, amounts)| Move::Hold { user, amounts }),
        2 => (user(), 1..9_i64).prop_map(|(user, beyond)| Move::Overdraw { user, beyond }),
        12 => (any::<usize>(), any::<bool>()).prop_map(|(pick, capture)| Move::Settle { pick, capture }),
        1 => any::<bool>().prop_map(|capture| Move::SettleUnknown { capture }),
        2 => (any::<usize>(), 1..500_i64).prop_map(|(pick, amount)| Move::Refund { pick, amount }),
        2 => (user(), -300..60_i64).prop_map(|(user, delta)| Move::Adjust { user, delta }),
        1 => user().prop_map(|user| Move::HoldNothing { user }),
        1 => Just(Move::PayUnknownUser),
    ]
}

fn transaction() -> impl Strategy<Value = (Vec<Move>, Ending)> {
    let ending = prop_oneof![
        8 => Just(Ending::Commit),
        1 => Just(Ending::Rollback),
        1 => any::<usize>().prop_map(|pick| Ending::DepositAgain { pick }),
        1 => any::<usize>().prop_map(|pick| Ending::GrantAgain { pick }),
    ];
    (prop::collection::vec(step(), 1..33), ending)
}

/// Runs cases until so many moves have been compared.
fn compare(engine: Engine, moves_min: usize) {
    let seed = environment("TEST_SEED").and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        let mut bytes = [0; 8];
        SystemIds::new().fill(&mut bytes);
        u64::from_be_bytes(bytes)
    });
    println!("{engine:?}: TEST_SEED={seed}");
    let (made, started) = (AtomicUsize::new(0), Instant::now());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let config = Config {
        // A case of 60 to 80 transactions has 700 moves at the very least.
        cases: u32::try_from(moves_min / 700).expect("a small number"),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 400,
        max_shrink_time: 60_000,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&prop::collection::vec(transaction(), 60..80), |transactions| {
        if made.load(Ordering::Relaxed) >= moves_min {
            return Ok(());
        }
        runtime.block_on(async {
            let mut world = World::new(engine).await;
            for (number, (moves, ending)) in transactions.iter().enumerate() {
                let before = (world.model.clone(), world.hold_ids.len(), world.order_ids.len());
                let txn = world.test.database.write().await.map_err(fault)?;
                for step in moves {
                    world.make(&txn, step).await?;
                    made.fetch_add(1, Ordering::Relaxed);
                }
                world.end(txn, ending, before).await?;
                world.check_balances().await?;
                if number % 20 == 19 {
                    world.check_books().await?;
                }
            }
            world.check_books().await
        })
    });
    let made = made.into_inner();
    assert!(outcome.is_ok(), "{engine:?}: TEST_SEED={seed}\n{}", outcome.expect_err("just looked"));
    assert!(made >= moves_min, "{engine:?}: only {made} moves");
    println!("{engine:?}: {made} moves compared in {:.1} s", started.elapsed().as_secs_f64());
}

#[test]
fn every_move_on_sqlite_agrees_with_the_model() {
    compare(Engine::Sqlite, 70_000);
}

#[test]
fn every_move_on_postgresql_agrees_with_the_model() {
    if postgres::cluster().is_some() {
        compare(Engine::Postgres, 35_000);
    }
}

#[test]
fn the_model_itself_knows_the_worked_example() {
    let mut model = Model::default();
    model.add(0, 20, 0);
    assert!(model.hold(0, &[4; 5]) && !model.hold(0, &[4]), "twenty credits pay five posters and no sixth");
    for index in 0..4 {
        assert_eq!(model.settle(index, HoldState::Captured), Some(4));
    }
    assert_eq!(model.settle(4, HoldState::Released), Some(4));
    assert_eq!(model.settle(4, HoldState::Captured), None, "settled once");
    assert_eq!((model.purses[0].credits, model.purses[0].frozen), (4, 0));
}

#[test]
fn the_comparison_can_fail() {
    // A model that is off by one credit must be noticed at once, or the test above says nothing.
    run(async {
        let mut world = World::new(Engine::Sqlite).await;
        world.model.purses[1].credits = 1;
        let txn = world.test.database.write().await.expect("a transaction");
        let made = world.make(&txn, &Move::Grant { user: 1, amount: 5 }).await;
        assert!(made.is_err(), "the answer differs");
        txn.rollback().await.expect("rolled back");
        assert!(world.check_balances().await.is_err(), "the balance differs");
    });
}
