//! Access tokens: signed statements of who signed in, and until when.

use std::sync::Once;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use ring::digest;
use serde::{Deserialize, Serialize};

use super::hs256;

const ISSUER: &str = "haibao";
const AUDIENCE: &str = "haibao";
/// How far two machines' clocks may differ.
const LEEWAY_MS: i64 = 5_000;

/// Installs the cryptography of TLS and of tokens. Call it first thing in `main` and at the start of
/// every test binary; the second call does nothing.
pub fn init_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that somebody else installed one already, which is just as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let _ = hs256::PROVIDER.install_default();
    });
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user's row id.
    pub sub: String,
    /// The sign-in session: revoking its row ends the token.
    pub sid: String,
    /// When it was made, in seconds since the epoch.
    pub iat: i64,
    /// From when on it is worthless, in seconds since the epoch.
    pub exp: i64,
    iss: String,
    aud: String,
    /// Ours have none; one that is there is kept to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

impl Claims {
    /// The user's row id as a number.
    ///
    /// # Errors
    /// `Malformed` when it is none.
    pub fn user_id(&self) -> Result<i64, TokenError> {
        self.sub.parse().map_err(|_| TokenError::Malformed)
    }
}

/// Why a token is not accepted. Clients are told `UNAUTHENTICATED` for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of ours: wrong form, algorithm, key, issuer, audience or signature.
    #[error("not a token of this service")]
    Malformed,
    /// It was good once.
    #[error("the token has expired")]
    Expired,
}

/// The keys that tokens are signed and read with.
///
/// The key's id (`kid`) is in every token, so the secret can be changed without signing anybody out:
/// the previous key goes on reading what it signed.
#[derive(Clone)]
pub struct TokenKeys {
    current: Key,
    previous: Option<Key>,
}

#[derive(Clone)]
struct Key {
    id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Key {
    fn new(bytes: &[u8; 32]) -> Self {
        // A hash of the key names it without telling it.
        let id = hex::encode(&digest::digest(&digest::SHA256, bytes).as_ref()[..4]);
        Self { id, encoding: EncodingKey::from_secret(bytes), decoding: DecodingKey::from_secret(bytes) }
    }
}

impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenKeys").field("current", &self.current.id).finish_non_exhaustive()
    }
}

impl TokenKeys {
    /// Keys of 32 bytes ([`crate::config::DerivedKeys::tokens`]): the current one, and the one before.
    pub fn new(current: &[u8; 32], previous: Option<&[u8; 32]>) -> Self {
        init_crypto();
        Self { current: Key::new(current), previous: previous.map(Key::new) }
    }

    /// Signs a token for this user and session.
    #[expect(clippy::missing_panics_doc, reason = "signing plain JSON with an installed algorithm does not fail")]
    pub fn issue(&self, user_id: i64, session_id: &str, now_ms: i64, expires_at_ms: i64) -> String {
        let claims = Claims {
            sub: user_id.to_string(),
            sid: session_id.to_owned(),
            iat: now_ms.div_euclid(1000),
            exp: expires_at_ms.div_euclid(1000),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            nbf: None,
        };
        let header = Header { kid: Some(self.current.id.clone()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims, &self.current.encoding).expect("HS256 is installed and the claims are plain JSON")
    }

    /// Reads a token; the session behind it is still to be checked.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(&self, token: &str, now_ms: i64) -> Result<Claims, TokenError> {
        let kid = decode_header(token).ok().and_then(|header| header.kid).ok_or(TokenError::Malformed)?;
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        let key = keys.find(|key| key.id == kid).ok_or(TokenError::Malformed)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library would ask the machine's clock; ours is a parameter and is asked below.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &key.decoding, &validation).map_err(|_| TokenError::Malformed)?.claims;
        let not_before = claims.nbf.unwrap_or(claims.iat).max(claims.iat);
        if not_before.saturating_mul(1000) > now_ms + LEEWAY_MS {
            return Err(TokenError::Malformed);
        }
        if claims.exp.saturating_mul(1000) <= now_ms - LEEWAY_MS {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use ring::hmac;
    use serde_json::{Value, json};

    use super::*;

    const NOW_MS: i64 = 1_767_225_600_000;
    const WEEK_MS: i64 = 7 * 86_400_000;
    const KEY: [u8; 32] = [7; 32];

    fn keys() -> TokenKeys {
        TokenKeys::new(&KEY, None)
    }

    /// A token put together by hand, so that every part can be wrong.
    fn forged(header: &Value, claims: &Value, key: &[u8]) -> String {
        let text =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    fn header() -> Value {
        json!({ "typ": "JWT", "alg": "HS256", "kid": keys().current.id })
    }

    fn claims() -> Value {
        let now = NOW_MS / 1000;
        json!({ "sub": "7", "sid": "s", "iat": now, "exp": now + 60, "iss": "haibao", "aud": "haibao" })
    }

    #[test]
    fn a_token_says_who_until_when() {
        let token = keys().issue(7, "abc", NOW_MS, NOW_MS + WEEK_MS);
        let read = keys().verify(&token, NOW_MS).unwrap();
        assert_eq!((read.user_id(), read.sid.as_str()), (Ok(7), "abc"));
        assert!(keys().verify(&token, NOW_MS + WEEK_MS + 4_999).is_ok());
        assert_eq!(keys().verify(&token, NOW_MS + WEEK_MS + 5_000), Err(TokenError::Expired));
        assert_eq!(keys().verify(&forged(&header(), &claims(), &KEY), NOW_MS).unwrap().sub, "7", "the forge works");
    }

    #[test]
    fn nothing_else_is_accepted() {
        let with = |base: Value, name: &str, value: Value| {
            let mut changed = base;
            changed[name] = value;
            changed
        };
        let without = |name: &str| {
            let mut changed = claims();
            changed.as_object_mut().unwrap().remove(name);
            changed
        };
        let wrong = [
            forged(&header(), &claims(), &[8; 32]),
            forged(&with(header(), "kid", "other".into()), &claims(), &KEY),
            forged(&json!({ "typ": "JWT", "alg": "HS256" }), &claims(), &KEY),
            forged(&with(header(), "alg", "none".into()), &claims(), &KEY),
            forged(&with(header(), "alg", "HS512".into()), &claims(), &KEY),
            forged(&with(header(), "alg", "RS256".into()), &claims(), &KEY),
            forged(&header(), &with(claims(), "iss", "else".into()), &KEY),
            forged(&header(), &with(claims(), "aud", "else".into()), &KEY),
            forged(&header(), &with(claims(), "iat", json!(NOW_MS / 1000 + 3600)), &KEY),
            forged(&header(), &with(claims(), "nbf", json!(NOW_MS / 1000 + 3600)), &KEY),
            forged(&header(), &without("exp"), &KEY),
            forged(&header(), &without("aud"), &KEY),
            forged(&header(), &without("iss"), &KEY),
            forged(&header(), &without("sid"), &KEY),
            String::new(),
            "a.b.c".to_owned(),
        ];
        for token in wrong {
            assert_eq!(keys().verify(&token, NOW_MS), Err(TokenError::Malformed), "{token}");
        }
        let token = keys().issue(7, "abc", NOW_MS, NOW_MS + WEEK_MS);
        for end in 0..token.len() {
            assert!(keys().verify(&token[..end], NOW_MS).is_err(), "cut after {end}");
        }
        let unsigned = forged(&with(header(), "alg", "none".into()), &claims(), &KEY);
        let unsigned = unsigned.rsplit_once('.').map(|(text, _)| format!("{text}.")).unwrap();
        assert_eq!(keys().verify(&unsigned, NOW_MS), Err(TokenError::Malformed));
    }

    #[test]
    fn changing_the_secret_signs_nobody_out() {
        let token = keys().issue(7, "abc", NOW_MS, NOW_MS + WEEK_MS);
        let rotated = TokenKeys::new(&[9; 32], Some(&KEY));
        assert!(rotated.verify(&token, NOW_MS).is_ok());
        assert!(rotated.verify(&rotated.issue(7, "abc", NOW_MS, NOW_MS + WEEK_MS), NOW_MS).is_ok());
        assert_eq!(TokenKeys::new(&[9; 32], None).verify(&token, NOW_MS), Err(TokenError::Malformed));
    }

    #[test]
    fn a_token_made_elsewhere_verifies_the_same_way() {
        // The sample token known from the standard's tutorials, made by other software.
        init_crypto();
        let sample = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        assert!(decode::<Value>(sample, &DecodingKey::from_secret(b"your-256-bit-secret"), &validation).is_ok());
    }
}
