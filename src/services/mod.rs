//! Use cases: one file per verb group. Each owns its transaction and takes the [`Viewer`] first.
//!
//! What a client can do something about — too few credits, a running generation, a field that is
//! wrong — is a value of the outcome type. [`ServiceError`] is for the rest.

pub mod accounts;
pub mod audit_log;
pub mod bills;
pub mod doctor;
pub mod edits;
pub mod exports;
pub mod generations;
pub mod history;
pub mod housekeeping;
pub mod limits;
pub mod orders;
pub mod sign_in;
pub mod statement;
#[cfg(test)]
pub(crate) mod testing;
pub mod uploads;
mod viewer;
pub mod webhooks;

use std::sync::Arc;

use ring::digest;
use sea_orm::DbErr;

pub use viewer::{Access, ApiScope, Viewer};

use crate::{
    clock::Clock,
    database::Database,
    domain::Composition,
    domain::validation::Refusal,
    engine::EngineError,
    events::Doorbell,
    ids::IdSource,
    ledger::LedgerError,
    storage::{Storage, StorageError, UrlSigner},
};

/// What every use case works with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context {
    /// The database.
    pub database: Database,
    /// Files.
    pub storage: Storage,
    /// Signs URLs of files.
    pub urls: UrlSigner,
    /// Wakes those who wait.
    pub doorbell: Arc<dyn Doorbell>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub ids: Arc<dyn IdSource>,
    /// The zone that session ids are written in.
    pub time_zone: jiff::tz::TimeZone,
    /// How sets may be composed with the models of this installation.
    pub compositions: Vec<Composition>,
}

/// A field of an input that cannot be taken, with its path (`dimensions.2`, `photoIds.0`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRefusal {
    /// Where in the input, in the API's spelling.
    pub path: String,
    /// Why.
    pub refusal: Refusal,
}

impl FieldRefusal {
    /// One refused field.
    pub fn new(path: impl Into<String>, refusal: Refusal) -> Self {
        Self { path: path.into(), refusal }
    }
}

/// What went wrong that no client could have prevented, or that is no outcome of the use case.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The idempotency key was used before, with another input.
    #[error("the idempotency key was used with another input")]
    IdempotencyConflict,
    /// There is no such thing, or it is somebody else's.
    #[error("not found")]
    NotFound,
    /// The credentials do not cover this.
    #[error("the credentials do not cover this")]
    Forbidden,
    /// Something beside the database does not answer; trying again may succeed.
    #[error("{0} does not answer")]
    Unavailable(&'static str),
    /// The database said no.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// The ledger said no.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The store said no.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A stored value does not read.
    #[error("a stored value does not read: {0}")]
    Corrupt(String),
}

impl From<EngineError> for ServiceError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Database(error) => error.into(),
            EngineError::Ledger(error) => error.into(),
            EngineError::Fenced(_) | EngineError::Dangling { .. } => Self::Corrupt(error.to_string()),
        }
    }
}

/// A digest of a normalised input: the same key with the same digest is the same request.
fn request_sha256(input: &serde_json::Value) -> String {
    hex::encode(digest::digest(&digest::SHA256, input.to_string().as_bytes()))
}
