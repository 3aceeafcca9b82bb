//! The signature of Stripe's call-backs: HMAC-SHA256 over `{t}.{raw body}`.

use http::HeaderMap;
use ring::hmac;

use crate::payments::NotifyError;

/// How far a call-back's time may be from ours, in either direction, in seconds.
pub(super) const TOLERANCE_SECONDS: i64 = 300;

/// Checks the header against every live secret. A header carries several `v1` while a secret is being
/// rolled, and any of them may be the one; `v0` belongs to another scheme.
pub(super) fn verify(headers: &HeaderMap, body: &[u8], secrets: &[hmac::Key], now_ms: i64) -> Result<(), NotifyError> {
    let mut values = headers.get_all("stripe-signature").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(NotifyError::BadSignature) };
    let value = value.to_str().map_err(|_| NotifyError::BadSignature)?;
    let (mut time, mut tags) = (None, Vec::new());
    for part in value.split(',') {
        match part.split_once('=') {
            // A time that stands twice would leave open which of them was signed.
            Some(("t", text)) if time.is_none() => time = Some(text),
            Some(("t", _)) => return Err(NotifyError::BadSignature),
            Some(("v1", tag)) => {
                tags.extend(hex::decode(tag).ok().filter(|_| !tag.bytes().any(|b| b.is_ascii_uppercase())));
            }
            _ => {}
        }
    }
    let time = time.filter(|time| (1..=12).contains(&time.len()) && time.bytes().all(|b| b.is_ascii_digit()));
    let time = time.ok_or(NotifyError::BadSignature)?;
    let signed = [time.as_bytes(), b".", body].concat();
    let is_ours = tags.iter().any(|tag| secrets.iter().any(|key| hmac::verify(key, &signed, tag).is_ok()));
    if !is_ours {
        return Err(NotifyError::BadSignature);
    }
    // Whole seconds, as both sides write them.
    let seconds: i64 = time.parse().map_err(|_| NotifyError::BadSignature)?;
    if (now_ms.div_euclid(1000) - seconds).abs() > TOLERANCE_SECONDS {
        return Err(NotifyError::Stale);
    }
    Ok(())
}
