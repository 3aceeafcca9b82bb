//! The page templates inside the binary, filled with data under automatic escaping.

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, Value};
use rust_embed::RustEmbed;

use super::icons;

/// The files of `src/composer/templates`.
#[derive(RustEmbed)]
#[folder = "src/composer/templates"]
#[include = "*.html"]
#[include = "*.css"]
struct TemplateFiles;

/// Why a template could not be filled: a defect of the template or of the data given to it.
#[derive(Debug, thiserror::Error)]
#[error("template {name}: {reason}")]
pub struct TemplateError {
    /// The template.
    pub name: String,
    /// What was wrong, for logs.
    pub reason: String,
}

/// All templates, parsed once.
pub struct Templates {
    environment: Environment<'static>,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Templates")
    }
}

impl Templates {
    /// Parses the templates of this binary.
    ///
    /// # Errors
    /// A template with wrong syntax, by name.
    pub fn new() -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        // A style sheet holds no seller's words; everything else is markup and always escaped.
        environment.set_auto_escape_callback(|name| {
            if name.rsplit('.').next() == Some("css") { AutoEscape::None } else { AutoEscape::Html }
        });
        // A misspelt name must fail in the first test, not print nothing on a poster.
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::SemiStrict);
        environment.add_function("icon", |code: String| Value::from_safe_string(icons::icon_svg(&code)));
        for name in TemplateFiles::iter() {
            let Some(file) = TemplateFiles::get(&name) else { continue };
            let text = String::from_utf8_lossy(&file.data).into_owned();
            environment
                .add_template_owned(name.to_string(), text)
                .map_err(|error| TemplateError { name: name.to_string(), reason: format!("{error:#}") })?;
        }
        Ok(Self { environment })
    }

    /// Fills one template with a JSON object.
    ///
    /// # Errors
    /// An unknown template, or data that lacks something the template needs.
    pub fn fill(&self, name: &str, data: &serde_json::Value) -> Result<String, TemplateError> {
        let fail = |error: minijinja::Error| TemplateError { name: name.to_owned(), reason: format!("{error:#}") };
        self.environment.get_template(name).map_err(fail)?.render(value(data)).map_err(fail)
    }

    /// A style sheet as it stands, without filling.
    pub fn sheet(&self, name: &str) -> String {
        TemplateFiles::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
    }
}

fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(flag) => Value::from(*flag),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or_else(|| Value::from(number.as_f64().unwrap_or_default()), Value::from)
        }
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => items.iter().map(value).collect(),
        serde_json::Value::Object(fields) => {
            let fields: BTreeMap<String, Value> = fields.iter().map(|(key, item)| (key.clone(), value(item))).collect();
            Value::from(fields)
        }
    }
}
