//! Writes of one kind that wait at the same time share one transaction.
//!
//! The posters of a set say the same things at the same moments: each takes a job, starts, reaches a
//! stage, begins a call. SQLite has one writer, and one by one the last of them waits for all others.
//! Here whoever comes while a write is under way waits for the next one, which then is for all of them
//! (group commit); whoever comes alone waits for nobody.
//!
//! What settles money does not come here: it has a transaction of its own.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

#[cfg(debug_assertions)]
use super::faults::{Faults, Faulty};

/// Writes in one transaction: enough for every worker, few enough not to keep others waiting.
const AT_ONCE: usize = 64;

type Write<W, A> = dyn Fn(Vec<W>) -> BoxFuture<'static, Vec<A>> + Send + Sync;
type Shared<W, A> = Arc<Mutex<Queue<W, A>>>;

/// Gathers what `W` wants written and hands out the answers `A`.
pub(super) struct Together<W, A> {
    queue: Shared<W, A>,
    write: Arc<Write<W, A>>,
    writers: Writers,
}

/// Who writes: tasks that the end of the process waits for.
#[derive(Clone, Default)]
pub(super) struct Writers {
    tasks: TaskTracker,
    #[cfg(debug_assertions)]
    pub(super) faults: Arc<Faults>,
}

impl Writers {
    fn begin(&self, round: impl Future<Output = ()> + Send + 'static) {
        #[cfg(debug_assertions)]
        let round = Faulty::new(&self.faults, round);
        self.tasks.spawn(round);
    }

    /// Returns when nothing is being written.
    pub(super) async fn done(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

struct Queue<W, A> {
    waiting: Vec<(W, oneshot::Sender<A>)>,
    is_writing: bool,
}

impl<W: Send + 'static, A: Send + 'static> Together<W, A> {
    /// Writes with this: one answer for each wish, in their order.
    pub(super) fn new(
        writers: &Writers,
        write: impl Fn(Vec<W>) -> BoxFuture<'static, Vec<A>> + Send + Sync + 'static,
    ) -> Self {
        let queue = Queue { waiting: Vec::new(), is_writing: false };
        Self { queue: Arc::new(Mutex::new(queue)), write: Arc::new(write), writers: writers.clone() }
    }

    /// Asks for one write and waits for its answer. `None` means that the write was cut off and its
    /// outcome is unknown, as when a connection breaks. Whoever stops waiting does not stop the write,
    /// because others may wait for it too.
    pub(super) async fn ask(&self, wish: W) -> Option<A> {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut queue = lock(&self.queue);
            queue.waiting.push((wish, answer));
            !mem::replace(&mut queue.is_writing, true)
        };
        if is_first {
            let round = Round { queue: Arc::clone(&self.queue), write: Arc::clone(&self.write), is_over: false };
            self.writers.begin(round.run());
        }
        answered.await.ok()
    }
}

/// The error of one whose shared write was cut off.
pub(super) fn cut_off() -> DbErr {
    DbErr::Custom("a shared write was cut off".to_owned())
}

/// The writing for all who wait, until nobody does.
struct Round<W, A> {
    queue: Shared<W, A>,
    write: Arc<Write<W, A>>,
    is_over: bool,
}

impl<W, A> Round<W, A> {
    async fn run(mut self) {
        while let Some((wishes, askers)) = self.next() {
            for (answer, asker) in (self.write)(wishes).await.into_iter().zip(askers) {
                // Whoever is gone needs no answer.
                let _ = asker.send(answer);
            }
        }
    }

    fn next(&mut self) -> Option<(Vec<W>, Vec<oneshot::Sender<A>>)> {
        let mut queue = lock(&self.queue);
        if queue.waiting.is_empty() {
            queue.is_writing = false;
            self.is_over = true;
            return None;
        }
        let many = queue.waiting.len().min(AT_ONCE);
        Some(queue.waiting.drain(..many).unzip())
    }
}

impl<W, A> Drop for Round<W, A> {
    /// A round that a panic or the end of its runtime cut off leaves nobody waiting for ever.
    fn drop(&mut self) {
        if !self.is_over {
            let mut queue = lock(&self.queue);
            queue.is_writing = false;
            queue.waiting.clear();
        }
    }
}

fn lock<W, A>(queue: &Shared<W, A>) -> MutexGuard<'_, Queue<W, A>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use futures_util::{
        FutureExt as _,
        future::{join, join_all},
    };
    use tokio::{sync::Semaphore, task::yield_now};

    use super::*;

    /// Answers ten times the wish, once it is let; a wish of zero breaks it.
    fn tenfold(rounds: &Arc<AtomicUsize>, gate: &Arc<Semaphore>) -> Together<u32, u32> {
        let (rounds, gate) = (Arc::clone(rounds), Arc::clone(gate));
        Together::new(&Writers::default(), move |wishes: Vec<u32>| {
            let (rounds, gate) = (Arc::clone(&rounds), Arc::clone(&gate));
            async move {
                rounds.fetch_add(1, SeqCst);
                gate.acquire().await.unwrap().forget();
                assert!(!wishes.contains(&0), "broken on purpose");
                wishes.into_iter().map(|wish| wish * 10).collect()
            }
            .boxed()
        })
    }

    #[tokio::test]
    async fn who_comes_during_a_write_shares_the_next_one() {
        let (rounds, gate) = (Arc::default(), Arc::new(Semaphore::new(0)));
        let together = tenfold(&rounds, &gate);
        let others = async {
            while rounds.load(SeqCst) == 0 {
                yield_now().await;
            }
            join(join_all((2..=9).map(|wish| together.ask(wish))), async { gate.add_permits(2) }).await.0
        };
        let (first, others) = join(together.ask(1), others).await;
        assert_eq!(first, Some(10));
        assert_eq!(others, (2..=9).map(|wish| Some(wish * 10)).collect::<Vec<_>>());
        assert_eq!(rounds.load(SeqCst), 2, "one write for the first, one for the eight");
        together.writers.done().await;
    }

    #[tokio::test]
    async fn whoever_stops_waiting_stops_nobody_else() {
        let gate = Arc::new(Semaphore::new(0));
        let together = tenfold(&Arc::default(), &gate);
        assert_eq!(together.ask(1).now_or_never(), None, "it is waited for no longer");
        let (second, ()) = join(together.ask(2), async { gate.add_permits(2) }).await;
        assert_eq!(second, Some(20));
    }

    #[tokio::test]
    async fn a_write_that_breaks_answers_nobody_and_the_next_one_goes_on() {
        let together = tenfold(&Arc::default(), &Arc::new(Semaphore::new(9)));
        assert_eq!(together.ask(0).await, None);
        assert_eq!(together.ask(2).await, Some(20));
    }
}
