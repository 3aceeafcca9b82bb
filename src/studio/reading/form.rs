//! Forms of answers: JSON schemas in the strict subset, and the check of an answer against its form.
//!
//! The check is our own because its findings go back to the model: they name the place and what is wrong
//! there, and never repeat a word of the answer, which may be a seller's.

use serde_json::{Value, json};

/// A text.
pub(in crate::studio) fn text() -> Value {
    json!({ "type": "string" })
}

/// A text or null.
pub(in crate::studio) fn maybe_text() -> Value {
    json!({ "type": ["string", "null"] })
}

/// One of these words.
pub(in crate::studio) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Value {
    json!({ "type": "string", "enum": words.into_iter().collect::<Vec<_>>() })
}

/// A list.
pub(in crate::studio) fn list(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// An object with exactly these properties, all of them required.
pub(in crate::studio) fn object<const N: usize>(properties: [(&str, Value); N]) -> Value {
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let required = json!(required);
    let properties: serde_json::Map<String, Value> =
        properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

/// The same in Chinese and in English.
pub(in crate::studio) fn pair() -> Value {
    object([("zh", text()), ("en", text())])
}

/// The first place where an answer departs from its form, in words for the model.
pub(in crate::studio) fn fault(schema: &Value, value: &Value) -> Option<String> {
    fault_at(schema, value, "")
}

fn fault_at(schema: &Value, value: &Value, path: &str) -> Option<String> {
    let place = || if path.is_empty() { "the answer".to_owned() } else { format!("`{path}`") };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = match &schema["type"] {
        Value::String(wanted) => wanted == kind,
        Value::Array(several) => several.iter().any(|wanted| wanted == kind),
        _ => true,
    };
    if !fits {
        return Some(format!("{} must not be of the type {kind}", place()));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        return Some(format!("{} is none of the allowed words", place()));
    }
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        for (name, inner) in properties {
            let inner_path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let Some(field) = object.get(name) else { return Some(format!("`{inner_path}` is missing")) };
            if let Some(fault) = fault_at(inner, field, &inner_path) {
                return Some(fault);
            }
        }
    }
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().enumerate().find_map(|(index, item)| fault_at(&schema["items"], item, &format!("{path}[{index}]")))
}

/// Whether a schema keeps to the strict subset: every property required, no further ones.
#[cfg(test)]
pub(in crate::studio) fn is_strict(schema: &Value) -> bool {
    match schema["type"].as_str() {
        Some("object") => {
            let properties = schema["properties"].as_object().unwrap();
            let required = schema["required"].as_array().unwrap();
            schema["additionalProperties"] == false
                && required.len() == properties.len()
                && required.iter().all(|name| properties.contains_key(name.as_str().unwrap()))
                && properties.values().all(is_strict)
        }
        Some("array") => is_strict(&schema["items"]),
        _ => schema["type"] == "string" || schema["type"] == json!(["string", "null"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_place_and_repeats_nothing() {
        let form =
            object([("name", text()), ("brand", maybe_text()), ("points", list(&object([("icon", one_of(["sun"]))])))]);
        assert!(is_strict(&form));
        let told = |value| fault(&form, &value).unwrap_or_default();
        assert_eq!(told(json!({"name": "a", "brand": null, "points": [{"icon": "sun"}]})), "");
        assert_eq!(told(json!({"name": 1, "brand": null, "points": []})), "`name` must not be of the type number");
        assert_eq!(told(json!({"name": "a", "points": []})), "`brand` is missing");
        let secret = json!({"name": "a", "brand": "b", "points": [{"icon": "sun"}, {"icon": "secret"}]});
        assert_eq!(told(secret), "`points[1].icon` is none of the allowed words");
        assert_eq!(told(json!([])), "the answer must not be of the type array");
    }
}
