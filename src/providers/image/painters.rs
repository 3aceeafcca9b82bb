//! The painters of this installation in order of preference, and how one picture is got from them.
//!
//! What is followed here, from dear experience of others: the vendor's delay is honoured; a failure
//! that may pass is tried once more at the same door and then at the next; a refusal of content is not
//! carried from door to door; and a call whose fate is unknown is never repeated at the door it was
//! made at, because it may have been billed. Every billed call has a row before it is made, so a
//! process that dies in between leaves a trace that the next one follows up instead of paying twice.

mod turn;

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    ImageOrder, ImageProvider, ImageRequest, Nudge, PaintError, Painted, Progress, Purpose, Rendered, Started,
};
use crate::{
    clock::Clock,
    ids::IdSource,
    providers::{
        AttemptEnd, AttemptLog, AttemptStart, CallContext, FailureClass, OpenAttempt, ProviderError, budget::Budget,
        gate::Gate,
    },
};
use turn::Turn;

/// Calls for one picture, over all providers.
const ATTEMPTS_MAX: usize = 3;
/// Calls for one picture at one provider.
const ATTEMPTS_PER_PROVIDER_MAX: usize = 2;
/// The longest one picture may take, over all providers.
const DEADLINE: Duration = Duration::from_secs(480);
/// How long a vendor may take to be told that nobody waits any more.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(10);

/// One provider with its limits.
pub struct Painter {
    /// Who paints.
    pub provider: Arc<dyn ImageProvider>,
    /// What it may be asked for, of what it can do.
    pub purposes: Vec<Purpose>,
    /// How much at once.
    pub gate: Gate,
    /// How long one call may take.
    pub timeout: Duration,
    /// What one picture costs where the vendor does not say, in millionths of a US dollar.
    pub price_microusd: i64,
    /// What it may cost altogether.
    pub budget: Budget,
}

impl Painter {
    /// A painter that costs nothing and may be asked by everyone at once: one of this process.
    pub fn unlimited(provider: Arc<dyn ImageProvider>) -> Self {
        Self {
            provider,
            purposes: Purpose::ALL.to_vec(),
            gate: Gate::new(1024, 0),
            timeout: DEADLINE,
            price_microusd: 0,
            budget: Budget::default(),
        }
    }

    /// What belongs to this process needs no circuit: the queue repeats it.
    fn report(&self, ended: Result<(), &ProviderError>) {
        if self.is_billed() {
            self.gate.report(ended);
        }
    }

    /// Whether it can and may be asked for this.
    pub fn serves(&self, purpose: Purpose) -> bool {
        self.purposes.contains(&purpose) && self.provider.capabilities().serves(purpose)
    }

    fn is_billed(&self) -> bool {
        self.provider.capabilities().is_billed
    }
}

/// All painters, the preferred one first.
pub struct Painters {
    list: Vec<Painter>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl fmt::Debug for Painters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list.iter().map(|painter| painter.provider.name())).finish()
    }
}

/// How an earlier process's call stands.
enum Followed {
    Done(Painted),
    /// Its end is written; the order goes on without that provider.
    Ended(ProviderError),
    /// It never began at the vendor; it may be made again.
    NeverBegan,
}

impl Painters {
    /// Painters in this order.
    pub fn new(painters: Vec<Painter>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { list: painters, clock, ids }
    }

    /// The painters, the preferred one first.
    pub fn list(&self) -> &[Painter] {
        &self.list
    }

    /// Whether some painter that a vendor may charge for serves this purpose.
    pub fn has_vendor_for(&self, purpose: Purpose) -> bool {
        self.list.iter().any(|painter| painter.is_billed() && painter.serves(purpose))
    }

    /// Gets the picture, or says why not.
    ///
    /// # Errors
    /// [`PaintError`] with the last failure.
    pub async fn paint(&self, order: &dyn ImageOrder, log: &dyn AttemptLog) -> Result<Painted, PaintError> {
        let deadline = Instant::now() + DEADLINE;
        let mut turn = Turn::new(log.asked().await.map_err(retryable)?);
        for open in log.open().await.map_err(retryable)? {
            match self
                .follow(&open, order, log, deadline)
                .await
                .map_err(|error| PaintError { error, is_retryable: true })?
            {
                Followed::Done(painted) => return Ok(painted),
                Followed::Ended(error) => turn.failed(&open.provider, error),
                Followed::NeverBegan => {}
            }
        }
        loop {
            let Some(painter) = self.next(order, &turn) else {
                let error = turn.last.unwrap_or_else(|| {
                    ProviderError::misconfigured(format!("no image provider serves {}", order.purpose().code()))
                });
                let is_retryable = !turn.is_billed && error.class.repeats();
                return Err(PaintError { error, is_retryable });
            };
            let nudge = turn.last.as_ref().map_or(Nudge::None, Nudge::after);
            turn.wait(painter.provider.name(), &*self.ids, deadline).await;
            match self.attempt(painter, order, nudge, log, deadline).await {
                Ok(painted) => return Ok(painted),
                Err(error) => {
                    tracing::warn!(provider = painter.provider.name(), class = error.class.code(), %error, "no picture");
                    turn.is_billed |= painter.is_billed() && error.class != FailureClass::NotAsked;
                    turn.failed(painter.provider.name(), error);
                }
            }
            if Instant::now() >= deadline {
                let error = turn.last.unwrap_or_else(|| ProviderError::new(FailureClass::AmbiguousTimeout, "too late"));
                return Err(PaintError { error, is_retryable: false });
            }
        }
    }

    /// Asks once how work that an earlier call began stands, for a picture that may come late.
    ///
    /// # Errors
    /// [`ProviderError`]; `None` means that it is still worked on.
    pub async fn collect(
        &self,
        open: &OpenAttempt,
        order: &dyn ImageOrder,
        log: &dyn AttemptLog,
    ) -> Result<Option<Painted>, ProviderError> {
        let (Some(painter), Some(reference)) = (self.named(&open.provider), open.reference.as_deref()) else {
            return Err(ProviderError::new(FailureClass::AmbiguousTimeout, "nothing to follow it up by"));
        };
        let call = CallContext { nonce: open.nonce.clone(), timeout: painter.timeout };
        let request = order.request(painter.provider.capabilities(), Nudge::None);
        let asked = painter.provider.resume(reference, &call).await;
        match asked.map_err(|error| error.unquoted([&*request.prompt])) {
            Ok(Progress::Working(_)) => Ok(None),
            Ok(Progress::Unknown) => {
                let error = ProviderError::new(FailureClass::Transient, "the vendor knows no such work");
                end(log, open.id, painter, Err(&error)).await?;
                Err(error)
            }
            Ok(Progress::Done(rendered)) => {
                self.accept(painter, open.id, rendered, &request, order, log).await.map(Some)
            }
            Err(error) if matches!(error.class, FailureClass::Transient | FailureClass::RateLimited) => Ok(None),
            Err(error) => {
                end(log, open.id, painter, Err(&error)).await?;
                Err(error)
            }
        }
    }

    /// Asks the vendor to stop work that nobody waits for any more; a courtesy, so nothing depends on it.
    pub async fn cancel(&self, open: &OpenAttempt) {
        let (Some(painter), Some(reference)) = (self.named(&open.provider), open.reference.as_deref()) else { return };
        let call = CallContext { nonce: open.nonce.clone(), timeout: CANCEL_TIMEOUT };
        let asked = tokio::time::timeout(CANCEL_TIMEOUT, painter.provider.cancel(reference, &call)).await;
        let is_answered = asked.is_ok();
        tracing::info!(provider = open.provider, reference, is_answered, "work that nobody waits for was cancelled");
    }

    fn named(&self, name: &str) -> Option<&Painter> {
        self.list.iter().find(|painter| painter.provider.name() == name)
    }

    /// Who is asked next: the pinned one first, then the order of preference; nobody who may not be
    /// asked again.
    fn next(&self, order: &dyn ImageOrder, turn: &Turn) -> Option<&Painter> {
        if turn.asked.len() >= ATTEMPTS_MAX {
            return None;
        }
        let may = |painter: &&Painter| {
            let name = painter.provider.name();
            let asked = turn.asked.iter().filter(|asked| *asked == name).count();
            // What is free is tried again by the queue, which remembers how often.
            let most = if painter.is_billed() { ATTEMPTS_PER_PROVIDER_MAX } else { 1 };
            painter.serves(order.purpose()) && asked < most && turn.may_ask(name)
        };
        let pinned = order.pinned().and_then(|name| self.named(name)).filter(|painter| may(painter));
        pinned.or_else(|| self.list.iter().find(may))
    }

    async fn attempt(
        &self,
        painter: &Painter,
        order: &dyn ImageOrder,
        nudge: Nudge,
        log: &dyn AttemptLog,
        deadline: Instant,
    ) -> Result<Painted, ProviderError> {
        let provider = &*painter.provider;
        painter.budget.check(provider.name(), log, self.clock.now_ms()).await?;
        let _slot = painter.gate.enter(order.group(), deadline).await?;
        let mut request = order.request(provider.capabilities(), nudge);
        provider.capabilities().fit(&mut request);
        let nonce = self.nonce();
        let start = AttemptStart {
            provider: provider.name().to_owned(),
            model: provider.model().to_owned(),
            purpose: order.purpose().code(),
            reference: provider.reference_of(&nonce),
            nonce: nonce.clone(),
            is_billed: painter.is_billed(),
        };
        let attempt = log.begin(&start).await?;
        let left = deadline.saturating_duration_since(Instant::now());
        let call = CallContext { nonce, timeout: painter.timeout.min(left) };
        let began = Instant::now();
        let started = tokio::time::timeout(call.timeout, provider.start(&request, &call))
            .await
            .unwrap_or_else(|_| Err(ProviderError::new(FailureClass::AmbiguousTimeout, "no answer in time")));
        let rendered = match started {
            Ok(Started::Done(rendered)) => Ok(rendered),
            Ok(Started::Accepted(reference)) => {
                log.accepted(attempt, &reference).await?;
                let until = deadline.min(began + painter.timeout);
                match self.poll(painter, &reference, &call, until).await {
                    // Left open on purpose: the picture may still come, and is then given for nothing.
                    Err(error) if error.class == FailureClass::AmbiguousTimeout => {
                        let error = error.unquoted([&*request.prompt]);
                        painter.report(Err(&error));
                        return Err(error);
                    }
                    ended => ended,
                }
            }
            Err(error) => Err(error),
        };
        let answered = began.elapsed();
        let ended = match rendered.map_err(|error| error.unquoted([&*request.prompt])) {
            Ok(rendered) => self.accept(painter, attempt, rendered, &request, order, log).await,
            Err(error) => {
                end(log, attempt, painter, Err(&error)).await?;
                Err(error)
            }
        };
        let class = ended.as_ref().err().map_or("ok", |error| error.class.code());
        let (answered_ms, checked_ms) =
            (answered.as_millis() as u64, began.elapsed().saturating_sub(answered).as_millis() as u64);
        tracing::debug!(provider = provider.name(), class, answered_ms, checked_ms, "a call is over");
        let name = provider.name().to_owned();
        metrics::counter!("haibao_provider_calls_total", "provider" => name.clone(), "outcome" => class).increment(1);
        metrics::histogram!("haibao_provider_seconds", "provider" => name).record(began.elapsed().as_secs_f64());
        painter.report(ended.as_ref().map(|_| ()));
        ended
    }

    /// Judges what came and writes the end down: a picture that does not pass was billed all the same.
    async fn accept(
        &self,
        painter: &Painter,
        attempt: i64,
        rendered: Rendered,
        request: &ImageRequest,
        order: &dyn ImageOrder,
        log: &dyn AttemptLog,
    ) -> Result<Painted, ProviderError> {
        let Rendered { picture, request_id, cost_microusd } = rendered;
        let judged = order.judge(picture, request).await;
        let ended = AttemptEnd {
            failure: judged.as_ref().err().map(|error| error.class),
            request_id: request_id.clone(),
            cost_microusd: cost_microusd.unwrap_or(painter.price_microusd),
            maybe_billed: painter.is_billed(),
        };
        log.end(attempt, &ended).await?;
        let (provider, model) = (painter.provider.name().to_owned(), painter.provider.model().to_owned());
        judged.map(|pixels| Painted { pixels, provider, model, request_id })
    }

    async fn poll(
        &self,
        painter: &Painter,
        reference: &str,
        call: &CallContext,
        until: Instant,
    ) -> Result<Rendered, ProviderError> {
        let late = || ProviderError::new(FailureClass::AmbiguousTimeout, "accepted, but not ready in time");
        let mut wait = Duration::from_secs(1);
        loop {
            if Instant::now() + wait >= until {
                return Err(late());
            }
            tokio::time::sleep(wait).await;
            let asked = tokio::time::timeout_at(until, painter.provider.resume(reference, call)).await;
            match asked.map_err(|_elapsed| late())? {
                Ok(Progress::Done(rendered)) => return Ok(rendered),
                Ok(Progress::Working(next)) => wait = next,
                Ok(Progress::Unknown) => {
                    return Err(ProviderError::new(FailureClass::Transient, "the vendor lost the work it accepted"));
                }
                // The enquiry failed, not the work.
                Err(error) if matches!(error.class, FailureClass::Transient | FailureClass::RateLimited) => {
                    wait = error.retry_after.unwrap_or(wait * 2).min(Duration::from_secs(15));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Follows up what an earlier process began.
    async fn follow(
        &self,
        open: &OpenAttempt,
        order: &dyn ImageOrder,
        log: &dyn AttemptLog,
        deadline: Instant,
    ) -> Result<Followed, ProviderError> {
        let cut_off = ProviderError::new(FailureClass::AmbiguousTimeout, "cut off before the answer");
        let Some(painter) = self.named(&open.provider) else {
            log.end(open.id, &AttemptEnd { failure: Some(cut_off.class), maybe_billed: true, ..AttemptEnd::default() })
                .await?;
            return Ok(Followed::Ended(cut_off));
        };
        let Some(reference) = open.reference.as_deref() else {
            end(log, open.id, painter, Err(&cut_off)).await?;
            return Ok(Followed::Ended(cut_off));
        };
        tracing::info!(provider = open.provider, reference, "follows up a picture that an earlier process asked for");
        let call = CallContext { nonce: open.nonce.clone(), timeout: painter.timeout };
        let until = deadline.min(Instant::now() + painter.timeout);
        let rendered = match painter.provider.resume(reference, &call).await {
            Ok(Progress::Done(rendered)) => Ok(rendered),
            Ok(Progress::Unknown) => {
                let never = ProviderError::new(FailureClass::Transient, "the vendor knows no such work");
                end(log, open.id, painter, Err(&never)).await?;
                return Ok(Followed::NeverBegan);
            }
            Ok(Progress::Working(_)) => self.poll(painter, reference, &call, until).await,
            Err(error) if matches!(error.class, FailureClass::Transient | FailureClass::RateLimited) => {
                self.poll(painter, reference, &call, until).await
            }
            Err(error) => Err(error),
        };
        let request = order.request(painter.provider.capabilities(), Nudge::None);
        match rendered.map_err(|error| error.unquoted([&*request.prompt])) {
            Ok(rendered) => match self.accept(painter, open.id, rendered, &request, order, log).await {
                Ok(painted) => Ok(Followed::Done(painted)),
                Err(error) => Ok(Followed::Ended(error)),
            },
            Err(error) if error.class == FailureClass::AmbiguousTimeout => Ok(Followed::Ended(error)),
            Err(error) => {
                end(log, open.id, painter, Err(&error)).await?;
                Ok(Followed::Ended(error))
            }
        }
    }

    fn nonce(&self) -> String {
        let mut bytes = [0; 16];
        self.ids.fill(&mut bytes);
        hex::encode(bytes)
    }
}

fn retryable(error: crate::providers::AttemptLogError) -> PaintError {
    PaintError { error: error.into(), is_retryable: true }
}

async fn end(
    log: &dyn AttemptLog,
    attempt: i64,
    painter: &Painter,
    ended: Result<(), &ProviderError>,
) -> Result<(), ProviderError> {
    let error = ended.err();
    let maybe_billed = error.is_some_and(|error| error.maybe_billed) && painter.is_billed();
    let end = AttemptEnd {
        failure: error.map(|error| error.class),
        request_id: error.and_then(|error| error.request_id.clone()),
        // A call that may have been billed counts against the budget: better to stop early.
        cost_microusd: if maybe_billed { painter.price_microusd } else { 0 },
        maybe_billed,
    };
    Ok(log.end(attempt, &end).await?)
}

#[cfg(test)]
mod tests;
