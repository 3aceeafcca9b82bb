//! Opens stored pictures again: what an edit starts from, and what its set was planned with.

use std::sync::Arc;

use ::entity::{generations, revisions, uploads};
use bytes::Bytes;
use image::RgbaImage;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::Value;

use super::{
    hero,
    plans::{PlanCache, PlanError},
};
use crate::{
    database::Database,
    domain::{Dimension, RevisionName},
    imaging::{self, ImageLimits},
    storage::{GenerationFolder, Storage, StorageError},
    studio::{EditBase, EditPatch, PatchPlace, SetPlan, Studio, Thought},
};

/// Stored pictures and the plans of their sets. Cheap to clone; clones share the plans.
#[derive(Clone)]
pub struct Pictures {
    pub(super) database: Database,
    pub(super) storage: Storage,
    pub(super) studio: Studio,
    pub(super) plans: Arc<PlanCache>,
}

impl std::fmt::Debug for Pictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pictures")
    }
}

/// Why a stored picture cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The database said no.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// The store said no.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The plan of its set cannot be made.
    #[error(transparent)]
    Plan(#[from] Arc<PlanError>),
    /// A row or file does not read.
    #[error("{0}")]
    Corrupt(&'static str),
    /// Decoding panicked.
    #[error("decoding was interrupted")]
    Interrupted,
}

impl Pictures {
    /// The pictures of this store, set by this studio.
    pub fn new(database: Database, storage: Storage, studio: Studio) -> Self {
        Self { database, storage, studio, plans: Arc::new(PlanCache::new()) }
    }

    /// Where these pictures are stored.
    pub const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Who makes these pictures.
    pub const fn studio(&self) -> &Studio {
        &self.studio
    }

    /// What a set was planned with: made by whoever needs it first, from the thought that is kept.
    ///
    /// # Errors
    /// [`PictureError`]; `Corrupt` when the row of a photo is missing.
    pub async fn plan(&self, generation: &generations::Model) -> Result<Arc<SetPlan>, PictureError> {
        let photos = self.photos(generation).await?;
        let kept = hero::set_plan(self.database.read(), &generation.id).await?.and_then(|kept| kept.thought);
        let thought = kept.and_then(|thought| match serde_json::from_str::<Thought>(&thought) {
            Ok(thought) => Some(thought),
            Err(error) => {
                tracing::error!(%error, generation = generation.id, "a kept thought does not read; the rules think again");
                None
            }
        });
        Ok(self.plans.get(generation, &photos, thought, &self.storage, &self.studio).await?)
    }

    /// The rows of a set's photos, in its order.
    pub(super) async fn photos(&self, generation: &generations::Model) -> Result<Vec<uploads::Model>, PictureError> {
        let ids: Vec<String> = serde_json::from_str(&generation.photo_ids)
            .map_err(|_| PictureError::Corrupt("the list of photos does not read"))?;
        let rows = uploads::Entity::find()
            .filter(uploads::Column::Id.is_in(ids.iter().map(String::as_str)))
            .all(self.database.read())
            .await?;
        let photos: Vec<uploads::Model> =
            ids.iter().filter_map(|id| rows.iter().find(|row| row.id == *id)).cloned().collect();
        if photos.len() == ids.len() { Ok(photos) } else { Err(PictureError::Corrupt("the row of a photo is missing")) }
    }

    /// A picture as an edit starts from it: the lossless master where one is kept, else the decoded
    /// JPEG; its recipe, its background, and what brushes laid on it.
    ///
    /// # Errors
    /// [`PictureError`]; a recipe that is missing or does not read leaves a picture without one.
    pub async fn base(&self, row: &revisions::Model) -> Result<EditBase, PictureError> {
        let stem = row.file_name.split('.').next().unwrap_or_default();
        let (dimension, name) =
            RevisionName::parse_file_stem(stem).ok_or(PictureError::Corrupt("the name of a picture does not read"))?;
        let folder = GenerationFolder::new(row.user_id, &row.generation_id);
        let key = if row.master_sha256.is_some() { folder.master(dimension, name) } else { row.object_key.clone() };
        let pixels = decoded(self.storage.get(&key).await?).await?;
        let recipe = match self.optional(&folder.recipe(dimension, name)).await? {
            Some(json) => serde_json::from_slice::<Value>(&json)
                .map_err(|error| tracing::warn!(%error, revision = row.id, "a recipe does not read"))
                .ok(),
            None => None,
        };
        let plate = self.optional(&folder.plate(dimension, name)).await?;
        let patches = match &recipe {
            Some(recipe) => self.patches(&folder, dimension, recipe).await?,
            None => Vec::new(),
        };
        Ok(EditBase { dimension, name, pixels, recipe: recipe.map(Arc::new), plate, patches })
    }

    /// The patches that a recipe names, in its order.
    async fn patches(
        &self,
        folder: &GenerationFolder,
        dimension: Dimension,
        recipe: &Value,
    ) -> Result<Vec<EditPatch>, PictureError> {
        let mut patches = Vec::new();
        for listed in recipe["patches"].as_array().into_iter().flatten() {
            let unreadable = || PictureError::Corrupt("the list of patches does not read");
            let place: PatchPlace = serde_json::from_value(listed.clone()).map_err(|_| unreadable())?;
            let name: RevisionName = place.name.parse().map_err(|_| unreadable())?;
            let pixels = decoded(self.storage.get(&folder.patch(dimension, name)).await?).await?;
            patches.push(EditPatch { place, pixels });
        }
        Ok(patches)
    }

    async fn optional(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
        match self.storage.get(key).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StorageError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A stored picture's pixels; it was ours when it was stored, so a fault is a defect.
async fn decoded(bytes: Bytes) -> Result<Arc<RgbaImage>, PictureError> {
    let photo = tokio::task::spawn_blocking(move || imaging::decode(&bytes, &ImageLimits::default()))
        .await
        .map_err(|_| PictureError::Interrupted)?;
    photo.map(|photo| Arc::new(photo.pixels)).map_err(|_| PictureError::Corrupt("a stored picture does not decode"))
}
