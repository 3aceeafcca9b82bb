//! What our image dialects send, judged by what the vendors published: OpenAI's own specification, the
//! official client's multipart, and schemas of the other vendors' fields. Every request is caught on
//! its way out, so headers, forms and encodings are judged too and not only what we meant to write.

mod aimock;
mod chat;
mod judge;
mod tasks;

use std::{fs, time::Duration};

use bytes::Bytes;
use haibao::{
    config::ImageProviderSettings,
    providers::{
        CallContext, FailureClass, ProviderError,
        image::{
            ImageProvider, ImageRequest, ImageRole, InputImage, Picture, Purpose, Rendered, Started, image_provider,
        },
    },
};
use serde_json::{Value, json};

use crate::support::{
    recorder::{Recorded, Recorder, Reply},
    repository, run,
};
use judge::{Judge, accepts, specification, vendor_schema};

/// The smallest PNG: one grey pixel.
const PNG: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\x00\x00\x00\x0aIDATx\xdach\x00\x00\x00\x82\x00\x81\xdaE\x08;\x00\x00\x00\x00IEND\xaeB`\x82";
const KEY: &str = "key-that-nobody-may-see";

fn provider(server: &Recorder, table: &Value) -> std::sync::Arc<dyn ImageProvider> {
    provider_at(&server.url("/v1"), table)
}

fn provider_at(address: &str, table: &Value) -> std::sync::Arc<dyn ImageProvider> {
    haibao::app::init_crypto();
    let mut whole = json!({"name": "main", "base_url": address, "api_key": KEY, "allow_private_address": true});
    whole.as_object_mut().expect("an object").extend(table.as_object().expect("an object").clone());
    let settings: ImageProviderSettings = serde_json::from_value(whole).expect("settings");
    image_provider(&settings).unwrap_or_else(|error| panic!("{table}: {error}"))
}

fn call() -> CallContext {
    CallContext { nonce: "a1b2c3".to_owned(), timeout: Duration::from_secs(60) }
}

/// An order as the studio writes it: sizes and pictures cut to what the deployment takes.
fn order(provider: &dyn ImageProvider, images: &[ImageRole], has_mask: bool) -> ImageRequest {
    let (width, height) = provider.capabilities().size_for(1080, 1920);
    let image = |role: &ImageRole| InputImage {
        role: *role,
        bytes: Bytes::from_static(PNG),
        media_type: if *role == ImageRole::Product { "image/jpeg" } else { "image/png" },
        width: 1,
        height: 1,
    };
    let mut request = ImageRequest {
        purpose: if images.is_empty() { Purpose::Plate } else { Purpose::EditMasked },
        prompt: "A quiet ground, 一只杯子的背景".to_owned(),
        negative: "text, logo".to_owned(),
        images: images.iter().map(image).collect(),
        mask: has_mask.then(|| Bytes::from_static(PNG)),
        width,
        height,
        seed: 0x0123_4567_89ab_cdef,
        scene: None,
    };
    provider.capabilities().fit(&mut request);
    request
}

async fn paint(provider: &dyn ImageProvider, request: &ImageRequest) -> Result<Rendered, ProviderError> {
    match provider.start(request, &call()).await? {
        Started::Done(rendered) => Ok(rendered),
        Started::Accepted(reference) => panic!("{} answers at once, not with {reference}", provider.name()),
    }
}

fn picture() -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(PNG)
}

/// What OpenAI answers, with everything that it may carry.
fn painted() -> Value {
    json!({
        "created": 1_790_000_000,
        "data": [{"b64_json": picture(), "revised_prompt": "A quiet ground"}],
        "background": "opaque", "output_format": "png", "size": "1024x1536", "quality": "medium",
        "usage": {"input_tokens": 350, "output_tokens": 1584, "total_tokens": 1934,
            "input_tokens_details": {"text_tokens": 50, "image_tokens": 300}},
    })
}

fn blocked() -> Value {
    json!({"error": {"message": "Your request was rejected by the safety system.", "param": null,
        "type": "image_generation_user_error", "code": "moderation_blocked"}})
}

/// What holds for every request to every vendor.
fn check_envelope(request: &Recorded) {
    assert_eq!(request.method, "POST");
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert!(!request.path.contains(KEY), "{}", request.path);
    assert!(!request.body.windows(KEY.len()).any(|window| window == KEY.as_bytes()), "a key in a body");
    assert!(request.header("content-length").is_some(), "some servers take no chunked bodies");
}

#[test]
fn openai_requests_and_replies_are_of_the_published_shape() {
    let Some(specification) = specification() else { return };
    let generation = Judge::of(&specification, "CreateImageRequest");
    let form = Judge::of(&specification, "CreateImageEditRequest");
    let edit = Judge::of(&specification, "EditImageBodyJsonParam");
    Judge::of(&specification, "ImagesResponse").accepts(&painted(), "our stub's reply");
    Judge::of(&specification, "ErrorResponse").accepts(&blocked(), "our stub's refusal");
    // The judge must be able to say no.
    for wrong in [
        json!({}),
        json!({"prompt": "p", "n": 11}),
        json!({"prompt": "p", "quality": "best"}),
        json!({"prompt": "p", "seed": 1}),
        json!({"prompt": ["p"]}),
    ] {
        assert!(!generation.faults(&wrong).is_empty(), "{wrong}");
    }
    assert!(!form.faults(&json!({"prompt": "p"})).is_empty(), "a form without a picture");

    run(async {
        let server = Recorder::start(|_| Reply::json(200, &painted()).with("x-request-id", "req_1")).await;
        let models = ["gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2", "chatgpt-image-latest"];
        let extras = [
            json!({}),
            json!({"quality": "high", "background": "auto", "output_format": "jpeg", "output_compression": 90,
                "moderation": "low"}),
            json!({"profile": "gateway", "quality": "low"}),
        ];
        let (base, product, anchor) = (ImageRole::Base, ImageRole::Product, ImageRole::StyleAnchor);
        let pictures = [vec![], vec![base], vec![base, product], vec![base, product, anchor]];
        let mut judged = 0;
        for model in models {
            for extra in &extras {
                for (edits_as_json, native_mask) in [(false, true), (false, false), (true, true)] {
                    let mut extra = extra.clone();
                    extra["edit_body"] = json!(if edits_as_json { "json" } else { "multipart" });
                    let table = json!({"kind": "openai", "model": model, "native_mask": native_mask, "extra": extra});
                    let provider = provider(&server, &table);
                    for roles in &pictures {
                        let request = order(&*provider, roles, !roles.is_empty());
                        let rendered = paint(&*provider, &request).await.expect("a picture");
                        assert_eq!(rendered.request_id.as_deref(), Some("req_1"));
                        let [sent] = &server.take()[..] else { panic!("one request for one picture") };
                        check_envelope(sent);
                        assert_eq!(sent.header("x-client-request-id"), Some("a1b2c3"));
                        let what = format!("{table} with {roles:?}");
                        if roles.is_empty() {
                            assert_eq!(sent.path, "/v1/images/generations");
                            generation.accepts(&sent.json(), &what);
                        } else if sent.is_form() {
                            assert_eq!(sent.path, "/v1/images/edits");
                            let parts = sent.form().await;
                            assert_eq!(parts.iter().any(|part| part.name == "mask"), native_mask, "{what}");
                            form.accepts(&form.object_of(&parts), &what);
                        } else {
                            assert_eq!(sent.path, "/v1/images/edits");
                            let mut body = sent.json();
                            if model == "gpt-image-2" {
                                // The one place where the specification lags behind its own words: free
                                // sizes are described for this model, and only listed ones allowed here.
                                body["size"] = json!("auto");
                            }
                            edit.accepts(&body, &what);
                        }
                        judged += 1;
                    }
                }
            }
        }
        assert_eq!(judged, 180);
    });
}

#[test]
fn forms_are_those_of_the_official_client() {
    let file = repository().join("tests/fixtures/vendor/openai-node-images-edit.json");
    let witness: Value = serde_json::from_str(&fs::read_to_string(file).expect("the fixture")).expect("JSON");
    run(async {
        let server = Recorder::start(|_| Reply::json(200, &painted())).await;
        let extra = json!({"output_format": "png"});
        let table = json!({"kind": "openai", "model": "gpt-image-1", "native_mask": true, "extra": extra});
        let provider = provider(&server, &table);
        let two = order(&*provider, &[ImageRole::Base, ImageRole::Product], true);
        let one = order(&*provider, &[ImageRole::Base], false);
        for (request, name) in [(two, "two_images_and_a_mask"), (one, "one_image")] {
            paint(&*provider, &request).await.expect("a picture");
            let [sent] = &server.take()[..] else { panic!("one request") };
            let ours: Vec<Value> = sent
                .form()
                .await
                .into_iter()
                .map(|part| {
                    let mut seen = json!({"name": part.name});
                    for (key, value) in [("file_name", part.file_name), ("content_type", part.content_type)] {
                        if let Some(value) = value {
                            seen[key] = json!(value);
                        }
                    }
                    seen
                })
                .collect();
            let theirs = witness[name].as_array().expect("a list of parts");
            // The one-picture witness was asked for without options; what it sent must be in ours, in
            // its order.
            let common: Vec<&Value> = ours.iter().filter(|part| theirs.contains(part)).collect();
            assert_eq!(common, theirs.iter().collect::<Vec<_>>(), "{name}");
            if name == "two_images_and_a_mask" {
                assert_eq!(&ours, theirs, "{name}");
            }
        }
    });
}

#[test]
fn the_other_vendors_get_fields_that_they_know() {
    run(async {
        let (base, product, anchor) = (ImageRole::Base, ImageRole::Product, ImageRole::StyleAnchor);
        let pictures = [vec![], vec![base], vec![base, product], vec![base, product, anchor]];
        let cases = [
            ("ark", "/v1/images/generations", json!({"model": "doubao-seedream-3-0-t2i-250415"})),
            ("ark", "/v1/images/generations", json!({"model": "doubao-seedream-4-0-250828"})),
            (
                "ark",
                "/v1/images/generations",
                json!({"model": "doubao-seedream-5-0-260128", "extra": {"watermark": true,
                "output_format": "png", "optimize_prompt_mode": "fast", "response_format": "url"}}),
            ),
            ("openrouter", "/v1/images", json!({"model": "google/gemini-3.1-flash-image"})),
            (
                "openrouter",
                "/v1/images",
                json!({"model": "openai/gpt-image-2", "extra": {"canvas": "size",
                "quality": "low", "send_seed": true, "provider": {"options": {}}}}),
            ),
            ("siliconflow", "/v1/images/generations", json!({"model": "Qwen/Qwen-Image"})),
            (
                "siliconflow",
                "/v1/images/generations",
                json!({"model": "Kwai-Kolors/Kolors",
                "extra": {"num_inference_steps": 20, "cfg": 4}}),
            ),
            ("siliconflow", "/v1/images/generations", json!({"model": "Qwen/Qwen-Image-Edit-2509"})),
        ];
        // One answer in all three shapes.
        let server = Recorder::start(|_| {
            let one = json!([{"b64_json": picture()}]);
            Reply::json(200, &json!({"created": 1, "data": one, "images": one, "usage": {"cost": 0.0401}}))
        })
        .await;
        let mut judged = 0;
        for (kind, path, mut table) in cases {
            let judge = vendor_schema(&format!("{kind}-images"));
            assert!(judge.validate(&json!({"model": "a/b", "prompt": "p", "response": 1})).is_err(), "{kind}");
            table["kind"] = json!(kind);
            let provider = provider(&server, &table);
            for roles in &pictures {
                let purpose = if roles.is_empty() { Purpose::Plate } else { Purpose::EditMasked };
                if !provider.capabilities().serves(purpose) {
                    continue;
                }
                let rendered = paint(&*provider, &order(&*provider, roles, true)).await.expect("a picture");
                assert_eq!(rendered.cost_microusd, (kind == "openrouter").then_some(40_100));
                let [sent] = &server.take()[..] else { panic!("one request") };
                check_envelope(sent);
                assert_eq!(sent.path, path);
                accepts(&judge, &sent.json(), &format!("{table} with {roles:?}"));
                judged += 1;
            }
        }
        assert_eq!(judged, 22);
    });
}

#[test]
fn results_by_address_are_fetched_from_listed_hosts_only() {
    run(async {
        let server = Recorder::start(|request| {
            if request.path == "/result.png" {
                return Reply { status: 200, headers: vec![], body: Bytes::from_static(PNG) };
            }
            let host = request.header("host").unwrap_or_default();
            let one = json!([{"url": format!("http://{host}/result.png")}]);
            Reply::json(200, &json!({"created": 1, "data": one, "images": one}))
        })
        .await;
        for (kind, model) in [
            ("openai", "gpt-image-1"),
            ("ark", "seedream-4-5"),
            ("openrouter", "a/b"),
            ("siliconflow", "Qwen/Qwen-Image"),
        ] {
            let listed =
                provider(&server, &json!({"kind": kind, "model": model, "extra": {"download_hosts": ["127.0.0.1"]}}));
            let rendered = paint(&*listed, &order(&*listed, &[], false)).await.expect("a picture");
            assert!(matches!(rendered.picture, Picture::Encoded(bytes) if bytes == PNG), "{kind}");
            let fetched = server.take().pop().expect("two requests");
            assert_eq!((fetched.method.as_str(), fetched.path.as_str()), ("GET", "/result.png"));
            assert_eq!(fetched.header("authorization"), None, "a key does not go to where results lie");

            let unlisted = provider(&server, &json!({"kind": kind, "model": model}));
            let error = paint(&*unlisted, &order(&*unlisted, &[], false)).await.expect_err("a host of nobody's list");
            assert_eq!(error.class, FailureClass::NoResult, "{kind}");
            assert!(error.maybe_billed);
            assert_eq!(server.take().len(), 1, "{kind}: it was asked all the same");
        }
    });
}

#[test]
fn failures_keep_their_class_number_and_delay_and_lose_our_words() {
    run(async {
        let refusal = blocked();
        let server =
            Recorder::start(move |_| Reply::json(400, &refusal).with("x-request-id", "req_9").with("retry-after", "7"))
                .await;
        let openai = provider(&server, &json!({"kind": "openai", "model": "gpt-image-1"}));
        let error = paint(&*openai, &order(&*openai, &[], false)).await.expect_err("a refusal");
        assert_eq!((error.class, error.http_status), (FailureClass::ModeratedInput, Some(400)));
        assert_eq!(error.code.as_deref(), Some("moderation_blocked"));
        assert_eq!(error.request_id.as_deref(), Some("req_9"));
        assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
        let told = format!("{error} {error:?}");
        assert!(!told.contains(KEY) && !told.contains("quiet ground"), "{told}");

        for (reply, class) in [
            (json!({"created": 1, "data": []}), FailureClass::NoResult),
            (json!({"created": 1, "data": [{"b64_json": "iVBORw0KGgo"}]}), FailureClass::NoResult),
            (json!({"error": {"code": "insufficient_quota"}}), FailureClass::Quota),
        ] {
            let server = Recorder::start(move |_| Reply::json(200, &reply)).await;
            let openai = provider(&server, &json!({"kind": "openai", "model": "gpt-image-1"}));
            let error = paint(&*openai, &order(&*openai, &[], false)).await.expect_err("no picture");
            assert_eq!(error.class, class);
        }
        let server =
            Recorder::start(|_| Reply { status: 200, headers: vec![], body: Bytes::from_static(b"<html>") }).await;
        let openai = provider(&server, &json!({"kind": "openai", "model": "gpt-image-1"}));
        let error = paint(&*openai, &order(&*openai, &[], false)).await.expect_err("no JSON");
        assert_eq!(error.class, FailureClass::NoResult);
    });
}

#[test]
fn the_cost_comes_from_the_tokens_where_they_have_a_price() {
    run(async {
        let server = Recorder::start(|_| Reply::json(200, &painted())).await;
        let prices =
            json!({"price_text_in_microusd": 5000, "price_image_in_microusd": 10_000, "price_out_microusd": 40_000});
        let priced = provider(&server, &json!({"kind": "openai", "model": "gpt-image-1", "extra": prices}));
        let rendered = paint(&*priced, &order(&*priced, &[], false)).await.expect("a picture");
        // 50 at 0.005, 300 at 0.01 and 1584 at 0.04 USD a thousand.
        assert_eq!(rendered.cost_microusd, Some(250 + 3_000 + 63_360));
        let plain = provider(&server, &json!({"kind": "openai", "model": "gpt-image-1"}));
        assert_eq!(paint(&*plain, &order(&*plain, &[], false)).await.expect("a picture").cost_microusd, None);
    });
}

#[test]
fn a_probe_tells_what_is_wrong_and_paints_nothing() {
    run(async {
        let server = Recorder::start(|request| {
            let is_known = request.header("authorization") == Some(format!("Bearer {KEY}").as_str());
            match (is_known, request.path.as_str()) {
                (false, _) => Reply::json(401, &json!({"error": {"code": "invalid_api_key", "message": "m"}})),
                (_, "/v1/models/gpt-image-1") => Reply::json(200, &json!({"id": "gpt-image-1", "object": "model"})),
                (_, "/v1/models" | "/v1/models?type=image" | "/v1/images/models") => {
                    Reply::json(200, &json!({"data": [{"id": "flux"}, {"id": "a/b"}, {"id": "Qwen/Qwen-Image"}]}))
                }
                (_, "/v1/key") => Reply::json(200, &json!({"data": {"limit_remaining": 4.5}})),
                (_, "/v1/images/generations") => {
                    Reply::json(400, &json!({"error": {"code": "MissingParameter", "param": "prompt", "message": "m"}}))
                }
                _ => Reply::json(404, &json!({"error": {"code": "model_not_found", "message": "m"}})),
            }
        })
        .await;
        for (table, is_well) in [
            (json!({"kind": "openai", "model": "gpt-image-1"}), true),
            (json!({"kind": "openai", "model": "gpt-image-9"}), false),
            (json!({"kind": "openai", "model": "flux", "extra": {"profile": "localai"}}), true),
            (json!({"kind": "openai", "model": "flix", "extra": {"profile": "localai"}}), false),
            (json!({"kind": "openai", "extra": {"profile": "sdcpp"}}), true),
            (json!({"kind": "ark", "model": "seedream-4-5"}), true),
            (json!({"kind": "openrouter", "model": "a/b"}), true),
            (json!({"kind": "openrouter", "model": "a/c"}), false),
            (json!({"kind": "siliconflow", "model": "Qwen/Qwen-Image"}), true),
        ] {
            let probed = provider(&server, &table).probe(&call()).await;
            assert_eq!(probed.is_ok(), is_well, "{table}: {probed:?}");
            let mut barred = table.clone();
            barred["api_key"] = json!("wrong");
            let error = provider(&server, &barred).probe(&call()).await.expect_err("a wrong key");
            assert_eq!(error.http_status, Some(401), "{table}");
        }
        let asked = server.take();
        assert!(
            asked
                .iter()
                .filter(|request| request.method == "POST")
                .all(|request| request.json().get("prompt").is_none())
        );
    });
}
