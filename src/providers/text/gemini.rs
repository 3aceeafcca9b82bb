//! The Gemini dialect: `models/{model}:generateContent` (field names as in the vendor's official SDK,
//! types of 2026-08).

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    JsonReply, JsonTask, Repair, TextModel,
    dialects::{base_url, model_name},
    ladder::{Ladder, Prices, Rung, has_outer_form, object_in, of_this_question, repair_text, system_text},
};
use crate::{
    config::TextModelSettings,
    providers::{
        CallContext, DialectError, FailureClass, ProviderError,
        wire::{Authorization, Verdict, Wire, request_id},
    },
};

const VENDOR: &str = "https://generativelanguage.googleapis.com/v1beta";
/// How freely a model words its answer; reports want little of it.
const TEMPERATURE: f64 = 0.2;

/// One deployment behind `generateContent`.
#[derive(Debug)]
pub(super) struct Gemini {
    name: String,
    model: String,
    sees: bool,
    wire: Wire,
    prices: Prices,
    ladder: Ladder,
}

impl Gemini {
    /// The deployment of a table.
    pub(super) fn new(settings: &TextModelSettings) -> Result<Self, DialectError> {
        let model = model_name(settings)?;
        let model = model.strip_prefix("models/").unwrap_or(&model).to_owned();
        if !model.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')) {
            return Err(DialectError::Invalid { key: "model".to_owned(), problem: "not a name".to_owned() });
        }
        let authorization =
            settings.api_key.clone().map_or(Authorization::None, |key| Authorization::Header("x-goog-api-key", key));
        Ok(Self {
            name: settings.name.clone(),
            model,
            sees: settings.vision,
            wire: Wire::new(base_url(settings, VENDOR)?, authorization, settings.allow_private_address)?,
            prices: Prices::of(settings),
            ladder: Ladder::default(),
        })
    }

    fn body(&self, task: &JsonTask, repair: Option<&Repair>, rung: Rung) -> Value {
        let system = system_text(task, rung);
        let mut parts = Vec::new();
        if rung == Rung::Words {
            // Models without a JSON mode have no place for instructions of the system either.
            parts.push(json!({ "text": system }));
        }
        parts.push(json!({ "text": task.user }));
        if self.sees {
            parts.extend(task.images.iter().map(|image| {
                json!({ "inlineData": { "mimeType": image.media_type, "data": STANDARD.encode(&image.bytes) } })
            }));
        }
        let mut contents = vec![json!({ "role": "user", "parts": parts })];
        if let Some(repair) = repair {
            contents.push(json!({ "role": "model", "parts": [{ "text": repair.answer }] }));
            contents.push(json!({ "role": "user", "parts": [{ "text": repair_text(repair) }] }));
        }
        let mut config = json!({ "temperature": TEMPERATURE, "maxOutputTokens": task.tokens_max });
        if rung != Rung::Words {
            config["responseMimeType"] = json!("application/json");
        }
        if rung == Rung::Schema {
            config["responseSchema"] = open_api(&task.schema);
        }
        let mut body = json!({ "contents": contents, "generationConfig": config });
        if rung != Rung::Words {
            body["systemInstruction"] = json!({ "parts": [{ "text": system }] });
        }
        body
    }

    fn read(&self, value: &Value, task: &JsonTask, rung: Rung) -> Result<Value, ProviderError> {
        if let Some(reason) = value["promptFeedback"]["blockReason"].as_str() {
            let error = ProviderError::new(FailureClass::ModeratedInput, "the question was blocked");
            return Err(error.with_code(reason));
        }
        let candidate = &value["candidates"][0];
        match candidate["finishReason"].as_str() {
            None | Some("STOP" | "FINISH_REASON_UNSPECIFIED") => {}
            Some(reason @ ("MAX_TOKENS" | "OTHER" | "MALFORMED_FUNCTION_CALL" | "LANGUAGE")) => {
                return Err(ProviderError::no_result("the answer was not finished").with_code(reason));
            }
            Some(reason) => {
                let error = ProviderError::new(FailureClass::ModeratedOutput, "the answer was withheld");
                return Err(ProviderError { maybe_billed: true, ..error }.with_code(reason));
            }
        }
        let parts = candidate["content"]["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text: String =
            parts.iter().filter(|part| part["thought"] != true).filter_map(|part| part["text"].as_str()).collect();
        object_in(&text).filter(|object| has_outer_form(&task.schema, object)).ok_or_else(|| {
            self.ladder.ignored(rung);
            ProviderError::no_result(format!("no JSON object of the form `{}` in the answer", task.name))
        })
    }
}

#[async_trait]
impl TextModel for Gemini {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn sees(&self) -> bool {
        self.sees
    }

    fn cost_max(&self, task: &JsonTask) -> Option<i64> {
        self.prices.usage(0, u64::from(task.tokens_max)).cost_microusd
    }

    async fn answer(
        &self,
        task: &JsonTask,
        repair: Option<&Repair>,
        call: &CallContext,
    ) -> Result<JsonReply, ProviderError> {
        let path = format!("models/{}:generateContent", self.model);
        let mut rung = self.ladder.rung();
        let mut first_refusal = None;
        loop {
            let request = self.wire.request(Method::POST, &path).json(&self.body(task, repair, rung));
            match self.wire.send_json(request, call, verdict).await {
                Ok((value, answer)) => {
                    self.ladder.settle(rung);
                    let request_id = request_id(&answer.headers);
                    let tokens = |name: &str| value["usageMetadata"][name].as_u64().unwrap_or(0);
                    let written = tokens("candidatesTokenCount") + tokens("thoughtsTokenCount");
                    let usage = self.prices.usage(tokens("promptTokenCount"), written);
                    return match self.read(&value, task, rung) {
                        Ok(value) => Ok(JsonReply { value, usage, request_id }),
                        Err(error) => Err(ProviderError { request_id, ..error.paid(usage) }),
                    };
                }
                Err(error) if error.class != FailureClass::Misconfigured => return Err(error),
                Err(error) => {
                    // An unknown model is no question of the form.
                    let below = Ladder::after_refusal(rung, &error).filter(|_| error.http_status == Some(400));
                    let told = first_refusal.get_or_insert(error);
                    let Some(below) = below else { return Err(of_this_question(told)) };
                    rung = below;
                }
            }
        }
    }

    async fn probe(&self, call: &CallContext) -> Result<(), ProviderError> {
        let request = self.wire.request(Method::GET, &format!("models/{}", self.model));
        self.wire.send_json(request, call, verdict).await.map(|_| ())
    }
}

/// The schema in the vendor's older form: one type a value, `nullable` beside it, nothing said about
/// further properties.
fn open_api(schema: &Value) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let mut converted = Map::new();
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("additionalProperties" | "$schema", _) => {}
            ("type", Value::Array(types)) => {
                let plain = types.iter().find(|kind| **kind != "null").cloned().unwrap_or_else(|| json!("string"));
                converted.insert("type".to_owned(), plain);
                if types.iter().any(|kind| kind == "null") {
                    converted.insert("nullable".to_owned(), json!(true));
                }
            }
            ("properties", Value::Object(properties)) => {
                let inner = properties.iter().map(|(name, value)| (name.clone(), open_api(value))).collect();
                converted.insert(name.clone(), Value::Object(inner));
            }
            ("items", items) => {
                converted.insert(name.clone(), open_api(items));
            }
            _ => {
                converted.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(converted)
}

/// What a vendor's error says.
fn verdict(_status: StatusCode, body: &Value) -> Verdict {
    // Streams that fail come as a list of one.
    let error = body.get("error").or_else(|| body[0].get("error")).unwrap_or(body);
    let details = error["details"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_kind =
        |kind: &str| details.iter().find(|detail| detail["@type"].as_str().is_some_and(|name| name.ends_with(kind)));
    let retry_after = of_kind("RetryInfo")
        .and_then(|info| info["retryDelay"].as_str())
        .and_then(|delay| delay.trim_end_matches('s').parse::<f64>().ok())
        .filter(|seconds| seconds.is_finite() && (0.0..=86_400.0).contains(seconds))
        .map(Duration::from_secs_f64);
    let violations = of_kind("QuotaFailure").map(|failure| failure["violations"].to_string()).unwrap_or_default();
    let status = error["status"].as_str();
    let class = match status {
        // A quota of the day is not back in a minute.
        Some("RESOURCE_EXHAUSTED") if violations.contains("PerDay") => Some(FailureClass::Quota),
        Some("RESOURCE_EXHAUSTED") => Some(FailureClass::RateLimited),
        Some("UNAVAILABLE" | "INTERNAL" | "DEADLINE_EXCEEDED" | "ABORTED") => Some(FailureClass::Transient),
        _ => None,
    };
    let reason = of_kind("ErrorInfo").and_then(|info| info["reason"].as_str());
    Verdict {
        class,
        code: reason.or(status).map(str::to_owned),
        message: error["message"].as_str().map(str::to_owned),
        retry_after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::text::testing::{Vendor, call, task};

    fn said(text: &str) -> Value {
        json!({
            "candidates": [{
                "content": { "role": "model", "parts": [{ "text": "{\"n\": 0} or so", "thought": true }, { "text": text }] },
                "finishReason": "STOP",
            }],
            "usageMetadata": { "promptTokenCount": 1000, "candidatesTokenCount": 200, "thoughtsTokenCount": 300 },
        })
    }

    fn refused(status: &str, message: &str) -> Value {
        json!({ "error": { "code": 400, "message": message, "status": status } })
    }

    fn model(vendor: &Vendor) -> Gemini {
        Gemini::new(&vendor.settings("gemini")).unwrap()
    }

    #[tokio::test]
    async fn a_question_carries_words_pictures_and_a_schema_of_the_older_form() {
        let vendor = Vendor::start([(200, said(r#"{"n": 7}"#))]).await;
        let reply = model(&vendor).answer(&task(), None, &call()).await.unwrap();
        assert_eq!((reply.value, reply.usage.tokens_out), (json!({"n": 7}), 500));
        assert_eq!(reply.usage.cost_microusd, Some(1_250));
        let asked = &vendor.asked()[0];
        assert_eq!(asked.path, "/v1/models/test-model:generateContent");
        assert_eq!(asked.headers["x-goog-api-key"], "secret");
        let config = &asked.body["generationConfig"];
        assert_eq!(config["responseMimeType"], "application/json");
        let schema = json!({
            "type": "object", "required": ["n"],
            "properties": { "n": { "type": "integer", "nullable": true, "description": "a number" } },
        });
        assert_eq!(config["responseSchema"], schema);
        assert_eq!(asked.body["contents"][0]["parts"][1]["inlineData"]["data"], "AQID");
        assert!(asked.body["systemInstruction"]["parts"][0]["text"].as_str().unwrap().contains("JSON"));
    }

    #[tokio::test]
    async fn models_without_a_json_mode_are_asked_in_words() {
        let no_mode = || (400, refused("INVALID_ARGUMENT", "JSON mode is not enabled"));
        let vendor = Vendor::start([no_mode(), no_mode(), (200, said("```json\n{\"n\": 7}\n```"))]).await;
        let model = model(&vendor);
        assert_eq!(model.answer(&task(), None, &call()).await.unwrap().value["n"], 7);
        assert_eq!(model.ladder.rung(), Rung::Words);
        let body = &vendor.asked()[2].body;
        assert!(body.get("systemInstruction").is_none() && body["generationConfig"].get("responseMimeType").is_none());
        assert!(body["contents"][0]["parts"][0]["text"].as_str().unwrap().contains("additionalProperties"));
    }

    #[tokio::test]
    async fn blocks_come_inside_a_200_and_failures_have_their_class() {
        let ended = |reason: &str| json!({ "candidates": [{ "finishReason": reason }] });
        let exhausted = |quota: &str| {
            json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow", "details": [
                { "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{ "quotaId": quota }] },
                { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36.5s" },
            ] } })
        };
        for (status, body, class) in [
            (200, json!({ "promptFeedback": { "blockReason": "SAFETY" } }), FailureClass::ModeratedInput),
            (200, ended("SAFETY"), FailureClass::ModeratedOutput),
            (200, ended("PROHIBITED_CONTENT"), FailureClass::ModeratedOutput),
            (200, ended("MAX_TOKENS"), FailureClass::NoResult),
            (200, ended("STOP"), FailureClass::NoResult),
            (200, json!({}), FailureClass::NoResult),
            (429, exhausted("RequestsPerMinute"), FailureClass::RateLimited),
            (429, exhausted("RequestsPerDayPerProject"), FailureClass::Quota),
            (503, refused("UNAVAILABLE", "busy"), FailureClass::Transient),
            (403, refused("PERMISSION_DENIED", "no"), FailureClass::Misconfigured),
            (404, refused("NOT_FOUND", "no model"), FailureClass::Misconfigured),
        ] {
            let vendor = Vendor::start([(status, body.clone())]).await;
            let error = model(&vendor).answer(&task(), None, &call()).await.unwrap_err();
            assert_eq!(error.class, class, "{status} {body}");
            if status == 429 {
                assert_eq!(error.retry_after, Some(Duration::from_millis(36_500)));
            }
        }
    }

    #[tokio::test]
    async fn a_probe_asks_for_the_model_itself() {
        let vendor =
            Vendor::start([(200, json!({ "name": "models/test-model" })), (400, refused("INVALID_ARGUMENT", "key"))])
                .await;
        let model = model(&vendor);
        model.probe(&call()).await.unwrap();
        assert_eq!(vendor.asked()[0].path, "/v1/models/test-model");
        assert_eq!(model.probe(&call()).await.unwrap_err().class, FailureClass::Misconfigured);
    }
}
