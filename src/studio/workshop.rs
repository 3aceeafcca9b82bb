//! The studio itself: plans a set, paints its posters.

use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio::sync::Semaphore;

use super::{
    Brief, BriefPhoto, Commission, Labels, Language, Origin, PaintedPoster, Recipe, SetPlan, StudioError,
    compose::Press,
    cores::Cores,
    layouts::{self, Draft},
    order::{self, Anchor, Anchors, PictureOrder, Subject, plate_scene},
    reading::Thought,
    report,
    sheet::Sheet,
    style,
    views::{View, Views},
};
use crate::{
    clock::SystemClock,
    composer::{Composer, Templates},
    domain::{Composition, Dimension, PosterStage},
    ids::SystemIds,
    imaging::Tone,
    providers::{
        AttemptLog, OpenAttempt,
        image::{
            BuiltinPlates, ImageOrder, ImageProvider, PaintError, Painted, Painter, Painters, PlateScene, Purpose,
        },
        text::Readers,
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
    pub(super) painters: Arc<Painters>,
    pub(super) readers: Arc<Readers>,
    pub(super) templates: Arc<Templates>,
    cores: Cores,
    /// One for each poster that may be in work from its first painted pixel on: ten plates painted at
    /// once would wait in memory for two cores to set them.
    easels: Arc<Semaphore>,
    anchors: Anchors,
    pub(super) jpeg_quality: u8,
    pub(super) labels: Labels,
}

impl std::fmt::Debug for Studio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Studio")
            .field("painters", &self.painters)
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}

impl Studio {
    /// A studio that draws with this composer, asks these models and stores posters in this JPEG
    /// quality, 1–100.
    pub fn new(composer: Arc<dyn Composer>, painters: Painters, readers: Readers, jpeg_quality: u8) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let templates = Templates::new().expect("a test parses every template of the binary");
        Self {
            composer,
            painters: Arc::new(painters),
            readers: Arc::new(readers),
            templates: Arc::new(templates),
            cores: Cores::new(cores),
            easels: Arc::new(Semaphore::new(cores)),
            anchors: Anchors::default(),
            jpeg_quality,
            labels: Labels::default(),
        }
    }

    /// A studio that needs no model, no key and no network.
    pub fn builtin(composer: Arc<dyn Composer>, jpeg_quality: u8) -> Self {
        Self::with_painter(composer, Arc::new(BuiltinPlates), jpeg_quality)
    }

    /// A studio with one painter of this process and no text model.
    pub fn with_painter(composer: Arc<dyn Composer>, painter: Arc<dyn ImageProvider>, jpeg_quality: u8) -> Self {
        let ids = Arc::new(SystemIds::new());
        let painters = Painters::new(vec![Painter::unlimited(painter)], Arc::new(SystemClock), Arc::clone(&ids) as _);
        Self::new(composer, painters, Readers::new(Vec::new(), Arc::new(SystemClock), ids), jpeg_quality)
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

    /// Decides by rules what all posters of a set share: what is said, how it looks, what the camera saw.
    ///
    /// # Errors
    /// [`StudioError::NoPhoto`] or `Thread`.
    pub async fn plan(&self, brief: &Brief) -> Result<SetPlan, StudioError> {
        let views = self.look_at(&brief.photos).await?;
        let report = report::report(&brief.description, brief.product_name.as_deref());
        let thought = Thought::by_rules(report, brief.style, views.palette(), &Dimension::ALL);
        Ok(Self::planned(brief, thought, views))
    }

    /// The plan of a set that was thought about before; see [`Studio::think`].
    ///
    /// # Errors
    /// As for [`Studio::plan`].
    pub async fn plan_with(&self, brief: &Brief, thought: Thought) -> Result<SetPlan, StudioError> {
        let views = self.look_at(&brief.photos).await?;
        Ok(Self::planned(brief, thought, views))
    }

    pub(super) fn planned(brief: &Brief, thought: Thought, views: Views) -> SetPlan {
        let style = style::settle(brief.style, thought.report.product.category, views.palette());
        SetPlan::new(thought, style, brief.format, brief.seed, views, &brief.photos)
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
        let thought = Thought::of_recipe(recipe, views.palette());
        let plan = SetPlan::new(thought, recipe.style, recipe.format, recipe.seed, views, photos);
        Ok(plan.changed(&recipe.changes))
    }

    pub(super) async fn look_at(&self, photos: &[BriefPhoto]) -> Result<Views, StudioError> {
        let looks = photos.iter().map(|given| {
            let photo = Arc::clone(&given.photo);
            self.on_core(move || View::of(photo))
        });
        Views::new(try_join_all(looks).await?).ok_or(StudioError::NoPhoto)
    }

    /// Paints one poster that nobody has to account for: see [`Studio::paint_for`].
    ///
    /// # Errors
    /// As there.
    pub async fn paint(
        &self,
        plan: &SetPlan,
        dimension: Dimension,
        progress: &(dyn Fn(PosterStage) + Send + Sync),
    ) -> Result<PaintedPoster, StudioError> {
        self.paint_for(plan, dimension, &Commission::default(), progress).await
    }

    /// Whether some model that a vendor may charge for paints here for sets that are composed like this.
    pub fn asks_vendors(&self, composition: Composition) -> bool {
        let paints_products = composition == Composition::Model && self.painters.has_vendor_for(Purpose::Poster);
        paints_products || self.painters.has_vendor_for(Purpose::Plate)
    }

    /// While those who work here stop, no vendor is asked for anything new. See [`Painters::set_stopping`].
    pub fn set_stopping(&self, is_stopping: bool) {
        self.painters.set_stopping(is_stopping);
    }

    /// Paints one poster of a planned set, telling `progress` each stage as it begins.
    ///
    /// Safe to call for several dimensions at once and again after a failure. Dropping the future
    /// stops the work at the next stage.
    ///
    /// # Errors
    /// [`StudioError`]; [`StudioError::failure_code`] is the reason a client learns.
    pub async fn paint_for(
        &self,
        plan: &SetPlan,
        dimension: Dimension,
        commission: &Commission,
        progress: &(dyn Fn(PosterStage) + Send + Sync),
    ) -> Result<PaintedPoster, StudioError> {
        progress(PosterStage::Planning);
        let page = Page::new(plan, dimension);
        progress(PosterStage::Painting);
        let (anchor, subject) = (self.anchor(commission).await?, self.subject(&page).await?);
        let order = page.order(self, commission, anchor.as_deref(), subject.as_ref());
        // Models paint elsewhere and take their time: all posters of a set wait for them together.
        let _easel = if self.painters.has_vendor_for(order.purpose()) {
            None
        } else {
            Some(self.easels.acquire().await.map_err(|error| StudioError::Thread(error.to_string()))?)
        };
        let painted = self.picture(&order, commission).await?;
        progress(PosterStage::Composing);
        self.compose(page, painted, anchor.map(|anchor| anchor.tone), subject.is_some()).await
    }

    /// The picture of an order: painted, or where the commission names a call of an earlier try, asked
    /// for once.
    ///
    /// # Errors
    /// [`StudioError::Image`]; [`StudioError::NotYet`] while an earlier call is still worked on.
    pub(super) async fn picture(
        &self,
        order: &dyn ImageOrder,
        commission: &Commission,
    ) -> Result<Painted, StudioError> {
        let Some(open) = &commission.late else { return Ok(self.painters.paint(order, &*commission.log).await?) };
        let collected = self.painters.collect(open, order, &*commission.log).await;
        collected.map_err(|error| PaintError { error, is_retryable: false })?.ok_or(StudioError::NotYet)
    }

    /// Writes down that nobody waits any more for what an earlier call began, and tells the vendor.
    pub async fn give_up(&self, open: &OpenAttempt, log: &dyn AttemptLog) {
        self.painters.give_up(open, log).await;
    }

    /// Paints one poster on a built-in backdrop, whatever models there are.
    ///
    /// # Errors
    /// [`StudioError`].
    pub async fn paint_builtin(&self, plan: &SetPlan, dimension: Dimension) -> Result<PaintedPoster, StudioError> {
        let page = Page::new(plan, dimension);
        let scene = page.scene();
        let drawn = self.on_core(move || BuiltinPlates.draw(&scene)).await?;
        let pixels = drawn.map_err(|error| PaintError { error, is_retryable: false })?;
        let name = BuiltinPlates::NAME.to_owned();
        let painted = Painted { pixels, provider: name.clone(), model: name, request_id: None };
        self.compose(page, painted, None, false).await
    }

    async fn anchor(&self, commission: &Commission) -> Result<Option<Arc<Anchor>>, StudioError> {
        match commission.anchor.clone() {
            Some(bytes) => self.anchors.get(self, bytes).await,
            None => Ok(None),
        }
    }

    /// The product that a model is to paint on this page, if it is to.
    async fn subject(&self, page: &Page) -> Result<Option<Subject>, StudioError> {
        if page.plan.composition != Composition::Model || !self.painters.has_vendor_for(Purpose::Poster) {
            return Ok(None);
        }
        let (Some(stand), Some(product)) = (page.draft.stand, &page.plan.sight.product) else { return Ok(None) };
        let frame = page.plan.sight.placed(stand);
        let (cut_out, expected) = (Arc::clone(&product.pixels), [frame.x, frame.y, frame.w, frame.h]);
        self.on_core(move || Subject::of(&cut_out, expected)).await.map(Some)
    }

    /// Sets product and words on what was painted.
    async fn compose(
        &self,
        page: Page,
        painted: Painted,
        anchor: Option<Tone>,
        product_painted: bool,
    ) -> Result<PaintedPoster, StudioError> {
        let (composer, templates) = (Arc::clone(&self.composer), Arc::clone(&self.templates));
        let jpeg_quality = self.jpeg_quality;
        let origin = Origin::of_painter(&painted.provider);
        let is_marked = self.labels.is_visible_on(origin);
        self.on_core(move || {
            let mut backdrop = painted.pixels;
            let consistency_percent = (origin == Origin::AiMade)
                .then(|| order::tied_together(&mut backdrop, &page.plan, anchor, product_painted));
            let press = Press {
                composer: &*composer,
                templates: &templates,
                plan: &page.plan,
                sheet: &page.sheet,
                dimension: page.dimension,
                provider: &painted.provider,
                request_id: painted.request_id.as_deref(),
                consistency_percent,
                product_painted,
                jpeg_quality,
                language: Language::Both,
                is_marked,
            };
            press.print(&page.draft, backdrop)
        })
        .await?
    }

    /// Runs work on pixels: one piece per core, stepping back for everything else.
    pub(super) fn on_core<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, StudioError>> + Send + 'static {
        self.cores.run(work)
    }
}

/// One poster laid out: everything but its backdrop.
pub(super) struct Page {
    pub(super) plan: SetPlan,
    pub(super) dimension: Dimension,
    pub(super) sheet: Sheet,
    pub(super) draft: Draft,
}

impl Page {
    pub(super) fn new(plan: &SetPlan, dimension: Dimension) -> Self {
        let plan = plan.seen_for(dimension);
        let mut sheet = Sheet::new(plan.format);
        sheet.rem *= plan.changes.type_share();
        let draft = layouts::draft(dimension, &plan, &sheet);
        Self { plan, dimension, sheet, draft }
    }

    pub(super) fn scene(&self) -> PlateScene {
        plate_scene(&self.plan, self.dimension, &self.draft, &self.sheet)
    }

    fn order<'a>(
        &'a self,
        studio: &'a Studio,
        commission: &'a Commission,
        anchor: Option<&'a Anchor>,
        subject: Option<&'a Subject>,
    ) -> PictureOrder<'a> {
        let (plan, dimension, scene) = (&self.plan, self.dimension, self.scene());
        let inspection = Subject::inspection(subject);
        PictureOrder { studio, plan, dimension, scene, commission, anchor, subject, inspection }
    }
}
