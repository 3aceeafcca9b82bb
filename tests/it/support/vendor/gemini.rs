//! Gemini's `generateContent`, with pictures and with JSON.

use serde_json::{Value, json};

use super::{Books, Fault, Refusal, Reply, Seen, fitting};

pub(super) fn refusal(refusal: Refusal) -> (u16, Value) {
    let quota = |id: &str| {
        json!([
            { "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{ "quotaId": id }] },
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36s" },
        ])
    };
    let exceeded = "You exceeded your current quota, please check your plan and billing details.";
    let (status, word, message, details) = match refusal {
        Refusal::RateLimited => {
            (429, "RESOURCE_EXHAUSTED", exceeded, quota("GenerateRequestsPerMinutePerProjectPerModel"))
        }
        Refusal::Quota => (429, "RESOURCE_EXHAUSTED", exceeded, quota("GenerateRequestsPerDayPerProjectPerModel")),
        Refusal::Key => (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", json!([])),
        Refusal::Model => (404, "NOT_FOUND", "models/stub is not found for API version v1beta", json!([])),
        Refusal::Request => (400, "INVALID_ARGUMENT", "Invalid JSON payload received.", json!([])),
        Refusal::Server => (500, "INTERNAL", "An internal error has occurred.", json!([])),
        Refusal::Input | Refusal::Output | Refusal::Overloaded => {
            (503, "UNAVAILABLE", "The model is overloaded. Please try again later.", json!([]))
        }
    };
    (status, json!({ "error": { "code": status, "message": message, "status": word, "details": details } }))
}

pub(super) fn answer(seen: &Seen, fault: Fault) -> Reply {
    let Some(model) = seen.path.strip_prefix("models/") else {
        let (status, body) = refusal(Refusal::Model);
        return Reply::json(status, &body);
    };
    if seen.method == http::Method::GET {
        let methods = if model == "stub-embedding" { json!(["embedContent"]) } else { json!(["generateContent"]) };
        return Reply::json(200, &json!({ "name": format!("models/{model}"), "supportedGenerationMethods": methods }));
    }
    let body = seen.json();
    let config = &body["generationConfig"];
    let wants_picture =
        config["responseModalities"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "IMAGE"));
    let (parts, reason) = if wants_picture { picture(config, fault) } else { words(config, fault) };
    let sent = body["contents"][0]["parts"].as_array().map_or(0, Vec::len);
    let mut answer = json!({
        "usageMetadata": {
            "promptTokenCount": 300, "candidatesTokenCount": 1_290, "totalTokenCount": 1_590,
            "promptTokensDetails": [
                { "modality": "TEXT", "tokenCount": 42 },
                { "modality": "IMAGE", "tokenCount": 258 * sent.saturating_sub(1) },
            ],
        },
        "modelVersion": "stub", "responseId": "stub-response",
    });
    if fault == Fault::Refused(Refusal::Input) {
        answer["promptFeedback"] = json!({ "blockReason": "PROHIBITED_CONTENT" });
    } else {
        answer["candidates"] =
            json!([{ "index": 0, "content": { "role": "model", "parts": parts }, "finishReason": reason }]);
    }
    Reply::json(200, &answer)
}

fn picture(config: &Value, fault: Fault) -> (Value, &'static str) {
    let shape =
        if config["imageConfig"].is_object() { &config["imageConfig"] } else { &config["responseFormat"]["image"] };
    let ratio = shape["aspectRatio"].as_str().and_then(|text| text.split_once(':'));
    let ratio = ratio.and_then(|(across, down)| Some((across.parse::<u32>().ok()?, down.parse::<u32>().ok()?)));
    let (across, down) = ratio.unwrap_or((1, 1));
    let times = 1344 / across.max(down);
    let size = (across * times, down * times);
    let inline = |base64: &str| json!({ "inlineData": { "mimeType": "image/png", "data": base64 } });
    let draft = json!({ "thought": true, "inlineData": { "mimeType": "image/png", "data": "bm8=" } });
    match fault {
        Fault::Refused(Refusal::Output) => (json!([]), "IMAGE_SAFETY"),
        Fault::NoPicture => (json!([]), "NO_IMAGE"),
        Fault::Words => (json!([{ "text": "Here is your picture." }]), "STOP"),
        _ => {
            let made = Books::picture(size, fault);
            // A draft among the thoughts comes along, as the larger models do it.
            (json!([draft, { "text": "Here it is." }, inline(&made.base64)]), "STOP")
        }
    }
}

fn words(config: &Value, fault: Fault) -> (Value, &'static str) {
    let schema = ["responseJsonSchema", "responseSchema"].into_iter().find_map(|key| config.get(key));
    let answer = schema.map_or_else(|| json!({ "answer": "stub" }), fitting);
    match fault {
        Fault::Refused(Refusal::Output) => (json!([]), "SAFETY"),
        Fault::NoPicture => (json!([]), "MAX_TOKENS"),
        Fault::Words => (json!([{ "text": "I would rather not." }]), "STOP"),
        _ => (json!([{ "text": answer.to_string() }]), "STOP"),
    }
}
