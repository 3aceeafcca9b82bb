//! A text model that answers what a test told it to.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;

use super::{ReportRequest, TextError, TextModel};
use crate::domain::report::ProductReport;

/// Answers from a list, in order, and remembers what it was asked.
///
/// An exhausted list answers [`TextError::Unavailable`], so that a test that asks more often than
/// it planned fails instead of repeating an old answer.
#[derive(Debug, Default)]
pub struct ScriptedTextModel {
    answers: Mutex<VecDeque<Result<ProductReport, TextError>>>,
    asked: Mutex<Vec<ReportRequest>>,
}

impl ScriptedTextModel {
    /// Prepares the answers.
    pub fn new(answers: impl IntoIterator<Item = Result<ProductReport, TextError>>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() }
    }

    /// Every request so far, oldest first.
    pub fn asked(&self) -> Vec<ReportRequest> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl TextModel for ScriptedTextModel {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn report(&self, request: ReportRequest) -> Result<ProductReport, TextError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        self.answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
            .unwrap_or_else(|| Err(TextError::Unavailable("the script has ended".to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_in_order_then_fails() {
        let model = ScriptedTextModel::new([Err(TextError::TimedOut), Err(TextError::Refused("no".to_owned()))]);
        let first = model.report(ReportRequest::from_description("杯子")).await.unwrap_err();
        assert!(first.is_retryable());
        let second = model.product_name(ReportRequest::from_description("杯子")).await.unwrap_err();
        assert!(!second.is_retryable());
        assert!(matches!(model.report(ReportRequest::from_description("杯子")).await, Err(TextError::Unavailable(_))));
        assert_eq!(model.asked().len(), 3);
    }
}
