//! HTTP to vendors: one client a deployment, every answer capped, every failure in its class.
//!
//! What decides between "try again" and "may have been billed" is how far a call came: a connection
//! that never stood is harmless, a request that went out without an answer is not.

mod address;
mod download;
mod retry_after;

use std::{error::Error as _, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{CallContext, FailureClass, ProviderError};
pub use address::{PublicOnly, is_public, may_name_public};
pub use download::Downloads;
pub use retry_after::retry_after;

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer: a picture of 30 MB in base64, and room for what is around it.
const ANSWER_BYTES_MAX: usize = 48 << 20;
/// Bytes of an answer that is a message and no picture.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// Bytes of a key that is looked for in answers; a shorter one is no secret and stands in many words.
const KEY_BYTES_MIN: usize = 8;
/// What stands in a message where the key stood.
const REDACTED: &[u8] = b"[key]";
/// Characters of a vendor's message that go into the log.
const DETAIL_CHARS_MAX: usize = 300;

/// How a vendor wants to know who calls.
#[derive(Clone, Debug)]
pub enum Authorization {
    /// Not at all.
    None,
    /// `Authorization: Bearer …`
    Bearer(SecretString),
    /// A header of its own, such as `x-goog-api-key`.
    Header(&'static str, SecretString),
}

/// The line to one deployment.
#[derive(Clone, Debug)]
pub struct Wire {
    client: reqwest::Client,
    base_url: String,
    authorization: Authorization,
}

/// Chooses the process's cryptography, if nobody has yet: a client cannot be built without.
pub fn init_crypto() {
    // A second installation is refused by the library, which is what we want.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most 48 MB.
    pub body: Bytes,
}

/// Why a line cannot be drawn; found at start, not at the first poster.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Not an address.
    #[error("base_url is not an http(s) address")]
    Address,
    /// An address inside the network, without permission.
    #[error("base_url points into a private network; set allow_private_address = true if that is meant")]
    Private,
    /// The TLS set-up.
    #[error("the HTTP client cannot be built: {0}")]
    Client(#[from] reqwest::Error),
}

impl Wire {
    /// Draws a line to `base_url`. Without `allow_private_address` names that lead into private
    /// networks are not connected to, whatever DNS says later. Redirects are never followed: they
    /// would carry the key elsewhere.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn new(base_url: &str, authorization: Authorization, allow_private_address: bool) -> Result<Self, WireError> {
        let url: reqwest::Url = base_url.parse().map_err(|_| WireError::Address)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(WireError::Address);
        }
        if !allow_private_address && !address::may_name_public(&url) {
            return Err(WireError::Private);
        }
        init_crypto();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(redirect::Policy::none())
            .pool_idle_timeout(Duration::from_secs(60))
            .user_agent(concat!("haibao/", env!("CARGO_PKG_VERSION")));
        if !allow_private_address {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        let client = builder.build()?;
        Ok(Self { client, base_url: base_url.trim_end_matches('/').to_owned(), authorization })
    }

    /// A request to a path below the base address, with the key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}/{}", self.base_url, path.trim_start_matches('/')));
        match &self.authorization {
            Authorization::None => request,
            Authorization::Bearer(key) => request.bearer_auth(key.expose_secret()),
            Authorization::Header(name, key) => request.header(*name, key.expose_secret()),
        }
    }

    /// Sends and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// `Transient` when nothing was sent, `AmbiguousTimeout` when the request went out and no whole
    /// answer came, `NoResult` when the answer is larger than any picture.
    pub async fn send(&self, request: RequestBuilder, call: &CallContext) -> Result<Answer, ProviderError> {
        let sent = request.timeout(call.timeout).send().await;
        let mut response = sent.map_err(|error| broken(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = BytesMut::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| ProviderError { http_status: Some(status.as_u16()), ..broken(&error) })?
        {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(ProviderError::no_result(format!("an answer of more than {ANSWER_BYTES_MAX} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(self.without_key(Answer { status, headers, body: body.freeze() }))
    }

    /// The answer without our key: some gateways repeat the whole header in their message, and whatever
    /// a dialect makes of an answer ends up in logs.
    fn without_key(&self, answer: Answer) -> Answer {
        let key = match &self.authorization {
            Authorization::None => return answer,
            Authorization::Bearer(key) | Authorization::Header(_, key) => key.expose_secret().as_bytes(),
        };
        if key.len() < KEY_BYTES_MIN {
            return answer;
        }
        let Answer { status, mut headers, mut body } = answer;
        let told: Vec<_> = headers.iter().filter(|(_, value)| holds(value.as_bytes(), key)).collect();
        let told: Vec<_> = told.into_iter().map(|(name, _)| name.clone()).collect();
        for name in told {
            headers.remove(name);
        }
        // Only a picture is larger, and a picture holds no key.
        if (body.len() <= MESSAGE_BYTES_MAX || !status.is_success()) && holds(&body, key) {
            body = replaced(&body, key).into();
        }
        Answer { status, headers, body }
    }

    /// Sends and reads JSON. A status other than 2xx is an error whose class `classify` reads from the
    /// vendor's body; what it does not know falls back to [`class_of_status`].
    ///
    /// # Errors
    /// As for [`Wire::send`], what `classify` says, and `NoResult` for a body that is no JSON.
    pub async fn send_json(
        &self,
        request: RequestBuilder,
        call: &CallContext,
        classify: impl Fn(StatusCode, &Value) -> Verdict,
    ) -> Result<(Value, Answer), ProviderError> {
        let answer = self.send(request, call).await?;
        let parsed: Result<Value, _> = serde_json::from_slice(&answer.body);
        if answer.status.is_success() {
            let value = parsed.map_err(|error| ProviderError {
                http_status: Some(answer.status.as_u16()),
                request_id: request_id(&answer.headers),
                ..ProviderError::no_result(format!("the answer is no JSON: {error}"))
            })?;
            return Ok((value, answer));
        }
        let body = parsed.unwrap_or(Value::Null);
        let verdict = classify(answer.status, &body);
        Err(answer.refused(verdict))
    }
}

fn holds(text: &[u8], key: &[u8]) -> bool {
    text.windows(key.len()).any(|window| window == key)
}

fn replaced(text: &[u8], key: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(key) {
            kept.extend_from_slice(REDACTED);
            rest = after;
        } else {
            kept.push(*first);
            rest = after;
        }
    }
    kept
}

/// What a dialect reads from a vendor's error body.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// The class, where the vendor's own code tells it.
    pub class: Option<FailureClass>,
    /// The vendor's code.
    pub code: Option<String>,
    /// The vendor's message, for the log.
    pub message: Option<String>,
    /// A delay that stands in the body.
    pub retry_after: Option<Duration>,
}

impl Answer {
    /// The error that this answer is.
    pub fn refused(&self, verdict: Verdict) -> ProviderError {
        let class = verdict.class.unwrap_or_else(|| class_of_status(self.status));
        let message = verdict.message.unwrap_or_else(|| format!("{} bytes of {}", self.body.len(), self.status));
        ProviderError {
            class,
            code: verdict.code,
            http_status: Some(self.status.as_u16()),
            retry_after: verdict.retry_after.or_else(|| retry_after(&self.headers)),
            request_id: request_id(&self.headers),
            maybe_billed: class == FailureClass::ModeratedOutput,
            cost_microusd: None,
            detail: message.chars().take(DETAIL_CHARS_MAX).collect(),
            told: None,
        }
    }
}

/// The class that a status means when the vendor's code says nothing more.
pub fn class_of_status(status: StatusCode) -> FailureClass {
    match status.as_u16() {
        429 => FailureClass::RateLimited,
        402 => FailureClass::Quota,
        408 | 409 | 425 | 500..=599 => FailureClass::Transient,
        451 => FailureClass::ModeratedInput,
        200..=299 => FailureClass::NoResult,
        _ => FailureClass::Misconfigured,
    }
}

/// The vendor's number of a call.
pub fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-request-id", "request-id", "x-tt-logid", "x-goog-request-id", "cf-ray"]
        .iter()
        .find_map(|name| headers.get(*name))
        .and_then(|value| value.to_str().ok())
        .map(|value| value.chars().take(100).collect())
}

/// A call that broke. The texts of the HTTP library carry the address, which may carry a key: only its
/// kinds and causes are told.
fn broken(error: &reqwest::Error) -> ProviderError {
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
    if error.is_connect() {
        return ProviderError::new(FailureClass::Transient, format!("no connection{cause}"));
    }
    if error.is_builder() {
        return ProviderError::misconfigured(format!("the request cannot be built{cause}"));
    }
    let what = if error.is_timeout() { "no whole answer in time" } else { "the connection broke" };
    ProviderError::new(FailureClass::AmbiguousTimeout, format!("{what}{cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_vendor_whose_name_leads_home_is_not_called() {
        init_crypto();
        let wire = Wire::new("https://api.example.com", Authorization::None, false).unwrap();
        // Past the look at the address, as with a name whose answer changes after it.
        let wire = Wire { base_url: "http://localhost:9".to_owned(), ..wire };
        let call = CallContext { nonce: "n".to_owned(), timeout: Duration::from_secs(9) };
        let error = wire.send(wire.request(Method::GET, "models"), &call).await.unwrap_err();
        assert!(error.detail.contains("leads into a private network"), "{error}");
    }

    #[test]
    fn a_key_that_an_answer_repeats_is_taken_out() {
        init_crypto();
        let key = "sk-canary-0123456789";
        let wire = |key: &str| {
            let key = Authorization::Header("x-goog-api-key", key.to_owned().into());
            Wire::new("https://api.example.com", key, false).unwrap()
        };
        let answer = |status: u16, body: String| {
            let mut headers = HeaderMap::new();
            headers.insert("x-request-id", format!("for {key}").parse().unwrap());
            headers.insert("retry-after", "7".parse().unwrap());
            Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() }
        };
        for status in [200, 401] {
            let clean = wire(key).without_key(answer(status, format!("{{\"error\": \"Bearer {key}{key} is bad\"}}")));
            assert_eq!(clean.body, "{\"error\": \"Bearer [key][key] is bad\"}");
            assert_eq!((clean.headers.len(), request_id(&clean.headers)), (1, None));
        }
        let same = wire("k").without_key(answer(401, "ok".to_owned()));
        assert_eq!(same.body, "ok", "one letter is no secret");
    }
}
