//! What the tests of channels share.

use std::sync::Arc;

use super::{ChannelCode, PaymentRequest};
use crate::{
    clock::{Clock, MockClock},
    domain::Locale,
};

/// 2026-01-01 00:00:00 UTC.
pub(super) const NOW_MS: i64 = 1_767_225_600_000;

pub(super) fn clock() -> Arc<dyn Clock> {
    Arc::new(MockClock::at_ms(NOW_MS))
}

/// A request for ten yuan.
pub(super) fn request() -> PaymentRequest {
    PaymentRequest {
        out_trade_no: "hb12t0a1b2c3d".to_owned(),
        method: ChannelCode::Sandbox,
        amount_fen: 1000,
        credits: 100,
        created_at_ms: NOW_MS,
        expires_at_ms: NOW_MS + 1_800_000,
        locale: Locale::Zh,
        payer_address: None,
        payer_id: None,
    }
}

/// The merchant's private key and public key, the channel's private key and public key, and the
/// channel's certificate, in PEM.
pub(super) const OURS: &str = include_str!("../../tests/fixtures/payments/ours-private.pem");
pub(super) const OURS_PUBLIC: &str = include_str!("../../tests/fixtures/payments/ours-public.pem");
pub(super) const THEIRS: &str = include_str!("../../tests/fixtures/payments/theirs-private.pem");
pub(super) const THEIRS_PUBLIC: &str = include_str!("../../tests/fixtures/payments/theirs-public.pem");
pub(super) const THEIRS_CERTIFICATE: &str = include_str!("../../tests/fixtures/payments/theirs-certificate.pem");

/// Signs as the channel would.
pub(super) fn sign_as_channel(message: &str) -> String {
    super::SigningKey::read("key", THEIRS).unwrap().sign(message.as_bytes()).unwrap()
}

/// Whether the merchant's signature over a message is good.
pub(super) fn is_ours(message: &str, signature: &str) -> bool {
    super::VerifyingKey::read("key", OURS_PUBLIC).unwrap().verify(message.as_bytes(), signature).is_ok()
}

/// Base64 texts that differ from a signature in one character each, one place after the other.
pub(super) fn flipped(signature: &str) -> impl Iterator<Item = String> + '_ {
    (0..signature.len()).flat_map(move |place| {
        [b'A', b'/', b'=', b' ', b'z'].into_iter().filter_map(move |byte| {
            let mut bytes = signature.as_bytes().to_vec();
            let was = std::mem::replace(&mut bytes[place], byte);
            (was != byte).then(|| String::from_utf8(bytes).unwrap())
        })
    })
}
