//! Who is asking: the token a request carries, and the seam to those who can judge it.

use std::{fmt, sync::Arc};

use axum::http::{HeaderMap, header};

pub use crate::graphql::SESSION_COOKIE as COOKIE_NAME;

/// A token as it came with a request. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token's text, for the authenticator alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// What the headers say about the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// No token at all.
    Absent,
    /// A token, still to be judged.
    Present(Token),
    /// An `Authorization` header that holds no bearer token.
    Malformed,
}

impl Credential {
    /// Reads `Authorization`, else the cookie. Basic credentials are those of a proxy before us and
    /// are passed over.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(header::AUTHORIZATION) else { return Self::from_cookie(headers) };
        let Ok(value) = value.to_str() else { return Self::Malformed };
        match value.split_once(' ') {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("basic") => Self::from_cookie(headers),
            _ => Self::from_bearer(value),
        }
    }

    /// Reads the text `Bearer <token>`.
    pub fn from_bearer(value: &str) -> Self {
        match value.trim().split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
                Self::Present(Token(token.trim().to_owned()))
            }
            _ => Self::Malformed,
        }
    }

    fn from_cookie(headers: &HeaderMap) -> Self {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, value)| *name == COOKIE_NAME && !value.is_empty())
            .map_or(Self::Absent, |(_, value)| Self::Present(Token(value.to_owned())))
    }
}

/// A token was not accepted, or could not be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// Wrong, expired or revoked.
    #[error("the token is not valid")]
    Rejected,
    /// The session store did not answer; the token may be good.
    #[error("the token cannot be checked right now")]
    Unavailable,
}

/// Judges tokens. Implemented over the sign-in service; tests bring their own.
#[async_trait::async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Who the viewer is, as the resolvers see it.
    type Viewer: Clone + Send + Sync + 'static;

    /// Accepts an access token or an API key.
    ///
    /// # Errors
    /// `Rejected` or `Unavailable`.
    async fn authenticate(&self, token: &str) -> Result<Self::Viewer, AuthenticationError>;

    /// Whether a viewer accepted earlier still may speak: not expired, not signed out, not revoked.
    /// Asked every few seconds for each open socket, so it should answer from a short-lived cache.
    async fn still_valid(&self, viewer: &Self::Viewer) -> bool;

    /// The user's id: sockets are counted by it.
    fn user_id(&self, viewer: &Self::Viewer) -> i64;

    /// A fresh token for the cookie of a browser whose sign-in is half spent, and when it ends, in
    /// milliseconds since the epoch; usually nothing.
    async fn renew(&self, _viewer: &Self::Viewer) -> Option<(String, i64)> {
        None
    }
}

/// Resolves a credential into a viewer, if there is one.
///
/// # Errors
/// `Rejected` for a malformed header or a bad token, `Unavailable` when it cannot be checked.
pub async fn viewer_of<A: Authenticator + ?Sized>(
    authenticator: &Arc<A>,
    credential: &Credential,
) -> Result<Option<A::Viewer>, AuthenticationError> {
    match credential {
        Credential::Absent => Ok(None),
        Credential::Malformed => Err(AuthenticationError::Rejected),
        Credential::Present(token) => authenticator.authenticate(token.expose()).await.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(pairs: &[(header::HeaderName, &str)]) -> Credential {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value.parse().expect("a header value"));
        }
        Credential::from_headers(&headers)
    }

    #[test]
    fn bearer_wins_over_cookie_and_foreign_schemes_are_refused() {
        let present = |token: &str| Credential::Present(Token(token.to_owned()));
        assert_eq!(credential(&[]), Credential::Absent);
        assert_eq!(credential(&[(header::AUTHORIZATION, "Bearer abc")]), present("abc"));
        assert_eq!(credential(&[(header::AUTHORIZATION, "bearer  abc ")]), present("abc"));
        for wrong in ["abc", "Bearer", "Bearer ", "Token abc"] {
            assert_eq!(credential(&[(header::AUTHORIZATION, wrong)]), Credential::Malformed, "{wrong}");
        }
        let cookie = (header::COOKIE, "theme=dark; haibao_session=xyz; other=1");
        assert_eq!(credential(std::slice::from_ref(&cookie)), present("xyz"));
        assert_eq!(credential(&[(header::AUTHORIZATION, "Bearer abc"), cookie.clone()]), present("abc"));
        assert_eq!(credential(&[(header::AUTHORIZATION, "Basic dXNlcjpwYXNz"), cookie]), present("xyz"));
        assert_eq!(credential(&[(header::COOKIE, "xhaibao_session=1; haibao_session=")]), Credential::Absent);
    }

    #[test]
    fn a_token_never_shows_in_debug() {
        assert!(!format!("{:?}", credential(&[(header::AUTHORIZATION, "Bearer s3cret")])).contains("s3cret"));
    }
}
