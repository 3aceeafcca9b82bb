//! Where pixels are worked on: one thread for each core, a little slower than everything else.
//!
//! Work on a picture takes a core for as long as it lasts. Among equals a woken thread waits for its turn
//! of some milliseconds, and one transaction wakes several: beside two posters in work, everything that
//! should be answered at once would take as long as a picture. So these threads step back (nice) for all
//! others. They stay, and with them the memory that pictures were laid out in.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
};

use tokio::sync::{Semaphore, oneshot};

use super::StudioError;

/// How far the threads step back, of 19: by 10 they get a tenth of a core that others want, and all of one
/// that nobody does.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

type Piece = Box<dyn FnOnce() + Send>;

/// The threads. Clones share them; they start with the first piece of work and end with the last clone.
#[derive(Clone)]
pub(super) struct Cores {
    permits: Arc<Semaphore>,
    count: usize,
    pieces: Arc<OnceLock<Mutex<Sender<Piece>>>>,
}

impl Cores {
    /// So many threads.
    pub(super) fn new(count: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(count)), count, pieces: Arc::default() }
    }

    /// Does a piece of work as soon as a thread is free, first come, first served. Work whose caller went away
    /// before it began is not done.
    ///
    /// # Errors
    /// [`StudioError::Thread`] when it panicked or no thread could be started.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, StudioError>> + Send + 'static {
        let (done, result) = oneshot::channel();
        // On the heap at once: futures that wait here for their turn stay small.
        let piece: Piece = Box::new(move || {
            // A caller that is gone needs no result.
            let _ = done.send(catch_unwind(AssertUnwindSafe(work)));
        });
        let cores = self.clone();
        async move {
            cores.hand_over(piece).await?;
            let ended = result.await.map_err(|_| lost())?;
            ended.map_err(|_panic| StudioError::Thread("the work panicked".to_owned()))
        }
    }

    async fn hand_over(&self, piece: Piece) -> Result<(), StudioError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|closed| StudioError::Thread(closed.to_string()))?;
        let permitted = Box::new(move || {
            piece();
            drop(permit);
        });
        let pieces = self.pieces.get_or_init(|| Mutex::new(started(self.count)));
        pieces.lock().unwrap_or_else(PoisonError::into_inner).send(permitted).map_err(|_| lost())
    }
}

fn lost() -> StudioError {
    StudioError::Thread("no thread took the work".to_owned())
}

/// Starts the threads; they end when nobody can send them work any more.
fn started(count: usize) -> Sender<Piece> {
    let (pieces, waiting) = mpsc::channel();
    let waiting = Arc::new(Mutex::new(waiting));
    for number in 0..count {
        let waiting = Arc::clone(&waiting);
        let thread = std::thread::Builder::new().name(format!("pixels-{number}"));
        if let Err(error) = thread.spawn(move || work_on(&waiting)) {
            tracing::error!(%error, number, "a thread for pictures could not be started");
        }
    }
    pieces
}

fn work_on(waiting: &Mutex<Receiver<Piece>>) {
    step_back();
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(piece) = next else { return };
        piece();
    }
}

/// On Linux a priority is a thread's own; elsewhere it would be the whole process's.
#[cfg(target_os = "linux")]
fn step_back() {
    use rustix::process::{getpriority_process, setpriority_process};
    let stepped_back = getpriority_process(None).and_then(|nice| setpriority_process(None, stepped_back_from(nice)));
    if let Err(error) = stepped_back {
        tracing::debug!(%error, "pictures are made with everybody's priority");
    }
}

/// From wherever the program was started at, so that whoever runs it with little priority keeps that.
#[cfg(target_os = "linux")]
fn stepped_back_from(nice: i32) -> i32 {
    (nice + NICE).min(19)
}

#[cfg(not(target_os = "linux"))]
fn step_back() {}

#[cfg(test)]
mod tests {
    use std::{pin::pin, time::Duration};

    use futures_util::{FutureExt as _, future::join_all, poll};

    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_threads_that_work_on_pixels_step_back() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        assert_eq!(Cores::new(2).run(nice).await.unwrap(), stepped_back_from(before));
        assert_eq!(nice(), before, "nobody else does");
        assert_eq!((stepped_back_from(0), stepped_back_from(15)), (10, 19));
    }

    #[tokio::test]
    async fn every_piece_of_work_is_done() {
        let cores = Cores::new(2);
        let squares = join_all((0..50_u32).map(|number| cores.run(move || number * number))).await;
        let squares: Vec<u32> = squares.into_iter().map(Result::unwrap).collect();
        assert_eq!(squares, (0..50).map(|number| number * number).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_costs_no_thread() {
        let cores = Cores::new(1);
        let broken = cores.run(|| assert!(std::hint::black_box(false), "on purpose")).await;
        assert!(matches!(broken, Err(StudioError::Thread(_))));
        assert_eq!(cores.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_is_not_begun() {
        let cores = Cores::new(1);
        let (begun, noted) = mpsc::channel();
        let (let_go, held) = mpsc::channel::<()>();
        let mut first = pin!(cores.run(move || held.recv_timeout(Duration::from_secs(60)).is_ok()));
        assert!(poll!(&mut first).is_pending(), "it has the thread");
        assert!(cores.run(move || begun.send(())).now_or_never().is_none(), "there is no other");
        let_go.send(()).unwrap();
        assert!(first.await.unwrap());
        cores.run(|| ()).await.unwrap();
        assert!(noted.try_recv().is_err());
    }
}
