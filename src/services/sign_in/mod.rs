//! Sign-in: codes by e-mail, tokens, sessions and partners' keys.

mod api_keys;
mod codes;
mod hs256;
mod sessions;
#[cfg(test)]
mod tests;
mod tokens;

use std::{net::IpAddr, sync::Arc, time::Duration};

use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

#[cfg(feature = "redis")]
pub use self::codes::RedisCodeStore;
use self::{api_keys::KeyCache, sessions::SessionCache};
pub use self::{
    api_keys::{CreateApiKey, CreateApiKeyOutcome, RevokeApiKeyOutcome},
    codes::{CodePolicy, CodeStore, CodesUnavailable, Issuance, IssuedCode, MemoryCodeStore, Redemption},
    sessions::{AccessToken, Client, CodeRejection, SignInOutcome},
    tokens::{Claims, TokenError, TokenKeys, init_crypto},
};
use super::{Context, FieldRefusal, ServiceError};
use crate::{
    config::Settings,
    domain::{Locale, validation},
    mail::{Mail, MailError, Mailer, code_mail},
};

/// How long the answer to `sendLoginCode` waits for the mail to be handed over. A mailer that fails
/// faster is reported; a slower one goes on in the background, so no mail server can hold up a request.
const MAIL_WAIT: Duration = Duration::from_secs(1);

/// Before the answer: how soon a server that said "not now" is asked once more.
const SECOND_TRY: Duration = Duration::from_millis(250);

/// After the answer: the pauses before further tries, within the code's life.
const LATER_TRIES: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8), Duration::from_secs(16)];

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
    ///
    /// # Errors
    /// `Unavailable` when the store of codes is away: a code that is not counted is not sent.
    pub async fn send_code(
        &self,
        email: &str,
        address: Option<IpAddr>,
        locale: Locale,
    ) -> Result<SendCodeOutcome, ServiceError> {
        let email = match validation::email(email) {
            Ok(email) => email,
            Err(refusal) => return Ok(SendCodeOutcome::Invalid(vec![FieldRefusal::new("email", refusal)])),
        };
        let issued = match self.codes.issue(&email, address).await? {
            Issuance::Issued(issued) => issued,
            Issuance::TooMany { retry_after_ms } => return Ok(SendCodeOutcome::TooOften { retry_after_ms }),
        };
        let mail = code_mail(&email, &issued.code, self.policy.code_lifetime_seconds, locale);
        let (answer, mut answered) = oneshot::channel();
        let handing_over = HandingOver {
            sign_in: self.clone(),
            mail,
            challenge_id: issued.challenge_id.clone(),
            expires_at_ms: issued.expires_at_ms,
        };
        self.tasks.spawn(handing_over.run(answer));
        let told = match tokio::time::timeout(MAIL_WAIT, &mut answered).await {
            Ok(told) => told.ok(),
            Err(_elapsed) => {
                // From here on the task knows that nobody waits; what it said just before still counts.
                answered.close();
                answered.try_recv().map_or(Some(Ok(())), Some)
            }
        };
        Ok(match told {
            Some(Ok(())) => SendCodeOutcome::Sent {
                challenge_id: issued.challenge_id,
                expires_at_ms: issued.expires_at_ms,
                resend_at_ms: issued.resend_at_ms,
            },
            Some(Err(_)) | None => SendCodeOutcome::MailUnavailable,
        })
    }
}

/// One mail on its way out, beside the request that asked for it.
struct HandingOver {
    sign_in: SignIn,
    mail: Mail,
    challenge_id: String,
    expires_at_ms: i64,
}

impl HandingOver {
    /// Hands the mail over and tells how that went while somebody waits; later a server that only
    /// refuses for now is tried again, as long as the code in the mail is worth something.
    async fn run(self, answer: oneshot::Sender<Result<(), MailError>>) {
        let mailer = &self.sign_in.mailer;
        let mut sent = mailer.send(&self.mail).await;
        if sent == Err(MailError::RefusedForNow) && !answer.is_closed() {
            tokio::time::sleep(SECOND_TRY).await;
            sent = mailer.send(&self.mail).await;
        }
        if answer.send(sent).is_err() {
            for pause in LATER_TRIES {
                let clock = &self.sign_in.context.clock;
                let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
                let is_worth_it = clock.now_ms().saturating_add(pause_ms) < self.expires_at_ms;
                if !is_worth_it || !sent.is_err_and(MailError::is_retryable) {
                    break;
                }
                tokio::time::sleep(pause).await;
                sent = mailer.send(&self.mail).await;
            }
        }
        if let Err(failure) = sent {
            tracing::warn!(mail.failure = ?failure, "sign-in code was not sent");
            metrics::counter!("haibao_mail_failures_total").increment(1);
            // A store that is away has said so in the log; the code dies of old age then.
            let _ = self.sign_in.codes.retract(&self.mail.to, &self.challenge_id).await;
        }
    }
}
