//! RSA keys as vendors hand them out: PEM or bare base64, PKCS#8, PKCS#1, public keys and certificates.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey},
};

use super::{ChannelError, NotifyError, SetupError, der};

/// Our private key.
pub struct SigningKey(RsaKeyPair);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

impl SigningKey {
    /// Reads a private key of 2048 bits or more.
    ///
    /// # Errors
    /// What is wrong with it, under this name; never the key.
    pub fn read(key: &'static str, text: &str) -> Result<Self, SetupError> {
        let (label, der) = decode(key, text)?;
        if label.as_deref() == Some("ENCRYPTED PRIVATE KEY") {
            return Err(SetupError::new(key, "is protected by a password; write it out without one"));
        }
        RsaKeyPair::from_pkcs8(&der)
            .or_else(|_| RsaKeyPair::from_der(&der))
            .map(Self)
            .map_err(|error| SetupError::new(key, format!("is not an RSA private key of 2048 bits or more ({error})")))
    }

    /// RSA PKCS#1 v1.5 over SHA-256, in base64.
    pub(super) fn sign(&self, message: &[u8]) -> Result<String, ChannelError> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.map_err(|_| ChannelError::Unavailable)?;
        Ok(STANDARD.encode(signature))
    }
}

/// A channel's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    pkcs1: Vec<u8>,
    /// The serial number, where it came as a certificate: upper-case hex.
    pub(super) serial: Option<String>,
}

impl VerifyingKey {
    /// Reads a public key or a certificate of 2048 bits or more.
    ///
    /// # Errors
    /// What is wrong with it, under this name.
    pub fn read(key: &'static str, text: &str) -> Result<Self, SetupError> {
        let (_, bytes) = decode(key, text)?;
        let found =
            der::public_key(&bytes).ok_or_else(|| SetupError::new(key, "is not an RSA public key or certificate"))?;
        if found.modulus_bits < 2048 {
            return Err(SetupError::new(key, format!("has {} bits; 2048 or more are needed", found.modulus_bits)));
        }
        Ok(Self { pkcs1: found.pkcs1, serial: found.serial })
    }

    /// Checks a signature in base64: RSA PKCS#1 v1.5 over SHA-256 and nothing weaker.
    pub(super) fn verify(&self, message: &[u8], signature: &str) -> Result<(), NotifyError> {
        let signature = STANDARD.decode(signature).map_err(|_| NotifyError::BadSignature)?;
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.pkcs1);
        key.verify(message, &signature).map_err(|_| NotifyError::BadSignature)
    }
}

/// The label of a PEM text, if it is one, and the bytes.
fn decode(key: &'static str, text: &str) -> Result<(Option<String>, Vec<u8>), SetupError> {
    let text = text.trim();
    let (label, body) = match text.strip_prefix("-----BEGIN ").and_then(|rest| rest.split_once("-----")) {
        Some((label, rest)) => {
            let body = rest.split_once("-----END ").ok_or_else(|| SetupError::new(key, "is cut off: no END line"))?.0;
            (Some(label.to_owned()), body)
        }
        None => (None, text),
    };
    let bare: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = STANDARD.decode(bare).map_err(|_| SetupError::new(key, "is neither PEM nor base64"))?;
    Ok((label, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::testing::{OURS, OURS_PUBLIC, THEIRS, THEIRS_CERTIFICATE, THEIRS_PUBLIC};

    const PKCS1: &str = include_str!("../../tests/fixtures/payments/ours-private-pkcs1.pem");
    const PKCS1_PUBLIC: &str = include_str!("../../tests/fixtures/payments/theirs-public-pkcs1.pem");
    const SHORT: &str = include_str!("../../tests/fixtures/payments/short-private.pem");
    const SHORT_PUBLIC: &str = include_str!("../../tests/fixtures/payments/short-public.pem");

    fn bare(pem: &str) -> String {
        pem.lines().filter(|line| !line.starts_with("-----")).collect()
    }

    #[test]
    fn every_form_of_a_key_is_the_same_key() {
        let public = VerifyingKey::read("k", OURS_PUBLIC).unwrap();
        for text in [OURS.to_owned(), PKCS1.to_owned(), bare(OURS), bare(PKCS1), OURS.replace('\n', "\r\n")] {
            let signature = SigningKey::read("k", &text).unwrap().sign(b"hello").unwrap();
            assert_eq!(public.verify(b"hello", &signature), Ok(()));
            assert_eq!(public.verify(b"hellp", &signature), Err(NotifyError::BadSignature));
        }
        let theirs = VerifyingKey::read("k", THEIRS_PUBLIC).unwrap();
        for text in [PKCS1_PUBLIC.to_owned(), bare(PKCS1_PUBLIC), bare(THEIRS_PUBLIC), format!("\n{THEIRS_PUBLIC}\n")] {
            assert_eq!(VerifyingKey::read("k", &text).unwrap(), theirs);
        }
        let certificate = VerifyingKey::read("k", THEIRS_CERTIFICATE).unwrap();
        assert_eq!(certificate.serial.as_deref(), Some("5157F09EFDC096DE15EBE81A47057A7232F1B8E1"));
        assert_eq!(certificate.pkcs1, theirs.pkcs1);
    }

    #[test]
    fn what_is_no_key_is_refused_and_never_shown() {
        for text in ["", "canary", "....", OURS_PUBLIC, SHORT, &OURS[..900], "-----BEGIN PRIVATE KEY-----\nAAAA"] {
            let error = SigningKey::read("private_key", text).unwrap_err();
            assert!(error.key == "private_key" && !error.to_string().contains("canary"), "{error}");
        }
        let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----";
        assert!(SigningKey::read("k", locked).unwrap_err().problem.contains("password"));
        assert!(VerifyingKey::read("k", SHORT_PUBLIC).unwrap_err().problem.contains("1024 bits"));
        for text in ["", "AAAA", THEIRS, &THEIRS_CERTIFICATE[..600]] {
            VerifyingKey::read("k", text).unwrap_err();
        }
        assert_eq!(format!("{:?}", SigningKey::read("k", OURS).unwrap()), "SigningKey");
    }

    #[test]
    fn no_bytes_whatever_break_the_reader() {
        let good = decode("k", THEIRS_CERTIFICATE).unwrap().1;
        for place in 0..good.len() {
            assert!(der::public_key(&good[..place]).is_none());
            for byte in [0, 0x80, 0x84, 0xff] {
                let mut changed = good.clone();
                changed[place] = byte;
                let _ = der::public_key(&changed);
            }
        }
    }
}
