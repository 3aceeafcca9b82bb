//! Making, quoting, cancelling, retrying, renaming and deleting sets.

mod cancel;
mod create;
mod manage;
mod retry;

use ::entity::{enums::GenerationState, generations};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

pub use cancel::{CancelOutcome, cancel};
pub use create::{CreateGeneration, create};
pub use manage::{DeleteOutcome, RenameOutcome, delete, rename};
pub use retry::{RetryPoster, retry};

use super::{ApiScope, Context, FieldRefusal, ServiceError, Viewer, request_sha256};
use crate::{
    domain::{Dimension, credits::CREDITS_PER_POSTER, validation::Refusal},
    ledger::{self, Wallet},
};

/// What became of a request for posters: a new set, or one of its posters once more.
#[derive(Debug)]
pub enum QueueOutcome {
    /// Queued, now or under the same key before.
    Queued(Box<generations::Model>, Wallet),
    /// Too few credits; nothing was written.
    InsufficientCredits {
        /// Credits it costs.
        required: i64,
        /// Credits there.
        available: i64,
    },
    /// The one-task lock is taken, by this one.
    InProgress(Box<generations::Model>),
    /// Fields that cannot be taken.
    Invalid(Vec<FieldRefusal>),
}

/// What a set would cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Posters.
    pub posters: i64,
    /// Credits they cost.
    pub credits: i64,
    /// Credits there.
    pub credits_available: i64,
    /// Credits that are lacking, 0 when none.
    pub credits_missing: i64,
    /// Credits left afterwards, 0 when too few.
    pub credits_after: i64,
}

/// What a set of these dimensions would cost the viewer, without doing anything.
///
/// # Errors
/// `Forbidden`, `Ledger` or `Database`; wrong dimensions are the inner result's refusals.
pub async fn quote(
    context: &Context,
    viewer: &Viewer,
    dimensions: &[i32],
) -> Result<Result<Quote, Vec<FieldRefusal>>, ServiceError> {
    // It tells the balance, as a refused order for posters does too.
    viewer.require(ApiScope::BillingRead).or_else(|_| viewer.require(ApiScope::GenerationsWrite))?;
    let chosen = match parse_dimensions(Some(dimensions)) {
        Ok(chosen) => chosen,
        Err(refusals) => return Ok(Err(refusals)),
    };
    let wallet = ledger::wallet(context.database.read(), viewer.user_id).await?;
    let credits = CREDITS_PER_POSTER * chosen.len() as i64;
    Ok(Ok(Quote {
        posters: chosen.len() as i64,
        credits,
        credits_available: wallet.credits,
        credits_missing: (credits - wallet.credits).max(0),
        credits_after: (wallet.credits - credits).max(0),
    }))
}

/// The chosen dimensions in the catalogue's order; left out means all ten.
fn parse_dimensions(indexes: Option<&[i32]>) -> Result<Vec<Dimension>, Vec<FieldRefusal>> {
    let Some(indexes) = indexes else { return Ok(Dimension::ALL.to_vec()) };
    if indexes.is_empty() {
        return Err(vec![FieldRefusal::new("dimensions", Refusal::Required)]);
    }
    let mut chosen = Vec::with_capacity(Dimension::ALL.len());
    let mut refusals = Vec::new();
    for (position, index) in indexes.iter().enumerate().take(64) {
        let path = format!("dimensions.{position}");
        match Dimension::from_index(*index) {
            None => refusals.push(FieldRefusal::new(path, Refusal::OutOfRange)),
            Some(dimension) if chosen.contains(&dimension) => {
                refusals.push(FieldRefusal::new(path, Refusal::Duplicate));
            }
            Some(dimension) => chosen.push(dimension),
        }
    }
    chosen.sort();
    if refusals.is_empty() { Ok(chosen) } else { Err(refusals) }
}

/// The user's active generation, seen from any connection.
async fn active_of(connection: &impl ConnectionTrait, user_id: i64) -> Result<Option<generations::Model>, DbErr> {
    generations::Entity::find()
        .filter(generations::Column::UserId.eq(user_id))
        .filter(generations::Column::State.is_in([GenerationState::Queued, GenerationState::Running]))
        .one(connection)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_sorted_and_each_wrong_one_is_named() {
        assert_eq!(parse_dimensions(None).unwrap().len(), 10);
        assert_eq!(parse_dimensions(Some(&[4, 0])).unwrap(), [Dimension::Hero, Dimension::DetailMaterial]);
        assert_eq!(
            parse_dimensions(Some(&[0, 10, 0, -1])).unwrap_err(),
            [
                FieldRefusal::new("dimensions.1", Refusal::OutOfRange),
                FieldRefusal::new("dimensions.2", Refusal::Duplicate),
                FieldRefusal::new("dimensions.3", Refusal::OutOfRange),
            ]
        );
        assert_eq!(parse_dimensions(Some(&[])).unwrap_err()[0].refusal, Refusal::Required);
    }
}
