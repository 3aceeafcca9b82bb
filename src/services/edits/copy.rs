//! `updatePosterCopy`: other words on a composed poster, or on all posters of its set, for nothing.

use ::entity::{generations, posters, revisions, scopes};
use futures_util::future::try_join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{ApiScope, Edits, FieldRefusal, PictureName, ServiceError, Viewer, not_found};
use crate::{
    domain::validation::Refusal,
    engine::{
        edited_store,
        edits::{ordinal_take_in_txn, revision_give_in_txn},
        settle,
    },
    events::Topic,
    storage::GenerationFolder,
    studio::{CopyChange, CopyError, EditedPoster, Studio},
};

/// Lines that one request may change.
const LINES_MAX: usize = 64;

/// What a seller asks for.
#[derive(Clone, Debug)]
pub struct UpdateCopy {
    /// The picture whose words are changed.
    pub base: PictureName,
    /// The lines to change.
    pub lines: Vec<CopyChange>,
    /// Whether lines that all posters of the set have in common are changed on all of them.
    pub set_wide: bool,
}

/// What became of other words.
#[derive(Debug)]
pub enum CopyOutcome {
    /// Set: the new pictures, the named poster's first.
    Updated(Vec<revisions::Model>),
    /// Fields that cannot be taken.
    Invalid(Vec<FieldRefusal>),
}

impl Edits {
    /// Sets other words on a composed poster as a new picture; no credits move. Set-wide, each other
    /// poster that has the line gets a new picture too; one that cannot be set again is left as it is.
    ///
    /// # Errors
    /// `Forbidden`, `Storage`, `Database` or `Corrupt`.
    pub async fn update_copy(&self, viewer: &Viewer, input: UpdateCopy) -> Result<CopyOutcome, ServiceError> {
        viewer.require(ApiScope::GenerationsWrite)?;
        let refuse = |path: &str, refusal| Ok(CopyOutcome::Invalid(vec![FieldRefusal::new(path, refusal)]));
        if input.lines.is_empty() {
            return refuse("lines", Refusal::Required);
        }
        if input.lines.len() > LINES_MAX {
            return refuse("lines", Refusal::TooLong);
        }
        let reader = self.context.database.read();
        let Some((poster, base)) = self.picture(viewer, &input.base).await? else {
            return Ok(CopyOutcome::Invalid(not_found("baseRevisionId")));
        };
        let generation = scopes::generation_of(viewer.user_id, &input.base.generation_id).one(reader).await?;
        let Some(generation) = generation else { return Ok(CopyOutcome::Invalid(not_found("baseRevisionId"))) };
        let first = match self.reset(&generation, &base, &input.lines).await? {
            Ok(edited) => edited,
            Err(error) => return copy_refused(error, &input.lines),
        };
        let mut updated = vec![self.give(&generation, &poster, &base, first).await?];
        if input.set_wide {
            updated.extend(self.on_the_others(&generation, &poster, &input.lines).await?);
        }
        self.context.doorbell.ring(&Topic::Generation(generation.id.clone()));
        Ok(CopyOutcome::Updated(updated))
    }

    /// The same set-wide lines on the other posters of the set, on the picture that each of them shows.
    async fn on_the_others(
        &self,
        generation: &generations::Model,
        named: &posters::Model,
        lines: &[CopyChange],
    ) -> Result<Vec<revisions::Model>, ServiceError> {
        let reader = self.context.database.read();
        let others = scopes::posters_of(generation.user_id, &generation.id)
            .filter(posters::Column::Id.ne(named.id))
            .order_by_asc(posters::Column::Dimension)
            .all(reader)
            .await?;
        let pictures = revisions::Entity::find()
            .filter(revisions::Column::PosterId.is_in(others.iter().map(|poster| poster.id)))
            .order_by_asc(revisions::Column::Id)
            .all(reader)
            .await?;
        let shown = others.iter().filter_map(|poster| {
            let own = || pictures.iter().filter(|picture| picture.poster_id == poster.id);
            let chosen = own().find(|picture| Some(picture.id) == poster.current_revision_id);
            Some((poster, chosen.or_else(|| own().max_by_key(|picture| picture.edit_ordinal))?))
        });
        let given = shown.map(async |(poster, picture)| {
            let base = self.pictures.base(picture).await?;
            let known = base.recipe.as_deref().map(Studio::copy_of).unwrap_or_default();
            let has = |change: &&CopyChange| known.iter().any(|line| line.is_set_wide && line.id == change.id);
            let own: Vec<CopyChange> = lines.iter().filter(has).cloned().collect();
            if own.is_empty() {
                return Ok(None);
            }
            match self.reset(generation, picture, &own).await? {
                Ok(edited) => self.give(generation, poster, picture, edited).await.map(Some),
                // It says that already, or its words are pixels.
                Err(CopyError::NothingChanged | CopyError::NotComposed) => Ok(None),
                Err(error) => {
                    tracing::warn!(%error, poster = poster.id, "a set-wide line could not be set on a poster");
                    Ok(None)
                }
            }
        });
        let given: Vec<Option<revisions::Model>> = try_join_all(given).await?;
        Ok(given.into_iter().flatten().collect())
    }

    /// A picture with other words; nothing is stored yet.
    async fn reset(
        &self,
        generation: &generations::Model,
        picture: &revisions::Model,
        lines: &[CopyChange],
    ) -> Result<Result<EditedPoster, CopyError>, ServiceError> {
        let base = self.pictures.base(picture).await?;
        let plan = self.pictures.plan(generation).await?;
        Ok(self.pictures.studio().set_copy(&plan, &base, lines).await)
    }

    /// Stores a picture under a name of its own, then records it.
    async fn give(
        &self,
        generation: &generations::Model,
        poster: &posters::Model,
        base: &revisions::Model,
        edited: EditedPoster,
    ) -> Result<revisions::Model, ServiceError> {
        let dimension = crate::domain::Dimension::from_index(poster.dimension)
            .ok_or_else(|| ServiceError::Corrupt(format!("poster {} has no dimension", poster.id)))?;
        let txn = self.context.database.write().await?;
        let name = ordinal_take_in_txn(&txn, poster.id).await?;
        txn.commit().await?;

        let folder = GenerationFolder::new(generation.user_id, &generation.id);
        let content_id = format!("{}/{}", generation.id, name.file_stem(dimension));
        let edited = self.pictures.studio().labels().on_edit(edited.named(name), &content_id);
        let mut revision = edited_store(self.pictures.storage(), &folder, dimension, name, edited).await?;
        revision.base_revision_id = Some(base.id);

        let txn = self.context.database.write().await?;
        let alive = settle::generation_lock(&txn, &generation.id).await?;
        if alive.is_none_or(|generation| generation.deleted_at_ms.is_some()) {
            return Err(ServiceError::NotFound);
        }
        let now_ms = self.context.clock.now_ms();
        let row = revision_give_in_txn(&txn, poster, revision, now_ms).await?;
        txn.commit().await?;
        Ok(row)
    }
}

fn copy_refused(error: CopyError, lines: &[CopyChange]) -> Result<CopyOutcome, ServiceError> {
    let place = |id: &str| match lines.iter().position(|line| line.id == id) {
        Some(position) => format!("lines.{position}"),
        None => "lines".to_owned(),
    };
    let (path, refusal) = match error {
        CopyError::NotComposed => ("baseRevisionId".to_owned(), Refusal::NotAllowed),
        CopyError::UnknownLine(id) => (place(&id), Refusal::NotFound),
        CopyError::TooLong { id, .. } => (place(&id), Refusal::TooLong),
        CopyError::Empty(id) => (place(&id), Refusal::Required),
        CopyError::NothingChanged => ("lines".to_owned(), Refusal::NothingChanged),
        CopyError::Studio(error) => return Err(ServiceError::Corrupt(error.to_string())),
    };
    Ok(CopyOutcome::Invalid(vec![FieldRefusal::new(path, refusal)]))
}
