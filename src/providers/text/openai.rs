//! The chat dialect of OpenAI, which nearly every other vendor and server copies (specification 2.3.0,
//! path `/chat/completions`).

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

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

const VENDOR: &str = "https://api.openai.com/v1";
/// How freely a model words its answer; reports want little of it.
const TEMPERATURE: f64 = 0.2;

/// One deployment behind `/chat/completions`.
#[derive(Debug)]
pub(super) struct OpenAiChat {
    name: String,
    model: String,
    sees: bool,
    wire: Wire,
    prices: Prices,
    ladder: Ladder,
    quirks: Quirks,
}

/// Settings that some models refuse, learnt from their refusals.
#[derive(Debug, Default)]
struct Quirks {
    /// Newer models of the vendor take `max_completion_tokens` only, most copies `max_tokens` only.
    newer_limit: AtomicBool,
    /// Models that reason take no temperature.
    fixed_temperature: AtomicBool,
}

impl Quirks {
    /// Whether a refusal names one of the settings that `sent` had, which is then given up. Questions that
    /// were on their way together all learn the same and are all asked again.
    fn learn(&self, error: &ProviderError, sent: &Value) -> bool {
        if !matches!(error.http_status, Some(400 | 422)) {
            return false;
        }
        let (quirk, setting) = if error.detail.contains("max_tokens") || error.detail.contains("max_completion_tokens")
        {
            (&self.newer_limit, "max_tokens")
        } else if error.detail.contains("temperature") {
            (&self.fixed_temperature, "temperature")
        } else {
            return false;
        };
        let had = sent.get(setting).is_some();
        if had {
            quirk.store(true, Ordering::Relaxed);
        }
        had
    }
}

impl OpenAiChat {
    /// The deployment of a table.
    pub(super) fn new(settings: &TextModelSettings) -> Result<Self, DialectError> {
        let model = model_name(settings)?;
        let url = base_url(settings, VENDOR)?;
        let authorization = settings.api_key.clone().map_or(Authorization::None, Authorization::Bearer);
        Ok(Self {
            name: settings.name.clone(),
            model,
            sees: settings.vision,
            wire: Wire::new(url, authorization, settings.allow_private_address)?,
            prices: Prices::of(settings),
            ladder: Ladder::default(),
            quirks: Quirks { newer_limit: AtomicBool::new(url.starts_with(VENDOR)), ..Quirks::default() },
        })
    }

    fn body(&self, task: &JsonTask, repair: Option<&Repair>, rung: Rung) -> Value {
        let mut parts = vec![json!({ "type": "text", "text": task.user })];
        if self.sees {
            parts.extend(task.images.iter().map(
                |image| json!({ "type": "image_url", "image_url": { "url": image.data_url(), "detail": "high" } }),
            ));
        }
        // A message of words alone is sent as a plain string: older servers know nothing else.
        let content = if parts.len() == 1 { json!(task.user) } else { json!(parts) };
        let mut messages = vec![
            json!({ "role": "system", "content": system_text(task, rung) }),
            json!({ "role": "user", "content": content }),
        ];
        if let Some(repair) = repair {
            messages.push(json!({ "role": "assistant", "content": repair.answer }));
            messages.push(json!({ "role": "user", "content": repair_text(repair) }));
        }
        let limit =
            if self.quirks.newer_limit.load(Ordering::Relaxed) { "max_completion_tokens" } else { "max_tokens" };
        let mut body = json!({ "model": self.model, "messages": messages, limit: task.tokens_max });
        if !self.quirks.fixed_temperature.load(Ordering::Relaxed) {
            body["temperature"] = json!(TEMPERATURE);
        }
        match rung {
            Rung::Schema => {
                let schema = json!({ "name": task.name, "strict": true, "schema": task.schema });
                body["response_format"] = json!({ "type": "json_schema", "json_schema": schema });
            }
            Rung::Object => body["response_format"] = json!({ "type": "json_object" }),
            Rung::Words => {}
        }
        body
    }

    async fn chat(&self, body: &Value, call: &CallContext) -> Result<(Value, Option<String>), ProviderError> {
        let request = self.wire.request(Method::POST, "chat/completions").json(body);
        let (value, answer) = self.wire.send_json(request, call, verdict).await?;
        Ok((value, request_id(&answer.headers)))
    }

    fn read(&self, value: &Value, task: &JsonTask, rung: Rung) -> Result<Value, ProviderError> {
        let choice = &value["choices"][0];
        let message = &choice["message"];
        if let Some(code) = message["refusal"].as_str().filter(|text| !text.is_empty()).map(|_| "refusal") {
            return Err(ProviderError::new(FailureClass::ModeratedInput, "the model declined").with_code(code));
        }
        match choice["finish_reason"].as_str() {
            Some("content_filter") => {
                let error = ProviderError::new(FailureClass::ModeratedOutput, "the answer was withheld");
                return Err(error.with_code("content_filter"));
            }
            Some("length") => {
                return Err(ProviderError::no_result("the answer is longer than it may be").with_code("length"));
            }
            _ => {}
        }
        let text = match &message["content"] {
            Value::String(text) => text.clone(),
            Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
            _ => String::new(),
        };
        let object = object_in(&text).filter(|object| has_outer_form(&task.schema, object));
        object.ok_or_else(|| {
            self.ladder.ignored(rung);
            ProviderError::no_result(format!("no JSON object of the form `{}` in the answer", task.name))
        })
    }
}

#[async_trait]
impl TextModel for OpenAiChat {
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
        let mut rung = self.ladder.rung();
        let mut first_refusal = None;
        loop {
            let id = |error: ProviderError, id: Option<String>| ProviderError {
                request_id: error.request_id.or(id),
                ..error
            };
            let body = self.body(task, repair, rung);
            match self.chat(&body, call).await {
                Ok((value, request_id)) => {
                    self.ladder.settle(rung);
                    let tokens = |name: &str| value["usage"][name].as_u64().unwrap_or(0);
                    let usage = self.prices.usage(tokens("prompt_tokens"), tokens("completion_tokens"));
                    return match self.read(&value, task, rung) {
                        Ok(value) => Ok(JsonReply { value, usage, request_id }),
                        Err(error) => Err(id(error.paid(usage), request_id)),
                    };
                }
                Err(error) if error.class != FailureClass::Misconfigured => return Err(error),
                Err(error) if self.quirks.learn(&error, &body) => {}
                Err(error) => {
                    let below = Ladder::after_refusal(rung, &error);
                    // What the strictest request was told says most about a setting that is wrong.
                    let told = first_refusal.get_or_insert(error);
                    let Some(below) = below else { return Err(of_this_question(told)) };
                    rung = below;
                }
            }
        }
    }

    async fn probe(&self, call: &CallContext) -> Result<(), ProviderError> {
        let listed = self.wire.send_json(self.wire.request(Method::GET, "models"), call, verdict).await;
        match listed {
            Ok((list, _)) => {
                let models = list["data"].as_array().map(Vec::as_slice).unwrap_or_default();
                if models.iter().any(|model| model["id"] == self.model.as_str()) {
                    return Ok(());
                }
            }
            Err(error) if matches!(error.http_status, Some(401 | 403) | None) => return Err(error),
            Err(_) => {}
        }
        // Many servers have no list, or one without aliases: then only a question tells.
        let mut asked = json!({ "model": self.model, "messages": [{ "role": "user", "content": "Say yes." }] });
        let limit =
            if self.quirks.newer_limit.load(Ordering::Relaxed) { "max_completion_tokens" } else { "max_tokens" };
        asked[limit] = json!(16);
        match self.chat(&asked, call).await {
            Err(error) if self.quirks.learn(&error, &asked) => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

/// What a vendor's error says. Its own code is read first: an account in debt may come as 400, a used-up
/// quota as 429.
fn verdict(status: StatusCode, body: &Value) -> Verdict {
    // Most say `{"error": {…}}`, some `{"error": "text"}`, some put the fields at the top.
    let error = body.get("error").unwrap_or(body);
    let word = |name: &str| error[name].as_str().filter(|word| !word.is_empty()).map(str::to_owned);
    let code = word("code").or_else(|| word("type"));
    let message = word("message").or_else(|| error.as_str().map(str::to_owned));
    let class = [word("code"), word("type")].iter().flatten().find_map(|code| class_of_code(code));
    let class = class.or_else(|| match status.as_u16() {
        413 => Some(FailureClass::NoResult),
        400 | 403 | 422 if message.as_deref().is_some_and(declines_content) => Some(FailureClass::ModeratedInput),
        _ => None,
    });
    Verdict { class, code, message, retry_after: None }
}

/// Whether a message declines what was sent: some vendors give such refusals a code that says nothing.
fn declines_content(message: &str) -> bool {
    let message = message.to_lowercase();
    ["content exists risk", "usage policy", "usage policies", "content policy", "safety system"]
        .iter()
        .any(|words| message.contains(words))
}

/// The class of a vendor's code, folded to letters: vendors write one word in three ways.
fn class_of_code(code: &str) -> Option<FailureClass> {
    let folded: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| folded.contains(word));
    if has(&[
        "insufficientquota",
        "insufficientbalance",
        "insufficientcredit",
        "billing",
        "arrear",
        "overdue",
        "allocationquota",
    ]) {
        Some(FailureClass::Quota)
    } else if has(&[
        "contentpolicy",
        "contentfilter",
        "moderation",
        "datainspection",
        "sensitive",
        "inappropriate",
        "invalidprompt",
    ]) {
        Some(FailureClass::ModeratedInput)
    } else if has(&["ratelimit", "throttling", "toomanyrequests"]) {
        Some(FailureClass::RateLimited)
    } else if has(&["contextlength", "stringabovemax", "invalidimage", "imageparse", "imagetoolarge"]) {
        // This question cannot be answered; the next one may be, so the circuit stays closed.
        Some(FailureClass::NoResult)
    } else if has(&["overloaded", "serverbusy", "serviceunavailable"]) {
        Some(FailureClass::Transient)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::text::testing::{Vendor, call, task};

    fn said(content: &str) -> Value {
        json!({
            "choices": [{ "message": { "content": content }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 1200, "completion_tokens": 300 },
        })
    }

    fn refused(code: &str, message: &str) -> Value {
        json!({ "error": { "code": code, "message": message, "type": "invalid_request_error" } })
    }

    fn model(vendor: &Vendor) -> OpenAiChat {
        OpenAiChat::new(&vendor.settings("openai")).unwrap()
    }

    #[tokio::test]
    async fn a_question_carries_words_pictures_and_a_strict_schema() {
        let vendor = Vendor::start([(200, said(r#"{"n": 7}"#))]).await;
        let reply = model(&vendor).answer(&task(), None, &call()).await.unwrap();
        assert_eq!(reply.value, json!({"n": 7}));
        assert_eq!(reply.usage.cost_microusd, Some(1200 * 250 / 1000 + 300 * 2000 / 1000));
        assert_eq!(reply.request_id.as_deref(), Some("req-1"));
        let asked = vendor.asked();
        assert_eq!(asked[0].path, "/v1/chat/completions");
        assert_eq!(asked[0].headers["authorization"], "Bearer secret");
        let body = &asked[0].body;
        assert_eq!(body["response_format"]["json_schema"]["strict"], true);
        assert_eq!(body["response_format"]["json_schema"]["schema"], task().schema);
        assert!(body["messages"][0]["content"].as_str().unwrap().contains("JSON"));
        let picture = body["messages"][1]["content"][1]["image_url"]["url"].as_str().unwrap();
        assert_eq!(picture, "data:image/jpeg;base64,AQID");
        assert!(body.get("max_completion_tokens").is_none() && body["max_tokens"] == 50, "a server of one's own");
    }

    #[tokio::test]
    async fn what_a_server_does_not_know_is_asked_for_in_another_way_and_remembered() {
        let unknown = || (400, refused("", "response_format.type: unknown value"));
        let vendor =
            Vendor::start([unknown(), unknown(), (200, said("```json\n{\"n\": 7}\n```")), (200, said(r#"{"n": 8}"#))])
                .await;
        let model = model(&vendor);
        assert_eq!(model.answer(&task(), None, &call()).await.unwrap().value["n"], 7);
        assert_eq!(model.answer(&task(), None, &call()).await.unwrap().value["n"], 8);
        let forms: Vec<Value> =
            vendor.asked().iter().map(|asked| asked.body["response_format"]["type"].clone()).collect();
        assert_eq!(forms, [json!("json_schema"), json!("json_object"), Value::Null, Value::Null]);
        let system = vendor.asked()[2].body["messages"][0]["content"].as_str().unwrap().to_owned();
        assert!(system.contains("additionalProperties"), "the schema stands in the prompt");
    }

    #[tokio::test]
    async fn a_schema_that_is_ignored_is_told_in_words_next_time() {
        let vendor = Vendor::start([(200, said(r#"{"answer": 7}"#)), (200, said(r#"{"n": 7}"#))]).await;
        let model = model(&vendor);
        let error = model.answer(&task(), None, &call()).await.unwrap_err();
        assert_eq!((error.class, error.maybe_billed), (FailureClass::NoResult, true));
        let repair = Repair { answer: "{}".to_owned(), fault: "n is missing".to_owned() };
        assert_eq!(model.answer(&task(), Some(&repair), &call()).await.unwrap().value["n"], 7);
        let second = &vendor.asked()[1].body;
        assert_eq!(second["response_format"]["type"], "json_object");
        assert_eq!(second["messages"][2]["role"], "assistant");
        assert!(second["messages"][3]["content"].as_str().unwrap().contains("n is missing"));
    }

    #[tokio::test]
    async fn settings_that_a_model_refuses_are_given_up() {
        let vendor = Vendor::start([
            (400, refused("unsupported_parameter", "Use 'max_completion_tokens' instead of 'max_tokens'.")),
            (400, refused("unsupported_value", "'temperature' does not support 0.2 with this model.")),
            (200, said(r#"{"n": 7}"#)),
        ])
        .await;
        assert_eq!(model(&vendor).answer(&task(), None, &call()).await.unwrap().value["n"], 7);
        let body = &vendor.asked()[2].body;
        assert!(body["max_completion_tokens"] == 50 && body.get("temperature").is_none());
        assert_eq!(body["response_format"]["type"], "json_schema", "the schema was never refused");
    }

    #[tokio::test]
    async fn refusals_and_failures_have_their_class() {
        let finished =
            |reason: &str| json!({ "choices": [{ "message": { "content": "{\"n\"" }, "finish_reason": reason }] });
        let declined =
            json!({ "choices": [{ "message": { "content": null, "refusal": "no" }, "finish_reason": "stop" }] });
        for (status, body, class) in [
            (200, finished("length"), FailureClass::NoResult),
            (200, finished("content_filter"), FailureClass::ModeratedOutput),
            (200, declined, FailureClass::ModeratedInput),
            (200, json!({}), FailureClass::NoResult),
            (401, refused("invalid_api_key", "no"), FailureClass::Misconfigured),
            (429, refused("insufficient_quota", "no"), FailureClass::Quota),
            (400, refused("Arrearage", "no"), FailureClass::Quota),
            (429, refused("rate_limit_exceeded", "slow"), FailureClass::RateLimited),
            (400, refused("data_inspection_failed", "no"), FailureClass::ModeratedInput),
            (400, refused("content_policy_violation", "no"), FailureClass::ModeratedInput),
            (400, refused("invalid_prompt", "no"), FailureClass::ModeratedInput),
            (400, refused("invalid_request_error", "Content Exists Risk"), FailureClass::ModeratedInput),
            (400, refused("context_length_exceeded", "long"), FailureClass::NoResult),
            (500, json!({ "error": "text" }), FailureClass::Transient),
            (503, Value::Null, FailureClass::Transient),
        ] {
            let vendor = Vendor::start([(status, body.clone())]).await;
            let error = model(&vendor).answer(&task(), None, &call()).await.unwrap_err();
            assert_eq!(error.class, class, "{status} {body}");
        }
    }

    #[tokio::test]
    async fn a_wrong_setting_is_told_as_the_first_request_met_it() {
        let vendor =
            Vendor::start((0..3).map(|time| (404, refused("model_not_found", &format!("no model {time}"))))).await;
        let error = model(&vendor).answer(&task(), None, &call()).await.unwrap_err();
        assert_eq!((error.class, error.detail.as_str()), (FailureClass::Misconfigured, "no model 0"));
    }

    #[tokio::test]
    async fn a_question_that_no_rung_can_ask_says_nothing_about_the_settings() {
        let vendor = Vendor::start((0..3).map(|_| (400, refused("", "no")))).await;
        let error = model(&vendor).answer(&task(), None, &call()).await.unwrap_err();
        assert_eq!((error.class, vendor.asked().len()), (FailureClass::NotAsked, 3));
        let vendor = Vendor::start((0..3).map(|_| (400, refused("invalid_api_key", "no")))).await;
        let error = model(&vendor).answer(&task(), None, &call()).await.unwrap_err();
        assert_eq!(error.class, FailureClass::Misconfigured);
    }

    #[tokio::test]
    async fn two_questions_at_once_both_learn_what_a_model_refuses() {
        let fixed = || (400, refused("unsupported_value", "'temperature' does not support 0.2 with this model."));
        let vendor = Vendor::start([fixed(), fixed(), (200, said(r#"{"n": 7}"#)), (200, said(r#"{"n": 8}"#))]).await;
        let model = model(&vendor);
        let bodies = [(); 2].map(|()| model.body(&task(), None, Rung::Schema));
        for body in &bodies {
            let error = model.chat(body, &call()).await.unwrap_err();
            assert!(model.quirks.learn(&error, body), "whichever comes second is asked again as well");
        }
        assert_eq!(model.answer(&task(), None, &call()).await.unwrap().value["n"], 7);
        let asked = vendor.asked();
        assert!(asked[2].body.get("temperature").is_none());
        assert_eq!(asked[2].body["response_format"]["type"], "json_schema");
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_used_costs_what_it_says() {
        let mut cut = said(r#"{"n""#);
        cut["choices"][0]["finish_reason"] = json!("length");
        let vendor = Vendor::start([(200, cut)]).await;
        let error = model(&vendor).answer(&task(), None, &call()).await.unwrap_err();
        assert_eq!((error.maybe_billed, error.cost_microusd), (true, Some(900)));
    }

    #[tokio::test]
    async fn a_probe_lists_and_where_there_is_no_list_asks() {
        let listed = Vendor::start([(200, json!({ "data": [{ "id": "test-model" }] }))]).await;
        model(&listed).probe(&call()).await.unwrap();
        let silent = Vendor::start([(404, Value::Null), (200, said("yes"))]).await;
        model(&silent).probe(&call()).await.unwrap();
        assert_eq!(silent.asked().len(), 2);
        let closed = Vendor::start([(401, refused("invalid_api_key", "no"))]).await;
        assert_eq!(model(&closed).probe(&call()).await.unwrap_err().class, FailureClass::Misconfigured);
    }
}
