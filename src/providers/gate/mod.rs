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
use circuit::Circuit;
use slots::{Slot, Slots};

/// The longest a vendor's wish to be left alone is honoured.
const DELAY_MAX: Duration = Duration::from_secs(120);

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

impl Gate {
    /// A gate for this many calls at once and a minute; 0 a minute means no limit.
    pub fn new(max_concurrency: usize, per_minute: u32) -> Self {
        // A burst of one concurrency's worth, then an even flow: vendors count shorter windows too.
        let burst =
            NonZeroU32::new(u32::try_from(max_concurrency.max(1)).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN);
        let per_minute = NonZeroU32::new(per_minute)
            .map(|count| RateLimiter::direct(Quota::per_minute(count).allow_burst(burst.min(count))));
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
    /// `NotAsked` when the circuit is open, `RateLimited` when the turn would come after `deadline`.
    pub(super) async fn enter(&self, group: &str, deadline: Instant) -> Result<Slot, ProviderError> {
        let late = || ProviderError::new(FailureClass::RateLimited, "no turn came in time");
        if !locked(&self.circuit).may_pass(Instant::now()) {
            return Err(ProviderError::new(FailureClass::NotAsked, "the circuit is open"));
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
        if locked(&self.circuit).try_pass(Instant::now()) {
            Ok(slot)
        } else {
            Err(ProviderError::new(FailureClass::NotAsked, "the circuit is open"))
        }
    }

    /// Tells how a call ended, which moves the limits and the circuit.
    pub fn report(&self, ended: Result<(), &ProviderError>) {
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
        locked(&self.circuit).record(class, now);
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

    #[tokio::test(start_paused = true)]
    async fn a_vendors_wish_to_be_left_alone_is_honoured() {
        let gate = Gate::new(2, 0);
        let soon = || Instant::now() + Duration::from_secs(60);
        let error = ProviderError {
            retry_after: Some(Duration::from_secs(7)),
            ..ProviderError::new(FailureClass::RateLimited, "429")
        };
        gate.report(Err(&error));
        let before = Instant::now();
        drop(gate.enter("a", soon()).await.unwrap());
        assert_eq!(before.elapsed().as_secs(), 7);
        gate.report(Err(&error));
        let refused = gate.enter("a", Instant::now() + Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(refused.class, FailureClass::RateLimited);
    }

    #[tokio::test]
    async fn a_rate_is_kept() {
        let gate = Gate::new(1, 6_000);
        for _ in 0..4 {
            drop(gate.enter("a", Instant::now() + Duration::from_secs(60)).await.unwrap());
        }
        assert!(gate.per_minute.as_ref().unwrap().check().is_err(), "the fourth turn used up what had grown back");
    }
}
