//! Sign-in: codes by e-mail, tokens, sessions and partners' keys.

mod api_keys;
mod codes;
mod hs256;
mod sessions;
#[cfg(test)]
mod tests;
mod tokens;

use std::{net::IpAddr, sync::Arc, time::Duration};

use tokio_util::task::TaskTracker;

use self::{api_keys::KeyCache, sessions::SessionCache};
pub use self::{
    api_keys::{CreateApiKey, CreateApiKeyOutcome, RevokeApiKeyOutcome},
    codes::{CodePolicy, CodeStore, IssuedCode, MemoryCodeStore, Redemption, TooManyCodes},
    sessions::{AccessToken, CodeRejection, SignInOutcome},
    tokens::{Claims, TokenError, TokenKeys, init_crypto},
};
use super::{Context, FieldRefusal};
use crate::{
    config::Settings,
    domain::{Locale, validation},
    mail::{Mailer, code_mail},
};

/// How long the answer to `sendLoginCode` waits for the mail to be handed over. A mailer that fails
/// faster is reported; a slower one goes on in the background, so no mail server can hold up a request.
const MAIL_WAIT: Duration = Duration::from_secs(1);

/// What became of a request for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendCodeOutcome {
    /// A code is on its way.
    Sent {
        /// What the browser must bring back with the code.
        challenge_id: String,
        /// When the code dies, in milliseconds since the epoch.
        expires_at_ms: i64,
        /// From when on another one can be asked for, in milliseconds since the epoch.
        resend_at_ms: i64,
    },
    /// Too many codes were asked for.
    TooOften {
        /// When asking again may succeed.
        retry_after_ms: i64,
    },
    /// The mail was not taken over; the person may ask again at once.
    MailUnavailable,
    /// The address cannot be one.
    Invalid(Vec<FieldRefusal>),
}

/// How long tokens last and what a new account gets.
#[derive(Clone, Copy, Debug)]
pub struct SignInPolicy {
    /// How long a sign-in lasts.
    pub token_lifetime_ms: i64,
    /// How long a code is valid, for the mail's text.
    pub code_lifetime_seconds: u32,
    /// Credits given to a new account.
    pub welcome_credits: i64,
}

impl From<&Settings> for SignInPolicy {
    fn from(settings: &Settings) -> Self {
        Self {
            token_lifetime_ms: i64::from(settings.sign_in.token_lifetime_days) * 86_400_000,
            code_lifetime_seconds: settings.sign_in.code_lifetime_seconds,
            welcome_credits: settings.welcome_credits(),
        }
    }
}

/// Everything about who may come in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SignIn {
    context: Context,
    mailer: Arc<dyn Mailer>,
    codes: Arc<dyn CodeStore>,
    tokens: TokenKeys,
    policy: SignInPolicy,
    tasks: TaskTracker,
    sessions: SessionCache,
    keys: KeyCache,
}

impl SignIn {
    /// Puts the service together; background work is spawned on `tasks`, so that shutdown waits for
    /// a mail that is being handed over.
    pub fn new(
        context: Context,
        mailer: Arc<dyn Mailer>,
        codes: Arc<dyn CodeStore>,
        tokens: TokenKeys,
        policy: SignInPolicy,
        tasks: TaskTracker,
    ) -> Self {
        Self {
            context,
            mailer,
            codes,
            tokens,
            policy,
            tasks,
            sessions: SessionCache::default(),
            keys: KeyCache::default(),
        }
    }

    /// Sends a code. What is answered, and how fast, does not depend on whether the address has an
    /// account: accounts are not looked at here at all.
    pub async fn send_code(&self, email: &str, address: Option<IpAddr>, locale: Locale) -> SendCodeOutcome {
        let email = match validation::email(email) {
            Ok(email) => email,
            Err(refusal) => return SendCodeOutcome::Invalid(vec![FieldRefusal::new("email", refusal)]),
        };
        let issued = match self.codes.issue(&email, address).await {
            Ok(issued) => issued,
            Err(refused) => return SendCodeOutcome::TooOften { retry_after_ms: refused.retry_after_ms },
        };
        let mail = code_mail(&email, &issued.code, self.policy.code_lifetime_seconds, locale);
        let (mailer, codes, challenge_id) =
            (Arc::clone(&self.mailer), Arc::clone(&self.codes), issued.challenge_id.clone());
        let handing_over = self.tasks.spawn(async move {
            let sent = mailer.send(&mail).await;
            if let Err(failure) = &sent {
                tracing::warn!(mail.failure = ?failure, "sign-in code was not sent");
                metrics::counter!("haibao_mail_failures_total").increment(1);
                codes.retract(&email, &challenge_id).await;
            }
            sent
        });
        match tokio::time::timeout(MAIL_WAIT, handing_over).await {
            Ok(Ok(Err(_)) | Err(_)) => SendCodeOutcome::MailUnavailable,
            Ok(Ok(Ok(()))) | Err(_) => SendCodeOutcome::Sent {
                challenge_id: issued.challenge_id,
                expires_at_ms: issued.expires_at_ms,
                resend_at_ms: issued.resend_at_ms,
            },
        }
    }
}
