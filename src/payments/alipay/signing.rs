//! What exactly Alipay signs.

use serde_json::Value;

use crate::payments::{
    fields::{Fields, SIGN},
    keys::VerifyingKey,
};

fn joined<'a>(fields: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    fields.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Of a request: every parameter that is not empty but the signature itself, sorted by name, as it is
/// before percent-encoding. `sign_type` is signed.
pub(super) fn request_text(fields: &Fields) -> String {
    joined(fields.iter().filter(|(name, value)| *name != SIGN && !value.is_empty()))
}

/// Of a call-back: every field, the empty ones too, without `sign` and `sign_type`.
pub(super) fn notify_text(fields: &Fields) -> String {
    joined(fields.iter().filter(|(name, _)| *name != SIGN && *name != "sign_type"))
}

/// The answer to a method, once its signature over the raw text is good.
pub(super) fn verified_answer(text: &str, method: &str, key: &VerifyingKey) -> Result<Value, &'static str> {
    let members = members(text).ok_or("it is no JSON object")?;
    let raw = member(&members, &answer_name(method)).ok_or("it holds no answer to what was asked")?;
    let signature = member(&members, SIGN).ok_or("it is not signed")?;
    let signature: String = serde_json::from_str(signature).map_err(|_| "its signature is no text")?;
    key.verify(raw.as_bytes(), &signature).map_err(|_| "its signature is wrong")?;
    serde_json::from_str(raw).map_err(|_| "it is no JSON")
}

/// The code of an answer that nobody signed, for the log.
pub(super) fn unsigned_code(text: &str, method: &str) -> Option<String> {
    let body: Value = serde_json::from_str(text).ok()?;
    let answer = [answer_name(method).as_str(), "error_response"].into_iter().find_map(|name| body.get(name))?;
    let code = answer["sub_code"].as_str().or_else(|| answer["code"].as_str())?;
    Some(code.chars().take(60).collect())
}

fn answer_name(method: &str) -> String {
    method.replace('.', "_") + "_response"
}

fn member<'a>(members: &[(String, &'a str)], name: &str) -> Option<&'a str> {
    let mut found = members.iter().filter(|(key, _)| key == name);
    // A name that stands twice would leave open which of them was signed.
    match (found.next(), found.next()) {
        (Some((_, raw)), None) => Some(raw),
        _ => None,
    }
}

/// The members of a JSON object with their raw texts, exactly as they were sent.
fn members(text: &str) -> Option<Vec<(String, &str)>> {
    let mut rest = text.trim().strip_prefix('{')?.trim_start();
    let mut members = Vec::new();
    loop {
        if let Some(end) = rest.strip_prefix('}') {
            return end.trim().is_empty().then_some(members);
        }
        let (raw, after) = value(rest)?;
        let name: String = serde_json::from_str(raw).ok()?;
        let (raw, after) = value(after.trim_start().strip_prefix(':')?.trim_start())?;
        members.push((name, raw));
        let after = after.trim_start();
        rest = after.strip_prefix(',').map_or(after, str::trim_start);
    }
}

/// The first JSON value of a text, raw, and what follows it.
fn value(text: &str) -> Option<(&str, &str)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    stream.next()?.ok()?;
    Some(text.split_at(stream.byte_offset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_taken_raw() {
        let text = r#"{"a_response":{"x": "}\"{", "y":1.0} , "sign":"s=="}"#;
        let members = members(text).unwrap();
        assert_eq!(member(&members, "a_response"), Some(r#"{"x": "}\"{", "y":1.0}"#));
        assert_eq!(member(&members, "sign"), Some("\"s==\""));
        for broken in ["", "[]", "{", r#"{"a":1"#, r#"{"a" 1}"#, r#"{"a":1}x"#, r"{1:2}"] {
            assert!(super::members(broken).is_none(), "{broken}");
        }
        let twice = super::members(r#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(member(&twice, "a"), None);
    }

    #[test]
    fn requests_drop_what_is_empty_and_call_backs_keep_it() {
        let fields = [("b", ""), ("a", "1 2"), ("sign_type", "RSA2"), ("sign", "x")];
        let fields: Fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(request_text(&fields), "a=1 2&sign_type=RSA2");
        assert_eq!(notify_text(&fields), "a=1 2&b=");
    }
}
