//! Single pictures: a poster in one language or without words, the product on white.

use std::{str::FromStr, sync::Arc};

use bytes::Bytes;
use image::RgbaImage;

use super::{ExportError, Exports, FinishedSet};
use crate::{
    domain::{Dimension, RevisionName},
    exports,
    imaging::{self, ImageLimits},
    services::ServiceError,
    storage::{StorageError, sha256_hex},
    studio::{Language, Origin, Remake, SetPlan, StudioError},
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
    Plate(Dimension),
    /// `00-prime.zh.jpg`, `00-prime.en.jpg`, `00-prime.clean.jpg`.
    Poster(Dimension, Language),
}

/// The file name of a poster's export: `00-prime.zh.jpg`.
pub fn poster_file(dimension: Dimension, language: Language) -> String {
    format!("{}.{}.jpg", RevisionName::Prime.file_stem(dimension), language.code())
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
        Dimension::ALL
            .into_iter()
            .find_map(|dimension| {
                let kind = name.strip_prefix(&RevisionName::Prime.file_stem(dimension))?.strip_suffix(".jpg")?;
                Some(match kind {
                    ".plate" => Self::Plate(dimension),
                    ".zh" => Self::Poster(dimension, Language::ZhOnly),
                    ".en" => Self::Poster(dimension, Language::EnOnly),
                    ".clean" => Self::Poster(dimension, Language::Wordless),
                    _ => return None,
                })
            })
            .ok_or(ExportError::UnknownFile)
    }
}

impl Exports {
    pub(super) async fn made(&self, set: &FinishedSet, name: ExportName) -> Result<Bytes, ExportError> {
        match name {
            ExportName::Plate(dimension) => {
                let key = set.folder.plate(dimension, RevisionName::Prime);
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
            ExportName::Poster(dimension, language) => {
                if !set.posters.contains(&dimension) {
                    return Err(ExportError::UnknownFile);
                }
                let file = poster_file(dimension, language);
                let tag = self.tag(&file);
                self.once(set, &format!("{tag}-{file}"), async {
                    let plan = self.plan(set).await?;
                    let (pixels, origin) = self.composed(set, &plan, dimension, plan.size(), language).await?;
                    self.encoded(move || pixels, origin, content_id(set, dimension)).await
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

    /// A poster set anew, and where its pixels come from.
    pub(super) async fn composed(
        &self,
        set: &FinishedSet,
        plan: &SetPlan,
        dimension: Dimension,
        proportions: (u32, u32),
        language: Language,
    ) -> Result<(RgbaImage, Origin), ExportError> {
        let origin = self.origin(set, dimension).await?;
        let plate = match origin {
            Origin::Composed => None,
            Origin::AiMade => Some(Arc::new(self.stored(&set.folder.plate(dimension, RevisionName::Prime)).await?)),
        };
        let remake = Remake { dimension, proportions, language, plate };
        Ok((self.studio.recompose(plan, remake).await?, origin))
    }

    /// Who painted a poster's background.
    pub(super) async fn origin(&self, set: &FinishedSet, dimension: Dimension) -> Result<Origin, ExportError> {
        let key = set.folder.recipe(dimension, RevisionName::Prime);
        let json = self.context.storage.get(&key).await.map_err(ServiceError::from)?;
        let recipe = serde_json::from_slice(&json).map_err(|error| ServiceError::Corrupt(error.to_string()))?;
        Ok(Origin::of_recipe(&recipe))
    }

    /// A stored picture, decoded.
    pub(super) async fn stored(&self, key: &str) -> Result<RgbaImage, ExportError> {
        let bytes = self.context.storage.get(key).await.map_err(ServiceError::from)?;
        let decoded = self.studio.work(move || imaging::decode(&bytes, &ImageLimits::default())).await?;
        Ok(decoded.map_err(|refusal| StudioError::Thread(refusal.to_string()))?.pixels)
    }

    /// Changes with everything but the set itself that an export depends on, so that an older one is
    /// not taken for it.
    pub(super) fn tag(&self, what: &str) -> String {
        let labels = self.studio.labels();
        sha256_hex(format!("{}\n{labels:?}\n{what}", env!("CARGO_PKG_VERSION")).as_bytes())[..12].to_owned()
    }
}

/// What a poster is called in its AI-content record, whatever it is cut into.
pub(super) fn content_id(set: &FinishedSet, dimension: Dimension) -> String {
    format!("{}/{}", set.generation.id, RevisionName::Prime.file_stem(dimension))
}
