//! `cancelGeneration`: what waits is released at once, what runs may finish.

use ::entity::{enums::GenerationState, generations};
use sea_orm::EntityTrait;

use crate::{
    domain::validation::Refusal,
    engine::settle,
    events::Topic,
    ledger::{self, Wallet},
    services::{ApiScope, Context, FieldRefusal, ServiceError, Viewer},
};

/// What became of it.
#[derive(Debug)]
pub enum CancelOutcome {
    /// The generation and the balance as they are now. Cancelling what has ended changes nothing.
    Canceled(Box<generations::Model>, Wallet),
    /// No such generation of the viewer's.
    Invalid(Vec<FieldRefusal>),
}

/// Releases every poster of the set that nobody has started.
///
/// # Errors
/// `Forbidden`, `Ledger` or `Database`.
pub async fn cancel(context: &Context, viewer: &Viewer, generation_id: &str) -> Result<CancelOutcome, ServiceError> {
    viewer.require(ApiScope::GenerationsWrite)?;
    let missing = || CancelOutcome::Invalid(vec![FieldRefusal::new("generationId", Refusal::NotFound)]);
    let owned = ::entity::scopes::generation_of(viewer.user_id, generation_id).one(context.database.read()).await?;
    if owned.is_none() {
        return Ok(missing());
    }
    let now_ms = context.clock.now_ms();
    let txn = context.database.write().await?;
    let Some(generation) = settle::generation_lock(&txn, generation_id).await? else { return Ok(missing()) };
    if matches!(generation.state, GenerationState::Queued | GenerationState::Running) {
        settle::posters_cancel_in_txn(&txn, generation_id, now_ms).await?;
        settle::generation_complete_if_done_in_txn(&txn, generation_id, now_ms).await?;
    }
    let wallet = ledger::wallet(&txn, viewer.user_id).await?;
    let generation = generations::Entity::find_by_id(generation_id).one(&txn).await?.unwrap_or(generation);
    txn.commit().await?;
    context.doorbell.ring(&Topic::Generation(generation_id.to_owned()));
    context.doorbell.ring(&Topic::Wallet(viewer.user_id));
    Ok(CancelOutcome::Canceled(Box::new(generation), wallet))
}
