//! The set's first poster and the others: where a vendor paints, the hero goes first, its backdrop
//! shows the others the style, and the model that painted it is asked first for them too.

use ::entity::{enums::JobState, jobs, posters, set_plans};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use super::queue;
use crate::domain::Dimension;

/// The waiting job of the set's hero, if it has one.
pub(super) async fn hero_waiting(txn: &DatabaseTransaction, generation_id: &str) -> Result<Option<i64>, DbErr> {
    let hero = posters::Entity::find()
        .filter(posters::Column::GenerationId.eq(generation_id))
        .filter(posters::Column::Dimension.eq(Dimension::Hero.index()))
        .one(txn)
        .await?;
    let Some(hero) = hero else { return Ok(None) };
    let job = jobs::Entity::find()
        .filter(jobs::Column::PosterId.eq(hero.id))
        .filter(jobs::Column::State.eq(JobState::Queued))
        .filter(jobs::Column::RunAfterMs.eq(queue::GATED_MS))
        .one(txn)
        .await?;
    Ok(job.map(|job| job.id))
}

/// Lets the waiting jobs of a set start: one of them, or all.
pub(super) async fn gate_open(
    txn: &DatabaseTransaction,
    generation_id: &str,
    only: Option<i64>,
    now_ms: i64,
) -> Result<(), DbErr> {
    let mut update = jobs::Entity::update_many()
        .col_expr(jobs::Column::RunAfterMs, Expr::value(now_ms))
        .filter(jobs::Column::GenerationId.eq(generation_id))
        .filter(jobs::Column::State.eq(JobState::Queued))
        .filter(jobs::Column::RunAfterMs.eq(queue::GATED_MS));
    if let Some(job_id) = only {
        update = update.filter(jobs::Column::Id.eq(job_id));
    }
    update.exec(txn).await?;
    Ok(())
}

/// However the hero ended, the others start now.
pub(super) async fn hero_done(txn: &DatabaseTransaction, poster: &posters::Model, now_ms: i64) -> Result<(), DbErr> {
    if poster.dimension == Dimension::Hero.index() {
        gate_open(txn, &poster.generation_id, None, now_ms).await?;
    }
    Ok(())
}

/// Keeps the set's thought, if none is kept yet: whoever was first is right for all.
pub(super) async fn thought_keep(
    txn: &DatabaseTransaction,
    generation_id: &str,
    thought: Option<String>,
) -> Result<(), DbErr> {
    let row = set_plans::ActiveModel {
        generation_id: Set(generation_id.to_owned()),
        thought: Set(thought),
        image_provider: Set(None),
    };
    set_plans::Entity::insert(row)
        .on_conflict(OnConflict::column(set_plans::Column::GenerationId).do_nothing().to_owned())
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Pins the set to the model that painted its first finished poster.
pub(super) async fn set_pin(txn: &DatabaseTransaction, generation_id: &str, provider: &str) -> Result<(), DbErr> {
    set_plans::Entity::update_many()
        .col_expr(set_plans::Column::ImageProvider, Expr::value(provider))
        .filter(set_plans::Column::GenerationId.eq(generation_id))
        .filter(set_plans::Column::ImageProvider.is_null())
        .exec(txn)
        .await?;
    Ok(())
}

/// What is kept of a set, once it is.
pub(super) async fn set_plan(
    connection: &impl ConnectionTrait,
    generation_id: &str,
) -> Result<Option<set_plans::Model>, DbErr> {
    set_plans::Entity::find_by_id(generation_id).one(connection).await
}
