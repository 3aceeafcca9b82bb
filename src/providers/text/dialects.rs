//! From a table of the settings to a text model that speaks its dialect.

use std::sync::Arc;

use super::{TextModel, gemini::Gemini, openai::OpenAiChat};
use crate::{config::TextModelSettings, providers::DialectError};

/// The model of a table; its key is in the settings or in none.
///
/// # Errors
/// [`DialectError`].
pub fn text_model(settings: &TextModelSettings) -> Result<Arc<dyn TextModel>, DialectError> {
    match settings.kind.as_str() {
        "openai" => Ok(Arc::new(OpenAiChat::new(settings)?)),
        "gemini" => Ok(Arc::new(Gemini::new(settings)?)),
        other => Err(DialectError::Kind(other.to_owned())),
    }
}

/// The model's name, which every dialect needs.
pub(super) fn model_name(settings: &TextModelSettings) -> Result<String, DialectError> {
    let name = settings.model.as_deref().map(str::trim).filter(|name| !name.is_empty());
    name.map(str::to_owned).ok_or(DialectError::Missing("model"))
}

/// The address: the vendor's own where none is set, and then a key is needed as well.
pub(super) fn base_url<'a>(settings: &'a TextModelSettings, vendor: &'a str) -> Result<&'a str, DialectError> {
    match settings.base_url.as_deref() {
        Some(url) => Ok(url),
        None if settings.api_key.is_none() => Err(DialectError::Missing("api_key")),
        None => Ok(vendor),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn built(table: serde_json::Value) -> Result<Arc<dyn TextModel>, DialectError> {
        crate::providers::wire::init_crypto();
        text_model(&serde_json::from_value(table).unwrap())
    }

    #[test]
    fn a_table_says_what_it_lacks() {
        let told = |table| built(table).err().unwrap().to_string();
        assert_eq!(told(json!({"name": "a", "kind": "abacus"})), "kind: this version does not speak `abacus`");
        assert_eq!(told(json!({"name": "a", "kind": "openai", "api_key": "k"})), "model: must be set for this kind");
        assert_eq!(told(json!({"name": "a", "kind": "gemini", "model": "m"})), "api_key: must be set for this kind");
        let private = json!({"name": "a", "kind": "openai", "model": "m", "base_url": "http://127.0.0.1:8000/v1"});
        assert!(told(private).contains("allow_private_address"));
    }

    #[test]
    fn a_server_of_ones_own_needs_no_key() {
        let model = built(json!({
            "name": "own", "kind": "openai", "model": "qwen", "base_url": "http://127.0.0.1:8000/v1",
            "allow_private_address": true, "vision": true,
        }));
        let model = model.unwrap();
        assert_eq!((model.name(), model.model(), model.sees()), ("own", "qwen", true));
    }
}
