//! Sign-in codes: six digits that live for a minute.
//!
//! A code is bound to the browser that asked for it by a challenge id, so a guess from elsewhere is
//! not even a try. Codes are kept only as HMACs, in memory, and forgetting them is harmless: a person
//! asks for another one. The limits count here too, by address and not by account, so that the answer
//! is the same whether or not somebody has an account.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use ring::hmac;

use crate::{clock::Clock, ids::IdSource, services::limits::Network};

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
    /// Addresses remembered at the same time.
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

/// No code was made: too many were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyCodes {
    /// When asking again may succeed.
    pub retry_after_ms: i64,
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

/// Where codes are kept between sending and redeeming.
#[async_trait]
pub trait CodeStore: Send + Sync + std::fmt::Debug + 'static {
    /// Makes a code for an address (in its normal form), unless a limit stands against it. Any older
    /// code of the address dies.
    async fn issue(&self, email: &str, address: Option<IpAddr>) -> Result<IssuedCode, TooManyCodes>;

    /// The mail with this code was not taken over: the code dies, and the person need not wait before
    /// asking again. The counts of the day and the hour stay, so a broken mail server is not hammered.
    async fn retract(&self, email: &str, challenge_id: &str);

    /// Tries a code.
    async fn redeem(&self, email: &str, challenge_id: &str, code: &str) -> Redemption;
}

/// Codes in this process's memory.
pub struct MemoryCodeStore {
    policy: CodePolicy,
    pepper: hmac::Key,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    people: HashMap<String, Person>,
    /// Addresses in the order of their sends: who is forgotten first.
    order: VecDeque<(i64, String)>,
    networks: HashMap<Network, VecDeque<i64>>,
    everybody: VecDeque<i64>,
}

#[derive(Default)]
struct Person {
    code: Option<Code>,
    resend_at_ms: i64,
    last_send_ms: i64,
    sends: VecDeque<i64>,
}

struct Code {
    challenge_id: String,
    tag: hmac::Tag,
    expires_at_ms: i64,
    attempts_left: u32,
}

impl MemoryCodeStore {
    /// An empty store; `pepper` is [`crate::config::DerivedKeys::codes`].
    pub fn new(policy: CodePolicy, pepper: &[u8; 32], clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        let pepper = hmac::Key::new(hmac::HMAC_SHA256, pepper);
        Self { policy, pepper, clock, ids, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds this lock")
    }

    /// What is hashed: no part can run into the next one, because none of them holds a line break.
    fn message(email: &str, challenge_id: &str, code: &str) -> Vec<u8> {
        format!("{email}\n{challenge_id}\n{code}").into_bytes()
    }
}

impl std::fmt::Debug for MemoryCodeStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryCodeStore").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Drops what is older than the window, then says how long to wait if the window is full.
fn wait_ms(sends: &mut VecDeque<i64>, limit: usize, window_ms: i64, now_ms: i64) -> Option<i64> {
    while sends.front().is_some_and(|sent| sent + window_ms <= now_ms) {
        sends.pop_front();
    }
    if limit == 0 || sends.len() < limit {
        return None;
    }
    sends.front().map(|sent| sent + window_ms - now_ms)
}

/// How long to wait if so many of the kept sends lie within the window; nothing is dropped.
fn wait_within_ms(sends: &VecDeque<i64>, limit: usize, window_ms: i64, now_ms: i64) -> Option<i64> {
    let oldest = sends.len().checked_sub(limit).filter(|_| limit > 0)?;
    sends.get(oldest).map(|sent| sent + window_ms - now_ms).filter(|wait| *wait > 0)
}

impl State {
    /// Forgets people nobody counts any more and, beyond the cap, whoever was served longest ago.
    fn tidy(&mut self, now_ms: i64, people_max: usize) {
        while let Some((sent_ms, email)) = self.order.front() {
            if sent_ms + DAY_MS > now_ms && self.people.len() <= people_max {
                break;
            }
            // A person who was served again later stands further back in the order too.
            if self.people.get(email).is_some_and(|person| person.last_send_ms == *sent_ms) {
                self.people.remove(email);
            }
            self.order.pop_front();
        }
        if self.networks.len() > people_max {
            self.networks.retain(|_, sends| sends.back().is_some_and(|sent| sent + HOUR_MS > now_ms));
        }
        if self.networks.len() > people_max {
            // Only the limit of sends to everybody stands between this and a flood from everywhere.
            self.networks.clear();
        }
    }

    fn wait_ms(&mut self, policy: &CodePolicy, email: &str, network: Option<Network>, now_ms: i64) -> Option<i64> {
        let mut waits = [None; 5];
        if let Some(person) = self.people.get_mut(email) {
            waits[0] = Some(person.resend_at_ms - now_ms).filter(|wait| *wait > 0);
            waits[1] = wait_ms(&mut person.sends, policy.sends_per_email_per_day, DAY_MS, now_ms);
            waits[4] = wait_within_ms(&person.sends, policy.sends_per_email_per_hour, HOUR_MS, now_ms);
        }
        if let Some(sends) = network.and_then(|network| self.networks.get_mut(&network)) {
            waits[2] = wait_ms(sends, policy.sends_per_ip_per_hour, HOUR_MS, now_ms);
        }
        waits[3] = wait_ms(&mut self.everybody, policy.sends_per_hour, HOUR_MS, now_ms);
        waits.into_iter().flatten().max()
    }
}

#[async_trait]
impl CodeStore for MemoryCodeStore {
    async fn issue(&self, email: &str, address: Option<IpAddr>) -> Result<IssuedCode, TooManyCodes> {
        let now_ms = self.clock.now_ms();
        let network = address.map(Network::from);
        let mut state = self.state();
        if let Some(retry_after_ms) = state.wait_ms(&self.policy, email, network, now_ms) {
            return Err(TooManyCodes { retry_after_ms });
        }
        let issued = IssuedCode {
            code: format!("{:06}", self.ids.below(1_000_000)),
            challenge_id: self.ids.token(),
            expires_at_ms: now_ms + self.policy.lifetime_ms,
            resend_at_ms: now_ms + self.policy.resend_after_ms,
        };
        let message = Self::message(email, &issued.challenge_id, &issued.code);
        let person = state.people.entry(email.to_owned()).or_default();
        person.code = Some(Code {
            challenge_id: issued.challenge_id.clone(),
            tag: hmac::sign(&self.pepper, &message),
            expires_at_ms: issued.expires_at_ms,
            attempts_left: self.policy.attempts_max,
        });
        person.resend_at_ms = issued.resend_at_ms;
        person.last_send_ms = now_ms;
        // A limit that is off is not counted: its list would grow without an end.
        if self.policy.sends_per_email_per_day.max(self.policy.sends_per_email_per_hour) > 0 {
            person.sends.push_back(now_ms);
        }
        if let Some(network) = network.filter(|_| self.policy.sends_per_ip_per_hour > 0) {
            state.networks.entry(network).or_default().push_back(now_ms);
        }
        if self.policy.sends_per_hour > 0 {
            state.everybody.push_back(now_ms);
        }
        state.order.push_back((now_ms, email.to_owned()));
        state.tidy(now_ms, self.policy.codes_max);
        Ok(issued)
    }

    async fn retract(&self, email: &str, challenge_id: &str) {
        let mut state = self.state();
        let Some(person) = state.people.get_mut(email) else { return };
        if person.code.as_ref().is_some_and(|code| code.challenge_id == challenge_id) {
            person.code = None;
            person.resend_at_ms = 0;
        }
    }

    async fn redeem(&self, email: &str, challenge_id: &str, code: &str) -> Redemption {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        let Some(person) = state.people.get_mut(email) else { return Redemption::Expired };
        // A foreign challenge must not cost the real person a try.
        let Some(kept) = person.code.as_mut().filter(|kept| kept.challenge_id == challenge_id) else {
            return Redemption::Expired;
        };
        if now_ms > kept.expires_at_ms {
            person.code = None;
            return Redemption::Expired;
        }
        if kept.attempts_left == 0 {
            return Redemption::TooManyAttempts;
        }
        let message = Self::message(email, challenge_id, code);
        if hmac::verify(&self.pepper, &message, kept.tag.as_ref()).is_ok() {
            person.code = None;
            return Redemption::Accepted;
        }
        kept.attempts_left -= 1;
        match kept.attempts_left {
            0 => Redemption::TooManyAttempts,
            attempts_left => Redemption::Wrong { attempts_left },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::MockClock, ids::SeededIds};

    const ME: &str = "li@example.com";

    fn policy() -> CodePolicy {
        CodePolicy {
            lifetime_ms: 60_000,
            resend_after_ms: 60_000,
            attempts_max: 5,
            sends_per_email_per_day: 20,
            sends_per_email_per_hour: 10,
            sends_per_ip_per_hour: 20,
            sends_per_hour: 1000,
            codes_max: 100,
        }
    }

    fn store(policy: CodePolicy) -> (MemoryCodeStore, MockClock) {
        let clock = MockClock::at_ms(1_767_225_600_000);
        let store = MemoryCodeStore::new(policy, &[1; 32], Arc::new(clock.clone()), Arc::new(SeededIds::new(1)));
        (store, clock)
    }

    fn wrong(code: &str) -> String {
        format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
    }

    fn waits_seconds(refused: Result<IssuedCode, TooManyCodes>) -> Option<i64> {
        refused.err().map(|refused| refused.retry_after_ms / 1000)
    }

    #[tokio::test]
    async fn a_code_is_good_once_and_for_sixty_seconds() {
        let (store, clock) = store(policy());
        let issued = store.issue(ME, None).await.ok().unwrap();
        assert!(issued.code.len() == 6 && issued.code.bytes().all(|b| b.is_ascii_digit()));
        clock.advance_ms(60_000);
        assert_eq!(store.redeem(ME, &issued.challenge_id, &issued.code).await, Redemption::Accepted);
        assert_eq!(store.redeem(ME, &issued.challenge_id, &issued.code).await, Redemption::Expired, "used up");

        let issued = store.issue(ME, None).await.ok().unwrap();
        clock.advance_ms(60_100);
        assert_eq!(store.redeem(ME, &issued.challenge_id, &issued.code).await, Redemption::Expired);
    }

    #[tokio::test]
    async fn five_wrong_tries_kill_a_code() {
        let (store, _) = store(policy());
        let issued = store.issue(ME, None).await.ok().unwrap();
        for attempts_left in [4, 3, 2, 1] {
            let tried = store.redeem(ME, &issued.challenge_id, &wrong(&issued.code)).await;
            assert_eq!(tried, Redemption::Wrong { attempts_left });
        }
        let fifth = store.redeem(ME, &issued.challenge_id, &wrong(&issued.code)).await;
        assert_eq!(fifth, Redemption::TooManyAttempts);
        let right = store.redeem(ME, &issued.challenge_id, &issued.code).await;
        assert_eq!(right, Redemption::TooManyAttempts, "the sixth try is dead even when right");
    }

    #[tokio::test]
    async fn tries_from_elsewhere_cost_nothing_and_gain_nothing() {
        let (store, _) = store(policy());
        let issued = store.issue(ME, None).await.ok().unwrap();
        for _ in 0..100 {
            assert_eq!(store.redeem(ME, "guessed", &issued.code).await, Redemption::Expired);
            let other = store.redeem("wang@example.com", &issued.challenge_id, &issued.code).await;
            assert_eq!(other, Redemption::Expired);
        }
        assert_eq!(store.redeem(ME, &issued.challenge_id, &issued.code).await, Redemption::Accepted);
    }

    #[tokio::test]
    async fn the_newest_code_kills_the_older_one() {
        let long = CodePolicy { lifetime_ms: 600_000, ..policy() };
        let (store, clock) = store(long);
        let older = store.issue(ME, None).await.ok().unwrap();
        clock.advance_ms(60_000);
        let newer = store.issue(ME, None).await.ok().unwrap();
        assert_eq!(store.redeem(ME, &older.challenge_id, &older.code).await, Redemption::Expired);
        assert_eq!(store.redeem(ME, &newer.challenge_id, &newer.code).await, Redemption::Accepted);
    }

    #[tokio::test]
    async fn resending_waits_a_minute_unless_the_mail_failed() {
        let (store, clock) = store(policy());
        let issued = store.issue(ME, None).await.ok().unwrap();
        clock.advance_ms(59_000);
        assert_eq!(waits_seconds(store.issue(ME, None).await), Some(1));
        store.retract(ME, "another challenge").await;
        assert_eq!(waits_seconds(store.issue(ME, None).await), Some(1));
        store.retract(ME, &issued.challenge_id).await;
        assert_eq!(store.redeem(ME, &issued.challenge_id, &issued.code).await, Redemption::Expired);
        assert!(store.issue(ME, None).await.is_ok());
        clock.advance_ms(60_000);
        assert!(store.issue(ME, None).await.is_ok());
    }

    #[tokio::test]
    async fn an_address_gets_twenty_codes_a_day() {
        let (store, clock) = store(policy());
        for _ in 0..10 {
            assert!(store.issue(ME, None).await.is_ok());
            clock.advance_ms(60_000);
        }
        assert_eq!(waits_seconds(store.issue(ME, None).await), Some(3600 - 10 * 60), "ten in an hour");
        clock.advance_ms(HOUR_MS - 10 * 60_000);
        for _ in 0..10 {
            assert!(store.issue(ME, None).await.is_ok(), "as each of the ten grows old, another one may follow");
            clock.advance_ms(60_000);
        }
        assert_eq!(waits_seconds(store.issue(ME, None).await), Some(86_400 - 3600 - 10 * 60), "twenty in a day");
        assert!(store.issue("wang@example.com", None).await.is_ok(), "others are not held up");
        clock.advance_ms(DAY_MS - HOUR_MS - 10 * 60_000);
        assert!(store.issue(ME, None).await.is_ok());
    }

    #[tokio::test]
    async fn a_network_gets_twenty_codes_an_hour() {
        let (store, clock) = store(policy());
        let at = |last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
        for i in 0..20 {
            assert!(store.issue(&format!("{i}@example.com"), at(i)).await.is_ok());
        }
        assert_eq!(waits_seconds(store.issue("x@example.com", at(99)).await), Some(3600), "one /64 is one customer");
        assert!(store.issue("x@example.com", Some(IpAddr::from([192, 0, 2, 1]))).await.is_ok());
        let mapped = "::ffff:192.0.2.1".parse().ok();
        for i in 20..39 {
            assert!(store.issue(&format!("{i}@example.com"), mapped).await.is_ok());
        }
        assert!(store.issue("y@example.com", Some(IpAddr::from([192, 0, 2, 1]))).await.is_err());
        clock.advance_ms(HOUR_MS);
        assert!(store.issue("y@example.com", at(99)).await.is_ok());
    }

    #[tokio::test]
    async fn everybody_together_has_a_limit_and_zero_is_none() {
        let (few, _) = store(CodePolicy { sends_per_hour: 2, ..policy() });
        assert!(few.issue("a@example.com", None).await.is_ok());
        assert!(few.issue("b@example.com", None).await.is_ok());
        assert!(few.issue("c@example.com", None).await.is_err());

        let off = CodePolicy {
            sends_per_email_per_day: 0,
            sends_per_email_per_hour: 0,
            sends_per_ip_per_hour: 0,
            sends_per_hour: 0,
            ..policy()
        };
        let (store, clock) = store(off);
        for _ in 0..50 {
            assert!(store.issue(ME, Some(IpAddr::from([192, 0, 2, 1]))).await.is_ok());
            clock.advance_ms(60_000);
        }
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let (store, _) = store(CodePolicy { sends_per_hour: 0, codes_max: 10, ..policy() });
        let first = store.issue("0@example.com", None).await.ok().unwrap();
        for i in 1..1000_u32 {
            let address = Some(IpAddr::from(i.to_be_bytes()));
            assert!(store.issue(&format!("{i}@example.com"), address).await.is_ok());
        }
        {
            let state = store.state();
            assert!(state.people.len() <= 10 && state.order.len() <= 10 && state.networks.len() <= 11);
        }
        assert_eq!(store.redeem("0@example.com", &first.challenge_id, &first.code).await, Redemption::Expired);
    }

    #[tokio::test]
    async fn the_digits_are_kept_nowhere() {
        let (store, _) = store(policy());
        let issued = store.issue(ME, None).await.ok().unwrap();
        assert!(!format!("{store:?}").contains(&issued.code));
        let other_pepper = hmac::Key::new(hmac::HMAC_SHA256, &[2; 32]);
        let message = MemoryCodeStore::message(ME, &issued.challenge_id, &issued.code);
        let state = store.state();
        let kept = state.people[ME].code.as_ref().unwrap().tag.as_ref();
        assert!(hmac::verify(&other_pepper, &message, kept).is_err(), "the pepper is part of what is kept");
    }
}
