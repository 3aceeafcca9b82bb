//! A text model that answers what a test told it to.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use serde_json::Value;

use super::{JsonReply, JsonTask, Repair, TextModel};
use crate::providers::{CallContext, FailureClass, ProviderError, Usage};

/// Answers from a list, in order, and remembers what it was asked.
///
/// An exhausted list is a transient failure, so that a test that asks more often than it planned
/// fails instead of repeating an old answer.
#[derive(Debug, Default)]
pub struct ScriptedTextModel {
    answers: Mutex<VecDeque<Result<Value, FailureClass>>>,
    asked: Mutex<Vec<JsonTask>>,
}

impl ScriptedTextModel {
    /// Prepares the answers.
    pub fn new(answers: impl IntoIterator<Item = Result<Value, FailureClass>>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() }
    }

    /// Every question so far, oldest first.
    pub fn asked(&self) -> Vec<JsonTask> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl TextModel for ScriptedTextModel {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn sees(&self) -> bool {
        true
    }

    async fn answer(
        &self,
        task: &JsonTask,
        _repair: Option<&Repair>,
        _call: &CallContext,
    ) -> Result<JsonReply, ProviderError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(task.clone());
        let next = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match next.unwrap_or(Err(FailureClass::Transient)) {
            Ok(value) => Ok(JsonReply { value, usage: Usage::default(), request_id: None }),
            Err(class) => Err(ProviderError::new(class, "scripted")),
        }
    }
}
