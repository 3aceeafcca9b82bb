//! Changing pictures: paid edits, words for nothing, going back to an earlier picture, the cover.

mod copy;
mod create;
mod current;
mod masks;

use ::entity::{edits, enums::EditState, posters, revisions, scopes};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

pub use copy::{CopyOutcome, UpdateCopy};
pub use create::{CreateEdit, EditOutcome};
pub use current::CurrentOutcome;
pub use masks::{PARTS, known_mask_file, known_mask_of};

use super::{ApiScope, Context, FieldRefusal, ServiceError, Viewer, request_sha256};
use crate::{
    domain::{Dimension, RevisionName, validation::Refusal},
    engine::{PictureError, Pictures},
};

/// Names one picture of one of the viewer's sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureName {
    /// Of which set.
    pub generation_id: String,
    /// Of which poster.
    pub dimension: Dimension,
    /// Which picture of it.
    pub name: RevisionName,
}

/// The changes of all pictures. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Edits {
    context: Context,
    pictures: Pictures,
}

impl Edits {
    /// Changes this service's pictures.
    pub const fn new(context: Context, pictures: Pictures) -> Self {
        Self { context, pictures }
    }

    /// The row of a picture, unless it is missing, deleted or somebody else's.
    async fn picture(
        &self,
        viewer: &Viewer,
        picture: &PictureName,
    ) -> Result<Option<(posters::Model, revisions::Model)>, ServiceError> {
        let reader = self.context.database.read();
        let own = scopes::generation_of(viewer.user_id, &picture.generation_id).one(reader).await?;
        if own.is_none() {
            return Ok(None);
        }
        let poster = scopes::posters_of(viewer.user_id, &picture.generation_id)
            .filter(posters::Column::Dimension.eq(picture.dimension.index()))
            .one(reader)
            .await?;
        let Some(poster) = poster else { return Ok(None) };
        let revision = scopes::revisions_of(viewer.user_id, &picture.generation_id)
            .filter(revisions::Column::PosterId.eq(poster.id))
            .filter(revisions::Column::Name.eq(picture.name.to_string()))
            .one(reader)
            .await?;
        Ok(revision.map(|revision| (poster, revision)))
    }
}

impl From<PictureError> for ServiceError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Database(error) => error.into(),
            PictureError::Storage(error) => error.into(),
            PictureError::Plan(_) | PictureError::Corrupt(_) | PictureError::Interrupted => {
                Self::Corrupt(error.to_string())
            }
        }
    }
}

/// The edit of a poster that is queued or running.
async fn active_of(connection: &impl ConnectionTrait, poster_id: i64) -> Result<Option<edits::Model>, DbErr> {
    edits::Entity::find()
        .filter(edits::Column::PosterId.eq(poster_id))
        .filter(edits::Column::State.is_in([EditState::Queued, EditState::Running]))
        .one(connection)
        .await
}

fn not_found(path: &str) -> Vec<FieldRefusal> {
    vec![FieldRefusal::new(path, Refusal::NotFound)]
}
