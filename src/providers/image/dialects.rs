//! From a table of the settings to a provider that speaks its dialect.

use std::sync::Arc;

use super::{
    DialectError, ImageProvider, ark::Ark, comfyui::ComfyUi, dashscope::DashScope, gemini::Gemini,
    openai::OpenAiImages, openrouter::OpenRouter, siliconflow::SiliconFlow,
};
use crate::config::ImageProviderSettings;

/// The provider of a table; its key is in the settings or in none.
///
/// # Errors
/// [`DialectError`].
pub fn image_provider(settings: &ImageProviderSettings) -> Result<Arc<dyn ImageProvider>, DialectError> {
    Ok(match settings.kind.as_str() {
        "ark" => Arc::new(Ark::new(settings)?),
        "comfyui" => Arc::new(ComfyUi::new(settings)?),
        "dashscope" => Arc::new(DashScope::new(settings)?),
        "gemini" => Arc::new(Gemini::new(settings)?),
        "openai" => Arc::new(OpenAiImages::new(settings)?),
        "openrouter" => Arc::new(OpenRouter::new(settings)?),
        "siliconflow" => Arc::new(SiliconFlow::new(settings)?),
        other => return Err(DialectError::Kind(other.to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::image::Purpose;

    /// The tables of the commented examples in the default settings.
    fn examples() -> Vec<ImageProviderSettings> {
        let text = include_str!("../../config/default.toml");
        let mut tables = Vec::new();
        for block in text.split("# [[image_providers]]\n").skip(1) {
            let lines = block.lines().map_while(|line| line.strip_prefix("# ")).take_while(|line| line.contains(" = "));
            let table: String = lines.map(|line| format!("{line}\n")).collect();
            tables.push(toml::from_str(&table).unwrap_or_else(|error| panic!("{table}: {error}")));
        }
        tables
    }

    #[test]
    fn every_example_makes_a_provider_that_paints_backgrounds() {
        crate::providers::wire::init_crypto();
        let mut made = Vec::new();
        for mut settings in examples() {
            if settings.kind == "builtin" {
                continue;
            }
            if let Some(workflow) = settings.extra.get_mut("workflow") {
                *workflow = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/vendor/comfyui-plate.json").into();
            }
            let provider = image_provider(&settings).unwrap_or_else(|error| panic!("{}: {error}", settings.name));
            assert!(provider.capabilities().serves(Purpose::Plate), "{} paints no plates", settings.name);
            made.push(settings.kind);
        }
        made.sort_unstable();
        made.dedup();
        assert_eq!(made, ["ark", "comfyui", "dashscope", "gemini", "openai", "openrouter", "siliconflow"]);
    }
}
