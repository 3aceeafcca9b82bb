//! Mail for one machine: shown in the log and dropped into a folder.

use std::{fmt, io, sync::Arc};

use async_trait::async_trait;

use super::{Mail, MailError, Mailer};
use crate::clock::Clock;

/// Puts bytes under a file name; the storage room's, because only that room writes files.
pub type MailSink = Arc<dyn Fn(&str, &[u8]) -> io::Result<()> + Send + Sync>;

/// Prints every mail and writes it to a file; production refuses it.
#[derive(Clone)]
pub struct DevelopmentMailer {
    clock: Arc<dyn Clock>,
    sink: MailSink,
}

impl DevelopmentMailer {
    /// Files are named by this clock's time and the recipient.
    pub fn new(clock: Arc<dyn Clock>, sink: MailSink) -> Self {
        Self { clock, sink }
    }
}

impl fmt::Debug for DevelopmentMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DevelopmentMailer")
    }
}

#[async_trait]
impl Mailer for DevelopmentMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        tracing::info!(mail.to = %mail.to, mail.subject = %mail.subject, "development mail, not sent: {}", mail.subject);
        // An address may hold characters that a file name must not, `/` among them.
        let recipient: String = mail
            .to
            .chars()
            .take(80)
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '-' | '_') { c } else { '_' })
            .collect();
        let name = format!("{}-{recipient}.txt", self.clock.now_ms());
        let content = format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.text);
        let sink = Arc::clone(&self.sink);
        let written = tokio::task::spawn_blocking(move || sink(&name, content.as_bytes())).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::error!(%error, "development mail could not be written to its folder");
                Err(MailError::Unreachable)
            }
            Err(error) => {
                tracing::error!(%error, "writing a development mail was interrupted");
                Err(MailError::Unreachable)
            }
        }
    }
}
