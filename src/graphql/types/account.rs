//! People and their keys.

use ::entity::{api_keys, sign_in_sessions, users};
use async_graphql::{Context, ID, Object, Result};

use super::{Generation, Wallet};
use crate::{
    graphql::{
        ApiError,
        api::api,
        enums::ApiKeyScope,
        ids::{self, NodeId},
        scalars::DateTime,
    },
    ledger,
    services::{Access, ApiScope, Viewer, history},
};

/// An account.
#[derive(Clone, Debug)]
pub struct User {
    /// Its row.
    pub row: users::Model,
    /// Who looks at it. Not the request's credentials: the answer to a sign-in is the first that
    /// this person sees, and the request came without any.
    pub viewer: Viewer,
}

/// An account.
#[Object]
impl User {
    /// Names this account.
    pub(super) async fn id(&self) -> ID {
        NodeId::User(self.row.id).to_id()
    }

    /// The address that codes are sent to.
    async fn email(&self) -> &str {
        &self.row.email
    }

    /// Credits to spend and credits held. API keys need the scope `billing:read`.
    async fn wallet(&self) -> Result<Wallet> {
        self.viewer.require(ApiScope::BillingRead).map_err(ApiError::from)?;
        Ok(ledger::Wallet::from(&self.row).into())
    }

    /// The generation that is queued or running, if there is one.
    async fn active_generation(&self, ctx: &Context<'_>) -> Result<Option<Generation>> {
        let active = history::active_generation(&api(ctx).services, &self.viewer).await.map_err(ApiError::from)?;
        Ok(active.map(Generation))
    }

    /// Where this person is signed in, newest first. Not for API keys.
    #[graphql(complexity = "10 * child_complexity + 1")]
    async fn sign_in_sessions(&self, ctx: &Context<'_>) -> Result<Vec<SignInSession>> {
        let sessions = api(ctx).sign_in.sessions(&self.viewer).await.map_err(ApiError::from)?;
        let own = match &self.viewer.access {
            Access::Session { session_id, .. } => session_id.as_str(),
            Access::ApiKey { .. } => "",
        };
        Ok(sessions.into_iter().map(|row| SignInSession { is_current: row.id == own, row }).collect())
    }

    /// From when on the account is erased, because its owner asked for it; null: it stays.
    async fn deletes_at(&self) -> Option<DateTime> {
        self.row.deletes_at_ms.map(DateTime::from_ms)
    }

    /// The first sign-in.
    async fn created_at(&self) -> DateTime {
        DateTime::from_ms(self.row.created_at_ms)
    }
}

/// A place where a person is signed in.
#[derive(Clone, Debug)]
pub struct SignInSession {
    /// Its row.
    pub row: sign_in_sessions::Model,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// A place where a person is signed in.
#[Object]
impl SignInSession {
    /// Names this sign-in for `revokeSignInSession`.
    async fn id(&self) -> ID {
        format!("{}{}", ids::SESSION_PREFIX, self.row.id).into()
    }

    /// Whether it is the one that asks.
    async fn is_current(&self) -> bool {
        self.is_current
    }

    /// When it began.
    async fn created_at(&self) -> DateTime {
        DateTime::from_ms(self.row.created_at_ms)
    }

    /// When it ends, unless it is used before.
    async fn expires_at(&self) -> DateTime {
        DateTime::from_ms(self.row.expires_at_ms)
    }

    /// The network address that signed in.
    async fn address(&self) -> Option<&str> {
        self.row.address.as_deref()
    }

    /// What the client called itself.
    async fn user_agent(&self) -> Option<&str> {
        self.row.user_agent.as_deref()
    }
}

/// A partner's key; its secret was shown once, when it was made.
#[derive(Clone, Debug)]
pub struct ApiKey(pub api_keys::Model);

/// A partner's key; its secret was shown once, when it was made.
#[Object]
impl ApiKey {
    /// Names this key.
    pub(super) async fn id(&self) -> ID {
        NodeId::ApiKey(self.0.id).to_id()
    }

    /// What its owner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The public beginning of the key, to recognise it by.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What it may do.
    async fn scopes(&self) -> Vec<ApiKeyScope> {
        self.0.scopes.split_whitespace().filter_map(ApiScope::from_code).map(ApiKeyScope::from).collect()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime::from_ms(self.0.created_at_ms)
    }

    /// The last moment it is good; null: until it is revoked.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at_ms.map(DateTime::from_ms)
    }

    /// When it was last used, to the minute.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at_ms.map(DateTime::from_ms)
    }

    /// When it was revoked.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at_ms.map(DateTime::from_ms)
    }
}
