//! One dimension of a set, its pictures, and the requests to change them.

use ::entity::{
    edits,
    enums::{EditState as StoredEditState, PosterState as StoredPosterState},
    posters, revisions,
};
use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::{Dimension, PosterExports, generation::versioned_url};
use crate::{
    domain::{self, Locale, PictureNote, RevisionName},
    graphql::{
        ApiError,
        api::{api, load, load_existing, locale},
        enums::{EditMode, EditState, FailureCode, MaskPartCode, PosterState, RevisionKind, RevisionNoteCode},
        ids::NodeId,
        loaders::{ActiveEditOf, EditById, RevisionById, RevisionsOf},
        scalars::{DateTime, int},
    },
    services::{edits::known_mask_file, history},
    studio::{self, EditRefusal, Studio},
};

/// One dimension inside a set.
#[derive(Clone, Debug)]
pub struct Poster(pub posters::Model);

/// One dimension inside a set.
#[Object]
impl Poster {
    /// Names this poster: the set's id and the two-digit index.
    pub(super) async fn id(&self) -> ID {
        format!("{}/{:02}", self.0.generation_id, self.0.dimension).into()
    }

    /// 0–9: the number in its file names.
    async fn index(&self) -> i32 {
        self.0.dimension
    }

    /// Which of the ten it is.
    async fn dimension(&self) -> Result<Dimension> {
        let known = domain::Dimension::from_index(self.0.dimension);
        Ok(known
            .map(Dimension)
            .ok_or_else(|| ApiError::internal(&format_args!("poster {} has no dimension", self.0.id)))?)
    }

    /// How far it has come.
    async fn state(&self) -> PosterState {
        self.0.state.into()
    }

    /// Why it was refunded.
    async fn failure(&self, ctx: &Context<'_>) -> Option<Failure> {
        let code = self.0.failure_code.as_deref().filter(|_| self.0.state == StoredPosterState::Refunded)?;
        Some(Failure::new(domain::FailureCode::from_code(code), locale(ctx)))
    }

    /// Credits spent on its generated picture.
    async fn credits_captured(&self) -> i32 {
        int(self.0.credits_captured)
    }

    /// Credits given back for it, all attempts.
    async fn credits_released(&self) -> i32 {
        int(self.0.credits_released)
    }

    /// Its pictures: the generated one first, then the edits in order.
    #[graphql(complexity = "4 * child_complexity")]
    async fn revisions(&self, ctx: &Context<'_>) -> Result<Vec<Revision>> {
        let rows = load(ctx, RevisionsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.iter().cloned().map(Revision).collect())
    }

    /// The picture that it shows: the newest, or an earlier one that its seller went back to. Null
    /// until there is one.
    #[graphql(complexity = "2 * child_complexity")]
    async fn current(&self, ctx: &Context<'_>) -> Result<Option<Revision>> {
        let rows = load(ctx, RevisionsOf(self.0.id)).await?.unwrap_or_default();
        let chosen = self.0.current_revision_id.and_then(|chosen| rows.iter().find(|row| row.id == chosen));
        Ok(chosen.or_else(|| rows.iter().max_by_key(|row| row.edit_ordinal)).cloned().map(Revision))
    }

    /// The pictures beside its newest one: one language, no words, the background. Null until it
    /// succeeded.
    async fn exports(&self, ctx: &Context<'_>) -> Result<Option<PosterExports>> {
        let Some(dimension) = domain::Dimension::from_index(self.0.dimension) else { return Ok(None) };
        let rows = load(ctx, RevisionsOf(self.0.id)).await?.unwrap_or_default();
        let newest = rows.iter().filter_map(|row| row.name.parse().ok()).max();
        let generation_id = self.0.generation_id.clone();
        Ok(newest.map(|revision| PosterExports { generation_id, dimension, revision }))
    }

    /// The edit that is queued or running, if there is one.
    async fn active_edit(&self, ctx: &Context<'_>) -> Result<Option<Edit>> {
        Ok(load(ctx, ActiveEditOf(self.0.id)).await?.map(Edit))
    }

    /// Grows with every change; a client ignores an older one.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

/// Why a poster or an edit was refunded. The credits are back already when this is seen.
#[derive(SimpleObject, Clone, Debug)]
pub struct Failure {
    /// The reason.
    pub code: FailureCode,
    /// Fit for a person, in the request's language.
    pub message: String,
    /// Whether asking again may succeed without changing anything.
    pub retryable: bool,
}

impl Failure {
    /// A failure as clients see it.
    pub fn new(code: domain::FailureCode, locale: Locale) -> Self {
        Self { code: code.into(), message: code.message(locale).to_owned(), retryable: code.is_retryable() }
    }
}

impl Failure {
    /// Why an edit was refunded, if it was: where it asked for something that cannot be done here, with
    /// what can.
    pub fn of_edit(edit: &edits::Model, locale: Locale) -> Option<Self> {
        let code = edit.failure_code.as_deref().filter(|_| edit.state == StoredEditState::Refunded)?;
        let mut failure = Self::new(domain::FailureCode::from_code(code), locale);
        let refusal = edit.refusal.as_deref().and_then(|json| serde_json::from_str::<EditRefusal>(json).ok());
        if let Some(refusal) = refusal {
            let returned = locale.pick("（积分已退回）", " (the credits are back)");
            failure.message = refusal.message(locale) + returned;
        }
        Some(failure)
    }
}

/// One stored picture. It never changes: an edit makes a new one.
#[derive(Clone, Debug)]
pub struct Revision(pub revisions::Model);

/// One stored picture. It never changes: an edit makes a new one.
#[Object]
impl Revision {
    /// Names this picture: the set's id and the file's stem.
    pub(super) async fn id(&self) -> ID {
        let stem = self.0.file_name.split('.').next().unwrap_or_default();
        format!("{}/{stem}", self.0.generation_id).into()
    }

    /// `prime`, `edit0`, `edit1`, …
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Generated, or the result of an edit.
    async fn kind(&self) -> RevisionKind {
        if self.0.edit_ordinal.is_some() { RevisionKind::Edit } else { RevisionKind::Prime }
    }

    /// The n of `edit{n}`; null for the generated picture.
    async fn ordinal(&self) -> Option<i32> {
        self.0.edit_ordinal.map(int)
    }

    /// The file's name: `00-prime.jpg`.
    async fn file_name(&self) -> &str {
        &self.0.file_name
    }

    /// A signed address that a browser may keep.
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Picks a rendition of this width in pixels: 270, 540 or 1080. Left out: the original.")]
        width: Option<i32>,
    ) -> Result<String> {
        Ok(versioned_url(ctx, (&self.0.generation_id, &self.0.file_name), &self.0.sha256, width)?)
    }

    /// A signed address of the lossless master, where one is kept.
    async fn master_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(sha256) = &self.0.master_sha256 else { return Ok(None) };
        let stem = self.0.file_name.split('.').next().unwrap_or_default();
        Ok(Some(versioned_url(ctx, (&self.0.generation_id, &format!("{stem}.png")), sha256, None)?))
    }

    /// Pixels.
    async fn width(&self) -> i32 {
        int(self.0.width)
    }

    /// Pixels.
    async fn height(&self) -> i32 {
        int(self.0.height)
    }

    /// Bytes of the file.
    async fn byte_size(&self) -> i32 {
        int(self.0.byte_size)
    }

    /// SHA-256 of the file, in hex.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// A tiny placeholder (`ThumbHash`, base64) to show while the picture loads.
    async fn thumbhash(&self) -> Option<&str> {
        self.0.thumbhash.as_deref()
    }

    /// When it was stored.
    async fn created_at(&self) -> DateTime {
        DateTime::from_ms(self.0.created_at_ms)
    }

    /// What a seller should know about it: characters that could not be set as they were written. Empty
    /// for most pictures.
    async fn notes(&self, ctx: &Context<'_>) -> Vec<RevisionNote> {
        let notes = history::notes_of_revision(&api(ctx).services, &self.0).await;
        notes.iter().map(|note| RevisionNote::new(note, locale(ctx))).collect()
    }

    /// Its words, line by line, to be changed with `updatePosterCopy`. Empty where they are pixels: a model
    /// painted the whole picture.
    async fn copy(&self, ctx: &Context<'_>) -> Vec<CopyLine> {
        let recipe = history::recipe_of_revision(&api(ctx).services, &self.0).await;
        let lines = recipe.as_ref().map(Studio::copy_of).unwrap_or_default();
        lines.into_iter().map(CopyLine::from).collect()
    }

    /// Ready-made masks of its parts, to be brushed with as they are. Empty where it was not composed.
    async fn masks(&self, ctx: &Context<'_>) -> Result<Vec<ReadyMask>> {
        let recipe = history::recipe_of_revision(&api(ctx).services, &self.0).await;
        let stem = self.0.file_name.split('.').next().unwrap_or_default();
        let (Some(recipe), Some((dimension, name))) = (recipe, RevisionName::parse_file_stem(stem)) else {
            return Ok(Vec::new());
        };
        let mask = |part| {
            let file = known_mask_file(dimension, name, part);
            let url = versioned_url(ctx, (&self.0.generation_id, &file), &self.0.sha256, None)?;
            Ok(ReadyMask { part: part.into(), url })
        };
        studio::known_masks_of(&recipe).into_iter().map(mask).collect()
    }

    /// The picture that an edit started from.
    async fn base(&self, ctx: &Context<'_>) -> Result<Option<Revision>> {
        match self.0.base_revision_id {
            Some(row) => Ok(load(ctx, RevisionById(row)).await?.map(Revision)),
            None => Ok(None),
        }
    }

    /// What the edit was allowed to change; null for the generated picture.
    async fn mode(&self, ctx: &Context<'_>) -> Result<Option<EditMode>> {
        Ok(self.edit(ctx).await?.map(|edit| edit.mode.into()))
    }

    /// What the edit was asked to change; null for the generated picture.
    async fn prompt(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.edit(ctx).await?.map(|edit| edit.prompt))
    }
}

impl Revision {
    async fn edit(&self, ctx: &Context<'_>) -> Result<Option<edits::Model>, ApiError> {
        match self.0.edit_id {
            Some(row) => load(ctx, EditById(row)).await,
            None => Ok(None),
        }
    }

    /// Which picture of its poster it is.
    pub fn revision_name(&self) -> Option<RevisionName> {
        self.0.name.parse().ok()
    }
}

/// A mask that nobody has to paint.
#[derive(SimpleObject, Clone, Debug)]
pub struct ReadyMask {
    /// What it chooses.
    pub part: MaskPartCode,
    /// A signed address of an 8-bit grey PNG in the picture's size: white is chosen. Upload it with the
    /// purpose MASK to edit with it.
    pub url: String,
}

/// One line of words on a poster.
#[derive(SimpleObject, Clone, Debug)]
pub struct CopyLine {
    /// Names the line; the same after every edit.
    pub id: String,
    /// What it is: `TITLE`, `SLOGAN`, `BRAND`, `POINT`, `PRICE`, …
    pub role: String,
    /// `zh` or `en`; `zh` where it stands for both.
    pub language: String,
    /// Its words; empty for a line that can be added.
    pub text: String,
    /// The most characters that it takes.
    pub chars_max: i32,
    /// Whether it is the same line on all posters of the set.
    pub is_set_wide: bool,
}

impl From<studio::CopyLine> for CopyLine {
    fn from(line: studio::CopyLine) -> Self {
        Self {
            id: line.id,
            role: line.role.code().to_owned(),
            language: line.language.pick("zh", "en").to_owned(),
            text: line.text,
            chars_max: i32::try_from(line.chars_max).unwrap_or(i32::MAX),
            is_set_wide: line.is_set_wide,
        }
    }
}

/// What a seller should know about a picture: nothing failed, but not all is as it was written.
#[derive(SimpleObject, Clone, Debug)]
pub struct RevisionNote {
    /// What happened.
    pub code: RevisionNoteCode,
    /// Fit for a person, in the request's language; names the characters.
    pub message: String,
    /// The characters that were written and are not shown so, each once.
    pub characters: Vec<String>,
}

impl RevisionNote {
    fn new(note: &PictureNote, locale: Locale) -> Self {
        let code = match note {
            PictureNote::CharactersLeftOut { .. } => RevisionNoteCode::CharactersLeftOut,
            PictureNote::CharactersReplaced { .. } => RevisionNoteCode::CharactersReplaced,
        };
        let characters = note.characters().into_iter().map(String::from).collect();
        Self { code, message: note.message(locale), characters }
    }
}

/// A request to change a picture.
#[derive(Clone, Debug)]
pub struct Edit(pub edits::Model);

/// A request to change a picture.
#[Object]
impl Edit {
    /// Names this edit.
    pub(super) async fn id(&self) -> ID {
        NodeId::Edit(self.0.id).to_id()
    }

    /// How far it has come.
    async fn state(&self) -> EditState {
        self.0.state.into()
    }

    /// What it may change.
    async fn mode(&self) -> EditMode {
        self.0.mode.into()
    }

    /// What to change, in the seller's words.
    async fn prompt(&self) -> &str {
        &self.0.prompt
    }

    /// The picture it starts from.
    async fn base(&self, ctx: &Context<'_>) -> Result<Revision> {
        Ok(Revision(load_existing(ctx, RevisionById(self.0.base_revision_id)).await?))
    }

    /// The picture it made, once it succeeded.
    async fn revision(&self, ctx: &Context<'_>) -> Result<Option<Revision>> {
        if self.0.state != StoredEditState::Succeeded {
            return Ok(None);
        }
        let rows = load(ctx, RevisionsOf(self.0.poster_id)).await?.unwrap_or_default();
        Ok(rows.iter().find(|row| row.edit_id == Some(self.0.id)).cloned().map(Revision))
    }

    /// Why it was refunded.
    async fn failure(&self, ctx: &Context<'_>) -> Option<Failure> {
        Failure::of_edit(&self.0, locale(ctx))
    }

    /// Credits spent on it.
    async fn credits_captured(&self) -> i32 {
        int(self.0.credits_captured)
    }

    /// Credits given back for it.
    async fn credits_released(&self) -> i32 {
        int(self.0.credits_released)
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime {
        DateTime::from_ms(self.0.created_at_ms)
    }
}
