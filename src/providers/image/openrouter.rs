//! OpenRouter's images endpoint: many vendors' models behind one key, references as `data:` URLs, and
//! the real cost of every call in the answer.

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

const ADDRESS: &str = "https://openrouter.ai/api/v1";
/// The proportions that image models know by name, each as a size of about the wished area: what is
/// sent is their quotient.
const RATIOS: [(u32, u32); 10] = [
    (1080, 1080),
    (1080, 1350),
    (1350, 1080),
    (1080, 1440),
    (1440, 1080),
    (1080, 1620),
    (1620, 1080),
    (1080, 1920),
    (1920, 1080),
    (2520, 1080),
];
const SEED_MASK: u64 = 0x7fff_ffff;

/// A model behind OpenRouter.
pub(super) struct OpenRouter {
    name: String,
    wire: Wire,
    downloads: Downloads,
    options: Options,
    capabilities: ImageCapabilities,
}

#[derive(Clone, Debug)]
struct Options {
    model: String,
    /// Whether a size in pixels goes out instead of proportions; both together are refused.
    is_sized: bool,
    resolution: Option<&'static str>,
    quality: Option<&'static str>,
    background: Option<&'static str>,
    output_format: Option<&'static str>,
    output_compression: Option<u64>,
    sends_seed: bool,
    /// What is passed through to the vendor behind, as it stands.
    provider: Option<Value>,
}

impl OpenRouter {
    pub(super) fn new(settings: &ImageProviderSettings) -> Result<Self, DialectError> {
        let mut setup = Setup::new(settings);
        if setup.takes_mask() {
            return Err(invalid("native_mask", "this endpoint takes no mask"));
        }
        let provider = setup.value("provider").cloned();
        if provider.as_ref().is_some_and(|table| !table.is_object()) {
            return Err(invalid("extra.provider", "must be a table"));
        }
        let options = Options {
            model: setup.needed_model()?,
            is_sized: setup.choice("canvas", &["aspect_ratio", "size"])? == Some("size"),
            resolution: setup.choice("resolution", &["512", "1K", "2K", "4K"])?,
            quality: setup.choice("quality", &["low", "medium", "high", "auto"])?,
            background: setup.choice("background", &["opaque", "auto"])?,
            output_format: setup.choice("output_format", &["png", "jpeg", "webp"])?,
            output_compression: setup.whole("output_compression", 0..=100)?,
            sends_seed: setup.flag("send_seed")?.unwrap_or(false),
            provider,
        };
        let sizing = if options.is_sized {
            Sizing::Free { multiple: 16, pixels_min: 655_360, pixels_max: 3_686_400 }
        } else {
            Sizing::Ratio(RATIOS.to_vec())
        };
        let capabilities = setup.capabilities(ImageCapabilities {
            purposes: Purpose::ALL.to_vec(),
            native_mask: NativeMask::None,
            images_max: 3,
            image_bytes_max: 10 << 20,
            sizing,
            prompt_chars_max: 4_000,
            language: PromptLanguage::English,
            is_billed: true,
        })?;
        if !options.is_sized && matches!(capabilities.sizing, Sizing::List(_)) {
            return Err(invalid("extra.sizes", "needs extra.canvas = \"size\""));
        }
        let wire = setup.wire(Some(ADDRESS), Key::Needed)?;
        let downloads = setup.downloads(&[])?;
        let name = setup.name();
        setup.finish()?;
        Ok(Self { name, wire, downloads, options, capabilities })
    }

    async fn picture(&self, request: &ImageRequest, call: &CallContext) -> Result<Rendered, ProviderError> {
        let sent = self.wire.request(Method::POST, "images").json(&compose(&self.options, request));
        let (value, answer) = results::send(&self.wire, sent, call, classify).await?;
        let items = value.get("data").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let found = results::first_picture(items, &self.downloads, call).await;
        let found =
            found.and_then(|picture| picture.ok_or_else(|| ProviderError::no_result("an answer without a picture")));
        let picture = found.map_err(|error| results::about(&answer, error))?;
        let request_id = request_id(&answer.headers).or_else(|| text_at(&value, "/id").map(str::to_owned));
        Ok(Rendered { picture, request_id, cost_microusd: cost_microusd(&value) })
    }
}

fn compose(options: &Options, request: &ImageRequest) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        fields.extend(value.map(|value| (name.to_owned(), value)));
    };
    set("model", Some(json!(options.model)));
    set("prompt", Some(json!(request.prompt)));
    set("n", Some(json!(1)));
    let (width, height) = (request.width, request.height);
    if options.is_sized {
        set("size", Some(json!(format!("{width}x{height}"))));
    } else {
        set("aspect_ratio", Some(json!(ratio(width, height))));
        set("resolution", options.resolution.map(|word| json!(word)));
    }
    set("quality", options.quality.map(|word| json!(word)));
    set("background", options.background.map(|word| json!(word)));
    set("output_format", options.output_format.map(|word| json!(word)));
    set("output_compression", options.output_compression.map(|number| json!(number)));
    set("seed", options.sends_seed.then(|| json!(request.seed & SEED_MASK)));
    set("provider", options.provider.clone());
    let references: Vec<Value> = request
        .images
        .iter()
        .map(|image| json!({"type": "image_url", "image_url": {"url": image.data_url()}}))
        .collect();
    set("input_references", (!references.is_empty()).then(|| json!(references)));
    Value::Object(fields)
}

/// The proportions by name, such as `9:16`.
fn ratio(width: u32, height: u32) -> String {
    // By custom the widest one is not called by its quotient.
    if (width, height) == (2520, 1080) {
        return "21:9".to_owned();
    }
    let (mut a, mut b) = (width.max(1), height.max(1));
    while b > 0 {
        (a, b) = (b, a % b);
    }
    format!("{}:{}", width / a, height / a)
}

/// Reads `{error: {code, message, metadata}}`; the code is mostly the status, also where the answer
/// itself came with 200.
fn classify(status: u16, body: &Value) -> Verdict {
    let code = code_at(body, "/error/code");
    let message = text_at(body, "/error/message");
    let number = code.as_deref().and_then(|code| code.parse::<u16>().ok()).unwrap_or(status);
    let words = message.unwrap_or_default().to_ascii_lowercase();
    let is_flagged = body.pointer("/error/metadata/reasons").is_some()
        || body.pointer("/error/metadata/flagged_input").is_some()
        || ["flagged", "moderation", "content policy", "safety system"].iter().any(|word| words.contains(word));
    let class = match (number, code.as_deref()) {
        (_, Some("moderation_blocked" | "content_filter" | "content_policy_violation")) => {
            Some(FailureClass::ModeratedInput)
        }
        (400 | 403, _) if is_flagged => Some(FailureClass::ModeratedInput),
        (402, _) => Some(FailureClass::Quota),
        // The limit that the owner of a key set on it comes as 403 too.
        (403, _) if words.contains("limit") => Some(FailureClass::Quota),
        (401 | 403 | 404, _) => Some(FailureClass::Misconfigured),
        (429, _) => Some(FailureClass::RateLimited),
        (408 | 409 | 500..=599, _) => Some(FailureClass::Transient),
        (400 | 413 | 422, _) => Some(FailureClass::NotAsked),
        _ => None,
    };
    Verdict { class, code, message: message.map(str::to_owned), retry_after: None }
}

/// What the call cost, rounded up.
fn cost_microusd(answer: &Value) -> Option<i64> {
    let dollars = answer.pointer("/usage/cost")?.as_f64()?;
    // Three places beyond the unit are noise of the conversion, not cents.
    let microusd = (dollars * 1e9).round() / 1e3;
    (microusd.is_finite() && (0.0..1e12).contains(&microusd)).then(|| microusd.ceil() as i64)
}

#[async_trait]
impl ImageProvider for OpenRouter {
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

    async fn probe(&self, call: &CallContext) -> Result<String, ProviderError> {
        // The list of models needs no key, so the key is asked about first.
        let (key, _) = results::send(&self.wire, self.wire.request(Method::GET, "key"), call, classify).await?;
        let (list, _) =
            results::send(&self.wire, self.wire.request(Method::GET, "images/models"), call, classify).await?;
        let found = results::listed(&self.options.model, &list)?;
        Ok(match key.pointer("/data/limit_remaining").and_then(Value::as_f64) {
            Some(left) => format!("{found}; {left} USD are left of the key's limit"),
            None => found,
        })
    }
}

#[cfg(test)]
mod tests {
    use FailureClass::{Misconfigured, ModeratedInput, NoResult, NotAsked, Quota, RateLimited, Transient};
    use bytes::Bytes;
    use reqwest::{StatusCode, header::HeaderMap};

    use super::*;
    use crate::providers::{
        image::{ImageRole, InputImage},
        wire::Answer,
    };

    fn provider(extra: &Value) -> Result<OpenRouter, DialectError> {
        crate::providers::wire::init_crypto();
        let whole = json!({"name": "or", "kind": "openrouter", "api_key": "k", "model": "google/gemini-3.1-flash-image",
            "extra": extra});
        OpenRouter::new(&serde_json::from_value(whole).unwrap())
    }

    fn sent(provider: &OpenRouter, wished: (u32, u32)) -> Value {
        let (width, height) = provider.capabilities().size_for(wished.0, wished.1);
        let image = InputImage {
            role: ImageRole::Product,
            bytes: Bytes::from_static(b"picture"),
            media_type: "image/png",
            width: 8,
            height: 8,
        };
        let request = ImageRequest {
            purpose: Purpose::Poster,
            prompt: "Paint".to_owned(),
            negative: String::new(),
            images: vec![image],
            mask: None,
            width,
            height,
            seed: 7,
            scene: None,
        };
        compose(&provider.options, &request)
    }

    #[test]
    fn proportions_or_a_size_never_both() {
        let by_name = provider(&json!({"resolution": "1K"})).unwrap();
        for (wished, name) in [
            ((1080, 1920), "9:16"),
            ((1080, 1440), "3:4"),
            ((1080, 1350), "4:5"),
            ((1080, 1080), "1:1"),
            ((1440, 1080), "4:3"),
            ((1920, 1080), "16:9"),
            ((2100, 900), "21:9"),
        ] {
            let sent = sent(&by_name, wished);
            assert_eq!((&sent["aspect_ratio"], sent.get("size")), (&json!(name), None), "{wished:?}");
            assert_eq!(sent["resolution"], "1K");
        }
        let by_pixels = provider(&json!({"canvas": "size", "resolution": "1K"})).unwrap();
        let (width, height) = by_pixels.capabilities().size_for(1080, 1920);
        let sized = sent(&by_pixels, (1080, 1920));
        assert_eq!((&sized["size"], sized.get("aspect_ratio")), (&json!(format!("{width}x{height}")), None));
        assert!(sized.get("resolution").is_none());
        assert_eq!(sized["input_references"][0]["image_url"]["url"], "data:image/png;base64,cGljdHVyZQ==");
        assert!(provider(&json!({"sizes": ["1024x1536"]})).is_err());
    }

    #[test]
    fn the_cost_is_rounded_up_and_nothing_else() {
        for (cost, expected) in [
            (json!(0.04), Some(40_000)),
            (json!(0.000_000_4), Some(1)),
            (json!(0.1), Some(100_000)),
            (json!(0), Some(0)),
            (json!(-1), None),
            (json!("0.04"), None),
        ] {
            assert_eq!(cost_microusd(&json!({"usage": {"cost": cost}})), expected, "{cost}");
        }
        assert_eq!(cost_microusd(&json!({})), None);
    }

    #[test]
    fn every_failure_has_its_class() {
        for (status, body, class) in [
            (402, json!({"error": {"code": 402, "message": "Insufficient credits"}}), Quota),
            (403, json!({"error": {"code": 403, "message": "Key limit exceeded"}}), Quota),
            (
                403,
                json!({"error": {"code": 403, "message": "m", "metadata": {"reasons": ["violence"]}}}),
                ModeratedInput,
            ),
            (403, json!({"error": {"code": 403, "message": "Your input was flagged"}}), ModeratedInput),
            (403, json!({"error": {"code": 403, "message": "Forbidden"}}), Misconfigured),
            (401, json!({"error": {"code": 401, "message": "No auth credentials found"}}), Misconfigured),
            (404, json!({"error": {"code": 404, "message": "No endpoints found"}}), Misconfigured),
            (400, json!({"error": {"code": 400, "message": "aspect_ratio and size"}}), NotAsked),
            (429, json!({"error": {"code": 429, "message": "m"}}), RateLimited),
            (408, json!({"error": {"code": 408, "message": "m"}}), Transient),
            (502, json!({"error": {"code": 502, "message": "m"}}), Transient),
            (200, json!({"error": {"code": 502, "message": "the model is down"}}), Transient),
            (200, json!({"error": {"code": 402, "message": "m"}}), Quota),
            (200, json!({"error": {"code": "content_filter", "message": "m"}}), ModeratedInput),
            (200, json!({"error": {"message": "odd"}}), NoResult),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::new() };
            assert_eq!(results::refused(&answer, &body, classify).class, class, "{status} {body}");
        }
    }
}
