//! Signatures of messages: HMAC-SHA256 over id, time and body, as Standard Webhooks has it.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;

use super::WebhookSecret;

/// The value of the header `webhook-signature`: one signature for each live secret, so that a partner
/// can change the secret without missing a message.
///
/// Each part of what is signed ends with a dot, and neither an id nor a time holds one.
pub fn signature(secrets: &[WebhookSecret], id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let message = [format!("{id}.{timestamp_s}.").as_bytes(), body].concat();
    let tag = |secret: &WebhookSecret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.bytes());
        format!("v1,{}", STANDARD.encode(hmac::sign(&key, &message)))
    };
    secrets.iter().map(tag).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_example_comes_out() {
        // From the test vectors of the reference libraries.
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signed = signature(std::slice::from_ref(&secret), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let twice = signature(&[secret.clone(), secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(twice, format!("{signed} {signed}"));
    }
}
