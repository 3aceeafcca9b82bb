//! OpenAI's images and chat, and the vendors that shaped theirs after it: Ark, OpenRouter,
//! SiliconFlow.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Books, Dialect, Fault, Refusal, Reply, Seen, fitting, pictures::Made};

/// What the lists of models name.
const MODELS: [&str; 4] = ["gpt-image-2", "google/gemini-2.5-flash-image", "Qwen/Qwen-Image-Edit-2509", "stub-text"];

pub(super) fn refusal(dialect: Dialect, refusal: Refusal) -> (u16, Value) {
    match dialect {
        Dialect::Ark => ark_refusal(refusal),
        Dialect::OpenRouter => router_refusal(refusal),
        Dialect::SiliconFlow => flow_refusal(refusal),
        _ => openai_refusal(refusal),
    }
}

fn openai_refusal(refusal: Refusal) -> (u16, Value) {
    let declined = "Your request was rejected by the safety system. safety_violations=[violence].";
    let (status, kind, code, message) = match refusal {
        Refusal::RateLimited => (429, "requests", json!("rate_limit_exceeded"), "Rate limit reached."),
        Refusal::Quota => (429, "insufficient_quota", json!("insufficient_quota"), "You exceeded your current quota."),
        Refusal::Key => (401, "invalid_request_error", json!("invalid_api_key"), "Incorrect API key provided."),
        Refusal::Model => (404, "invalid_request_error", json!("model_not_found"), "The model does not exist."),
        Refusal::Request => (400, "invalid_request_error", json!("invalid_value"), "Invalid value: 'size'."),
        Refusal::Input | Refusal::Output => (400, "image_generation_user_error", json!("moderation_blocked"), declined),
        Refusal::Server => (500, "server_error", Value::Null, "The server had an error."),
        Refusal::Overloaded => (503, "server_error", json!("overloaded"), "The engine is overloaded."),
    };
    let mut body = json!({ "error": { "message": message, "type": kind, "param": null, "code": code } });
    let stage = match refusal {
        Refusal::Input => Some("input"),
        Refusal::Output => Some("output"),
        _ => None,
    };
    if let Some(stage) = stage {
        body["error"]["moderation_details"] = json!({ "moderation_stage": stage, "categories": ["violence"] });
    }
    (status, body)
}

fn ark_refusal(refusal: Refusal) -> (u16, Value) {
    let (status, code, message) = match refusal {
        Refusal::RateLimited => (429, "RateLimitExceeded.EndpointRPMExceeded", "The requests per minute are exceeded."),
        Refusal::Quota => (403, "AccountOverdueError", "The account has an overdue balance."),
        Refusal::Key => (401, "AuthenticationError", "The API key is invalid."),
        Refusal::Model => (404, "InvalidEndpointOrModel.NotFound", "The model or endpoint does not exist."),
        Refusal::Request => (400, "InvalidParameter", "The parameter size is not valid."),
        Refusal::Input => {
            (400, "InputTextSensitiveContentDetected", "The input text may contain sensitive information.")
        }
        Refusal::Output => {
            (400, "OutputImageSensitiveContentDetected", "The output image may contain sensitive information.")
        }
        Refusal::Server => (500, "InternalServiceError", "The service encountered an unexpected internal error."),
        Refusal::Overloaded => (503, "ServiceUnavailable", "The service is temporarily unavailable."),
    };
    (status, json!({ "error": { "code": code, "message": message, "param": "", "type": "" } }))
}

fn router_refusal(refusal: Refusal) -> (u16, Value) {
    let (status, message) = match refusal {
        Refusal::RateLimited => (429, "Rate limit exceeded"),
        Refusal::Quota => (402, "Insufficient credits"),
        Refusal::Key => (401, "No auth credentials found"),
        Refusal::Model => (404, "No endpoints found for this model"),
        Refusal::Request => (400, "size and aspect_ratio exclude each other"),
        Refusal::Input | Refusal::Output => (403, "The request was flagged by moderation"),
        Refusal::Server => (502, "Provider returned error"),
        Refusal::Overloaded => (503, "No provider is available"),
    };
    (status, json!({ "error": { "code": status, "message": message } }))
}

fn flow_refusal(refusal: Refusal) -> (u16, Value) {
    let (status, code, message) = match refusal {
        Refusal::RateLimited => (429, Value::Null, "Request was rejected due to rate limiting."),
        Refusal::Quota => (403, json!(30_001), "Sorry, your account balance is insufficient"),
        Refusal::Key => (401, Value::Null, "Invalid token"),
        Refusal::Model => (400, json!(20_012), "Model does not exist. Please check it carefully."),
        Refusal::Request => (400, json!(20_015), "The parameter is invalid."),
        Refusal::Input | Refusal::Output => (451, Value::Null, "The prompt may hold prohibited content."),
        Refusal::Server => (500, json!(50_000), "Unknown error, please retry your requests."),
        Refusal::Overloaded => (503, json!(50_505), "Model service overloaded. Please try again later."),
    };
    (status, json!({ "code": code, "message": message, "data": null }))
}

pub(super) fn answer(books: &Books, seen: &Seen, dialect: Dialect, fault: Fault) -> Reply {
    match seen.path.as_str() {
        "images/generations" | "images/edits" | "images" => images(books, seen, dialect, fault),
        "chat/completions" => chat(seen, fault),
        "key" => Reply::json(200, &json!({ "data": { "label": "stub", "limit_remaining": 9.5 } })),
        "models" | "images/models" => {
            let models = MODELS.iter().map(|id| model(id)).collect::<Vec<_>>();
            Reply::json(200, &json!({ "object": "list", "data": models }))
        }
        path => {
            if let Some(id) = path.strip_prefix("models/").filter(|id| MODELS.contains(id)) {
                return Reply::json(200, &model(id));
            }
            let (status, body) = refusal(dialect, Refusal::Model);
            Reply::json(status, &body)
        }
    }
}

fn model(id: &str) -> Value {
    json!({ "id": id, "object": "model", "created": 1, "owned_by": "stub" })
}

/// The size that a request names in one of its ways; who edits names none and gets the photo's.
fn size(seen: &Seen, body: &Value) -> (u32, u32) {
    let named = ["size", "image_size"].into_iter().find_map(|key| body[key].as_str().map(str::to_owned));
    let named = named.or_else(|| seen.field("size"));
    let read = |text: &str| {
        let (width, height) = text.split_once('x')?;
        Some((width.parse().ok()?, height.parse().ok()?))
    };
    if let Some(size) = named.as_deref().and_then(read) {
        return size;
    }
    let ratio = body["aspect_ratio"].as_str().and_then(|text| text.split_once(':'));
    let ratio = ratio.and_then(|(across, down)| Some((across.parse().ok()?, down.parse().ok()?)));
    ratio.map_or((928, 1664), |(across, down): (u32, u32)| (across * 96, down * 96))
}

/// The first picture of a form with another colour under its mask, as an honest model would send it.
fn edited(seen: &Seen) -> Option<Arc<Made>> {
    let part = |name: &str| seen.parts.iter().find(|part| part.name == name || part.name == format!("{name}[]"));
    Some(Made::edited(&part("image")?.bytes, &part("mask")?.bytes))
}

fn images(books: &Books, seen: &Seen, dialect: Dialect, fault: Fault) -> Reply {
    let body = seen.json();
    if dialect == Dialect::Ark && body["prompt"].is_null() {
        let lacks =
            json!({ "code": "MissingParameter", "message": "The parameter prompt is missing.", "param": "prompt" });
        return Reply::json(400, &json!({ "error": lacks }));
    }
    let size = size(seen, &body);
    let changed = if fault == Fault::None { edited(seen) } else { None };
    let wants_url = match dialect {
        Dialect::SiliconFlow => true,
        _ => body["response_format"] == "url" || (dialect == Dialect::Ark && body["response_format"].is_null()),
    };
    let item = if wants_url {
        json!({ "url": books.address_of(size, fault) })
    } else {
        let picture = changed.unwrap_or_else(|| Books::picture(size, fault));
        json!({ "b64_json": picture.base64 })
    };
    let items = match fault {
        Fault::NoPicture | Fault::Words => json!([]),
        Fault::PartialGroup => {
            let (_, refused) = ark_refusal(Refusal::Output);
            json!([refused, item])
        }
        _ => json!([item]),
    };
    let answer = match dialect {
        Dialect::SiliconFlow => json!({ "images": items, "timings": { "inference": 0.2 }, "seed": 1 }),
        Dialect::Ark => json!({
            "model": body["model"], "created": 1_700_000_000, "data": items,
            "usage": { "generated_images": 1, "output_tokens": 14_400, "total_tokens": 14_400 },
        }),
        Dialect::OpenRouter => json!({ "created": 1_700_000_000, "data": items, "usage": { "cost": 0.034 } }),
        _ => json!({
            "created": 1_700_000_000, "data": items, "output_format": "png",
            "usage": {
                "input_tokens": 50, "output_tokens": 1_000, "total_tokens": 1_050,
                "input_tokens_details": { "text_tokens": 30, "image_tokens": 20 },
            },
        }),
    };
    Reply::json(200, &answer)
}

fn chat(seen: &Seen, fault: Fault) -> Reply {
    let body = seen.json();
    let schema = &body["response_format"]["json_schema"]["schema"];
    let answer = if schema.is_object() { fitting(schema) } else { json!({ "answer": "stub" }) };
    let text = match fault {
        Fault::Words => "I would rather not.".to_owned(),
        Fault::NoPicture => String::new(),
        _ => answer.to_string(),
    };
    let message = json!({ "role": "assistant", "content": text, "refusal": null });
    Reply::json(
        200,
        &json!({
            "id": "chatcmpl-stub", "object": "chat.completion", "created": 1_700_000_000, "model": body["model"],
            "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150 },
        }),
    )
}
