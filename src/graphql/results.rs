//! What mutations answer: a success, or one of the refusals, all of them data.

#![expect(clippy::large_enum_variant, reason = "one answer lives for the length of one request")]

mod changes;
mod people;
mod webhooks;

use async_graphql::{ID, Interface, SimpleObject, Union};

use super::{
    ErrorCode,
    enums::LoginCodeRejection,
    scalars::DateTime,
    types::{ApiKey, Edit, ExportCheck, Generation, Order, User, Wallet},
};
use crate::{
    domain::{Locale, validation::Refusal},
    services::FieldRefusal,
};

pub use changes::{
    CreateEditResult, CreateEditSuccess, RestoreRevisionResult, RestoreRevisionSuccess, SetCoverResult,
    SetCoverSuccess, UpdatePosterCopyResult, UpdatePosterCopySuccess,
};
pub use people::{CancelAccountDeletionPayload, DeleteAccountResult, DeleteAccountSuccess, RevokeSignInSessionPayload};
pub use webhooks::{
    CreateWebhookEndpointResult, CreateWebhookEndpointSuccess, DeleteWebhookEndpointPayload,
    ReplayWebhookDeliveryResult, ReplayWebhookDeliverySuccess, RotateWebhookSecretResult, RotateWebhookSecretSuccess,
    UpdateWebhookEndpointResult, UpdateWebhookEndpointSuccess,
};

/// A refusal that a client can do something about.
#[derive(Interface)]
#[graphql(
    field(name = "code", ty = "&ErrorCode", desc = "The refusal's kind."),
    field(name = "message", ty = "&String", desc = "Fit for a person, in the request's language.")
)]
pub enum UserError {
    /// A sign-in code was refused.
    LoginCodeRejected(LoginCodeRejected),
    /// Too few credits.
    InsufficientCredits(InsufficientCredits),
    /// Another generation is active.
    GenerationInProgress(GenerationInProgress),
    /// Another edit is active.
    EditInProgress(EditInProgress),
    /// A field was refused.
    InvalidInput(InvalidInput),
    /// Too many requests.
    RateLimited(RateLimited),
    /// The mail could not be handed over.
    MailUnavailable(MailUnavailable),
    /// The payment channel cannot be used.
    PaymentChannelUnavailable(PaymentChannelUnavailable),
}

/// The sign-in code was refused.
#[derive(SimpleObject, Clone, Debug)]
pub struct LoginCodeRejected {
    /// `LOGIN_CODE_REJECTED`.
    pub code: ErrorCode,
    /// Fit for a person, in the request's language.
    pub message: String,
    /// Why.
    pub reason: LoginCodeRejection,
    /// Tries left with this code.
    pub attempts_left: i32,
}

/// There are too few credits; nothing was held.
#[derive(SimpleObject, Clone, Debug)]
pub struct InsufficientCredits {
    /// `INSUFFICIENT_CREDITS`.
    pub code: ErrorCode,
    /// Fit for a person, in the request's language.
    pub message: String,
    /// Credits that it would take.
    pub required: i32,
    /// Credits there are.
    pub available: i32,
    /// Credits to buy.
    pub missing: i32,
}

impl InsufficientCredits {
    /// The refusal for these numbers.
    pub fn new(required: i32, available: i32, locale: Locale) -> Self {
        let missing = (required - available).max(0);
        let message = match locale {
            Locale::Zh => format!("积分不足：需要 {required}，可用 {available}，还差 {missing}"),
            Locale::En => format!("Not enough credits: {required} needed, {available} available, {missing} missing"),
        };
        Self { code: ErrorCode::InsufficientCredits, message, required, available, missing }
    }
}

/// Another generation of this user is queued or running.
#[derive(SimpleObject, Clone, Debug)]
pub struct GenerationInProgress {
    /// `GENERATION_IN_PROGRESS`.
    pub code: ErrorCode,
    /// Fit for a person, in the request's language.
    pub message: String,
    /// The one that is active.
    pub generation: Generation,
}

impl GenerationInProgress {
    /// The refusal because of this generation.
    pub fn new(generation: Generation, locale: Locale) -> Self {
        let code = ErrorCode::GenerationInProgress;
        Self { code, message: code.message(locale).to_owned(), generation }
    }
}

/// Another edit of this poster is queued or running.
#[derive(SimpleObject, Clone, Debug)]
pub struct EditInProgress {
    /// `EDIT_IN_PROGRESS`.
    pub code: ErrorCode,
    /// Fit for a person, in the request's language.
    pub message: String,
    /// The one that is active.
    pub edit: Edit,
}

impl EditInProgress {
    /// The refusal, with the edit that is in the way.
    pub fn new(edit: Edit, locale: Locale) -> Self {
        let code = ErrorCode::EditInProgress;
        Self { code, message: code.message(locale).to_owned(), edit }
    }
}

/// Some fields of the input were refused; nothing was changed.
#[derive(SimpleObject, Clone, Debug)]
pub struct InvalidInput {
    /// `INVALID_INPUT`.
    pub code: ErrorCode,
    /// Fit for a person, in the request's language.
    pub message: String,
    /// Each field that was refused.
    pub fields: Vec<FieldError>,
}

impl InvalidInput {
    /// The refusal of these fields.
    pub fn new(refused: &[FieldRefusal], locale: Locale) -> Self {
        let fields = refused.iter().map(|field| FieldError::new(field, locale)).collect();
        let code = ErrorCode::InvalidInput;
        Self { code, message: code.message(locale).to_owned(), fields }
    }
}

/// Why one field was refused.
#[derive(SimpleObject, Clone, Debug)]
pub struct FieldError {
    /// Where in the input: `description`, `dimensions.2`.
    pub path: String,
    /// A stable code: `REQUIRED`, `TOO_LONG`, `NOT_FOUND`, …
    pub code: String,
    /// Fit for a person, in the request's language.
    pub message: String,
}

impl FieldError {
    fn new(field: &FieldRefusal, locale: Locale) -> Self {
        let code = field.refusal.code().to_owned();
        Self { path: field.path.clone(), code, message: refusal_message(field.refusal, locale) }
    }
}

fn refusal_message(refusal: Refusal, locale: Locale) -> String {
    let fixed = match refusal {
        Refusal::Required => locale.pick("必填", "This is required"),
        Refusal::TooLong => locale.pick("太长", "This is too long"),
        Refusal::TooShort => locale.pick("太短", "This is too short"),
        Refusal::Malformed => locale.pick("格式不正确", "This is not of the expected form"),
        Refusal::OutOfRange => locale.pick("超出允许范围", "This is not among the allowed values"),
        Refusal::Duplicate => locale.pick("重复", "This was given twice"),
        Refusal::NotFound => locale.pick("没有找到", "This was not found"),
        Refusal::NotAllowed => locale.pick("当前状态不允许此操作", "This is not possible right now"),
        Refusal::NothingChanged => locale.pick("没有任何变化", "Nothing would change"),
        Refusal::MaskTooSmall => {
            locale.pick("涂抹区域太小，请多涂一些", "The painted area is too small; paint a little more")
        }
        Refusal::MaskTooLarge => locale
            .pick("几乎涂满了整张图，请改用整图编辑", "Nearly everything is painted; edit the whole picture instead"),
        Refusal::SizeDiffers { given: (width, height), wanted: (base_width, base_height) } => {
            return match locale {
                Locale::Zh => format!("蒙版为 {width}×{height}，图片为 {base_width}×{base_height}，两者必须一致"),
                Locale::En => format!(
                    "The mask is {width}×{height} and the picture {base_width}×{base_height}; they must be equal"
                ),
            };
        }
    };
    fixed.to_owned()
}

/// Too many requests of this kind.
#[derive(SimpleObject, Clone, Debug)]
pub struct RateLimited {
    /// `RATE_LIMITED`.
    pub code: ErrorCode,
    /// Fit for a person, in the request's language.
    pub message: String,
    /// When asking again may succeed, in seconds.
    pub retry_after_seconds: i32,
}

impl RateLimited {
    /// The refusal until this many milliseconds have passed.
    pub fn after_ms(retry_after_ms: i64, locale: Locale) -> Self {
        let seconds = super::scalars::int(((retry_after_ms.max(0) + 999) / 1000).max(1));
        let message = match locale {
            Locale::Zh => format!("操作太频繁，请 {seconds} 秒后再试"),
            Locale::En => format!("Too many requests; please try again in {seconds} s"),
        };
        Self { code: ErrorCode::RateLimited, message, retry_after_seconds: seconds }
    }
}

/// The mail could not be handed over; no code was spent.
#[derive(SimpleObject, Clone, Debug)]
pub struct MailUnavailable {
    /// `MAIL_UNAVAILABLE`.
    pub code: ErrorCode,
    /// Fit for a person, in the request's language.
    pub message: String,
}

impl MailUnavailable {
    /// The refusal.
    pub fn new(locale: Locale) -> Self {
        let code = ErrorCode::MailUnavailable;
        Self { code, message: code.message(locale).to_owned() }
    }
}

/// The payment channel is not configured or does not answer; nothing was charged.
#[derive(SimpleObject, Clone, Debug)]
pub struct PaymentChannelUnavailable {
    /// `PAYMENT_CHANNEL_UNAVAILABLE`.
    pub code: ErrorCode,
    /// Fit for a person, in the request's language.
    pub message: String,
}

impl PaymentChannelUnavailable {
    /// The refusal.
    pub fn new(locale: Locale) -> Self {
        let code = ErrorCode::PaymentChannelUnavailable;
        Self { code, message: code.message(locale).to_owned() }
    }
}

/// A code is on its way.
#[derive(SimpleObject, Clone, Debug)]
pub struct SendLoginCodeSuccess {
    /// Bring it back with the code: the code works only together with it.
    pub challenge_id: ID,
    /// When the code dies.
    pub expires_at: DateTime,
    /// From when on another one can be asked for.
    pub resend_at: DateTime,
}

/// What `sendLoginCode` answers.
#[derive(Union)]
pub enum SendLoginCodeResult {
    /// Sent.
    Success(SendLoginCodeSuccess),
    /// Too many codes.
    RateLimited(RateLimited),
    /// Not an address.
    InvalidInput(InvalidInput),
    /// The mail could not be handed over.
    MailUnavailable(MailUnavailable),
}

/// Signed in. The token is also set as a cookie.
#[derive(SimpleObject, Clone)]
pub struct SignInSuccess {
    /// Who.
    pub user: User,
    /// For `Authorization: Bearer …` and for websockets.
    pub access_token: String,
    /// When the token ends.
    pub expires_at: DateTime,
}

/// What `signIn` answers.
#[derive(Union)]
pub enum SignInResult {
    /// Signed in.
    Success(SignInSuccess),
    /// Wrong, expired or used up.
    Rejected(LoginCodeRejected),
    /// Too many tries.
    RateLimited(RateLimited),
    /// Not an address or not a code.
    InvalidInput(InvalidInput),
}

/// What `signOut` answers.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct SignOutPayload {
    /// Whether somebody was signed in.
    pub signed_out: bool,
}

/// Accepted, and its credits are held.
#[derive(SimpleObject, Clone, Debug)]
pub struct CreateGenerationSuccess {
    /// The set.
    pub generation: Generation,
    /// The balance after the holds.
    pub wallet: Wallet,
}

/// What `createGeneration` and `retryPoster` answer.
#[derive(Union)]
pub enum CreateGenerationResult {
    /// Accepted.
    Success(CreateGenerationSuccess),
    /// Too few credits.
    InsufficientCredits(InsufficientCredits),
    /// Another one is active.
    InProgress(GenerationInProgress),
    /// A field was refused.
    InvalidInput(InvalidInput),
    /// Too many requests.
    RateLimited(RateLimited),
}

/// Stopped: queued posters are released, running ones finish.
#[derive(SimpleObject, Clone, Debug)]
pub struct CancelGenerationSuccess {
    /// The set.
    pub generation: Generation,
    /// The balance after the releases.
    pub wallet: Wallet,
}

/// What `cancelGeneration` answers.
#[derive(Union)]
pub enum CancelGenerationResult {
    /// Stopped.
    Success(CancelGenerationSuccess),
    /// There is nothing to stop.
    InvalidInput(InvalidInput),
}

/// Renamed.
#[derive(SimpleObject, Clone, Debug)]
pub struct RenameGenerationSuccess {
    /// The set.
    pub generation: Generation,
}

/// What `renameGeneration` answers.
#[derive(Union)]
pub enum RenameGenerationResult {
    /// Renamed.
    Success(RenameGenerationSuccess),
    /// Not a name.
    InvalidInput(InvalidInput),
}

/// Removed from the history.
#[derive(SimpleObject, Clone, Debug)]
pub struct DeleteGenerationSuccess {
    /// What is gone.
    pub deleted_id: ID,
}

/// What `deleteGeneration` answers.
#[derive(Union)]
pub enum DeleteGenerationResult {
    /// Removed.
    Success(DeleteGenerationSuccess),
    /// It is still active: cancel it first.
    InProgress(GenerationInProgress),
    /// A field was refused.
    InvalidInput(InvalidInput),
}

/// Ready to be paid.
#[derive(SimpleObject, Clone, Debug)]
pub struct CreateOrderSuccess {
    /// The order.
    pub order: Order,
}

/// What `createOrder` answers.
#[derive(Union)]
pub enum CreateOrderResult {
    /// Ready.
    Success(CreateOrderSuccess),
    /// The channel cannot be used.
    ChannelUnavailable(PaymentChannelUnavailable),
    /// Not an amount.
    InvalidInput(InvalidInput),
    /// Too many orders.
    RateLimited(RateLimited),
}

/// Closed.
#[derive(SimpleObject, Clone, Debug)]
pub struct CancelOrderSuccess {
    /// The order.
    pub order: Order,
}

/// What `cancelOrder` answers.
#[derive(Union)]
pub enum CancelOrderResult {
    /// Closed.
    Success(CancelOrderSuccess),
    /// It is not pending any more.
    InvalidInput(InvalidInput),
}

/// Made. The secret is shown here and never again.
#[derive(SimpleObject, Clone)]
pub struct CreateApiKeySuccess {
    /// The key.
    pub api_key: ApiKey,
    /// For `Authorization: Bearer …`; only its hash is stored.
    pub secret: String,
}

/// What `createApiKey` answers.
#[derive(Union)]
pub enum CreateApiKeyResult {
    /// Made.
    Success(CreateApiKeySuccess),
    /// A field was refused.
    InvalidInput(InvalidInput),
}

/// Ended.
#[derive(SimpleObject, Clone, Debug)]
pub struct RevokeApiKeySuccess {
    /// The key.
    pub api_key: ApiKey,
}

/// What `revokeApiKey` answers.
#[derive(Union)]
pub enum RevokeApiKeyResult {
    /// Ended.
    Success(RevokeApiKeySuccess),
    /// It was ended before.
    InvalidInput(InvalidInput),
}

/// `exportCheck`: how the files of a pack keep their rules.
#[derive(SimpleObject, Clone, Debug)]
pub struct ExportCheckSuccess {
    /// The findings.
    pub check: ExportCheck,
}

/// What `exportCheck` answers.
#[derive(Union, Clone, Debug)]
pub enum ExportCheckResult {
    /// Checked.
    Success(ExportCheckSuccess),
    /// The set is still being made.
    InProgress(GenerationInProgress),
    /// An unknown marketplace, or a set without posters.
    Invalid(InvalidInput),
}
