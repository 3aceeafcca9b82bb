//! Faults that tests plant into running jobs: at the n-th moment at which a job waits for something,
//! whatever that is. Not there in release builds.
//!
//! A job is one future, and every await of it that really waits shows as one `Pending` of that future.
//! So one place, around the whole job, reaches all of them: reads, statements, commits, files, models,
//! decoding. The thing waited for has begun and its outcome is unknown, as in a real failure.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use sea_orm::DbErr;
use tokio::sync::Notify;

use super::{EngineError, worker::Failed};
use crate::domain::FailureCode;

/// What happens at an await.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails in a way that is worth another try.
    Error,
    /// It fails because the database is gone.
    DatabaseError,
    /// It panics.
    Panic,
    /// The process ends: nothing comes after it, and what is not committed never was.
    Abort,
    /// It takes until [`Faults::release`].
    Delay,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Error, Self::DatabaseError, Self::Panic, Self::Abort, Self::Delay];
}

/// The faults of one engine; none until one is armed.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Mutex<Plan>,
    struck: Notify,
}

#[derive(Debug, Default)]
struct Plan {
    armed: Option<(usize, Fault)>,
    awaits: usize,
    has_struck: bool,
    delayed: Option<Waker>,
    is_released: bool,
}

impl Faults {
    /// Plants one fault at the n-th await from now on; of whichever job.
    pub fn arm(&self, at: usize, fault: Fault) {
        *self.plan() = Plan { armed: Some((at, fault)), ..Plan::default() };
    }

    /// How often jobs have waited since the last [`Faults::arm`].
    pub fn awaits(&self) -> usize {
        self.plan().awaits
    }

    /// Returns when the fault happens.
    pub async fn struck(&self) {
        // A note of an earlier fault that nobody waited for may still lie there.
        while !self.plan().has_struck {
            self.struck.notified().await;
        }
    }

    /// Lets a delayed await go on.
    pub fn release(&self) {
        let mut plan = self.plan();
        plan.is_released = true;
        if let Some(waker) = plan.delayed.take() {
            waker.wake();
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one await; the fault that happens at it, if it is one that can.
    fn at_await(&self, can: impl Fn(Fault) -> bool) -> Option<Fault> {
        let mut plan = self.plan();
        plan.awaits += 1;
        let (at, fault) = plan.armed?;
        if plan.awaits < at || !can(fault) {
            return None;
        }
        plan.armed = None;
        plan.has_struck = true;
        self.struck.notify_one();
        Some(fault)
    }
}

/// What ends with an error can be made to; what always ends well cannot.
pub(super) trait Fails: Sized {
    /// This error as an outcome.
    fn failed(fault: Fault) -> Option<Self>;
}

impl Fails for Result<(), Failed> {
    fn failed(fault: Fault) -> Option<Self> {
        match fault {
            Fault::Error => Some(Err(Failed::Retryable(FailureCode::Internal))),
            Fault::DatabaseError => {
                Some(Err(Failed::Engine(EngineError::Database(DbErr::Custom("planted".to_owned())))))
            }
            Fault::Panic | Fault::Abort | Fault::Delay => None,
        }
    }
}

impl Fails for () {
    fn failed(_: Fault) -> Option<Self> {
        None
    }
}

/// A future with the faults around it.
pub(super) struct Faulty<'a, T> {
    faults: Arc<Faults>,
    /// Gone after an abort.
    inner: Option<Pin<Box<dyn Future<Output = T> + Send + 'a>>>,
    is_delayed: bool,
}

impl<'a, T> Faulty<'a, T> {
    pub(super) fn new(faults: &Arc<Faults>, inner: impl Future<Output = T> + Send + 'a) -> Self {
        Self { faults: Arc::clone(faults), inner: Some(Box::pin(inner)), is_delayed: false }
    }
}

impl<T: Fails> Future for Faulty<'_, T> {
    type Output = T;

    #[expect(clippy::panic, reason = "a panic is one of the faults")]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        if self.is_delayed {
            let mut plan = self.faults.plan();
            if !plan.is_released {
                plan.delayed = Some(context.waker().clone());
                return Poll::Pending;
            }
            drop(plan);
            self.is_delayed = false;
        }
        let Some(inner) = &mut self.inner else { return Poll::Pending };
        if let Poll::Ready(ended) = inner.as_mut().poll(context) {
            return Poll::Ready(ended);
        }
        let can = |fault| matches!(fault, Fault::Panic | Fault::Abort | Fault::Delay) || T::failed(fault).is_some();
        let Some(fault) = self.faults.at_await(can) else { return Poll::Pending };
        match fault {
            Fault::Error | Fault::DatabaseError => {
                self.inner = None;
                T::failed(fault).map_or(Poll::Pending, Poll::Ready)
            }
            Fault::Panic => panic!("planted"),
            Fault::Abort => {
                self.inner = None;
                Poll::Pending
            }
            Fault::Delay => {
                self.is_delayed = true;
                self.faults.plan().delayed = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
