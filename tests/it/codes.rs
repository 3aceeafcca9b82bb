//! What every store of sign-in codes keeps to, in memory and in a real Redis: a code is good once and
//! for its minute, wrong tries kill it, and nobody gets more codes than the limits say, however many
//! processes are asked at the same moment.

use std::{net::IpAddr, sync::Arc};

use haibao::{
    clock::MockClock,
    ids::{IdSource, SeededIds, SystemIds},
    services::sign_in::{CodePolicy, CodeStore, Issuance, IssuedCode, MemoryCodeStore, Redemption},
};

#[cfg(feature = "redis")]
use crate::support::redis::Redis;
use crate::support::run;

const ME: &str = "li@example.com";
const AT_MS: i64 = 1_767_225_600_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

const POLICY: CodePolicy = CodePolicy {
    lifetime_ms: 60_000,
    resend_after_ms: 60_000,
    attempts_max: 5,
    sends_per_email_per_day: 20,
    sends_per_email_per_hour: 10,
    sends_per_ip_per_hour: 20,
    sends_per_hour: 1000,
    codes_max: 100,
};

/// A store that nobody else uses, and its clock.
struct Case {
    name: &'static str,
    store: Arc<dyn CodeStore>,
    clock: MockClock,
}

/// One of each kind that this machine can run.
fn cases(policy: CodePolicy) -> Vec<Case> {
    let memory = {
        let clock = MockClock::at_ms(AT_MS);
        let ids = Arc::new(SeededIds::new(1));
        let store = MemoryCodeStore::new(policy, &[1; 32], Arc::new(clock.clone()), ids);
        Case { name: "memory", store: Arc::new(store), clock }
    };
    let mut cases = vec![memory];
    #[cfg(feature = "redis")]
    if let Some(redis) = shared_redis() {
        let clock = MockClock::at_ms(AT_MS);
        let store = redis_store(&redis.url(), policy, &fresh_pepper(), &clock);
        cases.push(Case { name: "Redis", store: Arc::new(store), clock });
    }
    cases
}

/// The server of this test process; different secrets keep its users apart.
#[cfg(feature = "redis")]
fn shared_redis() -> Option<&'static Redis> {
    static REDIS: std::sync::OnceLock<Option<Redis>> = std::sync::OnceLock::new();
    REDIS.get_or_init(Redis::start).as_ref()
}

fn fresh_pepper() -> [u8; 32] {
    let mut pepper = [0; 32];
    SystemIds::new().fill(&mut pepper);
    pepper
}

#[cfg(feature = "redis")]
fn redis_store(
    url: &str,
    policy: CodePolicy,
    pepper: &[u8; 32],
    clock: &MockClock,
) -> haibao::services::sign_in::RedisCodeStore {
    let (clock, ids) = (Arc::new(clock.clone()), Arc::new(SystemIds::new()));
    haibao::services::sign_in::RedisCodeStore::new(url, policy, pepper, clock, ids).expect("the address reads")
}

impl Case {
    async fn issue(&self, email: &str, address: Option<IpAddr>) -> Result<IssuedCode, i64> {
        match self.store.issue(email, address).await.expect("the store answers") {
            Issuance::Issued(issued) => Ok(issued),
            Issuance::TooMany { retry_after_ms } => Err(retry_after_ms),
        }
    }

    async fn issued(&self, email: &str) -> IssuedCode {
        self.issue(email, None).await.unwrap_or_else(|wait| panic!("{}: {email} waits {wait} ms", self.name))
    }

    /// How long this address has to wait.
    async fn waits_seconds(&self, email: &str, address: Option<IpAddr>) -> Option<i64> {
        self.issue(email, address).await.err().map(|wait| wait / 1000)
    }

    async fn redeem(&self, email: &str, challenge_id: &str, code: &str) -> Redemption {
        self.store.redeem(email, challenge_id, code).await.expect("the store answers")
    }
}

fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().expect("digits") + 1) % 1_000_000)
}

#[test]
fn a_code_is_good_once_and_for_sixty_seconds() {
    run(async {
        for case in cases(POLICY) {
            let issued = case.issued(ME).await;
            assert!(issued.code.len() == 6 && issued.code.bytes().all(|b| b.is_ascii_digit()));
            case.clock.advance_ms(60_000);
            let redeemed = case.redeem(ME, &issued.challenge_id, &issued.code).await;
            assert_eq!(redeemed, Redemption::Accepted, "{}", case.name);
            let again = case.redeem(ME, &issued.challenge_id, &issued.code).await;
            assert_eq!(again, Redemption::Expired, "{}: used up", case.name);

            let issued = case.issued(ME).await;
            case.clock.advance_ms(60_100);
            let late = case.redeem(ME, &issued.challenge_id, &issued.code).await;
            assert_eq!(late, Redemption::Expired, "{}", case.name);
        }
    });
}

#[test]
fn five_wrong_tries_kill_a_code() {
    run(async {
        for case in cases(POLICY) {
            let issued = case.issued(ME).await;
            let wrong = wrong(&issued.code);
            for attempts_left in [4, 3, 2, 1] {
                let tried = case.redeem(ME, &issued.challenge_id, &wrong).await;
                assert_eq!(tried, Redemption::Wrong { attempts_left }, "{}", case.name);
            }
            let fifth = case.redeem(ME, &issued.challenge_id, &wrong).await;
            assert_eq!(fifth, Redemption::TooManyAttempts, "{}", case.name);
            let right = case.redeem(ME, &issued.challenge_id, &issued.code).await;
            assert_eq!(right, Redemption::TooManyAttempts, "{}: the sixth try is dead even when right", case.name);
        }
    });
}

#[test]
fn tries_from_elsewhere_cost_nothing_and_gain_nothing() {
    run(async {
        for case in cases(POLICY) {
            let issued = case.issued(ME).await;
            for _ in 0..20 {
                assert_eq!(case.redeem(ME, "guessed", &issued.code).await, Redemption::Expired, "{}", case.name);
                let other = case.redeem("wang@example.com", &issued.challenge_id, &issued.code).await;
                assert_eq!(other, Redemption::Expired, "{}", case.name);
            }
            let own = case.redeem(ME, &issued.challenge_id, &issued.code).await;
            assert_eq!(own, Redemption::Accepted, "{}", case.name);
        }
    });
}

#[test]
fn the_newest_code_kills_the_older_one() {
    run(async {
        for case in cases(CodePolicy { lifetime_ms: 600_000, ..POLICY }) {
            let older = case.issued(ME).await;
            case.clock.advance_ms(60_000);
            let newer = case.issued(ME).await;
            let tried = case.redeem(ME, &older.challenge_id, &older.code).await;
            assert_eq!(tried, Redemption::Expired, "{}", case.name);
            let tried = case.redeem(ME, &newer.challenge_id, &newer.code).await;
            assert_eq!(tried, Redemption::Accepted, "{}", case.name);
        }
    });
}

#[test]
fn resending_waits_a_minute_unless_the_mail_failed() {
    run(async {
        for case in cases(POLICY) {
            let issued = case.issued(ME).await;
            case.clock.advance_ms(59_000);
            assert_eq!(case.waits_seconds(ME, None).await, Some(1), "{}", case.name);
            case.store.retract(ME, "another challenge").await.expect("the store answers");
            assert_eq!(case.waits_seconds(ME, None).await, Some(1), "{}", case.name);
            case.store.retract(ME, &issued.challenge_id).await.expect("the store answers");
            let retracted = case.redeem(ME, &issued.challenge_id, &issued.code).await;
            assert_eq!(retracted, Redemption::Expired, "{}", case.name);
            let issued = case.issued(ME).await;
            // Using the code frees nobody from the pause.
            assert_eq!(case.redeem(ME, &issued.challenge_id, &issued.code).await, Redemption::Accepted);
            assert_eq!(case.waits_seconds(ME, None).await, Some(60), "{}", case.name);
            case.clock.advance_ms(60_000);
            case.issued(ME).await;
        }
    });
}

#[test]
fn an_address_gets_ten_codes_an_hour_and_twenty_a_day() {
    run(async {
        for case in cases(POLICY) {
            for _ in 0..10 {
                case.issued(ME).await;
                case.clock.advance_ms(60_000);
            }
            assert_eq!(case.waits_seconds(ME, None).await, Some(3600 - 10 * 60), "{}: ten in an hour", case.name);
            case.clock.advance_ms(HOUR_MS - 10 * 60_000);
            for _ in 0..10 {
                // As each of the ten grows old, another one may follow.
                case.issued(ME).await;
                case.clock.advance_ms(60_000);
            }
            let day = case.waits_seconds(ME, None).await;
            assert_eq!(day, Some(86_400 - 3600 - 10 * 60), "{}: twenty in a day", case.name);
            case.issued("wang@example.com").await;
            case.clock.advance_ms(DAY_MS - HOUR_MS - 10 * 60_000);
            case.issued(ME).await;
        }
    });
}

#[test]
fn a_network_gets_twenty_codes_an_hour() {
    run(async {
        for case in cases(POLICY) {
            let at = |last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
            for i in 0..20 {
                assert!(case.issue(&format!("{i}@example.com"), at(i)).await.is_ok(), "{}", case.name);
            }
            let full = case.waits_seconds("x@example.com", at(99)).await;
            assert_eq!(full, Some(3600), "{}: one /64 is one customer", case.name);
            let four = Some(IpAddr::from([192, 0, 2, 1]));
            assert!(case.issue("x@example.com", four).await.is_ok(), "{}", case.name);
            let mapped = "::ffff:192.0.2.1".parse().ok();
            for i in 20..39 {
                assert!(case.issue(&format!("{i}@example.com"), mapped).await.is_ok(), "{}", case.name);
            }
            assert!(case.issue("y@example.com", four).await.is_err(), "{}", case.name);
            case.clock.advance_ms(HOUR_MS);
            assert!(case.issue("y@example.com", at(99)).await.is_ok(), "{}", case.name);
        }
    });
}

#[test]
fn everybody_together_has_a_limit_and_zero_is_none() {
    run(async {
        for case in cases(CodePolicy { sends_per_hour: 2, ..POLICY }) {
            case.issued("a@example.com").await;
            case.clock.advance_ms(1000);
            case.issued("b@example.com").await;
            assert_eq!(case.waits_seconds("c@example.com", None).await, Some(3599), "{}", case.name);
        }
        let off = CodePolicy {
            sends_per_email_per_day: 0,
            sends_per_email_per_hour: 0,
            sends_per_ip_per_hour: 0,
            sends_per_hour: 0,
            ..POLICY
        };
        for case in cases(off) {
            for _ in 0..50 {
                let sent = case.issue(ME, Some(IpAddr::from([192, 0, 2, 1]))).await;
                assert!(sent.is_ok(), "{}", case.name);
                case.clock.advance_ms(60_000);
            }
        }
        // The hour alone, without the day.
        for case in cases(CodePolicy { sends_per_email_per_day: 0, ..POLICY }) {
            for _ in 0..10 {
                case.issued(ME).await;
                case.clock.advance_ms(60_000);
            }
            assert_eq!(case.waits_seconds(ME, None).await, Some(3000), "{}", case.name);
        }
    });
}

#[test]
fn however_many_try_at_once_a_code_has_five_tries_and_one_use() {
    run(async {
        for case in cases(CodePolicy { sends_per_hour: 7, ..POLICY }) {
            let sends = (0..40).map(|i| {
                let store = Arc::clone(&case.store);
                async move { store.issue(&format!("{i}@example.com"), None).await.expect("an answer") }
            });
            let sends = futures_util::future::join_all(sends).await;
            let issued: Vec<_> = sends
                .into_iter()
                .enumerate()
                .filter_map(|(i, sent)| match sent {
                    Issuance::Issued(issued) => Some((format!("{i}@example.com"), issued)),
                    Issuance::TooMany { .. } => None,
                })
                .collect();
            assert_eq!(issued.len(), 7, "{}: the budget of everybody", case.name);

            let (email, code) = &issued[0];
            let wrong = wrong(&code.code);
            let tries = (0..60).map(|_| case.redeem(email, &code.challenge_id, &wrong));
            let tries = futures_util::future::join_all(tries).await;
            let mut left: Vec<u32> = tries
                .iter()
                .filter_map(|tried| match tried {
                    Redemption::Wrong { attempts_left } => Some(*attempts_left),
                    _ => None,
                })
                .collect();
            left.sort_unstable();
            assert_eq!(left, [1, 2, 3, 4], "{}", case.name);

            let (email, code) = &issued[1];
            let uses = (0..60).map(|_| case.redeem(email, &code.challenge_id, &code.code));
            let uses = futures_util::future::join_all(uses).await;
            let accepted = uses.iter().filter(|used| **used == Redemption::Accepted).count();
            assert_eq!(accepted, 1, "{}: {uses:?}", case.name);
        }
    });
}

/// Several processes have a store each, and count together.
#[cfg(feature = "redis")]
#[test]
fn processes_that_share_a_redis_count_together() {
    let Some(redis) = shared_redis() else { return };
    run(async {
        let (clock, pepper) = (MockClock::at_ms(AT_MS), fresh_pepper());
        let policy = CodePolicy { sends_per_hour: 9, ..POLICY };
        let nodes: Vec<_> = (0..3).map(|_| redis_store(&redis.url(), policy, &pepper, &clock)).collect();
        let sends = (0..60).map(|i| {
            let node = &nodes[i % 3];
            async move { (i, node.issue(&format!("{i}@example.com"), None).await.expect("an answer")) }
        });
        let sends = futures_util::future::join_all(sends).await;
        let issued: Vec<_> = sends
            .into_iter()
            .filter_map(|(i, sent)| match sent {
                Issuance::Issued(issued) => Some((format!("{i}@example.com"), issued)),
                Issuance::TooMany { .. } => None,
            })
            .collect();
        assert_eq!(issued.len(), 9, "one budget");
        let (email, code) = &issued[0];
        let wrong = wrong(&code.code);
        let tries = (0..60).map(|i| nodes[i % 3].redeem(email, &code.challenge_id, &wrong));
        let tries = futures_util::future::join_all(tries).await;
        let counted = tries.iter().filter(|tried| matches!(tried, Ok(Redemption::Wrong { .. }))).count();
        assert_eq!(counted, 4, "one count of tries: {tries:?}");
        let (email, code) = &issued[1];
        let uses = (0..60).map(|i| nodes[i % 3].redeem(email, &code.challenge_id, &code.code));
        let uses = futures_util::future::join_all(uses).await;
        assert_eq!(uses.iter().filter(|used| **used == Ok(Redemption::Accepted)).count(), 1, "one use: {uses:?}");
        // Another installation on the same server, which has another secret, starts at nothing.
        let other = redis_store(&redis.url(), policy, &fresh_pepper(), &clock);
        assert!(matches!(other.issue(ME, None).await, Ok(Issuance::Issued(_))));
    });
}

#[cfg(feature = "redis")]
#[test]
fn redis_keeps_nothing_that_can_be_read_and_nothing_for_ever() {
    let Some(redis) = Redis::start() else { return };
    run(async {
        let clock = MockClock::at_ms(AT_MS);
        let store = redis_store(&redis.url(), POLICY, &[1; 32], &clock);
        let Ok(Issuance::Issued(issued)) = store.issue(ME, Some(IpAddr::from([192, 0, 2, 77]))).await else {
            panic!("a code is issued")
        };
        let client = redis::Client::open(redis.url()).expect("the address reads");
        let mut connection = client.get_connection().expect("a connection");
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).expect("the keys");
        assert_eq!(keys.len(), 4, "{keys:?}");
        let mut everything = keys.join("\n");
        for key in &keys {
            let left_ms: i64 = redis::cmd("PTTL").arg(key).query(&mut connection).expect("an answer");
            assert!((1..=DAY_MS + 60_000).contains(&left_ms), "{key} lives for {left_ms} ms");
            let kind: String = redis::cmd("TYPE").arg(key).query(&mut connection).expect("an answer");
            let values: Vec<String> = match kind.as_str() {
                "hash" => redis::cmd("HGETALL").arg(key).query(&mut connection),
                "list" => redis::cmd("LRANGE").arg(key).arg(0).arg(-1).query(&mut connection),
                other => panic!("{key} is a {other}"),
            }
            .expect("the values");
            everything += &values.join("\n");
        }
        for secret in ["li@", "example", "192.0.2", "3221225", issued.code.as_str()] {
            // Six digits may stand in a digest or a time by chance; alone they may not.
            let found = everything.lines().any(|line| line == secret || (secret.len() != 6 && line.contains(secret)));
            assert!(!found, "{secret} is kept:\n{everything}");
        }
        assert!(everything.contains(&issued.challenge_id), "everything was read");
    });
}

#[cfg(feature = "redis")]
#[test]
fn a_redis_that_goes_and_comes_back_needs_no_restart_of_ours() {
    let Some(mut redis) = Redis::start() else { return };
    run(async {
        let clock = MockClock::at_ms(AT_MS);
        let store = redis_store(&redis.url(), POLICY, &[1; 32], &clock);
        let Ok(Issuance::Issued(issued)) = store.issue(ME, None).await else { panic!("a code is issued") };
        redis.stop();
        assert!(store.issue("wang@example.com", None).await.is_err(), "a code that is not counted is not made");
        assert!(store.redeem(ME, &issued.challenge_id, &issued.code).await.is_err());
        assert!(store.retract(ME, &issued.challenge_id).await.is_err());
        redis.restart();
        let Ok(Issuance::Issued(issued)) = store.issue(ME, None).await else { panic!("it has forgotten everything") };
        // A connection that the server has dropped meanwhile is not even noticed.
        redis.restart();
        assert_eq!(store.redeem(ME, &issued.challenge_id, &issued.code).await, Ok(Redemption::Expired));
    });
}

/// On a clock that jumps to the next timer whenever nothing else happens.
#[cfg(feature = "redis")]
#[test]
fn a_redis_that_never_answers_is_given_up_within_two_seconds() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime starts").block_on(async {
        // The system takes the connection; nobody ever reads from it.
        let deaf = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("redis://{}", deaf.local_addr().expect("an address"));
        let store = redis_store(&url, POLICY, &[1; 32], &MockClock::at_ms(AT_MS));
        let started = tokio::time::Instant::now();
        assert!(store.issue(ME, None).await.is_err());
        assert!(started.elapsed() <= std::time::Duration::from_secs(2), "{:?}", started.elapsed());
        let started = tokio::time::Instant::now();
        let many = (0..50).map(|_| store.redeem(ME, "challenge", "123456"));
        let many = futures_util::future::join_all(many).await;
        assert!(many.iter().all(Result::is_err));
        assert!(started.elapsed() <= std::time::Duration::from_secs(2), "nor do many wait for each other");
    });
}
