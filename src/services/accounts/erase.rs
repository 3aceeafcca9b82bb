//! The end of an account, and of what has been kept long enough.
//!
//! What a person made is erased: pictures, photos, words, names, keys, sessions, the address. What the
//! books need stays, without a name: orders, payments, the ledger, the numbers of sets and posters, and
//! the audit log. Each step can be repeated, and the account counts as erased only after the last.

use ::entity::{
    api_keys, edits,
    enums::{EditState, GenerationState},
    events, generations, revisions, set_plans, sign_in_sessions, uploads, users, webhook_attempts, webhook_deliveries,
    webhook_endpoints,
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, Query},
};

use crate::{
    services::{
        Context, ServiceError, Viewer,
        audit_log::{AuditLine, append_in_txn},
        generations as sets,
    },
    storage::user_folders,
};

/// Accounts (or sets) looked at in one round; the rest waits for the next.
const ROUND: u64 = 50;

/// What became of an account that was to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EraseOutcome {
    /// Nothing of it is left but numbers.
    Erased,
    /// Something of it is still being worked on; later.
    Busy,
    /// Nobody has this address.
    Unknown,
}

/// Erases the accounts whose time is over, and says how many those were.
///
/// # Errors
/// `Database` or `Storage`; what was erased before stays erased.
pub async fn erase_due(context: &Context) -> Result<usize, ServiceError> {
    let due: Vec<i64> = users::Entity::find()
        .select_only()
        .column(users::Column::Id)
        .filter(users::Column::DeletesAtMs.lte(context.clock.now_ms()))
        .filter(users::Column::ErasedAtMs.is_null())
        .order_by_asc(users::Column::DeletesAtMs)
        .limit(ROUND)
        .into_tuple()
        .all(context.database.read())
        .await?;
    let mut erased = 0;
    for user_id in due {
        erased += usize::from(erase(context, user_id, "system").await? == EraseOutcome::Erased);
    }
    Ok(erased)
}

/// Erases an account at once, by an operator's decision.
///
/// # Errors
/// `Database` or `Storage`; calling it again goes on where it stopped.
pub async fn erase_now(context: &Context, email: &str) -> Result<EraseOutcome, ServiceError> {
    let email = crate::domain::validation::email(email).unwrap_or_default();
    let user = users::Entity::find().filter(users::Column::Email.eq(email)).one(context.database.read()).await?;
    match user {
        Some(user) => erase(context, user.id, "operator").await,
        None => Ok(EraseOutcome::Unknown),
    }
}

async fn erase(context: &Context, user_id: i64, actor: &str) -> Result<EraseOutcome, ServiceError> {
    let now_ms = context.clock.now_ms();
    // First nobody can begin anything any more, then it is seen whether something is under way.
    let txn = context.database.write().await?;
    sign_in_sessions::Entity::delete_many().filter(sign_in_sessions::Column::UserId.eq(user_id)).exec(&txn).await?;
    api_keys::Entity::delete_many().filter(api_keys::Column::UserId.eq(user_id)).exec(&txn).await?;
    if is_busy(&txn, user_id).await? {
        txn.commit().await?;
        return Ok(EraseOutcome::Busy);
    }
    // Before the files: nobody looks for pictures of a deleted set.
    generations::Entity::update_many()
        .col_expr(generations::Column::DeletedAtMs, Expr::value(now_ms))
        .filter(generations::Column::UserId.eq(user_id))
        .filter(generations::Column::DeletedAtMs.is_null())
        .exec(&txn)
        .await?;
    txn.commit().await?;

    for folder in user_folders(user_id) {
        context.storage.delete_folder(&folder).await?;
    }
    let pictures: Vec<String> = revisions::Entity::find()
        .select_only()
        .column(revisions::Column::Sha256)
        .filter(revisions::Column::UserId.eq(user_id))
        .into_tuple()
        .all(context.database.read())
        .await?;
    let photos: Vec<String> = uploads::Entity::find()
        .select_only()
        .column(uploads::Column::Sha256)
        .filter(uploads::Column::UserId.eq(user_id))
        .into_tuple()
        .all(context.database.read())
        .await?;
    for sha256 in pictures.iter().chain(&photos) {
        context.storage.renditions_delete(sha256).await?;
    }

    let txn = context.database.write().await?;
    rows_erase_in_txn(&txn, user_id).await?;
    users::Entity::update_many()
        .col_expr(users::Column::Email, Expr::value(format!("erased-{user_id}@erased.invalid")))
        .col_expr(users::Column::ErasedAtMs, Expr::value(now_ms))
        .filter(users::Column::Id.eq(user_id))
        .exec(&txn)
        .await?;
    let object = format!("user:{user_id}");
    let line = AuditLine { actor: actor.to_owned(), action: "account.erased", object, outcome: "ok", address: None };
    append_in_txn(&txn, line, now_ms).await?;
    txn.commit().await?;
    Ok(EraseOutcome::Erased)
}

async fn is_busy(txn: &DatabaseTransaction, user_id: i64) -> Result<bool, ServiceError> {
    let sets = generations::Entity::find()
        .filter(generations::Column::UserId.eq(user_id))
        .filter(generations::Column::State.is_in([GenerationState::Queued, GenerationState::Running]));
    let changes = edits::Entity::find()
        .filter(edits::Column::UserId.eq(user_id))
        .filter(edits::Column::State.is_in([EditState::Queued, EditState::Running]));
    Ok(sets.count(txn).await? + changes.count(txn).await? > 0)
}

/// Takes a person's words and names out of the rows that stay, and deletes the others.
async fn rows_erase_in_txn(txn: &DatabaseTransaction, user_id: i64) -> Result<(), ServiceError> {
    let sets = || {
        Query::select()
            .column(generations::Column::Id)
            .from(generations::Entity)
            .and_where(generations::Column::UserId.eq(user_id))
            .to_owned()
    };
    edits::Entity::update_many()
        .col_expr(edits::Column::Prompt, Expr::value(""))
        .col_expr(edits::Column::MaskUploadId, Expr::value(None::<String>))
        .col_expr(edits::Column::ReferenceUploadId, Expr::value(None::<String>))
        .filter(edits::Column::UserId.eq(user_id))
        .exec(txn)
        .await?;
    generations::Entity::update_many()
        .col_expr(generations::Column::Description, Expr::value(""))
        .col_expr(generations::Column::ProductName, Expr::value(None::<String>))
        .col_expr(generations::Column::PhotoIds, Expr::value("[]"))
        .filter(generations::Column::UserId.eq(user_id))
        .exec(txn)
        .await?;
    revisions::Entity::update_many()
        .col_expr(revisions::Column::Thumbhash, Expr::value(None::<String>))
        .filter(revisions::Column::UserId.eq(user_id))
        .exec(txn)
        .await?;
    events::Entity::update_many()
        .col_expr(events::Column::Payload, Expr::value(r#"{"kind":"product_named","product_name":""}"#))
        .filter(events::Column::Kind.eq(::entity::enums::EventKind::ProductNamed))
        .filter(events::Column::GenerationId.in_subquery(sets()))
        .exec(txn)
        .await?;
    set_plans::Entity::delete_many().filter(set_plans::Column::GenerationId.in_subquery(sets())).exec(txn).await?;
    let told = webhook_deliveries::Entity::find()
        .select_only()
        .column(webhook_deliveries::Column::Id)
        .filter(webhook_deliveries::Column::UserId.eq(user_id))
        .into_query();
    webhook_attempts::Entity::delete_many()
        .filter(webhook_attempts::Column::DeliveryId.in_subquery(told))
        .exec(txn)
        .await?;
    webhook_deliveries::Entity::delete_many().filter(webhook_deliveries::Column::UserId.eq(user_id)).exec(txn).await?;
    webhook_endpoints::Entity::delete_many().filter(webhook_endpoints::Column::UserId.eq(user_id)).exec(txn).await?;
    uploads::Entity::delete_many().filter(uploads::Column::UserId.eq(user_id)).exec(txn).await?;
    Ok(())
}

/// Forgets sessions that ended so long ago, and says how many those were.
///
/// # Errors
/// `Database`.
pub async fn sessions_forget(context: &Context, kept_ms: i64) -> Result<u64, ServiceError> {
    let before_ms = context.clock.now_ms() - kept_ms;
    let txn = context.database.write().await?;
    let ended = sea_orm::Condition::any()
        .add(sign_in_sessions::Column::RevokedAtMs.lt(before_ms))
        .add(sign_in_sessions::Column::ExpiresAtMs.lt(before_ms));
    let gone = sign_in_sessions::Entity::delete_many().filter(ended).exec(&txn).await?;
    txn.commit().await?;
    Ok(gone.rows_affected)
}

/// Deletes sets older than this with their files, as their owners would, and says how many those were.
///
/// # Errors
/// `Database`.
pub async fn generations_expire(context: &Context, kept_ms: i64) -> Result<usize, ServiceError> {
    let old: Vec<(String, i64)> = generations::Entity::find()
        .select_only()
        .columns([generations::Column::Id, generations::Column::UserId])
        .filter(generations::Column::CreatedAtMs.lt(context.clock.now_ms() - kept_ms))
        .filter(generations::Column::DeletedAtMs.is_null())
        .order_by_asc(generations::Column::CreatedAtMs)
        .limit(ROUND)
        .into_tuple()
        .all(context.database.read())
        .await?;
    let mut deleted = 0;
    for (id, user_id) in old {
        let owner = Viewer::session(user_id, "retention", i64::MAX);
        deleted += usize::from(matches!(sets::delete(context, &owner, &id).await?, sets::DeleteOutcome::Deleted));
    }
    Ok(deleted)
}
