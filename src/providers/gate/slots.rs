//! A counting lock whose waiters take turns by group, and whose count follows what a vendor bears.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// Good calls in a row after which one more may run at once.
const GOOD_CALLS_TO_GROW: usize = 20;

pub(super) struct Slots(Mutex<State>);

struct State {
    /// How many may run, by the settings.
    most: usize,
    /// How many may run now.
    limit: usize,
    running: usize,
    good_calls: usize,
    /// The group whose turn it is stands first.
    waiting: VecDeque<(String, VecDeque<oneshot::Sender<Slot>>)>,
}

/// A turn; dropping it passes it on.
pub(crate) struct Slot(Option<Arc<Slots>>);

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slot")
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = self.0.take() {
            slots.state().running -= 1;
            slots.hand_out();
        }
    }
}

impl Slots {
    pub(super) fn new(most: usize) -> Arc<Self> {
        let most = most.max(1);
        Arc::new(Self(Mutex::new(State { most, limit: most, running: 0, good_calls: 0, waiting: VecDeque::new() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn; dropping the future gives up the place.
    pub(super) async fn acquire(self: &Arc<Self>, group: &str) -> Slot {
        let turn = {
            let mut state = self.state();
            let (turn, waiter) = oneshot::channel();
            match state.waiting.iter_mut().find(|(known, _)| known == group) {
                Some((_, queue)) => queue.push_back(turn),
                None => state.waiting.push_back((group.to_owned(), VecDeque::from([turn]))),
            }
            waiter
        };
        self.hand_out();
        // The sender lives in the queue until it sends, and the queue as long as `self`.
        turn.await.unwrap_or(Slot(None))
    }

    fn hand_out(self: &Arc<Self>) {
        loop {
            let turn = {
                let mut state = self.state();
                if state.running >= state.limit {
                    return;
                }
                let Some((group, mut queue)) = state.waiting.pop_front() else { return };
                let Some(turn) = queue.pop_front() else { continue };
                if !queue.is_empty() {
                    state.waiting.push_back((group, queue));
                }
                state.running += 1;
                turn
            };
            // Sent outside the lock: a waiter that left gives its slot back by dropping it here.
            drop(turn.send(Slot(Some(Arc::clone(self)))));
        }
    }

    pub(super) fn went_well(self: &Arc<Self>) {
        {
            let mut state = self.state();
            state.good_calls += 1;
            if state.good_calls < GOOD_CALLS_TO_GROW || state.limit >= state.most {
                return;
            }
            state.good_calls = 0;
            state.limit += 1;
        }
        self.hand_out();
    }

    pub(super) fn went_too_fast(&self) {
        let mut state = self.state();
        state.good_calls = 0;
        state.limit = (state.limit / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn groups_take_turns() {
        let slots = Slots::new(1);
        let first = slots.acquire("big").await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for (number, group) in ["big", "big", "big", "small"].into_iter().enumerate() {
            let (slots, order) = (Arc::clone(&slots), Arc::clone(&order));
            tasks.spawn(async move {
                let slot = slots.acquire(group).await;
                order.lock().unwrap().push((group, number));
                drop(slot);
            });
            tokio::task::yield_now().await;
        }
        drop(first);
        tasks.join_all().await;
        assert_eq!(*order.lock().unwrap(), [("big", 0), ("small", 3), ("big", 1), ("big", 2)]);
    }

    #[tokio::test]
    async fn a_waiter_that_leaves_costs_no_slot_and_the_count_follows_the_vendor() {
        let slots = Slots::new(4);
        slots.went_too_fast();
        let (one, two) = (slots.acquire("a").await, slots.acquire("a").await);
        let gone = tokio::time::timeout(std::time::Duration::from_millis(5), slots.acquire("a")).await;
        assert!(gone.is_err(), "two of four are left after a 429");
        drop((one, two));
        assert_eq!(slots.state().running, 0);
        for _ in 0..GOOD_CALLS_TO_GROW {
            slots.went_well();
        }
        assert_eq!(slots.state().limit, 3);
    }
}
