//! An owner who wants to leave: a wish, some days to think it over, and a way back.

use ::entity::{api_keys, users, webhook_endpoints};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, sea_query::Expr,
};

use crate::{
    domain::validation::{self, Refusal},
    services::{
        Context, FieldRefusal, ServiceError, Viewer,
        audit_log::{AuditLine, append_in_txn},
    },
};

/// What became of the wish to delete an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeletionOutcome {
    /// It will be erased then, in milliseconds since the epoch.
    Scheduled(i64),
    /// The address that was typed is not the account's.
    Invalid(Vec<FieldRefusal>),
}

/// Takes the wish to delete the viewer's account. Keys end and web hooks are switched off at once: what
/// acts without its owner must not outlive the wish. Everything else stays until the time is over, so
/// that the owner can come back.
///
/// # Errors
/// `Forbidden` for an API key, `NotFound`, `Database`.
pub async fn deletion_request(
    context: &Context,
    viewer: &Viewer,
    email: &str,
    grace_ms: i64,
) -> Result<DeletionOutcome, ServiceError> {
    viewer.require_person()?;
    let now_ms = context.clock.now_ms();
    let txn = context.database.write().await?;
    let user = users::Entity::find_by_id(viewer.user_id).one(&txn).await?.ok_or(ServiceError::NotFound)?;
    if validation::email(email).as_deref() != Ok(user.email.as_str()) {
        return Ok(DeletionOutcome::Invalid(vec![FieldRefusal::new("email", Refusal::NotAllowed)]));
    }
    // Asked again, the time does not start anew.
    if let Some(deletes_at_ms) = user.deletes_at_ms {
        return Ok(DeletionOutcome::Scheduled(deletes_at_ms));
    }
    let deletes_at_ms = now_ms + grace_ms;
    let mut row: users::ActiveModel = user.into();
    row.deletes_at_ms = Set(Some(deletes_at_ms));
    row.update(&txn).await?;
    silence_in_txn(&txn, viewer.user_id, now_ms).await?;
    append_in_txn(&txn, line(viewer, "account.deletion_requested"), now_ms).await?;
    txn.commit().await?;
    Ok(DeletionOutcome::Scheduled(deletes_at_ms))
}

/// Takes the wish back.
///
/// # Errors
/// `Forbidden` for an API key, `NotFound`, `Database`.
pub async fn deletion_cancel(context: &Context, viewer: &Viewer) -> Result<users::Model, ServiceError> {
    viewer.require_person()?;
    let now_ms = context.clock.now_ms();
    let txn = context.database.write().await?;
    let user = users::Entity::find_by_id(viewer.user_id)
        .filter(users::Column::ErasedAtMs.is_null())
        .one(&txn)
        .await?
        .ok_or(ServiceError::NotFound)?;
    if user.deletes_at_ms.is_none() {
        return Ok(user);
    }
    let mut row: users::ActiveModel = user.into();
    row.deletes_at_ms = Set(None);
    let user = row.update(&txn).await?;
    append_in_txn(&txn, line(viewer, "account.deletion_cancelled"), now_ms).await?;
    txn.commit().await?;
    Ok(user)
}

/// Ends keys and switches web hooks off.
async fn silence_in_txn(txn: &DatabaseTransaction, user_id: i64, now_ms: i64) -> Result<(), ServiceError> {
    api_keys::Entity::update_many()
        .col_expr(api_keys::Column::RevokedAtMs, Expr::value(now_ms))
        .filter(api_keys::Column::UserId.eq(user_id))
        .filter(api_keys::Column::RevokedAtMs.is_null())
        .exec(txn)
        .await?;
    webhook_endpoints::Entity::update_many()
        .col_expr(webhook_endpoints::Column::DisabledAtMs, Expr::value(now_ms))
        .col_expr(webhook_endpoints::Column::DisabledReason, Expr::value("owner"))
        .filter(webhook_endpoints::Column::UserId.eq(user_id))
        .filter(webhook_endpoints::Column::DisabledAtMs.is_null())
        .exec(txn)
        .await?;
    Ok(())
}

fn line<'a>(viewer: &Viewer, action: &'a str) -> AuditLine<'a> {
    let who = format!("user:{}", viewer.user_id);
    AuditLine { actor: who.clone(), action, object: who, outcome: "ok", address: None }
}
