//! Sign-in codes: six digits that live for a minute.
//!
//! A code is bound to the browser that asked for it by a challenge id, so a guess from elsewhere is
//! not even a try. Codes are kept only as HMACs, in memory or in Redis, and forgetting them is
//! harmless: a person asks for another one. The limits count here too, by address and not by account,
//! so that the answer is the same whether or not somebody has an account.
//!
//! Both stores keep to the same rules, which `tests/it/codes.rs` holds them to.

mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::net::IpAddr;

use async_trait::async_trait;
use ring::hmac;

pub use self::memory::MemoryCodeStore;
#[cfg(feature = "redis")]
pub use self::redis::RedisCodeStore;
use crate::{ids::IdSource, services::ServiceError};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How long codes live and how many may be sent; 0 switches a limit off.
#[derive(Clone, Copy, Debug)]
pub struct CodePolicy {
    /// How long a code is valid.
    pub lifetime_ms: i64,
    /// The pause between two codes to one address.
    pub resend_after_ms: i64,
    /// Wrong tries after which a code is dead.
    pub attempts_max: u32,
    /// Codes to one address in 24 hours.
    pub sends_per_email_per_day: usize,
    /// Codes to one address in an hour.
    pub sends_per_email_per_hour: usize,
    /// Codes asked for by one network address in an hour.
    pub sends_per_ip_per_hour: usize,
    /// Codes to everybody in an hour.
    pub sends_per_hour: usize,
    /// Addresses that this process's memory remembers at the same time.
    pub codes_max: usize,
}

impl From<&crate::config::SignInSettings> for CodePolicy {
    fn from(settings: &crate::config::SignInSettings) -> Self {
        Self {
            lifetime_ms: i64::from(settings.code_lifetime_seconds) * 1000,
            resend_after_ms: i64::from(settings.resend_after_seconds) * 1000,
            attempts_max: settings.attempts_max,
            sends_per_email_per_day: settings.sends_per_email_per_day as usize,
            sends_per_email_per_hour: settings.sends_per_email_per_hour as usize,
            sends_per_ip_per_hour: settings.sends_per_ip_per_hour as usize,
            sends_per_hour: settings.sends_per_hour as usize,
            codes_max: settings.codes_max,
        }
    }
}

/// A code that is about to be sent. The digits exist here and in the mail, nowhere else.
#[derive(Clone)]
pub struct IssuedCode {
    /// Six digits.
    pub code: String,
    /// What the browser must bring back with the code.
    pub challenge_id: String,
    /// When the code dies.
    pub expires_at_ms: i64,
    /// From when on another one can be asked for.
    pub resend_at_ms: i64,
}

impl IssuedCode {
    fn draw(policy: &CodePolicy, ids: &dyn IdSource, now_ms: i64) -> Self {
        Self {
            code: format!("{:06}", ids.below(1_000_000)),
            challenge_id: ids.token(),
            expires_at_ms: now_ms + policy.lifetime_ms,
            resend_at_ms: now_ms + policy.resend_after_ms,
        }
    }
}

/// What became of the wish for a code.
#[derive(Clone)]
pub enum Issuance {
    /// Here it is; every older code of the address is dead.
    Issued(IssuedCode),
    /// No code was made: too many were.
    TooMany {
        /// When asking again may succeed.
        retry_after_ms: i64,
    },
}

/// What a try to redeem a code came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redemption {
    /// The code was right, and is used up now.
    Accepted,
    /// The code was wrong; so many tries are left.
    Wrong {
        /// Tries left.
        attempts_left: u32,
    },
    /// No such code, or not any more: too old, used, replaced by a newer one, or asked for elsewhere.
    Expired,
    /// Too many wrong tries; even the right code is dead now.
    TooManyAttempts,
}

/// The store did not answer in time. Whether it did what it was asked is unknown; a code that it may
/// have used up is never accepted a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store of sign-in codes does not answer")]
pub struct CodesUnavailable;

impl From<CodesUnavailable> for ServiceError {
    fn from(_: CodesUnavailable) -> Self {
        Self::Unavailable("the store of sign-in codes")
    }
}

/// Where codes are kept between sending and redeeming, and where they are counted. Every method is one
/// indivisible step, whoever else asks at the same moment.
#[async_trait]
pub trait CodeStore: Send + Sync + std::fmt::Debug + 'static {
    /// Makes a code for an address (in its normal form), unless a limit stands against it. Any older
    /// code of the address dies.
    ///
    /// # Errors
    /// The store is away.
    async fn issue(&self, email: &str, address: Option<IpAddr>) -> Result<Issuance, CodesUnavailable>;

    /// The mail with this code was not taken over: the code dies, and the person need not wait before
    /// asking again. The counts of the day and the hour stay, so a broken mail server is not hammered.
    ///
    /// # Errors
    /// The store is away.
    async fn retract(&self, email: &str, challenge_id: &str) -> Result<(), CodesUnavailable>;

    /// Tries a code.
    ///
    /// # Errors
    /// The store is away.
    async fn redeem(&self, email: &str, challenge_id: &str, code: &str) -> Result<Redemption, CodesUnavailable>;
}

/// Turns codes into what may be kept: HMACs with a key that is not kept beside them.
#[derive(Clone)]
struct Pepper(hmac::Key);

impl Pepper {
    fn new(pepper: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, pepper))
    }

    /// No part can run into the next one, because none of them holds a line break.
    fn message(email: &str, challenge_id: &str, code: &str) -> Vec<u8> {
        format!("{email}\n{challenge_id}\n{code}").into_bytes()
    }

    fn seal(&self, email: &str, challenge_id: &str, code: &str) -> hmac::Tag {
        hmac::sign(&self.0, &Self::message(email, challenge_id, code))
    }

    fn opens(&self, tag: &hmac::Tag, email: &str, challenge_id: &str, code: &str) -> bool {
        hmac::verify(&self.0, &Self::message(email, challenge_id, code), tag.as_ref()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_depends_on_every_part_and_on_the_pepper() {
        let pepper = Pepper::new(&[1; 32]);
        let tag = pepper.seal("li@example.com", "challenge", "123456");
        assert!(pepper.opens(&tag, "li@example.com", "challenge", "123456"));
        assert!(!pepper.opens(&tag, "wang@example.com", "challenge", "123456"));
        assert!(!pepper.opens(&tag, "li@example.com", "another", "123456"));
        assert!(!pepper.opens(&tag, "li@example.com", "challenge", "123457"));
        assert!(!Pepper::new(&[2; 32]).opens(&tag, "li@example.com", "challenge", "123456"));
    }
}
