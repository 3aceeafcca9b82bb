//! The painters of this installation in order of preference, and how one picture is got from them.
//!
//! What is followed here, from dear experience of others: the vendor's delay is honoured; a failure
//! that may pass is tried once more at the same door and then at the next; a refusal of content is not
//! carried from door to door; and a call whose fate is unknown is never repeated at the door it was
//! made at, because it may have been billed. Every billed call has a row before it is made, so a
//! process that dies in between leaves a trace that the next one follows up instead of paying twice.

mod follow;
mod turn;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{ImageOrder, ImageProvider, ImageRequest, Nudge, PaintError, Painted, Purpose, Rendered, Started};
use crate::{
    clock::Clock,
    domain::FailureCode,
    ids::IdSource,
    providers::{
        AttemptEnd, AttemptLog, AttemptStart, CallContext, FailureClass, ProviderError,
        budget::Budget,
        gate::{Gate, Pass},
    },
};
use follow::Followed;
use turn::Turn;

/// Calls for one picture, over all providers.
const ATTEMPTS_MAX: usize = 3;
/// Calls for one picture at one provider.
const ATTEMPTS_PER_PROVIDER_MAX: usize = 2;
/// The longest one picture may take, over all providers.
const DEADLINE: Duration = Duration::from_secs(480);
/// A call that would have less time is not begun: it could only be paid for.
const CALL_TIME_MIN: Duration = Duration::from_secs(10);
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
    fn report(&self, pass: Pass<'_>, ended: Result<(), &ProviderError>) {
        if self.is_billed() {
            pass.end(self.provider.name(), ended);
        }
    }

    async fn check_budget(&self, log: &dyn AttemptLog, now_ms: i64) -> Result<(), ProviderError> {
        self.budget.check(self.provider.name(), &Purpose::ALL.map(Purpose::code), log, now_ms).await
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
    /// What one picture may cost, tries included; 0 is no limit.
    cost_max_microusd: i64,
    is_stopping: AtomicBool,
}

impl fmt::Debug for Painters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list.iter().map(|painter| painter.provider.name())).finish()
    }
}

impl Painters {
    /// Painters in this order.
    pub fn new(painters: Vec<Painter>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { list: painters, clock, ids, cost_max_microusd: 0, is_stopping: AtomicBool::new(false) }
    }

    /// The painters, the preferred one first.
    pub fn list(&self) -> &[Painter] {
        &self.list
    }

    /// The same, and no second or third try brings what one picture costs beyond this many millionths of a US
    /// dollar; 0 is no limit. The first try is always made.
    #[must_use]
    pub fn with_cost_max(self, cost_max_microusd: i64) -> Self {
        Self { cost_max_microusd, ..self }
    }

    /// While this is set no vendor is asked for anything new: an order that comes so far waits until it is
    /// dropped, so that nothing is on record which the next process would have to take for paid. What was
    /// asked for before is still waited for.
    pub fn set_stopping(&self, is_stopping: bool) {
        self.is_stopping.store(is_stopping, Ordering::Relaxed);
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
            match self.follow(&open, order, log, deadline).await {
                Followed::Done(painted) => return Ok(painted),
                Followed::Ended(error) => turn.failed(&open.provider, error),
                Followed::NeverBegan => {}
            }
        }
        loop {
            if self.cost_max_microusd > 0 && !turn.asked.is_empty() {
                let spent = log.spent().await.map_err(retryable)?;
                turn.left_microusd = Some(self.cost_max_microusd.saturating_sub(spent));
            }
            let Some(painter) = self.next(order, &turn) else {
                if let Some(opens) = self.next_opening(order, &turn)
                    && turn.wait_open(opens, deadline).await
                {
                    continue;
                }
                let error = turn.last.unwrap_or_else(|| {
                    ProviderError::misconfigured(format!("no image provider serves {}", order.purpose().code()))
                });
                let is_retryable = !turn.is_billed && error.class.repeats();
                return Err(PaintError { error, is_retryable });
            };
            let nudge = turn.last.as_ref().map_or(Nudge::None, Nudge::after);
            turn.wait(painter.provider.name(), &*self.ids, deadline).await;
            match self.attempt(painter, order, nudge, log, deadline).await {
                Ok(painted) => {
                    if !turn.left_at.is_empty() {
                        self.give_up_rest(log).await;
                    }
                    return Ok(painted);
                }
                Err(error) => {
                    tracing::warn!(provider = painter.provider.name(), class = error.class.code(), %error, "no picture");
                    turn.is_billed |= painter.is_billed() && was_sent(&error);
                    turn.failed(painter.provider.name(), error);
                }
            }
            if Instant::now() >= deadline {
                let error = turn.last.unwrap_or_else(|| ProviderError::new(FailureClass::AmbiguousTimeout, "too late"));
                return Err(PaintError { error, is_retryable: false });
            }
        }
    }

    fn named(&self, name: &str) -> Option<&Painter> {
        self.list.iter().find(|painter| painter.provider.name() == name)
    }

    /// Who is asked next: the pinned one first, then the order of preference; nobody who may not be
    /// asked again.
    fn next(&self, order: &dyn ImageOrder, turn: &Turn) -> Option<&Painter> {
        let may = |painter: &&Painter| turn.may_ask(painter.provider.name());
        let pinned = order.pinned().and_then(|name| self.named(name));
        let pinned = pinned.filter(|painter| has_tries(painter, order, turn)).filter(may);
        pinned.or_else(|| self.list.iter().filter(|painter| has_tries(painter, order, turn)).find(may))
    }

    /// When the first of the doors opens that are shut now and could be knocked at.
    fn next_opening(&self, order: &dyn ImageOrder, turn: &Turn) -> Option<Instant> {
        let open_to_us = self.list.iter().filter(|painter| has_tries(painter, order, turn));
        open_to_us.filter_map(|painter| turn.opens(painter.provider.name())).min()
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
        painter.check_budget(log, self.clock.now_ms()).await?;
        let pass = painter.gate.enter(order.group(), deadline).await?;
        // Others may have spent the rest while this one waited.
        painter.check_budget(log, self.clock.now_ms()).await?;
        let left = deadline.saturating_duration_since(Instant::now());
        if painter.is_billed() && self.is_stopping.load(Ordering::Relaxed) {
            drop(pass);
            return std::future::pending().await;
        }
        if left < CALL_TIME_MIN {
            return Err(ProviderError::new(FailureClass::NotAsked, "too little time is left for a call"));
        }
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
        let call = CallContext { nonce, timeout: painter.timeout.min(left) };
        let began = Instant::now();
        let started = tokio::time::timeout(call.timeout, provider.start(&request, &call))
            .await
            .unwrap_or_else(|_| Err(ProviderError::new(FailureClass::AmbiguousTimeout, "no answer in time")));
        let rendered = match started {
            Ok(Started::Done(rendered)) => Ok(rendered),
            Ok(Started::Accepted(reference)) => {
                // Without the record a crash would lose the work; this process does not.
                if let Err(error) = log.accepted(attempt, &reference).await {
                    tracing::error!(%error, attempt, reference, "work that a vendor accepted is not on record");
                }
                let until = deadline.min(began + painter.timeout);
                match self.poll(painter, &reference, &call, until).await {
                    // Left open on purpose: the picture may still come, and is then given for nothing.
                    Err(error) if error.class == FailureClass::AmbiguousTimeout => {
                        let error = error.unquoted([&*request.prompt]);
                        painter.report(pass, Err(&error));
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
                end(log, attempt, painter, &error).await;
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
        painter.report(pass, ended.as_ref().map(|_| ()));
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
        // The picture is here and paid for: a record that fails now must not cost the seller a second one.
        record_end(log, attempt, &ended).await;
        let (provider, model) = (painter.provider.name().to_owned(), painter.provider.model().to_owned());
        judged.map(|pixels| Painted { pixels, provider, model, request_id })
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

/// Whether an order may ask this painter once more. What is free is tried again by the queue, which
/// remembers how often.
fn has_tries(painter: &Painter, order: &dyn ImageOrder, turn: &Turn) -> bool {
    let name = painter.provider.name();
    let asked = turn.asked.iter().filter(|asked| *asked == name).count();
    let most = if painter.is_billed() { ATTEMPTS_PER_PROVIDER_MAX } else { 1 };
    let is_paid_for = turn.left_microusd.is_none_or(|left| !painter.is_billed() || painter.price_microusd <= left);
    painter.serves(order.purpose()) && asked < most && turn.asked.len() < ATTEMPTS_MAX && is_paid_for
}

/// Whether a vendor has heard of the call: not where a door was shut or our own record failed before.
fn was_sent(error: &ProviderError) -> bool {
    error.class != FailureClass::NotAsked && error.told != Some(FailureCode::Internal)
}

async fn end(log: &dyn AttemptLog, attempt: i64, painter: &Painter, error: &ProviderError) {
    let maybe_billed = error.maybe_billed && painter.is_billed();
    let end = AttemptEnd {
        failure: Some(error.class),
        request_id: error.request_id.clone(),
        // A call that may have been billed counts against the budget: better to stop early.
        cost_microusd: if maybe_billed { painter.price_microusd } else { 0 },
        maybe_billed,
    };
    record_end(log, attempt, &end).await;
}

/// Writes the end down. Where that fails the call stays open on record, and the next process that comes
/// across it follows it up.
async fn record_end(log: &dyn AttemptLog, attempt: i64, end: &AttemptEnd) {
    if let Err(error) = log.end(attempt, end).await {
        tracing::error!(%error, attempt, "the end of a call is not on record");
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
