//! What the vendor's codes mean; they stand alike in error bodies, in failed tasks and in single
//! results of a group.

use reqwest::StatusCode;
use serde_json::Value;

use crate::providers::{FailureClass, wire::Verdict};

/// What a `{code, message}` says. The code goes before the status: an account in debt comes as 400,
/// a used-up quota as 429.
pub(super) fn verdict(status: StatusCode, body: &Value) -> Verdict {
    let code = body["code"].as_str().filter(|code| !code.is_empty());
    let message = body["message"].as_str().unwrap_or_default();
    Verdict {
        // A code that says nothing to us leaves it to the status, with the same care.
        class: code
            .and_then(|code| class_of(code, message))
            .or_else(|| matches!(status.as_u16(), 400 | 413 | 415 | 422).then_some(FailureClass::NotAsked)),
        code: code.map(str::to_owned),
        message: (!message.is_empty()).then(|| message.to_owned()),
        retry_after: None,
    }
}

/// Codes and what they mean; the first that fits decides. A code may have an ending, such as
/// `InvalidParameter.FileDownload`.
const CLASSES: &[(&str, FailureClass)] = &[
    ("Throttling.AllocationQuota", FailureClass::Quota),
    ("AllocationQuota", FailureClass::Quota),
    ("insufficient_quota", FailureClass::Quota),
    ("Arrearage", FailureClass::Quota),
    ("PrepaidBillOverdue", FailureClass::Quota),
    ("PostpaidBillOverdue", FailureClass::Quota),
    ("CommodityNotPurchased", FailureClass::Quota),
    ("Throttling", FailureClass::RateLimited),
    ("LimitRequests", FailureClass::RateLimited),
    // The inspection could not read the picture; it did not judge it.
    ("InvalidParameter.DataInspection", FailureClass::Transient),
    ("DataInspectionFailed", FailureClass::ModeratedInput),
    ("data_inspection_failed", FailureClass::ModeratedInput),
    ("IPInfringementSuspect", FailureClass::ModeratedInput),
    ("FaqRuleBlocked", FailureClass::ModeratedInput),
    ("InternalError", FailureClass::Transient),
    ("SystemError", FailureClass::Transient),
    ("RequestTimeOut", FailureClass::Transient),
    ("ServiceUnavailable", FailureClass::Transient),
    ("ModelUnavailable", FailureClass::Transient),
    ("ModelServingError", FailureClass::Transient),
    ("ModelServiceFailed", FailureClass::Transient),
    // What is not taken as it is may be one seller's picture or words: that must not shut the door for
    // everybody.
    ("InvalidParameter", FailureClass::NotAsked),
    ("InvalidURL", FailureClass::NotAsked),
    ("BadRequest", FailureClass::NotAsked),
    ("InvalidApiKey", FailureClass::Misconfigured),
    ("AccessDenied", FailureClass::Misconfigured),
    ("Model", FailureClass::Misconfigured),
    ("ModelNotFound", FailureClass::Misconfigured),
    ("NotAuthorised", FailureClass::Misconfigured),
    ("WorkSpaceNotFound", FailureClass::Misconfigured),
];

fn class_of(code: &str, message: &str) -> Option<FailureClass> {
    let fits = |stem: &str| code.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let class = CLASSES.iter().find(|(stem, _)| fits(stem)).map(|(_, class)| *class)?;
    // One code for both sides of the model; only the sentence beside it says which.
    let is_output = class == FailureClass::ModeratedInput && message.to_ascii_lowercase().contains("output");
    Some(if is_output { FailureClass::ModeratedOutput } else { class })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_documented_code_has_its_class() {
        for (code, message, class) in [
            ("Arrearage", "Access denied, please make sure your account is in good standing.", FailureClass::Quota),
            ("Throttling.AllocationQuota", "Allocated quota exceeded", FailureClass::Quota),
            ("AllocationQuota.FreeTierOnly", "The free tier is exhausted", FailureClass::Quota),
            ("Throttling.RateQuota", "Requests rate limit exceeded", FailureClass::RateLimited),
            ("Throttling", "", FailureClass::RateLimited),
            ("DataInspectionFailed", "Input data may contain inappropriate content.", FailureClass::ModeratedInput),
            ("DataInspectionFailed", "Output data may contain inappropriate content.", FailureClass::ModeratedOutput),
            ("InvalidParameter.DataInspection", "Unable to download the media", FailureClass::Transient),
            ("InvalidParameter", "size", FailureClass::NotAsked),
            ("InvalidApiKey", "", FailureClass::Misconfigured),
            ("AccessDenied.Unpurchased", "", FailureClass::Misconfigured),
            ("BadRequest.TooLarge", "", FailureClass::NotAsked),
            ("InternalError.Algo", "", FailureClass::Transient),
            ("RequestTimeOut", "", FailureClass::Transient),
        ] {
            let verdict = verdict(StatusCode::BAD_REQUEST, &json!({ "code": code, "message": message }));
            assert_eq!(verdict.class, Some(class), "{code}");
        }
        for unknown in ["SomethingNew", "ThrottlingElse", ""] {
            assert_eq!(verdict(StatusCode::OK, &json!({ "code": unknown })).class, None, "the status decides");
        }
    }
}
