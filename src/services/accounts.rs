//! What an operator does to an account.

use ::entity::{audit_log, users};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter,
};

use super::{Context, ServiceError};
use crate::{
    domain::validation,
    events::Topic,
    ledger::{self, Wallet},
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
    let Ok(email) = validation::email(email) else { return Ok(GrantOutcome::UnknownAccount) };
    let now_ms = context.clock.now_ms();
    let txn = context.database.write().await?;
    let Some(user) = users::Entity::find().filter(users::Column::Email.eq(&email)).one(&txn).await? else {
        return Ok(GrantOutcome::UnknownAccount);
    };
    let key = format!("grant:{}", context.ids.token());
    let wallet = ledger::grant_in_txn(&txn, user.id, credits, key, note, now_ms).await?;
    let line = audit_log::ActiveModel {
        id: NotSet,
        at_ms: Set(now_ms),
        actor: Set("operator".to_owned()),
        action: Set("credits.grant".to_owned()),
        object: Set(format!("user:{}", user.id)),
        outcome: Set(format!("{credits} credits")),
        address: Set(None),
    };
    audit_log::Entity::insert(line).exec_without_returning(&txn).await?;
    txn.commit().await?;
    context.doorbell.ring(&Topic::Wallet(user.id));
    Ok(GrantOutcome::Granted(wallet))
}
