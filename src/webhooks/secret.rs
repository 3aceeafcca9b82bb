//! What messages are signed with. Unlike an API key it cannot be kept as a hash, because it is needed
//! for every message; so it is kept encrypted, and a stolen copy of the database signs nothing.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::ids::IdSource;

/// How every secret begins; secret scanners know it by this.
const PREFIX: &str = "whsec_";
const SECRET_BYTES: usize = 32;

/// A secret in the clear: in the answer that shows it once, and while a message is signed.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(***)")
    }
}

impl WebhookSecret {
    /// A new one.
    pub fn new(ids: &dyn IdSource) -> Self {
        let mut bytes = vec![0; SECRET_BYTES];
        ids.fill(&mut bytes);
        Self(bytes)
    }

    /// Reads `whsec_…`.
    pub fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text.strip_prefix(PREFIX)?).ok().map(Self)
    }

    /// As partners write it: `whsec_` and base64.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A stored secret cannot be read: it was sealed under a key that is gone, or the row was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored secret cannot be read; make a new one")]
pub struct SecretError;

/// Seals and opens secrets (AES-256-GCM), bound to their owner: a sealed secret that is copied into
/// another account's row does not open.
#[derive(Clone)]
pub struct WebhookSealer {
    current: [u8; 32],
    previous: Vec<[u8; 32]>,
}

impl std::fmt::Debug for WebhookSealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSealer")
    }
}

fn key(bytes: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).expect("32 bytes are a key of AES-256"))
}

fn owner(user_id: i64) -> Aad<[u8; 8]> {
    Aad::from(user_id.to_be_bytes())
}

impl WebhookSealer {
    /// Keys of 32 bytes ([`crate::config::DerivedKeys::webhooks`]): the current one seals, all open.
    pub const fn new(current: [u8; 32], previous: Vec<[u8; 32]>) -> Self {
        Self { current, previous }
    }

    /// The secret as it may be stored.
    #[expect(clippy::missing_panics_doc, reason = "sealing a few bytes does not fail")]
    pub fn seal(&self, secret: &WebhookSecret, user_id: i64, ids: &dyn IdSource) -> String {
        let mut nonce = [0; NONCE_LEN];
        ids.fill(&mut nonce);
        let mut sealed = secret.0.clone();
        key(&self.current)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), owner(user_id), &mut sealed)
            .expect("a secret is far shorter than what AES-GCM can seal");
        hex::encode([nonce.as_slice(), &sealed].concat())
    }

    /// The secret behind what was stored, and whether it was sealed under the current key.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn open(&self, sealed: &str, user_id: i64) -> Result<(WebhookSecret, bool), SecretError> {
        let bytes = hex::decode(sealed).map_err(|_| SecretError)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN).ok_or(SecretError)?;
        let open = |bytes: &[u8; 32]| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut plain = sealed.to_vec();
            let length = key(bytes).open_in_place(nonce, owner(user_id), &mut plain).ok()?.len();
            plain.truncate(length);
            Some(WebhookSecret(plain))
        };
        if let Some(secret) = open(&self.current) {
            return Ok((secret, true));
        }
        self.previous.iter().find_map(open).map(|secret| (secret, false)).ok_or(SecretError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SeededIds;

    #[test]
    fn a_sealed_secret_opens_for_its_owner_alone_and_outlives_one_change_of_keys() {
        let ids = SeededIds::new(1);
        let secret = WebhookSecret::new(&ids);
        assert_eq!(WebhookSecret::parse(&secret.reveal()).as_ref(), Some(&secret));
        assert!(!format!("{secret:?}").contains(&secret.reveal()));

        let old = WebhookSealer::new([1; 32], Vec::new());
        let sealed = old.seal(&secret, 7, &ids);
        assert_ne!(sealed, old.seal(&secret, 7, &ids), "no nonce is used twice");
        assert!(!sealed.contains(&hex::encode(secret.bytes())));
        assert_eq!(old.open(&sealed, 7), Ok((secret.clone(), true)));
        assert_eq!(old.open(&sealed, 8), Err(SecretError));
        assert_eq!(WebhookSealer::new([2; 32], vec![[1; 32]]).open(&sealed, 7), Ok((secret, false)));
        assert_eq!(WebhookSealer::new([2; 32], Vec::new()).open(&sealed, 7), Err(SecretError));
        for wrong in ["", "zz", &sealed[..20], &sealed[2..]] {
            assert_eq!(old.open(wrong, 7), Err(SecretError), "{wrong}");
        }
    }
}
