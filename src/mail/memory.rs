//! Mail kept in memory, for tests.

use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;

use super::{Mail, MailError, Mailer};

/// Keeps every mail, or fails as told.
#[derive(Debug, Default)]
pub struct MemoryMailer {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sent: Vec<Mail>,
    failure: Option<MailError>,
}

impl MemoryMailer {
    /// Every mail so far, oldest first; they are forgotten here.
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.state().sent)
    }

    /// From now on every mail fails like this (`None`: succeeds again).
    pub fn fail_with(&self, failure: Option<MailError>) {
        self.state().failure = failure;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds this lock")
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let mut state = self.state();
        if let Some(failure) = state.failure {
            return Err(failure);
        }
        state.sent.push(mail.clone());
        Ok(())
    }
}
