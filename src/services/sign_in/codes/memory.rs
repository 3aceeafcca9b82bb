//! Codes in this process's memory: the choice for one process, and for tests.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use ring::hmac;

use super::{CodePolicy, CodeStore, CodesUnavailable, DAY_MS, HOUR_MS, Issuance, IssuedCode, Pepper, Redemption};
use crate::{clock::Clock, ids::IdSource, services::limits::Network};

/// Codes in this process's memory.
pub struct MemoryCodeStore {
    policy: CodePolicy,
    pepper: Pepper,
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
        Self { policy, pepper: Pepper::new(pepper), clock, ids, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds this lock")
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
    async fn issue(&self, email: &str, address: Option<IpAddr>) -> Result<Issuance, CodesUnavailable> {
        let now_ms = self.clock.now_ms();
        let network = address.map(Network::from);
        let mut state = self.state();
        if let Some(retry_after_ms) = state.wait_ms(&self.policy, email, network, now_ms) {
            return Ok(Issuance::TooMany { retry_after_ms });
        }
        let issued = IssuedCode::draw(&self.policy, &*self.ids, now_ms);
        let tag = self.pepper.seal(email, &issued.challenge_id, &issued.code);
        let person = state.people.entry(email.to_owned()).or_default();
        person.code = Some(Code {
            challenge_id: issued.challenge_id.clone(),
            tag,
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
        Ok(Issuance::Issued(issued))
    }

    async fn retract(&self, email: &str, challenge_id: &str) -> Result<(), CodesUnavailable> {
        if let Some(person) = self.state().people.get_mut(email)
            && person.code.as_ref().is_some_and(|code| code.challenge_id == challenge_id)
        {
            person.code = None;
            person.resend_at_ms = 0;
        }
        Ok(())
    }

    async fn redeem(&self, email: &str, challenge_id: &str, code: &str) -> Result<Redemption, CodesUnavailable> {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        let Some(person) = state.people.get_mut(email) else { return Ok(Redemption::Expired) };
        // A foreign challenge must not cost the real person a try.
        let Some(kept) = person.code.as_mut().filter(|kept| kept.challenge_id == challenge_id) else {
            return Ok(Redemption::Expired);
        };
        if now_ms > kept.expires_at_ms {
            person.code = None;
            return Ok(Redemption::Expired);
        }
        if kept.attempts_left == 0 {
            return Ok(Redemption::TooManyAttempts);
        }
        if self.pepper.opens(&kept.tag, email, challenge_id, code) {
            person.code = None;
            return Ok(Redemption::Accepted);
        }
        kept.attempts_left -= 1;
        Ok(match kept.attempts_left {
            0 => Redemption::TooManyAttempts,
            attempts_left => Redemption::Wrong { attempts_left },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::MockClock, ids::SeededIds};

    fn store(codes_max: usize) -> MemoryCodeStore {
        let policy = CodePolicy {
            lifetime_ms: 60_000,
            resend_after_ms: 60_000,
            attempts_max: 5,
            sends_per_email_per_day: 20,
            sends_per_email_per_hour: 10,
            sends_per_ip_per_hour: 20,
            sends_per_hour: 0,
            codes_max,
        };
        let clock = MockClock::at_ms(1_767_225_600_000);
        MemoryCodeStore::new(policy, &[1; 32], Arc::new(clock), Arc::new(SeededIds::new(1)))
    }

    async fn issued(store: &MemoryCodeStore, email: &str, address: Option<IpAddr>) -> IssuedCode {
        match store.issue(email, address).await.unwrap() {
            Issuance::Issued(issued) => issued,
            Issuance::TooMany { retry_after_ms } => panic!("{email} waits {retry_after_ms} ms"),
        }
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let store = store(10);
        let first = issued(&store, "0@example.com", None).await;
        for i in 1..1000_u32 {
            issued(&store, &format!("{i}@example.com"), Some(IpAddr::from(i.to_be_bytes()))).await;
        }
        {
            let state = store.state();
            assert!(state.people.len() <= 10 && state.order.len() <= 10 && state.networks.len() <= 11);
        }
        let redeemed = store.redeem("0@example.com", &first.challenge_id, &first.code).await.unwrap();
        assert_eq!(redeemed, Redemption::Expired);
    }

    #[tokio::test]
    async fn the_digits_are_kept_nowhere() {
        let store = store(10);
        let issued = issued(&store, "li@example.com", None).await;
        assert!(!format!("{store:?}").contains(&issued.code));
        let state = store.state();
        let kept = &state.people["li@example.com"].code.as_ref().unwrap().tag;
        let opens = |pepper| Pepper::new(pepper).opens(kept, "li@example.com", &issued.challenge_id, &issued.code);
        assert!(opens(&[1; 32]) && !opens(&[2; 32]), "the pepper is part of what is kept");
    }
}
