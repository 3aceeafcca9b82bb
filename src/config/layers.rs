//! The sources of settings as figment providers: embedded defaults, file, environment, command line.

use std::path::PathBuf;

use figment::{
    Error, Figment, Metadata, Profile, Provider,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};

use super::{ConfigError, DEFAULTS};

/// Lists of tables, which environment variables fill by place.
const LISTS: [&str; 2] = ["image_providers", "text_models"];

/// Keys without a default whose value is not text (numbers, switches, tables).
const NOT_TEXT: [&str; 17] = [
    "queries_by_get",
    "welcome_credits",
    "sandbox_enabled",
    "max_concurrency",
    "images_per_minute",
    "requests_per_minute",
    "timeout_seconds",
    "price_microusd",
    "spend_day_microusd",
    "spend_month_microusd",
    "price_input_microusd",
    "price_output_microusd",
    "native_mask",
    "vision",
    "allow_private_address",
    "extra",
    "purposes",
];

/// Variables with our prefix that are not settings: the settings file's own path, and what only
/// tests read.
const NOT_SETTINGS: [&str; 3] = ["CONFIG", "TEST_", "SPECS_DIR"];

const PREFIX: &str = "HAIBAO_";
const DEFAULT_FILE: &str = "haibao.toml";

/// Where settings come from; a parameter, so that tests need not touch the process.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The settings file, which must exist; none means `haibao.toml` in the working folder, if any.
    pub file: Option<PathBuf>,
    /// Environment variables; those without our prefix are passed over.
    pub environment: Vec<(String, String)>,
    /// Settings from the command line: `section.key` and value.
    pub overrides: Vec<(String, String)>,
}

impl Sources {
    /// The sources of a running program: this file (or `./haibao.toml`) and the process environment.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        // A variable that is not UTF-8 cannot be one of ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let file = file.or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()));
        Self { file, environment, overrides: Vec::new() }
    }

    /// Adds a setting from the command line; the strongest source.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.overrides.push((key.to_owned(), value.into()));
        self
    }

    pub(super) fn figment(&self) -> Result<Figment, ConfigError> {
        let defaults = Toml::string(DEFAULTS);
        let known = known(&defaults)?;
        let mut figment = Figment::from(Listed(defaults));
        if let Some(path) = &self.file {
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
                key: "--config".to_owned(),
                path: path.clone(),
                source,
            })?;
            figment = figment.merge(Listed(Words {
                name: path.display().to_string(),
                is_environment: false,
                dict: toml_dict(&text, path)?,
            }));
        }
        let variables = self.environment.iter().filter_map(|(name, value)| {
            let key = name.strip_prefix(PREFIX)?;
            let is_setting = NOT_SETTINGS.iter().all(|other| !key.starts_with(other));
            (is_setting && !value.is_empty()).then(|| (key.to_lowercase().replace("__", "."), value.as_str()))
        });
        let overrides = self.overrides.iter().map(|(key, value)| (key.clone(), value.as_str()));
        Ok(figment
            .merge(Listed(Words::new("environment variable", true, variables, &known)))
            .merge(Listed(Words::new("command line", false, overrides, &known))))
    }
}

fn known(defaults: &impl Provider) -> Result<Value, ConfigError> {
    let mut profiles = defaults.data().map_err(ConfigError::from)?;
    Ok(Value::from(profiles.remove(&Profile::Default).unwrap_or_default()))
}

fn toml_dict(text: &str, path: &std::path::Path) -> Result<Dict, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::Malformed { path: path.to_owned(), message: error.to_string() })
}

/// A source that is already a dictionary.
struct Words {
    name: String,
    is_environment: bool,
    dict: Dict,
}

impl Words {
    /// Builds the dictionary of `section.key` and text pairs; `known` are the defaults, whose types
    /// decide how the text is read: a password of digits stays text.
    fn new<'a>(
        name: &str,
        is_environment: bool,
        pairs: impl Iterator<Item = (String, &'a str)>,
        known: &Value,
    ) -> Self {
        let mut root = Dict::new();
        for (key, text) in pairs {
            let path: Vec<&str> = key.split('.').collect();
            insert(&mut root, &path, typed(&key, &path, text, known));
        }
        Self { name: name.to_owned(), is_environment, dict: root }
    }
}

fn insert(dict: &mut Dict, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        dict.insert((*first).to_owned(), value);
        return;
    }
    let entry = dict.entry((*first).to_owned()).or_insert_with(|| Value::from(Dict::new()));
    if !matches!(entry, Value::Dict(..)) {
        *entry = Value::from(Dict::new());
    }
    if let Value::Dict(_, inner) = entry {
        insert(inner, rest, value);
    }
}

fn typed(key: &str, path: &[&str], text: &str, known: &Value) -> Value {
    let last = path.last().copied().unwrap_or_default();
    let in_list = path.first().is_some_and(|first| LISTS.contains(first));
    let read = || text.trim().parse::<Value>().unwrap_or_else(|never: std::convert::Infallible| match never {});
    match known.find_ref(key) {
        Some(Value::Array(..)) => words(text),
        Some(Value::Bool(..) | Value::Num(..)) => read(),
        None if in_list && last == "purposes" => words(text),
        None if NOT_TEXT.contains(&last) => read(),
        _ => Value::from(text),
    }
}

/// A list written as `a, b` or, as in TOML, `["a", "b"]`.
fn words(text: &str) -> Value {
    let inner = text.trim();
    let inner = inner.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(inner);
    let items: Vec<Value> = inner
        .split(',')
        .map(|item| item.trim().trim_matches('"'))
        .filter(|item| !item.is_empty())
        .map(Value::from)
        .collect();
    Value::from(items)
}

impl Provider for Words {
    fn metadata(&self) -> Metadata {
        let metadata = Metadata::named(self.name.clone());
        if self.is_environment {
            metadata.interpolater(|_: &Profile, path: &[&str]| format!("{PREFIX}{}", path.join("__").to_uppercase()))
        } else {
            metadata
        }
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.dict.clone()))
    }
}

/// Turns the lists of a source into tables by place, so that a later source adds to an entry (a key
/// from the environment, say) instead of replacing the list.
struct Listed<P>(P);

impl<P: Provider> Provider for Listed<P> {
    fn metadata(&self) -> Metadata {
        self.0.metadata()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut profiles = self.0.data()?;
        for dict in profiles.values_mut() {
            for list in LISTS {
                if let Some(Value::Array(tag, items)) = dict.get(list) {
                    let places = items.iter().enumerate().map(|(place, item)| (place.to_string(), item.clone()));
                    let table = Value::Dict(*tag, places.collect());
                    dict.insert(list.to_owned(), table);
                }
            }
        }
        Ok(profiles)
    }
}
