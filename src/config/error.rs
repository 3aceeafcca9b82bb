//! What is wrong with the settings, always with the key's name and never with a secret's value.

use std::{fmt, io, path::PathBuf};

use figment::error::{Actual, Kind};

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that a setting names cannot be read (or written).
    #[error("{key}: cannot use {}: {source}", path.display())]
    Unreadable {
        /// The setting.
        key: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The settings file is not TOML.
    #[error("{}: not valid TOML: {message}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line, column and reason.
        message: String,
    },
    /// One setting is unknown, of the wrong type or out of its range.
    #[error("{key}: {problem}{}", source_name.as_ref().map(|name| format!(" (from {name})")).unwrap_or_default())]
    Invalid {
        /// The setting, `section.key`.
        key: String,
        /// What is wrong with it.
        problem: String,
        /// The file or source that set it, where known.
        source_name: Option<String>,
    },
    /// Settings that are unsafe in production; all of them at once, so that one start shows them all.
    #[error("refused in production:{}", list(.0))]
    Unsafe(Vec<Unsafe>),
}

/// One setting that production refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsafe {
    /// The setting, `section.key`.
    pub key: String,
    /// Why, and what to do.
    pub problem: String,
}

impl fmt::Display for Unsafe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.problem)
    }
}

fn list(items: &[Unsafe]) -> String {
    items.iter().fold(String::new(), |text, item| text + "\n  " + &item.to_string())
}

impl ConfigError {
    pub(super) fn invalid(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { key: key.into(), problem: problem.into(), source_name: None }
    }
}

impl From<figment::Error> for ConfigError {
    fn from(error: figment::Error) -> Self {
        let mut path = error.path;
        let mut add = |name: &str| {
            if path.last().is_none_or(|last| last != name) {
                path.push(name.to_owned());
            }
        };
        let problem = match &error.kind {
            Kind::UnknownField(name, known) => {
                add(name);
                match nearest(name, known) {
                    Some(near) => format!("unknown setting; did you mean `{near}`?"),
                    None => format!("unknown setting; known here: {}", known.join(", ")),
                }
            }
            Kind::MissingField(name) => {
                add(name);
                "must be set".to_owned()
            }
            Kind::InvalidType(actual, expected) | Kind::InvalidValue(actual, expected) => {
                format!("expected {expected}, found {}", shown(actual))
            }
            Kind::UnknownVariant(found, known) => format!("`{found}` is not one of {}", known.join(", ")),
            other => other.to_string(),
        };
        let source_name = error.metadata.map(|metadata| match metadata.source {
            Some(source) => source.to_string(),
            None => metadata.name.into_owned(),
        });
        Self::Invalid { key: spelt(&path), problem, source_name }
    }
}

/// The path as people write it: places in a list in brackets.
fn spelt(path: &[String]) -> String {
    path.iter().fold(String::new(), |text, part| match part.bytes().all(|b| b.is_ascii_digit()) {
        true => text + "[" + part + "]",
        false if text.is_empty() => part.clone(),
        false => text + "." + part,
    })
}

/// The kind of what was found; a text's content is left out, because it may be a secret in the
/// wrong place.
fn shown(actual: &Actual) -> String {
    match actual {
        Actual::Str(_) | Actual::Char(_) => "text".to_owned(),
        Actual::Bool(_) => "true or false".to_owned(),
        Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_) => "a number".to_owned(),
        Actual::Seq => "a list".to_owned(),
        Actual::Map => "a table".to_owned(),
        _ => "something else".to_owned(),
    }
}

fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known.iter().map(|other| (distance(name, other), *other)).filter(|(d, _)| *d <= 2).min().map(|(_, other)| other)
}

/// Levenshtein's distance: edits of one character that turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
