//! What every dialect reads from its table of the settings. All of it is read when the program starts:
//! a misspelt parameter that were ignored in silence would cost money with every picture.

use std::{collections::BTreeSet, ops::RangeInclusive, str::FromStr};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{DialectError, ImageCapabilities, PromptLanguage, Purpose, Sizing};
use crate::{
    config::ImageProviderSettings,
    providers::wire::{Authorization, Downloads, Wire},
};

/// Who needs a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The vendor turns away who has none.
    Needed,
    /// Servers of one's own often ask for none.
    Optional,
}

/// A table of the settings while it is read.
pub(super) struct Setup<'a> {
    settings: &'a ImageProviderSettings,
    read: BTreeSet<&'static str>,
}

impl<'a> Setup<'a> {
    pub(super) const fn new(settings: &'a ImageProviderSettings) -> Self {
        Self { settings, read: BTreeSet::new() }
    }

    pub(super) fn name(&self) -> String {
        self.settings.name.clone()
    }

    pub(super) const fn takes_mask(&self) -> bool {
        self.settings.native_mask
    }

    /// The model's name, where one is set.
    pub(super) fn model(&self) -> Option<String> {
        self.settings.model.clone().filter(|model| !model.is_empty())
    }

    /// The model's name.
    pub(super) fn needed_model(&self) -> Result<String, DialectError> {
        self.model().ok_or(DialectError::Missing("model"))
    }

    /// The line to `base_url`, or to the vendor's own address.
    pub(super) fn wire(&self, own_address: Option<&str>, key: Key) -> Result<Wire, DialectError> {
        self.wire_by(own_address, key, Authorization::Bearer)
    }

    /// The same for a vendor that takes the key in a way of its own.
    pub(super) fn wire_by(
        &self,
        own_address: Option<&str>,
        key: Key,
        authorization: fn(SecretString) -> Authorization,
    ) -> Result<Wire, DialectError> {
        let set = self.settings.base_url.as_deref().filter(|address| !address.is_empty());
        let address = set.or(own_address).ok_or(DialectError::Missing("base_url"))?;
        let secret = self.settings.api_key.clone().filter(|secret| !secret.expose_secret().is_empty());
        let authorization = match (secret, key) {
            (Some(secret), _) => authorization(secret),
            (None, Key::Optional) => Authorization::None,
            (None, Key::Needed) => return Err(DialectError::Missing("api_key")),
        };
        Ok(Wire::new(address, authorization, self.settings.allow_private_address)?)
    }

    /// Downloads from the hosts that the vendor is known to use, and from those in
    /// `extra.download_hosts`.
    pub(super) fn downloads(&mut self, known: &[&str]) -> Result<Downloads, DialectError> {
        let more = self.words("download_hosts")?.unwrap_or_default();
        let hosts = known.iter().map(|host| (*host).to_owned()).chain(more);
        Ok(Downloads::new(hosts, self.settings.allow_private_address)?)
    }

    /// What the deployment can do: what the dialect knows of it, and what `purposes` and `extra`
    /// (`sizes`, `pixels_max`, `images_max`, `prompt_chars_max`, `language`) say otherwise.
    pub(super) fn capabilities(&mut self, known: ImageCapabilities) -> Result<ImageCapabilities, DialectError> {
        let mut capabilities = known;
        if let Some(most) = self.whole("pixels_max", 65_536..=100_000_000)? {
            let Sizing::Free { pixels_min, pixels_max, .. } = &mut capabilities.sizing else {
                return Err(invalid("extra.pixels_max", "this model paints in fixed sizes"));
            };
            (*pixels_min, *pixels_max) = ((*pixels_min).min(most), most);
        }
        if let Some(sizes) = self.sizes("sizes")? {
            capabilities.sizing = Sizing::List(sizes);
        }
        if let Some(most) = self.whole("images_max", 0..=16)? {
            capabilities.images_max = most as usize;
        }
        if let Some(most) = self.whole("prompt_chars_max", 50..=32_000)? {
            capabilities.prompt_chars_max = most as usize;
        }
        match self.choice("language", &["zh", "en"])? {
            Some("zh") => capabilities.language = PromptLanguage::Chinese,
            Some(_) => capabilities.language = PromptLanguage::English,
            None => {}
        }
        // A poster shows the product and an edit shows what it changes: both begin with a picture.
        if capabilities.images_max == 0 {
            capabilities.purposes.retain(|purpose| *purpose == Purpose::Plate);
        }
        capabilities.purposes = self.purposes(&capabilities.purposes)?;
        Ok(capabilities)
    }

    fn purposes(&self, able: &[Purpose]) -> Result<Vec<Purpose>, DialectError> {
        let mut wanted = Vec::new();
        for word in &self.settings.purposes {
            let read = Purpose::from_word(word);
            let read = read.ok_or_else(|| invalid("purposes", format!("`{word}` is none of plate, poster, edit")))?;
            if let Some(beyond) = read.iter().find(|purpose| !able.contains(purpose)) {
                let problem = format!("this kind and model cannot serve `{}`", beyond.code());
                return Err(invalid("purposes", problem));
            }
            wanted.extend(read);
        }
        Ok(if wanted.is_empty() { able.to_vec() } else { wanted })
    }

    pub(super) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.read.insert(key);
        self.settings.extra.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, DialectError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        value.as_str().map(|text| Some(text.to_owned())).ok_or_else(|| invalid(in_extra(key), "must be text"))
    }

    pub(super) fn choice(
        &mut self,
        key: &'static str,
        among: &[&'static str],
    ) -> Result<Option<&'static str>, DialectError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let found = among.iter().find(|word| **word == text).copied();
        found.map(Some).ok_or_else(|| invalid(in_extra(key), format!("must be one of {}", among.join(", "))))
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<bool>, DialectError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let flag = value.as_bool().or_else(|| written(value));
        flag.map(Some).ok_or_else(|| invalid(in_extra(key), "must be true or false"))
    }

    pub(super) fn whole(
        &mut self,
        key: &'static str,
        within: RangeInclusive<u64>,
    ) -> Result<Option<u64>, DialectError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let problem = format!("must be a whole number from {} to {}", within.start(), within.end());
        let number = value.as_u64().or_else(|| written(value)).filter(|number| within.contains(number));
        number.map(Some).ok_or_else(|| invalid(in_extra(key), problem))
    }

    pub(super) fn number(
        &mut self,
        key: &'static str,
        within: RangeInclusive<f64>,
    ) -> Result<Option<f64>, DialectError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let problem = format!("must be a number from {} to {}", within.start(), within.end());
        let number = value.as_f64().or_else(|| written(value)).filter(|number| within.contains(number));
        number.map(Some).ok_or_else(|| invalid(in_extra(key), problem))
    }

    /// A list of words; in an environment variable also with commas between them.
    pub(super) fn words(&mut self, key: &'static str) -> Result<Option<Vec<String>>, DialectError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let words: Option<Vec<String>> = match value {
            Value::String(text) => Some(text.split(',').map(|word| word.trim().to_owned()).collect()),
            Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        let words = words.filter(|words| words.iter().all(|word| !word.is_empty()));
        words.map(Some).ok_or_else(|| invalid(in_extra(key), "must be a list of words"))
    }

    fn sizes(&mut self, key: &'static str) -> Result<Option<Vec<(u32, u32)>>, DialectError> {
        let Some(words) = self.words(key)? else { return Ok(None) };
        let read: Option<Vec<(u32, u32)>> = words
            .iter()
            .map(|word| {
                let (width, height) = word.split_once(['x', '*'])?;
                let (width, height) = (width.parse().ok()?, height.parse().ok()?);
                ((64..=8192).contains(&width) && (64..=8192).contains(&height)).then_some((width, height))
            })
            .collect();
        let problem = "must be a list of sizes such as \"1024x1536\"";
        read.filter(|sizes| !sizes.is_empty()).map(Some).ok_or_else(|| invalid(in_extra(key), problem))
    }

    /// Ends the reading; what nobody asked for is a mistake.
    pub(super) fn finish(self) -> Result<(), DialectError> {
        match self.settings.extra.keys().find(|key| !self.read.contains(key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let known: Vec<&str> = self.read.into_iter().collect();
                Err(invalid(in_extra(key), format!("not known here; this kind reads {}", known.join(", "))))
            }
        }
    }
}

/// What a text says, where it says anything of this type: the environment knows no other values, and what a
/// parameter is, only its dialect knows.
fn written<T: FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.trim().parse().ok()
}

fn in_extra(key: &str) -> String {
    format!("extra.{key}")
}

pub(super) fn invalid(key: impl Into<String>, problem: impl Into<String>) -> DialectError {
    DialectError::Invalid { key: key.into(), problem: problem.into() }
}

/// Settings and orders for the tests of the dialects.
#[cfg(test)]
pub(super) mod orders {
    use crate::{
        config::ImageProviderSettings,
        providers::image::{ImageRequest, ImageRole, InputImage, Purpose},
    };

    /// A table of the settings, as somebody would write it.
    pub(in crate::providers::image) fn settings(toml: &str) -> ImageProviderSettings {
        crate::providers::wire::init_crypto();
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
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        config::{Settings, Sources},
        providers::image::NativeMask,
    };

    fn settings(table: Value) -> ImageProviderSettings {
        serde_json::from_value(table).unwrap()
    }

    fn capable(images_max: usize) -> ImageCapabilities {
        ImageCapabilities {
            purposes: Purpose::ALL.to_vec(),
            native_mask: NativeMask::None,
            images_max,
            image_bytes_max: 1,
            sizing: Sizing::Free { multiple: 16, pixels_min: 500_000, pixels_max: 2_000_000 },
            prompt_chars_max: 800,
            language: PromptLanguage::English,
            is_billed: true,
        }
    }

    #[test]
    fn what_the_operator_says_goes_before_what_we_know() {
        let settings = settings(json!({"name": "a", "kind": "openai", "purposes": ["edit"],
            "extra": {"sizes": "768x1344, 1024*1024", "images_max": 2, "prompt_chars_max": 300, "language": "zh"}}));
        let mut setup = Setup::new(&settings);
        let capabilities = setup.capabilities(capable(1)).unwrap();
        assert_eq!(capabilities.sizing, Sizing::List(vec![(768, 1344), (1024, 1024)]));
        assert_eq!((capabilities.images_max, capabilities.prompt_chars_max), (2, 300));
        assert_eq!(capabilities.language, PromptLanguage::Chinese);
        assert_eq!(capabilities.purposes, [Purpose::EditWhole, Purpose::EditMasked]);
        setup.finish().unwrap();
    }

    #[test]
    fn mistakes_are_named() {
        for (table, named) in [
            (json!({"purposes": ["posters"]}), "purposes"),
            (json!({"extra": {"sizes": ["big"]}}), "extra.sizes"),
            (json!({"extra": {"sizes": []}}), "extra.sizes"),
            (json!({"extra": {"pixels_max": -1}}), "extra.pixels_max"),
            (json!({"extra": {"images_max": 99}}), "extra.images_max"),
            (json!({"extra": {"images_max": "99"}}), "extra.images_max"),
            (json!({"extra": {"images_max": "two"}}), "extra.images_max"),
            (json!({"extra": {"language": "fr"}}), "extra.language"),
            (json!({"extra": {"langauge": "zh"}}), "extra.langauge"),
        ] {
            let mut whole = json!({"name": "a", "kind": "openai"});
            whole.as_object_mut().unwrap().extend(table.as_object().unwrap().clone());
            let settings = settings(whole);
            let mut setup = Setup::new(&settings);
            let read = setup.capabilities(capable(1)).map(|_| ());
            let message = read.and_then(|()| setup.finish()).unwrap_err().to_string();
            assert!(message.starts_with(named), "{message}");
        }
    }

    /// The settings of one model with these parameters in the environment.
    fn from_environment(extra: &[(&str, &str)]) -> ImageProviderSettings {
        let variable = |name: &str, value: &str| (format!("HAIBAO_IMAGE_PROVIDERS__0__{name}"), value.to_owned());
        let mut environment = vec![variable("NAME", "a"), variable("KIND", "openai")];
        environment.extend(extra.iter().map(|(name, value)| variable(&format!("EXTRA__{name}"), value)));
        let sources = Sources { environment, ..Sources::default() };
        Settings::load(&sources).unwrap().image_providers.remove(0)
    }

    #[test]
    fn what_the_environment_says_in_text_is_read_as_what_it_is() {
        let settings = from_environment(&[
            ("WATERMARK", "true"),
            ("SEND_SEED", " false "),
            ("NUM_INFERENCE_STEPS", "30"),
            ("GUIDANCE_SCALE", "3.5"),
            ("PRICE_OUT_MICROUSD", "40"),
            ("IMAGES_MAX", "2"),
        ]);
        let mut setup = Setup::new(&settings);
        assert_eq!(setup.flag("watermark").unwrap(), Some(true));
        assert_eq!(setup.flag("send_seed").unwrap(), Some(false));
        assert_eq!(setup.whole("num_inference_steps", 1..=100).unwrap(), Some(30));
        assert_eq!(setup.number("guidance_scale", 1.0..=10.0).unwrap(), Some(3.5));
        assert_eq!(setup.number("price_out_microusd", 0.0..=1e9).unwrap(), Some(40.0));
        assert_eq!(setup.capabilities(capable(1)).unwrap().images_max, 2);
        setup.finish().unwrap();
    }

    #[test]
    fn a_text_that_is_no_such_value_is_refused_as_before() {
        for text in ["yes", "1", "30.5", "-1", "NaN", "inf", "11"] {
            let settings = from_environment(&[("GIVEN", text)]);
            let mut setup = Setup::new(&settings);
            let flag = setup.flag("given").unwrap_err().to_string();
            assert!(flag.contains("extra.given") && flag.contains("must be true or false"), "{text}: {flag}");
            let whole = setup.whole("given", 2..=10).unwrap_err().to_string();
            assert!(whole.contains("must be a whole number from 2 to 10"), "{text}: {whole}");
            let number = setup.number("given", 2.0..=10.0).unwrap_err().to_string();
            assert!(number.contains("must be a number from 2 to 10"), "{text}: {number}");
        }
    }

    #[test]
    fn a_model_that_takes_no_picture_paints_backgrounds_only() {
        let plain = settings(json!({"name": "a", "kind": "openai"}));
        assert_eq!(Setup::new(&plain).capabilities(capable(0)).unwrap().purposes, [Purpose::Plate]);
        let edits = settings(json!({"name": "a", "kind": "openai", "purposes": ["edit"]}));
        assert!(Setup::new(&edits).capabilities(capable(0)).is_err());
    }
}
