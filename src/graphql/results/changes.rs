//! What the mutations answer that change pictures.

use async_graphql::{SimpleObject, Union};

use super::{EditInProgress, InsufficientCredits, InvalidInput, RateLimited};
use crate::graphql::types::{Edit, Generation, Poster, Revision, Wallet};

/// Accepted, and its credits are held.
#[derive(SimpleObject, Clone, Debug)]
pub struct CreateEditSuccess {
    /// The edit.
    pub edit: Edit,
    /// The balance after the hold.
    pub wallet: Wallet,
}

/// What `createEdit` answers.
#[derive(Union)]
pub enum CreateEditResult {
    /// Accepted.
    Success(CreateEditSuccess),
    /// Too few credits.
    InsufficientCredits(InsufficientCredits),
    /// Another one of this poster is active.
    InProgress(EditInProgress),
    /// A field was refused.
    InvalidInput(InvalidInput),
    /// Too many requests.
    RateLimited(RateLimited),
}

/// Set with other words, for nothing.
#[derive(SimpleObject, Clone, Debug)]
pub struct UpdatePosterCopySuccess {
    /// The named poster's new picture.
    pub revision: Revision,
    /// All new pictures of the set, that one first.
    pub revisions: Vec<Revision>,
}

/// What `updatePosterCopy` answers.
#[derive(Union)]
pub enum UpdatePosterCopyResult {
    /// Set.
    Success(UpdatePosterCopySuccess),
    /// A field was refused.
    InvalidInput(InvalidInput),
    /// Too many requests.
    RateLimited(RateLimited),
}

/// A poster shows the picture that was chosen.
#[derive(SimpleObject, Clone, Debug)]
pub struct RestoreRevisionSuccess {
    /// The poster, with that picture as its current one.
    pub poster: Poster,
}

/// What `restoreRevision` answers.
#[derive(Union)]
pub enum RestoreRevisionResult {
    /// Chosen.
    Success(RestoreRevisionSuccess),
    /// A field was refused.
    InvalidInput(InvalidInput),
}

/// A set has the cover that was chosen.
#[derive(SimpleObject, Clone, Debug)]
pub struct SetCoverSuccess {
    /// The set.
    pub generation: Generation,
}

/// What `setCover` answers.
#[derive(Union)]
pub enum SetCoverResult {
    /// Chosen.
    Success(SetCoverSuccess),
    /// A field was refused.
    InvalidInput(InvalidInput),
}
