//! Sessions: made by a code, carried by a token, ended by a row.

use std::net::IpAddr;

use ::entity::{sign_in_sessions, users};
use moka::sync::Cache;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{Redemption, SignIn};
use crate::{
    database::{Constraint, violated},
    domain::validation::{self, Refusal},
    events::Topic,
    ledger,
    services::{
        Access, FieldRefusal, ServiceError, Viewer,
        audit_log::{AuditLine, append_in_txn},
    },
};

/// How long a session (or key) is believed without asking the database again: the longest time that
/// a revocation made by another process takes to arrive.
pub(super) const BELIEVED_MS: i64 = 2_500;

/// Rows kept in memory.
const CACHED_MAX: u64 = 100_000;

/// A token and when it ends.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// For the cookie or `Authorization: Bearer …`.
    pub token: String,
    /// In milliseconds since the epoch.
    pub expires_at_ms: i64,
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessToken").field("expires_at_ms", &self.expires_at_ms).finish_non_exhaustive()
    }
}

/// Why a code was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRejection {
    /// Not the code that was sent.
    Wrong,
    /// Too old, used, replaced, or asked for by another browser.
    Expired,
    /// Too many wrong tries.
    TooManyAttempts,
}

/// What became of a try to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInOutcome {
    /// Signed in; the account may be new.
    SignedIn {
        /// Whose account.
        user: Box<users::Model>,
        /// The same person as the caller of what follows.
        viewer: Viewer,
        /// The way back in.
        access: AccessToken,
    },
    /// The code was refused.
    Rejected {
        /// Why.
        reason: CodeRejection,
        /// Tries left with this code.
        attempts_left: u32,
    },
    /// Fields that cannot be taken; costs no try.
    Invalid(Vec<FieldRefusal>),
}

/// Who asks for a session, as far as the network tells.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The network address.
    pub address: Option<IpAddr>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

#[derive(Clone, Copy, Debug)]
struct CachedSession {
    user_id: i64,
    expires_at_ms: i64,
    is_revoked: bool,
    read_at_ms: i64,
}

/// Sessions read lately; its own type because the cache has no useful `Debug`.
#[derive(Clone)]
pub(super) struct SessionCache(Cache<String, CachedSession>);

impl Default for SessionCache {
    fn default() -> Self {
        Self(Cache::new(CACHED_MAX))
    }
}

impl std::fmt::Debug for SessionCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionCache")
    }
}

impl SignIn {
    /// Signs in with a code. The account, its welcome credits, the session and the audit line are
    /// one transaction; the code is used up even if that fails.
    ///
    /// # Errors
    /// `Database` or `Ledger`; `Unavailable` when the store of codes is away.
    pub async fn sign_in(
        &self,
        email: &str,
        challenge_id: &str,
        code: &str,
        client: &Client,
    ) -> Result<SignInOutcome, ServiceError> {
        let (email, code) = match (validation::email(email), digits(code)) {
            (Ok(email), Ok(code)) => (email, code),
            (email, code) => {
                let refused = [("email", email.err()), ("code", code.err())];
                let refused = refused.into_iter().filter_map(|(path, refusal)| Some(FieldRefusal::new(path, refusal?)));
                return Ok(SignInOutcome::Invalid(refused.collect()));
            }
        };
        let rejected = |reason, attempts_left| Ok(SignInOutcome::Rejected { reason, attempts_left });
        match self.codes.redeem(&email, challenge_id, &code).await? {
            Redemption::Accepted => {}
            Redemption::Wrong { attempts_left } => return rejected(CodeRejection::Wrong, attempts_left),
            Redemption::Expired => return rejected(CodeRejection::Expired, 0),
            Redemption::TooManyAttempts => return rejected(CodeRejection::TooManyAttempts, 0),
        }
        let (user, viewer, access) = match self.open_session(&email, client).await {
            // On PostgreSQL two first sign-ins of one address can meet; the second finds the account.
            Err(ServiceError::Database(error)) if violated(&error) == Some(Constraint::UserEmail) => {
                self.open_session(&email, client).await?
            }
            opened => opened?,
        };
        metrics::counter!("haibao_sign_ins_total").increment(1);
        Ok(SignInOutcome::SignedIn { user: Box::new(user), viewer, access })
    }

    async fn open_session(
        &self,
        email: &str,
        client: &Client,
    ) -> Result<(users::Model, Viewer, AccessToken), ServiceError> {
        let now_ms = self.context.clock.now_ms();
        let expires_at_ms = now_ms + self.policy.token_lifetime_ms;
        let session_id = self.context.ids.token();
        let txn = self.context.database.write().await?;
        let user = self.find_or_make_user(&txn, email, now_ms).await?;
        let session = sign_in_sessions::ActiveModel {
            id: Set(session_id.clone()),
            user_id: Set(user.id),
            created_at_ms: Set(now_ms),
            expires_at_ms: Set(expires_at_ms),
            revoked_at_ms: Set(None),
            address: Set(client.address.map(|address| address.to_canonical().to_string())),
            user_agent: Set(client.user_agent.clone()),
        };
        sign_in_sessions::Entity::insert(session).exec_without_returning(&txn).await?;
        let line = AuditLine {
            actor: format!("user:{}", user.id),
            action: "sign_in",
            object: format!("user:{}", user.id),
            outcome: "ok",
            address: client.address,
        };
        append_in_txn(&txn, line, now_ms).await?;
        txn.commit().await?;
        let token = self.tokens.issue(user.id, &session_id, now_ms, expires_at_ms);
        let viewer = Viewer::session(user.id, session_id, expires_at_ms);
        Ok((user, viewer, AccessToken { token, expires_at_ms }))
    }

    async fn find_or_make_user(
        &self,
        txn: &DatabaseTransaction,
        email: &str,
        now_ms: i64,
    ) -> Result<users::Model, ServiceError> {
        if let Some(user) = users::Entity::find().filter(users::Column::Email.eq(email)).one(txn).await? {
            return Ok(user);
        }
        let user = users::ActiveModel {
            id: NotSet,
            email: Set(email.to_owned()),
            credits: Set(0),
            frozen: Set(0),
            wallet_version: Set(0),
            created_at_ms: Set(now_ms),
            deletes_at_ms: Set(None),
            erased_at_ms: Set(None),
        };
        let mut user = user.insert(txn).await?;
        if self.policy.welcome_credits > 0 {
            let key = format!("welcome:user:{}", user.id);
            let wallet = ledger::grant_in_txn(txn, user.id, self.policy.welcome_credits, key, None, now_ms).await?;
            (user.credits, user.frozen, user.wallet_version) = (wallet.credits, wallet.frozen, wallet.version);
        }
        metrics::counter!("haibao_accounts_total").increment(1);
        Ok(user)
    }

    /// Who a token or API key belongs to; nobody for a wrong, expired or revoked one.
    ///
    /// # Errors
    /// `Database`: the token may be good, it could not be checked.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Viewer>, ServiceError> {
        if token.starts_with(super::api_keys::PREFIX) {
            return self.authenticate_key(token).await;
        }
        let Ok(claims) = self.tokens.verify(token, self.context.clock.now_ms()) else { return Ok(None) };
        let Ok(user_id) = claims.user_id() else { return Ok(None) };
        let is_live = self.session_is_live(&claims.sid, user_id).await?;
        Ok(is_live.then(|| Viewer::session(user_id, claims.sid, claims.exp.saturating_mul(1000))))
    }

    /// Whether a viewer accepted earlier may still speak: the token or key has not run out and was
    /// not revoked more than five seconds ago. Answers from memory most of the time, so that open
    /// sockets can ask often; a database that does not answer is no reason to end them.
    pub async fn still_valid(&self, viewer: &Viewer) -> bool {
        let now_ms = self.context.clock.now_ms();
        let checked = match &viewer.access {
            Access::Session { session_id, expires_at_ms } if *expires_at_ms > now_ms => {
                self.session_is_live(session_id, viewer.user_id).await
            }
            Access::Session { .. } => Ok(false),
            Access::ApiKey { api_key_id, .. } => self.key_is_live(*api_key_id).await,
        };
        checked.unwrap_or_else(|error| {
            tracing::warn!(%error, "a session could not be checked again");
            true
        })
    }

    async fn session_is_live(&self, session_id: &str, user_id: i64) -> Result<bool, ServiceError> {
        let now_ms = self.context.clock.now_ms();
        let is_live = |session: &CachedSession| {
            session.user_id == user_id && !session.is_revoked && session.expires_at_ms > now_ms
        };
        if let Some(session) = self.sessions.0.get(session_id)
            && (0..BELIEVED_MS).contains(&(now_ms - session.read_at_ms))
        {
            return Ok(is_live(&session));
        }
        let row = sign_in_sessions::Entity::find_by_id(session_id).one(self.context.database.read()).await?;
        let Some(row) = row else { return Ok(false) };
        let session = CachedSession {
            user_id: row.user_id,
            expires_at_ms: row.expires_at_ms,
            is_revoked: row.revoked_at_ms.is_some(),
            read_at_ms: now_ms,
        };
        self.sessions.0.insert(row.id, session);
        Ok(is_live(&session))
    }

    /// A fresh token when half of the session is spent, else nothing: somebody who keeps coming back
    /// is never signed out.
    ///
    /// # Errors
    /// `Database`.
    pub async fn renew(&self, viewer: &Viewer) -> Result<Option<AccessToken>, ServiceError> {
        let Access::Session { session_id, expires_at_ms } = &viewer.access else { return Ok(None) };
        let now_ms = self.context.clock.now_ms();
        if expires_at_ms - now_ms > self.policy.token_lifetime_ms / 2 {
            return Ok(None);
        }
        let expires_at_ms = now_ms + self.policy.token_lifetime_ms;
        let txn = self.context.database.write().await?;
        let extended = sign_in_sessions::Entity::update_many()
            .col_expr(sign_in_sessions::Column::ExpiresAtMs, Expr::value(expires_at_ms))
            .filter(sign_in_sessions::Column::Id.eq(session_id))
            .filter(sign_in_sessions::Column::UserId.eq(viewer.user_id))
            .filter(sign_in_sessions::Column::RevokedAtMs.is_null())
            .exec(&txn)
            .await?;
        txn.commit().await?;
        self.sessions.0.invalidate(session_id);
        let token = || self.tokens.issue(viewer.user_id, session_id, now_ms, expires_at_ms);
        Ok((extended.rows_affected == 1).then(|| AccessToken { token: token(), expires_at_ms }))
    }

    /// Ends this session, or all of the viewer's. Here it takes effect at once, in other processes
    /// within five seconds.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `Database`.
    pub async fn sign_out(&self, viewer: &Viewer, everywhere: bool) -> Result<(), ServiceError> {
        viewer.require_person()?;
        let Access::Session { session_id, .. } = &viewer.access else { return Err(ServiceError::Forbidden) };
        let now_ms = self.context.clock.now_ms();
        let txn = self.context.database.write().await?;
        let mut mine = sign_in_sessions::Entity::find()
            .filter(sign_in_sessions::Column::UserId.eq(viewer.user_id))
            .filter(sign_in_sessions::Column::RevokedAtMs.is_null());
        if !everywhere {
            mine = mine.filter(sign_in_sessions::Column::Id.eq(session_id));
        }
        let ids: Vec<String> = mine.select_only().column(sign_in_sessions::Column::Id).into_tuple().all(&txn).await?;
        sign_in_sessions::Entity::update_many()
            .col_expr(sign_in_sessions::Column::RevokedAtMs, Expr::value(now_ms))
            .filter(sign_in_sessions::Column::Id.is_in(ids.iter().map(String::as_str)))
            .exec(&txn)
            .await?;
        let line = AuditLine {
            actor: format!("user:{}", viewer.user_id),
            action: if everywhere { "sign_out_everywhere" } else { "sign_out" },
            object: format!("user:{}", viewer.user_id),
            outcome: "ok",
            address: None,
        };
        append_in_txn(&txn, line, now_ms).await?;
        txn.commit().await?;
        for id in &ids {
            self.sessions.0.invalidate(id);
        }
        // Open subscriptions of this person look at their rights again when they wake.
        self.context.doorbell.ring(&Topic::Wallet(viewer.user_id));
        Ok(())
    }
}

impl SignIn {
    /// The viewer's live sessions, newest first.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `Database`.
    pub async fn sessions(&self, viewer: &Viewer) -> Result<Vec<sign_in_sessions::Model>, ServiceError> {
        viewer.require_person()?;
        let live = sign_in_sessions::Entity::find()
            .filter(sign_in_sessions::Column::UserId.eq(viewer.user_id))
            .filter(sign_in_sessions::Column::RevokedAtMs.is_null())
            .filter(sign_in_sessions::Column::ExpiresAtMs.gt(self.context.clock.now_ms()))
            .order_by_desc(sign_in_sessions::Column::CreatedAtMs)
            .order_by_asc(sign_in_sessions::Column::Id);
        Ok(live.all(self.context.database.read()).await?)
    }

    /// Ends one of the viewer's sessions: here at once, in other processes within five seconds.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `NotFound` when it is not live, `Database`.
    pub async fn revoke_session(&self, viewer: &Viewer, session_id: &str) -> Result<(), ServiceError> {
        viewer.require_person()?;
        let now_ms = self.context.clock.now_ms();
        let txn = self.context.database.write().await?;
        let changed = sign_in_sessions::Entity::update_many()
            .col_expr(sign_in_sessions::Column::RevokedAtMs, Expr::value(now_ms))
            .filter(sign_in_sessions::Column::Id.eq(session_id))
            .filter(sign_in_sessions::Column::UserId.eq(viewer.user_id))
            .filter(sign_in_sessions::Column::RevokedAtMs.is_null())
            .exec(&txn)
            .await?;
        if changed.rows_affected == 0 {
            return Err(ServiceError::NotFound);
        }
        let line = AuditLine {
            actor: format!("user:{}", viewer.user_id),
            action: "session.revoked",
            object: format!("user:{}", viewer.user_id),
            outcome: "ok",
            address: None,
        };
        append_in_txn(&txn, line, now_ms).await?;
        txn.commit().await?;
        self.sessions.0.invalidate(session_id);
        self.context.doorbell.ring(&Topic::Wallet(viewer.user_id));
        Ok(())
    }
}

/// The six digits as typed: spaces and full-width forms are what phones and input methods add.
fn digits(code: &str) -> Result<String, Refusal> {
    let code: String = code
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
            other => other,
        })
        .collect();
    match code.len() {
        0 => Err(Refusal::Required),
        6 if code.bytes().all(|b| b.is_ascii_digit()) => Ok(code),
        _ => Err(Refusal::Malformed),
    }
}
