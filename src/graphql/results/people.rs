//! What the mutations answer that are about one's own account.

use async_graphql::{ID, SimpleObject, Union};

use super::InvalidInput;
use crate::graphql::{scalars::DateTime, types::User};

/// The account will be erased.
#[derive(SimpleObject, Clone, Debug)]
pub struct DeleteAccountSuccess {
    /// From when on; until then `cancelAccountDeletion` takes the wish back.
    pub deletes_at: DateTime,
}

/// What `deleteAccount` answers.
#[derive(Union)]
pub enum DeleteAccountResult {
    /// It will be.
    Success(DeleteAccountSuccess),
    /// The address is not the account's.
    InvalidInput(InvalidInput),
}

/// The account stays.
#[derive(SimpleObject, Clone, Debug)]
pub struct CancelAccountDeletionPayload {
    /// The account.
    pub user: User,
}

/// Ended.
#[derive(SimpleObject, Clone, Debug)]
pub struct RevokeSignInSessionPayload {
    /// Which one.
    pub revoked_id: ID,
}
