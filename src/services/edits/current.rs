//! Which picture is shown: going back to an earlier one, and the cover of a set. Nothing is written
//! over and nothing is paid for.

use ::entity::{generations, posters};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};

use super::{ApiScope, Edits, FieldRefusal, PictureName, ServiceError, Viewer, not_found};
use crate::{engine::settle, events::Topic};

/// What became of a choice of a picture.
#[derive(Debug)]
pub enum CurrentOutcome<Row> {
    /// Chosen.
    Chosen(Box<Row>),
    /// Fields that cannot be taken.
    Invalid(Vec<FieldRefusal>),
}

impl Edits {
    /// Makes a picture the one that its poster shows, until a newer one comes.
    ///
    /// # Errors
    /// `Forbidden` or `Database`.
    pub async fn restore(
        &self,
        viewer: &Viewer,
        picture: &PictureName,
    ) -> Result<CurrentOutcome<posters::Model>, ServiceError> {
        viewer.require(ApiScope::GenerationsWrite)?;
        let Some((poster, revision)) = self.picture(viewer, picture).await? else {
            return Ok(CurrentOutcome::Invalid(not_found("revisionId")));
        };
        let txn = self.context.database.write().await?;
        settle::generation_lock(&txn, &poster.generation_id).await?;
        let poster = posters::Entity::find_by_id(poster.id).one(&txn).await?.ok_or(ServiceError::NotFound)?;
        let version = poster.version + 1;
        let mut shown: posters::ActiveModel = poster.into();
        shown.current_revision_id = Set(Some(revision.id));
        shown.version = Set(version);
        let poster = shown.update(&txn).await?;
        txn.commit().await?;
        self.context.doorbell.ring(&Topic::Generation(poster.generation_id.clone()));
        Ok(CurrentOutcome::Chosen(Box::new(poster)))
    }

    /// Puts a picture on the cover of its set.
    ///
    /// # Errors
    /// `Forbidden` or `Database`.
    pub async fn cover(
        &self,
        viewer: &Viewer,
        picture: &PictureName,
    ) -> Result<CurrentOutcome<generations::Model>, ServiceError> {
        viewer.require(ApiScope::GenerationsWrite)?;
        let Some((_, revision)) = self.picture(viewer, picture).await? else {
            return Ok(CurrentOutcome::Invalid(not_found("revisionId")));
        };
        let txn = self.context.database.write().await?;
        let Some(generation) = settle::generation_lock(&txn, &picture.generation_id).await? else {
            return Ok(CurrentOutcome::Invalid(not_found("revisionId")));
        };
        let version = generation.version + 1;
        let mut covered: generations::ActiveModel = generation.into();
        covered.cover_revision_id = Set(Some(revision.id));
        covered.version = Set(version);
        let generation = covered.update(&txn).await?;
        txn.commit().await?;
        self.context.doorbell.ring(&Topic::Generation(generation.id.clone()));
        Ok(CurrentOutcome::Chosen(Box::new(generation)))
    }
}
