//! A set of posters.

use ::entity::{
    enums::{GenerationState as StoredState, PosterState},
    generations, posters, uploads,
};
use async_graphql::{Context, Error, ID, Object, Result, SimpleObject, async_trait::async_trait};

use super::{Poster, Revision};
use crate::{
    domain::{self, Composition, PosterFormat},
    events::Summary,
    exports,
    graphql::{
        ApiError,
        api::{api, load, viewer},
        connection::{TotalCount, connection},
        enums::{
            BilingualLayoutCode, CompositionCode, GenerationState, PosterFormatCode, TypographyStyleCode,
            VisualStyleCode,
        },
        loaders::{CoverOf, PostersOf, RevisionById, UploadOf},
        scalars::{DateTime, int},
    },
    services::{
        exports::{WHITE_MAIN_FILE, export_path, market_file},
        history,
    },
    storage::FileUrl,
};

/// A set of posters made from one product's photos and description.
#[derive(Clone, Debug)]
pub struct Generation(pub generations::Model);

/// A set of posters made from one product's photos and description.
#[Object]
impl Generation {
    /// Names this set; also the name of its folder.
    pub(super) async fn id(&self) -> ID {
        self.0.id.as_str().into()
    }

    /// The product's name; null until it is found.
    async fn product_name(&self) -> Option<&str> {
        self.0.product_name.as_deref()
    }

    /// What the seller wrote.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// How far it has come.
    async fn state(&self) -> GenerationState {
        self.0.state.into()
    }

    /// When it was accepted.
    async fn created_at(&self) -> DateTime {
        DateTime::from_ms(self.0.created_at_ms)
    }

    /// When its last poster ended.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at_ms.map(DateTime::from_ms)
    }

    /// The style of the whole set; null until it is chosen.
    async fn style(&self) -> Option<GenerationStyle> {
        let code = |stored: &Option<String>| stored.clone();
        Some(GenerationStyle {
            visual: domain::VisualStyle::from_code(&code(&self.0.visual)?)?.into(),
            typography: domain::TypographyStyle::from_code(&code(&self.0.typography)?)?.into(),
            layout: domain::BilingualLayout::from_code(&code(&self.0.layout)?)?.into(),
        })
    }

    /// Who painted what.
    async fn composition(&self) -> CompositionCode {
        Composition::from_code(&self.0.composition).into()
    }

    /// The proportions of all posters.
    async fn format(&self) -> PosterFormatCode {
        PosterFormat::from_code(&self.0.format).unwrap_or(PosterFormat::Portrait9x16).into()
    }

    /// The product photos it is made from.
    #[graphql(complexity = "4 * child_complexity")]
    async fn photos(&self, ctx: &Context<'_>) -> Result<Vec<Image>> {
        let ids = history::photo_ids(&self.0).map_err(ApiError::from)?;
        let found = api(ctx).loader.load_many(ids.iter().cloned().map(UploadOf)).await.map_err(ApiError::from)?;
        let image = |id: &String| {
            let upload = found.get(&UploadOf(id.clone()))?.clone();
            Some(Image { generation_id: self.0.id.clone(), upload })
        };
        Ok(ids.iter().filter_map(image).collect())
    }

    /// The picture that stands for the set: the one that its seller chose, else `00-prime`, else the
    /// first poster that succeeded.
    async fn cover(&self, ctx: &Context<'_>) -> Result<Option<Revision>> {
        if let Some(chosen) = self.0.cover_revision_id
            && let Some(row) = load(ctx, RevisionById(chosen)).await?
        {
            return Ok(Some(Revision(row)));
        }
        Ok(load(ctx, CoverOf(self.0.id.clone())).await?.map(Revision))
    }

    /// Its posters in the catalogue's order; skipped dimensions are absent.
    #[graphql(complexity = "10 * child_complexity")]
    async fn posters(&self, ctx: &Context<'_>) -> Result<Vec<Poster>> {
        Ok(self.poster_rows(ctx).await?.iter().cloned().map(Poster).collect())
    }

    /// A signed address of the product alone on pure white, 2000 pixels square. Null until the set is
    /// finished. Answers 422 where the product could not be cut out of any photo.
    async fn white_main_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if self.is_active() {
            return Ok(None);
        }
        Ok(Some(signed_url(ctx, &self.0.id, &export_path(WHITE_MAIN_FILE), None)?))
    }

    /// A signed address of a marketplace's pack: a zip of all pictures in its sizes, folders and names, and
    /// a page of checks. Null until the set is finished, and for a marketplace that does not exist.
    async fn market_pack_url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of one of `exportMarkets`.")] market: String,
    ) -> Result<Option<String>> {
        if self.is_active() || exports::market(&market).is_none() {
            return Ok(None);
        }
        Ok(Some(signed_url(ctx, &self.0.id, &export_path(&market_file(&market)), None)?))
    }

    /// Counts and credits over all posters.
    async fn summary(&self, ctx: &Context<'_>) -> Result<GenerationSummary> {
        Ok(GenerationSummary::over(&self.poster_rows(ctx).await?))
    }

    /// The newest event's `seq`: subscribe `after` it to hear only what is new.
    async fn last_seq(&self) -> ID {
        self.0.last_seq.to_string().into()
    }

    /// Grows with every change; a client ignores an older one.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

impl Generation {
    async fn poster_rows(&self, ctx: &Context<'_>) -> Result<std::sync::Arc<[posters::Model]>, ApiError> {
        Ok(load(ctx, PostersOf(self.0.id.clone())).await?.unwrap_or_default())
    }

    /// Whether something of it is still to be done.
    pub fn is_active(&self) -> bool {
        matches!(self.0.state, StoredState::Queued | StoredState::Running)
    }
}

/// The style that a whole set is made in.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct GenerationStyle {
    /// The overall look.
    pub visual: VisualStyleCode,
    /// How the words are drawn.
    pub typography: TypographyStyleCode,
    /// How Chinese and English share a poster.
    pub layout: BilingualLayoutCode,
}

/// A picture that the seller uploaded.
#[derive(Clone, Debug)]
pub struct Image {
    generation_id: String,
    upload: uploads::Model,
}

/// A picture that the seller uploaded.
#[Object]
impl Image {
    /// The upload's id.
    async fn id(&self) -> ID {
        self.upload.id.as_str().into()
    }

    /// A signed address that a browser may keep.
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Picks a rendition of this width in pixels: 270, 540 or 1080. Left out: the original.")]
        width: Option<i32>,
    ) -> Result<String> {
        Ok(signed_url(ctx, &self.generation_id, &self.upload.id, width)?)
    }

    /// Pixels.
    async fn width(&self) -> i32 {
        int(self.upload.width)
    }

    /// Pixels.
    async fn height(&self) -> i32 {
        int(self.upload.height)
    }
}

/// The address of a file of a generation; the width is rounded up to the next rendition.
///
/// # Errors
/// `BAD_REQUEST` for a width below 1.
pub(super) fn signed_url(
    ctx: &Context<'_>,
    generation_id: &str,
    file_name: &str,
    width: Option<i32>,
) -> Result<String, ApiError> {
    use crate::graphql::ErrorCode;
    let width = match width {
        None => None,
        Some(width) => {
            let width = u32::try_from(width).ok().filter(|width| *width > 0).ok_or(ErrorCode::BadRequest)?;
            crate::storage::RENDITION_WIDTHS.into_iter().find(|rendition| *rendition >= width)
        }
    };
    let services = &api(ctx).services;
    Ok(services.urls.sign(&FileUrl { generation_id, file_name, width }, services.clock.now_ms()))
}

/// The address of a picture that may be replaced under its name: a poster made again after a refund
/// stands where the free picture stood. Browsers keep pictures by their address, so it tells which
/// content it means.
///
/// # Errors
/// As for [`signed_url`].
pub(super) fn versioned_url(
    ctx: &Context<'_>,
    (generation_id, file_name): (&str, &str),
    sha256: &str,
    width: Option<i32>,
) -> Result<String, ApiError> {
    let version: String = sha256.chars().take(12).collect();
    signed_url(ctx, generation_id, file_name, width).map(|url| format!("{url}&v={version}"))
}

/// Counts and credits over the posters of a set.
#[derive(SimpleObject, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GenerationSummary {
    /// Posters in the set.
    pub total: i32,
    /// Of these, stored.
    pub succeeded: i32,
    /// Of these, refunded.
    pub refunded: i32,
    /// Of these, cancelled.
    pub canceled: i32,
    /// Credits spent on posters (edits not counted).
    pub credits_captured: i32,
    /// Credits given back for posters, all attempts.
    pub credits_released: i32,
}

impl GenerationSummary {
    fn over(posters: &[posters::Model]) -> Self {
        let count = |state: PosterState| int(posters.iter().filter(|poster| poster.state == state).count() as i64);
        Self {
            total: int(posters.len() as i64),
            succeeded: count(PosterState::Succeeded),
            refunded: count(PosterState::Refunded),
            canceled: count(PosterState::Canceled),
            credits_captured: int(posters.iter().map(|poster| poster.credits_captured).sum()),
            credits_released: int(posters.iter().map(|poster| poster.credits_released).sum()),
        }
    }
}

impl From<Summary> for GenerationSummary {
    fn from(summary: Summary) -> Self {
        Self {
            total: int(summary.total),
            succeeded: int(summary.succeeded),
            refunded: int(summary.refunded),
            canceled: int(summary.canceled),
            credits_captured: int(summary.credits_captured),
            credits_released: int(summary.credits_released),
        }
    }
}

connection!(
    GenerationConnection,
    GenerationEdge,
    Generation,
    "A page of generations, newest first.",
    "A generation and its place in the list."
);

/// Counts the viewer's generations that a search finds.
pub(in crate::graphql) struct GenerationCount {
    pub(in crate::graphql) search: Option<String>,
}

#[async_trait]
impl TotalCount for GenerationCount {
    async fn count(&self, ctx: &Context<'_>) -> Result<i32, Error> {
        let counted = history::generations_count(&api(ctx).services, viewer(ctx)?, self.search.as_deref()).await;
        Ok(int(counted.map_err(ApiError::from)? as i64))
    }
}
