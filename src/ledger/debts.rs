//! Credits that were spent before their money went back.
//!
//! A balance never goes below zero, so what a refund or a dispute could not take is owed. Owed credits
//! cannot be spent, and whatever comes in later pays the debt first.

use ::entity::{debts, enums::DebtState, enums::LedgerEntryKind};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{LedgerError, Move, Wallet, apply, lock_user};

/// Credits that a user owes.
///
/// # Errors
/// A database error.
pub async fn owed(connection: &impl ConnectionTrait, user_id: i64) -> Result<i64, LedgerError> {
    let open = debts::Entity::find()
        .filter(debts::Column::UserId.eq(user_id))
        .filter(debts::Column::State.eq(DebtState::Open))
        .all(connection)
        .await?;
    Ok(open.iter().map(|debt| debt.credits - debt.collected).sum())
}

/// Takes credits for a refund and writes down as owed what is not there. Returns the credits taken.
///
/// # Errors
/// `UnknownUser`, `Unbalanced` or a database error; a second time for the same refund violates a
/// unique index.
pub async fn take_back_in_txn(
    txn: &DatabaseTransaction,
    user_id: i64,
    order_id: i64,
    refund_id: i64,
    credits: i64,
    at_ms: i64,
) -> Result<i64, LedgerError> {
    let key = format!("refund:{refund_id}");
    let (taken, _) = super::refund_in_txn(txn, user_id, order_id, credits, key, at_ms).await?;
    if taken < credits {
        let debt = debts::ActiveModel {
            id: NotSet,
            user_id: Set(user_id),
            order_id: Set(order_id),
            refund_id: Set(refund_id),
            credits: Set(credits - taken),
            collected: Set(0),
            state: Set(DebtState::Open),
            created_at_ms: Set(at_ms),
        };
        debts::Entity::insert(debt).exec_without_returning(txn).await?;
    }
    Ok(taken)
}

/// Undoes [`take_back_in_txn`] for a refund of so many credits that did not happen: what is still owed
/// is forgiven, what was taken is given back. Returns the credits given back.
///
/// # Errors
/// As there.
pub async fn give_back_in_txn(
    txn: &DatabaseTransaction,
    user_id: i64,
    order_id: i64,
    refund_id: i64,
    credits: i64,
    at_ms: i64,
) -> Result<i64, LedgerError> {
    let user = lock_user(txn, user_id).await?;
    let debt = debts::Entity::find().filter(debts::Column::RefundId.eq(refund_id)).one(txn).await?;
    let owed = match debt {
        Some(debt) if debt.state == DebtState::Open => {
            debts::Entity::update_many()
                .col_expr(debts::Column::State, Expr::value(DebtState::Cancelled))
                .filter(debts::Column::Id.eq(debt.id))
                .exec(txn)
                .await?;
            debt.credits - debt.collected
        }
        _ => 0,
    };
    let given = credits - owed;
    if given > 0 {
        let back = Move {
            kind: LedgerEntryKind::Adjustment,
            credits: given,
            frozen: 0,
            order_id: Some(order_id),
            hold_id: None,
            idempotency_key: format!("refund-failed:{refund_id}"),
            note: Some("the refund did not happen".to_owned()),
        };
        apply(txn, &user, vec![back], at_ms).await?;
    }
    Ok(given)
}

/// Pays a user's debts, oldest first, with what is there. Returns the credits taken.
///
/// # Errors
/// As there.
pub async fn collect_in_txn(txn: &DatabaseTransaction, user_id: i64, at_ms: i64) -> Result<i64, LedgerError> {
    let user = lock_user(txn, user_id).await?;
    let open = debts::Entity::find()
        .filter(debts::Column::UserId.eq(user_id))
        .filter(debts::Column::State.eq(DebtState::Open))
        .order_by_asc(debts::Column::Id)
        .all(txn)
        .await?;
    let (mut left, mut moves) = (Wallet::from(&user).credits, Vec::new());
    for debt in open {
        let taken = left.min(debt.credits - debt.collected);
        if taken == 0 {
            break;
        }
        left -= taken;
        let collected = debt.collected + taken;
        let state = if collected == debt.credits { DebtState::Collected } else { DebtState::Open };
        debts::Entity::update_many()
            .col_expr(debts::Column::Collected, Expr::value(collected))
            .col_expr(debts::Column::State, Expr::value(state))
            .filter(debts::Column::Id.eq(debt.id))
            .exec(txn)
            .await?;
        moves.push(Move {
            kind: LedgerEntryKind::Refund,
            credits: -taken,
            frozen: 0,
            order_id: Some(debt.order_id),
            hold_id: None,
            idempotency_key: format!("debt:{}:{collected}", debt.id),
            note: None,
        });
    }
    let taken = user.credits - left;
    if taken > 0 {
        apply(txn, &user, moves, at_ms).await?;
    }
    Ok(taken)
}

/// Users who owe and have credits: those whom [`collect_in_txn`] would take something from.
///
/// # Errors
/// A database error.
pub async fn debtors(connection: &impl ConnectionTrait, limit: u64) -> Result<Vec<i64>, LedgerError> {
    use ::entity::users;
    let owing = sea_orm::sea_query::Query::select()
        .column(debts::Column::UserId)
        .from(debts::Entity)
        .and_where(debts::Column::State.eq(DebtState::Open))
        .to_owned();
    let found = users::Entity::find()
        .select_only()
        .column(users::Column::Id)
        .filter(users::Column::Credits.gt(0))
        .filter(users::Column::Id.in_subquery(owing))
        .limit(limit)
        .into_tuple::<i64>()
        .all(connection)
        .await?;
    Ok(found)
}
