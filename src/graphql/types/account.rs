//! People and their keys.

use ::entity::{api_keys, users};
use async_graphql::{Context, ID, Object, Result};

use super::{Generation, Wallet};
use crate::{
    graphql::{ApiError, api::api, enums::ApiKeyScope, ids::NodeId, scalars::DateTime},
    ledger,
    services::{ApiScope, Viewer, history},
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

    /// The first sign-in.
    async fn created_at(&self) -> DateTime {
        DateTime::from_ms(self.row.created_at_ms)
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
