//! Ready-made masks of composed posters: the program knows where product and words stand, so nobody has
//! to paint around them.

use ::entity::{generations, revisions};
use bytes::Bytes;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Edits, ServiceError};
use crate::{
    domain::{Dimension, RevisionName},
    imaging,
    storage::{StorageError, exports_folder},
    studio::KnownMask,
};

/// Raised when the same picture gets another mask: kept ones are then made again.
const MASK_VERSION: u32 = 1;

/// The name of a ready-made mask beside its picture: `00-prime.mask-product.png`.
pub fn known_mask_file(dimension: Dimension, name: RevisionName, part: KnownMask) -> String {
    format!("{}.mask-{}.png", name.file_stem(dimension), code_of(part))
}

/// Reads a file name back; only the exact spelling is taken.
pub fn known_mask_of(file_name: &str) -> Option<(Dimension, RevisionName, KnownMask)> {
    let (stem, part) = file_name.strip_suffix(".png")?.split_once(".mask-")?;
    let (dimension, name) = RevisionName::parse_file_stem(stem)?;
    let part = PARTS.into_iter().find(|known| code_of(*known) == part)?;
    Some((dimension, name, part))
}

/// All parts that have a mask.
pub const PARTS: [KnownMask; 3] = [KnownMask::Product, KnownMask::Background, KnownMask::Text];

const fn code_of(part: KnownMask) -> &'static str {
    match part {
        KnownMask::Product => "product",
        KnownMask::Background => "background",
        KnownMask::Text => "text",
    }
}

impl Edits {
    /// The mask of a part of a poster, as an 8-bit grey PNG in the picture's size: 255 on the part. `None`
    /// where there is no such picture, where it was not composed, or where it has no such part. Made when it
    /// is first asked for and kept where it may be deleted. The caller has made sure that the viewer may see
    /// the generation.
    ///
    /// # Errors
    /// `Storage`, `Database` or `Corrupt`.
    pub async fn known_mask(
        &self,
        generation: &generations::Model,
        (dimension, name, part): (Dimension, RevisionName, KnownMask),
    ) -> Result<Option<Bytes>, ServiceError> {
        let row = revisions::Entity::find()
            .filter(revisions::Column::GenerationId.eq(&generation.id))
            .filter(revisions::Column::FileName.eq(name.file_name(dimension)))
            .one(self.context.database.read())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let folder = exports_folder(generation.user_id, &generation.id);
        // By the picture's own sum: a free picture may give way to another of its name.
        let sum = row.sha256.get(..16).unwrap_or(&row.sha256);
        let key = format!("{folder}/{MASK_VERSION}-{sum}-{}", known_mask_file(dimension, name, part));
        match self.context.storage.get(&key).await {
            Ok(kept) => return Ok(Some(kept)),
            Err(StorageError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let base = self.pictures.base(&row).await?;
        let plan = self.pictures.plan(generation).await?;
        let studio = self.pictures.studio();
        let mask = studio.known_mask(&plan, &base, part).await;
        let mask = mask.map_err(|error| ServiceError::Corrupt(format!("a mask could not be made: {error}")))?;
        let Some(mask) = mask else { return Ok(None) };
        let encoded = studio.work(move || Bytes::from(imaging::encode_png_grey(&mask))).await;
        let encoded = encoded.map_err(|error| ServiceError::Corrupt(error.to_string()))?;
        if let Err(error) = self.context.storage.put(&key, encoded.clone()).await {
            tracing::warn!(%error, key, "a mask could not be kept");
        }
        Ok(Some(encoded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_masks_round_trip() {
        for part in PARTS {
            let file = known_mask_file(Dimension::Hero, RevisionName::Edit(3), part);
            assert_eq!(known_mask_of(&file), Some((Dimension::Hero, RevisionName::Edit(3), part)));
        }
        for wrong in ["00-prime.png", "00-prime.mask-.png", "00-prime.mask-moon.png", "0-prime.mask-text.png"] {
            assert_eq!(known_mask_of(wrong), None, "{wrong}");
        }
    }
}
