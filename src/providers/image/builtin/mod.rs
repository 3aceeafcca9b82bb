//! Plates painted by arithmetic: studios, tables, papers and lights that need no model, no key and
//! no network.
//!
//! Everything is deterministic in the request: the same seed gives the same pixels.

mod canvas;
mod look;
mod noise;
mod scenes;

use async_trait::async_trait;

use super::{ImageProvider, Plate, PlateRequest, ProviderError};
use crate::domain::Dimension;

use canvas::Canvas;
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
        let mut canvas = match request.dimension {
            Dimension::Hero if request.focus.is_some() => scenes::podium(request, &look),
            Dimension::Lifestyle if request.focus.is_some() => scenes::table(request, &look),
            Dimension::Hero => scenes::halo(request, &look),
            Dimension::Concept => scenes::radiant(request, &look),
            Dimension::DetailTrust => scenes::halo(request, &look),
            _ => scenes::paper(request, &look),
        };
        finish(&mut canvas, request, &look);
        Ok(Plate { pixels: canvas.into_pixels(request.seed, look.grain), provider_request_id: None })
    }
}

/// What every plate gets at the end: darker corners where the style asks for them.
fn finish(canvas: &mut Canvas, request: &PlateRequest, look: &Look) {
    if look.vignette > 0.0 {
        canvas.vignette(request.palette.shade, look.vignette);
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
