//! `createGeneration`: lock, hold, queue and tell, in one transaction.

use ::entity::{
    enums::{GenerationState, JobKind, PosterState, UploadPurpose},
    generations, posters, uploads,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
};
use serde_json::json;

use super::{QueueOutcome, active_of, parse_dimensions, request_sha256};
use crate::{
    database::{Constraint, violated},
    domain::{
        Composition, Dimension, PosterFormat, SessionId, StyleChoice,
        credits::CREDITS_PER_POSTER,
        validation::{self, PHOTOS_MAX, Refusal},
    },
    engine::queue::{GATED_MS, NewJob, job_insert_in_txn},
    events::{Fact, Topic, append_in_txn},
    ledger::{self, HoldOutcome, HoldRequest, Wallet},
    services::{ApiScope, Context, FieldRefusal, ServiceError, Viewer},
};

/// Draws of a session id's suffix before giving up: with 65,536 suffixes a second, one is enough
/// unless thousands of sets start within the same second.
const ID_DRAWS: usize = 16;

/// What a seller asks for.
#[derive(Clone, Debug)]
pub struct CreateGeneration {
    /// Kept by the client until it has an answer.
    pub idempotency_key: String,
    /// Uploads to work from, the first is the main one.
    pub photo_ids: Vec<String>,
    /// What the product is.
    pub description: String,
    /// Indexes 0–9; left out = all ten.
    pub dimensions: Option<Vec<i32>>,
    /// The look, as far as it was chosen.
    pub style: StyleChoice,
    /// The proportions.
    pub format: PosterFormat,
    /// Who paints what.
    pub composition: Composition,
}

/// An input that can be taken.
struct Valid {
    idempotency_key: String,
    request_sha256: String,
    photo_ids: Vec<String>,
    description: String,
    dimensions: Vec<Dimension>,
    style: StyleChoice,
    format: PosterFormat,
    composition: Composition,
}

/// Why a try inside the transaction ended without a set.
enum Refused {
    Insufficient {
        required: i64,
        available: i64,
    },
    Violation(Constraint),
    /// A photo was deleted after the input had been checked.
    PhotoGone,
}

/// Starts a set: the partial unique index admits one active set per user, the holds freeze the
/// credits, and jobs and the first event are written with them — or nothing is.
///
/// # Errors
/// `Forbidden`, `IdempotencyConflict`, `Ledger` or `Database`.
pub async fn create(context: &Context, viewer: &Viewer, input: CreateGeneration) -> Result<QueueOutcome, ServiceError> {
    viewer.require(ApiScope::GenerationsWrite)?;
    let valid = match validate(context, viewer, input).await? {
        Ok(valid) => valid,
        Err(refusals) => return Ok(QueueOutcome::Invalid(refusals)),
    };
    if let Some(answer) = replay(context, viewer, &valid).await? {
        return Ok(answer);
    }
    for _ in 0..ID_DRAWS {
        let txn = context.database.write().await?;
        let violation = match create_in_txn(context, viewer, &valid, &txn).await? {
            Ok((generation, wallet)) => {
                txn.commit().await?;
                context.doorbell.ring(&Topic::Jobs);
                context.doorbell.ring(&Topic::Wallet(viewer.user_id));
                metrics::counter!("haibao_generations_total").increment(1);
                return Ok(QueueOutcome::Queued(Box::new(generation), wallet));
            }
            Err(Refused::Insufficient { required, available }) => {
                txn.rollback().await?;
                return Ok(QueueOutcome::InsufficientCredits { required, available });
            }
            Err(Refused::PhotoGone) => {
                txn.rollback().await?;
                let refusals = photo_refusals(context, viewer, &valid.photo_ids).await?;
                return Ok(QueueOutcome::Invalid(refusals));
            }
            Err(Refused::Violation(violation)) => violation,
        };
        txn.rollback().await?;
        if violation == Constraint::GenerationId {
            continue;
        }
        // Whatever was violated first, the same request may have won the race: its key decides.
        if let Some(answer) = replay(context, viewer, &valid).await? {
            return Ok(answer);
        }
        if let Some(active) = active_of(context.database.read(), viewer.user_id).await? {
            return Ok(QueueOutcome::InProgress(Box::new(active)));
        }
        // The active set ended in between: try again.
    }
    Err(ServiceError::Corrupt("no free session id was drawn".to_owned()))
}

/// The answer that the same key got before, if it was used before.
async fn replay(context: &Context, viewer: &Viewer, valid: &Valid) -> Result<Option<QueueOutcome>, ServiceError> {
    let earlier = generations::Entity::find()
        .filter(generations::Column::UserId.eq(viewer.user_id))
        .filter(generations::Column::IdempotencyKey.eq(&valid.idempotency_key))
        .one(context.database.read())
        .await?;
    let Some(generation) = earlier else { return Ok(None) };
    if generation.request_sha256 != valid.request_sha256 {
        return Err(ServiceError::IdempotencyConflict);
    }
    let wallet = ledger::wallet(context.database.read(), viewer.user_id).await?;
    Ok(Some(QueueOutcome::Queued(Box::new(generation), wallet)))
}

async fn create_in_txn(
    context: &Context,
    viewer: &Viewer,
    valid: &Valid,
    txn: &DatabaseTransaction,
) -> Result<Result<(generations::Model, Wallet), Refused>, ServiceError> {
    let now_ms = context.clock.now_ms();
    // Held until the end of the transaction, so that no photo is tidied away under the new set.
    let photos = uploads::Entity::find()
        .filter(uploads::Column::UserId.eq(viewer.user_id))
        .filter(uploads::Column::Id.is_in(valid.photo_ids.iter().map(String::as_str)))
        .lock_shared()
        .all(txn)
        .await?;
    if photos.len() != valid.photo_ids.len() {
        return Ok(Err(Refused::PhotoGone));
    }
    let row = generations::ActiveModel {
        id: Set(draw_session_id(context, now_ms).to_string()),
        user_id: Set(viewer.user_id),
        idempotency_key: Set(valid.idempotency_key.clone()),
        request_sha256: Set(valid.request_sha256.clone()),
        state: Set(GenerationState::Queued),
        product_name: Set(None),
        description: Set(valid.description.clone()),
        photo_ids: Set(json!(valid.photo_ids).to_string()),
        format: Set(valid.format.code().to_owned()),
        composition: Set(valid.composition.code().to_owned()),
        requested_visual: Set(valid.style.visual.map(|style| style.code().to_owned())),
        requested_typography: Set(valid.style.typography.map(|style| style.code().to_owned())),
        requested_layout: Set(valid.style.layout.map(|style| style.code().to_owned())),
        visual: Set(None),
        typography: Set(None),
        layout: Set(None),
        cover_revision_id: Set(None),
        seed: Set(draw_seed(context)),
        last_seq: Set(0),
        version: Set(0),
        created_at_ms: Set(now_ms),
        finished_at_ms: Set(None),
        deleted_at_ms: Set(None),
    };
    let generation = match row.insert(txn).await {
        Ok(generation) => generation,
        Err(error) => {
            return match violated(&error) {
                Some(constraint) => Ok(Err(Refused::Violation(constraint))),
                None => Err(error.into()),
            };
        }
    };

    let mut requests = Vec::with_capacity(valid.dimensions.len());
    for dimension in &valid.dimensions {
        let poster = posters::ActiveModel {
            id: NotSet,
            generation_id: Set(generation.id.clone()),
            user_id: Set(viewer.user_id),
            dimension: Set(dimension.index()),
            state: Set(PosterState::Queued),
            attempt: Set(1),
            failure_code: Set(None),
            credits_captured: Set(0),
            credits_released: Set(0),
            version: Set(1),
            next_edit_ordinal: Set(0),
            current_revision_id: Set(None),
        }
        .insert(txn)
        .await?;
        requests.push(HoldRequest {
            generation_id: generation.id.clone(),
            poster_id: poster.id,
            edit_id: None,
            attempt: poster.attempt,
            amount: CREDITS_PER_POSTER,
            idempotency_key: None,
        });
    }
    let (holds, wallet) = match ledger::hold_in_txn(txn, viewer.user_id, &requests, now_ms).await? {
        HoldOutcome::Held(holds, wallet) => (holds, wallet),
        HoldOutcome::Insufficient { required, available } => {
            return Ok(Err(Refused::Insufficient { required, available }));
        }
    };

    let job = |kind, poster_id, hold_id, run_after_ms| NewJob {
        kind,
        user_id: viewer.user_id,
        generation_id: generation.id.clone(),
        poster_id,
        edit_id: None,
        hold_id,
        run_after_ms,
    };
    job_insert_in_txn(txn, job(JobKind::NameProduct, None, None, now_ms), now_ms).await?;
    for hold in &holds {
        let render = job(JobKind::RenderPoster, Some(hold.poster_id), Some(hold.id), GATED_MS);
        job_insert_in_txn(txn, render, now_ms).await?;
    }
    append_in_txn(txn, &generation.id, &Fact::GenerationQueued { wallet }, now_ms).await?;
    let generation = generations::Entity::find_by_id(&generation.id)
        .one(txn)
        .await?
        .ok_or_else(|| ServiceError::Corrupt("a generation vanished inside its transaction".to_owned()))?;
    Ok(Ok((generation, wallet)))
}

fn draw_session_id(context: &Context, now_ms: i64) -> SessionId {
    let instant = jiff::Timestamp::from_millisecond(now_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let local = instant.to_zoned(context.time_zone.clone());
    let civil = (local.year(), local.month(), local.day(), local.hour(), local.minute(), local.second());
    SessionId::new(civil, context.ids.suffix())
}

/// A seed that fits the signed column: 63 random bits.
fn draw_seed(context: &Context) -> i64 {
    let mut bytes = [0; 8];
    context.ids.fill(&mut bytes);
    i64::from_be_bytes(bytes) & i64::MAX
}

async fn validate(
    context: &Context,
    viewer: &Viewer,
    input: CreateGeneration,
) -> Result<Result<Valid, Vec<FieldRefusal>>, ServiceError> {
    let mut refusals = Vec::new();
    let idempotency_key = validation::idempotency_key(&input.idempotency_key)
        .map_err(|refusal| refusals.push(FieldRefusal::new("idempotencyKey", refusal)));
    let description = validation::description(&input.description)
        .map_err(|refusal| refusals.push(FieldRefusal::new("description", refusal)));
    let dimensions = parse_dimensions(input.dimensions.as_deref()).map_err(|found| refusals.extend(found));
    if !context.compositions.contains(&input.composition) {
        refusals.push(FieldRefusal::new("composition", Refusal::NotAllowed));
    }
    refusals.extend(photo_refusals(context, viewer, &input.photo_ids).await?);
    let (Ok(idempotency_key), Ok(description), Ok(dimensions)) = (idempotency_key, description, dimensions) else {
        return Ok(Err(refusals));
    };
    if !refusals.is_empty() {
        return Ok(Err(refusals));
    }
    let mut canonical = json!({
        "photoIds": input.photo_ids,
        "description": description,
        "dimensions": dimensions,
        "style": input.style,
        "format": input.format,
    });
    // Left out where it is the default, so that requests from before there was a choice keep their sum.
    if input.composition != Composition::default() {
        canonical["composition"] = json!(input.composition);
    }
    Ok(Ok(Valid {
        idempotency_key,
        request_sha256: request_sha256(&canonical),
        photo_ids: input.photo_ids,
        description,
        dimensions,
        style: input.style,
        format: input.format,
        composition: input.composition,
    }))
}

/// Every photo that cannot be used: unknown and somebody else's look the same.
async fn photo_refusals(
    context: &Context,
    viewer: &Viewer,
    photo_ids: &[String],
) -> Result<Vec<FieldRefusal>, ServiceError> {
    if photo_ids.is_empty() {
        return Ok(vec![FieldRefusal::new("photoIds", Refusal::Required)]);
    }
    if photo_ids.len() > PHOTOS_MAX {
        return Ok(vec![FieldRefusal::new("photoIds", Refusal::TooLong)]);
    }
    let known = uploads::Entity::find()
        .filter(uploads::Column::UserId.eq(viewer.user_id))
        .filter(uploads::Column::Id.is_in(photo_ids.iter().map(String::as_str)))
        .all(context.database.read())
        .await?;
    let mut refusals = Vec::new();
    for (position, id) in photo_ids.iter().enumerate() {
        let refusal = match known.iter().find(|upload| upload.id == *id) {
            None => Refusal::NotFound,
            Some(upload) if upload.purpose != UploadPurpose::Photo => Refusal::NotAllowed,
            Some(_) if photo_ids[..position].contains(id) => Refusal::Duplicate,
            Some(_) => continue,
        };
        refusals.push(FieldRefusal::new(format!("photoIds.{position}"), refusal));
    }
    Ok(refusals)
}
