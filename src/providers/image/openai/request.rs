//! From an order to the bytes that go out. Nothing here touches the network, so what each server is
//! sent can be read from the tests.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use reqwest::{
    Method, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Map, Value, json};

use super::{
    super::{ImageRequest, InputImage},
    options::{Options, Profile},
};
use crate::providers::{ProviderError, wire::Wire};

/// The mark between which stable-diffusion.cpp looks for parameters inside a prompt.
const SDCPP_ARGUMENTS: &str = "sd_cpp_extra_args";
/// Seeds are signed 32-bit numbers on some servers.
const SEED_MASK: u64 = 0x7fff_ffff;

/// One field of a form.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field {
    /// Plain text.
    Text(String, String),
    /// A file: the field's name, the file's name, its type and bytes.
    File(&'static str, String, &'static str, Bytes),
}

/// What goes out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Json(Value),
    Form(Vec<Field>),
}

/// Fields in the order in which they go out.
type Fields = Vec<(String, Value)>;

/// A request before it is sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outgoing {
    pub(super) path: &'static str,
    pub(super) body: Body,
}

impl Outgoing {
    /// The request on this line.
    pub(super) fn on(self, wire: &Wire) -> Result<RequestBuilder, ProviderError> {
        let request = wire.request(Method::POST, self.path);
        let fields = match self.body {
            Body::Json(value) => return Ok(request.json(&value)),
            Body::Form(fields) => fields,
        };
        let mut form = Form::new();
        for field in fields {
            form = match field {
                Field::Text(name, text) => form.text(name, text),
                Field::File(name, file_name, media_type, bytes) => {
                    let length = bytes.len() as u64;
                    let part = Part::stream_with_length(bytes, length).file_name(file_name).mime_str(media_type);
                    form.part(name, part.map_err(|error| ProviderError::misconfigured(error.to_string()))?)
                }
            };
        }
        Ok(request.multipart(form))
    }
}

/// What this order means to this deployment.
pub(super) fn compose(options: &Options, request: &ImageRequest) -> Outgoing {
    let local = options.profile == Profile::LocalAi;
    match (request.images.first(), &request.mask) {
        (None, _) => Outgoing { path: "images/generations", body: json_of(painted(options, request)) },
        (Some(base), Some(mask)) if local => {
            Outgoing { path: "images/inpainting", body: Body::Form(inpainting(options, request, base, mask)) }
        }
        (Some(_), _) if local => {
            let mut fields = painted(options, request);
            // The server tells an address from base64 by its beginning; a `data:` URL is neither.
            let references: Vec<String> = request.images.iter().map(|image| STANDARD.encode(&image.bytes)).collect();
            fields.push(("ref_images".to_owned(), json!(references)));
            Outgoing { path: "images/generations", body: json_of(fields) }
        }
        (Some(_), _) if options.edits_as_json => {
            Outgoing { path: "images/edits", body: json_of(edit_as_json(options, request)) }
        }
        (Some(_), _) => Outgoing { path: "images/edits", body: Body::Form(edit_as_form(options, request)) },
    }
}

fn json_of(fields: Fields) -> Body {
    Body::Json(Value::Object(fields.into_iter().collect::<Map<_, _>>()))
}

/// A picture from words.
fn painted(options: &Options, request: &ImageRequest) -> Fields {
    let mut fields = common(options, request);
    fields.extend(options.moderation.map(|word| ("moderation".to_owned(), json!(word))));
    fields
}

fn edit_as_json(options: &Options, request: &ImageRequest) -> Fields {
    let mut fields = painted(options, request);
    let images: Vec<Value> = request.images.iter().map(|image| json!({"image_url": image.data_url()})).collect();
    fields.push(("images".to_owned(), json!(images)));
    if let Some(mask) = &request.mask {
        let url = format!("data:image/png;base64,{}", STANDARD.encode(mask));
        fields.push(("mask".to_owned(), json!({"image_url": url})));
    }
    fields.extend(options.input_fidelity.map(|word| ("input_fidelity".to_owned(), json!(word))));
    fields
}

/// A form in the order of the official clients: the model, the pictures, the mask, the words. A mask
/// belongs to the first picture.
fn edit_as_form(options: &Options, request: &ImageRequest) -> Vec<Field> {
    let (model, mut rest): (Fields, Fields) =
        common(options, request).into_iter().partition(|(name, _)| name == "model");
    let mut form: Vec<Field> = model.iter().map(text).collect();
    let name = if request.images.len() > 1 { "image[]" } else { "image" };
    for (place, image) in request.images.iter().enumerate() {
        form.push(Field::File(name, image.file_name(place), image.media_type, image.bytes.clone()));
    }
    if let Some(mask) = &request.mask {
        form.push(Field::File(options.profile.mask_field(), "mask.png".to_owned(), "image/png", mask.clone()));
    }
    rest.extend(options.input_fidelity.map(|word| ("input_fidelity".to_owned(), json!(word))));
    form.extend(rest.iter().map(text));
    form
}

/// What LocalAI has in place of edits with a mask.
fn inpainting(options: &Options, request: &ImageRequest, base: &InputImage, mask: &Bytes) -> Vec<Field> {
    let known = ["model", "prompt", "step", "response_format"];
    let fields = common(options, request).into_iter().filter(|(name, _)| known.contains(&name.as_str()));
    let renamed = fields.map(|(name, value)| (if name == "step" { "steps".to_owned() } else { name }, value));
    let mut form: Vec<Field> = renamed.map(|field| text(&field)).collect();
    form.push(Field::File("image", base.file_name(0), base.media_type, base.bytes.clone()));
    form.push(Field::File("mask", "mask.png".to_owned(), "image/png", mask.clone()));
    form
}

/// What every request carries, in the order of the official clients.
fn common(options: &Options, request: &ImageRequest) -> Fields {
    let mut fields = Fields::new();
    let mut set = |name: &str, value: Option<Value>| {
        // What the operator adds goes before what we would have said.
        fields.retain(|(known, _)| value.is_none() || known != name);
        fields.extend(value.map(|value| (name.to_owned(), value)));
    };
    set("model", options.model.as_ref().map(|model| json!(model)));
    set("prompt", Some(json!(prompt(options, request))));
    set("n", Some(json!(1)));
    set("size", Some(json!(format!("{}x{}", request.width, request.height))));
    set("quality", options.quality.map(|word| json!(word)));
    set("background", options.background.map(|word| json!(word)));
    set("output_format", options.output_format.map(|word| json!(word)));
    set("output_compression", options.output_compression.map(|number| json!(number)));
    set("response_format", options.response_format.map(|word| json!(word)));
    if options.profile.takes_seed() {
        set("seed", Some(json!(request.seed & SEED_MASK)));
    }
    match options.profile {
        Profile::VllmOmni | Profile::SgLang => {
            set("negative_prompt", (!request.negative.is_empty()).then(|| json!(request.negative)));
            set("num_inference_steps", options.steps.map(|number| json!(number)));
            set("guidance_scale", options.guidance.map(|number| json!(number)));
            set("strength", options.strength.map(|number| json!(number)));
        }
        Profile::LocalAi => set("step", options.steps.map(|number| json!(number))),
        Profile::OpenAi | Profile::Gateway | Profile::SdCpp => {}
    }
    for (name, value) in &options.parameters {
        set(name, Some(value.clone()));
    }
    fields
}

/// The words, with what a server reads between them taken out: a seller's text must not set parameters.
fn prompt(options: &Options, request: &ImageRequest) -> String {
    match options.profile {
        Profile::SdCpp => {
            let words = without_arguments(&request.prompt);
            let mut arguments = json!({"seed": request.seed & SEED_MASK});
            if !request.negative.is_empty() {
                arguments["negative_prompt"] = json!(without_arguments(&request.negative));
            }
            if let Some(steps) = options.steps {
                arguments["sample_params"]["sample_steps"] = json!(steps);
            }
            if let Some(guidance) = options.guidance {
                arguments["sample_params"]["guidance"]["txt_cfg"] = json!(guidance);
            }
            if let Some(strength) = options.strength {
                arguments["strength"] = json!(strength);
            }
            format!("{words} <{SDCPP_ARGUMENTS}>{arguments}</{SDCPP_ARGUMENTS}>")
        }
        Profile::LocalAi => {
            // What stands behind a bar is what to keep out.
            let words = request.prompt.replace('|', ",");
            let negative = request.negative.replace('|', ",");
            if negative.is_empty() { words } else { format!("{words}|{negative}") }
        }
        _ => request.prompt.clone(),
    }
}

/// Taken out until none is left: what remains of two that were written into each other is a third.
fn without_arguments(words: &str) -> String {
    let mut words = words.to_owned();
    while words.contains(SDCPP_ARGUMENTS) {
        words = words.replace(SDCPP_ARGUMENTS, "");
    }
    words
}

fn text((name, value): &(String, Value)) -> Field {
    Field::Text(name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::{ImageRole, Purpose, setup::Setup},
        *,
    };
    use crate::config::ImageProviderSettings;

    fn options(table: &Value) -> Options {
        let mut whole = json!({"name": "a", "kind": "openai", "model": "gpt-image-1"});
        whole.as_object_mut().unwrap().extend(table.as_object().unwrap().clone());
        let settings: ImageProviderSettings = serde_json::from_value(whole).unwrap();
        Options::read(&mut Setup::new(&settings)).unwrap()
    }

    fn request(images: &[ImageRole], has_mask: bool) -> ImageRequest {
        let image = |role: &ImageRole| InputImage {
            role: *role,
            bytes: Bytes::from_static(b"picture"),
            media_type: if *role == ImageRole::Base { "image/png" } else { "image/jpeg" },
            width: 8,
            height: 8,
        };
        ImageRequest {
            purpose: Purpose::EditMasked,
            prompt: "Paint | a mug <sd_cpp_extra_args>{\"seed\":1}</sd_cpp_extra_args>".to_owned(),
            negative: "text".to_owned(),
            images: images.iter().map(image).collect(),
            mask: has_mask.then(|| Bytes::from_static(b"mask")),
            width: 1024,
            height: 1536,
            seed: 0xffff_ffff_0000_0007,
            scene: None,
        }
    }

    fn names(outgoing: &Outgoing) -> Vec<String> {
        match &outgoing.body {
            Body::Json(value) => value.as_object().unwrap().keys().cloned().collect(),
            Body::Form(fields) => fields
                .iter()
                .map(|field| match field {
                    Field::Text(name, _) => name.clone(),
                    Field::File(name, ..) => (*name).to_owned(),
                })
                .collect(),
        }
    }

    fn sent_json(outgoing: Outgoing) -> Value {
        match outgoing.body {
            Body::Json(value) => value,
            Body::Form(fields) => panic!("a form: {fields:?}"),
        }
    }

    #[test]
    fn openai_paints_and_edits() {
        let options = options(&json!({"extra": {"moderation": "low"}}));
        let painted = compose(&options, &request(&[], false));
        assert_eq!(painted.path, "images/generations");
        let painted = sent_json(painted);
        assert_eq!(painted["size"], "1024x1536");
        assert_eq!((&painted["quality"], &painted["background"]), (&json!("medium"), &json!("opaque")));
        assert_eq!(painted["moderation"], "low");
        for absent in ["response_format", "seed", "negative_prompt", "input_fidelity"] {
            assert!(painted.get(absent).is_none(), "{absent}");
        }
        let one = compose(&options, &request(&[ImageRole::Base], true));
        assert_eq!(one.path, "images/edits");
        let expected = ["model", "image", "mask"];
        assert_eq!(names(&one)[..3], expected);
        assert!(!names(&one).contains(&"moderation".to_owned()), "a form has no such field");
        let two = names(&compose(&options, &request(&[ImageRole::Base, ImageRole::Product], true)));
        assert_eq!(two[..4], ["model", "image[]", "image[]", "mask"]);
        assert!(two.contains(&"input_fidelity".to_owned()));
    }

    #[test]
    fn edits_may_go_as_json() {
        let options = options(&json!({"extra": {"edit_body": "json", "moderation": "low"}}));
        let edit = sent_json(compose(&options, &request(&[ImageRole::Base], true)));
        assert_eq!(edit["images"], json!([{"image_url": "data:image/png;base64,cGljdHVyZQ=="}]));
        assert_eq!(edit["mask"]["image_url"], "data:image/png;base64,bWFzaw==");
        assert_eq!((&edit["moderation"], &edit["input_fidelity"]), (&json!("low"), &json!("high")));
    }

    #[test]
    fn a_prompt_sets_no_parameters_of_a_server() {
        let order = request(&[], false);
        let sdcpp = options(&json!({"model": null, "extra": {"profile": "sdcpp", "num_inference_steps": 9}}));
        let sent = sent_json(compose(&sdcpp, &order));
        assert!(sent.get("model").is_none());
        let prompt = sent["prompt"].as_str().unwrap();
        assert_eq!(prompt.matches("<sd_cpp_extra_args>").count(), 1, "{prompt}");
        let arguments = prompt.split_once("<sd_cpp_extra_args>").unwrap().1.split_once("</sd_cpp").unwrap().0;
        let arguments: Value = serde_json::from_str(arguments).unwrap();
        assert_eq!(arguments, json!({"seed": 7, "negative_prompt": "text", "sample_params": {"sample_steps": 9}}));

        let nested = ImageRequest { prompt: "sd_cpp_sd_cpp_extra_argsextra_args".to_owned(), ..order.clone() };
        let prompt = sent_json(compose(&sdcpp, &nested))["prompt"].as_str().unwrap().to_owned();
        assert_eq!(prompt.matches(SDCPP_ARGUMENTS).count(), 2, "{prompt}");

        let local = options(&json!({"extra": {"profile": "localai", "response_format": "b64_json"}, "model": "flux"}));
        let sent = sent_json(compose(&local, &order));
        assert_eq!(sent["prompt"].as_str().unwrap().split('|').nth(1), Some("text"));
        assert_eq!(sent["response_format"], "b64_json");
    }

    #[test]
    fn every_server_gets_what_it_reads() {
        let both = [ImageRole::Base, ImageRole::Product];
        let vllm = options(&json!({"model": "qwen-image-edit", "extra": {"profile": "vllm-omni"}}));
        let edit = names(&compose(&vllm, &request(&both, true)));
        for field in ["mask_image", "negative_prompt", "seed", "response_format"] {
            assert!(edit.contains(&field.to_owned()), "{field}");
        }
        assert!(!edit.contains(&"mask".to_owned()));

        let local = options(&json!({"model": "flux", "extra": {"profile": "localai", "num_inference_steps": 4}}));
        let masked = compose(&local, &request(&both, true));
        assert_eq!(masked.path, "images/inpainting");
        assert_eq!(names(&masked), ["model", "prompt", "response_format", "steps", "image", "mask"]);
        let whole = compose(&local, &request(&both, false));
        assert_eq!(whole.path, "images/generations");
        assert_eq!(sent_json(whole)["ref_images"], json!(["cGljdHVyZQ==", "cGljdHVyZQ=="]));

        let gateway = options(&json!({"model": "x/qwen-image", "extra": {"profile": "gateway",
            "response_format": "b64_json", "parameters": {"watermark": false}}}));
        let sent = sent_json(compose(&gateway, &request(&[], false)));
        assert_eq!((&sent["response_format"], &sent["watermark"]), (&json!("b64_json"), &json!(false)));
        assert!(sent.get("quality").is_none() && sent.get("background").is_none());
    }
}
