//! `createEdit`: hold, queue and tell, in one transaction.

use std::sync::Arc;

use ::entity::{
    edits,
    enums::{EditMode, EditState, JobKind, UploadPurpose},
    posters, revisions, scopes, uploads,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
};
use serde_json::json;

use super::{ApiScope, Edits, FieldRefusal, PictureName, ServiceError, Viewer, active_of, not_found, request_sha256};
use crate::{
    database::{Constraint, violated},
    domain::{
        credits::CREDITS_PER_EDIT,
        validation::{self, Refusal},
    },
    engine::{
        queue::{NewJob, job_insert_in_txn},
        settle,
    },
    events::Topic,
    imaging::{EditMask, ImageLimits, MaskRefusal},
    ledger::{self, HoldOutcome, HoldRequest, Wallet},
};

/// What a seller asks for.
#[derive(Clone, Debug)]
pub struct CreateEdit {
    /// Kept by the client until it has an answer.
    pub idempotency_key: String,
    /// The picture to start from.
    pub base: PictureName,
    /// What may change.
    pub mode: EditMode,
    /// What to change.
    pub prompt: String,
    /// Where the brush went: an upload.
    pub mask_id: Option<String>,
    /// Something to take from: an upload.
    pub reference_id: Option<String>,
}

/// What became of a request for an edit.
#[derive(Debug)]
pub enum EditOutcome {
    /// Queued, now or under the same key before.
    Queued(Box<edits::Model>, Wallet),
    /// Too few credits; nothing was written.
    InsufficientCredits {
        /// Credits it costs.
        required: i64,
        /// Credits there.
        available: i64,
    },
    /// Another edit of this poster is under way.
    InProgress(Box<edits::Model>),
    /// Fields that cannot be taken.
    Invalid(Vec<FieldRefusal>),
}

/// An input that can be taken.
struct Valid {
    idempotency_key: String,
    request_sha256: String,
    poster: posters::Model,
    base: revisions::Model,
    mode: EditMode,
    prompt: String,
    mask_id: Option<String>,
    reference_id: Option<String>,
}

/// Why a try inside the transaction ended without an edit.
enum Refused {
    Outcome(EditOutcome),
    Violation,
}

/// Times that an edit which ended in between is looked for again.
const TRIES: usize = 8;

impl Edits {
    /// Queues an edit: its credits are held, and row and job are written with the hold, or nothing is.
    ///
    /// # Errors
    /// `Forbidden`, `IdempotencyConflict`, `Ledger`, `Storage` or `Database`.
    pub async fn create(&self, viewer: &Viewer, input: CreateEdit) -> Result<EditOutcome, ServiceError> {
        viewer.require(ApiScope::GenerationsWrite)?;
        let valid = match self.valid(viewer, input).await? {
            Ok(valid) => valid,
            Err(refusals) => return Ok(EditOutcome::Invalid(refusals)),
        };
        for _ in 0..TRIES {
            if let Some(answer) = self.replay(viewer, &valid).await? {
                return Ok(answer);
            }
            let txn = self.context.database.write().await?;
            match self.create_in_txn(viewer, &valid, &txn).await? {
                Ok((edit, wallet)) => {
                    txn.commit().await?;
                    let doorbell = &self.context.doorbell;
                    doorbell.ring(&Topic::Jobs);
                    doorbell.ring(&Topic::Generation(edit.generation_id.clone()));
                    doorbell.ring(&Topic::Wallet(viewer.user_id));
                    return Ok(EditOutcome::Queued(Box::new(edit), wallet));
                }
                Err(Refused::Outcome(outcome)) => {
                    txn.rollback().await?;
                    return Ok(outcome);
                }
                Err(Refused::Violation) => txn.rollback().await?,
            }
            // Either the same request won the race, or another edit did; or that one ended just now.
            if let Some(answer) = self.replay(viewer, &valid).await? {
                return Ok(answer);
            }
            if let Some(active) = active_of(self.context.database.read(), valid.poster.id).await? {
                return Ok(EditOutcome::InProgress(Box::new(active)));
            }
        }
        Err(ServiceError::Corrupt("an edit was refused for another one that nobody sees".to_owned()))
    }

    /// The answer that the same key got before, if it was used before.
    async fn replay(&self, viewer: &Viewer, valid: &Valid) -> Result<Option<EditOutcome>, ServiceError> {
        let reader = self.context.database.read();
        let earlier = edits::Entity::find()
            .filter(edits::Column::UserId.eq(viewer.user_id))
            .filter(edits::Column::IdempotencyKey.eq(&valid.idempotency_key))
            .one(reader)
            .await?;
        let Some(edit) = earlier else { return Ok(None) };
        if edit.request_sha256 != valid.request_sha256 {
            return Err(ServiceError::IdempotencyConflict);
        }
        Ok(Some(EditOutcome::Queued(Box::new(edit), ledger::wallet(reader, viewer.user_id).await?)))
    }

    async fn create_in_txn(
        &self,
        viewer: &Viewer,
        valid: &Valid,
        txn: &DatabaseTransaction,
    ) -> Result<Result<(edits::Model, Wallet), Refused>, ServiceError> {
        let now_ms = self.context.clock.now_ms();
        let gone = |path: &str| Ok(Err(Refused::Outcome(EditOutcome::Invalid(not_found(path)))));
        let generation = settle::generation_lock(txn, &valid.base.generation_id).await?;
        let Some(generation) = generation.filter(|generation| generation.deleted_at_ms.is_none()) else {
            return gone("baseRevisionId");
        };
        // Held until the end of the transaction, so that nothing is tidied away under the new edit.
        for (path, id) in [("maskId", &valid.mask_id), ("referenceId", &valid.reference_id)] {
            let Some(id) = id else { continue };
            if scopes::upload_of(viewer.user_id, id).lock_shared().one(txn).await?.is_none() {
                return gone(path);
            }
        }
        let row = edits::ActiveModel {
            id: NotSet,
            poster_id: Set(valid.poster.id),
            generation_id: Set(generation.id.clone()),
            user_id: Set(viewer.user_id),
            base_revision_id: Set(valid.base.id),
            idempotency_key: Set(valid.idempotency_key.clone()),
            request_sha256: Set(valid.request_sha256.clone()),
            mode: Set(valid.mode),
            prompt: Set(valid.prompt.clone()),
            mask_upload_id: Set(valid.mask_id.clone()),
            reference_upload_id: Set(valid.reference_id.clone()),
            ordinal: Set(None),
            state: Set(EditState::Queued),
            failure_code: Set(None),
            refusal: Set(None),
            credits_captured: Set(0),
            credits_released: Set(0),
            created_at_ms: Set(now_ms),
            finished_at_ms: Set(None),
        };
        let edit = match row.insert(txn).await {
            Ok(edit) => edit,
            Err(error) => {
                return match violated(&error) {
                    Some(Constraint::OneActiveEdit | Constraint::EditIdempotency) => Ok(Err(Refused::Violation)),
                    _ => Err(error.into()),
                };
            }
        };
        let request = HoldRequest {
            generation_id: generation.id.clone(),
            poster_id: valid.poster.id,
            edit_id: Some(edit.id),
            attempt: 0,
            amount: CREDITS_PER_EDIT,
            idempotency_key: None,
        };
        let (holds, wallet) = match ledger::hold_in_txn(txn, viewer.user_id, &[request], now_ms).await? {
            HoldOutcome::Held(holds, wallet) => (holds, wallet),
            HoldOutcome::Insufficient { required, available } => {
                return Ok(Err(Refused::Outcome(EditOutcome::InsufficientCredits { required, available })));
            }
        };
        for hold in holds {
            let job = NewJob {
                kind: JobKind::EditPoster,
                user_id: viewer.user_id,
                generation_id: generation.id.clone(),
                poster_id: Some(valid.poster.id),
                edit_id: Some(edit.id),
                hold_id: Some(hold.id),
                run_after_ms: now_ms,
            };
            job_insert_in_txn(txn, job, now_ms).await?;
        }
        Ok(Ok((edit, wallet)))
    }

    async fn valid(
        &self,
        viewer: &Viewer,
        input: CreateEdit,
    ) -> Result<Result<Valid, Vec<FieldRefusal>>, ServiceError> {
        let mut refusals = Vec::new();
        let mut refuse = |path: &str, refusal| refusals.push(FieldRefusal::new(path, refusal));
        let idempotency_key =
            validation::idempotency_key(&input.idempotency_key).map_err(|refusal| refuse("idempotencyKey", refusal));
        let prompt = validation::prompt(&input.prompt).map_err(|refusal| refuse("prompt", refusal));
        let found = self.picture(viewer, &input.base).await?;
        if found.is_none() {
            refuse("baseRevisionId", Refusal::NotFound);
        }
        match (input.mode, &input.mask_id) {
            (EditMode::Masked, None) => refuse("maskId", Refusal::Required),
            (EditMode::WholeImage, Some(_)) => refuse("maskId", Refusal::NotAllowed),
            (EditMode::Masked, Some(id)) => {
                if let Some((_, base)) = &found
                    && let Err(refusal) = self.mask(viewer, id, base).await?
                {
                    refuse("maskId", refusal);
                }
            }
            (EditMode::WholeImage, None) => {}
        }
        if let Some(id) = &input.reference_id {
            match scopes::upload_of(viewer.user_id, id).one(self.context.database.read()).await? {
                None => refuse("referenceId", Refusal::NotFound),
                Some(upload) if upload.purpose == UploadPurpose::Mask => refuse("referenceId", Refusal::NotAllowed),
                Some(_) => {}
            }
        }
        let (Ok(idempotency_key), Ok(prompt), Some((poster, base))) = (idempotency_key, prompt, found) else {
            return Ok(Err(refusals));
        };
        if !refusals.is_empty() {
            return Ok(Err(refusals));
        }
        let canonical = json!({
            "base": base.id,
            "mode": input.mode,
            "prompt": prompt,
            "maskId": input.mask_id,
            "referenceId": input.reference_id,
        });
        let (mode, mask_id, reference_id) = (input.mode, input.mask_id, input.reference_id);
        let request_sha256 = request_sha256(&canonical);
        Ok(Ok(Valid { idempotency_key, request_sha256, poster, base, mode, prompt, mask_id, reference_id }))
    }

    /// Whether a mask fits the picture and says something: looked at before any credit is held.
    async fn mask(
        &self,
        viewer: &Viewer,
        id: &str,
        base: &revisions::Model,
    ) -> Result<Result<(), Refusal>, ServiceError> {
        let upload: Option<uploads::Model> =
            scopes::upload_of(viewer.user_id, id).one(self.context.database.read()).await?;
        let Some(upload) = upload else { return Ok(Err(Refusal::NotFound)) };
        if upload.purpose != UploadPurpose::Mask {
            return Ok(Err(Refusal::NotAllowed));
        }
        let side = |side: i64| u32::try_from(side).unwrap_or(u32::MAX);
        let (given, wanted) = ((side(upload.width), side(upload.height)), (side(base.width), side(base.height)));
        if given != wanted {
            return Ok(Err(Refusal::SizeDiffers { given, wanted }));
        }
        let bytes = Arc::new(self.context.storage.get(&upload.object_key).await?);
        let read = move || EditMask::from_upload(&bytes, wanted, &ImageLimits::default()).map(|_mask| ());
        let read = tokio::task::spawn_blocking(read).await;
        let read = read.map_err(|panicked| ServiceError::Corrupt(format!("reading a mask panicked: {panicked}")))?;
        Ok(read.map_err(|refusal| match refusal {
            MaskRefusal::Size { mask, base } => Refusal::SizeDiffers { given: mask, wanted: base },
            MaskRefusal::TooSmall { .. } => Refusal::MaskTooSmall,
            MaskRefusal::TooLarge { .. } => Refusal::MaskTooLarge,
            MaskRefusal::Unreadable(_) => Refusal::Malformed,
        }))
    }
}
