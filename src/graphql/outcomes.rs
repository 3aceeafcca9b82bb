//! What services answer, as results on the wire.

pub(super) mod webhooks;

use ::entity::{generations, posters};
use async_graphql::ID;

use super::{
    ApiError, ErrorCode,
    enums::LoginCodeRejection,
    ids,
    inputs::{CreateApiKeyInput, CreateEditInput, CreateGenerationInput, UpdatePosterCopyInput},
    results::{
        CancelGenerationResult, CancelGenerationSuccess, CancelOrderResult, CancelOrderSuccess, CreateApiKeyResult,
        CreateApiKeySuccess, CreateEditResult, CreateEditSuccess, CreateGenerationResult, CreateGenerationSuccess,
        CreateOrderResult, CreateOrderSuccess, DeleteAccountResult, DeleteAccountSuccess, DeleteGenerationResult,
        DeleteGenerationSuccess, EditInProgress, ExportCheckResult, ExportCheckSuccess, GenerationInProgress,
        InsufficientCredits, InvalidInput, LoginCodeRejected, MailUnavailable, PaymentChannelUnavailable, RateLimited,
        RenameGenerationResult, RenameGenerationSuccess, RestoreRevisionResult, RestoreRevisionSuccess,
        RevokeApiKeyResult, RevokeApiKeySuccess, SendLoginCodeResult, SendLoginCodeSuccess, SetCoverResult,
        SetCoverSuccess, SignInResult, SignInSuccess, UpdatePosterCopyResult, UpdatePosterCopySuccess,
    },
    scalars::{DateTime, int},
    types::{ApiKey, Edit, ExportCheck, Generation, Order, Poster, Revision, User},
};
use crate::{
    domain::{Composition, Locale, PosterFormat, StyleChoice, validation::Refusal},
    services::{
        ApiScope, FieldRefusal, ServiceError,
        accounts::DeletionOutcome,
        edits::{CopyOutcome, CreateEdit, CurrentOutcome, EditOutcome, PictureName, UpdateCopy},
        exports::{ExportError, PackCheck},
        generations::{CancelOutcome, CreateGeneration, DeleteOutcome, QueueOutcome, RenameOutcome},
        orders::{CancelOrderOutcome, CreateOrderOutcome},
        sign_in::{
            CodeRejection, CreateApiKey, CreateApiKeyOutcome, RevokeApiKeyOutcome, SendCodeOutcome, SignInOutcome,
        },
    },
    studio::CopyChange,
};

/// `sendLoginCode`.
pub(super) fn code_sent(outcome: SendCodeOutcome, locale: Locale) -> SendLoginCodeResult {
    match outcome {
        SendCodeOutcome::Sent { challenge_id, expires_at_ms, resend_at_ms } => SendLoginCodeSuccess {
            challenge_id: challenge_id.into(),
            expires_at: DateTime::from_ms(expires_at_ms),
            resend_at: DateTime::from_ms(resend_at_ms),
        }
        .into(),
        SendCodeOutcome::TooOften { retry_after_ms } => RateLimited::after_ms(retry_after_ms, locale).into(),
        SendCodeOutcome::MailUnavailable => MailUnavailable::new(locale).into(),
        SendCodeOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `deleteAccount`.
pub(super) fn deletion_asked(outcome: DeletionOutcome, locale: Locale) -> DeleteAccountResult {
    match outcome {
        DeletionOutcome::Scheduled(at_ms) => DeleteAccountSuccess { deletes_at: DateTime::from_ms(at_ms) }.into(),
        DeletionOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `signIn`.
pub(super) fn signed_in(outcome: SignInOutcome, locale: Locale) -> SignInResult {
    match outcome {
        SignInOutcome::SignedIn { user, viewer, access } => SignInSuccess {
            user: User { row: *user, viewer },
            access_token: access.token,
            expires_at: DateTime::from_ms(access.expires_at_ms),
        }
        .into(),
        SignInOutcome::Rejected { reason, attempts_left } => rejected(reason, attempts_left, locale).into(),
        SignInOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

fn rejected(reason: CodeRejection, attempts_left: u32, locale: Locale) -> LoginCodeRejected {
    let (reason, message) = match reason {
        CodeRejection::Wrong => (LoginCodeRejection::Wrong, locale.pick("验证码不正确", "This code is not right")),
        CodeRejection::Expired => {
            let message = locale.pick("验证码已失效，请重新获取", "This code has expired; please ask for a new one");
            (LoginCodeRejection::Expired, message)
        }
        CodeRejection::TooManyAttempts => {
            let message =
                locale.pick("尝试次数过多，请重新获取验证码", "Too many wrong tries; please ask for a new code");
            (LoginCodeRejection::TooManyAttempts, message)
        }
    };
    LoginCodeRejected {
        code: ErrorCode::LoginCodeRejected,
        message: message.to_owned(),
        reason,
        attempts_left: int(attempts_left.into()),
    }
}

impl From<CreateGenerationInput> for CreateGeneration {
    fn from(input: CreateGenerationInput) -> Self {
        let style = input.style.unwrap_or_default();
        Self {
            idempotency_key: input.idempotency_key,
            photo_ids: input.photo_ids.into_iter().map(|id| id.0).collect(),
            description: input.description,
            dimensions: input.dimensions,
            style: StyleChoice {
                visual: style.visual.map(Into::into),
                typography: style.typography.map(Into::into),
                layout: style.layout.map(Into::into),
            },
            format: input.format.map_or(PosterFormat::Portrait9x16, Into::into),
            composition: input.composition.map_or(Composition::Typeset, Into::into),
        }
    }
}

/// `createGeneration` and `retryPoster`.
pub(super) fn queued(outcome: QueueOutcome, locale: Locale) -> CreateGenerationResult {
    match outcome {
        QueueOutcome::Queued(generation, wallet) => {
            CreateGenerationSuccess { generation: Generation(*generation), wallet: wallet.into() }.into()
        }
        QueueOutcome::InsufficientCredits { required, available } => {
            InsufficientCredits::new(int(required), int(available), locale).into()
        }
        QueueOutcome::InProgress(active) => GenerationInProgress::new(Generation(*active), locale).into(),
        QueueOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// A picture as an input names it.
pub(super) fn picture_name(id: &ID) -> Result<PictureName, ApiError> {
    let (generation_id, dimension, name) = ids::revision_id(id)?;
    Ok(PictureName { generation_id: generation_id.to_string(), dimension, name })
}

impl TryFrom<CreateEditInput> for CreateEdit {
    type Error = ApiError;

    fn try_from(input: CreateEditInput) -> Result<Self, ApiError> {
        Ok(Self {
            idempotency_key: input.idempotency_key,
            base: picture_name(&input.base_revision_id)?,
            mode: input.mode.into(),
            prompt: input.prompt,
            mask_id: input.mask_id.map(|id| id.0),
            reference_id: input.reference_id.map(|id| id.0),
        })
    }
}

/// `createEdit`.
pub(super) fn edit_queued(outcome: EditOutcome, locale: Locale) -> CreateEditResult {
    match outcome {
        EditOutcome::Queued(edit, wallet) => CreateEditSuccess { edit: Edit(*edit), wallet: wallet.into() }.into(),
        EditOutcome::InsufficientCredits { required, available } => {
            InsufficientCredits::new(int(required), int(available), locale).into()
        }
        EditOutcome::InProgress(active) => EditInProgress::new(Edit(*active), locale).into(),
        EditOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

impl TryFrom<UpdatePosterCopyInput> for UpdateCopy {
    type Error = ApiError;

    fn try_from(input: UpdatePosterCopyInput) -> Result<Self, ApiError> {
        let lines = input.lines.into_iter().map(|line| CopyChange { id: line.id, text: line.text }).collect();
        Ok(Self { base: picture_name(&input.base_revision_id)?, lines, set_wide: input.set_wide })
    }
}

/// `updatePosterCopy`.
pub(super) fn copy_updated(outcome: CopyOutcome, locale: Locale) -> UpdatePosterCopyResult {
    let refused = match outcome {
        CopyOutcome::Updated(rows) => {
            let revisions: Vec<Revision> = rows.into_iter().map(Revision).collect();
            match revisions.first().cloned() {
                Some(revision) => return UpdatePosterCopySuccess { revision, revisions }.into(),
                None => Vec::new(),
            }
        }
        CopyOutcome::Invalid(refused) => refused,
    };
    InvalidInput::new(&refused, locale).into()
}

/// `restoreRevision`.
pub(super) fn restored(outcome: CurrentOutcome<posters::Model>, locale: Locale) -> RestoreRevisionResult {
    match outcome {
        CurrentOutcome::Chosen(poster) => RestoreRevisionSuccess { poster: Poster(*poster) }.into(),
        CurrentOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `setCover`.
pub(super) fn covered(outcome: CurrentOutcome<generations::Model>, locale: Locale) -> SetCoverResult {
    match outcome {
        CurrentOutcome::Chosen(generation) => SetCoverSuccess { generation: Generation(*generation) }.into(),
        CurrentOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `cancelGeneration`.
pub(super) fn canceled(outcome: CancelOutcome, locale: Locale) -> CancelGenerationResult {
    match outcome {
        CancelOutcome::Canceled(generation, wallet) => {
            CancelGenerationSuccess { generation: Generation(*generation), wallet: wallet.into() }.into()
        }
        CancelOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `renameGeneration`.
pub(super) fn renamed(outcome: RenameOutcome, locale: Locale) -> RenameGenerationResult {
    match outcome {
        RenameOutcome::Renamed(generation) => RenameGenerationSuccess { generation: Generation(*generation) }.into(),
        RenameOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `deleteGeneration`.
pub(super) fn deleted(outcome: DeleteOutcome, deleted_id: ID, locale: Locale) -> DeleteGenerationResult {
    match outcome {
        DeleteOutcome::Deleted => DeleteGenerationSuccess { deleted_id }.into(),
        DeleteOutcome::InProgress(active) => GenerationInProgress::new(Generation(*active), locale).into(),
        DeleteOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `createOrder`.
pub(super) fn ordered(outcome: CreateOrderOutcome, locale: Locale) -> CreateOrderResult {
    match outcome {
        CreateOrderOutcome::Created { order, .. } => CreateOrderSuccess { order: Order(*order) }.into(),
        CreateOrderOutcome::ChannelUnavailable => PaymentChannelUnavailable::new(locale).into(),
        CreateOrderOutcome::TooOften { retry_after_ms } => RateLimited::after_ms(retry_after_ms, locale).into(),
        CreateOrderOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `cancelOrder`.
pub(super) fn order_canceled(outcome: CancelOrderOutcome, locale: Locale) -> CancelOrderResult {
    match outcome {
        CancelOrderOutcome::Closed(order) => CancelOrderSuccess { order: Order(*order) }.into(),
        CancelOrderOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

impl From<CreateApiKeyInput> for CreateApiKey {
    fn from(input: CreateApiKeyInput) -> Self {
        Self {
            name: input.name,
            scopes: input.scopes.into_iter().map(ApiScope::from).collect(),
            expires_at_ms: input.expires_at.map(|at| at.ms),
        }
    }
}

/// `createApiKey`.
pub(super) fn key_made(outcome: CreateApiKeyOutcome, locale: Locale) -> CreateApiKeyResult {
    match outcome {
        CreateApiKeyOutcome::Created { key, secret } => CreateApiKeySuccess { api_key: ApiKey(*key), secret }.into(),
        CreateApiKeyOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `revokeApiKey`.
pub(super) fn key_revoked(outcome: RevokeApiKeyOutcome, locale: Locale) -> RevokeApiKeyResult {
    match outcome {
        RevokeApiKeyOutcome::Revoked(key) => RevokeApiKeySuccess { api_key: ApiKey(*key) }.into(),
        RevokeApiKeyOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `exportCheck`.
pub(super) fn export_checked(
    checked: Result<PackCheck, ExportError>,
    locale: Locale,
) -> Result<ExportCheckResult, ApiError> {
    let invalid = |path: &str, refusal| InvalidInput::new(&[FieldRefusal::new(path, refusal)], locale).into();
    match checked {
        Ok(check) => Ok(ExportCheckSuccess { check: ExportCheck::new(&check, locale) }.into()),
        Err(error @ ExportError::NotFinished(_)) => {
            let message = error.message(locale).unwrap_or_default().to_owned();
            let ExportError::NotFinished(set) = error else { return Err(ErrorCode::Internal.into()) };
            Ok(GenerationInProgress { message, ..GenerationInProgress::new(Generation(*set), locale) }.into())
        }
        Err(ExportError::UnknownMarket) => Ok(invalid("market", Refusal::NotFound)),
        Err(
            error @ (ExportError::NoPosters
            | ExportError::NoCutOut
            | ExportError::OtherVersion
            | ExportError::UnknownFile),
        ) => {
            let message = error.message(locale).unwrap_or_default().to_owned();
            let refused = [FieldRefusal::new("generationId", Refusal::NotAllowed)];
            Ok(InvalidInput { message, ..InvalidInput::new(&refused, locale) }.into())
        }
        Err(ExportError::Service(ServiceError::NotFound)) => Ok(invalid("generationId", Refusal::NotFound)),
        Err(ExportError::Service(error)) => Err(error.into()),
        Err(ExportError::Studio(error)) => Err(ApiError::internal(&error)),
    }
}
