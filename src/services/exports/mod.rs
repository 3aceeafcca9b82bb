//! What a seller takes away from a finished set, at no cost: posters in one language or without
//! words, the product on white, and packs for marketplaces with their rules checked.
//!
//! Everything is made when it is first asked for and kept under `cache/exports`, where it may be
//! deleted at any time. Pixel work goes through the studio's limit of one piece per core, and few
//! packs are made at once; no credits move.

mod anew;
mod make;
mod pack;

use std::{sync::Arc, time::Duration};

use ::entity::{
    enums::{GenerationState, PosterState},
    generations, posters, revisions, scopes, uploads,
};
use bytes::Bytes;
use moka::future::Cache;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tokio::sync::Semaphore;

use super::{ApiScope, Context, ServiceError, Viewer, history};
use crate::{
    domain::{Dimension, Locale, RevisionName},
    exports::{self, Market},
    imaging::{self, ImageLimits},
    storage::{GenerationFolder, StorageError, exports_folder},
    studio::{BriefPhoto, Origin, PatchPlace, Recipe, RecipeError, SetPlan, Studio, StudioError},
};

use anew::{Shown, patches_of};

pub use make::{ExportName, WHITE_MAIN_FILE, WHITE_MAIN_SIDE, export_path, market_file, plate_file, poster_file};
pub use pack::{FileCheck, Pack, PackCheck, PackFile};

/// Packs made at the same time.
const PACKS_AT_ONCE: usize = 2;

/// Plans kept at the same time; each holds the decoded photos.
const PLANS_MAX: u64 = 4;

/// Why something cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No marketplace has this code.
    #[error("there is no such marketplace")]
    UnknownMarket,
    /// No export has this name, or its poster was not made.
    #[error("there is no such export")]
    UnknownFile,
    /// The set is still being worked on.
    #[error("the set is not finished")]
    NotFinished(Box<generations::Model>),
    /// None of its posters was made.
    #[error("the set has no posters")]
    NoPosters,
    /// The product could not be cut out of any photo.
    #[error("the product could not be cut out")]
    NoCutOut,
    /// It was made by a version of the program whose recipes this one does not read.
    #[error("the recipe of the set has another version")]
    OtherVersion,
    /// The studio said no.
    #[error(transparent)]
    Studio(#[from] StudioError),
    /// Anything else.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl ExportError {
    /// What a person is told, for what a person can do something about.
    pub const fn message(&self, locale: Locale) -> Option<&'static str> {
        Some(match self {
            Self::UnknownMarket => locale.pick("没有这个平台", "There is no such marketplace"),
            Self::UnknownFile => locale.pick("没有这个导出文件", "There is no such export"),
            Self::NotFinished(_) => locale
                .pick("这套海报还在生成，请完成后再导出", "The set is still being made; export it when it is finished"),
            Self::NoPosters => locale.pick("这套海报没有可导出的图片", "This set has no posters to export"),
            Self::NoCutOut => locale.pick(
                "照片中的商品无法干净抠出，请换用纯色背景或透明背景的照片",
                "The product could not be cut out cleanly; take its photo on a plain or transparent ground",
            ),
            Self::OtherVersion => locale.pick(
                "这套海报由其他版本的程序生成，无法重新排版导出；原图仍可下载",
                "This set was made by another version of the program and cannot be set anew; its pictures can be \
                 downloaded as they are",
            ),
            Self::Studio(_) | Self::Service(_) => return None,
        })
    }

    /// The error of work that several requests waited for: each of them is told.
    fn shared(error: Arc<Self>) -> Self {
        Arc::try_unwrap(error).unwrap_or_else(|error| match &*error {
            Self::OtherVersion => Self::OtherVersion,
            other => ServiceError::Corrupt(other.to_string()).into(),
        })
    }
}

impl From<RecipeError> for ExportError {
    fn from(error: RecipeError) -> Self {
        match error {
            RecipeError::Version(_) => Self::OtherVersion,
            other => StudioError::from(other).into(),
        }
    }
}

/// The exports of all sets. Cheap to clone.
#[derive(Clone)]
pub struct Exports {
    context: Context,
    studio: Studio,
    plans: Cache<String, Arc<SetPlan>>,
    packs: Arc<Semaphore>,
}

impl std::fmt::Debug for Exports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Exports")
    }
}

/// A finished set and what its exports are made from.
#[derive(Clone, Debug)]
pub(super) struct FinishedSet {
    pub(super) generation: generations::Model,
    pub(super) folder: GenerationFolder,
    /// The posters that were made, in the catalogue's order.
    pub(super) posters: Vec<MadePoster>,
}

/// A poster that was made, with its pictures.
#[derive(Clone, Debug)]
pub(super) struct MadePoster {
    pub(super) dimension: Dimension,
    /// The one that its seller chose, or the newest.
    current: RevisionName,
    /// Newest first; never empty.
    revisions: Vec<RevisionName>,
}

impl MadePoster {
    /// The picture that its seller sees.
    pub(super) const fn current(&self) -> RevisionName {
        self.current
    }
}

/// A picture that was composed, so that it can be composed again.
pub(super) struct Composed {
    pub(super) dimension: Dimension,
    pub(super) revision: RevisionName,
    pub(super) origin: Origin,
    /// Whether a model painted the product into the stored background.
    pub(super) product_painted: bool,
    /// Whether its background is a stored picture that nothing could draw again.
    keeps_ground: bool,
    /// What brushes laid on it.
    patches: Vec<PatchPlace>,
    recipe: Bytes,
}

impl Composed {
    /// Names it within its set: `00-prime`.
    pub(super) fn file_stem(&self) -> String {
        self.revision.file_stem(self.dimension)
    }
}

impl FinishedSet {
    /// Which posters were made.
    pub(super) fn dimensions(&self) -> Vec<Dimension> {
        self.posters.iter().map(|poster| poster.dimension).collect()
    }

    fn poster(&self, dimension: Dimension) -> Result<&MadePoster, ExportError> {
        self.posters.iter().find(|poster| poster.dimension == dimension).ok_or(ExportError::UnknownFile)
    }
}

impl Exports {
    /// Exports of this service's sets, made by this studio.
    pub fn new(context: Context, studio: Studio) -> Self {
        let plans = Cache::builder().max_capacity(PLANS_MAX).time_to_idle(Duration::from_mins(2)).build();
        Self { context, studio, plans, packs: Arc::new(Semaphore::new(PACKS_AT_ONCE)) }
    }

    /// One export by the name that its address ends with. The caller has made sure that the viewer may
    /// see the generation.
    ///
    /// # Errors
    /// [`ExportError`]; all but `Studio` and `Service` are for the client to act on.
    pub async fn file(&self, generation: &generations::Model, name: &str) -> Result<Bytes, ExportError> {
        let name: ExportName = name.parse()?;
        let set = self.finished(generation).await?;
        self.made(&set, name).await
    }

    /// A marketplace's pack of a set, checked and ready to be made file by file. The caller has made
    /// sure that the viewer may see the generation.
    ///
    /// # Errors
    /// [`ExportError`] as for [`Self::file`].
    pub async fn pack(&self, generation: &generations::Model, market: &str) -> Result<Pack, ExportError> {
        let market: &'static Market = exports::market(market).ok_or(ExportError::UnknownMarket)?;
        let set = self.finished(generation).await?;
        // A set that cannot be set anew is refused here, before the first byte of a pack is sent.
        self.plan(&set).await?;
        Ok(Pack::new(self.clone(), set, market))
    }

    /// How a set of the viewer's keeps a marketplace's rules: every file is made (or found made) and
    /// measured.
    ///
    /// # Errors
    /// [`ExportError`]; `Service` with `NotFound` for a set that is not the viewer's.
    pub async fn check(&self, viewer: &Viewer, generation_id: &str, market: &str) -> Result<PackCheck, ExportError> {
        viewer.require(ApiScope::HistoryRead)?;
        if exports::market(market).is_none() {
            return Err(ExportError::UnknownMarket);
        }
        let own = history::generation(&self.context, viewer, generation_id).await?;
        let mut pack = self.pack(&own.ok_or(ServiceError::NotFound)?, market).await?;
        while pack.next().await?.is_some() {}
        Ok(pack.into_check())
    }

    async fn finished(&self, generation: &generations::Model) -> Result<FinishedSet, ExportError> {
        if matches!(generation.state, GenerationState::Queued | GenerationState::Running) {
            return Err(ExportError::NotFinished(Box::new(generation.clone())));
        }
        let rows = scopes::posters_of(generation.user_id, &generation.id)
            .filter(posters::Column::State.eq(PosterState::Succeeded))
            .order_by_asc(posters::Column::Dimension)
            .all(self.context.database.read())
            .await
            .map_err(ServiceError::from)?;
        let pictures = revisions::Entity::find()
            .filter(revisions::Column::PosterId.is_in(rows.iter().map(|row| row.id)))
            .all(self.context.database.read())
            .await
            .map_err(ServiceError::from)?;
        let made = |row: &posters::Model| {
            let own = pictures.iter().filter(|picture| picture.poster_id == row.id);
            let mut revisions: Vec<RevisionName> = own.filter_map(|picture| picture.name.parse().ok()).collect();
            revisions.sort_unstable_by(|a, b| b.cmp(a));
            let dimension = Dimension::from_index(row.dimension)?;
            let chosen = pictures.iter().find(|picture| Some(picture.id) == row.current_revision_id);
            let chosen = chosen.and_then(|picture| picture.name.parse().ok());
            let current = chosen.or(revisions.first().copied())?;
            Some(MadePoster { dimension, current, revisions })
        };
        let posters: Vec<MadePoster> = rows.iter().filter_map(made).collect();
        if posters.is_empty() {
            return Err(ExportError::NoPosters);
        }
        let folder = GenerationFolder::new(generation.user_id, &generation.id);
        Ok(FinishedSet { generation: generation.clone(), folder, posters })
    }

    /// A picture of a poster as its seller sees it.
    async fn shown(
        &self,
        set: &FinishedSet,
        dimension: Dimension,
        revision: RevisionName,
    ) -> Result<Shown, ExportError> {
        let composed = self.composed(set, dimension, revision).await?;
        Ok(if composed.revision == revision { Shown::Layers(composed) } else { Shown::Pixels(revision) })
    }

    /// The newest picture of a poster that was composed, not newer than `newest`. One that a model painted
    /// over as a whole cannot be set anew: the one before it stands in.
    pub(super) async fn composed(
        &self,
        set: &FinishedSet,
        dimension: Dimension,
        newest: RevisionName,
    ) -> Result<Composed, ExportError> {
        let poster = set.poster(dimension)?;
        let from = poster.revisions.iter().position(|revision| *revision == newest).ok_or(ExportError::UnknownFile)?;
        for revision in poster.revisions[from..].iter().copied() {
            match self.context.storage.get(&set.folder.recipe(dimension, revision)).await {
                Ok(recipe) => {
                    let json: Result<serde_json::Value, _> = serde_json::from_slice(&recipe);
                    let json: serde_json::Value = json.map_err(|error| ServiceError::Corrupt(error.to_string()))?;
                    if json["composed"] == false {
                        continue;
                    }
                    let product_painted = json["productPainted"].as_bool().unwrap_or(false);
                    return Ok(Composed {
                        dimension,
                        revision,
                        origin: Origin::of_recipe(&json),
                        product_painted,
                        keeps_ground: json["changes"]["ground"] == "stored",
                        patches: patches_of(&json)?,
                        recipe,
                    });
                }
                Err(StorageError::NotFound(_)) => {}
                Err(error) => return Err(ServiceError::from(error).into()),
            }
        }
        Err(ExportError::UnknownFile)
    }

    /// The plan that the set was painted from.
    async fn plan(&self, set: &FinishedSet) -> Result<Arc<SetPlan>, ExportError> {
        let first = self.composed(set, set.posters[0].dimension, RevisionName::Prime).await?;
        self.plan_of(set, &first).await
    }

    /// The plan that a picture was composed from, read back from its recipe: no model is asked again.
    /// What was generated together shares one plan, an edit may have words of its own.
    pub(super) async fn plan_of(&self, set: &FinishedSet, composed: &Composed) -> Result<Arc<SetPlan>, ExportError> {
        let key = match composed.revision {
            RevisionName::Prime => set.generation.id.clone(),
            RevisionName::Edit(_) => format!("{}/{}", set.generation.id, composed.file_stem()),
        };
        self.plans.try_get_with(key, self.planned(set, &composed.recipe)).await.map_err(ExportError::shared)
    }

    async fn planned(&self, set: &FinishedSet, recipe: &[u8]) -> Result<Arc<SetPlan>, ExportError> {
        let corrupt = |what: String| ExportError::from(ServiceError::Corrupt(what));
        // Held while photos are read: boxed, it does not make every future around it larger.
        let recipe = Box::new(Recipe::parse(recipe)?);
        let ids = history::photo_ids(&set.generation)?;
        let rows: Vec<uploads::Model> = history::uploads_by_id(&self.context, &ids).await?;
        let mut photos = Vec::with_capacity(ids.len());
        for id in &ids {
            let row =
                rows.iter().find(|row| row.id == *id).ok_or_else(|| corrupt(format!("the photo {id} is gone")))?;
            let bytes = self.context.storage.get(&row.object_key).await.map_err(ServiceError::from)?;
            let decoded = self.studio.work(move || imaging::decode(&bytes, &ImageLimits::default())).await?;
            let photo = decoded.map_err(|_| corrupt(format!("the photo {id} cannot be decoded")))?;
            photos.push(BriefPhoto { photo: Arc::new(photo), sha256: row.sha256.clone() });
        }
        Ok(Arc::new(self.studio.plan_again(&recipe, &photos).await?))
    }

    /// Where the exports of a set are kept.
    fn cache_key(set: &FinishedSet, name: &str) -> String {
        format!("{}/{name}", exports_folder(set.generation.user_id, &set.generation.id))
    }

    /// What is kept under a name, if it is.
    async fn kept(&self, set: &FinishedSet, name: &str) -> Option<Bytes> {
        self.context.storage.get(&Self::cache_key(set, name)).await.ok()
    }

    /// Keeps a result; a failure costs only the next request.
    async fn keep(&self, set: &FinishedSet, name: &str, bytes: Bytes) {
        if let Err(error) = self.context.storage.put(&Self::cache_key(set, name), bytes).await {
            tracing::warn!(%error, name, generation = set.generation.id, "an export could not be kept");
        }
    }
}
