//! Seedream on Volcengine Ark (火山方舟) and its overseas twin. One JSON call, pictures as `data:` URLs,
//! no mask; the vendor stamps a watermark on every picture unless told otherwise, so it always is.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{
    DialectError, ImageCapabilities, ImageProvider, ImageRequest, NativeMask, PromptLanguage, Purpose, Rendered,
    Sizing, Started,
    results::{self, code_at, text_at},
    setup::{Key, Setup, invalid},
};
use crate::{
    config::ImageProviderSettings,
    providers::{
        CallContext, FailureClass, ProviderError,
        wire::{Downloads, Verdict, Wire, request_id},
    },
};

const ADDRESS: &str = "https://ark.cn-beijing.volces.com/api/v3";
/// Where results lie, at home and overseas.
const RESULT_HOSTS: [&str; 2] = [".volces.com", ".bytepluses.com"];
/// References and results of one call together; one result is asked for.
const REFERENCES_MAX: usize = 14;
const SEED_MASK: u64 = 0x7fff_ffff;

/// A Seedream deployment.
pub(super) struct Ark {
    name: String,
    wire: Wire,
    downloads: Downloads,
    options: Options,
    capabilities: ImageCapabilities,
}

#[derive(Clone, Debug)]
struct Options {
    model: String,
    watermark: bool,
    response_format: &'static str,
    output_format: Option<&'static str>,
    optimize_prompt_mode: Option<String>,
    guidance_scale: Option<f64>,
    takes_seed: bool,
}

/// What the generations of the model differ in.
struct Generation {
    pixels_min: u64,
    pixels_max: u64,
    references: usize,
    is_third: bool,
}

fn generation(model: &str) -> Generation {
    let is =
        |number: &str| [format!("seedream-{number}"), format!("seedream{number}")].iter().any(|w| model.contains(w));
    let (large, larger) = (3_686_400, 16_777_216);
    if is("3") {
        Generation { pixels_min: 262_144, pixels_max: 4_194_304, references: 0, is_third: true }
    } else if is("4-0") || is("4.0") {
        Generation { pixels_min: 921_600, pixels_max: larger, references: REFERENCES_MAX, is_third: false }
    } else {
        // 4.5, 5.0 and an endpoint's own id (`ep-…`), which tells nothing: sizes within these limits
        // suit every later generation.
        Generation { pixels_min: large, pixels_max: larger, references: REFERENCES_MAX, is_third: false }
    }
}

impl Ark {
    pub(super) fn new(settings: &ImageProviderSettings) -> Result<Self, DialectError> {
        let mut setup = Setup::new(settings);
        let model = setup.needed_model()?;
        if setup.takes_mask() {
            return Err(invalid("native_mask", "Seedream takes no mask"));
        }
        let generation = generation(&model);
        let options = Options {
            watermark: setup.flag("watermark")?.unwrap_or(false),
            response_format: setup.choice("response_format", &["b64_json", "url"])?.unwrap_or("b64_json"),
            output_format: setup.choice("output_format", &["png", "jpeg"])?,
            optimize_prompt_mode: setup.text("optimize_prompt_mode")?,
            guidance_scale: setup.number("guidance_scale", 1.0..=10.0)?,
            takes_seed: generation.is_third,
            model,
        };
        let capabilities = setup.capabilities(ImageCapabilities {
            purposes: Purpose::ALL.to_vec(),
            native_mask: NativeMask::None,
            images_max: generation.references,
            image_bytes_max: 10 << 20,
            sizing: Sizing::Free { multiple: 1, pixels_min: generation.pixels_min, pixels_max: generation.pixels_max },
            prompt_chars_max: 300,
            language: PromptLanguage::Chinese,
            is_billed: true,
        })?;
        let wire = setup.wire(Some(ADDRESS), Key::Needed)?;
        let downloads = setup.downloads(&RESULT_HOSTS)?;
        let name = setup.name();
        setup.finish()?;
        Ok(Self { name, wire, downloads, options, capabilities })
    }

    async fn picture(&self, request: &ImageRequest, call: &CallContext) -> Result<Rendered, ProviderError> {
        let sent = self.wire.request(Method::POST, "images/generations");
        let sent = sent.header("x-client-request-id", &call.nonce).json(&compose(&self.options, request));
        let (value, answer) = results::send(&self.wire, sent, call, classify).await?;
        let items = value.get("data").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let found = results::first_picture(items, &self.downloads, call).await;
        let found = found.and_then(|picture| picture.ok_or_else(|| failed_item(&value)));
        let picture = found.map_err(|error| results::about(&answer, error))?;
        let request_id = request_id(&answer.headers);
        Ok(Rendered { picture, request_id, cost_microusd: None })
    }
}

fn compose(options: &Options, request: &ImageRequest) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("model", json!(options.model));
    set("prompt", json!(request.prompt));
    set("size", json!(format!("{}x{}", request.width, request.height)));
    set("response_format", json!(options.response_format));
    set("watermark", json!(options.watermark));
    match &request.images[..] {
        [] => {}
        [one] => drop(set("image", json!(one.data_url()))),
        several => {
            let urls: Vec<String> = several.iter().map(super::InputImage::data_url).collect();
            set("image", json!(urls));
        }
    }
    if let Some(format) = options.output_format {
        set("output_format", json!(format));
    }
    if let Some(mode) = &options.optimize_prompt_mode {
        set("optimize_prompt_options", json!({"mode": mode}));
    }
    if let Some(scale) = options.guidance_scale {
        set("guidance_scale", json!(scale));
    }
    if options.takes_seed {
        set("seed", json!(request.seed & SEED_MASK));
    }
    Value::Object(fields)
}

/// Reads `{error: {code, message, param, type}}`; codes are words with parts behind dots.
fn classify(_status: u16, body: &Value) -> Verdict {
    let code = code_at(body, "/error/code");
    let param = text_at(body, "/error/param").unwrap_or_default();
    Verdict {
        class: code.as_deref().and_then(|code| class_of(code, param)),
        message: text_at(body, "/error/message").map(str::to_owned),
        code,
        retry_after: None,
    }
}

fn class_of(code: &str, param: &str) -> Option<FailureClass> {
    use FailureClass::{Misconfigured, ModeratedInput, ModeratedOutput, NotAsked, Quota, RateLimited, Transient};
    let family = code.split('.').next().unwrap_or(code);
    if code.contains("SensitiveContentDetected") || code.contains("RiskDetection") || code.contains("PolicyViolation") {
        return Some(if family.starts_with("Output") { ModeratedOutput } else { ModeratedInput });
    }
    Some(match family {
        // An account in debt may come as 400, 403 or 429.
        "AccountOverdueError" | "AccountOverdue" | "QuotaExceeded" | "SetLimitExceeded" | "InsufficientBalance" => {
            Quota
        }
        "ServerOverloaded"
        | "InternalServiceError"
        | "InternalError"
        | "ServiceUnavailable"
        | "ServiceOverloaded"
        | "InferenceServiceConnectionTimeout" => Transient,
        limit if limit.contains("RateLimit") || limit == "RequestBurstTooFast" || limit == "TooManyRequests" => {
            RateLimited
        }
        "AuthenticationError"
        | "AccessDenied"
        | "OperationDenied"
        | "InvalidEndpoint"
        | "InvalidEndpointOrModel"
        | "ModelNotOpen"
        | "UnsupportedModel"
        | "InvalidSubscription"
        | "InvalidAction" => Misconfigured,
        "InvalidImageURL" | "InvalidImageDetail" | "OversizeImage" => NotAsked,
        // Of one seller's picture or words, or of a setting: what it is about decides.
        "InvalidParameter" | "InvalidArgumentError" | "MissingParameter" => {
            let is_content = ["image", "prompt", "content"].iter().any(|word| param.starts_with(word));
            if is_content || code.contains("Image") { NotAsked } else { Misconfigured }
        }
        _ => return None,
    })
}

/// The failure of a result that is listed without a picture: a call may succeed in part.
fn failed_item(value: &Value) -> ProviderError {
    let items = value.get("data").and_then(Value::as_array);
    let item = items.into_iter().flatten().find(|item| item.get("error").is_some_and(|error| !error.is_null()));
    let Some(item) = item else { return ProviderError::no_result("an answer without a picture") };
    let verdict = classify(200, item);
    let class = verdict.class.unwrap_or(FailureClass::NoResult);
    let message = verdict.message.unwrap_or_else(|| "the only result failed".to_owned());
    let detail: String = message.chars().take(300).collect();
    ProviderError { code: verdict.code, maybe_billed: true, ..ProviderError::new(class, detail) }
}

#[async_trait]
impl ImageProvider for Ark {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> &str {
        &self.options.model
    }

    fn capabilities(&self) -> &ImageCapabilities {
        &self.capabilities
    }

    async fn start(&self, request: &ImageRequest, call: &CallContext) -> Result<Started, ProviderError> {
        let painted = self.picture(request, call).await;
        painted.map(Started::Done)
    }

    /// The vendor has no call that only asks; one without a prompt is turned away before it costs
    /// anything, and how it is turned away tells whether key and model are known.
    async fn probe(&self, call: &CallContext) -> Result<String, ProviderError> {
        let body = json!({"model": self.options.model, "watermark": self.options.watermark});
        let sent = self.wire.request(Method::POST, "images/generations").json(&body);
        match results::send(&self.wire, sent, call, classify).await {
            Err(error) => {
                let family = error.code.as_deref().unwrap_or_default().split('.').next().unwrap_or_default();
                let misses_prompt = matches!(family, "MissingParameter" | "InvalidParameter")
                    || (family.is_empty() && error.detail.contains("prompt"));
                if misses_prompt && error.http_status == Some(400) {
                    return Ok(format!("the key is taken and {} is known", self.options.model));
                }
                Err(error)
            }
            Ok(_) => Ok("the vendor answers, even to a call without a prompt".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use FailureClass::{
        Misconfigured, ModeratedInput, ModeratedOutput, NoResult, NotAsked, Quota, RateLimited, Transient,
    };
    use bytes::Bytes;
    use reqwest::{StatusCode, header::HeaderMap};

    use super::*;
    use crate::providers::{
        image::{ImageRole, InputImage},
        wire::Answer,
    };

    fn provider(table: &Value) -> Result<Ark, DialectError> {
        crate::providers::wire::init_crypto();
        let mut whole =
            json!({"name": "seedream", "kind": "ark", "api_key": "k", "model": "doubao-seedream-4-5-251128"});
        whole.as_object_mut().unwrap().extend(table.as_object().unwrap().clone());
        Ark::new(&serde_json::from_value(whole).unwrap())
    }

    fn request(images: usize) -> ImageRequest {
        let image = InputImage {
            role: ImageRole::Product,
            bytes: Bytes::from_static(b"picture"),
            media_type: "image/jpeg",
            width: 8,
            height: 8,
        };
        ImageRequest {
            purpose: Purpose::Poster,
            prompt: "画一张海报".to_owned(),
            negative: String::new(),
            images: vec![image; images],
            mask: None,
            width: 1440,
            height: 2560,
            seed: 0x1_0000_0007,
            scene: None,
        }
    }

    #[test]
    fn a_watermark_is_always_spoken_of() {
        for (extra, expected) in [(json!({}), false), (json!({"watermark": true}), true)] {
            let ark = provider(&json!({"extra": extra})).unwrap();
            assert_eq!(compose(&ark.options, &request(0))["watermark"], expected);
        }
        assert!(provider(&json!({"extra": {"watermark": "no"}})).is_err());
        assert!(provider(&json!({"native_mask": true})).is_err());
    }

    #[test]
    fn every_generation_gets_its_sizes() {
        for (model, size, references) in [
            ("doubao-seedream-5-0-260128", (1440, 2560), 14),
            ("doubao-seedream-4-5-251128", (1440, 2560), 14),
            ("ep-20260101-abc", (1440, 2560), 14),
            ("doubao-seedream-4-0-250828", (1080, 1920), 14),
            ("doubao-seedream-3-0-t2i-250415", (1080, 1920), 0),
        ] {
            let ark = provider(&json!({"model": model})).unwrap();
            assert_eq!(ark.capabilities().size_for(1080, 1920), size, "{model}");
            assert_eq!(ark.capabilities().images_max, references, "{model}");
            assert_eq!(ark.capabilities().prompt_chars_max, 300);
        }
    }

    #[test]
    fn pictures_go_as_one_address_or_a_list() {
        let ark = provider(&json!({})).unwrap();
        assert!(compose(&ark.options, &request(0)).get("image").is_none());
        let url = "data:image/jpeg;base64,cGljdHVyZQ==";
        assert_eq!(compose(&ark.options, &request(1))["image"], url);
        assert_eq!(compose(&ark.options, &request(2))["image"], json!([url, url]));
        assert!(compose(&ark.options, &request(0)).get("seed").is_none());
        let third = provider(&json!({"model": "doubao-seedream-3-0-t2i-250415"})).unwrap();
        assert_eq!(compose(&third.options, &request(0))["seed"], 7);
    }

    #[test]
    fn every_failure_has_its_class() {
        for (status, code, param, class) in [
            (400, "InputTextSensitiveContentDetected", "", ModeratedInput),
            (400, "InputImageSensitiveContentDetected.PrivacyInformation", "", ModeratedInput),
            (400, "InputTextRiskDetection", "", ModeratedInput),
            (400, "SensitiveContentDetected.SevereViolation", "", ModeratedInput),
            (400, "OutputImageSensitiveContentDetected", "", ModeratedOutput),
            (400, "OutputImageRiskDetection", "", ModeratedOutput),
            (403, "AccountOverdueError", "", Quota),
            (400, "AccountOverdueError", "", Quota),
            (429, "SetLimitExceeded", "", Quota),
            (429, "QuotaExceeded", "", Quota),
            (429, "ModelAccountIpmRateLimitExceeded", "", RateLimited),
            (429, "RateLimitExceeded.EndpointRPMExceeded", "", RateLimited),
            (429, "ServerOverloaded", "", Transient),
            (500, "InternalServiceError", "", Transient),
            (401, "AuthenticationError", "", Misconfigured),
            (403, "AccessDenied", "", Misconfigured),
            (400, "InvalidEndpoint.ClosedEndpoint", "", Misconfigured),
            (404, "InvalidEndpointOrModel.NotFound", "", Misconfigured),
            (404, "ModelNotOpen", "", Misconfigured),
            (400, "InvalidParameter", "size", Misconfigured),
            (400, "InvalidParameter", "image", NotAsked),
            (400, "InvalidParameter.OversizeImage", "", NotAsked),
            (400, "MissingParameter", "prompt", NotAsked),
            (400, "SomethingNew", "", NotAsked),
            (503, "SomethingNew", "", Transient),
        ] {
            let body = json!({"error": {"code": code, "message": "m", "param": param, "type": "t"}});
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::new() };
            assert_eq!(results::refused(&answer, &body, classify).class, class, "{code} {param}");
        }
    }

    #[test]
    fn a_result_that_failed_says_why() {
        let blocked = json!({"created": 1, "data": [{"error":
            {"code": "OutputImageSensitiveContentDetected", "message": "m"}}]});
        let error = failed_item(&blocked);
        assert_eq!(error.class, ModeratedOutput);
        assert!(error.maybe_billed);
        assert_eq!(failed_item(&json!({"created_at": 1, "data": [{"error": {"code": "New"}}]})).class, NoResult);
        assert_eq!(failed_item(&json!({"data": []})).class, NoResult);
    }
}
