//! Coming in, staying in, being shown out.

use ::entity::{api_keys, audit_log, ledger_entries, users};
use sea_orm::{EntityTrait, PaginatorTrait};

use super::*;
use crate::{
    clock::Clock as _,
    ids::SeededIds,
    mail::{Mail, MailError, MemoryMailer},
    services::{ApiScope, ServiceError, Viewer, testing::House},
};

const DAY_MS: i64 = 86_400_000;
const ME: &str = "li@example.com";

struct Door {
    house: House,
    mailer: Arc<MemoryMailer>,
    sign_in: SignIn,
    tasks: TaskTracker,
}

fn sign_in(house: &House, mailer: Arc<dyn Mailer>, tasks: &TaskTracker) -> SignIn {
    let policy = CodePolicy {
        lifetime_ms: 60_000,
        resend_after_ms: 60_000,
        attempts_max: 5,
        sends_per_email_per_day: 20,
        sends_per_email_per_hour: 10,
        sends_per_ip_per_hour: 20,
        sends_per_hour: 1000,
        codes_max: 1000,
    };
    let ids = Arc::new(SeededIds::new(2));
    let codes = MemoryCodeStore::new(policy, &[1; 32], Arc::new(house.clock.clone()), ids);
    SignIn::new(
        house.context.clone(),
        mailer,
        Arc::new(codes),
        TokenKeys::new(&[2; 32], None),
        SignInPolicy { token_lifetime_ms: 7 * DAY_MS, code_lifetime_seconds: 60, welcome_credits: 40 },
        tasks.clone(),
    )
}

impl Door {
    async fn open() -> Self {
        let house = House::open().await;
        let mailer = Arc::new(MemoryMailer::default());
        let tasks = TaskTracker::new();
        let sign_in = sign_in(&house, mailer.clone(), &tasks);
        Self { house, mailer, sign_in, tasks }
    }

    async fn send(&self, email: &str) -> (String, String) {
        let SendCodeOutcome::Sent { challenge_id, .. } = self.sign_in.send_code(email, None, Locale::Zh).await.unwrap()
        else {
            panic!("a code is sent")
        };
        let mail = self.mailer.take().pop().unwrap();
        let digits = mail.subject.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 6).unwrap();
        (challenge_id, digits.to_owned())
    }

    async fn enter(&self, email: &str) -> (users::Model, AccessToken) {
        let (challenge_id, code) = self.send(email).await;
        match self.sign_in.sign_in(email, &challenge_id, &code, &Client::default()).await.unwrap() {
            SignInOutcome::SignedIn { user, access, .. } => (*user, access),
            other => panic!("signed in, not {other:?}"),
        }
    }

    async fn viewer(&self, token: &str) -> Option<Viewer> {
        self.sign_in.authenticate(token).await.unwrap()
    }
}

#[tokio::test]
async fn the_first_sign_in_makes_an_account_with_welcome_credits_and_the_second_finds_it() {
    let door = Door::open().await;
    let (user, access) = door.enter(" Li@Example.com ").await;
    assert_eq!((user.email.as_str(), user.credits, user.frozen), (ME, 40, 0));
    let viewer = door.viewer(&access.token).await.unwrap();
    assert_eq!(viewer.user_id, user.id);
    assert!(viewer.require_person().is_ok());

    door.house.clock.advance_ms(60_000);
    let (again, _) = door.enter(ME).await;
    assert_eq!((again.id, again.credits), (user.id, 40));
    let reader = door.house.context.database.read();
    assert_eq!(ledger_entries::Entity::find().count(reader).await.unwrap(), 1, "one welcome");
    assert_eq!(audit_log::Entity::find().count(reader).await.unwrap(), 2);
}

#[tokio::test]
async fn what_is_answered_says_nothing_about_accounts() {
    let door = Door::open().await;
    door.enter(ME).await;
    door.house.clock.advance_ms(60_000);
    let known = door.sign_in.send_code(ME, None, Locale::Zh).await.unwrap();
    let unknown = door.sign_in.send_code("wang@example.com", None, Locale::Zh).await.unwrap();
    let shape = |outcome: SendCodeOutcome| match outcome {
        SendCodeOutcome::Sent { challenge_id, expires_at_ms, resend_at_ms } => {
            (challenge_id.len(), expires_at_ms, resend_at_ms)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(shape(known), shape(unknown));
    let texts: Vec<String> = door
        .mailer
        .take()
        .into_iter()
        .map(|mail| mail.text.chars().filter(|c| !c.is_ascii_digit()).collect())
        .collect();
    assert_eq!(texts[0], texts[1]);
}

#[tokio::test]
async fn wrong_codes_and_wrong_fields_are_told_apart() {
    let door = Door::open().await;
    let (challenge_id, code) = door.send(ME).await;
    let wrong = if code == "111111" { "222222" } else { "111111" };
    let tried = door.sign_in.sign_in(ME, &challenge_id, wrong, &Client::default()).await.unwrap();
    assert_eq!(tried, SignInOutcome::Rejected { reason: CodeRejection::Wrong, attempts_left: 4 });
    for (email, code, path) in [("li", "111111", "email"), (ME, "12", "code"), (ME, "", "code"), (ME, "abcdef", "code")]
    {
        let SignInOutcome::Invalid(fields) =
            door.sign_in.sign_in(email, &challenge_id, code, &Client::default()).await.unwrap()
        else {
            panic!("{email} {code}")
        };
        assert_eq!(fields[0].path, path);
    }
    let wide: String = code.chars().map(|c| char::from_u32(c as u32 - '0' as u32 + '０' as u32).unwrap()).collect();
    let entered = door.sign_in.sign_in(ME, &challenge_id, &format!(" {wide} "), &Client::default()).await.unwrap();
    assert!(matches!(entered, SignInOutcome::SignedIn { .. }), "full-width digits are digits");
    let again = door.sign_in.sign_in(ME, &challenge_id, &code, &Client::default()).await.unwrap();
    assert_eq!(again, SignInOutcome::Rejected { reason: CodeRejection::Expired, attempts_left: 0 });
    let invalid = door.sign_in.send_code("li@", None, Locale::Zh).await.unwrap();
    assert!(matches!(invalid, SendCodeOutcome::Invalid(_)));
}

#[tokio::test]
async fn a_mail_that_fails_is_told_and_may_be_asked_for_again_at_once() {
    let door = Door::open().await;
    door.mailer.fail_with(Some(MailError::Unreachable));
    assert_eq!(door.sign_in.send_code(ME, None, Locale::Zh).await.unwrap(), SendCodeOutcome::MailUnavailable);
    door.mailer.fail_with(None);
    door.enter(ME).await;
    let soon = door.sign_in.send_code(ME, None, Locale::Zh).await.unwrap();
    assert_eq!(soon, SendCodeOutcome::TooOften { retry_after_ms: 60_000 });
}

/// Never hands a mail over.
#[derive(Debug)]
struct SilentMailer;

#[async_trait::async_trait]
impl Mailer for SilentMailer {
    async fn send(&self, _mail: &Mail) -> Result<(), MailError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_mail_server_that_hangs_does_not_hold_up_the_answer() {
    let house = House::open().await;
    let sign_in = sign_in(&house, Arc::new(SilentMailer), &TaskTracker::new());
    tokio::time::pause();
    let sent = sign_in.send_code(ME, None, Locale::Zh).await.unwrap();
    assert!(matches!(sent, SendCodeOutcome::Sent { .. }), "{sent:?}");
}

/// Answers with these, one after the other and the last for ever, each after this time.
#[derive(Debug)]
struct MoodyMailer {
    takes: Duration,
    answers: std::sync::Mutex<Vec<Result<(), MailError>>>,
    asked: std::sync::atomic::AtomicUsize,
}

impl MoodyMailer {
    fn new(takes: Duration, answers: &[Result<(), MailError>]) -> Arc<Self> {
        let answers = answers.iter().rev().copied().collect::<Vec<_>>().into();
        Arc::new(Self { takes, answers, asked: 0.into() })
    }

    fn asked(&self) -> usize {
        self.asked.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl Mailer for MoodyMailer {
    async fn send(&self, _mail: &Mail) -> Result<(), MailError> {
        self.asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        tokio::time::sleep(self.takes).await;
        let mut answers = self.answers.lock().unwrap();
        let answer = answers.pop().unwrap();
        if answers.is_empty() {
            answers.push(answer);
        }
        answer
    }
}

#[tokio::test]
async fn a_mail_server_that_says_not_now_is_asked_again_and_one_that_says_no_is_not() {
    let [ok, not_now, no] = [Ok(()), Err(MailError::RefusedForNow), Err(MailError::Refused)];
    let (at_once, slowly) = (Duration::ZERO, Duration::from_secs(3));
    for (takes, answers, is_sent, asked) in [
        (at_once, &[not_now, ok][..], true, 2),
        (at_once, &[not_now], false, 2),
        (at_once, &[no, ok], false, 1),
        (slowly, &[not_now, not_now, ok], true, 3),
        (slowly, &[no, ok], true, 1),
        (slowly, &[not_now], true, 5),
    ] {
        let house = House::open().await;
        let mailer = MoodyMailer::new(takes, answers);
        let tasks = TaskTracker::new();
        let sign_in = sign_in(&house, mailer.clone(), &tasks);
        tokio::time::pause();
        let sent = sign_in.send_code(ME, None, Locale::Zh).await.unwrap();
        assert_eq!(matches!(sent, SendCodeOutcome::Sent { .. }), is_sent, "{takes:?} {answers:?}: {sent:?}");
        tasks.close();
        tasks.wait().await;
        tokio::time::resume();
        assert_eq!(mailer.asked(), asked, "{takes:?} {answers:?}");
        let arrived = answers.last() == Some(&ok) && asked >= answers.len();
        let again = sign_in.codes.issue(ME, None).await.unwrap();
        assert_eq!(
            matches!(again, Issuance::TooMany { .. }),
            arrived,
            "only a mail that arrived makes people wait: {takes:?} {answers:?}"
        );
    }
}

#[tokio::test]
async fn signing_out_ends_one_session_or_all() {
    let door = Door::open().await;
    let (_, first) = door.enter(ME).await;
    door.house.clock.advance_ms(60_000);
    let (_, second) = door.enter(ME).await;
    door.house.clock.advance_ms(60_000);
    let (_, third) = door.enter(ME).await;
    let elsewhere = sign_in(&door.house, door.mailer.clone(), &door.tasks);
    assert!(elsewhere.authenticate(&first.token).await.unwrap().is_some());

    let viewer = door.viewer(&first.token).await.unwrap();
    door.sign_in.sign_out(&viewer, false).await.unwrap();
    assert!(door.viewer(&first.token).await.is_none(), "at once here");
    assert!(!door.sign_in.still_valid(&viewer).await);
    assert!(door.viewer(&second.token).await.is_some());
    door.house.clock.advance_ms(5_000);
    assert!(elsewhere.authenticate(&first.token).await.unwrap().is_none(), "within five seconds elsewhere");

    let viewer = door.viewer(&second.token).await.unwrap();
    door.sign_in.sign_out(&viewer, true).await.unwrap();
    for token in [&second.token, &third.token] {
        assert!(door.viewer(token).await.is_none());
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one() {
    let door = Door::open().await;
    let (challenge_id, code) = door.send(ME).await;
    let client = Client { address: "::ffff:192.0.2.7".parse().ok(), user_agent: Some("Firefox".to_owned()) };
    let SignInOutcome::SignedIn { viewer, access, .. } =
        door.sign_in.sign_in(ME, &challenge_id, &code, &client).await.unwrap()
    else {
        panic!("signed in")
    };
    door.house.clock.advance_ms(60_000);
    let (_, second) = door.enter(ME).await;
    let sessions = door.sign_in.sessions(&viewer).await.unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(
        (sessions[1].address.as_deref(), sessions[1].user_agent.as_deref()),
        (Some("192.0.2.7"), Some("Firefox"))
    );

    let stranger = door.house.person("wang@example.com").await;
    assert!(door.sign_in.sessions(&stranger).await.unwrap().is_empty());
    let not_found = |ended: Result<(), ServiceError>| matches!(ended, Err(ServiceError::NotFound));
    assert!(not_found(door.sign_in.revoke_session(&stranger, &sessions[0].id).await));
    assert!(not_found(door.sign_in.revoke_session(&viewer, "another").await));
    door.sign_in.revoke_session(&viewer, &sessions[0].id).await.unwrap();
    assert!(door.viewer(&second.token).await.is_none());
    assert!(door.viewer(&access.token).await.is_some());
    assert_eq!(door.sign_in.sessions(&viewer).await.unwrap().len(), 1);
    assert!(not_found(door.sign_in.revoke_session(&viewer, &sessions[0].id).await), "ended once");
    door.house.clock.advance_ms(7 * DAY_MS);
    assert!(door.sign_in.sessions(&viewer).await.unwrap().is_empty(), "what has run out is not listed");
}

#[tokio::test]
async fn tokens_end_and_are_renewed_when_half_spent() {
    let door = Door::open().await;
    let (_, access) = door.enter(ME).await;
    let viewer = door.viewer(&access.token).await.unwrap();
    assert_eq!(door.sign_in.renew(&viewer).await.unwrap(), None);
    door.house.clock.advance_ms(7 * DAY_MS / 2);
    let renewed = door.sign_in.renew(&viewer).await.unwrap().expect("half is spent");
    door.house.clock.advance_ms(7 * DAY_MS / 2 + 5_000);
    assert!(door.viewer(&access.token).await.is_none(), "the old token has run out");
    assert!(!door.sign_in.still_valid(&viewer).await);
    let viewer = door.viewer(&renewed.token).await.expect("the session lives on");
    door.sign_in.sign_out(&viewer, false).await.unwrap();
    door.house.clock.advance_ms(3 * DAY_MS);
    assert_eq!(door.sign_in.renew(&viewer).await.unwrap(), None, "a session that was ended is not renewed");
}

#[tokio::test]
async fn a_token_without_its_session_is_nothing() {
    let door = Door::open().await;
    let (user, _) = door.enter(ME).await;
    let now_ms = door.house.clock.now_ms();
    let keys = TokenKeys::new(&[2; 32], None);
    let unknown = keys.issue(user.id, "0123456789abcdef0123456789abcdef", now_ms, now_ms + DAY_MS);
    assert!(door.viewer(&unknown).await.is_none());
    let (_, other) = door.enter("wang@example.com").await;
    let claims = keys.verify(&other.token, now_ms).unwrap();
    let stolen = keys.issue(user.id, &claims.sid, now_ms, now_ms + DAY_MS);
    assert!(door.viewer(&stolen).await.is_none(), "a session belongs to one user");
    assert!(door.viewer("").await.is_none());
    assert!(door.viewer("hb_").await.is_none());
}

async fn key(door: &Door, viewer: &Viewer, expires_at_ms: Option<i64>) -> (api_keys::Model, String) {
    let input = CreateApiKey { name: "ERP\nimport".to_owned(), scopes: vec![ApiScope::HistoryRead], expires_at_ms };
    match door.sign_in.create_api_key(viewer, input).await.unwrap() {
        CreateApiKeyOutcome::Created { key, secret } => (*key, secret),
        CreateApiKeyOutcome::Invalid(fields) => panic!("{fields:?}"),
    }
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_say_until_it_is_revoked() {
    let door = Door::open().await;
    let (_, access) = door.enter(ME).await;
    let me = door.viewer(&access.token).await.unwrap();
    let (row, secret) = key(&door, &me, None).await;
    assert!(secret.starts_with(&format!("{}_", row.prefix)) && row.name == "ERP import");
    let partner = door.viewer(&secret).await.expect("the key opens");
    assert_eq!(partner.user_id, me.user_id);
    assert!(partner.may(ApiScope::HistoryRead) && !partner.may(ApiScope::GenerationsWrite));
    assert!(matches!(door.sign_in.sign_out(&partner, true).await, Err(ServiceError::Forbidden)));
    let more = CreateApiKey { name: "x".to_owned(), scopes: vec![ApiScope::HistoryRead], expires_at_ms: None };
    assert!(matches!(door.sign_in.create_api_key(&partner, more).await, Err(ServiceError::Forbidden)));

    let wrong = format!("{}{}", &secret[..secret.len() - 1], if secret.ends_with('0') { '1' } else { '0' });
    assert!(door.viewer(&wrong).await.is_none());
    assert!(door.viewer(&format!("hb_{}_{}", "0".repeat(12), "0".repeat(64))).await.is_none());

    let stranger = door.house.person("wang@example.com").await;
    assert!(matches!(door.sign_in.revoke_api_key(&stranger, row.id).await, Err(ServiceError::NotFound)));
    let revoked = door.sign_in.revoke_api_key(&me, row.id).await.unwrap();
    assert!(matches!(revoked, RevokeApiKeyOutcome::Revoked(row) if row.revoked_at_ms.is_some()));
    assert!(door.viewer(&secret).await.is_none());
    assert!(!door.sign_in.still_valid(&partner).await);
    let twice = door.sign_in.revoke_api_key(&me, row.id).await.unwrap();
    assert!(matches!(twice, RevokeApiKeyOutcome::Invalid(_)));
}

#[tokio::test]
async fn a_key_ends_in_time_and_its_use_is_noted() {
    let door = Door::open().await;
    let me = door.house.person(ME).await;
    let now_ms = door.house.clock.now_ms();
    let (row, secret) = key(&door, &me, Some(now_ms + 60_000)).await;
    assert!(door.viewer(&secret).await.is_some());
    door.tasks.close();
    door.tasks.wait().await;
    let stored = api_keys::Entity::find_by_id(row.id).one(door.house.context.database.read()).await.unwrap().unwrap();
    assert_eq!(stored.last_used_at_ms, Some(now_ms));
    let plain = secret.rsplit('_').next().unwrap();
    assert!(!format!("{stored:?}").contains(plain), "the secret is stored nowhere");
    door.house.clock.advance_ms(60_000);
    assert!(door.viewer(&secret).await.is_none());
    let past = CreateApiKey { name: String::new(), scopes: Vec::new(), expires_at_ms: Some(now_ms) };
    let CreateApiKeyOutcome::Invalid(fields) = door.sign_in.create_api_key(&me, past).await.unwrap() else {
        panic!("all three fields are wrong")
    };
    assert_eq!(fields.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(), ["name", "scopes", "expiresAt"]);
}
