//! Staying away from a vendor that fails: better a quick answer from the next one than a queue before
//! a door that does not open.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::providers::FailureClass;

/// How long an ending counts.
const WINDOW: Duration = Duration::from_secs(60);
/// Endings before a rate means anything.
const ENDINGS_MIN: usize = 5;
/// How long the vendor is left alone before one probe.
const PAUSE: Duration = Duration::from_secs(30);
/// The same when nothing but an operator can help.
const PAUSE_FOR_OPERATOR: Duration = Duration::from_mins(10);

/// While one probe is under way the others ask again after this.
const PROBE_WAIT: Duration = Duration::from_secs(2);
/// A probe that was never heard of again must not keep the door shut for longer.
const PROBE_MAX: Duration = Duration::from_mins(10);

/// What an ending did to the circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::providers) enum Turned {
    /// Nothing.
    Same,
    /// It opened for a while: too many calls failed.
    Opened,
    /// It opened until an operator has done something: a quota is used up or a setting is wrong.
    OpenedForOperator,
    /// It closed.
    Closed,
}

/// Opens when half of at least five calls within a minute failed, or at once on a quota or a setting;
/// after a pause one probe decides.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    endings: VecDeque<(Instant, bool)>,
    open_until: Option<Instant>,
    probing_since: Option<Instant>,
}

impl Circuit {
    /// How long until a call may be let through, where it would not be now.
    pub(super) fn opens_in(&self, now: Instant) -> Option<Duration> {
        let until = self.open_until?;
        if now < until {
            return Some(until - now);
        }
        self.probing_since.filter(|since| now < *since + PROBE_MAX).map(|_| PROBE_WAIT)
    }

    /// Lets a call through, and says whether it is the probe; after a pause there is only one until it
    /// has ended. `Err` is how long until the next may ask.
    pub(super) fn try_pass(&mut self, now: Instant) -> Result<bool, Duration> {
        if let Some(wait) = self.opens_in(now) {
            return Err(wait);
        }
        self.probing_since = self.open_until.map(|_| now);
        Ok(self.probing_since.is_some())
    }

    /// The probe was given up without an ending: the next one may go.
    pub(super) const fn probe_dropped(&mut self) {
        self.probing_since = None;
    }

    /// Notes how a call ended.
    pub(super) fn record(&mut self, failure: Option<FailureClass>, is_probe: bool, now: Instant) -> Turned {
        if is_probe {
            self.probing_since = None;
        }
        match failure {
            Some(FailureClass::Quota | FailureClass::Misconfigured) => {
                self.open(now + PAUSE_FOR_OPERATOR);
                return Turned::OpenedForOperator;
            }
            // A refusal of content says that the vendor works; being turned away by ourselves says nothing.
            None | Some(FailureClass::ModeratedInput | FailureClass::ModeratedOutput) if is_probe => {
                *self = Self::default();
                return Turned::Closed;
            }
            Some(FailureClass::NotAsked) => return Turned::Same,
            Some(_) if is_probe => {
                self.open(now + PAUSE);
                return Turned::Opened;
            }
            _ => {}
        }
        let is_bad =
            matches!(failure, Some(FailureClass::Transient | FailureClass::AmbiguousTimeout | FailureClass::NoResult));
        self.endings.push_back((now, is_bad));
        while self.endings.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.endings.pop_front();
        }
        let bad = self.endings.iter().filter(|(_, is_bad)| *is_bad).count();
        if is_bad && self.endings.len() >= ENDINGS_MIN && bad * 2 >= self.endings.len() {
            self.open(now + PAUSE);
            return Turned::Opened;
        }
        Turned::Same
    }

    fn open(&mut self, until: Instant) {
        self.endings.clear();
        self.open_until = Some(self.open_until.map_or(until, |earlier| earlier.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn half_of_five_opens_it_and_one_probe_closes_it() {
        let mut circuit = Circuit::default();
        let now = Instant::now();
        for failure in [None, None, Some(FailureClass::Transient), Some(FailureClass::NoResult)] {
            circuit.record(failure, false, now);
        }
        assert_eq!(circuit.opens_in(now), None, "four say nothing yet");
        assert_eq!(circuit.record(Some(FailureClass::Transient), false, now), Turned::Opened);
        assert_eq!(circuit.opens_in(now), Some(PAUSE));
        let later = now + PAUSE;
        assert_eq!(circuit.try_pass(later), Ok(true));
        assert_eq!(circuit.try_pass(later), Err(PROBE_WAIT), "one probe at a time");
        circuit.record(None, false, later);
        assert_eq!(circuit.try_pass(later), Err(PROBE_WAIT), "a call from before says nothing about the probe");
        circuit.probe_dropped();
        assert_eq!(circuit.try_pass(later), Ok(true), "a probe that was given up makes way for the next");
        assert_eq!(circuit.record(None, true, later), Turned::Closed);
        assert_eq!((circuit.try_pass(later), circuit.try_pass(later)), (Ok(false), Ok(false)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_quota_opens_it_at_once_and_refusals_never_do() {
        let mut circuit = Circuit::default();
        let now = Instant::now();
        for _ in 0..20 {
            circuit.record(Some(FailureClass::ModeratedInput), false, now);
        }
        assert_eq!(circuit.opens_in(now), None);
        assert_eq!(circuit.record(Some(FailureClass::Quota), false, now), Turned::OpenedForOperator);
        assert!(circuit.opens_in(now + PAUSE).is_some());
        assert_eq!(circuit.opens_in(now + PAUSE_FOR_OPERATOR), None);
    }
}
