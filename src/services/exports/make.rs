//! Single pictures: a poster in one language or without words, the product on white.

use std::str::FromStr;

use bytes::Bytes;
use image::RgbaImage;

use super::{Composed, ExportError, Exports, FinishedSet};
use crate::{
    domain::{Dimension, RevisionName},
    exports, imaging,
    services::ServiceError,
    storage::{StorageError, sha256_hex},
    studio::{Language, Origin},
};

/// The file name of the product on white.
pub const WHITE_MAIN_FILE: &str = "white-main.jpg";

/// Side of the product on white, in pixels.
pub const WHITE_MAIN_SIDE: u32 = 2000;

/// JPEG quality of single pictures.
const QUALITY: u8 = 92;

/// What one export is called: the last part of its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportName {
    /// `white-main.jpg`.
    WhiteMain,
    /// `00-prime.plate.jpg`: the background alone.
    Plate(Dimension, RevisionName),
    /// `00-prime.zh.jpg`, `00-prime.en.jpg`, `00-prime.clean.jpg`.
    Poster(Dimension, RevisionName, Language),
}

/// The file name of a picture's export: `00-prime.zh.jpg`.
pub fn poster_file(dimension: Dimension, revision: RevisionName, language: Language) -> String {
    format!("{}.{}.jpg", revision.file_stem(dimension), language.code())
}

/// The file name of a picture's background: `00-prime.plate.jpg`.
pub fn plate_file(dimension: Dimension, revision: RevisionName) -> String {
    format!("{}.plate.jpg", revision.file_stem(dimension))
}

/// The file name of a marketplace's pack.
pub fn market_file(code: &str) -> String {
    format!("{code}.zip")
}

/// What an export is called among the files of its generation: the part of its address that is signed.
pub fn export_path(file: &str) -> String {
    format!("exports/{file}")
}

impl FromStr for ExportName {
    type Err = ExportError;

    fn from_str(name: &str) -> Result<Self, ExportError> {
        if name == WHITE_MAIN_FILE {
            return Ok(Self::WhiteMain);
        }
        let read = || {
            let (stem, kind) = name.strip_suffix(".jpg")?.rsplit_once('.')?;
            let (dimension, revision) = RevisionName::parse_file_stem(stem)?;
            if kind == "plate" {
                return Some(Self::Plate(dimension, revision));
            }
            let languages = [Language::ZhOnly, Language::EnOnly, Language::Wordless];
            let language = languages.into_iter().find(|language| language.code() == kind)?;
            Some(Self::Poster(dimension, revision, language))
        };
        read().ok_or(ExportError::UnknownFile)
    }
}

impl Exports {
    pub(super) async fn made(&self, set: &FinishedSet, name: ExportName) -> Result<Bytes, ExportError> {
        match name {
            ExportName::Plate(dimension, revision) => {
                let composed = self.composed(set, dimension, revision).await?;
                let key = set.folder.plate(dimension, composed.revision);
                match self.context.storage.get(&key).await {
                    Err(StorageError::NotFound(_)) => Err(ExportError::UnknownFile),
                    read => Ok(read.map_err(ServiceError::from)?),
                }
            }
            ExportName::WhiteMain => {
                let plan = self.plan(set).await?;
                let cut_out = plan.cut_out().ok_or(ExportError::NoCutOut)?;
                let tag = self.tag(WHITE_MAIN_FILE);
                self.once(set, &format!("{tag}-{WHITE_MAIN_FILE}"), async {
                    let id = format!("{}/white-main", set.generation.id);
                    let white = move || exports::white_main(&cut_out, WHITE_MAIN_SIDE, WHITE_MAIN_SIDE).0;
                    self.encoded(white, Origin::Composed, id).await
                })
                .await
            }
            ExportName::Poster(dimension, revision, language) => {
                let composed = self.composed(set, dimension, revision).await?;
                let file = poster_file(dimension, composed.revision, language);
                let tag = self.tag(&file);
                self.once(set, &format!("{tag}-{file}"), async {
                    let proportions = self.plan_of(set, &composed).await?.size();
                    let pixels = self.set_anew(set, &composed, proportions, language).await?;
                    self.encoded(move || pixels, composed.origin, content_id(set, &composed)).await
                })
                .await
            }
        }
    }

    /// The kept result of this name, or a new one that is kept.
    async fn once(
        &self,
        set: &FinishedSet,
        name: &str,
        make: impl Future<Output = Result<Bytes, ExportError>>,
    ) -> Result<Bytes, ExportError> {
        if let Some(kept) = self.kept(set, name).await {
            return Ok(kept);
        }
        let made = make.await?;
        self.keep(set, name, made.clone()).await;
        Ok(made)
    }

    async fn encoded(
        &self,
        paint: impl FnOnce() -> RgbaImage + Send + 'static,
        origin: Origin,
        content_id: String,
    ) -> Result<Bytes, ExportError> {
        let labels = self.studio.labels().clone();
        let jpeg =
            self.studio.work(move || labels.marked(imaging::encode_jpeg(&paint(), QUALITY), origin, &content_id));
        Ok(jpeg.await?.into())
    }

    /// Changes with everything but the set itself that an export depends on, so that an older one is
    /// not taken for it.
    pub(super) fn tag(&self, what: &str) -> String {
        let labels = self.studio.labels();
        sha256_hex(format!("{}\n{labels:?}\n{what}", env!("CARGO_PKG_VERSION")).as_bytes())[..12].to_owned()
    }
}

/// What a picture is called in its AI-content record, whatever it is cut into.
pub(super) fn content_id(set: &FinishedSet, composed: &Composed) -> String {
    format!("{}/{}", set.generation.id, composed.file_stem())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_a_picture_and_what_is_made_of_it() {
        let name = |text: &str| text.parse::<ExportName>().ok();
        for revision in [RevisionName::Prime, RevisionName::Edit(3)] {
            let zh = poster_file(Dimension::Concept, revision, Language::ZhOnly);
            assert_eq!(name(&zh), Some(ExportName::Poster(Dimension::Concept, revision, Language::ZhOnly)));
            let plate = plate_file(Dimension::Concept, revision);
            assert_eq!(name(&plate), Some(ExportName::Plate(Dimension::Concept, revision)));
        }
        assert!(name("02-edit3.clean.jpg").is_some());
        assert_eq!(name(WHITE_MAIN_FILE), Some(ExportName::WhiteMain));
        for wrong in
            ["", ".jpg", "02-prime.jpg", "02-prime.fr.jpg", "2-prime.zh.jpg", "02-edit03.zh.jpg", "02-prime.zh.png"]
        {
            assert_eq!(name(wrong), None, "{wrong}");
        }
    }
}
