//! The request in words, for models that read.

use super::SetPlan;
use crate::{
    domain::Dimension,
    providers::image::{ImageCapabilities, Nudge, PlateScene},
};

/// A request in words.
pub(super) struct Words {
    /// What to paint.
    pub(super) prompt: String,
    /// What to keep out.
    pub(super) negative: String,
}

/// A background without words and without the product.
pub(super) fn plate(
    plan: &SetPlan,
    dimension: Dimension,
    _scene: &PlateScene,
    _has_anchor: bool,
    _capabilities: &ImageCapabilities,
    _nudge: Nudge,
) -> Words {
    let product = &plan.report.product;
    let scene = plan.report.scenes.first().map_or("", |scene| scene.en.as_str());
    let prompt = format!(
        "Background plate for an e-commerce poster ({purpose}), {style} style. The product, {noun}, is added later: \
         leave its place empty and evenly lit. Setting: {scene}. Mood: {tone}. No text, no letters, no logo, no \
         people, no product.",
        purpose = dimension.purposes().1,
        style = plan.style.visual.titles().1,
        noun = product.noun.en,
        tone = plan.report.tone.en,
    );
    Words { prompt, negative: "text, letters, logo, people, product".to_owned() }
}
