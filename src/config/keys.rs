//! One secret, many keys: what signs tokens never signs links.

use std::{io, path::Path};

use ring::hkdf;
use secrecy::{ExposeSecret, SecretString};

use super::{ConfigError, Environment, Settings};
use crate::ids::IdSource;

/// The fewest bytes a token secret may have.
pub const TOKEN_SECRET_BYTES_MIN: usize = 32;

/// The file below the data folder that keeps the secret made in development.
pub const SECRET_FILE_NAME: &str = "secret.key";

/// Keys of 32 bytes for separate purposes, all derived from the one token secret (HKDF-SHA256, RFC
/// 5869), so that a signature made for one purpose is worth nothing for another.
#[derive(Clone)]
pub struct DerivedKeys {
    /// Signs access tokens.
    pub tokens: [u8; 32],
    /// Signs links to pictures.
    pub signed_urls: [u8; 32],
    /// Hashes e-mail codes.
    pub codes: [u8; 32],
    /// Signs the sandbox payment's fields.
    pub sandbox_payments: [u8; 32],
    /// Encrypts what web hooks are signed with.
    pub webhooks: [u8; 32],
}

impl std::fmt::Debug for DerivedKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DerivedKeys")
    }
}

impl DerivedKeys {
    /// Derives all keys.
    pub fn new(token_secret: &SecretString) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"haibao/1").extract(token_secret.expose_secret().as_bytes());
        Self {
            tokens: derive(&root, b"tokens"),
            signed_urls: derive(&root, b"signed-urls"),
            codes: derive(&root, b"codes"),
            sandbox_payments: derive(&root, b"sandbox-payments"),
            webhooks: derive(&root, b"webhooks"),
        }
    }
}

fn derive(root: &hkdf::Prk, label: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    root.expand(&[label], hkdf::HKDF_SHA256)
        .and_then(|output| output.fill(&mut key))
        .expect("32 bytes are exactly one block of HKDF-SHA256");
    key
}

impl Settings {
    /// The token secret: the configured one or, in development, the one kept below the data folder,
    /// made at the first start so that tokens outlive a restart.
    ///
    /// `write_private` puts bytes into a new file that only this user can read; it may find that
    /// another process was faster, so the file is read again afterwards.
    ///
    /// # Errors
    /// No secret in production; a secret file that cannot be read, written, or is too short.
    pub fn token_secret(
        &self,
        ids: &dyn IdSource,
        write_private: impl FnOnce(&Path, &[u8]) -> io::Result<()>,
    ) -> Result<SecretString, ConfigError> {
        const KEY: &str = "sign_in.token_secret";
        if let Some(secret) = &self.sign_in.token_secret {
            return Ok(secret.clone());
        }
        if self.environment == Environment::Production {
            return Err(ConfigError::invalid(KEY, "must be set in production"));
        }
        let path = self.data_dir.join(SECRET_FILE_NAME);
        let failed = |source| ConfigError::Unreadable { key: KEY.to_owned(), path: path.clone(), source };
        if !path.exists() {
            let mut bytes = [0; 32];
            ids.fill(&mut bytes);
            write_private(&path, hex::encode(bytes).as_bytes()).map_err(failed)?;
        }
        let secret = std::fs::read_to_string(&path).map_err(failed)?.trim().to_owned();
        if secret.len() < TOKEN_SECRET_BYTES_MIN {
            let problem = format!("{} holds fewer than {TOKEN_SECRET_BYTES_MIN} bytes; delete it", path.display());
            return Err(ConfigError::invalid(KEY, problem));
        }
        Ok(SecretString::from(secret))
    }
}
