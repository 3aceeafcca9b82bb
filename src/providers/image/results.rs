//! From an answer to a picture or to a failure, for the dialects whose answers look alike.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use reqwest::RequestBuilder;
use serde_json::Value;

use super::Picture;
use crate::providers::{
    CallContext, FailureClass, ProviderError,
    wire::{Answer, Downloads, Verdict, Wire, class_of_status, request_id},
};

/// Characters of a picture in base64: 30 MB.
const BASE64_CHARS_MAX: usize = 40 << 20;
/// A picture that was paid for is fetched this often before it is given up.
const FETCHES_MAX: u32 = 3;
/// What "do not try again" on a rate limit is worth: longer than anybody waits at one door.
const SPURNED: Duration = Duration::from_secs(30);
/// Reads a vendor's error body: first its own code, then the status.
pub(super) type Classify = fn(u16, &Value) -> Verdict;

/// Sends and reads JSON; whatever is no 2xx is an error in its class.
pub(super) async fn send(
    wire: &Wire,
    request: RequestBuilder,
    call: &CallContext,
    classify: Classify,
) -> Result<(Value, Answer), ProviderError> {
    let answer = wire.send(request, call).await?;
    let parsed: Result<Value, _> = serde_json::from_slice(&answer.body);
    if !answer.status.is_success() {
        return Err(refused(&answer, &parsed.unwrap_or(Value::Null), classify));
    }
    let value = parsed.map_err(|error| about(&answer, ProviderError::no_result(format!("no JSON: {error}"))))?;
    // Some answer 200 and tell the failure in the body.
    if value.get("error").is_some_and(|error| !error.is_null()) && value.get("data").is_none_or(is_empty) {
        return Err(refused(&answer, &value, classify));
    }
    Ok((value, answer))
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_none_or(Vec::is_empty)
}

/// The error that an answer is.
pub(super) fn refused(answer: &Answer, body: &Value, classify: Classify) -> ProviderError {
    let status = answer.status.as_u16();
    let verdict = classify(status, body);
    let named = verdict.class;
    let class = named.unwrap_or_else(|| unnamed(answer));
    let mut error = answer.refused(Verdict { class: Some(class), ..verdict });
    let may_repeat = answer.headers.get("x-should-retry").and_then(|value| value.to_str().ok());
    match (may_repeat, class) {
        (Some("false"), FailureClass::Transient) => error.class = FailureClass::NotAsked,
        (Some("false"), FailureClass::RateLimited) => {
            error.retry_after = Some(error.retry_after.unwrap_or(SPURNED).max(SPURNED));
        }
        (Some("true"), _) if named.is_none() && !class.repeats() => error.class = FailureClass::Transient,
        _ => {}
    }
    // A gateway that lost patience says nothing about the model behind it, which may have gone on.
    error.maybe_billed |= matches!(status, 504 | 524) || error.class == FailureClass::NoResult;
    error
}

/// The class of a failure whose code says nothing to us. A request that is not taken as it is may be
/// the fault of one seller's picture or words, and must not shut the door for everybody: only what
/// key, address or model answer for counts as a setting.
fn unnamed(answer: &Answer) -> FailureClass {
    match answer.status.as_u16() {
        400 | 413 | 415 | 422 => FailureClass::NotAsked,
        _ => class_of_status(answer.status),
    }
}

/// The same error with the answer's number and status.
pub(super) fn about(answer: &Answer, error: ProviderError) -> ProviderError {
    ProviderError { http_status: Some(answer.status.as_u16()), request_id: request_id(&answer.headers), ..error }
}

/// The first picture in a list of `{b64_json}` or `{url}`, which may hold failures as well.
pub(super) async fn first_picture(
    items: &[Value],
    downloads: &Downloads,
    call: &CallContext,
) -> Result<Option<Picture>, ProviderError> {
    for item in items {
        let text = |key: &str| item.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(encoded) = text("b64_json") {
            return from_base64(encoded).map(Some);
        }
        if let Some(url) = text("url") {
            return from_url(url, downloads, call).await.map(Some);
        }
    }
    Ok(None)
}

/// A picture in base64, with or without the head of a `data:` URL.
fn from_base64(text: &str) -> Result<Picture, ProviderError> {
    let text = if text.starts_with("data:") { text.split_once(',').map_or("", |(_, rest)| rest) } else { text };
    if text.len() > BASE64_CHARS_MAX {
        return Err(ProviderError::no_result("a picture of more than 30 MB"));
    }
    let decoded = STANDARD.decode(text.trim());
    let bytes = decoded.map_err(|error| ProviderError::no_result(format!("no base64: {error}")))?;
    Ok(Picture::Encoded(Bytes::from(bytes)))
}

/// A picture by its address, fetched at once: such addresses live an hour or a day.
async fn from_url(url: &str, downloads: &Downloads, call: &CallContext) -> Result<Picture, ProviderError> {
    if url.starts_with("data:") {
        return from_base64(url);
    }
    let mut tries = 1;
    loop {
        match downloads.fetch(url, call).await {
            Ok(bytes) => return Ok(Picture::Encoded(bytes)),
            Err(error) if error.class == FailureClass::Transient && tries < FETCHES_MAX => {
                tokio::time::sleep(Duration::from_millis(250) * (1 << tries)).await;
                tries += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// The text at this place, where there is one.
pub(super) fn text_at<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A code as vendors write it, as text or as a number.
pub(super) fn code_at(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(code) if !code.is_empty() => Some(code.clone()),
        Value::Number(code) => Some(code.to_string()),
        _ => None,
    }
}

/// The names of a server's models, from the list in OpenAI's shape.
pub(super) fn model_ids(list: &Value) -> Vec<&str> {
    let items = list.get("data").and_then(Value::as_array);
    items.into_iter().flatten().filter_map(|item| text_at(item, "/id")).collect()
}

/// What an operator reads about a model in a server's list of models.
///
/// # Errors
/// `Misconfigured`, when the list does not name it.
pub(super) fn listed(model: &str, list: &Value) -> Result<String, ProviderError> {
    let ids = model_ids(list);
    if ids.contains(&model) {
        return Ok(format!("the key is taken and {model} is on the list of {} models", ids.len()));
    }
    let few = ids.iter().take(8).copied().collect::<Vec<_>>().join(", ");
    let detail = format!("{model} is not among the {} models of this server ({few} …)", ids.len());
    Err(ProviderError::misconfigured(detail).with_code("model_not_listed"))
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::HeaderMap};
    use serde_json::json;

    use super::*;

    fn unknown(_status: u16, _body: &Value) -> Verdict {
        Verdict::default()
    }

    fn answer(status: u16, should_retry: Option<&'static str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(word) = should_retry {
            headers.insert("x-should-retry", word.parse().unwrap());
        }
        Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::new() }
    }

    #[test]
    fn the_servers_word_on_another_try_is_obeyed() {
        use FailureClass::{Misconfigured, NotAsked, RateLimited, Transient};
        for (status, word, class) in [
            (500, None, Transient),
            (500, Some("false"), NotAsked),
            (429, Some("false"), RateLimited),
            (400, None, NotAsked),
            (422, None, NotAsked),
            (400, Some("true"), Transient),
            (401, None, Misconfigured),
            (404, None, Misconfigured),
            (409, None, Transient),
        ] {
            let error = refused(&answer(status, word), &Value::Null, unknown);
            assert_eq!(error.class, class, "{status} {word:?}");
        }
        let spurned = refused(&answer(429, Some("false")), &Value::Null, unknown);
        assert!(spurned.retry_after.unwrap() >= SPURNED);
        assert!(refused(&answer(504, None), &Value::Null, unknown).maybe_billed);
        assert!(!refused(&answer(500, None), &Value::Null, unknown).maybe_billed);
    }

    #[tokio::test]
    async fn pictures_are_found_in_every_form() {
        crate::providers::wire::init_crypto();
        let downloads = Downloads::new([], false).unwrap();
        let call = CallContext { nonce: "n".to_owned(), timeout: Duration::from_secs(1) };
        for (items, expected) in [
            (json!([{"b64_json": "aGk="}]), Some(&b"hi"[..])),
            (json!([{"b64_json": "data:image/png;base64,aGk="}]), Some(b"hi")),
            (json!([{"b64_json": "", "url": "data:image/png;base64,aGk="}]), Some(b"hi")),
            (json!([{"error": {"code": "x"}}, {"b64_json": "aGk="}]), Some(b"hi")),
            (json!([{}]), None),
            (json!([]), None),
        ] {
            let found = first_picture(items.as_array().unwrap(), &downloads, &call).await.unwrap();
            let found = found.map(|picture| match picture {
                Picture::Encoded(bytes) => bytes.to_vec(),
                Picture::Pixels(_) => Vec::new(),
            });
            assert_eq!(found.as_deref(), expected, "{items}");
        }
        for broken in [json!([{"b64_json": "aGk"}]), json!([{"url": "https://example.com/a.png"}])] {
            let error = first_picture(broken.as_array().unwrap(), &downloads, &call).await.unwrap_err();
            assert_eq!(error.class, FailureClass::NoResult, "{broken}");
            assert!(error.maybe_billed);
        }
    }

    #[test]
    fn a_model_that_a_server_does_not_list_is_named() {
        let list = json!({"data": [{"id": "a"}, {"id": "b"}]});
        assert!(listed("a", &list).is_ok());
        assert_eq!(listed("c", &list).unwrap_err().class, FailureClass::Misconfigured);
    }
}
