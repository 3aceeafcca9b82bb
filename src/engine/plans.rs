//! Plans of sets under way: made once per process and generation, shared by its posters.

use std::sync::Arc;

use ::entity::{generations, uploads};
use moka::future::Cache;

use crate::{
    domain::{BilingualLayout, Composition, PosterFormat, StyleChoice, TypographyStyle, VisualStyle},
    imaging::{self, ImageLimits},
    storage::{Storage, StorageError},
    studio::{Brief, BriefPhoto, SetPlan, Studio, StudioError, Thought},
};

/// Plans kept at the same time; each holds the decoded product, some tens of megabytes.
const PLANS_MAX: u64 = 8;

/// Why a plan could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The studio said no.
    #[error(transparent)]
    Studio(#[from] StudioError),
    /// A photo could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A stored photo is no picture any more.
    #[error("a stored photo cannot be decoded")]
    Photo,
    /// Decoding panicked.
    #[error("decoding was interrupted")]
    Interrupted,
}

/// The cache. What was finished stays a while, because that is when sellers change it. A miss is made once, however many posters ask for it at the same time; a crash or an
/// eviction costs a repeat, nothing else, because a plan follows from the rows and the seed.
pub(super) struct PlanCache(Cache<String, Arc<SetPlan>>);

impl PlanCache {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(PLANS_MAX).time_to_idle(std::time::Duration::from_secs(120)).build())
    }

    /// The plan of a generation; `uploads` are its photos, in its order, and `thought` is what is kept
    /// of it.
    pub(super) async fn get(
        &self,
        generation: &generations::Model,
        uploads: &[uploads::Model],
        thought: Option<Thought>,
        storage: &Storage,
        studio: &Studio,
    ) -> Result<Arc<SetPlan>, Arc<PlanError>> {
        self.0
            .try_get_with(generation.id.clone(), async {
                let brief = brief(generation, uploads, storage).await?;
                let plan = match thought {
                    Some(thought) => studio.plan_with(&brief, thought).await?,
                    None => studio.plan(&brief).await?,
                };
                Ok(Arc::new(composed(plan, generation)))
            })
            .await
    }

    /// Keeps a plan that was made together with its thought.
    pub(super) async fn keep(&self, generation: &generations::Model, plan: SetPlan) -> Arc<SetPlan> {
        let plan = Arc::new(composed(plan, generation));
        self.0.insert(generation.id.clone(), Arc::clone(&plan)).await;
        plan
    }
}

fn composed(plan: SetPlan, generation: &generations::Model) -> SetPlan {
    plan.composed(Composition::from_code(&generation.composition))
}

/// What a set is made from, with its photos decoded.
pub(super) async fn brief(
    generation: &generations::Model,
    uploads: &[uploads::Model],
    storage: &Storage,
) -> Result<Brief, PlanError> {
    let mut photos = Vec::with_capacity(uploads.len());
    for upload in uploads {
        let bytes = storage.get(&upload.object_key).await?;
        let photo = tokio::task::spawn_blocking(move || imaging::decode(&bytes, &ImageLimits::default()))
            .await
            .map_err(|_| PlanError::Interrupted)?
            .map_err(|_| PlanError::Photo)?;
        photos.push(BriefPhoto { photo: Arc::new(photo), sha256: upload.sha256.clone() });
    }
    Ok(Brief {
        seed: generation.seed.unsigned_abs(),
        description: generation.description.clone(),
        product_name: generation.product_name.clone(),
        photos,
        format: PosterFormat::from_code(&generation.format).unwrap_or(PosterFormat::Portrait9x16),
        style: style_choice(generation),
    })
}

/// What is settled already holds; what is not is the seller's wish.
fn style_choice(generation: &generations::Model) -> StyleChoice {
    let either = |settled: &Option<String>, wished: &Option<String>| settled.clone().or_else(|| wished.clone());
    StyleChoice {
        visual: either(&generation.visual, &generation.requested_visual).and_then(|code| VisualStyle::from_code(&code)),
        typography: either(&generation.typography, &generation.requested_typography)
            .and_then(|code| TypographyStyle::from_code(&code)),
        layout: either(&generation.layout, &generation.requested_layout)
            .and_then(|code| BilingualLayout::from_code(&code)),
    }
}
