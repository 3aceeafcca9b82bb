//! What happened to a generation, in order, replayable from any point.
//!
//! The rows are the truth: [`append_in_txn`] writes them in the same transaction as the change they
//! tell of, numbered 1, 2, … without a gap. The [`Doorbell`] only says "look again"; it carries no
//! data, may ring too often or not at all, and whoever hears it re-reads the rows from where they
//! stopped. That is why a slow, late or reconnecting reader needs no special path.
//!
//! To add an event: add the kind to `entity::enums::EventKind`, the facts to [`Fact`], and the wire
//! type in `graphql`.

mod doorbell;
mod follow;

pub use doorbell::{Bell, Doorbell, LocalDoorbell, Topic};
pub use follow::{follow, page};

use ::entity::{enums::EventKind, events, generations};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter,
    sea_query::Expr,
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{FailureCode, PosterStage},
    ledger::Wallet,
    webhooks::{self, WebhookKind},
};

/// Totals of a generation at the moment it completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Posters in the set.
    pub total: i64,
    /// Of these, stored.
    pub succeeded: i64,
    /// Of these, refunded.
    pub refunded: i64,
    /// Of these, cancelled.
    pub canceled: i64,
    /// Credits spent on posters.
    pub credits_captured: i64,
    /// Credits given back for posters.
    pub credits_released: i64,
}

/// What happened, with the facts of that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// The set was accepted and its credits held.
    GenerationQueued {
        /// Balance after the holds.
        wallet: Wallet,
    },
    /// The product has a name and the set a style.
    ProductNamed {
        /// The name.
        product_name: String,
    },
    /// A worker took the poster.
    PosterStarted {
        /// Which poster.
        poster_id: i64,
        /// Which try, from 1; grows when a try was interrupted.
        attempt: i64,
    },
    /// The poster reached a stage.
    PosterProgressed {
        /// Which poster.
        poster_id: i64,
        /// Which stage.
        stage: PosterStage,
    },
    /// The poster is stored and captured.
    PosterSucceeded {
        /// Which poster.
        poster_id: i64,
        /// Which picture.
        revision_id: i64,
        /// Credits spent.
        credits_captured: i64,
        /// Balance after.
        wallet: Wallet,
    },
    /// The poster failed and its credits are back.
    PosterRefunded {
        /// Which poster.
        poster_id: i64,
        /// Why.
        failure: FailureCode,
        /// Credits given back.
        credits_released: i64,
        /// Balance after.
        wallet: Wallet,
    },
    /// The poster was cancelled and its credits are back.
    PosterCanceled {
        /// Which poster.
        poster_id: i64,
        /// Credits given back.
        credits_released: i64,
        /// Balance after.
        wallet: Wallet,
    },
    /// Nothing of the set is active any more.
    GenerationCompleted {
        /// The totals.
        summary: Summary,
        /// Balance after.
        wallet: Wallet,
    },
    /// A picture came that nothing was paid for: with other words, or late after its refund.
    RevisionAdded {
        /// Which poster.
        poster_id: i64,
        /// Which picture.
        revision_id: i64,
    },
    /// A worker took the edit.
    EditStarted {
        /// Which poster.
        poster_id: i64,
        /// Which edit.
        edit_id: i64,
        /// Balance at that moment, the edit's credits held.
        wallet: Wallet,
    },
    /// The edit is stored and captured.
    EditSucceeded {
        /// Which poster.
        poster_id: i64,
        /// Which edit.
        edit_id: i64,
        /// Which picture.
        revision_id: i64,
        /// Credits spent.
        credits_captured: i64,
        /// Balance after.
        wallet: Wallet,
    },
    /// The edit failed and its credits are back.
    EditRefunded {
        /// Which poster.
        poster_id: i64,
        /// Which edit.
        edit_id: i64,
        /// Why.
        failure: FailureCode,
        /// Credits given back.
        credits_released: i64,
        /// Balance after.
        wallet: Wallet,
    },
}

impl Fact {
    /// The kind as stored beside the facts.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::GenerationQueued { .. } => EventKind::GenerationQueued,
            Self::ProductNamed { .. } => EventKind::ProductNamed,
            Self::PosterStarted { .. } => EventKind::PosterStarted,
            Self::PosterProgressed { .. } => EventKind::PosterProgressed,
            Self::PosterSucceeded { .. } => EventKind::PosterSucceeded,
            Self::PosterRefunded { .. } => EventKind::PosterRefunded,
            Self::PosterCanceled { .. } => EventKind::PosterCanceled,
            Self::GenerationCompleted { .. } => EventKind::GenerationCompleted,
            Self::RevisionAdded { .. } => EventKind::RevisionAdded,
            Self::EditStarted { .. } => EventKind::EditStarted,
            Self::EditSucceeded { .. } => EventKind::EditSucceeded,
            Self::EditRefunded { .. } => EventKind::EditRefunded,
        }
    }

    /// The balance after the event, for the kinds that move credits.
    pub const fn wallet(&self) -> Option<Wallet> {
        match self {
            Self::GenerationQueued { wallet }
            | Self::PosterSucceeded { wallet, .. }
            | Self::PosterRefunded { wallet, .. }
            | Self::PosterCanceled { wallet, .. }
            | Self::GenerationCompleted { wallet, .. }
            | Self::EditStarted { wallet, .. }
            | Self::EditSucceeded { wallet, .. }
            | Self::EditRefunded { wallet, .. } => Some(*wallet),
            Self::ProductNamed { .. }
            | Self::PosterStarted { .. }
            | Self::PosterProgressed { .. }
            | Self::RevisionAdded { .. } => None,
        }
    }
}

/// One event as read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Of which generation.
    pub generation_id: String,
    /// Its place: 1, 2, …
    pub seq: i64,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// What.
    pub fact: Fact,
}

/// Appends an event in the caller's transaction and returns its `seq`.
///
/// # Errors
/// As for [`append_all_in_txn`].
pub async fn append_in_txn(
    txn: &DatabaseTransaction,
    generation_id: &str,
    fact: &Fact,
    at_ms: i64,
) -> Result<i64, DbErr> {
    append_all_in_txn(txn, generation_id, std::slice::from_ref(fact), at_ms).await
}

/// Appends events, at least one, in their order in the caller's transaction and returns the last one's
/// `seq`.
///
/// Taking the next numbers locks the generation's row, so two settlements of one generation come one
/// after the other and the numbers have no gap. Take this row before the user's (the ledger's).
///
/// # Errors
/// Any database error, `RecordNotFound` for an unknown generation among them.
pub async fn append_all_in_txn(
    txn: &DatabaseTransaction,
    generation_id: &str,
    facts: &[Fact],
    at_ms: i64,
) -> Result<i64, DbErr> {
    let many = facts.len() as i64;
    let updated = generations::Entity::update_many()
        .col_expr(generations::Column::LastSeq, Expr::col(generations::Column::LastSeq).add(many))
        .col_expr(generations::Column::Version, Expr::col(generations::Column::Version).add(many))
        .filter(generations::Column::Id.eq(generation_id))
        .exec_with_returning(txn)
        .await?;
    let last = updated
        .first()
        .map(|generation| generation.last_seq)
        .ok_or_else(|| DbErr::RecordNotFound(format!("generation {generation_id}")))?;
    let mut rows = Vec::with_capacity(facts.len());
    for (fact, seq) in facts.iter().zip(last - many + 1..) {
        let payload = serde_json::to_string(fact).map_err(|error| DbErr::Custom(error.to_string()))?;
        rows.push(events::ActiveModel {
            id: NotSet,
            generation_id: Set(generation_id.to_owned()),
            seq: Set(seq),
            kind: Set(fact.kind()),
            payload: Set(payload),
            at_ms: Set(at_ms),
        });
    }
    events::Entity::insert_many(rows).exec_without_returning(txn).await?;
    for (fact, seq) in facts.iter().zip(last - many + 1..) {
        if let Some(kind) = told_partners(fact) {
            webhooks::enqueue_event_in_txn(txn, kind, generation_id, seq, at_ms).await?;
        }
    }
    Ok(last)
}

/// The events that partners' web hooks can be told of.
const fn told_partners(fact: &Fact) -> Option<WebhookKind> {
    match fact {
        Fact::GenerationCompleted { .. } => Some(WebhookKind::GenerationCompleted),
        Fact::PosterSucceeded { .. } => Some(WebhookKind::PosterSucceeded),
        Fact::PosterRefunded { .. } => Some(WebhookKind::PosterRefunded),
        _ => None,
    }
}
