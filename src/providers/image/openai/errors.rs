//! Why the images API gave nothing. The vendor's code comes first: a used-up quota arrives as 429 and
//! a refusal of content as 400, like a misspelt parameter.

use serde_json::Value;

use super::super::results::{code_at, text_at};
use crate::providers::{FailureClass, wire::Verdict};

/// Reads `{error: {code, type, message}}`, and the plain `{error: "…"}` of stable-diffusion.cpp.
pub(in crate::providers::image) fn classify(_status: u16, body: &Value) -> Verdict {
    let code = code_at(body, "/error/code").or_else(|| code_at(body, "/code"));
    let kind = text_at(body, "/error/type");
    let message = text_at(body, "/error/message").or_else(|| text_at(body, "/error")).or_else(|| {
        // FastAPI servers (vLLM, SGLang) say what does not validate so.
        text_at(body, "/detail").or_else(|| text_at(body, "/message"))
    });
    let class = code
        .as_deref()
        .and_then(|code| class_of(code, body))
        .or_else(|| kind.and_then(|kind| class_of(kind, body)))
        .or_else(|| message.and_then(class_of_message));
    Verdict {
        class,
        code: code.or_else(|| kind.map(str::to_owned)),
        message: message.map(str::to_owned),
        retry_after: None,
    }
}

fn class_of(code: &str, body: &Value) -> Option<FailureClass> {
    use FailureClass::{Misconfigured, ModeratedInput, ModeratedOutput, NotAsked, Quota, RateLimited, Transient};
    Some(match code {
        "moderation_blocked"
        | "content_policy_violation"
        | "image_content_policy_violation"
        | "content_filter"
        | "contentFilter"
        | "ResponsibleAIPolicyViolation" => match stage(body) {
            Some("output") => ModeratedOutput,
            _ => ModeratedInput,
        },
        // The second line is what popular gateways say.
        "insufficient_quota"
        | "billing_hard_limit_reached"
        | "billing_not_active"
        | "quota_exceeded"
        | "insufficient_user_quota"
        | "pre_consume_token_quota_failed"
        | "insufficient_balance" => Quota,
        "slow_down" | "requests" | "tokens" | "images" => RateLimited,
        limit if limit.starts_with("rate_limit") => RateLimited,
        "server_error"
        | "internal_error"
        | "internal_server_error"
        | "service_unavailable"
        | "engine_overloaded"
        | "server_overloaded"
        | "overloaded_error"
        | "model_overloaded"
        | "do_request_failed" => Transient,
        "invalid_api_key"
        | "incorrect_api_key_provided"
        | "authentication_error"
        | "permission_error"
        | "invalid_organization"
        | "mismatched_organization"
        | "mismatched_project"
        | "account_deactivated"
        | "access_terminated"
        | "unsupported_country_region_territory"
        | "model_not_found"
        | "model_not_available"
        | "unknown_parameter"
        | "unsupported_parameter"
        | "unsupported_value"
        | "missing_required_parameter"
        | "invalid_size" => Misconfigured,
        // About this very picture or prompt, so no reason to close the door for others.
        "invalid_image"
        | "invalid_image_file"
        | "invalid_image_format"
        | "invalid_image_mode"
        | "invalid_base64_image"
        | "image_parse_error"
        | "image_too_large"
        | "image_too_small"
        | "image_file_too_large"
        | "unsupported_image_media_type"
        | "empty_image_file"
        | "string_above_max_length"
        | "context_length_exceeded" => NotAsked,
        _ => return None,
    })
}

/// Whether what was sent was declined, or what the model made of it; where that stands has moved.
fn stage(body: &Value) -> Option<&str> {
    ["/error/moderation_details/moderation_stage", "/moderation_details/moderation_stage"]
        .iter()
        .find_map(|place| text_at(body, place))
}

/// What only the words tell, where a server has no codes.
fn class_of_message(message: &str) -> Option<FailureClass> {
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["rejected by the safety system", "safety_violations=", "content policy"]) {
        Some(FailureClass::ModeratedInput)
    } else if says(&["must be verified to use the model"]) {
        Some(FailureClass::Misconfigured)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use FailureClass::{Misconfigured, ModeratedInput, ModeratedOutput, NotAsked, Quota, RateLimited, Transient};
    use bytes::Bytes;
    use reqwest::{StatusCode, header::HeaderMap};
    use serde_json::json;

    use super::{super::super::results::refused, *};
    use crate::providers::wire::Answer;

    #[test]
    fn every_failure_has_its_class() {
        let safety = "Your request was rejected by the safety system. safety_violations=[violence]";
        for (status, body, class) in [
            (
                400,
                json!({"error": {"code": "moderation_blocked", "type": "image_generation_user_error",
                "message": safety}}),
                ModeratedInput,
            ),
            (
                400,
                json!({"error": {"code": "moderation_blocked", "moderation_details":
                {"moderation_stage": "output", "categories": ["violence"]}}}),
                ModeratedOutput,
            ),
            (
                400,
                json!({"error": {"code": "moderation_blocked"},
                "moderation_details": {"moderation_stage": "input"}}),
                ModeratedInput,
            ),
            (
                400,
                json!({"error": {"code": null, "type": "image_generation_user_error", "message": safety}}),
                ModeratedInput,
            ),
            (429, json!({"error": {"code": "insufficient_quota", "type": "insufficient_quota"}}), Quota),
            (
                400,
                json!({"error": {"code": "billing_hard_limit_reached", "type": "image_generation_user_error"}}),
                Quota,
            ),
            (403, json!({"error": {"code": "insufficient_user_quota", "type": "new_api_error"}}), Quota),
            (429, json!({"error": {"code": "rate_limit_exceeded", "type": "input-images"}}), RateLimited),
            (429, json!({"error": {"code": null, "type": "requests"}}), RateLimited),
            (429, json!({}), RateLimited),
            (401, json!({"error": {"code": "invalid_api_key", "type": "invalid_request_error"}}), Misconfigured),
            (401, json!({}), Misconfigured),
            (
                403,
                json!({"error": {"code": null, "type": "invalid_request_error", "message":
                "Your organization must be verified to use the model `gpt-image-1`."}}),
                Misconfigured,
            ),
            (404, json!({"error": {"code": "model_not_found"}}), Misconfigured),
            (400, json!({"error": {"code": "unknown_parameter", "param": "response_format"}}), Misconfigured),
            (400, json!({"error": {"code": "invalid_image_file"}}), NotAsked),
            (400, json!({"error": {"code": "invalid_value", "param": "prompt"}}), NotAsked),
            (413, json!(null), NotAsked),
            (422, json!({"detail": [{"loc": ["body", "prompt"]}]}), NotAsked),
            (500, json!({"error": {"code": null, "type": "server_error"}}), Transient),
            (503, json!({"error": "model is loading"}), Transient),
            (500, json!({"error": "generation failed"}), Transient),
            (502, json!("<html>"), Transient),
            (408, json!({}), Transient),
            (409, json!({}), Transient),
            (200, json!({"error": {"code": "rate_limit_exceeded"}}), RateLimited),
            (200, json!({"error": {"message": "odd"}}), FailureClass::NoResult),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::new() };
            let error = refused(&answer, &body, classify);
            assert_eq!(error.class, class, "{status} {body}");
        }
    }

    #[test]
    fn what_the_vendor_says_is_kept_for_the_log() {
        let plain = classify(400, &json!({"error": "prompt required"}));
        assert_eq!((plain.message.as_deref(), plain.code), (Some("prompt required"), None));
        let kind = classify(400, &json!({"error": {"type": "invalid_request_error", "message": "m"}}));
        assert_eq!(kind.code.as_deref(), Some("invalid_request_error"));
    }
}
