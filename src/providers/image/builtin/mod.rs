//! Plates painted by arithmetic: studios, tables, papers and lights that need no model, no key and
//! no network.
//!
//! Everything is deterministic in the request: the same seed gives the same pixels.

mod canvas;
mod figures;
mod ground;
mod look;
mod noise;
mod ornaments;
mod scenes;

use async_trait::async_trait;

use std::sync::LazyLock;

use image::RgbaImage;

use super::{
    ImageCapabilities, ImageProvider, ImageRequest, NativeMask, Picture, PlateScene, PromptLanguage, Purpose, Rendered,
    Sizing, Started,
};
use crate::{
    domain::Dimension,
    providers::{CallContext, FailureClass, ProviderError},
};

use canvas::{Canvas, Film};
use look::Look;

/// The longest side of a built-in plate, in pixels.
const SIDE_PX_MAX: u32 = 4096;

/// The painter inside the binary.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltinPlates;

impl BuiltinPlates {
    /// Its name in settings, logs and recipes.
    pub const NAME: &'static str = "builtin";

    /// Paints without waiting for anything: pure work on the processor.
    ///
    /// # Errors
    /// `Misconfigured` for a size that no poster has.
    pub fn draw(self, request: &PlateScene) -> Result<RgbaImage, ProviderError> {
        if request.width == 0 || request.height == 0 || request.width.max(request.height) > SIDE_PX_MAX {
            return Err(ProviderError::misconfigured(format!("plate size {}×{}", request.width, request.height)));
        }
        let look = Look::of(request.style.visual);
        let film = Film::new(request.seed, look.grain);
        let pixels = Canvas::paint(request.width, request.height, &film, |canvas| {
            match request.dimension {
                Dimension::Hero if request.focus.is_some() => scenes::podium(canvas, request, &look),
                Dimension::Lifestyle if request.focus.is_some() => scenes::table(canvas, request, &look),
                Dimension::Concept => scenes::radiant(canvas, request, &look),
                Dimension::Hero | Dimension::DetailTrust => scenes::halo(canvas, request, &look),
                _ => scenes::paper(canvas, request, &look),
            }
            if look.vignette > 0.0 {
                canvas.vignette(request.palette.shade, look.vignette);
            }
        });
        Ok(pixels)
    }
}

static CAPABILITIES: LazyLock<ImageCapabilities> = LazyLock::new(|| ImageCapabilities {
    purposes: vec![Purpose::Plate],
    native_mask: NativeMask::None,
    images_max: 0,
    image_bytes_max: 0,
    sizing: Sizing::Free { multiple: 1, pixels_min: 1, pixels_max: u64::from(SIDE_PX_MAX).pow(2) },
    prompt_chars_max: 0,
    language: PromptLanguage::English,
    is_billed: false,
});

#[async_trait]
impl ImageProvider for BuiltinPlates {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn capabilities(&self) -> &ImageCapabilities {
        &CAPABILITIES
    }

    async fn start(&self, request: &ImageRequest, _call: &CallContext) -> Result<Started, ProviderError> {
        let Some(scene) = request.scene.clone() else {
            return Err(ProviderError::misconfigured("the built-in painter paints plates only"));
        };
        let plates = *self;
        let drawn = tokio::task::spawn_blocking(move || plates.draw(&scene)).await.map_err(|error| {
            ProviderError::new(FailureClass::Transient, format!("the painting thread ended: {error}"))
        })?;
        Ok(Started::Done(Rendered::new(Picture::Pixels(drawn?))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{BilingualLayout, SetStyle, TypographyStyle, VisualStyle},
        providers::image::PlatePalette,
    };

    #[test]
    fn every_style_paints_every_poster_and_repeats_itself() {
        let palette = PlatePalette {
            base: [240, 236, 228],
            tint: [220, 210, 196],
            surface: [228, 220, 208],
            accent: [150, 80, 40],
            glow: [250, 220, 180],
            shade: [60, 44, 30],
            is_dark: false,
        };
        for visual in VisualStyle::ALL {
            for dimension in Dimension::ALL {
                let request = PlateScene {
                    dimension,
                    style: SetStyle {
                        visual: *visual,
                        typography: TypographyStyle::Serif,
                        layout: BilingualLayout::Stacked,
                    },
                    palette,
                    width: 54,
                    height: 96,
                    focus: Some([0.3, 0.4, 0.4, 0.35]),
                    calm: Vec::new(),
                    seed: 3,
                };
                let first = BuiltinPlates.draw(&request).unwrap();
                assert_eq!(first.dimensions(), (54, 96));
                assert!(first.pixels().all(|pixel| pixel[3] == 255), "{visual:?} {dimension:?}");
                assert_eq!(first, BuiltinPlates.draw(&request).unwrap(), "{visual:?} {dimension:?}");
                let other = BuiltinPlates.draw(&PlateScene { seed: 4, ..request.clone() }).unwrap();
                assert_ne!(first, other, "{visual:?} {dimension:?} ignores its seed");
                assert!(BuiltinPlates.draw(&PlateScene { width: 0, ..request }).is_err());
            }
        }
    }
}
