//! The text models of this installation in order of preference, and how one answer is got from them.

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{JsonReply, JsonTask, Repair, TextModel, TextPurpose};
use crate::{
    clock::Clock,
    ids::IdSource,
    providers::{AttemptEnd, AttemptLog, AttemptStart, Budget, CallContext, FailureClass, Gate, ProviderError},
};

/// The longest an answer may take, over all models: the posters of a set wait for it.
const DEADLINE: Duration = Duration::from_secs(120);
/// Calls for one answer at one model, the repair turn included.
const CALLS_PER_MODEL_MAX: usize = 2;

/// One text model with its limits.
pub struct Reader {
    /// Who answers.
    pub model: Arc<dyn TextModel>,
    /// What it may be asked.
    pub purposes: Vec<TextPurpose>,
    /// How much at once.
    pub gate: Gate,
    /// How long one call may take.
    pub timeout: Duration,
    /// What it may cost altogether.
    pub budget: Budget,
}

impl Reader {
    async fn check_budget(&self, log: &dyn AttemptLog, now_ms: i64) -> Result<(), ProviderError> {
        self.budget.check(self.model.name(), &TextPurpose::ALL.map(TextPurpose::code), log, now_ms).await
    }

    /// What a call counts that may have been billed and was never answered.
    fn lost(&self, task: &JsonTask, error: &ProviderError) -> Option<i64> {
        error.maybe_billed.then(|| self.model.cost_max(task)).flatten()
    }
}

/// All text models, the preferred one first; there may be none.
pub struct Readers {
    list: Vec<Reader>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list.iter().map(|reader| reader.model.name())).finish()
    }
}

impl Readers {
    /// Text models in this order.
    pub fn new(readers: Vec<Reader>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { list: readers, clock, ids }
    }

    /// The models, the preferred one first.
    pub fn list(&self) -> &[Reader] {
        &self.list
    }

    /// Whether anybody can be asked this.
    pub fn serves(&self, purpose: TextPurpose) -> bool {
        self.list.iter().any(|reader| reader.purposes.contains(&purpose))
    }

    /// Asks until `read` accepts an answer; each model gets one turn to mend what `read` found wrong.
    /// `Err` of `read` is the fault in English, for the model's eyes.
    ///
    /// # Errors
    /// The last failure; the caller goes on without.
    pub async fn ask<T>(
        &self,
        task: &JsonTask,
        log: &dyn AttemptLog,
        read: impl Fn(&JsonReply) -> Result<T, String> + Send + Sync,
    ) -> Result<T, ProviderError> {
        self.ask_until(task, Instant::now() + DEADLINE, log, read).await
    }

    /// Like [`Readers::ask`], and no call goes on past `deadline`: for questions that share what time
    /// there is.
    ///
    /// # Errors
    /// The last failure; the caller goes on without.
    pub async fn ask_until<T>(
        &self,
        task: &JsonTask,
        deadline: Instant,
        log: &dyn AttemptLog,
        read: impl Fn(&JsonReply) -> Result<T, String> + Send + Sync,
    ) -> Result<T, ProviderError> {
        let mut last = ProviderError::new(FailureClass::NotAsked, "no text model serves this");
        for reader in self.list.iter().filter(|reader| reader.purposes.contains(&task.purpose)) {
            let mut repair: Option<Repair> = None;
            for _ in 0..CALLS_PER_MODEL_MAX {
                if Instant::now() >= deadline {
                    return Err(last);
                }
                let answered = self.call(reader, task, repair.as_ref(), log, deadline).await;
                let reply = match answered {
                    Ok(reply) => reply,
                    Err(error) => {
                        tracing::warn!(model = reader.model.name(), task = task.name, %error, "no answer");
                        let again = error.class == FailureClass::Transient || error.class == FailureClass::NoResult;
                        last = error;
                        if again && repair.is_none() {
                            continue;
                        }
                        break;
                    }
                };
                match read(&reply) {
                    Ok(value) => return Ok(value),
                    Err(fault) => {
                        tracing::info!(
                            model = reader.model.name(),
                            task = task.name,
                            fault,
                            "an answer was not good enough"
                        );
                        last = ProviderError::no_result(format!("not a valid answer: {fault}"));
                        repair = Some(Repair { answer: reply.value.to_string(), fault });
                    }
                }
            }
            // What one model declines for its content is not shown to the next.
            if !last.class.fails_over() {
                break;
            }
        }
        Err(last)
    }

    async fn call(
        &self,
        reader: &Reader,
        task: &JsonTask,
        repair: Option<&Repair>,
        log: &dyn AttemptLog,
        deadline: Instant,
    ) -> Result<JsonReply, ProviderError> {
        reader.check_budget(log, self.clock.now_ms()).await?;
        let pass = reader.gate.enter(log.group(), deadline).await?;
        // Others may have spent the rest while this one waited.
        reader.check_budget(log, self.clock.now_ms()).await?;
        let mut bytes = [0; 16];
        self.ids.fill(&mut bytes);
        let timeout = reader.timeout.min(deadline.saturating_duration_since(Instant::now()));
        let call = CallContext { nonce: hex::encode(bytes), timeout };
        let start = AttemptStart {
            provider: reader.model.name().to_owned(),
            model: reader.model.model().to_owned(),
            purpose: task.purpose.code(),
            nonce: call.nonce.clone(),
            reference: None,
            is_billed: true,
        };
        let attempt = log.begin(&start).await?;
        let began = Instant::now();
        let answered = tokio::time::timeout(timeout, reader.model.answer(task, repair, &call))
            .await
            .unwrap_or_else(|_| Err(ProviderError::new(FailureClass::AmbiguousTimeout, "no answer in time")))
            .map_err(|error| error.unquoted([&*task.user, &*task.system]));
        let end = match &answered {
            Ok(reply) => AttemptEnd {
                failure: None,
                request_id: reply.request_id.clone(),
                cost_microusd: reply.usage.cost_microusd.unwrap_or(0),
                maybe_billed: true,
            },
            Err(error) => AttemptEnd {
                failure: Some(error.class),
                request_id: error.request_id.clone(),
                cost_microusd: error.cost_microusd.or_else(|| reader.lost(task, error)).unwrap_or(0),
                maybe_billed: error.maybe_billed,
            },
        };
        // The answer is here and paid for: it is not thrown away because its record fails.
        if let Err(error) = log.end(attempt, &end).await {
            tracing::error!(%error, attempt, "the end of a call is not on record");
        }
        let class = answered.as_ref().err().map_or("ok", |error| error.class.code());
        let name = reader.model.name().to_owned();
        metrics::counter!("haibao_text_calls_total", "model" => name.clone(), "outcome" => class).increment(1);
        metrics::histogram!("haibao_text_seconds", "model" => name).record(began.elapsed().as_secs_f64());
        pass.end(reader.model.name(), answered.as_ref().map(|_| ()));
        answered
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        clock::MockClock,
        ids::SeededIds,
        providers::{NoAttemptLog, text::ScriptedTextModel},
    };

    fn readers(models: Vec<ScriptedTextModel>) -> Readers {
        let readers = models
            .into_iter()
            .map(|model| Reader {
                model: Arc::new(model),
                purposes: TextPurpose::ALL.to_vec(),
                gate: Gate::new(4, 0),
                timeout: Duration::from_secs(5),
                budget: Budget::default(),
            })
            .collect();
        Readers::new(readers, Arc::new(MockClock::at_ms(0)), Arc::new(SeededIds::new(1)))
    }

    fn task() -> JsonTask {
        JsonTask {
            purpose: TextPurpose::Name,
            name: "product_name",
            system: "JSON".to_owned(),
            user: String::new(),
            images: Vec::new(),
            schema: json!({}),
            tokens_max: 10,
        }
    }

    fn positive(reply: &JsonReply) -> Result<i64, String> {
        reply.value["n"].as_i64().filter(|n| *n > 0).ok_or_else(|| "n must be positive".to_owned())
    }

    #[tokio::test]
    async fn a_model_gets_one_turn_to_mend_its_answer_and_then_the_next_model_is_asked() {
        let first = ScriptedTextModel::new([Ok(json!({"n": -1})), Ok(json!({"n": 0}))]);
        let second = ScriptedTextModel::new([Ok(json!({"n": 7}))]);
        assert_eq!(readers(vec![first, second]).ask(&task(), &NoAttemptLog, positive).await.unwrap(), 7);
        let mended = ScriptedTextModel::new([Ok(json!({"n": -1})), Ok(json!({"n": 3}))]);
        assert_eq!(readers(vec![mended]).ask(&task(), &NoAttemptLog, positive).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_refusal_of_content_is_not_carried_on() {
        let first = ScriptedTextModel::new([Err(FailureClass::ModeratedInput)]);
        let second = ScriptedTextModel::new([Ok(json!({"n": 7}))]);
        let refused = readers(vec![first, second]).ask(&task(), &NoAttemptLog, positive).await.unwrap_err();
        assert_eq!(refused.class, FailureClass::ModeratedInput);
        assert_eq!(
            readers(vec![]).ask(&task(), &NoAttemptLog, positive).await.unwrap_err().class,
            FailureClass::NotAsked
        );
    }
}
