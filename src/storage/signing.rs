//! Signed, immutable URLs of stored pictures.

use ring::hmac;

/// A file as a URL names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUrl<'a> {
    /// The session id.
    pub generation_id: &'a str,
    /// `00-prime.jpg`, or an upload id for the seller's own photo.
    pub file_name: &'a str,
    /// A rendition's width in pixels; `None` is the original.
    pub width: Option<u32>,
}

/// Why a signature was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Altered, or made with another key.
    #[error("the signature does not fit")]
    Invalid,
    /// Past its last moment.
    #[error("the signature has expired")]
    Expired,
}

/// Signs and checks URLs of stored files.
///
/// The expiry is rounded up to whole lifetimes, so a picture keeps one URL for that time and the
/// browser's cache works. The signature covers the name and not the content: an address of a picture
/// that may be made again carries its content's number beside it.
#[derive(Clone)]
pub struct UrlSigner {
    key: hmac::Key,
    lifetime_seconds: i64,
}

impl std::fmt::Debug for UrlSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UrlSigner")
    }
}

impl UrlSigner {
    /// Uses this secret (32 bytes, derived for this purpose only). A URL works for one to two
    /// lifetimes.
    pub fn new(secret: &[u8], lifetime_seconds: u32) -> Self {
        let lifetime_seconds = i64::from(lifetime_seconds.max(1));
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret), lifetime_seconds }
    }

    /// The path and query of a file, good for at least one lifetime from now.
    pub fn sign(&self, url: &FileUrl<'_>, now_ms: i64) -> String {
        let expires_at = (now_ms / 1000 / self.lifetime_seconds + 2) * self.lifetime_seconds;
        let signature = hex::encode(hmac::sign(&self.key, signed_text(url, expires_at).as_bytes()));
        let width = url.width.map(|width| format!("w={width}&")).unwrap_or_default();
        format!("/files/{}/{}?{width}exp={expires_at}&sig={signature}", url.generation_id, url.file_name)
    }

    /// Checks what came back in a request.
    ///
    /// # Errors
    /// `Expired` or `Invalid`.
    pub fn verify(
        &self,
        url: &FileUrl<'_>,
        expires_at: i64,
        signature_hex: &str,
        now_ms: i64,
    ) -> Result<(), SignatureError> {
        let signature = hex::decode(signature_hex).map_err(|_| SignatureError::Invalid)?;
        hmac::verify(&self.key, signed_text(url, expires_at).as_bytes(), &signature)
            .map_err(|_| SignatureError::Invalid)?;
        if expires_at <= now_ms / 1000 { Err(SignatureError::Expired) } else { Ok(()) }
    }
}

fn signed_text(url: &FileUrl<'_>, expires_at: i64) -> String {
    format!("{}\n{}\n{}\n{expires_at}", url.generation_id, url.file_name, url.width.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_SECONDS: u32 = 86_400;
    const NOON_MS: i64 = 1_768_046_400_000;

    fn parts(signed: &str) -> (i64, String) {
        let value =
            |name: &str| signed.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)).map(str::to_owned).unwrap();
        (value("exp=").parse().unwrap(), value("sig="))
    }

    #[test]
    fn a_url_is_stable_for_its_lifetime_and_nothing_in_it_can_be_changed() {
        let signer = UrlSigner::new(&[7; 32], DAY_SECONDS);
        let url = FileUrl { generation_id: "session_20260110143052_a3f2", file_name: "00-prime.jpg", width: Some(540) };
        let signed = signer.sign(&url, NOON_MS);
        assert_eq!(signed, signer.sign(&url, NOON_MS + 3_600_000));
        let (expires_at, signature) = parts(&signed);
        assert_eq!(signer.verify(&url, expires_at, &signature, NOON_MS), Ok(()));
        let other_width = FileUrl { width: None, ..url.clone() };
        let other_file = FileUrl { file_name: "01-prime.jpg", ..url.clone() };
        assert_eq!(signer.verify(&other_width, expires_at, &signature, NOON_MS), Err(SignatureError::Invalid));
        assert_eq!(signer.verify(&other_file, expires_at, &signature, NOON_MS), Err(SignatureError::Invalid));
        assert_eq!(signer.verify(&url, expires_at + 1, &signature, NOON_MS), Err(SignatureError::Invalid));
        assert_eq!(signer.verify(&url, expires_at, &signature, expires_at * 1000), Err(SignatureError::Expired));
        let other_key = UrlSigner::new(&[8; 32], DAY_SECONDS);
        assert_eq!(other_key.verify(&url, expires_at, &signature, NOON_MS), Err(SignatureError::Invalid));
    }
}
