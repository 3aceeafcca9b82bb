//! What a provider may cost, so that our own limit stops it and not the invoice.

use super::{AttemptLog, FailureClass, ProviderError};

const DAY_MS: i64 = 24 * 3_600_000;

/// Limits in millionths of a US dollar; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Within the last 24 hours.
    pub day_microusd: Option<i64>,
    /// Within the last 30 days.
    pub month_microusd: Option<i64>,
}

impl Budget {
    /// Makes sure that one more call for one of these purposes is paid for.
    ///
    /// Calls that run at the same time may pass together, so the limit can be overdrawn by as many
    /// calls as may run at once, and by no more.
    ///
    /// # Errors
    /// `NotAsked`, told as an exhausted quota.
    pub async fn check(
        &self,
        provider: &str,
        purposes: &[&str],
        log: &dyn AttemptLog,
        now_ms: i64,
    ) -> Result<(), ProviderError> {
        for (limit, days) in [(self.day_microusd, 1), (self.month_microusd, 30)] {
            let Some(limit) = limit else { continue };
            let spent = log.spent_since(provider, purposes, now_ms - days * DAY_MS).await?;
            if spent >= limit {
                tracing::error!(provider, spent, limit, days, "a spending limit is reached; the provider is not asked");
                let detail = format!("spent {spent} of {limit} micro-USD in {days} day(s)");
                return Err(ProviderError::new(FailureClass::NotAsked, detail)
                    .told_as(crate::domain::FailureCode::ProviderQuota));
            }
        }
        Ok(())
    }
}
