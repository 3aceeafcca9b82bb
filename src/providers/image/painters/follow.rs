//! What becomes of work that a vendor has accepted: it is waited for, followed up by the next process,
//! asked for once more after a refund, or given up.

use std::time::Duration;

use tokio::time::Instant;

use super::{Painter, Painters, end, record_end};
use crate::providers::{
    AttemptEnd, AttemptLog, CallContext, FailureClass, OpenAttempt, ProviderError,
    image::{ImageOrder, Nudge, Painted, Progress, Rendered},
};

/// How long an enquiry for a late picture may take: nobody waits for it, and a worker is busy with it.
const ENQUIRY_TIMEOUT: Duration = Duration::from_mins(1);
/// How long a vendor may take to be told that nobody waits any more.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(10);

/// How an earlier process's call stands.
pub(super) enum Followed {
    Done(Painted),
    /// Its end is written; the order goes on without that provider.
    Ended(ProviderError),
    /// It never began at the vendor; it may be made again.
    NeverBegan,
}

impl Painters {
    /// Asks once how work that an earlier call began stands, for a picture that may come late.
    ///
    /// # Errors
    /// [`ProviderError`]; `None` means that it is still worked on.
    pub async fn collect(
        &self,
        open: &OpenAttempt,
        order: &dyn ImageOrder,
        log: &dyn AttemptLog,
    ) -> Result<Option<Painted>, ProviderError> {
        let (Some(painter), Some(reference)) = (self.named(&open.provider), open.reference.as_deref()) else {
            record_end(log, open.id, &lost()).await;
            return Err(ProviderError::new(FailureClass::AmbiguousTimeout, "nothing to follow it up by"));
        };
        let call = CallContext { nonce: open.nonce.clone(), timeout: painter.timeout.min(ENQUIRY_TIMEOUT) };
        let request = order.request(painter.provider.capabilities(), Nudge::None);
        let asked = painter.provider.resume(reference, &call).await;
        match asked.map_err(|error| error.unquoted([&*request.prompt])) {
            Ok(Progress::Working(_)) => Ok(None),
            Ok(Progress::Unknown) => {
                let error = ProviderError::new(FailureClass::Transient, "the vendor knows no such work");
                end(log, open.id, painter, &error).await;
                Err(error)
            }
            Ok(Progress::Done(rendered)) => {
                self.accept(painter, open.id, rendered, &request, order, log).await.map(Some)
            }
            Err(error) if is_of_enquiry(&error) => Ok(None),
            Err(error) => {
                end(log, open.id, painter, &error).await;
                Err(error)
            }
        }
    }

    /// Ends what vendors still work on for an order that has its picture.
    pub(super) async fn give_up_rest(&self, log: &dyn AttemptLog) {
        match log.open().await {
            Ok(open) => {
                for open in &open {
                    self.give_up(open, log).await;
                }
            }
            Err(error) => tracing::warn!(%error, "what vendors still work on could not be given up"),
        }
    }

    /// Ends a call whose picture nobody waits for any more: it counts as billed, and the vendor is asked to
    /// stop; that is a courtesy, so nothing depends on it.
    pub async fn give_up(&self, open: &OpenAttempt, log: &dyn AttemptLog) {
        let late = ProviderError::new(FailureClass::AmbiguousTimeout, "nobody waits for it any more");
        let (Some(painter), Some(reference)) = (self.named(&open.provider), open.reference.as_deref()) else {
            return record_end(log, open.id, &lost()).await;
        };
        end(log, open.id, painter, &late).await;
        let call = CallContext { nonce: open.nonce.clone(), timeout: CANCEL_TIMEOUT };
        let asked = tokio::time::timeout(CANCEL_TIMEOUT, painter.provider.cancel(reference, &call)).await;
        let is_answered = asked.is_ok();
        tracing::info!(provider = open.provider, reference, is_answered, "work that nobody waits for was cancelled");
    }

    pub(super) async fn poll(
        &self,
        painter: &Painter,
        reference: &str,
        call: &CallContext,
        until: Instant,
    ) -> Result<Rendered, ProviderError> {
        let late = || ProviderError::new(FailureClass::AmbiguousTimeout, "accepted, but not ready in time");
        // After an enquiry that failed, nothing comes before its time.
        let (mut wait, mut is_hurried) = (Duration::from_secs(1), true);
        loop {
            if Instant::now() + wait >= until {
                return Err(late());
            }
            if is_hurried {
                painter.provider.rest(reference, call, wait).await;
            } else {
                tokio::time::sleep(wait).await;
            }
            let asked = tokio::time::timeout_at(until, painter.provider.resume(reference, call)).await;
            match asked.map_err(|_elapsed| late())? {
                Ok(Progress::Done(rendered)) => return Ok(rendered),
                Ok(Progress::Working(next)) => (wait, is_hurried) = (next, true),
                Ok(Progress::Unknown) => {
                    return Err(ProviderError::new(FailureClass::Transient, "the vendor lost the work it accepted"));
                }
                Err(error) if is_of_enquiry(&error) => {
                    is_hurried = false;
                    wait = error.retry_after.unwrap_or(wait * 2).min(Duration::from_secs(15));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Follows up what an earlier process began.
    pub(super) async fn follow(
        &self,
        open: &OpenAttempt,
        order: &dyn ImageOrder,
        log: &dyn AttemptLog,
        deadline: Instant,
    ) -> Followed {
        let cut_off = ProviderError::new(FailureClass::AmbiguousTimeout, "cut off before the answer");
        let Some(painter) = self.named(&open.provider) else {
            record_end(log, open.id, &lost()).await;
            return Followed::Ended(cut_off);
        };
        let Some(reference) = open.reference.as_deref() else {
            end(log, open.id, painter, &cut_off).await;
            return Followed::Ended(cut_off);
        };
        tracing::info!(provider = open.provider, reference, "follows up a picture that an earlier process asked for");
        let call = CallContext { nonce: open.nonce.clone(), timeout: painter.timeout };
        let until = deadline.min(Instant::now() + painter.timeout);
        let rendered = match painter.provider.resume(reference, &call).await {
            Ok(Progress::Done(rendered)) => Ok(rendered),
            Ok(Progress::Unknown) => {
                let never = ProviderError::new(FailureClass::Transient, "the vendor knows no such work");
                end(log, open.id, painter, &never).await;
                return Followed::NeverBegan;
            }
            Ok(Progress::Working(_)) => self.poll(painter, reference, &call, until).await,
            Err(error) if is_of_enquiry(&error) => self.poll(painter, reference, &call, until).await,
            Err(error) => Err(error),
        };
        let request = order.request(painter.provider.capabilities(), Nudge::None);
        match rendered.map_err(|error| error.unquoted([&*request.prompt])) {
            Ok(rendered) => match self.accept(painter, open.id, rendered, &request, order, log).await {
                Ok(painted) => Followed::Done(painted),
                Err(error) => Followed::Ended(error),
            },
            Err(error) if error.class == FailureClass::AmbiguousTimeout => Followed::Ended(error),
            Err(error) => {
                end(log, open.id, painter, &error).await;
                Followed::Ended(error)
            }
        }
    }
}

/// The end of a call to a provider that is in the settings no longer.
fn lost() -> AttemptEnd {
    AttemptEnd { failure: Some(FailureClass::AmbiguousTimeout), maybe_billed: true, ..AttemptEnd::default() }
}

/// Whether asking how the work stands failed, and not the work: a line that broke says nothing about it.
const fn is_of_enquiry(error: &ProviderError) -> bool {
    matches!(error.class, FailureClass::Transient | FailureClass::RateLimited | FailureClass::AmbiguousTimeout)
}
