//! Gemini's `generateContent` with pictures in and out, in one call and one answer.
//!
//! Its refusals come with status 200, in two places: `promptFeedback` speaks of what was sent, a
//! candidate's `finishReason` of what was made. A day's quota that is used up looks like a minute's,
//! but for one word in the details. Pictures among the model's thoughts are drafts, not results.

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    DialectError, ImageCapabilities, ImageProvider, ImageRequest, NativeMask, Picture, PromptLanguage, Purpose,
    Rendered, Sizing, Started,
    setup::{Key, Setup, invalid},
};
use crate::{
    config::ImageProviderSettings,
    providers::{
        CallContext, FailureClass, ProviderError,
        wire::{Answer, Authorization, Verdict, Wire, class_of_status},
    },
};

const BASE_URL: &str = "https://generativelanguage.googleapis.com/v1beta";
/// The proportions that the models name.
const RATIOS: [(u32, u32); 10] = [(1, 1), (2, 3), (3, 2), (3, 4), (4, 3), (4, 5), (5, 4), (9, 16), (16, 9), (21, 9)];
/// A request may have 20 MB with its pictures in base64; four of this size fit.
const IMAGE_BYTES_MAX: usize = 3_670_016;
const IMAGES_MAX: usize = 4;

/// Where the wish for a shape stands in a request; the vendor moves it from one to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ShapeField {
    ImageConfig,
    ResponseFormat,
}

/// One model of Gemini.
#[derive(Debug)]
pub(super) struct Gemini {
    name: String,
    model: String,
    wire: Wire,
    capabilities: ImageCapabilities,
    shape_field: ShapeField,
    image_size: Option<&'static str>,
}

impl Gemini {
    /// Reads a table of the settings. `extra`: `image_config` (`imageConfig` or `responseFormat`),
    /// `image_size` (`1K`, `2K`, `4K`; models of the 2.5 family take none), and what all kinds take.
    pub(super) fn new(settings: &ImageProviderSettings) -> Result<Self, DialectError> {
        let mut setup = Setup::new(settings);
        if setup.takes_mask() {
            return Err(invalid("native_mask", "Gemini takes no mask"));
        }
        let model = setup.needed_model()?;
        let model = model.trim_start_matches("models/").to_owned();
        // It becomes part of an address.
        if !model.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')) {
            return Err(invalid("model", "has characters that no model's name has"));
        }
        let shape_field = match setup.choice("image_config", &["imageConfig", "responseFormat"])? {
            Some("responseFormat") => ShapeField::ResponseFormat,
            _ => ShapeField::ImageConfig,
        };
        let image_size = setup.choice("image_size", &["1K", "2K", "4K"])?;
        let capabilities = setup.capabilities(ImageCapabilities {
            purposes: Purpose::ALL.to_vec(),
            native_mask: NativeMask::None,
            images_max: IMAGES_MAX,
            image_bytes_max: IMAGE_BYTES_MAX,
            sizing: Sizing::Ratio(RATIOS.to_vec()),
            prompt_chars_max: 8_000,
            language: PromptLanguage::English,
            is_billed: true,
        })?;
        let wire = setup.wire_by(Some(BASE_URL), Key::Needed, |key| Authorization::Header("x-goog-api-key", key))?;
        let name = setup.name();
        setup.finish()?;
        Ok(Self { name, model, wire, capabilities, shape_field, image_size })
    }

    fn body(&self, request: &ImageRequest) -> Value {
        let (across, down) = self.capabilities.size_for(request.width, request.height);
        let mut shape = json!({ "aspectRatio": format!("{across}:{down}") });
        if let Some(size) = self.image_size {
            shape["imageSize"] = json!(size);
        }
        let mut generation = json!({ "responseModalities": ["TEXT", "IMAGE"] });
        match self.shape_field {
            ShapeField::ImageConfig => generation["imageConfig"] = shape,
            ShapeField::ResponseFormat => generation["responseFormat"] = json!({ "image": shape }),
        }
        let images = request.images.iter().map(
            |image| json!({ "inlineData": { "mimeType": image.media_type, "data": STANDARD.encode(&image.bytes) } }),
        );
        let parts: Vec<Value> = std::iter::once(json!({ "text": request.prompt })).chain(images).collect();
        json!({ "contents": [{ "role": "user", "parts": parts }], "generationConfig": generation })
    }
}

#[async_trait]
impl ImageProvider for Gemini {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn capabilities(&self) -> &ImageCapabilities {
        &self.capabilities
    }

    async fn start(&self, request: &ImageRequest, call: &CallContext) -> Result<Started, ProviderError> {
        let path = format!("models/{}:generateContent", self.model);
        let post = self.wire.request(Method::POST, &path).json(&self.body(request));
        let (value, answer) = self.wire.send_json(post, call, verdict).await?;
        if !request.images.is_empty() && saw_no_picture(&value) {
            // A gateway that drops pictures answers happily; the product check may or may not notice.
            tracing::warn!(provider = self.name, "pictures were sent, but the model counts none among its input");
        }
        picture_of(&value, &answer).map(Started::Done)
    }

    async fn probe(&self, call: &CallContext) -> Result<String, ProviderError> {
        let get = self.wire.request(Method::GET, &format!("models/{}", self.model));
        let (value, _) = self.wire.send_json(get, call, verdict).await?;
        let methods = value["supportedGenerationMethods"].as_array();
        if methods.is_some_and(|methods| !methods.iter().any(|method| method == "generateContent")) {
            return Err(ProviderError::misconfigured(format!("{} does not answer generateContent", self.model)));
        }
        Ok(format!("the key is accepted and {} is known", self.model))
    }
}

/// What an error body means. The status word goes before the number; a quota before a limit.
fn verdict(status: StatusCode, body: &Value) -> Verdict {
    let error = &body["error"];
    let code = error["status"].as_str().map(str::to_owned);
    let message = error["message"].as_str().unwrap_or_default();
    let details = error["details"].as_array().map_or(&[][..], Vec::as_slice);
    let class = match code.as_deref().unwrap_or_default() {
        "RESOURCE_EXHAUSTED" if is_used_up(message, details) => Some(FailureClass::Quota),
        "RESOURCE_EXHAUSTED" => Some(FailureClass::RateLimited),
        "UNAVAILABLE" | "INTERNAL" | "DEADLINE_EXCEEDED" | "ABORTED" | "UNKNOWN" | "CANCELLED" => {
            Some(FailureClass::Transient)
        }
        // What is not taken as it is may be one seller's picture or words: that must not shut the door
        // for everybody.
        "INVALID_ARGUMENT" if !message.contains("API key") => Some(FailureClass::NotAsked),
        "INVALID_ARGUMENT"
        | "FAILED_PRECONDITION"
        | "PERMISSION_DENIED"
        | "UNAUTHENTICATED"
        | "NOT_FOUND"
        | "OUT_OF_RANGE"
        | "UNIMPLEMENTED" => Some(FailureClass::Misconfigured),
        _ => Some(unnamed(status)),
    };
    Verdict {
        class,
        code,
        message: (!message.is_empty()).then(|| message.to_owned()),
        retry_after: details.iter().find_map(|detail| seconds(detail["retryDelay"].as_str()?)),
    }
}

/// The class of a failure whose word says nothing to us.
fn unnamed(status: StatusCode) -> FailureClass {
    match status.as_u16() {
        400 | 413 | 415 | 422 => FailureClass::NotAsked,
        _ => class_of_status(status),
    }
}

/// Whether waiting a minute cannot help: a day's quota, a model without any, an empty account.
fn is_used_up(message: &str, details: &[Value]) -> bool {
    let per_day = details
        .iter()
        .filter_map(|detail| detail["violations"].as_array())
        .flatten()
        .any(|violation| violation["quotaId"].as_str().is_some_and(|id| id.contains("PerDay")));
    let none_at_all = message.split("limit: 0").skip(1).any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    per_day || none_at_all || message.contains("depleted")
}

/// A duration in the form `36s` or `0.5s`.
fn seconds(text: &str) -> Option<Duration> {
    let value: f64 = text.strip_suffix('s')?.parse().ok()?;
    (value.is_finite() && (0.0..=86_400.0).contains(&value)).then(|| Duration::from_secs_f64(value))
}

/// Whether the usage names what was read and no picture is among it.
fn saw_no_picture(value: &Value) -> bool {
    value["usageMetadata"]["promptTokensDetails"].as_array().is_some_and(|details| {
        !details.iter().any(|detail| {
            detail["modality"].as_str() == Some("IMAGE") && detail["tokenCount"].as_u64().unwrap_or_default() > 0
        })
    })
}

/// The picture of an answer with status 200, or why there is none.
fn picture_of(value: &Value, answer: &Answer) -> Result<Rendered, ProviderError> {
    if value.get("error").is_some() {
        return Err(answer.refused(verdict(answer.status, value)));
    }
    let request_id = value["responseId"].as_str().map(|id| id.chars().take(100).collect::<String>());
    let refused = |class, code: &str, what: &str| {
        let message = Some(format!("{what}: {code}"));
        let error =
            answer.refused(Verdict { class: Some(class), code: Some(code.to_owned()), message, retry_after: None });
        let is_billed = class != FailureClass::ModeratedInput;
        ProviderError { request_id: request_id.clone().or(error.request_id), maybe_billed: is_billed, ..error }
    };
    let candidates = value["candidates"].as_array().map_or(&[][..], Vec::as_slice);
    let parts = candidates.iter().filter_map(|candidate| candidate["content"]["parts"].as_array()).flatten();
    let picture = parts
        .filter(|part| part["thought"].as_bool() != Some(true))
        .filter_map(|part| part["inlineData"]["data"].as_str().or_else(|| part["inline_data"]["data"].as_str()))
        .next_back();
    if let Some(data) = picture {
        let bytes = STANDARD
            .decode(data)
            .map_err(|_| refused(FailureClass::NoResult, "BASE64", "the picture's base64 does not read"))?;
        let rendered = Rendered::new(Picture::Encoded(bytes.into()));
        return Ok(Rendered { request_id: request_id.clone(), ..rendered });
    }
    if let Some(reason) = value["promptFeedback"]["blockReason"].as_str() {
        return Err(refused(FailureClass::ModeratedInput, reason, "the prompt was declined"));
    }
    let reason = candidates.iter().find_map(|candidate| candidate["finishReason"].as_str()).unwrap_or("NONE");
    Err(match reason {
        "SAFETY"
        | "IMAGE_SAFETY"
        | "PROHIBITED_CONTENT"
        | "IMAGE_PROHIBITED_CONTENT"
        | "RECITATION"
        | "IMAGE_RECITATION"
        | "SPII"
        | "BLOCKLIST" => refused(FailureClass::ModeratedOutput, reason, "the picture was withheld"),
        _ => refused(FailureClass::NoResult, reason, "an answer without a picture"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::image::{
        ImageRole,
        setup::orders::{request, settings},
    };

    const TABLE: &str = "name = 'g'\nkind = 'gemini'\nmodel = 'models/gemini-3.1-flash-image'\napi_key = 'k'\n";

    fn answer() -> Answer {
        Answer { status: StatusCode::OK, headers: reqwest::header::HeaderMap::new(), body: bytes::Bytes::new() }
    }

    #[test]
    fn the_shape_stands_where_the_settings_say() {
        let order = request(Purpose::Poster, &[ImageRole::Product, ImageRole::StyleAnchor]);
        let plain = Gemini::new(&settings(TABLE)).unwrap();
        assert_eq!(plain.model(), "gemini-3.1-flash-image");
        let body = plain.body(&order);
        assert_eq!(body["generationConfig"]["imageConfig"], json!({ "aspectRatio": "9:16" }));
        let parts = body["contents"][0]["parts"].as_array().unwrap();
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[0]["text"], "a quiet table by a window");
        assert_eq!(parts[1]["inlineData"], json!({ "mimeType": "image/png", "data": STANDARD.encode("Product") }));

        let table = format!("{TABLE}extra = {{ image_config = 'responseFormat', image_size = '2K' }}");
        let body = Gemini::new(&settings(&table)).unwrap().body(&order);
        let wish = json!({ "aspectRatio": "9:16", "imageSize": "2K" });
        assert_eq!(body["generationConfig"]["responseFormat"]["image"], wish);
        assert!(body["generationConfig"].get("imageConfig").is_none());
        for bad in ["image_size = '2k'", "image_config = 'x'", "quality = 'high'"] {
            assert!(Gemini::new(&settings(&format!("{TABLE}extra = {{ {bad} }}"))).is_err(), "{bad}");
        }
        assert!(matches!(
            Gemini::new(&settings("name = 'g'\nkind = 'gemini'\nmodel = 'm'")),
            Err(DialectError::Missing(_))
        ));
    }

    #[test]
    fn a_day_is_not_a_minute() {
        let body = |quota: &str, message: &str| {
            json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message": message, "details": [
                { "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{ "quotaId": quota }] },
                { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36.5s" },
            ] } })
        };
        let minute = verdict(StatusCode::TOO_MANY_REQUESTS, &body("RequestsPerMinutePerProject", "limit: 10"));
        assert_eq!(minute.class, Some(FailureClass::RateLimited));
        assert_eq!(minute.retry_after, Some(Duration::from_millis(36_500)));
        for (quota, message) in [
            ("RequestsPerDayPerProjectPerModel", "quota exceeded"),
            ("RequestsPerMinute", "limit: 0, model: x"),
            ("", "your credits are depleted"),
        ] {
            let verdict = verdict(StatusCode::TOO_MANY_REQUESTS, &body(quota, message));
            assert_eq!(verdict.class, Some(FailureClass::Quota), "{quota} {message}");
        }
        assert_eq!(seconds("-1s"), None);
        assert_eq!(seconds("NaNs"), None);
    }

    #[test]
    fn the_last_picture_that_is_no_thought_counts() {
        let part =
            |data: &str, thought: bool| json!({ "inlineData": { "data": STANDARD.encode(data) }, "thought": thought });
        let value = json!({ "candidates": [{ "finishReason": "STOP", "content": { "parts": [
            part("draft", true), part("first", false), { "text": "here" }, part("last", false), part("after", true),
        ] } }] });
        let rendered = picture_of(&value, &answer()).unwrap();
        assert!(matches!(rendered.picture, Picture::Encoded(bytes) if &bytes[..] == b"last"));
    }

    #[test]
    fn refusals_inside_a_200_have_their_class() {
        let finish = |reason: &str| json!({ "candidates": [{ "finishReason": reason, "content": { "parts": [{ "text": "sorry" }] } }] });
        for (value, class) in [
            (json!({ "promptFeedback": { "blockReason": "PROHIBITED_CONTENT" } }), FailureClass::ModeratedInput),
            (finish("IMAGE_SAFETY"), FailureClass::ModeratedOutput),
            (finish("RECITATION"), FailureClass::ModeratedOutput),
            (finish("NO_IMAGE"), FailureClass::NoResult),
            (finish("STOP"), FailureClass::NoResult),
            (finish("MAX_TOKENS"), FailureClass::NoResult),
            (json!({}), FailureClass::NoResult),
            (json!({ "error": { "status": "UNAVAILABLE" } }), FailureClass::Transient),
        ] {
            assert_eq!(picture_of(&value, &answer()).unwrap_err().class, class, "{value}");
        }
    }

    #[test]
    fn pictures_that_a_gateway_dropped_are_noticed() {
        let usage = |details: Value| json!({ "usageMetadata": { "promptTokensDetails": details } });
        assert!(saw_no_picture(&usage(json!([{ "modality": "TEXT", "tokenCount": 9 }]))));
        assert!(!saw_no_picture(&usage(json!([{ "modality": "IMAGE", "tokenCount": 258 }]))));
        assert!(!saw_no_picture(&json!({})), "no usage says nothing");
    }
}
