//! Alibaba's 百炼 (`dashscope`): Qwen-Image and Wan, at once or as a task.
//!
//! An accepted task is known by its number, so a process that dies asks for it again instead of
//! paying twice. A task that failed is told with status 200, in the words of an error body. A picture
//! comes as an address that is good for a day; when it cannot be fetched at once, the address itself
//! becomes the reference, because the picture is paid for.

mod codes;
mod models;

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    DialectError, ImageCapabilities, ImageProvider, ImageRequest, ImageRole, NativeMask, Picture, Progress,
    PromptLanguage, Rendered, Sizing, Started,
    setup::{Key, Setup, invalid},
};
use crate::{
    config::ImageProviderSettings,
    providers::{
        CallContext, FailureClass, ProviderError,
        wire::{Answer, Downloads, Wire},
    },
};
use codes::verdict;
use models::{Form, Model};

const BASE_URL: &str = "https://dashscope.aliyuncs.com/api/v1";
/// Where results lie: object storage of the same house, in several regions.
const DOWNLOAD_HOST: &str = ".aliyuncs.com";
const IMAGE_BYTES_MAX: usize = 7 << 20;
const PROMPT_CHARS_MAX: usize = 800;
const NEGATIVE_CHARS_MAX: usize = 500;
/// The largest seed that the models take.
const SEED_MAX: u64 = 2_147_483_647;
/// How long a task is left alone between two enquiries.
const TASK_PAUSE: Duration = Duration::from_secs(2);
/// Sets a reference that is a result's address apart from one that is a task's number.
const ADDRESS_MARK: &str = "result:";

/// One model of 百炼.
#[derive(Debug)]
pub(super) struct DashScope {
    name: String,
    model: String,
    wire: Wire,
    downloads: Downloads,
    capabilities: ImageCapabilities,
    form: Form,
    is_task: bool,
    watermark: bool,
}

impl DashScope {
    /// Reads a table of the settings. `extra`: `service` (the word in the address that names the kind
    /// of call) and `mode` (`sync` or `task`), which follow from the model's name where it is known;
    /// `watermark`; and what all kinds take.
    pub(super) fn new(settings: &ImageProviderSettings) -> Result<Self, DialectError> {
        let mut setup = Setup::new(settings);
        let name = setup.needed_model()?;
        let service = setup.choice("service", &Form::SERVICES)?;
        let model = Model::named(&name, service.map(Form::of_service));
        let native_mask = if model.form == Form::RegionEdit { NativeMask::Luma } else { NativeMask::None };
        if setup.takes_mask() && native_mask == NativeMask::None {
            return Err(invalid("native_mask", "of this vendor's models only wanx2.1-imageedit takes a mask"));
        }
        let is_task = setup.choice("mode", &["sync", "task"])?.map_or(model.is_task, |mode| mode == "task");
        let watermark = setup.flag("watermark")?.unwrap_or(false);
        let capabilities = setup.capabilities(ImageCapabilities {
            purposes: model.purposes.to_vec(),
            native_mask,
            images_max: model.images_max,
            image_bytes_max: IMAGE_BYTES_MAX,
            sizing: model.sizing,
            prompt_chars_max: PROMPT_CHARS_MAX,
            language: PromptLanguage::Chinese,
            is_billed: true,
        })?;
        let wire = setup.wire(Some(BASE_URL), Key::Needed)?;
        let downloads = setup.downloads(&[DOWNLOAD_HOST])?;
        let provider = Self {
            name: setup.name(),
            model: name,
            wire,
            downloads,
            capabilities,
            form: model.form,
            is_task,
            watermark,
        };
        setup.finish()?;
        Ok(provider)
    }

    fn body(&self, request: &ImageRequest, mask: Option<String>) -> Result<Value, ProviderError> {
        let clip = |text: &str, chars: usize| text.chars().take(chars).collect::<String>();
        let prompt = clip(&request.prompt, self.capabilities.prompt_chars_max);
        let negative = clip(&request.negative, NEGATIVE_CHARS_MAX);
        let images: Vec<String> = request.images.iter().map(super::InputImage::data_url).collect();
        // Our prompt is written for the model; letting another model rewrite it would undo that. The
        // mark on the picture is set by default in part of the models, so it is always spoken about.
        let mut parameters = json!({ "n": 1, "watermark": self.watermark, "seed": request.seed % (SEED_MAX + 1) });
        if self.form != Form::RegionEdit {
            parameters["prompt_extend"] = json!(false);
        }
        if self.capabilities.sizing != Sizing::FollowsInput {
            let (width, height) = self.capabilities.size_for(request.width, request.height);
            parameters["size"] = json!(format!("{width}*{height}"));
        }
        let mut input = match self.form {
            Form::Messages | Form::TaskMessages => {
                let pictures = images.into_iter().map(|image| json!({ "image": image }));
                let content: Vec<Value> = pictures.chain(std::iter::once(json!({ "text": prompt }))).collect();
                if !negative.is_empty() {
                    parameters["negative_prompt"] = json!(negative);
                }
                return Ok(json!({
                    "model": self.model,
                    "input": { "messages": [{ "role": "user", "content": content }] },
                    "parameters": parameters,
                }));
            }
            Form::FromWords => json!({ "prompt": prompt }),
            Form::FromPictures => json!({ "prompt": prompt, "images": images }),
            Form::RegionEdit => {
                let base = request.images.iter().find(|image| image.role == ImageRole::Base);
                let base = base.ok_or_else(|| ProviderError::new(FailureClass::NotAsked, "no picture to change"))?;
                let function = if mask.is_some() { "description_edit_with_mask" } else { "description_edit" };
                let mut input = json!({ "function": function, "prompt": prompt, "base_image_url": base.data_url() });
                if let Some(mask) = mask {
                    input["mask_image_url"] = json!(mask);
                }
                input
            }
        };
        if self.form != Form::RegionEdit && !negative.is_empty() {
            input["negative_prompt"] = json!(negative);
        }
        Ok(json!({ "model": self.model, "input": input, "parameters": parameters }))
    }

    /// The picture at an address that the vendor gave.
    async fn fetched(
        &self,
        url: &str,
        request_id: Option<String>,
        call: &CallContext,
    ) -> Result<Rendered, ProviderError> {
        let fetched = self.downloads.fetch(url, call).await;
        let bytes = fetched.map_err(|error| ProviderError { request_id: request_id.clone(), ..error })?;
        Ok(Rendered { request_id, ..Rendered::new(Picture::Encoded(bytes)) })
    }
}

#[async_trait]
impl ImageProvider for DashScope {
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
        if request.images.is_empty() && self.form.needs_picture(&self.model) {
            return Err(ProviderError::new(FailureClass::NotAsked, "this model changes pictures and was given none"));
        }
        let mask = match &request.mask {
            Some(mask) if self.form == Form::RegionEdit => Some(opaque_mask(mask.clone()).await?),
            _ => None,
        };
        let path = format!("services/aigc/{}", self.form.path());
        let mut post = self.wire.request(Method::POST, &path).json(&self.body(request, mask)?);
        if self.is_task {
            post = post.header("X-DashScope-Async", "enable");
        }
        let (value, answer) = self.wire.send_json(post, call, verdict).await.map_err(without_our_words)?;
        let request_id = request_id(&value);
        if let Some(task) = value["output"]["task_id"].as_str() {
            // The number goes into an address of ours later.
            let is_plain = !task.is_empty() && task.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            return if is_plain {
                Ok(Started::Accepted(task.to_owned()))
            } else {
                Err(ProviderError::no_result("the task's number does not read"))
            };
        }
        let url = url_of(&value, &answer)?;
        match self.fetched(url, request_id, call).await {
            Ok(rendered) => Ok(Started::Done(rendered)),
            Err(error) if error.class == FailureClass::Transient => {
                tracing::warn!(provider = self.name, %error, "a finished picture is fetched again later");
                Ok(Started::Accepted(format!("{ADDRESS_MARK}{url}")))
            }
            Err(error) => Err(error),
        }
    }

    async fn resume(&self, reference: &str, call: &CallContext) -> Result<Progress, ProviderError> {
        if let Some(url) = reference.strip_prefix(ADDRESS_MARK) {
            return self.fetched(url, None, call).await.map(Progress::Done);
        }
        let get = self.wire.request(Method::GET, &format!("tasks/{reference}"));
        let (value, answer) = self.wire.send_json(get, call, verdict).await.map_err(enquiry)?;
        let request_id = request_id(&value);
        let of_work = |error: ProviderError| ProviderError { request_id: request_id.clone(), ..error };
        match value["output"]["task_status"].as_str().unwrap_or_default() {
            "PENDING" | "RUNNING" | "SUSPENDED" => Ok(Progress::Working(TASK_PAUSE)),
            "SUCCEEDED" => {
                let url = url_of(&value, &answer)?;
                self.fetched(url, request_id.clone(), call).await.map(Progress::Done)
            }
            "FAILED" => {
                let mut verdict = verdict(answer.status, &value["output"]);
                // Of the work and final, so never "ask again how it stands".
                if matches!(verdict.class, None | Some(FailureClass::Transient | FailureClass::RateLimited)) {
                    verdict.class = Some(FailureClass::NoResult);
                }
                Err(of_work(answer.refused(verdict)))
            }
            "CANCELED" => Err(of_work(ProviderError::new(FailureClass::NoResult, "the task was cancelled"))),
            // They had it and took money for it, so it counts as an answer without a picture.
            "UNKNOWN" => Err(of_work(ProviderError::no_result("the vendor no longer knows the task"))),
            _ => Err(of_work(ProviderError::new(FailureClass::Transient, "a state that is not known"))),
        }
    }

    /// No free call tells whether a model may be used; one about a task that does not exist tells at
    /// least whether the key may.
    async fn probe(&self, call: &CallContext) -> Result<String, ProviderError> {
        let get = self.wire.request(Method::GET, "tasks/00000000-0000-0000-0000-000000000000");
        let answer = self.wire.send(get, call).await?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let verdict = verdict(answer.status, &body);
        let is_key_refused = matches!(answer.status.as_u16(), 401 | 403)
            || matches!(verdict.class, Some(FailureClass::Misconfigured | FailureClass::Quota));
        if is_key_refused || !body.is_object() || answer.status.is_server_error() {
            return Err(answer.refused(verdict));
        }
        Ok(format!("the key is accepted; whether {} may be used shows only when it paints", self.model))
    }

    async fn cancel(&self, reference: &str, call: &CallContext) {
        if !reference.starts_with(ADDRESS_MARK) {
            // Only what has not begun can be cancelled; either answer is fine.
            let post = self.wire.request(Method::POST, &format!("tasks/{reference}/cancel"));
            let _ = self.wire.send(post, call).await;
        }
    }
}

/// The address of the picture in an answer, or why there is none. Of several results the first one
/// that is a picture counts: a group can succeed in part.
fn url_of<'a>(value: &'a Value, answer: &Answer) -> Result<&'a str, ProviderError> {
    let output = &value["output"];
    let list = |value: &'a Value| value.as_array().map_or(&[][..], Vec::as_slice);
    let contents = list(&output["choices"]).iter().flat_map(|choice| list(&choice["message"]["content"]));
    let results = list(&output["results"]);
    let url = contents
        .filter_map(|content| content["image"].as_str())
        .chain(results.iter().filter_map(|result| result["url"].as_str()))
        .next();
    if let Some(url) = url {
        return Ok(url);
    }
    let told = results.iter().find(|result| result["code"].is_string());
    let told = told.or_else(|| value["code"].as_str().filter(|code| !code.is_empty()).map(|_| value));
    let error = match told {
        Some(told) => answer.refused(verdict(answer.status, told)),
        None => ProviderError {
            http_status: Some(answer.status.as_u16()),
            ..ProviderError::no_result("an answer without a picture")
        },
    };
    Err(ProviderError { request_id: request_id(value), ..error })
}

fn request_id(value: &Value) -> Option<String> {
    value["request_id"].as_str().map(|id| id.chars().take(100).collect())
}

/// A failed call, without a vendor's message that repeats what was sent.
fn without_our_words(error: ProviderError) -> ProviderError {
    if error.detail.contains("base64,") {
        ProviderError { detail: "(the message repeats the request)".to_owned(), ..error }
    } else {
        error
    }
}

/// A failed enquiry says nothing about the work, except where asking again cannot help.
fn enquiry(error: ProviderError) -> ProviderError {
    match error.class {
        FailureClass::AmbiguousTimeout | FailureClass::NoResult => {
            ProviderError { class: FailureClass::Transient, ..error }
        }
        _ => error,
    }
}

/// The mask as brightness alone: laid on black, its transparent half would vanish.
async fn opaque_mask(mask: bytes::Bytes) -> Result<String, ProviderError> {
    let made = tokio::task::spawn_blocking(move || {
        let luma = image::load_from_memory_with_format(&mask, image::ImageFormat::Png)?.to_luma8();
        let mut png = std::io::Cursor::new(Vec::new());
        luma.write_to(&mut png, image::ImageFormat::Png)?;
        Ok::<_, image::ImageError>(format!("data:image/png;base64,{}", STANDARD.encode(png.into_inner())))
    });
    let refuse =
        |error: &dyn std::fmt::Display| ProviderError::new(FailureClass::NotAsked, format!("the mask: {error}"));
    made.await.map_err(|error| refuse(&error))?.map_err(|error| refuse(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::image::{
        Purpose,
        setup::orders::{request, settings},
    };
    use reqwest::StatusCode;

    fn provider(rest: &str) -> DashScope {
        DashScope::new(&settings(&format!("name = 'd'\nkind = 'dashscope'\napi_key = 'k'\n{rest}"))).unwrap()
    }

    fn answer() -> Answer {
        Answer { status: StatusCode::OK, headers: reqwest::header::HeaderMap::new(), body: bytes::Bytes::new() }
    }

    #[test]
    fn each_model_is_asked_in_its_own_form() {
        let order = request(Purpose::Poster, &[ImageRole::Product]);
        let qwen = provider("model = 'qwen-image-edit-plus'");
        let body = qwen.body(&order, None).unwrap();
        assert_eq!((qwen.form.path(), qwen.is_task), ("multimodal-generation/generation", false));
        let content = &body["input"]["messages"][0]["content"];
        assert_eq!(content[0]["image"], order.images[0].data_url());
        assert_eq!(content[1]["text"], order.prompt);
        let parameters = &body["parameters"];
        assert_eq!((&parameters["prompt_extend"], &parameters["watermark"]), (&json!(false), &json!(false)));
        assert_eq!((&parameters["negative_prompt"], &parameters["seed"]), (&json!("people, words"), &json!(7)));
        assert!(parameters["size"].as_str().unwrap().contains('*'));

        let wan = provider("model = 'wan2.5-i2i-preview'\nextra = { watermark = true, sizes = '720*1280' }");
        let body = wan.body(&order, None).unwrap();
        assert_eq!((wan.form.path(), wan.is_task), ("image2image/image-synthesis", true));
        assert_eq!(body["input"]["images"][0], order.images[0].data_url());
        assert_eq!(body["input"]["negative_prompt"], "people, words");
        assert_eq!((&body["parameters"]["size"], &body["parameters"]["watermark"]), (&json!("720*1280"), &json!(true)));
        assert!(qwen.body(&request(Purpose::Plate, &[]), None).is_ok());

        let plain = provider("model = 'qwen-image-edit'").body(&order, None).unwrap();
        assert!(plain["parameters"].get("size").is_none(), "the first of its family takes no size");

        let order = request(Purpose::Plate, &[]);
        let (old, new) = (provider("model = 'wan2.5-t2i-preview'"), provider("model = 'wan2.6-t2i'"));
        assert_eq!((old.form.path(), old.is_task), ("text2image/image-synthesis", true));
        assert_eq!(old.body(&order, None).unwrap()["input"]["prompt"], order.prompt);
        assert_eq!((new.form.path(), new.is_task), ("image-generation/generation", true));
        let body = new.body(&order, None).unwrap();
        assert_eq!(body["input"], json!({ "messages": [{ "role": "user", "content": [{ "text": order.prompt }] }] }));
    }

    #[tokio::test]
    async fn who_only_changes_pictures_is_not_called_without_one() {
        let call = CallContext { nonce: "n".to_owned(), timeout: Duration::from_secs(1) };
        for model in ["wan2.6-image", "wan2.5-i2i-preview", "qwen-image-edit-plus"] {
            let editor = provider(&format!("model = '{model}'"));
            let error = editor.start(&request(Purpose::Plate, &[]), &call).await.unwrap_err();
            assert_eq!(error.class, FailureClass::NotAsked, "{model}");
        }
    }

    #[tokio::test]
    async fn only_the_region_editor_is_given_a_mask() {
        let order = request(Purpose::EditMasked, &[ImageRole::Base]);
        let editor = provider("model = 'wanx2.1-imageedit'");
        assert_eq!(editor.capabilities.purposes, [Purpose::EditWhole, Purpose::EditMasked]);
        assert_eq!(editor.capabilities.native_mask, NativeMask::Luma);
        let mask = opaque_mask(order.mask.clone().unwrap()).await.unwrap();
        let bytes = STANDARD.decode(mask.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        let pixels = image::load_from_memory(&bytes).unwrap();
        assert_eq!(pixels.color(), image::ColorType::L8);
        assert_eq!(pixels.to_luma8().into_raw(), [255, 0]);
        let body = editor.body(&order, Some(mask.clone())).unwrap();
        assert_eq!(body["input"]["function"], "description_edit_with_mask");
        assert_eq!(body["input"]["mask_image_url"], mask);
        assert_eq!(body["input"]["base_image_url"], order.images[0].data_url());
        let whole = editor.body(&request(Purpose::EditWhole, &[ImageRole::Base]), None).unwrap();
        assert_eq!(whole["input"]["function"], "description_edit");
        let none = editor.body(&request(Purpose::EditWhole, &[]), None).unwrap_err();
        assert_eq!(none.class, FailureClass::NotAsked);
        assert_eq!(provider("model = 'qwen-image-2.0'").capabilities.native_mask, NativeMask::None);
        assert!(opaque_mask(bytes::Bytes::from_static(b"no picture")).await.is_err());
    }

    #[test]
    fn of_a_group_the_first_picture_counts() {
        let task = json!({ "output": { "results": [
            { "code": "DataInspectionFailed", "message": "Output data may contain inappropriate content." },
            { "url": "https://a.aliyuncs.com/1.png" },
        ] } });
        assert_eq!(url_of(&task, &answer()).unwrap(), "https://a.aliyuncs.com/1.png");
        let none = json!({ "request_id": "r", "output": { "results": [task["output"]["results"][0]] } });
        let error = url_of(&none, &answer()).unwrap_err();
        assert_eq!((error.class, error.request_id.as_deref()), (FailureClass::ModeratedOutput, Some("r")));
        assert_eq!(url_of(&json!({ "output": {} }), &answer()).unwrap_err().class, FailureClass::NoResult);
    }

    #[test]
    fn settings_that_do_not_fit_are_refused() {
        for (rest, named) in [
            ("model = 'qwen-image-edit'\npurposes = ['plate']", "purposes"),
            ("model = 'wan2.6-image'\npurposes = ['plate']", "purposes"),
            ("model = 'qwen-image'\npurposes = ['poster']", "purposes"),
            ("model = 'qwen-image'\nextra = { sizes = 'large' }", "extra.sizes"),
            ("model = 'qwen-image'\nextra = { service = 'x' }", "extra.service"),
            ("model = 'qwen-image'\nextra = { seed = 1 }", "extra.seed"),
            ("model = 'qwen-image-2.0'\nnative_mask = true", "native_mask"),
        ] {
            let table = settings(&format!("name = 'd'\nkind = 'dashscope'\napi_key = 'k'\n{rest}"));
            let error = DashScope::new(&table).unwrap_err().to_string();
            assert!(error.starts_with(named), "{rest}: {error}");
        }
    }
}
