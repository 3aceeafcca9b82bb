//! Secrets: read from files where wished, never printed.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Serializer;

use super::ConfigError;

/// What stands where a secret would.
pub const REDACTED: &str = "***";

/// An address with its password replaced, before the host or among the parameters; an address we cannot
/// take apart is replaced as a whole.
pub fn redact_url(url: &str) -> String {
    let pieces = redact_credentials(url);
    let pieces = pieces.split_inclusive(['?', '&']).map(|piece| match piece.split_once('=') {
        Some((name, value)) if name.to_ascii_lowercase().contains("pass") && !name.contains("://") => {
            let end = if value.ends_with('&') { "&" } else { "" };
            format!("{name}={REDACTED}{end}")
        }
        _ => piece.to_owned(),
    });
    pieces.collect()
}

fn redact_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return if url.is_empty() { String::new() } else { REDACTED.to_owned() };
    };
    // The last `@` ends the password, even where somebody forgot to percent-encode one inside it.
    let Some((credentials, place)) = rest.rsplit_once('@') else { return url.to_owned() };
    match credentials.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:{REDACTED}@{place}"),
        None => url.to_owned(),
    }
}

#[expect(clippy::ref_option, reason = "the signature that serialize_with asks for")]
pub(super) fn option<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(_) => serializer.serialize_some(REDACTED),
        None => serializer.serialize_none(),
    }
}

#[expect(clippy::ref_option, reason = "the signature that serialize_with asks for")]
pub(super) fn option_url<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => serializer.serialize_some(&redact_url(secret.expose_secret())),
        None => serializer.serialize_none(),
    }
}

pub(super) fn url<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&redact_url(secret.expose_secret()))
}

/// Fills a secret from its file. Both at once is refused: which of them is meant would be a guess.
pub(super) fn resolve(
    secret: &mut Option<SecretString>,
    file: Option<&PathBuf>,
    key: impl FnOnce() -> String,
) -> Result<(), ConfigError> {
    let Some(file) = file else { return Ok(()) };
    let key = key();
    if secret.is_some() {
        let problem = format!("is set, and {key}_file too; keep one of them");
        return Err(ConfigError::Invalid { key, problem, source_name: None });
    }
    let text = std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable {
        key: format!("{key}_file"),
        path: file.clone(),
        source,
    })?;
    *secret = Some(SecretString::from(text.trim_end_matches(['\r', '\n']).to_owned()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_of_an_address_is_hidden() {
        for (url, expected) in [
            ("postgres://ann:p@ss:word@db:5432/x", "postgres://ann:***@db:5432/x"),
            ("smtps://ann@mail.example", "smtps://ann@mail.example"),
            ("sqlite:///var/x.db", "sqlite:///var/x.db"),
            (
                "postgres://db/x?user=ann&password=p&sslmode=require",
                "postgres://db/x?user=ann&password=***&sslmode=require",
            ),
            ("postgres://db:1/x?user=a@b&password=p", "postgres://db:***@b&password=***"),
            ("postgres://ann:p?ss@db/x", "postgres://ann:***@db/x"),
            ("redis://:pass@db:6379/1", "redis://:***@db:6379/1"),
            ("redis+unix:///run/redis.sock?db=1&pass=p", "redis+unix:///run/redis.sock?db=1&pass=***"),
            ("host=db password=x", "***"),
            ("", ""),
        ] {
            assert_eq!(redact_url(url), expected);
        }
    }
}
