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

use super::{ImageProvider, Plate, PlateRequest, ProviderError};
use crate::domain::Dimension;

use canvas::{Canvas, Film};
use look::Look;

/// The longest side of a built-in plate, in pixels.
const SIDE_PX_MAX: u32 = 4096;

/// The painter inside the binary.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltinPlates;

impl BuiltinPlates {
    /// Paints without waiting for anything: pure work on the processor.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] for a size that no poster has.
    pub fn draw(self, request: &PlateRequest) -> Result<Plate, ProviderError> {
        if request.width == 0 || request.height == 0 || request.width.max(request.height) > SIDE_PX_MAX {
            return Err(ProviderError::Misconfigured(format!("plate size {}×{}", request.width, request.height)));
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
        Ok(Plate { pixels, provider_request_id: None })
    }
}

#[async_trait]
impl ImageProvider for BuiltinPlates {
    fn name(&self) -> &'static str {
        "builtin"
    }

    async fn paint(&self, request: PlateRequest) -> Result<Plate, ProviderError> {
        let plates = *self;
        tokio::task::spawn_blocking(move || plates.draw(&request)).await.map_err(|error| {
            ProviderError::Unavailable { reason: format!("the painting thread ended: {error}"), retry_after: None }
        })?
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
                let request = PlateRequest {
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
                    prompt: String::new(),
                    product: None,
                };
                let first = BuiltinPlates.draw(&request).unwrap().pixels;
                assert_eq!(first.dimensions(), (54, 96));
                assert!(first.pixels().all(|pixel| pixel[3] == 255), "{visual:?} {dimension:?}");
                assert_eq!(first, BuiltinPlates.draw(&request).unwrap().pixels, "{visual:?} {dimension:?}");
                let other = BuiltinPlates.draw(&PlateRequest { seed: 4, ..request.clone() }).unwrap().pixels;
                assert_ne!(first, other, "{visual:?} {dimension:?} ignores its seed");
                assert!(BuiltinPlates.draw(&PlateRequest { width: 0, ..request }).is_err());
            }
        }
    }
}
