//! What has happened to one order so far, and who may still be asked.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::{
    domain::FailureCode,
    ids::IdSource,
    providers::{
        FailureClass, ProviderError,
        gate::{DELAY_MAX, PATIENCE},
    },
};

/// Waits between tries at one provider: up to 0.5 s, 1 s, … 8 s, by chance, so that many who failed
/// together do not come back together.
const BACKOFF_MS: u32 = 500;
const BACKOFF_MS_MAX: u32 = 8_000;
/// The longest an order waits altogether before doors that are all shut.
const SHUT_MAX: Duration = DELAY_MAX;

/// What has happened to an order so far.
pub(super) struct Turn {
    pub(super) asked: Vec<String>,
    /// Doors that are shut, and when each opens again; never, without a moment.
    shut: HashMap<String, Option<Instant>>,
    waited: Duration,
    only: Option<String>,
    ends: bool,
    was_changed: bool,
    pub(super) is_billed: bool,
    /// What may still be spent on it, in millionths of a US dollar, where that is limited.
    pub(super) left_microusd: Option<i64>,
    /// Who may still be at work for it.
    pub(super) left_at: Vec<String>,
    pub(super) last: Option<ProviderError>,
}

impl Turn {
    pub(super) fn new(asked: Vec<String>) -> Self {
        let is_billed = !asked.is_empty();
        Self {
            asked,
            shut: HashMap::new(),
            waited: Duration::ZERO,
            only: None,
            ends: false,
            was_changed: false,
            is_billed,
            left_microusd: None,
            left_at: Vec::new(),
            last: None,
        }
    }

    pub(super) fn may_ask(&self, name: &str) -> bool {
        self.is_wanted(name) && !self.shut.contains_key(name)
    }

    /// When this door, shut now, may be knocked at again; `None` is never.
    pub(super) fn opens(&self, name: &str) -> Option<Instant> {
        self.shut.get(name).copied().flatten().filter(|_| self.is_wanted(name))
    }

    fn is_wanted(&self, name: &str) -> bool {
        !self.ends && self.only.as_deref().is_none_or(|only| only == name)
    }

    pub(super) fn failed(&mut self, name: &str, error: ProviderError) {
        let opens = error.retry_after.filter(|delay| *delay <= DELAY_MAX).map(|delay| Instant::now() + delay);
        if error.class == FailureClass::NotAsked {
            // A vendor that says with an answer that it will not is not asked again; a gate of ours may open.
            self.shut.insert(name.to_owned(), opens.filter(|_| error.http_status.is_none()));
            // What an earlier door said tells more than that a later one was shut.
            self.last.get_or_insert(error);
            return;
        }
        self.asked.push(name.to_owned());
        if error.class == FailureClass::AmbiguousTimeout {
            self.left_at.push(name.to_owned());
        }
        if !error.class.repeats() {
            self.shut.insert(name.to_owned(), None);
        } else if error.retry_after.is_some_and(|delay| delay > PATIENCE) {
            self.shut.insert(name.to_owned(), opens);
        }
        // A product that a vendor changed is corrected once, whoever is asked.
        let is_changed = error.told == Some(FailureCode::ProductNotPreserved);
        self.ends |= is_changed && self.was_changed;
        self.was_changed |= is_changed;
        if !error.class.fails_over() {
            self.ends |= !error.class.repeats();
            self.only = Some(name.to_owned());
        }
        self.last = Some(error);
    }

    /// Waits until a shut door opens, and says whether that was worth it: not for longer than an order
    /// has patience for, nor beyond its deadline.
    pub(super) async fn wait_open(&mut self, opens: Instant, deadline: Instant) -> bool {
        let wait = opens.saturating_duration_since(Instant::now());
        if self.waited + wait > SHUT_MAX || opens >= deadline {
            return false;
        }
        self.waited += wait;
        tokio::time::sleep_until(opens).await;
        self.shut.retain(|_, until| until.is_none_or(|until| until > opens));
        true
    }

    /// Waits before the same door is knocked at again.
    pub(super) async fn wait(&self, name: &str, ids: &dyn IdSource, deadline: Instant) {
        let tries = self.asked.iter().filter(|asked| *asked == name).count();
        let Some(error) = self.last.as_ref().filter(|_| tries > 0) else { return };
        let most_ms = (BACKOFF_MS << tries.min(8)).min(BACKOFF_MS_MAX);
        // A longer delay was waited for before the shut door.
        let asked = error.retry_after.filter(|delay| *delay <= PATIENCE);
        let wait = asked.unwrap_or_else(|| Duration::from_millis(u64::from(ids.below(most_ms))));
        tokio::time::sleep_until((Instant::now() + wait).min(deadline)).await;
    }
}
