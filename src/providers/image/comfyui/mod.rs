//! A server of one's own that runs `ComfyUI`, driven by a workflow of one's own.
//!
//! The number of the work is chosen here, before the call, so no crash and no lost answer can lose
//! it: what the history says is the truth, then the queue, and what neither knows never began. They
//! are asked every second or two; where the server's websocket tells that the work has ended, they are
//! asked at once. That is a hint and nothing more: what is not heard costs the rest of a pause.
//!
//! Three traps are closed here: a graph that was run before is answered with its old picture (so the
//! file's name and the seed are new every time), the same number may run twice (so it is never sent
//! twice), and error bodies tell paths and inputs of the server (so only their types are read).

mod hint;
mod workflow;

use std::{fmt::Write as _, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::{
    Method, Url,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::{
    DialectError, ImageCapabilities, ImageProvider, ImageRequest, NativeMask, Picture, Progress, PromptLanguage,
    Purpose, Rendered, Sizing, Started,
    setup::{Key, Setup, invalid},
};
use crate::{
    config::ImageProviderSettings,
    providers::{
        CallContext, FailureClass, ProviderError,
        wire::{Verdict, Wire},
    },
};
use workflow::{Filling, Workflow};

/// Bytes of a workflow's file.
const WORKFLOW_BYTES_MAX: usize = 4 << 20;
const IMAGE_BYTES_MAX: usize = 20 << 20;
/// Between two enquiries about work that runs, and about work that waits.
const PAUSE_RUNNING: Duration = Duration::from_millis(700);
const PAUSE_WAITING: Duration = Duration::from_secs(2);
/// Seeds have so many bits: nodes that choose one themselves take no more.
const SEED_BITS: u32 = 50;

/// A workflow on a server.
#[derive(Debug)]
pub(super) struct ComfyUi {
    name: String,
    model: String,
    wire: Wire,
    workflow: Workflow,
    capabilities: ImageCapabilities,
}

impl ComfyUi {
    /// Reads a table of the settings and the workflow it names. `extra`: `workflow` (a file), `inputs`
    /// (a table of places, see the operations page), `multiple` of the size's sides, and what all
    /// kinds take.
    pub(super) fn new(settings: &ImageProviderSettings) -> Result<Self, DialectError> {
        let mut setup = Setup::new(settings);
        let path = setup.text("workflow")?.ok_or(DialectError::Missing("extra.workflow"))?;
        let inputs = setup.value("inputs").ok_or(DialectError::Missing("extra.inputs"))?;
        let unusable = |problem: String| invalid("extra.workflow", problem);
        let file = std::fs::read(&path).map_err(|error| unusable(format!("{path}: {error}")))?;
        let file = String::from_utf8(file).ok().filter(|file| file.len() <= WORKFLOW_BYTES_MAX);
        let file = file.ok_or_else(|| unusable(format!("{path}: no text of at most 4 MB")))?;
        let workflow = Workflow::parse(&file, inputs).map_err(unusable)?;
        if setup.takes_mask() && !workflow.takes_mask() {
            return Err(invalid("native_mask", "the workflow has no place for a mask (extra.inputs.mask)"));
        }
        let multiple = setup.whole("multiple", 1..=256)?.unwrap_or(16) as u32;
        let able: &[Purpose] = match (workflow.images_max(), workflow.takes_mask()) {
            (0, _) => &[Purpose::Plate],
            (_, true) => &[Purpose::EditMasked],
            // A masked edit shows the region as a second picture.
            (1, false) => &[Purpose::Poster, Purpose::EditWhole],
            (_, false) => &[Purpose::Poster, Purpose::EditWhole, Purpose::EditMasked],
        };
        let capabilities = setup.capabilities(ImageCapabilities {
            purposes: able.to_vec(),
            native_mask: if workflow.takes_mask() { NativeMask::Alpha } else { NativeMask::None },
            images_max: workflow.images_max(),
            image_bytes_max: IMAGE_BYTES_MAX,
            sizing: if workflow.takes_size() {
                Sizing::Free { multiple, pixels_min: 262_144, pixels_max: 2_359_296 }
            } else {
                Sizing::FollowsInput
            },
            prompt_chars_max: 800,
            language: PromptLanguage::English,
            // Nobody sends an invoice, but minutes of a graphics card are not free either: so calls
            // are recorded, followed up and held back like those of a vendor.
            is_billed: true,
        })?;
        let wire = setup.wire(None, Key::Optional)?;
        let model = setup.model().unwrap_or_else(|| "comfyui".to_owned());
        let name = setup.name();
        setup.finish()?;
        Ok(Self { name, model, wire, workflow, capabilities })
    }

    /// Stores a picture on the server under a name made of its content, so that one photo of ten
    /// posters lies there once; the server says what it is called in the end.
    async fn upload(&self, bytes: &Bytes, media_type: &str, call: &CallContext) -> Result<String, ProviderError> {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        let ending = if media_type == "image/png" { "png" } else { "jpg" };
        let name = format!("haibao-{}.{ending}", hex::encode(&digest.as_ref()[..12]));
        let part = Part::stream_with_length(bytes.clone(), bytes.len() as u64).file_name(name);
        let part = part.mime_str(media_type).map_err(|_| ProviderError::misconfigured("a media type"))?;
        let post = self.wire.request(Method::POST, "upload/image");
        let post = post.multipart(Form::new().part("image", part).text("type", "input"));
        // Nothing is painted yet, so an upload may be made again.
        let (value, _) = self.wire.send_json(post, call, silent).await.map_err(harmless)?;
        let text = |key: &str| value[key].as_str().unwrap_or_default();
        match (text("subfolder"), text("name")) {
            (_, "") => Err(ProviderError::new(FailureClass::Transient, "the upload's answer has no name")),
            ("", name) => Ok(name.to_owned()),
            (folder, name) => Ok(format!("{folder}/{name}")),
        }
    }

    async fn get(&self, path: &str, call: &CallContext) -> Result<Value, ProviderError> {
        let get = self.wire.request(Method::GET, path);
        let (value, _) = self.wire.send_json(get, call, silent).await.map_err(harmless)?;
        Ok(value)
    }

    /// What the history says, where it says anything.
    async fn history(&self, reference: &str, call: &CallContext) -> Result<Option<Progress>, ProviderError> {
        let value = self.get(&format!("history/{reference}"), call).await?;
        let Some(entry) = value.get(reference) else { return Ok(None) };
        let status = entry["status"]["status_str"].as_str().unwrap_or_default();
        if status == "error" {
            return Err(failed(&entry["status"]));
        }
        let image = &entry["outputs"][self.workflow.output()]["images"][0];
        let Some(name) = image["filename"].as_str() else {
            if entry["status"]["completed"] == false {
                return Ok(Some(Progress::Working(PAUSE_RUNNING)));
            }
            return Err(ProviderError::new(FailureClass::NoResult, "the workflow ended without a picture"));
        };
        let text = |key: &str| image[key].as_str().unwrap_or_default();
        let path = view_path(name, text("subfolder"), text("type"));
        let answer = self.wire.send(self.wire.request(Method::GET, &path), call).await.map_err(harmless)?;
        if !answer.status.is_success() {
            let error =
                answer.refused(Verdict { message: Some("the picture is gone".to_owned()), ..Verdict::default() });
            let is_passing = answer.status.is_server_error();
            let class = if is_passing { FailureClass::Transient } else { FailureClass::NoResult };
            return Err(ProviderError { class, ..error });
        }
        Ok(Some(Progress::Done(Rendered::new(Picture::Encoded(answer.body)))))
    }

    /// Whether work waits (`Some(false)`) or runs (`Some(true)`).
    async fn queued(&self, reference: &str, call: &CallContext) -> Result<Option<bool>, ProviderError> {
        let queue = self.get("queue", call).await?;
        let names = |list: &str| {
            queue[list].as_array().is_some_and(|items| items.iter().any(|item| item[1].as_str() == Some(reference)))
        };
        Ok(if names("queue_running") { Some(true) } else { names("queue_pending").then_some(false) })
    }
}

#[async_trait]
impl ImageProvider for ComfyUi {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn capabilities(&self) -> &ImageCapabilities {
        &self.capabilities
    }

    fn reference_of(&self, nonce: &str) -> Option<String> {
        Some(uuid_of(nonce))
    }

    async fn start(&self, request: &ImageRequest, call: &CallContext) -> Result<Started, ProviderError> {
        let lacks = |what: &str| Err(ProviderError::new(FailureClass::NotAsked, what));
        if request.images.is_empty() && self.workflow.images_max() > 0 {
            return lacks("this workflow works on pictures and was given none");
        }
        let mut images = Vec::new();
        for image in request.images.iter().take(self.workflow.images_max()) {
            images.push(self.upload(&image.bytes, image.media_type, call).await?);
        }
        let mask = match &request.mask {
            Some(mask) if self.workflow.takes_mask() => Some(self.upload(mask, "image/png", call).await?),
            None if self.workflow.takes_mask() => return lacks("this workflow needs a mask"),
            _ => None,
        };
        let (width, height) = self.capabilities.size_for(request.width, request.height);
        let graph = self.workflow.filled(&Filling {
            prompt: &request.prompt,
            negative: &request.negative,
            seed: fresh_seed(request.seed, &call.nonce),
            width,
            height,
            images: &images,
            mask: mask.as_deref(),
            file_prefix: &format!("haibao/{}", call.nonce),
        });
        let reference = uuid_of(&call.nonce);
        // One name for each work: the server keeps one listener to a name.
        let body = json!({ "prompt": graph, "prompt_id": reference, "client_id": client_of(call) });
        let post = self.wire.request(Method::POST, "prompt").json(&body);
        match self.wire.send_json(post, call, refusal).await {
            // Older servers choose the number themselves.
            Ok((value, _)) => {
                let chosen = value["prompt_id"].as_str().filter(|id| is_plain(id));
                Ok(Started::Accepted(chosen.map_or(reference, str::to_owned)))
            }
            // Whether it arrived can be asked: the number is ours.
            Err(error) if error.class == FailureClass::AmbiguousTimeout => {
                tracing::warn!(provider = self.name, %error, "no answer to an order; its number is asked for");
                Ok(Started::Accepted(reference))
            }
            // Something answered, and it may have taken the order before that.
            Err(error) if error.class == FailureClass::NoResult => Ok(Started::Accepted(reference)),
            Err(error) => Err(error),
        }
    }

    async fn resume(&self, reference: &str, call: &CallContext) -> Result<Progress, ProviderError> {
        if !is_plain(reference) {
            return Ok(Progress::Unknown);
        }
        if let Some(progress) = self.history(reference, call).await? {
            return Ok(progress);
        }
        match self.queued(reference, call).await? {
            Some(true) => Ok(Progress::Working(PAUSE_RUNNING)),
            Some(false) => Ok(Progress::Working(PAUSE_WAITING)),
            // It may have ended between the two questions.
            None => Ok(self.history(reference, call).await?.unwrap_or(Progress::Unknown)),
        }
    }

    async fn rest(&self, reference: &str, call: &CallContext, at_most: Duration) {
        hint::rest(&self.wire, &client_of(call), reference, at_most).await;
    }

    /// Holds the workflow against what the server has: its kinds of nodes and its models' files.
    async fn probe(&self, call: &CallContext) -> Result<String, ProviderError> {
        let info = self.get("object_info", call).await?;
        let complaints = self.workflow.complaints(&info);
        if complaints.is_empty() {
            return Ok(format!("the server has everything that the workflow's {} nodes need", self.workflow.nodes()));
        }
        let shown: Vec<&str> = complaints.iter().take(5).map(String::as_str).collect();
        Err(ProviderError::misconfigured(shown.join("; ")).with_code("workflow"))
    }

    async fn cancel(&self, reference: &str, call: &CallContext) {
        let request = match self.queued(reference, call).await {
            Ok(Some(false)) => self.wire.request(Method::POST, "queue").json(&json!({ "delete": [reference] })),
            // Servers that know the field stop only this work; to older ones it is the one that runs.
            Ok(Some(true)) => self.wire.request(Method::POST, "interrupt").json(&json!({ "prompt_id": reference })),
            _ => return,
        };
        let _ = self.wire.send(request, call).await;
    }
}

/// The number of the work: the nonce in the form that servers expect.
fn uuid_of(nonce: &str) -> String {
    let is_hex = nonce.len() == 32 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = if is_hex {
        nonce.to_ascii_lowercase()
    } else {
        hex::encode(&ring::digest::digest(&ring::digest::SHA256, nonce.as_bytes()).as_ref()[..16])
    };
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

/// Under which name the server tells how work stands. It follows from the nonce, which another process
/// knows, and not from the number, which older servers choose themselves.
fn client_of(call: &CallContext) -> String {
    uuid_of(&call.nonce)
}

/// A seed that is new for every attempt and the same for the same one.
fn fresh_seed(seed: u64, nonce: &str) -> u64 {
    let digest = ring::digest::digest(&ring::digest::SHA256, nonce.as_bytes());
    let mixed = digest.as_ref().iter().take(8).fold(0, |mixed, byte| (mixed << 8) | u64::from(*byte));
    (seed ^ mixed) & ((1 << SEED_BITS) - 1)
}

/// Whether a number may stand in an address.
fn is_plain(reference: &str) -> bool {
    !reference.is_empty() && reference.len() <= 64 && reference.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// The path to a picture; names may hold whatever the author of the workflow wrote.
fn view_path(name: &str, folder: &str, kind: &str) -> String {
    let pairs = [("filename", name), ("subfolder", folder), ("type", if kind.is_empty() { "output" } else { kind })];
    let url = Url::parse_with_params("http://server/view", pairs).expect("the address is written here and reads");
    format!("view?{}", url.query().unwrap_or_default())
}

/// Reads nothing from an error body: it tells paths and inputs of the server.
fn silent(_status: reqwest::StatusCode, _body: &Value) -> Verdict {
    Verdict { message: Some("the server refused".to_owned()), ..Verdict::default() }
}

/// Of a refused graph: the kind of error and the nodes, which help, and nothing else, which may leak.
fn refusal(status: reqwest::StatusCode, body: &Value) -> Verdict {
    let kind = body["error"]["type"].as_str().or_else(|| body["error"].as_str().map(|_| "error"));
    let mut message = "the workflow is refused".to_owned();
    for (node, errors) in body["node_errors"].as_object().into_iter().flatten() {
        let kinds = errors["errors"].as_array().into_iter().flatten().filter_map(|error| error["type"].as_str());
        let kinds: Vec<&str> = kinds.filter(|kind| is_word(kind)).collect();
        let _ = write!(message, "; node {node}: {}", kinds.join(", "));
    }
    Verdict {
        class: (status.as_u16() == 400).then_some(FailureClass::Misconfigured),
        code: kind.filter(|kind| is_word(kind)).map(str::to_owned),
        message: Some(message),
        retry_after: None,
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
}

/// Work that ended with an error, by the kind of the exception.
fn failed(status: &Value) -> ProviderError {
    let message = |kind: &str| {
        let messages = status["messages"].as_array().into_iter().flatten();
        messages.filter(|message| message[0].as_str() == Some(kind)).map(|message| &message[1]).next_back()
    };
    let error = |detail: &str| ProviderError::new(FailureClass::NoResult, detail);
    let Some(told) = message("execution_error") else {
        let is_stopped = message("execution_interrupted").is_some();
        return error(if is_stopped { "the work was interrupted on the server" } else { "the work failed" });
    };
    let word = |key: &str| told[key].as_str().filter(|text| is_word(text)).unwrap_or("unknown").to_owned();
    let (exception, node) = (word("exception_type"), word("node_type"));
    error(&format!("a {node} node failed")).with_code(exception)
}

/// An enquiry or upload that broke cost nothing and may be made again.
fn harmless(error: ProviderError) -> ProviderError {
    match error.class {
        FailureClass::AmbiguousTimeout | FailureClass::NoResult => {
            ProviderError { class: FailureClass::Transient, maybe_billed: false, ..error }
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;

    #[test]
    fn the_number_is_known_before_the_call() {
        let nonce = "00112233445566778899aabbccddeeff";
        assert_eq!(uuid_of(nonce), "00112233-4455-6677-8899-aabbccddeeff");
        let other = uuid_of("poster-1-try-2");
        assert_eq!((other.len(), uuid_of("poster-1-try-2") == other, uuid_of("x") == other), (36, true, false));
        assert!(is_plain(&other) && !is_plain("../queue") && !is_plain(""));
    }

    #[test]
    fn seeds_are_new_for_every_attempt() {
        assert_eq!(fresh_seed(7, "a"), fresh_seed(7, "a"));
        assert_ne!(fresh_seed(7, "a"), fresh_seed(7, "b"));
        assert!(fresh_seed(u64::MAX, "a") < 1 << SEED_BITS);
    }

    #[test]
    fn names_of_files_cannot_leave_the_query() {
        let path = view_path("a&type=temp/../b c.png", "", "");
        assert_eq!(path, "view?filename=a%26type%3Dtemp%2F..%2Fb+c.png&subfolder=&type=output");
    }

    #[test]
    fn error_bodies_are_not_passed_on() {
        let secret = "/home/me/models/private.safetensors";
        let body = json!({
            "error": { "type": "prompt_outputs_failed_validation", "message": secret, "details": secret },
            "node_errors": { "4": { "errors": [{ "type": "value_not_in_list", "message": secret, "details": secret }] } },
        });
        let told = refusal(StatusCode::BAD_REQUEST, &body);
        assert_eq!(told.class, Some(FailureClass::Misconfigured));
        assert_eq!(told.code.as_deref(), Some("prompt_outputs_failed_validation"));
        assert_eq!(told.message.as_deref(), Some("the workflow is refused; node 4: value_not_in_list"));
        let error = failed(&json!({ "messages": [
            ["execution_start", {}],
            ["execution_error", { "node_type": "KSampler", "exception_type": "torch.OutOfMemoryError", "exception_message": secret }],
        ] }));
        assert_eq!(error.code.as_deref(), Some("torch.OutOfMemoryError"));
        assert!(!error.to_string().contains("private"), "{error}");
        assert_eq!(silent(StatusCode::NOT_FOUND, &body).message.as_deref(), Some("the server refused"));
    }
}
