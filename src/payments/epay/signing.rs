//! What the epay protocol signs: the same text in both versions.

use md5::{Digest as _, Md5};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::text_of;
use crate::payments::{
    ChannelError, NotifyError,
    fields::{Fields, SIGN},
    keys::{SigningKey, VerifyingKey},
};

const SIGN_TYPE: &str = "sign_type";

/// The signature of a version.
pub(super) enum Scheme {
    /// Version 1: MD5 over the text and the shared key.
    Md5(SecretString),
    /// Version 2: RSA over SHA-256.
    Rsa { ours: Box<SigningKey>, theirs: VerifyingKey },
}

impl Scheme {
    const fn name(&self) -> &'static str {
        match self {
            Self::Md5(_) => "MD5",
            Self::Rsa { .. } => "RSA",
        }
    }

    /// Adds signature and kind.
    pub(super) fn sign(&self, fields: &mut Fields) -> Result<(), ChannelError> {
        let text = text(fields);
        let signature = match self {
            Self::Md5(key) => digest(&text, key),
            Self::Rsa { ours, .. } => ours.sign(text.as_bytes())?,
        };
        fields.insert(SIGN.to_owned(), signature);
        fields.insert(SIGN_TYPE.to_owned(), self.name().to_owned());
        Ok(())
    }

    /// Checks the signature of fields; the kind is ours to choose, not the sender's.
    pub(super) fn verify(&self, fields: &Fields) -> Result<(), NotifyError> {
        let get = |name: &str| fields.get(name).ok_or(NotifyError::BadSignature);
        if get(SIGN_TYPE)? != self.name() {
            return Err(NotifyError::BadSignature);
        }
        let signature = get(SIGN)?;
        match self {
            Self::Md5(key) => {
                // Both sides go through one keyed hash, whose comparison takes the same time for all.
                let blind = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
                let found = hmac::sign(&blind, signature.as_bytes());
                hmac::verify(&blind, digest(&text(fields), key).as_bytes(), found.as_ref())
                    .map_err(|_| NotifyError::BadSignature)
            }
            Self::Rsa { theirs, .. } => theirs.verify(text(fields).as_bytes(), signature),
        }
    }

    /// Checks the signature of an answer: its members as fields, without lists and objects.
    pub(super) fn verify_json(&self, body: &Value) -> Result<(), NotifyError> {
        let members = body.as_object().ok_or(NotifyError::Malformed)?;
        let fields = members.iter().filter_map(|(name, value)| Some((name.clone(), text_of(value)?)));
        self.verify(&fields.collect())
    }
}

/// Everything that is not empty but the signature and its kind, sorted by name.
pub(super) fn text(fields: &Fields) -> String {
    let signed = fields.iter().filter(|(name, value)| *name != SIGN && *name != SIGN_TYPE && !value.is_empty());
    signed.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn digest(text: &str, key: &SecretString) -> String {
    let mut md5 = Md5::new();
    md5.update(text.as_bytes());
    md5.update(key.expose_secret().as_bytes());
    hex::encode(md5.finalize())
}
