//! SiliconFlow (硅基流动): open models behind one key. Its results are addresses that live an hour, so
//! they are fetched at once; its edit models take up to three pictures and no size.

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

const ADDRESS: &str = "https://api.siliconflow.cn/v1";
/// Where results have been seen to lie.
const RESULT_HOSTS: [&str; 4] = [
    ".siliconflow.cn",
    ".siliconflow.com",
    "sc-maas.oss-cn-shanghai.aliyuncs.com",
    "bizyair-prod.oss-cn-shanghai.aliyuncs.com",
];
/// What the pictures sent along are called, in this order.
const PICTURES: [&str; 3] = ["image", "image2", "image3"];
/// The largest seed that is taken.
const SEED_MAX: u64 = 9_999_999_999;

/// A model at SiliconFlow.
pub(super) struct SiliconFlow {
    name: String,
    wire: Wire,
    downloads: Downloads,
    options: Options,
    capabilities: ImageCapabilities,
}

#[derive(Clone, Debug)]
struct Options {
    model: String,
    takes_pictures: bool,
    steps: Option<u64>,
    cfg: Option<f64>,
}

impl SiliconFlow {
    pub(super) fn new(settings: &ImageProviderSettings) -> Result<Self, DialectError> {
        let mut setup = Setup::new(settings);
        if setup.takes_mask() {
            return Err(invalid("native_mask", "this vendor takes no mask"));
        }
        let model = setup.needed_model()?;
        let takes_pictures = ["Edit", "Kontext"].iter().any(|word| model.contains(word));
        let options = Options {
            takes_pictures,
            steps: setup.whole("num_inference_steps", 1..=100)?,
            cfg: setup.number("cfg", 0.1..=20.0)?,
            model,
        };
        let portraits = if options.model.contains("Kolors") {
            vec![(1024, 1024), (960, 1280), (768, 1024), (720, 1440), (720, 1280)]
        } else {
            vec![(1328, 1328), (928, 1664), (1664, 928), (1140, 1472), (1472, 1140), (1056, 1584), (1584, 1056)]
        };
        let capabilities = setup.capabilities(ImageCapabilities {
            // A model that edits keeps the proportions of what it changes: a poster would come out in
            // those of the photo.
            purposes: if takes_pictures { vec![Purpose::EditWhole, Purpose::EditMasked] } else { vec![Purpose::Plate] },
            native_mask: NativeMask::None,
            images_max: if takes_pictures { PICTURES.len() } else { 0 },
            image_bytes_max: 10 << 20,
            sizing: if takes_pictures { Sizing::FollowsInput } else { Sizing::List(portraits) },
            prompt_chars_max: 800,
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
        let sent = self.wire.request(Method::POST, "images/generations").json(&compose(&self.options, request));
        let (value, answer) = results::send(&self.wire, sent, call, classify).await?;
        // The older name of the list is `images`; both are sent today.
        let list = value.get("images").or_else(|| value.get("data")).and_then(Value::as_array);
        let found = results::first_picture(list.map_or(&[][..], Vec::as_slice), &self.downloads, call).await;
        let found =
            found.and_then(|picture| picture.ok_or_else(|| ProviderError::no_result("an answer without a picture")));
        let picture = found.map_err(|error| results::about(&answer, error))?;
        let trace = answer.headers.get("x-siliconcloud-trace-id").and_then(|value| value.to_str().ok());
        let request_id = request_id(&answer.headers).or_else(|| trace.map(|id| id.chars().take(100).collect()));
        Ok(Rendered { picture, request_id, cost_microusd: None })
    }
}

fn compose(options: &Options, request: &ImageRequest) -> Value {
    let mut fields = Map::new();
    fields.insert("model".to_owned(), json!(options.model));
    fields.insert("prompt".to_owned(), json!(request.prompt));
    fields.insert("seed".to_owned(), json!(request.seed % (SEED_MAX + 1)));
    if options.takes_pictures {
        for (name, image) in PICTURES.iter().zip(&request.images) {
            fields.insert((*name).to_owned(), json!(image.data_url()));
        }
    } else {
        fields.insert("image_size".to_owned(), json!(format!("{}x{}", request.width, request.height)));
        fields.insert("batch_size".to_owned(), json!(1));
    }
    fields.extend(options.steps.map(|steps| ("num_inference_steps".to_owned(), json!(steps))));
    fields.extend(options.cfg.map(|cfg| ("cfg".to_owned(), json!(cfg))));
    Value::Object(fields)
}

/// Reads `{code, message}` with a number of the vendor's own, `{error: {…}}`, and the bare text that
/// its front door answers with.
fn classify(status: u16, body: &Value) -> Verdict {
    let code = code_at(body, "/code").or_else(|| code_at(body, "/error/code"));
    let message = body.as_str().or_else(|| text_at(body, "/message")).or_else(|| text_at(body, "/error/message"));
    let words = message.unwrap_or_default().to_ascii_lowercase();
    let says = |list: &[&str]| list.iter().any(|word| words.contains(word));
    let class = match code.as_deref() {
        Some("30001") => Some(FailureClass::Quota),
        Some("20012") => Some(FailureClass::Misconfigured),
        Some("50501" | "50505" | "50507" | "50508" | "50603" | "50604") => Some(FailureClass::Transient),
        _ if status != 429 && says(&["balance is insufficient", "insufficient balance", "余额不足"]) => {
            Some(FailureClass::Quota)
        }
        _ if status < 500 && says(&["prohibited", "sensitive", "inappropriate", "敏感", "违规"]) => {
            Some(FailureClass::ModeratedInput)
        }
        _ => None,
    };
    Verdict { class, code, message: message.map(str::to_owned), retry_after: None }
}

#[async_trait]
impl ImageProvider for SiliconFlow {
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
        let request = self.wire.request(Method::GET, "models?type=image");
        let (list, _) = results::send(&self.wire, request, call, classify).await?;
        results::listed(&self.options.model, &list)
    }
}

#[cfg(test)]
mod tests {
    use FailureClass::{Misconfigured, ModeratedInput, NotAsked, Quota, RateLimited, Transient};
    use bytes::Bytes;
    use reqwest::{StatusCode, header::HeaderMap};

    use super::*;
    use crate::providers::{
        image::{ImageRole, InputImage},
        wire::Answer,
    };

    fn provider(table: &Value) -> Result<SiliconFlow, DialectError> {
        crate::providers::wire::init_crypto();
        let mut whole = json!({"name": "sf", "kind": "siliconflow", "api_key": "k", "model": "Qwen/Qwen-Image"});
        whole.as_object_mut().unwrap().extend(table.as_object().unwrap().clone());
        SiliconFlow::new(&serde_json::from_value(whole).unwrap())
    }

    fn request(images: usize, (width, height): (u32, u32)) -> ImageRequest {
        let image = InputImage {
            role: ImageRole::Base,
            bytes: Bytes::from_static(b"picture"),
            media_type: "image/png",
            width: 8,
            height: 8,
        };
        ImageRequest {
            purpose: Purpose::EditWhole,
            prompt: "画".to_owned(),
            negative: String::new(),
            images: vec![image; images],
            mask: None,
            width,
            height,
            seed: u64::MAX,
            scene: None,
        }
    }

    #[test]
    fn a_model_that_paints_takes_a_size_and_no_picture() {
        let paints = provider(&json!({})).unwrap();
        assert_eq!(paints.capabilities().purposes, [Purpose::Plate]);
        let size = paints.capabilities().size_for(1080, 1920);
        let sent = compose(&paints.options, &request(0, size));
        assert_eq!((&sent["image_size"], &sent["batch_size"]), (&json!("928x1664"), &json!(1)));
        assert!(sent["seed"].as_u64().unwrap() <= SEED_MAX);
    }

    #[test]
    fn a_model_that_edits_takes_three_pictures_and_no_size() {
        let edits = provider(&json!({"model": "Qwen/Qwen-Image-Edit-2509"})).unwrap();
        assert_eq!(edits.capabilities().purposes, [Purpose::EditWhole, Purpose::EditMasked]);
        let sent = compose(&edits.options, &request(3, (1080, 1920)));
        for name in PICTURES {
            assert_eq!(sent[name], "data:image/png;base64,cGljdHVyZQ==");
        }
        assert!(sent.get("image_size").is_none());
        assert!(provider(&json!({"native_mask": true})).is_err());
        assert!(provider(&json!({"purposes": ["edit"]})).is_err(), "a model that only paints");
    }

    #[test]
    fn every_failure_has_its_class() {
        for (status, body, class) in [
            (403, json!({"code": 30001, "message": "Sorry, your account balance is insufficient"}), Quota),
            (400, json!({"code": 20012, "message": "Model does not exist."}), Misconfigured),
            (401, json!("Invalid token"), Misconfigured),
            (404, json!("404 page not found"), Misconfigured),
            (429, json!({"message": "Request was rejected due to rate limiting. TPM limit reached."}), RateLimited),
            (503, json!({"code": 50505, "message": "Model service overloaded."}), Transient),
            (504, json!(null), Transient),
            (400, json!({"code": 20015, "message": "The parameter is invalid."}), NotAsked),
            (400, json!({"code": 20042, "message": "Prompt contains prohibited content"}), ModeratedInput),
            (451, json!({"message": "m"}), ModeratedInput),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::new() };
            assert_eq!(results::refused(&answer, &body, classify).class, class, "{status} {body}");
        }
    }
}
