//! Reading what a table of the settings says beyond the common keys. Whatever is not understood is
//! refused: a misspelt parameter that is silently ignored costs money for weeks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{DialectError, Purpose};
use crate::{config::ImageProviderSettings, providers::wire::Authorization};

/// The parameters under `extra`, each read once.
pub(super) struct Extra<'a> {
    values: &'a BTreeMap<String, Value>,
    known: BTreeSet<&'static str>,
}

impl<'a> Extra<'a> {
    pub(super) fn of(settings: &'a ImageProviderSettings) -> Self {
        Self { values: &settings.extra, known: BTreeSet::new() }
    }

    /// Whatever stands there.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.insert(key);
        self.values.get(key)
    }

    /// A word or sentence.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<&'a str>, DialectError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| invalid(key, "must be a text"))
    }

    /// True or false.
    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> Result<bool, DialectError> {
        let Some(value) = self.value(key) else { return Ok(default) };
        value.as_bool().ok_or_else(|| invalid(key, "must be true or false"))
    }

    /// A whole number from `least` on.
    pub(super) fn number(&mut self, key: &'static str, least: u64, default: u64) -> Result<u64, DialectError> {
        let Some(value) = self.value(key) else { return Ok(default) };
        let number = value.as_u64().filter(|number| *number >= least);
        number.ok_or_else(|| invalid(key, format!("must be a whole number, at least {least}")))
    }

    /// One text or a list of them.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Vec<String>, DialectError> {
        match self.value(key) {
            None => Ok(Vec::new()),
            Some(value) => texts(value).ok_or_else(|| invalid(key, "must be a text or a list of texts")),
        }
    }

    /// One of these words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, DialectError> {
        let Some(word) = self.text(key)? else { return Ok(None) };
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == word) {
            return Ok(Some(*choice));
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        Err(invalid(key, format!("must be one of {}", names.join(", "))))
    }

    /// Makes sure that nothing was left unread.
    pub(super) fn finish(self) -> Result<(), DialectError> {
        match self.values.keys().find(|key| !self.known.contains(key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let known: Vec<&str> = self.known.into_iter().collect();
                Err(invalid(key, format!("this kind knows only {}", known.join(", "))))
            }
        }
    }
}

/// A text or a list of texts.
pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// A parameter that does not read.
pub(super) fn invalid(key: &str, problem: impl Into<String>) -> DialectError {
    DialectError::Invalid { key: format!("extra.{key}"), problem: problem.into() }
}

/// What a deployment is asked for: all it is able to, or what the settings name of that.
pub(super) fn purposes(settings: &ImageProviderSettings, able: &[Purpose]) -> Result<Vec<Purpose>, DialectError> {
    if settings.purposes.is_empty() {
        return Ok(able.to_vec());
    }
    let mut found = Vec::new();
    for word in &settings.purposes {
        let refuse = |problem: String| DialectError::Invalid { key: "purposes".to_owned(), problem };
        let meant = Purpose::from_word(word)
            .ok_or_else(|| refuse(format!("`{word}` is none of plate, poster, edit, edit_whole, edit_masked")))?;
        let served: Vec<Purpose> = meant.into_iter().filter(|purpose| able.contains(purpose)).collect();
        if served.is_empty() {
            return Err(refuse(format!("this model or workflow cannot be asked for `{word}`")));
        }
        found.extend(served);
    }
    Ok(Purpose::ALL.into_iter().filter(|purpose| found.contains(purpose)).collect())
}

/// The model's name, which this kind needs.
pub(super) fn model(settings: &ImageProviderSettings) -> Result<String, DialectError> {
    let model = settings.model.as_deref().map(str::trim).filter(|model| !model.is_empty());
    let model = model.ok_or(DialectError::Missing("model"))?;
    let is_plain = model.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@'));
    if !is_plain {
        return Err(DialectError::Invalid {
            key: "model".to_owned(),
            problem: "has characters that no model's name has".to_owned(),
        });
    }
    Ok(model.to_owned())
}

/// The key as this kind sends it. A server of one's own needs none, a vendor always does.
pub(super) fn authorization(
    settings: &ImageProviderSettings,
    with: fn(secrecy::SecretString) -> Authorization,
) -> Result<Authorization, DialectError> {
    match &settings.api_key {
        Some(key) => Ok(with(key.clone())),
        None if settings.allow_private_address => Ok(Authorization::None),
        None => Err(DialectError::Missing("api_key or api_key_file")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::providers::image::{ImageRequest, ImageRole, InputImage};

    /// A table of the settings, as somebody would write it.
    pub(in crate::providers::image) fn settings(toml: &str) -> ImageProviderSettings {
        let _ = rustls::crypto::ring::default_provider().install_default();
        toml::from_str(toml).unwrap()
    }

    /// An order for a picture with these sent along.
    pub(in crate::providers::image) fn request(purpose: Purpose, roles: &[ImageRole]) -> ImageRequest {
        let image = |role: &ImageRole| InputImage {
            role: *role,
            bytes: format!("{role:?}").into_bytes().into(),
            media_type: "image/png",
            width: 9,
            height: 16,
        };
        ImageRequest {
            purpose,
            prompt: "a quiet table by a window".to_owned(),
            negative: "people, words".to_owned(),
            images: roles.iter().map(image).collect(),
            mask: (purpose == Purpose::EditMasked).then(|| mask().into()),
            width: 1080,
            height: 1920,
            seed: 7,
            scene: None,
        }
    }

    /// A mask of one pixel to change and one to keep.
    fn mask() -> Vec<u8> {
        let mut pixels = image::RgbaImage::from_pixel(2, 1, image::Rgba([0, 0, 0, 255]));
        pixels.put_pixel(0, 0, image::Rgba([255, 255, 255, 0]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        pixels.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let table = settings("name = 'a'\nkind = 'b'\npurposes = ['edit']\nextra = { flag = true, typo = 1 }");
        let mut extra = Extra::of(&table);
        assert!(extra.flag("flag", false).unwrap());
        assert_eq!(extra.number("count", 1, 3).unwrap(), 3);
        assert!(extra.finish().is_err_and(|error| error.to_string().contains("extra.typo")));
        assert!(Extra::of(&table).text("typo").is_err());

        assert_eq!(purposes(&table, &[Purpose::EditWhole]).unwrap(), [Purpose::EditWhole]);
        assert!(purposes(&table, &[Purpose::Plate]).is_err());
        assert!(model(&table).is_err());
        assert!(authorization(&table, Authorization::Bearer).is_err());
        assert!(model(&settings("name = 'a'\nkind = 'b'\nmodel = 'a?b=c'")).is_err());
    }
}
