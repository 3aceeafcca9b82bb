//! What a seller takes away from a finished set, at no cost: posters in one language or without
//! words, the product on white, and packs for marketplaces with their rules checked.
//!
//! Everything is made when it is first asked for and kept under `cache/exports`, where it may be
//! deleted at any time. Pixel work goes through the studio's limit of one piece per core, and few
//! packs are made at once; no credits move.

mod make;
mod pack;

use std::{sync::Arc, time::Duration};

use ::entity::{
    enums::{GenerationState, PosterState},
    generations, posters, scopes, uploads,
};
use bytes::Bytes;
use moka::future::Cache;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use tokio::sync::Semaphore;

use super::{ApiScope, Context, ServiceError, Viewer, history};
use crate::{
    domain::{Dimension, Locale, RevisionName},
    exports::{self, Market},
    imaging::{self, ImageLimits},
    storage::{GenerationFolder, exports_folder},
    studio::{BriefPhoto, Recipe, SetPlan, Studio, StudioError},
};

pub use make::{ExportName, WHITE_MAIN_FILE, WHITE_MAIN_SIDE, export_path, market_file, poster_file};
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
            Self::Studio(_) | Self::Service(_) => return None,
        })
    }
}

impl<E> From<Arc<E>> for ExportError
where
    E: std::fmt::Display,
{
    fn from(shared: Arc<E>) -> Self {
        ServiceError::Corrupt(shared.to_string()).into()
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
    pub(super) posters: Vec<Dimension>,
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
        let plan = self.plan(&set).await?;
        Ok(Pack::new(self.clone(), set, plan, market))
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
        let posters: Vec<Dimension> = rows.iter().filter_map(|row| Dimension::from_index(row.dimension)).collect();
        if posters.is_empty() {
            return Err(ExportError::NoPosters);
        }
        let folder = GenerationFolder::new(generation.user_id, &generation.id);
        Ok(FinishedSet { generation: generation.clone(), folder, posters })
    }

    /// The plan that the set was painted from, read back from a recipe: no model is asked again.
    async fn plan(&self, set: &FinishedSet) -> Result<Arc<SetPlan>, ExportError> {
        let made = self.plans.try_get_with(set.generation.id.clone(), self.planned(set)).await;
        made.map_err(|error: Arc<ExportError>| Arc::try_unwrap(error).unwrap_or_else(ExportError::from))
    }

    async fn planned(&self, set: &FinishedSet) -> Result<Arc<SetPlan>, ExportError> {
        let corrupt = |what: String| ExportError::from(ServiceError::Corrupt(what));
        let recipe_key = set.folder.recipe(set.posters[0], RevisionName::Prime);
        let json = self.context.storage.get(&recipe_key).await.map_err(ServiceError::from)?;
        let recipe = Recipe::parse(&json).map_err(StudioError::from)?;
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
