//! Who is asking, and what the credentials allow.

use super::ServiceError;

/// What an API key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiScope {
    /// Read generations, posters and their events: `history:read`.
    HistoryRead,
    /// Make, cancel, retry, edit, rename and delete: `generations:write`.
    GenerationsWrite,
    /// Read balance, orders and ledger: `billing:read`.
    BillingRead,
}

impl ApiScope {
    /// Every scope, in the API's order.
    pub const ALL: [Self; 3] = [Self::HistoryRead, Self::GenerationsWrite, Self::BillingRead];

    /// The scope as partners write it and as it is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::HistoryRead => "history:read",
            Self::GenerationsWrite => "generations:write",
            Self::BillingRead => "billing:read",
        }
    }

    /// Reads a stored scope.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

/// How the viewer got in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// A signed-in person: everything that is theirs.
    Session {
        /// The `sign_in_sessions` row; revoking it ends the access.
        session_id: String,
        /// Last moment of the token, in milliseconds since the epoch.
        expires_at_ms: i64,
    },
    /// A partner's key: what its scopes say.
    ApiKey {
        /// The `api_keys` row; revoking it ends the access.
        api_key_id: i64,
        /// What it may do.
        scopes: Vec<ApiScope>,
        /// Last moment of the key, if it has one, in milliseconds since the epoch.
        expires_at_ms: Option<i64>,
    },
}

/// An authenticated caller. Every use case takes one first, so that none can forget to ask whose
/// data it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// `users.id`.
    pub user_id: i64,
    /// How they got in.
    pub access: Access,
}

impl Viewer {
    /// A signed-in person.
    pub fn session(user_id: i64, session_id: impl Into<String>, expires_at_ms: i64) -> Self {
        Self { user_id, access: Access::Session { session_id: session_id.into(), expires_at_ms } }
    }

    /// Whether the credentials cover the scope; a person's always do.
    pub fn may(&self, scope: ApiScope) -> bool {
        match &self.access {
            Access::Session { .. } => true,
            Access::ApiKey { scopes, .. } => scopes.contains(&scope),
        }
    }

    /// Goes on only when the credentials cover the scope.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn require(&self, scope: ApiScope) -> Result<(), ServiceError> {
        if self.may(scope) { Ok(()) } else { Err(ServiceError::Forbidden) }
    }

    /// Goes on only for a signed-in person: money, keys and sign-out are not for API keys.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn require_person(&self) -> Result<(), ServiceError> {
        match self.access {
            Access::Session { .. } => Ok(()),
            Access::ApiKey { .. } => Err(ServiceError::Forbidden),
        }
    }
}
