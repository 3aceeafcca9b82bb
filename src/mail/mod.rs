//! Mail out of the house.
//!
//! To add a way of sending mail: implement [`Mailer`], add it to the conformance tests of this room,
//! and choose it in `app.rs`.

mod development;
mod memory;
mod smtp;
mod templates;
#[cfg(test)]
mod tests;

use async_trait::async_trait;

pub use self::{
    development::{DevelopmentMailer, MailSink},
    memory::MemoryMailer,
    smtp::{SmtpMailer, SmtpUrlError},
    templates::code_mail,
};

/// One mail, as the rest of the house knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The address, already normalised by [`crate::domain::validation::email`].
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text, for programs that show no pages.
    pub text: String,
    /// The same as a page of HTML without anything from elsewhere.
    pub html: String,
}

/// Why a mail was not taken over; what the server said stays in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The server did not answer in time.
    #[error("the mail server did not answer in time")]
    Timeout,
    /// The server could not be reached, or the connection is not safe enough.
    #[error("the mail server cannot be reached")]
    Unreachable,
    /// The server asked to try later (a reply of 4xx).
    #[error("the mail server refuses for now")]
    RefusedForNow,
    /// The server will not take this mail (a reply of 5xx, or an address it cannot hold).
    #[error("the mail server refuses this mail")]
    Refused,
}

impl MailError {
    /// Whether the same mail may be taken over a little later.
    pub const fn is_retryable(self) -> bool {
        !matches!(self, Self::Refused)
    }
}

/// A way to send mail.
#[async_trait]
pub trait Mailer: Send + Sync + std::fmt::Debug + 'static {
    /// Hands the mail over; `Ok` means that somebody else is now responsible for it.
    ///
    /// Answers within the configured time limit, whatever the other side does.
    ///
    /// # Errors
    /// See [`MailError`].
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
