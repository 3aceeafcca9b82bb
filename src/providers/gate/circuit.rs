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

/// Opens when half of at least five calls within a minute failed, or at once on a quota or a setting;
/// after a pause one probe decides.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    endings: VecDeque<(Instant, bool)>,
    open_until: Option<Instant>,
    probing_since: Option<Instant>,
}

impl Circuit {
    /// Whether a call would be let through.
    pub(super) fn may_pass(&self, now: Instant) -> bool {
        match self.open_until {
            None => true,
            // A probe that was never heard of again must not keep the door shut.
            Some(until) => now >= until && self.probing_since.is_none_or(|since| now >= since + PAUSE_FOR_OPERATOR),
        }
    }

    /// Lets a call through; after a pause only one, until it has ended.
    pub(super) fn try_pass(&mut self, now: Instant) -> bool {
        if !self.may_pass(now) {
            return false;
        }
        self.probing_since = self.open_until.map(|_| now);
        true
    }

    /// Notes how a call ended.
    pub(super) fn record(&mut self, failure: Option<FailureClass>, now: Instant) {
        let was_probe = self.probing_since.take().is_some();
        match failure {
            Some(FailureClass::Quota | FailureClass::Misconfigured) => {
                self.open(now + PAUSE_FOR_OPERATOR);
                return;
            }
            // A refusal of content says that the vendor works; being turned away by ourselves says nothing.
            None | Some(FailureClass::ModeratedInput | FailureClass::ModeratedOutput) if was_probe => {
                *self = Self::default();
                return;
            }
            Some(FailureClass::NotAsked) => return,
            Some(_) if was_probe => {
                self.open(now + PAUSE);
                return;
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
        }
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
            circuit.record(failure, now);
        }
        assert!(circuit.may_pass(now), "four say nothing yet");
        circuit.record(Some(FailureClass::Transient), now);
        assert!(!circuit.may_pass(now));
        let later = now + PAUSE;
        assert!(circuit.try_pass(later));
        assert!(!circuit.try_pass(later), "one probe at a time");
        circuit.record(None, later);
        assert!(circuit.try_pass(later) && circuit.try_pass(later));
    }

    #[tokio::test(start_paused = true)]
    async fn a_quota_opens_it_at_once_and_refusals_never_do() {
        let mut circuit = Circuit::default();
        let now = Instant::now();
        for _ in 0..20 {
            circuit.record(Some(FailureClass::ModeratedInput), now);
        }
        assert!(circuit.may_pass(now));
        circuit.record(Some(FailureClass::Quota), now);
        assert!(!circuit.may_pass(now + PAUSE));
        assert!(circuit.may_pass(now + PAUSE_FOR_OPERATOR));
    }
}
