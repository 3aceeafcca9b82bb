//! The only writer of balances.
//!
//! Credits move in two phases: a **hold** freezes them for one poster or one edit, then exactly one
//! of **capture** (spent: the picture is stored) or **release** (given back) settles the hold.
//! A worked example, the specification's own — five posters at 4 credits, one fails:
//!
//! | move            | credits | frozen |
//! |-----------------|--------:|-------:|
//! | start           |      20 |      0 |
//! | hold 5 × 4      |       0 |     20 |
//! | capture 4 × 4   |       0 |      4 |
//! | release 1 × 4   |       4 |      0 |
//!
//! Each move appends a row to `ledger_entries` and then sets the balance to what that row says; a
//! trigger refuses any balance that the newest row does not explain. What is settled is read from
//! the hold, never from today's price. Every function runs inside the caller's transaction, so the
//! money commits together with the work it pays for.
//!
//! Lock order: the generation's row first (if any), the user's row here.

pub mod audit;
pub mod debts;

use ::entity::{
    enums::{HoldState, LedgerEntryKind},
    holds, ledger_entries, users,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, LockType},
};
use serde::{Deserialize, Serialize};

/// The two numbers a seller cares about, and how new they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wallet {
    /// Credits that can be spent.
    pub credits: i64,
    /// Credits held for work under way.
    pub frozen: i64,
    /// Only grows; a reader ignores an older one.
    pub version: i64,
}

impl From<&users::Model> for Wallet {
    fn from(user: &users::Model) -> Self {
        Self { credits: user.credits, frozen: user.frozen, version: user.wallet_version }
    }
}

/// Why a move of credits could not be made. None of these is a normal outcome: too few credits, or
/// a hold that is settled already, are answers and not errors.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database said no.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// No such user.
    #[error("user {0} does not exist")]
    UnknownUser(i64),
    /// No such hold.
    #[error("hold {0} does not exist")]
    UnknownHold(i64),
    /// The books would not add up; nothing was written.
    #[error("the ledger of user {user_id} would not add up: {reason}")]
    Unbalanced {
        /// Whose books.
        user_id: i64,
        /// What is wrong.
        reason: &'static str,
    },
}

/// One hold to make.
#[derive(Clone, Debug)]
pub struct HoldRequest {
    /// For which set.
    pub generation_id: String,
    /// For which poster.
    pub poster_id: i64,
    /// For which edit, when it is one.
    pub edit_id: Option<i64>,
    /// Which attempt of the poster (0 for an edit).
    pub attempt: i64,
    /// Credits, greater than 0.
    pub amount: i64,
    /// The client's key, when a retry brought one.
    pub idempotency_key: Option<String>,
}

/// What became of a request to hold.
#[derive(Debug)]
pub enum HoldOutcome {
    /// Frozen: the holds in the order asked for, and the balance after.
    Held(Vec<holds::Model>, Wallet),
    /// Too few credits; nothing was frozen.
    Insufficient {
        /// Credits asked for.
        required: i64,
        /// Credits there.
        available: i64,
    },
}

/// What became of a request to settle.
#[derive(Debug)]
pub enum Settlement {
    /// Settled now.
    Settled {
        /// Credits captured or released: the hold's own amount.
        amount: i64,
        /// The balance after.
        wallet: Wallet,
    },
    /// Was settled before; nothing moved.
    AlreadySettled(HoldState),
}

/// One line to write.
struct Move {
    kind: LedgerEntryKind,
    credits: i64,
    frozen: i64,
    order_id: Option<i64>,
    hold_id: Option<i64>,
    idempotency_key: String,
    note: Option<String>,
}

/// The balance of a user, from any connection.
///
/// # Errors
/// `UnknownUser` or a database error.
pub async fn wallet(connection: &impl ConnectionTrait, user_id: i64) -> Result<Wallet, LedgerError> {
    let user = users::Entity::find_by_id(user_id).one(connection).await?;
    user.as_ref().map(Wallet::from).ok_or(LedgerError::UnknownUser(user_id))
}

/// Freezes credits for several pieces of work at once: all of them or none.
///
/// # Errors
/// `UnknownUser`, `Unbalanced` (an amount below 1) or a database error; a second hold for the same
/// poster attempt or edit violates a unique index.
pub async fn hold_in_txn(
    txn: &DatabaseTransaction,
    user_id: i64,
    requests: &[HoldRequest],
    at_ms: i64,
) -> Result<HoldOutcome, LedgerError> {
    let user = lock_user(txn, user_id).await?;
    if requests.is_empty() || requests.iter().any(|request| request.amount <= 0) {
        return Err(LedgerError::Unbalanced { user_id, reason: "a hold is of at least one credit" });
    }
    let required: i64 = requests.iter().map(|request| request.amount).sum();
    // What is owed for money that went back is not there to be spent.
    let available = (user.credits - debts::owed(txn, user_id).await?).max(0);
    if available < required {
        return Ok(HoldOutcome::Insufficient { required, available });
    }
    let mut holds = Vec::with_capacity(requests.len());
    for request in requests {
        let hold = holds::ActiveModel {
            id: NotSet,
            user_id: Set(user_id),
            generation_id: Set(request.generation_id.clone()),
            poster_id: Set(request.poster_id),
            edit_id: Set(request.edit_id),
            attempt: Set(request.attempt),
            amount: Set(request.amount),
            state: Set(HoldState::Open),
            idempotency_key: Set(request.idempotency_key.clone()),
            created_at_ms: Set(at_ms),
            settled_at_ms: Set(None),
        };
        holds.push(hold.insert(txn).await?);
    }
    let moves = holds.iter().map(|hold| Move {
        kind: LedgerEntryKind::Hold,
        credits: -hold.amount,
        frozen: hold.amount,
        order_id: None,
        hold_id: Some(hold.id),
        idempotency_key: format!("hold:{}", hold.id),
        note: None,
    });
    let wallet = apply(txn, &user, moves.collect(), at_ms).await?;
    Ok(HoldOutcome::Held(holds, wallet))
}

/// Spends a hold: the picture it pays for is stored.
///
/// # Errors
/// `UnknownHold`, `Unbalanced` or a database error.
pub async fn capture_in_txn(txn: &DatabaseTransaction, hold_id: i64, at_ms: i64) -> Result<Settlement, LedgerError> {
    settle(txn, hold_id, HoldState::Captured, at_ms).await
}

/// Gives a hold back.
///
/// # Errors
/// `UnknownHold`, `Unbalanced` or a database error.
pub async fn release_in_txn(txn: &DatabaseTransaction, hold_id: i64, at_ms: i64) -> Result<Settlement, LedgerError> {
    settle(txn, hold_id, HoldState::Released, at_ms).await
}

/// Credits a paid order. The unique key `deposit:order:{id}` makes a repeated call-back a
/// violation instead of a second credit; callers change the order's state first, so they see the
/// duplicate before they get here.
///
/// # Errors
/// `UnknownUser`, `Unbalanced` (an amount below 1) or a database error.
pub async fn deposit_in_txn(
    txn: &DatabaseTransaction,
    user_id: i64,
    order_id: i64,
    amount: i64,
    at_ms: i64,
) -> Result<Wallet, LedgerError> {
    let user = lock_user(txn, user_id).await?;
    let deposit = Move {
        kind: LedgerEntryKind::Deposit,
        credits: amount,
        frozen: 0,
        order_id: Some(order_id),
        hold_id: None,
        idempotency_key: format!("deposit:order:{order_id}"),
        note: None,
    };
    apply(txn, &user, vec![deposit], at_ms).await
}

/// Gives credits as a gift of the house: the welcome, or an operator's grant. The key makes it
/// happen once (`welcome:user:{id}`).
///
/// # Errors
/// `UnknownUser`, `Unbalanced` (an amount below 1) or a database error.
pub async fn grant_in_txn(
    txn: &DatabaseTransaction,
    user_id: i64,
    amount: i64,
    idempotency_key: String,
    note: Option<String>,
    at_ms: i64,
) -> Result<Wallet, LedgerError> {
    let user = lock_user(txn, user_id).await?;
    let grant = Move {
        kind: LedgerEntryKind::Grant,
        credits: amount,
        frozen: 0,
        order_id: None,
        hold_id: None,
        idempotency_key,
        note,
    };
    apply(txn, &user, vec![grant], at_ms).await
}

/// Takes credits of an order back when its money was paid back: at most what is there, so that a
/// balance never goes below zero. Returns the credits taken with the balance after; nothing is
/// written when none are left. The key makes it happen once (`refund:{id}`).
///
/// # Errors
/// `UnknownUser`, `Unbalanced` or a database error.
pub async fn refund_in_txn(
    txn: &DatabaseTransaction,
    user_id: i64,
    order_id: i64,
    amount: i64,
    idempotency_key: String,
    at_ms: i64,
) -> Result<(i64, Wallet), LedgerError> {
    let user = lock_user(txn, user_id).await?;
    let taken = amount.min(user.credits);
    if taken == 0 {
        return Ok((0, Wallet::from(&user)));
    }
    let refund = Move {
        kind: LedgerEntryKind::Refund,
        credits: -taken,
        frozen: 0,
        order_id: Some(order_id),
        hold_id: None,
        idempotency_key,
        note: None,
    };
    Ok((taken, apply(txn, &user, vec![refund], at_ms).await?))
}

/// Corrects a balance by an operator's decision.
///
/// # Errors
/// `UnknownUser`, `Unbalanced` (a correction of zero, or below zero credits) or a database error.
pub async fn adjust_in_txn(
    txn: &DatabaseTransaction,
    user_id: i64,
    credits_delta: i64,
    idempotency_key: String,
    note: String,
    at_ms: i64,
) -> Result<Wallet, LedgerError> {
    let user = lock_user(txn, user_id).await?;
    let adjustment = Move {
        kind: LedgerEntryKind::Adjustment,
        credits: credits_delta,
        frozen: 0,
        order_id: None,
        hold_id: None,
        idempotency_key,
        note: Some(note),
    };
    apply(txn, &user, vec![adjustment], at_ms).await
}

/// Reads the user's row and keeps others from it until the transaction ends (on SQLite the whole
/// database is ours already).
///
/// On PostgreSQL `NO KEY UPDATE`, because every row that names a user holds `KEY SHARE` on this one: two
/// transactions that have both inserted such rows would wait for each other's share with `UPDATE`.
async fn lock_user(txn: &DatabaseTransaction, user_id: i64) -> Result<users::Model, LedgerError> {
    let user = users::Entity::find_by_id(user_id).lock(LockType::NoKeyUpdate);
    user.one(txn).await?.ok_or(LedgerError::UnknownUser(user_id))
}

async fn settle(
    txn: &DatabaseTransaction,
    hold_id: i64,
    into: HoldState,
    at_ms: i64,
) -> Result<Settlement, LedgerError> {
    let hold = holds::Entity::find_by_id(hold_id).one(txn).await?.ok_or(LedgerError::UnknownHold(hold_id))?;
    let user = lock_user(txn, hold.user_id).await?;
    let changed = holds::Entity::update_many()
        .col_expr(holds::Column::State, Expr::value(into))
        .col_expr(holds::Column::SettledAtMs, Expr::value(at_ms))
        .filter(holds::Column::Id.eq(hold_id))
        .filter(holds::Column::State.eq(HoldState::Open))
        .exec(txn)
        .await?;
    if changed.rows_affected != 1 {
        let now = holds::Entity::find_by_id(hold_id).one(txn).await?.ok_or(LedgerError::UnknownHold(hold_id))?;
        return Ok(Settlement::AlreadySettled(now.state));
    }
    let (kind, credits) = match into {
        HoldState::Captured => (LedgerEntryKind::Capture, 0),
        HoldState::Released => (LedgerEntryKind::Release, hold.amount),
        HoldState::Open => {
            return Err(LedgerError::Unbalanced { user_id: hold.user_id, reason: "a hold is not settled into open" });
        }
    };
    let settlement = Move {
        kind,
        credits,
        frozen: -hold.amount,
        order_id: None,
        hold_id: Some(hold_id),
        idempotency_key: format!("settle:{hold_id}"),
        note: None,
    };
    let wallet = apply(txn, &user, vec![settlement], at_ms).await?;
    Ok(Settlement::Settled { amount: hold.amount, wallet })
}

/// Appends the entries, then sets the balance to what the last of them says.
async fn apply(
    txn: &DatabaseTransaction,
    user: &users::Model,
    moves: Vec<Move>,
    at_ms: i64,
) -> Result<Wallet, LedgerError> {
    let mut wallet = Wallet::from(user);
    let mut entries = Vec::with_capacity(moves.len());
    for step in moves {
        let unbalanced = |reason| LedgerError::Unbalanced { user_id: user.id, reason };
        wallet = Wallet {
            credits: wallet.credits.checked_add(step.credits).ok_or_else(|| unbalanced("credits overflow"))?,
            frozen: wallet.frozen.checked_add(step.frozen).ok_or_else(|| unbalanced("frozen overflows"))?,
            version: wallet.version + 1,
        };
        if wallet.credits < 0 {
            return Err(unbalanced("credits below zero"));
        }
        if wallet.frozen < 0 {
            return Err(unbalanced("frozen below zero"));
        }
        let gives = matches!(step.kind, LedgerEntryKind::Deposit | LedgerEntryKind::Grant);
        if (gives && step.credits <= 0) || (step.credits == 0 && step.frozen == 0) {
            return Err(unbalanced("a move of nothing"));
        }
        entries.push(ledger_entries::ActiveModel {
            id: NotSet,
            user_id: Set(user.id),
            wallet_version: Set(wallet.version),
            kind: Set(step.kind),
            credits_delta: Set(step.credits),
            frozen_delta: Set(step.frozen),
            credits_after: Set(wallet.credits),
            frozen_after: Set(wallet.frozen),
            order_id: Set(step.order_id),
            hold_id: Set(step.hold_id),
            idempotency_key: Set(step.idempotency_key),
            note: Set(step.note),
            at_ms: Set(at_ms),
        });
    }
    ledger_entries::Entity::insert_many(entries).exec_without_returning(txn).await?;
    let changed = users::Entity::update_many()
        .col_expr(users::Column::Credits, Expr::value(wallet.credits))
        .col_expr(users::Column::Frozen, Expr::value(wallet.frozen))
        .col_expr(users::Column::WalletVersion, Expr::value(wallet.version))
        .filter(users::Column::Id.eq(user.id))
        .filter(users::Column::WalletVersion.eq(user.wallet_version))
        .exec(txn)
        .await?;
    if changed.rows_affected == 1 {
        Ok(wallet)
    } else {
        Err(LedgerError::Unbalanced { user_id: user.id, reason: "the balance moved under a lock" })
    }
}
