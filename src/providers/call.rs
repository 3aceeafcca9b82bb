//! What surrounds a call: its limits, and the record of it that outlives a crash.

use std::time::Duration;

use async_trait::async_trait;

use super::ProviderError;
use crate::domain::FailureCode;

/// The limits of one call.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// A name for this very attempt, unique and made of `[a-z0-9-]`: sent along where a vendor takes
    /// one, so that a call can be found again on the other side.
    pub nonce: String,
    /// How long the call may take, from sending to the last byte.
    pub timeout: Duration,
}

/// What a call cost, as far as the vendor says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read.
    pub tokens_in: u64,
    /// Tokens written.
    pub tokens_out: u64,
    /// Millionths of a US dollar, where the vendor names a price.
    pub cost_microusd: Option<i64>,
}

/// An attempt that begins.
#[derive(Clone, Debug)]
pub struct AttemptStart {
    /// The provider's name.
    pub provider: String,
    /// The model's name.
    pub model: String,
    /// What it was asked for.
    pub purpose: &'static str,
    /// The attempt's own name; see [`CallContext::nonce`].
    pub nonce: String,
    /// A reference under which the vendor will know the work, where it is known before the call.
    pub reference: Option<String>,
    /// Whether a vendor may charge for it. What costs nothing is not recorded.
    pub is_billed: bool,
}

/// How an attempt ended.
#[derive(Clone, Debug, Default)]
pub struct AttemptEnd {
    /// The class of the failure; `None` is a success.
    pub failure: Option<super::FailureClass>,
    /// The vendor's number of the call.
    pub request_id: Option<String>,
    /// What it cost, in millionths of a US dollar.
    pub cost_microusd: i64,
    /// Whether the vendor may charge although nothing came.
    pub maybe_billed: bool,
}

/// An attempt that an earlier process left without an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAttempt {
    /// Its row.
    pub id: i64,
    /// The provider's name.
    pub provider: String,
    /// Its own name.
    pub nonce: String,
    /// Under which the vendor knows the work.
    pub reference: Option<String>,
}

/// The record could not be written; the call must not be made.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the record of a call could not be kept: {0}")]
pub struct AttemptLogError(pub String);

impl From<AttemptLogError> for ProviderError {
    fn from(error: AttemptLogError) -> Self {
        Self::new(super::FailureClass::Transient, error.to_string()).told_as(FailureCode::Internal)
    }
}

/// The record of calls, kept where a crash cannot lose it.
///
/// A row is written before a call that may cost money and completed after it. What is found open
/// later was cut off: with a reference it is followed up, without one its fate is unknown.
#[async_trait]
pub trait AttemptLog: Send + Sync {
    /// Whose work the calls are for, such as a set: at a vendor's gate those take turns.
    fn group(&self) -> &str;

    /// Writes down that a call is about to be made and returns its row.
    async fn begin(&self, start: &AttemptStart) -> Result<i64, AttemptLogError>;

    /// Writes down under which name the vendor works on it.
    async fn accepted(&self, attempt: i64, reference: &str) -> Result<(), AttemptLogError>;

    /// Writes down how it ended.
    async fn end(&self, attempt: i64, end: &AttemptEnd) -> Result<(), AttemptLogError>;

    /// What earlier processes began for the same work and did not end.
    async fn open(&self) -> Result<Vec<OpenAttempt>, AttemptLogError>;

    /// Providers asked for the same work so far, one entry an attempt, oldest first.
    async fn asked(&self) -> Result<Vec<String>, AttemptLogError>;

    /// What the calls for the same work have cost so far, in millionths of a US dollar.
    async fn spent(&self) -> Result<i64, AttemptLogError>;

    /// What this provider cost since this moment, in millionths of a US dollar, whoever it was for. Image
    /// and text models may have one name, so only calls of these purposes count.
    async fn spent_since(&self, provider: &str, purposes: &[&str], since_ms: i64) -> Result<i64, AttemptLogError>;
}

/// Remembers nothing: for commands that run once and for providers that cost nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAttemptLog;

#[async_trait]
impl AttemptLog for NoAttemptLog {
    fn group(&self) -> &'static str {
        ""
    }

    async fn begin(&self, _start: &AttemptStart) -> Result<i64, AttemptLogError> {
        Ok(0)
    }

    async fn accepted(&self, _attempt: i64, _reference: &str) -> Result<(), AttemptLogError> {
        Ok(())
    }

    async fn end(&self, _attempt: i64, _end: &AttemptEnd) -> Result<(), AttemptLogError> {
        Ok(())
    }

    async fn open(&self) -> Result<Vec<OpenAttempt>, AttemptLogError> {
        Ok(Vec::new())
    }

    async fn asked(&self) -> Result<Vec<String>, AttemptLogError> {
        Ok(Vec::new())
    }

    async fn spent(&self) -> Result<i64, AttemptLogError> {
        Ok(0)
    }

    async fn spent_since(&self, _provider: &str, _purposes: &[&str], _since_ms: i64) -> Result<i64, AttemptLogError> {
        Ok(0)
    }
}
