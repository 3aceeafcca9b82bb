//! Enums as they are stored: lower-case text, so that a row is readable without the code.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// How far a set has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum GenerationState {
    /// Accepted and held, nothing started.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// At least one job has started.
    #[sea_orm(string_value = "running")]
    Running,
    /// Every poster has ended, at least one of them not by cancelling.
    #[sea_orm(string_value = "completed")]
    Completed,
    /// Every poster was cancelled.
    #[sea_orm(string_value = "canceled")]
    Canceled,
}

/// How far one poster has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum PosterState {
    /// Waiting for a worker.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// Being made.
    #[sea_orm(string_value = "running")]
    Running,
    /// Stored and captured.
    #[sea_orm(string_value = "succeeded")]
    Succeeded,
    /// Failed, and the credits are back.
    #[sea_orm(string_value = "refunded")]
    Refunded,
    /// Cancelled before it started, and the credits are back.
    #[sea_orm(string_value = "canceled")]
    Canceled,
}

/// How far an edit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum EditState {
    /// Waiting for a worker.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// Being made.
    #[sea_orm(string_value = "running")]
    Running,
    /// Stored and captured.
    #[sea_orm(string_value = "succeeded")]
    Succeeded,
    /// Failed, and the credits are back.
    #[sea_orm(string_value = "refunded")]
    Refunded,
}

/// What an edit may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum EditMode {
    /// The whole picture.
    #[sea_orm(string_value = "whole_image")]
    WholeImage,
    /// Only what the brush covered.
    #[sea_orm(string_value = "masked")]
    Masked,
}

/// What became of held credits. `Open` is left once, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Frozen.
    #[sea_orm(string_value = "open")]
    Open,
    /// Spent.
    #[sea_orm(string_value = "captured")]
    Captured,
    /// Given back.
    #[sea_orm(string_value = "released")]
    Released,
}

/// Why a balance changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum LedgerEntryKind {
    /// A paid order.
    #[sea_orm(string_value = "deposit")]
    Deposit,
    /// Frozen for a poster or an edit.
    #[sea_orm(string_value = "hold")]
    Hold,
    /// Frozen credits spent on a stored picture.
    #[sea_orm(string_value = "capture")]
    Capture,
    /// Frozen credits given back.
    #[sea_orm(string_value = "release")]
    Release,
    /// An order paid back.
    #[sea_orm(string_value = "refund")]
    Refund,
    /// A gift of the house.
    #[sea_orm(string_value = "grant")]
    Grant,
    /// A correction by an operator, with a note.
    #[sea_orm(string_value = "adjustment")]
    Adjustment,
}

/// How far a recharge has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Waiting for payment.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// Paid and credited.
    #[sea_orm(string_value = "paid")]
    Paid,
    /// Cancelled or expired unpaid.
    #[sea_orm(string_value = "closed")]
    Closed,
    /// Paid back.
    #[sea_orm(string_value = "refunded")]
    Refunded,
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum RefundKind {
    /// An operator asked for it.
    #[sea_orm(string_value = "asked")]
    Asked,
    /// The order was paid twice.
    #[sea_orm(string_value = "overpaid")]
    Overpaid,
    /// Made at the channel, past us.
    #[sea_orm(string_value = "outside")]
    Outside,
    /// The payer's bank took it back.
    #[sea_orm(string_value = "dispute")]
    Dispute,
}

/// How far a refund is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Recorded; the channel is asked.
    #[sea_orm(string_value = "requested")]
    Requested,
    /// The money went back.
    #[sea_orm(string_value = "succeeded")]
    Succeeded,
    /// It did not, and will not.
    #[sea_orm(string_value = "failed")]
    Failed,
    /// The channel was asked, may not be asked again and did not answer: people must look.
    #[sea_orm(string_value = "unknown")]
    Unknown,
}

/// How far a debt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum DebtState {
    /// Owed.
    #[sea_orm(string_value = "open")]
    Open,
    /// Paid with credits that came later.
    #[sea_orm(string_value = "collected")]
    Collected,
    /// The refund did not happen.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Reads the product, names it, settles the style.
    #[sea_orm(string_value = "name_product")]
    NameProduct,
    /// Makes one poster.
    #[sea_orm(string_value = "render_poster")]
    RenderPoster,
    /// Makes one edit.
    #[sea_orm(string_value = "edit_poster")]
    EditPoster,
    /// Waits for a picture that was refunded before it came, and gives it for nothing.
    #[sea_orm(string_value = "collect_late")]
    CollectLate,
}

/// How far a job has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waiting for a worker.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// Under a lease.
    #[sea_orm(string_value = "running")]
    Running,
    /// Ended, with or without success.
    #[sea_orm(string_value = "done")]
    Done,
    /// Taken back before it ran.
    #[sea_orm(string_value = "canceled")]
    Canceled,
}

/// What an uploaded picture is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum UploadPurpose {
    /// A product photo.
    #[sea_orm(string_value = "photo")]
    Photo,
    /// A reference for an edit.
    #[sea_orm(string_value = "reference")]
    Reference,
    /// A brush mask: white is what may change.
    #[sea_orm(string_value = "mask")]
    Mask,
}

/// What happened; kinds are past-tense facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The set was accepted and its credits held.
    #[sea_orm(string_value = "generation_queued")]
    GenerationQueued,
    /// The product has a name and the set a style.
    #[sea_orm(string_value = "product_named")]
    ProductNamed,
    /// A worker took the poster.
    #[sea_orm(string_value = "poster_started")]
    PosterStarted,
    /// The poster reached a stage.
    #[sea_orm(string_value = "poster_progressed")]
    PosterProgressed,
    /// The poster is stored and captured.
    #[sea_orm(string_value = "poster_succeeded")]
    PosterSucceeded,
    /// The poster failed and its credits are back.
    #[sea_orm(string_value = "poster_refunded")]
    PosterRefunded,
    /// The poster was cancelled and its credits are back.
    #[sea_orm(string_value = "poster_canceled")]
    PosterCanceled,
    /// Nothing of the set is active any more.
    #[sea_orm(string_value = "generation_completed")]
    GenerationCompleted,
    /// A picture came that nothing was paid for.
    #[sea_orm(string_value = "revision_added")]
    RevisionAdded,
    /// A worker took the edit.
    #[sea_orm(string_value = "edit_started")]
    EditStarted,
    /// The edit is stored and captured.
    #[sea_orm(string_value = "edit_succeeded")]
    EditSucceeded,
    /// The edit failed and its credits are back.
    #[sea_orm(string_value = "edit_refunded")]
    EditRefunded,
}

/// How far a web hook's message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum WebhookDeliveryState {
    /// Waiting for its time.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// Being sent.
    #[sea_orm(string_value = "running")]
    Running,
    /// Taken by the partner.
    #[sea_orm(string_value = "delivered")]
    Delivered,
    /// Given up.
    #[sea_orm(string_value = "failed")]
    Failed,
}

/// What came of one try to send a web hook's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum WebhookOutcome {
    /// Answered with a status of 2xx.
    #[sea_orm(string_value = "delivered")]
    Delivered,
    /// Answered with another status.
    #[sea_orm(string_value = "refused")]
    Refused,
    /// No answer in time.
    #[sea_orm(string_value = "timeout")]
    Timeout,
    /// No connection, or one that broke.
    #[sea_orm(string_value = "unreachable")]
    Unreachable,
    /// The address leads into a private network; nothing was sent.
    #[sea_orm(string_value = "private_address")]
    PrivateAddress,
    /// The secret cannot be read any more; nothing was sent.
    #[sea_orm(string_value = "secret_lost")]
    SecretLost,
}
