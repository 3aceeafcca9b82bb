//! Rows that a test needs under the thing it tests, written straight through the entities.

use entity::{
    edits,
    enums::{EditMode, EditState, GenerationState, JobKind, JobState, OrderStatus, PosterState},
    generations, jobs, orders, posters, revisions, users,
};
use haibao::ledger::HoldRequest;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction};

/// When everything in these tests happens, in milliseconds.
pub(crate) const AT_MS: i64 = 1_780_000_000_000;

/// A user without credits.
pub(crate) async fn user(txn: &DatabaseTransaction, email: &str) -> users::Model {
    let row = users::ActiveModel {
        email: Set(email.to_owned()),
        credits: Set(0),
        frozen: Set(0),
        wallet_version: Set(0),
        created_at_ms: Set(AT_MS),
        ..Default::default()
    };
    row.insert(txn).await.expect("a new user")
}

/// A generation in some state.
pub(crate) async fn generation(
    txn: &DatabaseTransaction,
    user_id: i64,
    id: &str,
    state: GenerationState,
) -> generations::Model {
    let row = generations::ActiveModel {
        id: Set(id.to_owned()),
        user_id: Set(user_id),
        idempotency_key: Set(format!("key-of-{id}")),
        request_sha256: Set("00".repeat(32)),
        state: Set(state),
        description: Set("A mug".to_owned()),
        photo_ids: Set("[]".to_owned()),
        format: Set("PORTRAIT_9_16".to_owned()),
        seed: Set(7),
        last_seq: Set(0),
        version: Set(0),
        created_at_ms: Set(AT_MS),
        ..Default::default()
    };
    row.insert(txn).await.expect("a new generation")
}

/// A poster of a generation.
pub(crate) async fn poster(
    txn: &DatabaseTransaction,
    generation: &generations::Model,
    dimension: i32,
    state: PosterState,
) -> posters::Model {
    let row = posters::ActiveModel {
        generation_id: Set(generation.id.clone()),
        user_id: Set(generation.user_id),
        dimension: Set(dimension),
        state: Set(state),
        attempt: Set(1),
        credits_captured: Set(0),
        credits_released: Set(0),
        version: Set(0),
        ..Default::default()
    };
    row.insert(txn).await.expect("a new poster")
}

/// The job that makes a poster.
pub(crate) async fn job(
    txn: &DatabaseTransaction,
    poster: &posters::Model,
    hold_id: i64,
    state: JobState,
) -> jobs::Model {
    let row = jobs::ActiveModel {
        kind: Set(JobKind::RenderPoster),
        user_id: Set(poster.user_id),
        generation_id: Set(poster.generation_id.clone()),
        poster_id: Set(Some(poster.id)),
        edit_id: Set(None),
        hold_id: Set(Some(hold_id)),
        state: Set(state),
        attempt: Set(1),
        failures: Set(0),
        interruptions: Set(0),
        run_after_ms: Set(AT_MS),
        created_at_ms: Set(AT_MS),
        ..Default::default()
    };
    row.insert(txn).await.expect("a new job")
}

/// The stored prime picture of a poster.
pub(crate) async fn prime(txn: &DatabaseTransaction, poster: &posters::Model, hold_id: i64) -> revisions::Model {
    let row = revisions::ActiveModel {
        poster_id: Set(poster.id),
        generation_id: Set(poster.generation_id.clone()),
        user_id: Set(poster.user_id),
        name: Set("prime".to_owned()),
        file_name: Set(format!("{:02}-prime.jpg", poster.dimension)),
        object_key: Set(format!(
            "outputs/{}/{}/{:02}-prime.jpg",
            poster.user_id, poster.generation_id, poster.dimension
        )),
        width: Set(1080),
        height: Set(1440),
        byte_size: Set(1),
        sha256: Set("00".repeat(32)),
        hold_id: Set(Some(hold_id)),
        created_at_ms: Set(AT_MS),
        ..Default::default()
    };
    row.insert(txn).await.expect("a new revision")
}

/// An edit of a poster.
pub(crate) async fn edit(
    txn: &DatabaseTransaction,
    poster: &posters::Model,
    base_revision_id: i64,
    state: EditState,
) -> edits::Model {
    let row = edits::ActiveModel {
        poster_id: Set(poster.id),
        generation_id: Set(poster.generation_id.clone()),
        user_id: Set(poster.user_id),
        base_revision_id: Set(base_revision_id),
        idempotency_key: Set(format!("edit-of-{}", poster.id)),
        request_sha256: Set("00".repeat(32)),
        mode: Set(EditMode::WholeImage),
        prompt: Set("换成暖色".to_owned()),
        ordinal: Set(Some(0)),
        state: Set(state),
        credits_captured: Set(0),
        credits_released: Set(0),
        created_at_ms: Set(AT_MS),
        ..Default::default()
    };
    row.insert(txn).await.expect("a new edit")
}

/// The job that makes an edit.
pub(crate) async fn edit_job(
    txn: &DatabaseTransaction,
    edit: &edits::Model,
    hold_id: i64,
    state: JobState,
) -> jobs::Model {
    let row = jobs::ActiveModel {
        kind: Set(JobKind::EditPoster),
        user_id: Set(edit.user_id),
        generation_id: Set(edit.generation_id.clone()),
        poster_id: Set(Some(edit.poster_id)),
        edit_id: Set(Some(edit.id)),
        hold_id: Set(Some(hold_id)),
        state: Set(state),
        attempt: Set(1),
        failures: Set(0),
        interruptions: Set(0),
        run_after_ms: Set(AT_MS),
        created_at_ms: Set(AT_MS),
        ..Default::default()
    };
    row.insert(txn).await.expect("a new job")
}

/// The stored picture that an edit made.
pub(crate) async fn edited(
    txn: &DatabaseTransaction,
    poster: &posters::Model,
    edit: &edits::Model,
    hold_id: i64,
) -> revisions::Model {
    let name = format!("edit{}", edit.ordinal.unwrap_or_default());
    let file_name = format!("{:02}-{name}.jpg", poster.dimension);
    let row = revisions::ActiveModel {
        poster_id: Set(poster.id),
        generation_id: Set(poster.generation_id.clone()),
        user_id: Set(poster.user_id),
        edit_ordinal: Set(edit.ordinal),
        name: Set(name),
        object_key: Set(format!("outputs/{}/{}/{file_name}", poster.user_id, poster.generation_id)),
        file_name: Set(file_name),
        width: Set(1080),
        height: Set(1440),
        byte_size: Set(1),
        sha256: Set("00".repeat(32)),
        base_revision_id: Set(Some(edit.base_revision_id)),
        edit_id: Set(Some(edit.id)),
        hold_id: Set(Some(hold_id)),
        created_at_ms: Set(AT_MS),
        ..Default::default()
    };
    row.insert(txn).await.expect("a new revision")
}

/// A recharge of so many credits, at the price of ten for a yuan.
pub(crate) async fn order(txn: &DatabaseTransaction, user_id: i64, credits: i64, status: OrderStatus) -> orders::Model {
    let row = orders::ActiveModel {
        user_id: Set(user_id),
        amount: Set(credits),
        status: Set(status),
        amount_fen: Set(credits * 10),
        channel: Set("sandbox".to_owned()),
        request_sha256: Set(String::new()),
        created_at_ms: Set(AT_MS),
        ..Default::default()
    };
    row.insert(txn).await.expect("a new order")
}

/// A request to hold credits for one attempt of a poster.
pub(crate) fn hold_request(generation_id: &str, poster_id: i64, attempt: i64, amount: i64) -> HoldRequest {
    HoldRequest {
        generation_id: generation_id.to_owned(),
        poster_id,
        edit_id: None,
        attempt,
        amount,
        idempotency_key: None,
    }
}
