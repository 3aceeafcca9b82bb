//! Who says whether a request is right: the published specification, or fields that we wrote down.

use std::{fs, path::PathBuf};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::support::{environment, is_ci, recorder::FormPart, repository};

/// The published specification, or `None` where it is not at hand and need not be.
pub(super) fn specification() -> Option<Value> {
    let folder = environment("HAIBAO_SPECS_DIR").map_or_else(|| repository().join("../shared/specs"), PathBuf::from);
    let file = folder.join("openai-images-and-chat.openapi.json");
    let Ok(text) = fs::read_to_string(&file) else {
        assert!(!is_ci(), "{} must be there: requests to OpenAI are judged by it", file.display());
        eprintln!("{} is not there: nothing was judged by OpenAI's specification", file.display());
        return None;
    };
    Some(serde_json::from_str(&text).expect("the specification is JSON"))
}

/// The fields that a schema names, by itself or through the schemas it is made of.
fn collect_properties(specification: &Value, schema: &Value, into: &mut Map<String, Value>) {
    if let Some(place) = schema["$ref"].as_str() {
        let meant = specification.pointer(place.trim_start_matches('#')).expect("a reference leads somewhere");
        collect_properties(specification, meant, into);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect_properties(specification, part, into);
    }
    into.extend(
        schema["properties"].as_object().into_iter().flatten().map(|(name, field)| (name.clone(), field.clone())),
    );
}

/// A judge by one schema of the specification.
pub(super) struct Judge {
    validator: Validator,
    properties: Map<String, Value>,
    name: &'static str,
}

impl Judge {
    pub(super) fn of(specification: &Value, name: &'static str) -> Self {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": format!("#/components/schemas/{name}"),
            "components": specification["components"],
        });
        let validator = jsonschema::validator_for(&schema).expect("the schema compiles");
        let mut properties = Map::new();
        collect_properties(specification, &specification["components"]["schemas"][name], &mut properties);
        assert!(!properties.is_empty(), "{name} is no schema of an object");
        Self { validator, properties, name }
    }

    /// Faults of a body: what the schema refuses, and fields that it does not name, which the schema
    /// lets pass and the vendor does not.
    pub(super) fn faults(&self, body: &Value) -> Vec<String> {
        let mut faults: Vec<String> =
            self.validator.iter_errors(body).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        let unknown = body.as_object().into_iter().flatten().filter(|(name, _)| !self.properties.contains_key(*name));
        faults.extend(unknown.map(|(name, _)| format!("{name}: not in {}", self.name)));
        faults
    }

    #[track_caller]
    pub(super) fn accepts(&self, body: &Value, what: &str) {
        let faults = self.faults(body);
        assert!(faults.is_empty(), "{what} is no {}: {faults:#?}\n{body:#}", self.name);
    }

    /// A form as an object: files become texts, a repeated field a list, and a text that the schema
    /// wants as a number becomes one.
    pub(super) fn object_of(&self, form: &[FormPart]) -> Value {
        let mut object = Map::new();
        for part in form {
            let (name, is_list) = part.name.strip_suffix("[]").map_or((part.name.as_str(), false), |name| (name, true));
            let text = String::from_utf8_lossy(&part.bytes).into_owned();
            let value = if part.file_name.is_some() {
                json!("a file")
            } else if self.properties.get(name).and_then(|schema| schema["type"].as_str()) == Some("integer") {
                text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))
            } else {
                json!(text)
            };
            match object.get_mut(name) {
                Some(Value::Array(list)) if is_list => list.push(value),
                Some(_) => panic!("{name} stands twice in a form without being a list"),
                None => drop(object.insert(name.to_owned(), if is_list { json!([value]) } else { value })),
            }
        }
        Value::Object(object)
    }
}

/// The schema of a vendor's fields that we wrote down.
pub(super) fn vendor_schema(name: &str) -> Validator {
    let file = repository().join(format!("tests/fixtures/vendor/{name}.schema.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(file).expect("the schema")).expect("JSON");
    jsonschema::validator_for(&schema).expect("the schema compiles")
}

#[track_caller]
pub(super) fn accepts(judge: &Validator, body: &Value, what: &str) {
    let faults: Vec<String> =
        judge.iter_errors(body).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{what}: {faults:#?}");
}
