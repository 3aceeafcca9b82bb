//! The gate before a vendor: how many calls at once and a minute, when to stay away, and that no set
//! of posters keeps the others waiting.

mod circuit;
mod slots;

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

use super::{FailureClass, ProviderError};
use circuit::{Circuit, Turned};
use slots::{Slot, Slots};

/// The longest a vendor's wish to be left alone is honoured.
pub(super) const DELAY_MAX: Duration = Duration::from_secs(120);
/// A longer wait is spent at another door, where there is one.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// The gate of one deployment; shared by everyone who asks it.
pub struct Gate {
    slots: Arc<Slots>,
    per_minute: Option<DefaultDirectRateLimiter>,
    circuit: Mutex<Circuit>,
    not_before: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

/// A call that was let through. Whoever drops it without a word makes way for the next.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    is_probe: bool,
    _slot: Slot,
}

impl Pass<'_> {
    /// Tells how the call ended, which moves the limits and the circuit. A failure for which a client is
    /// told a reason of our own is our verdict on one picture: it says that the vendor answered.
    pub(super) fn end(mut self, vendor: &str, ended: Result<(), &ProviderError>) {
        let vendors = ended.or_else(|error| if error.told.is_some() { Ok(()) } else { Err(error) });
        self.gate.report(vendor, vendors, self.is_probe);
        self.is_probe = false;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            locked(&self.gate.circuit).probe_dropped();
        }
    }
}

/// The error of a door that is shut for so long.
fn shut(opens_in: Duration, why: &str) -> ProviderError {
    ProviderError { retry_after: Some(opens_in), ..ProviderError::new(FailureClass::NotAsked, why) }
}

impl Gate {
    /// A gate for this many calls at once and a minute; 0 a minute means no limit.
    pub fn new(max_concurrency: usize, per_minute: u32) -> Self {
        // No burst on top: with one, the first minute would have more calls than a minute may have.
        let per_minute = NonZeroU32::new(per_minute)
            .map(|count| RateLimiter::direct(Quota::per_minute(count).allow_burst(NonZeroU32::MIN)));
        Self {
            slots: Slots::new(max_concurrency),
            per_minute,
            circuit: Mutex::new(Circuit::default()),
            not_before: Mutex::new(None),
        }
    }

    /// Waits for a turn. Waiters of one `group` queue behind each other; groups take turns.
    ///
    /// # Errors
    /// `NotAsked` when the door is shut, with `retry_after` until it opens; `RateLimited` when the turn
    /// would come after `deadline`.
    pub(super) async fn enter(&self, group: &str, deadline: Instant) -> Result<Pass<'_>, ProviderError> {
        let late = || ProviderError::new(FailureClass::RateLimited, "no turn came in time");
        let now = Instant::now();
        if let Some(opens_in) = locked(&self.circuit).opens_in(now) {
            return Err(shut(opens_in, "the circuit is open"));
        }
        // A short wait is spent here; a long one perhaps at another door.
        if let Some(quiet) = self.quiet_until().map(|until| until - now).filter(|quiet| *quiet > PATIENCE) {
            return Err(shut(quiet, "the vendor wants to be left alone"));
        }
        let entered = tokio::time::timeout_at(deadline, async {
            let slot = self.slots.acquire(group).await;
            if let Some(per_minute) = &self.per_minute {
                per_minute.until_ready().await;
            }
            while let Some(until) = self.quiet_until() {
                tokio::time::sleep_until(until).await;
            }
            slot
        });
        let slot = entered.await.map_err(|_elapsed| late())?;
        // The circuit may have opened while this caller waited, or let one probe through.
        let passed = locked(&self.circuit).try_pass(Instant::now());
        let is_probe = passed.map_err(|opens_in| shut(opens_in, "the circuit is open"))?;
        Ok(Pass { gate: self, is_probe, _slot: slot })
    }

    fn report(&self, vendor: &str, ended: Result<(), &ProviderError>, is_probe: bool) {
        let now = Instant::now();
        let class = ended.err().map(|error| error.class);
        match class {
            None => self.slots.went_well(),
            Some(FailureClass::RateLimited) => self.slots.went_too_fast(),
            Some(_) => {}
        }
        if let Err(ProviderError { retry_after: Some(delay), .. }) = ended {
            let until = now + (*delay).min(DELAY_MAX);
            let mut not_before = locked(&self.not_before);
            *not_before = Some(not_before.map_or(until, |earlier| earlier.max(until)));
        }
        let turned = locked(&self.circuit).record(class, is_probe, now);
        let is_open = match turned {
            Turned::Same => return,
            Turned::Closed => {
                tracing::info!(vendor, "a vendor is asked again");
                0.0
            }
            Turned::Opened => {
                tracing::warn!(vendor, "too many calls fail: the vendor is left alone for a while");
                1.0
            }
            Turned::OpenedForOperator => {
                // Nothing but an operator can help, so this must be seen.
                let error = ended.err().map(tracing::field::display);
                tracing::error!(vendor, error, "a vendor needs its operator: quota, key or settings");
                1.0
            }
        };
        metrics::gauge!("haibao_vendor_left_alone", "vendor" => vendor.to_owned()).set(is_open);
    }

    fn quiet_until(&self) -> Option<Instant> {
        let mut not_before = locked(&self.not_before);
        if not_before.is_some_and(|until| until <= Instant::now()) {
            *not_before = None;
        }
        *not_before
    }
}

fn locked<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureCode;

    #[tokio::test(start_paused = true)]
    async fn a_vendors_wish_to_be_left_alone_is_honoured() {
        let gate = Gate::new(2, 0);
        let soon = || Instant::now() + Duration::from_secs(60);
        let error = ProviderError {
            retry_after: Some(Duration::from_secs(7)),
            ..ProviderError::new(FailureClass::RateLimited, "429")
        };
        gate.report("v", Err(&error), false);
        let before = Instant::now();
        drop(gate.enter("a", soon()).await.unwrap());
        assert_eq!(before.elapsed().as_secs(), 7);
        gate.report("v", Err(&error), false);
        let refused = gate.enter("a", Instant::now() + Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(refused.class, FailureClass::RateLimited);
        gate.report("v", Err(&ProviderError { retry_after: Some(Duration::from_secs(90)), ..error }), false);
        let refused = gate.enter("a", soon()).await.unwrap_err();
        assert_eq!(refused.class, FailureClass::NotAsked, "another door may be open meanwhile");
        assert_eq!(refused.retry_after, Some(Duration::from_secs(90)));
    }

    #[tokio::test(start_paused = true)]
    async fn our_own_verdict_on_a_picture_does_not_shut_the_door_for_others() {
        let (gate, soon) = (Gate::new(8, 0), Instant::now() + Duration::from_secs(9));
        let changed = ProviderError::no_result("0.4").told_as(FailureCode::ProductNotPreserved);
        for _ in 0..8 {
            gate.enter("a", soon).await.unwrap().end("v", Err(&changed));
        }
        let blank = ProviderError::no_result("blank");
        for _ in 0..8 {
            gate.enter("a", soon).await.unwrap().end("v", Err(&blank));
        }
        let refused = gate.enter("a", soon).await.unwrap_err();
        assert_eq!((refused.class, refused.retry_after), (FailureClass::NotAsked, Some(Duration::from_secs(30))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_given_up_makes_way_for_the_next() {
        let (gate, soon) = (Gate::new(8, 0), Instant::now() + Duration::from_secs(3600));
        gate.report("v", Err(&ProviderError::new(FailureClass::Quota, "empty")), false);
        tokio::time::sleep(Duration::from_secs(601)).await;
        let probe = gate.enter("a", soon).await.unwrap();
        assert!(gate.enter("a", soon).await.is_err());
        drop(probe);
        gate.enter("a", soon).await.unwrap().end("v", Ok(()));
        assert!(gate.enter("a", soon).await.is_ok() && gate.enter("a", soon).await.is_ok());
    }

    #[tokio::test]
    async fn a_rate_is_kept_from_the_first_call_on() {
        let gate = Gate::new(4, 6_000);
        for _ in 0..4 {
            drop(gate.enter("a", Instant::now() + Duration::from_secs(60)).await.unwrap());
        }
        assert!(gate.per_minute.as_ref().unwrap().check().is_err(), "the fourth turn used up what had grown back");
    }
}
