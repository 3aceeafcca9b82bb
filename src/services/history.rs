//! Reading back: pages of generations and the rows that hang on them, one query each.

use ::entity::{edits, enums::EditState, generations, posters, revisions, scopes, uploads};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Func, LikeExpr},
};

use serde_json::Value;

use super::{ApiScope, Context, ServiceError, Viewer};
use crate::{
    domain::{PictureNote, RevisionName},
    storage::{GenerationFolder, StorageError},
    studio,
};

/// Where a generation stands in the history: newest first, the id breaks ties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryCursor {
    /// `created_at_ms` of the row.
    pub created_at_ms: i64,
    /// Its id.
    pub id: String,
}

impl From<&generations::Model> for HistoryCursor {
    fn from(row: &generations::Model) -> Self {
        Self { created_at_ms: row.created_at_ms, id: row.id.clone() }
    }
}

/// A keyset window over a list that is newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window<Cursor> {
    /// Rows at most.
    pub limit: u64,
    /// Only rows after this one in list order.
    pub after: Option<Cursor>,
    /// Only rows before this one in list order.
    pub before: Option<Cursor>,
    /// Count from the end of the list instead of its start; the page still comes in list order.
    pub from_end: bool,
}

/// A page in list order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<Row> {
    /// The rows.
    pub rows: Vec<Row>,
    /// Whether the list goes on in the direction that was read.
    pub has_more: bool,
}

impl<Row> Page<Row> {
    /// Makes a page of at most `limit` rows out of the `limit + 1` that were read, turning them
    /// back into list order when they were read from the end.
    pub fn from_overfetched(mut rows: Vec<Row>, limit: u64, from_end: bool) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        if from_end {
            rows.reverse();
        }
        Self { rows, has_more }
    }
}

/// A page of the viewer's generations, newest first, optionally only those whose product name or
/// description contains a text.
///
/// # Errors
/// `Forbidden` or `Database`.
pub async fn generations_page(
    context: &Context,
    viewer: &Viewer,
    search: Option<&str>,
    window: &Window<HistoryCursor>,
) -> Result<Page<generations::Model>, ServiceError> {
    viewer.require(ApiScope::HistoryRead)?;
    let (created, id) = (generations::Column::CreatedAtMs, generations::Column::Id);
    let mut query = scopes::generations_of(viewer.user_id).filter(matching(search));
    if let Some(cursor) = &window.after {
        query = query.filter(
            Condition::any()
                .add(created.lt(cursor.created_at_ms))
                .add(created.eq(cursor.created_at_ms).and(id.lt(cursor.id.as_str()))),
        );
    }
    if let Some(cursor) = &window.before {
        query = query.filter(
            Condition::any()
                .add(created.gt(cursor.created_at_ms))
                .add(created.eq(cursor.created_at_ms).and(id.gt(cursor.id.as_str()))),
        );
    }
    query = if window.from_end {
        query.order_by_asc(created).order_by_asc(id)
    } else {
        query.order_by_desc(created).order_by_desc(id)
    };
    let rows = query.limit(window.limit + 1).all(context.database.read()).await?;
    Ok(Page::from_overfetched(rows, window.limit, window.from_end))
}

/// How many generations [`generations_page`] would list in all.
///
/// # Errors
/// `Forbidden` or `Database`.
pub async fn generations_count(context: &Context, viewer: &Viewer, search: Option<&str>) -> Result<u64, ServiceError> {
    viewer.require(ApiScope::HistoryRead)?;
    Ok(scopes::generations_of(viewer.user_id).filter(matching(search)).count(context.database.read()).await?)
}

/// One generation of the viewer, or nothing: missing, deleted and somebody else's look the same.
///
/// # Errors
/// `Forbidden` or `Database`.
pub async fn generation(
    context: &Context,
    viewer: &Viewer,
    id: &str,
) -> Result<Option<generations::Model>, ServiceError> {
    viewer.require(ApiScope::HistoryRead)?;
    Ok(scopes::generation_of(viewer.user_id, id).one(context.database.read()).await?)
}

/// The viewer's active generation, if there is one.
///
/// # Errors
/// `Database`.
pub async fn active_generation(context: &Context, viewer: &Viewer) -> Result<Option<generations::Model>, ServiceError> {
    use ::entity::enums::GenerationState;
    Ok(scopes::generations_of(viewer.user_id)
        .filter(generations::Column::State.is_in([GenerationState::Queued, GenerationState::Running]))
        .one(context.database.read())
        .await?)
}

/// All posters of several generations, in the catalogue's order. The caller has scoped the ids.
///
/// # Errors
/// `Database`.
pub async fn posters_of_generations(
    context: &Context,
    generation_ids: &[String],
) -> Result<Vec<posters::Model>, ServiceError> {
    Ok(posters::Entity::find()
        .filter(posters::Column::GenerationId.is_in(generation_ids.iter().map(String::as_str)))
        .order_by_asc(posters::Column::GenerationId)
        .order_by_asc(posters::Column::Dimension)
        .all(context.database.read())
        .await?)
}

/// All revisions of several posters: prime first, then the edits in order. The caller has scoped
/// the ids.
///
/// # Errors
/// `Database`.
pub async fn revisions_of_posters(
    context: &Context,
    poster_ids: &[i64],
) -> Result<Vec<revisions::Model>, ServiceError> {
    Ok(revisions::Entity::find()
        .filter(revisions::Column::PosterId.is_in(poster_ids.iter().copied()))
        .order_by_asc(revisions::Column::PosterId)
        .order_by_asc(revisions::Column::Id)
        .all(context.database.read())
        .await?)
}

/// What a seller should know about a stored picture, from the recipe beside it.
///
/// A picture without a recipe has none. Nor has one whose recipe cannot be read now: that is logged,
/// for a hint is no reason to fail a page.
pub async fn notes_of_revision(context: &Context, revision: &revisions::Model) -> Vec<PictureNote> {
    recipe_of_revision(context, revision).await.map(|recipe| studio::notes_of(&recipe)).unwrap_or_default()
}

/// The recipe beside a stored picture. `None` where there is none, or none that can be read now, which is
/// logged.
pub async fn recipe_of_revision(context: &Context, revision: &revisions::Model) -> Option<Value> {
    let stem = revision.file_name.split('.').next().unwrap_or_default();
    let (dimension, name) = RevisionName::parse_file_stem(stem)?;
    let key = GenerationFolder::new(revision.user_id, &revision.generation_id).recipe(dimension, name);
    let json = match context.storage.get(&key).await {
        Ok(json) => json,
        Err(StorageError::NotFound(_)) => return None,
        Err(error) => {
            tracing::warn!(%error, key, "a recipe could not be read");
            return None;
        }
    };
    serde_json::from_slice(&json).ok()
}

/// The active edits of several posters (one each at most). The caller has scoped the ids.
///
/// # Errors
/// `Database`.
pub async fn active_edits_of_posters(context: &Context, poster_ids: &[i64]) -> Result<Vec<edits::Model>, ServiceError> {
    Ok(edits::Entity::find()
        .filter(edits::Column::PosterId.is_in(poster_ids.iter().copied()))
        .filter(edits::Column::State.is_in([EditState::Queued, EditState::Running]))
        .all(context.database.read())
        .await?)
}

/// Several uploads by id. The caller has scoped the ids.
///
/// # Errors
/// `Database`.
pub async fn uploads_by_id(context: &Context, ids: &[String]) -> Result<Vec<uploads::Model>, ServiceError> {
    Ok(uploads::Entity::find()
        .filter(uploads::Column::Id.is_in(ids.iter().map(String::as_str)))
        .all(context.database.read())
        .await?)
}

/// The upload ids that a generation was made from.
///
/// # Errors
/// `Corrupt` when the stored list does not read.
pub fn photo_ids(generation: &generations::Model) -> Result<Vec<String>, ServiceError> {
    serde_json::from_str(&generation.photo_ids).map_err(|error| ServiceError::Corrupt(error.to_string()))
}

fn matching(search: Option<&str>) -> Condition {
    let Some(text) = search.map(str::trim).filter(|text| !text.is_empty()) else { return Condition::all() };
    // `%` and `_` that a seller types are letters to look for, not wildcards.
    let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let pattern = || LikeExpr::new(format!("%{escaped}%")).escape('\\');
    let lowered = |column: generations::Column| Expr::expr(Func::lower(Expr::col(column)));
    Condition::any()
        .add(lowered(generations::Column::ProductName).like(pattern()))
        .add(lowered(generations::Column::Description).like(pattern()))
}
