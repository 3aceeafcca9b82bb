//! Object keys: the specification's folder layout.

use crate::domain::{Dimension, RevisionName};

/// The folder of one generation: `outputs/{userID}/{sessionID}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerationFolder(String);

impl GenerationFolder {
    /// The folder of this user's generation. Both parts come from our own rows, never from a
    /// request.
    pub fn new(user_id: i64, generation_id: &str) -> Self {
        Self(format!("outputs/{user_id}/{generation_id}"))
    }

    /// The folder itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `productname.txt`: the product's name as text.
    pub fn product_name(&self) -> String {
        format!("{}/productname.txt", self.0)
    }

    /// A picture: `00-prime.jpg`, `02-edit1.jpg`.
    pub fn picture(&self, dimension: Dimension, name: RevisionName) -> String {
        format!("{}/{}", self.0, name.file_name(dimension))
    }

    /// The recipe that an edit composes from: `00-prime.json`.
    pub fn recipe(&self, dimension: Dimension, name: RevisionName) -> String {
        format!("{}/{}.json", self.0, name.file_stem(dimension))
    }

    /// The text-free plate: `00-prime.plate.jpg`.
    pub fn plate(&self, dimension: Dimension, name: RevisionName) -> String {
        format!("{}/{}.plate.jpg", self.0, name.file_stem(dimension))
    }

    /// The lossless master of an edit: `00-edit0.png`.
    pub fn master(&self, dimension: Dimension, name: RevisionName) -> String {
        format!("{}/{}", self.0, name.master_file_name(dimension))
    }

    /// What a brush changed on a composed page, with alpha: `00-edit0.patch.png`.
    pub fn patch(&self, dimension: Dimension, name: RevisionName) -> String {
        format!("{}/{}.patch.png", self.0, name.file_stem(dimension))
    }
}

/// Where exports of a generation are kept; everything in it can be made again.
pub fn exports_folder(user_id: i64, generation_id: &str) -> String {
    format!("cache/exports/{user_id}/{generation_id}")
}

/// Every folder that holds what one person made or gave.
pub fn user_folders(user_id: i64) -> [String; 3] {
    [format!("outputs/{user_id}"), format!("cache/exports/{user_id}"), format!("{UPLOADS_FOLDER}/{user_id}")]
}

/// Where uploaded pictures lie.
pub const UPLOADS_FOLDER: &str = "uploads";

/// The key of an uploaded picture: `uploads/{userID}/{uploadID}.{extension}`.
pub fn upload_key(user_id: i64, upload_id: &str, extension: &str) -> String {
    format!("{UPLOADS_FOLDER}/{user_id}/{upload_id}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_the_specification() {
        let folder = GenerationFolder::new(7, "session_20260110143052_a3f2");
        assert_eq!(folder.product_name(), "outputs/7/session_20260110143052_a3f2/productname.txt");
        assert_eq!(
            folder.picture(Dimension::Concept, RevisionName::Prime),
            "outputs/7/session_20260110143052_a3f2/02-prime.jpg"
        );
        assert_eq!(
            folder.recipe(Dimension::Hero, RevisionName::Edit(1)),
            "outputs/7/session_20260110143052_a3f2/00-edit1.json"
        );
    }
}
