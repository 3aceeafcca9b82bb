//! What has happened to one order so far, and who may still be asked.

use std::{collections::HashSet, time::Duration};

use tokio::time::Instant;

use crate::{
    ids::IdSource,
    providers::{FailureClass, ProviderError},
};

/// Waits between tries at one provider: up to 0.5 s, 1 s, … 8 s, by chance, so that many who failed
/// together do not come back together.
const BACKOFF_MS: u32 = 500;
const BACKOFF_MS_MAX: u32 = 8_000;
/// A wait that a vendor asks for is spent at another door when it is longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

/// What has happened to an order so far.
pub(super) struct Turn {
    pub(super) asked: Vec<String>,
    closed: HashSet<String>,
    only: Option<String>,
    ends: bool,
    pub(super) is_billed: bool,
    pub(super) last: Option<ProviderError>,
}

impl Turn {
    pub(super) fn new(asked: Vec<String>) -> Self {
        let is_billed = !asked.is_empty();
        Self { asked, closed: HashSet::new(), only: None, ends: false, is_billed, last: None }
    }

    pub(super) fn may_ask(&self, name: &str) -> bool {
        !self.ends && !self.closed.contains(name) && self.only.as_deref().is_none_or(|only| only == name)
    }

    pub(super) fn failed(&mut self, name: &str, error: ProviderError) {
        if error.class == FailureClass::NotAsked {
            self.closed.insert(name.to_owned());
            // What an earlier door said tells more than that a later one was shut.
            self.last.get_or_insert(error);
            return;
        }
        self.asked.push(name.to_owned());
        let is_long = error.retry_after.is_some_and(|delay| delay > PATIENCE);
        if !error.class.repeats() || (error.class == FailureClass::RateLimited && is_long) {
            self.closed.insert(name.to_owned());
        }
        if !error.class.fails_over() {
            self.ends = !error.class.repeats();
            self.only = Some(name.to_owned());
        }
        self.last = Some(error);
    }

    /// Waits before the same door is knocked at again.
    pub(super) async fn wait(&self, name: &str, ids: &dyn IdSource, deadline: Instant) {
        let tries = self.asked.iter().filter(|asked| *asked == name).count();
        let Some(error) = self.last.as_ref().filter(|_| tries > 0) else { return };
        let most_ms = (BACKOFF_MS << tries.min(8)).min(BACKOFF_MS_MAX);
        let wait = error.retry_after.unwrap_or_else(|| Duration::from_millis(u64::from(ids.below(most_ms))));
        tokio::time::sleep_until((Instant::now() + wait).min(deadline)).await;
    }
}
