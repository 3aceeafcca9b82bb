//! Questions to text models: OpenAI's chat by its own specification, Gemini by its client's fields.

use haibao::{
    config::TextModelSettings,
    providers::text::{JsonTask, Repair, SeenImage, TextModel, TextPurpose, text_model},
};

use super::*;

/// What every question says.
pub(super) const WORDS: &str = "The seller says: 「白瓷杯」";

fn model(server: &Recorder, kind: &str, vision: bool) -> std::sync::Arc<dyn TextModel> {
    model_at(&server.url("/v1"), kind, vision)
}

pub(super) fn model_at(address: &str, kind: &str, vision: bool) -> std::sync::Arc<dyn TextModel> {
    haibao::app::init_crypto();
    let table = json!({"name": "words", "kind": kind, "base_url": address, "api_key": KEY,
        "model": "small-1", "vision": vision, "allow_private_address": true});
    let settings: TextModelSettings = serde_json::from_value(table).expect("settings");
    text_model(&settings).expect("a model")
}

pub(super) fn question() -> JsonTask {
    JsonTask {
        purpose: TextPurpose::Report,
        name: "product_report",
        system: "You read products and answer with JSON.".to_owned(),
        user: WORDS.to_owned(),
        images: vec![SeenImage { bytes: Bytes::from_static(PNG), media_type: "image/png" }],
        schema: json!({
            "type": "object", "additionalProperties": false, "required": ["name", "brand", "marks"],
            "properties": {
                "name": {"type": "string", "description": "As on the label"},
                "brand": {"type": ["string", "null"]},
                "marks": {"type": "array", "items": {"type": "object", "additionalProperties": false,
                    "required": ["place"], "properties": {"place": {"type": "string", "enum": ["top", "side"]}}}},
            },
        }),
        tokens_max: 800,
    }
}

fn repair() -> Repair {
    Repair { answer: "{\"name\": 1}".to_owned(), fault: "name: not a text".to_owned() }
}

pub(super) fn answer() -> String {
    json!({"name": "Cup", "brand": null, "marks": []}).to_string()
}

/// A reply as OpenAI words it.
fn said() -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1_790_000_000, "model": "small-1",
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null,
            "message": {"role": "assistant", "content": answer(), "refusal": null}}],
        "usage": {"prompt_tokens": 90, "completion_tokens": 12, "total_tokens": 102}})
}

/// Refuses what a deployment may lack, in the order of the numbers: nothing, schemas, JSON modes too,
/// and the older name of a limit with every temperature.
fn openai_reply(lacks: usize, body: &Value) -> Reply {
    let refuse = |what: &str| {
        let message = format!("Unsupported parameter: '{what}' is not supported with this model.");
        let error = json!({"message": message, "type": "invalid_request_error", "param": what, "code": "unsupported_parameter"});
        Reply::json(400, &json!({ "error": error }))
    };
    let form = body["response_format"]["type"].as_str().unwrap_or_default();
    match lacks {
        1 if form == "json_schema" => refuse("response_format"),
        2 if !form.is_empty() => refuse("response_format"),
        3 if !body["max_tokens"].is_null() => refuse("max_tokens"),
        3 if !body["temperature"].is_null() => refuse("temperature"),
        _ => Reply::json(200, &said()),
    }
}

#[test]
fn chats_are_of_the_published_shape() {
    let Some(specification) = specification() else { return };
    let judge = Judge::of(&specification, "CreateChatCompletionRequest");
    Judge::of(&specification, "CreateChatCompletionResponse").accepts(&said(), "our stub's reply");
    let message = json!([{"role": "user", "content": "p"}]);
    judge.accepts(&json!({"model": "m", "messages": message}), "the smallest chat");
    for wrong in [
        json!({}),
        json!({"model": "m", "messages": []}),
        json!({"model": "m", "messages": [{"role": "seller", "content": "p"}]}),
        json!({"model": "m", "messages": message, "temperature": 3}),
        json!({"model": "m", "messages": message, "response_format": {"type": "json_schema"}}),
        json!({"model": "m", "messages": message, "response_format": {"type": "schema"}}),
        json!({"model": "m", "messages": message, "prompt": "p"}),
    ] {
        assert!(!judge.faults(&wrong).is_empty(), "{wrong} was let pass");
    }
    run(async {
        let mut forms = Vec::new();
        for lacks in 0..4 {
            for vision in [false, true] {
                let server = Recorder::start(move |request| openai_reply(lacks, &request.json())).await;
                let model = model(&server, "openai", vision);
                for repair in [None, Some(repair())] {
                    let reply = model.answer(&question(), repair.as_ref(), &call()).await.expect("an answer");
                    assert_eq!((reply.usage.tokens_in, reply.usage.tokens_out), (90, 12));
                }
                let sent = server.take();
                assert!(sent.len() >= 2, "{lacks}");
                for request in &sent {
                    check_envelope(request);
                    assert_eq!(request.path, "/v1/chat/completions");
                    let body = request.json();
                    judge.accepts(&body, &format!("a chat where {lacks} is lacking"));
                    assert_eq!(body.to_string().contains("image_url"), vision);
                    forms.push(body["response_format"]["type"].as_str().unwrap_or("words").to_owned());
                }
            }
        }
        for form in ["json_schema", "json_object", "words"] {
            assert!(forms.iter().any(|seen| seen == form), "{form} was never sent");
        }
    });
}

#[test]
fn gemini_is_asked_in_fields_that_it_knows() {
    let judge = vendor_schema("gemini-text");
    for wrong in [
        json!({}),
        json!({"contents": [{"role": "system", "parts": [{"text": "t"}]}], "generationConfig": {}}),
        json!({"contents": [{"role": "user", "parts": [{"text": "t"}]}],
            "generationConfig": {"responseSchema": {"type": "string"}}}),
        json!({"contents": [{"role": "user", "parts": [{"text": "t"}]}], "generationConfig":
            {"responseMimeType": "application/json", "responseSchema": {"type": ["string", "null"]}}}),
    ] {
        assert!(judge.validate(&wrong).is_err(), "{wrong} was let pass");
    }
    run(async {
        for lacks in ["", "responseSchema", "responseMimeType"] {
            for vision in [false, true] {
                let server = Recorder::start(move |request| {
                    if !lacks.is_empty() && !request.json()["generationConfig"][lacks].is_null() {
                        let message = format!("Invalid JSON payload received. Unknown name \"{lacks}\"");
                        let error = json!({"code": 400, "status": "INVALID_ARGUMENT", "message": message});
                        return Reply::json(400, &json!({ "error": error }));
                    }
                    let content = json!({"role": "model", "parts": [{"text": answer()}]});
                    let usage = json!({"promptTokenCount": 90, "candidatesTokenCount": 12});
                    let candidates = json!([{"content": content, "finishReason": "STOP", "index": 0}]);
                    Reply::json(200, &json!({"candidates": candidates, "usageMetadata": usage}))
                })
                .await;
                let model = model(&server, "gemini", vision);
                for repair in [None, Some(repair())] {
                    model.answer(&question(), repair.as_ref(), &call()).await.expect("an answer");
                }
                let sent = server.take();
                assert!(sent.len() >= 2, "{lacks}");
                for request in &sent {
                    assert_eq!(request.path, "/v1/models/small-1:generateContent");
                    assert_eq!(request.header("x-goog-api-key"), Some(KEY));
                    assert_eq!(request.header("authorization"), None);
                    accepts(&judge, &request.json(), &format!("a question without {lacks}"));
                }
            }
        }
    });
}
