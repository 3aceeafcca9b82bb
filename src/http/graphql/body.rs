//! From bytes to a GraphQL request: shapes are checked before anything is parsed as GraphQL.

use async_graphql::Request;
use serde_json::{Map, Value};

use crate::graphql::{ApiError, ErrorCode};

/// A request from the JSON body of a POST or the payload of a `subscribe` message.
///
/// # Errors
/// `BAD_REQUEST` naming the first part that has the wrong shape.
pub(super) fn request_from_json(bytes: &[u8]) -> Result<Request, ApiError> {
    let value = serde_json::from_slice(bytes).map_err(|_| bad("请求体不是 JSON", "The body is not JSON"))?;
    request_from_value(value)
}

/// A request from parsed JSON.
///
/// # Errors
/// As [`request_from_json`].
pub(in crate::http) fn request_from_value(value: Value) -> Result<Request, ApiError> {
    let Value::Object(fields) = value else {
        return Err(bad("请求体必须是一个 JSON 对象，不支持批量", "The body must be one JSON object; batching is off"));
    };
    if !matches!(fields.get("query"), Some(Value::String(_))) {
        return Err(bad("`query` 必须是字符串", "`query` must be a string"));
    }
    if !matches!(fields.get("operationName"), None | Some(Value::Null | Value::String(_))) {
        return Err(bad("`operationName` 必须是字符串", "`operationName` must be a string"));
    }
    for name in ["variables", "extensions"] {
        if !matches!(fields.get(name), None | Some(Value::Null | Value::Object(_))) {
            return Err(bad("`variables` 和 `extensions` 必须是对象", "`variables` and `extensions` must be objects"));
        }
    }
    // A null part means the same as one left out; the library takes only the latter.
    let present: Map<String, Value> = fields.into_iter().filter(|(_, value)| !value.is_null()).collect();
    serde_json::from_value(Value::Object(present)).map_err(|_| ApiError::new(ErrorCode::BadRequest))
}

/// A request from the query string of a GET.
///
/// # Errors
/// `BAD_REQUEST` when a part is missing or is not JSON.
pub(super) fn request_from_query_string(query: &str) -> Result<Request, ApiError> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Parameters {
        query: Option<String>,
        operation_name: Option<String>,
        variables: Option<String>,
        extensions: Option<String>,
    }
    let uri = format!("/?{query}").parse().map_err(|_| ApiError::new(ErrorCode::BadRequest))?;
    let axum::extract::Query(parameters): axum::extract::Query<Parameters> =
        axum::extract::Query::try_from_uri(&uri).map_err(|_| ApiError::new(ErrorCode::BadRequest))?;
    let mut fields = Map::new();
    let texts = [("query", parameters.query), ("operationName", parameters.operation_name)];
    for (name, text) in texts {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            fields.insert(name.to_owned(), text.into());
        }
    }
    for (name, json) in [("variables", parameters.variables), ("extensions", parameters.extensions)] {
        if let Some(json) = json.filter(|json| !json.is_empty()) {
            let value = serde_json::from_str(&json).map_err(|_| {
                bad("`variables` 和 `extensions` 必须是对象", "`variables` and `extensions` must be objects")
            })?;
            fields.insert(name.to_owned(), value);
        }
    }
    request_from_value(Value::Object(fields))
}

const fn bad(zh: &'static str, en: &'static str) -> ApiError {
    ApiError::with_message(ErrorCode::BadRequest, zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_well_shaped_object_is_a_request() {
        for good in [
            r#"{"query":"{a}"}"#,
            r#"{"query":"{a}","variables":null,"operationName":null,"extensions":null}"#,
            r#"{"query":"{a}","variables":{"x":[1]},"operationName":"A","extensions":{}}"#,
        ] {
            assert!(request_from_json(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in [
            "",
            "[]",
            r#"[{"query":"{a}"}]"#,
            "{}",
            r#"{"query":1}"#,
            r#"{"query":"{a}","variables":[]}"#,
            r#"{"query":"{a}","variables":"{}"}"#,
            r#"{"query":"{a}","operationName":{}}"#,
            r#"{"query":"{a}","extensions":7}"#,
        ] {
            assert!(request_from_json(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_query_string_carries_the_same_parts() {
        let request = request_from_query_string("query=%7Ba%7D&variables=%7B%22x%22%3A1%7D&operationName=");
        assert_eq!(request.as_ref().map(|request| request.query.as_str()).ok(), Some("{a}"));
        assert!(request_from_query_string("").is_err());
        assert!(request_from_query_string("query=%7Ba%7D&variables=[").is_err());
    }
}
