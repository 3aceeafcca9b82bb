//! The studio itself: plans a set, paints its posters.

use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio::sync::Semaphore;

use super::{
    Brief, BriefPhoto, Labels, Language, Origin, PaintedPoster, Recipe, SetPlan, StudioError,
    compose::Press,
    layouts::{self, Draft},
    sheet::Sheet,
    style,
    views::{View, Views},
};
use crate::{
    composer::{Composer, Templates},
    domain::{Dimension, PosterStage},
    providers::{
        image::{ImageProvider, PlateRequest, ProviderError},
        text::{ReportRequest, TextModel},
    },
};

/// Plans sets and paints posters.
///
/// Pixel work leaves the async threads and is limited to one piece per processor core, so that a
/// burst of orders makes each wait a little instead of starving the whole service. Cheap to clone;
/// clones share that limit.
#[derive(Clone)]
pub struct Studio {
    pub(super) composer: Arc<dyn Composer>,
    images: Arc<dyn ImageProvider>,
    text: Arc<dyn TextModel>,
    pub(super) templates: Arc<Templates>,
    cores: Arc<Semaphore>,
    /// One for each poster that may be in work from its first painted pixel on: ten plates painted at
    /// once would wait in memory for two cores to set them.
    easels: Arc<Semaphore>,
    pub(super) jpeg_quality: u8,
    pub(super) labels: Labels,
}

impl std::fmt::Debug for Studio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Studio").field("images", &self.images.name()).finish_non_exhaustive()
    }
}

impl Studio {
    /// A studio that draws with this composer, asks these models and stores posters in this JPEG
    /// quality, 1–100.
    pub fn new(
        composer: Arc<dyn Composer>,
        images: Arc<dyn ImageProvider>,
        text: Arc<dyn TextModel>,
        jpeg_quality: u8,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let templates = Templates::new().expect("a test parses every template of the binary");
        Self {
            composer,
            images,
            text,
            templates: Arc::new(templates),
            cores: Arc::new(Semaphore::new(cores)),
            easels: Arc::new(Semaphore::new(cores)),
            jpeg_quality,
            labels: Labels::default(),
        }
    }

    /// The same studio with these marks for AI-made content.
    #[must_use]
    pub fn with_labels(self, labels: Labels) -> Self {
        Self { labels, ..self }
    }

    /// How pictures of this studio are marked.
    pub const fn labels(&self) -> &Labels {
        &self.labels
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
        let views = self.look_at(&brief.photos).await?;
        let style = style::settle(brief.style, report.product.category, views.palette());
        Ok(SetPlan::new(report, style, brief.format, brief.seed, views, &brief.photos))
    }

    /// The plan that a stored recipe was painted from, so that its poster can be made again: byte
    /// for byte with the same version of the program, and where the background came from a model,
    /// with that background.
    ///
    /// # Errors
    /// [`StudioError::Recipe`] when these are not the recipe's photos.
    pub async fn plan_again(&self, recipe: &Recipe, photos: &[BriefPhoto]) -> Result<SetPlan, StudioError> {
        recipe.require_photos(photos)?;
        let views = self.look_at(photos).await?;
        Ok(SetPlan::new(recipe.report.clone(), recipe.style, recipe.format, recipe.seed, views, photos))
    }

    async fn look_at(&self, photos: &[BriefPhoto]) -> Result<Views, StudioError> {
        let looks = photos.iter().map(|given| {
            let photo = Arc::clone(&given.photo);
            self.on_core(move || View::of(photo))
        });
        Views::new(try_join_all(looks).await?).ok_or(StudioError::NoPhoto)
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
        let plan = &plan.seen_for(dimension);
        let sheet = Sheet::new(plan.format);
        let draft = layouts::draft(dimension, plan, &sheet);

        progress(PosterStage::Painting);
        let _easel = match Origin::of_painter(self.images.name()) {
            Origin::Composed => Some(self.easels.acquire().await.map_err(|e| StudioError::Thread(e.to_string()))?),
            // Models paint elsewhere and take their time: all posters of a set wait for them together.
            Origin::AiMade => None,
        };
        let plate = self.images.paint(plate_request(plan, dimension, &draft, &sheet)).await?;
        let (width, height) = plate.pixels.dimensions();
        if (width, height) != (sheet.width, sheet.height) {
            return Err(ProviderError::BadOutput(format!("a plate of {width}×{height}")).into());
        }

        progress(PosterStage::Composing);
        let (composer, templates) = (Arc::clone(&self.composer), Arc::clone(&self.templates));
        let (plan, provider, jpeg_quality) = (plan.clone(), self.images.name(), self.jpeg_quality);
        let is_marked = self.labels.is_visible_on(Origin::of_painter(provider));
        self.on_core(move || {
            let press = Press {
                composer: &*composer,
                templates: &templates,
                plan: &plan,
                sheet: &sheet,
                dimension,
                provider,
                jpeg_quality,
                language: Language::Both,
                is_marked,
            };
            press.print(&draft, plate)
        })
        .await?
    }

    /// Runs work on a thread where it may block, one piece per core.
    pub(super) async fn on_core<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StudioError> {
        let permit =
            Arc::clone(&self.cores).acquire_owned().await.map_err(|closed| StudioError::Thread(closed.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|error| StudioError::Thread(error.to_string()))
    }
}

/// What the background painter is asked for.
pub(super) fn plate_request(plan: &SetPlan, dimension: Dimension, draft: &Draft, sheet: &Sheet) -> PlateRequest {
    let focus = draft.stand.map(|stand| plan.sight.placed(stand)).or_else(|| {
        // A photo in its window stands on nothing, but light may gather around it.
        let around = matches!(dimension, Dimension::Concept | Dimension::DetailTrust);
        draft.windows.iter().find(|window| around && window.name == "photo").map(|window| window.frame)
    });
    PlateRequest {
        dimension,
        style: plan.style,
        palette: plan.theme.plate,
        width: sheet.width,
        height: sheet.height,
        focus: focus.map(|frame| sheet.area(frame)),
        calm: draft.slots.iter().map(|(_, frame)| sheet.area(*frame)).collect(),
        // Posters of one set differ in their details, not in their look.
        seed: plan.seed.wrapping_add(dimension.index() as u64),
        prompt: prompt(plan, dimension),
        product: plan.sight.product.as_ref().map(|product| Arc::clone(&product.pixels)),
    }
}

/// The request in words, for models that read: a background without words and without the product.
fn prompt(plan: &SetPlan, dimension: Dimension) -> String {
    let product = &plan.report.product;
    let scene = plan.report.scenes.first().map_or("", |scene| scene.en.as_str());
    format!(
        "Background plate for an e-commerce poster ({purpose}), {style} style. The product, {noun}, is added later: \
         leave its place empty and evenly lit. Setting: {scene}. Mood: {tone}. No text, no letters, no logo, no \
         people, no product.",
        purpose = dimension.purposes().1,
        style = plan.style.visual.titles().1,
        noun = product.noun.en,
        tone = plan.report.tone.en,
    )
}
