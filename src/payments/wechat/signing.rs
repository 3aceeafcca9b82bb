//! What WeChat Pay v3 signs and encrypts.

use std::{collections::HashMap, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::Value;

use crate::payments::{NotifyError, SetupError, keys::VerifyingKey};

/// How far a message's time may be from ours, in either direction, in seconds.
pub(super) const TOLERANCE_SECONDS: i64 = 300;

/// The keys that WeChat Pay may sign with, by serial number: its public key, and platform certificates.
/// While a merchant moves from the one to the other both arrive.
#[derive(Clone, Debug, Default)]
pub(super) struct PlatformKeys(HashMap<String, VerifyingKey>);

impl PlatformKeys {
    pub(super) fn insert(&mut self, serial: String, key: VerifyingKey) {
        self.0.insert(serial, key);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks who sent a message and when.
    pub(super) fn verify(&self, headers: &HeaderMap, body: &[u8], now_ms: i64) -> Result<(), NotifyError> {
        let get = |name: &str| {
            let mut values = headers.get_all(name).iter();
            match (values.next(), values.next()) {
                (Some(value), None) => value.to_str().map_err(|_| NotifyError::BadSignature),
                _ => Err(NotifyError::BadSignature),
            }
        };
        let (timestamp, nonce) = (get("wechatpay-timestamp")?, get("wechatpay-nonce")?);
        let (signature, serial) = (get("wechatpay-signature")?, get("wechatpay-serial")?);
        if signature.starts_with("WECHATPAY/SIGNTEST/") {
            return Err(NotifyError::Probe);
        }
        if headers.get("wechatpay-signature-type").is_some_and(|kind| kind != "WECHATPAY2-SHA256-RSA2048") {
            return Err(NotifyError::BadSignature);
        }
        let is_time = (1..=12).contains(&timestamp.len()) && timestamp.bytes().all(|b| b.is_ascii_digit());
        let key = self.0.get(serial).filter(|_| is_time).ok_or(NotifyError::BadSignature)?;
        let message = [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat();
        key.verify(&message, signature)?;
        let seconds: i64 = timestamp.parse().map_err(|_| NotifyError::BadSignature)?;
        if (now_ms.div_euclid(1000) - seconds).abs() > TOLERANCE_SECONDS {
            return Err(NotifyError::Stale);
        }
        Ok(())
    }
}

/// The key of encrypted resources.
pub(super) struct ResourceKey(LessSafeKey);

impl fmt::Debug for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResourceKey")
    }
}

impl ResourceKey {
    pub(super) fn read(text: &str) -> Result<Self, SetupError> {
        let wrong = || SetupError::new("api_v3_key", "must have exactly 32 characters");
        let key = UnboundKey::new(&AES_256_GCM, text.as_bytes()).map_err(|_| wrong())?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Decrypts the resource of a call-back: AES-256-GCM, the tag at the end of the ciphertext.
    pub(super) fn open(&self, resource: &Value) -> Result<Value, NotifyError> {
        let text = |name: &str| resource[name].as_str().ok_or(NotifyError::Malformed);
        if text("algorithm")? != "AEAD_AES_256_GCM" {
            return Err(NotifyError::Malformed);
        }
        let nonce = text("nonce")?.as_bytes();
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| NotifyError::Malformed)?;
        let mut data = STANDARD.decode(text("ciphertext")?).map_err(|_| NotifyError::Malformed)?;
        let aad = Aad::from(resource["associated_data"].as_str().unwrap_or_default().as_bytes());
        let plain = self.0.open_in_place(nonce, aad, &mut data).map_err(|_| NotifyError::BadSignature)?;
        serde_json::from_slice(plain).map_err(|_| NotifyError::Malformed)
    }
}
