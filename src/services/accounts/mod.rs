//! What people and operators do to accounts.

mod delete;
mod erase;
mod export;
#[cfg(test)]
mod tests;

use ::entity::users;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

pub use delete::{DeletionOutcome, deletion_cancel, deletion_request};
pub use erase::{EraseOutcome, erase_due, erase_now, generations_expire, sessions_forget};
pub use export::{AccountExport, export};

use super::{
    Context, ServiceError,
    audit_log::{AuditLine, append_in_txn},
};
use crate::{
    domain::validation,
    events::Topic,
    ledger::{self, LedgerError, Wallet},
};

/// What became of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantOutcome {
    /// Given; the balance after.
    Granted(Wallet),
    /// Nobody signed in with this address yet.
    UnknownAccount,
}

/// Gives credits to an account by an operator's decision, with a line in the audit log.
///
/// # Errors
/// `Ledger` or `Database`.
pub async fn grant(
    context: &Context,
    email: &str,
    credits: i64,
    note: Option<String>,
) -> Result<GrantOutcome, ServiceError> {
    let now_ms = context.clock.now_ms();
    let txn = context.database.write().await?;
    let Some(user) = account(&txn, email).await? else { return Ok(GrantOutcome::UnknownAccount) };
    let key = format!("grant:{}", context.ids.token());
    let wallet = ledger::grant_in_txn(&txn, user.id, credits, key, note, now_ms).await?;
    let outcome = format!("{credits} credits");
    append_in_txn(&txn, operator_line("credits.grant", user.id, &outcome), now_ms).await?;
    txn.commit().await?;
    context.doorbell.ring(&Topic::Wallet(user.id));
    Ok(GrantOutcome::Granted(wallet))
}

/// What became of a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdjustOutcome {
    /// Corrected; the balance after.
    Adjusted(Wallet),
    /// Nobody signed in with this address yet.
    UnknownAccount,
    /// The balance would be below zero, or nothing would change.
    Impossible,
}

/// Corrects a balance by an operator's decision. A mistake is never taken out of the ledger: the
/// correction is a line of its own, with the reason, and another in the audit log.
///
/// # Errors
/// `Ledger` or `Database`.
pub async fn adjust(
    context: &Context,
    email: &str,
    credits_delta: i64,
    note: String,
) -> Result<AdjustOutcome, ServiceError> {
    let now_ms = context.clock.now_ms();
    let txn = context.database.write().await?;
    let Some(user) = account(&txn, email).await? else { return Ok(AdjustOutcome::UnknownAccount) };
    let key = format!("adjust:{}", context.ids.token());
    let wallet = match ledger::adjust_in_txn(&txn, user.id, credits_delta, key, note, now_ms).await {
        Err(LedgerError::Unbalanced { .. }) => return Ok(AdjustOutcome::Impossible),
        adjusted => adjusted?,
    };
    let outcome = format!("{credits_delta:+} credits");
    append_in_txn(&txn, operator_line("credits.adjust", user.id, &outcome), now_ms).await?;
    txn.commit().await?;
    context.doorbell.ring(&Topic::Wallet(user.id));
    Ok(AdjustOutcome::Adjusted(wallet))
}

/// The account with this address, however it is spelled.
pub(crate) async fn account(
    connection: &impl ConnectionTrait,
    email: &str,
) -> Result<Option<users::Model>, ServiceError> {
    let Ok(email) = validation::email(email) else { return Ok(None) };
    Ok(users::Entity::find().filter(users::Column::Email.eq(&email)).one(connection).await?)
}

fn operator_line<'a>(action: &'a str, user_id: i64, outcome: &'a str) -> AuditLine<'a> {
    AuditLine { actor: "operator".to_owned(), action, object: format!("user:{user_id}"), outcome, address: None }
}
