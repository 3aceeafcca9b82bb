//! What a seller takes away from a finished set.

use async_graphql::{Context, Object, Result, SimpleObject};

use super::generation::signed_url;
use crate::{
    domain::{Dimension, Locale, RevisionName},
    exports,
    graphql::{
        enums::{ExportOutcome, ExportPicture, ExportRegion, ExportRuleKind, ExportRuleSource, ExportWords},
        scalars::int,
    },
    services::exports::{FileCheck, PackCheck, export_path, plate_file, poster_file},
    studio::Language,
};

/// The pictures beside a finished poster. They are made when first asked for and cost nothing.
#[derive(Clone, Debug)]
pub struct PosterExports {
    pub(super) generation_id: String,
    pub(super) dimension: Dimension,
    /// Its newest picture.
    pub(super) revision: RevisionName,
}

impl PosterExports {
    fn url(&self, ctx: &Context<'_>, file: &str) -> Result<String> {
        Ok(signed_url(ctx, &self.generation_id, &export_path(file), None)?)
    }

    fn in_language(&self, ctx: &Context<'_>, language: Language) -> Result<String> {
        self.url(ctx, &poster_file(self.dimension, self.revision, language))
    }
}

/// The pictures beside a finished poster. They are made when first asked for and cost nothing.
#[Object]
impl PosterExports {
    /// A signed address of the poster with Chinese words alone.
    async fn zh_only_url(&self, ctx: &Context<'_>) -> Result<String> {
        self.in_language(ctx, Language::ZhOnly)
    }

    /// A signed address of the poster with English words alone; what has no English is left out.
    async fn en_only_url(&self, ctx: &Context<'_>) -> Result<String> {
        self.in_language(ctx, Language::EnOnly)
    }

    /// A signed address of the poster without words: background, product and photos.
    async fn clean_url(&self, ctx: &Context<'_>) -> Result<String> {
        self.in_language(ctx, Language::Wordless)
    }

    /// A signed address of the background alone, without words and product.
    async fn plate_url(&self, ctx: &Context<'_>) -> Result<String> {
        self.url(ctx, &plate_file(self.dimension, self.revision))
    }
}

/// A marketplace: the pictures it takes and what it asks of them.
#[derive(Clone, Copy, Debug)]
pub struct ExportMarket(pub &'static exports::Market);

/// A marketplace: the pictures it takes and what it asks of them.
#[Object]
impl ExportMarket {
    /// The stable code: `taobao`, `amazon` …
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The name in Chinese.
    async fn title_zh(&self) -> &str {
        &self.0.title_zh
    }

    /// The name in English.
    async fn title_en(&self) -> &str {
        &self.0.title_en
    }

    /// Whose buyers it has.
    async fn region(&self) -> ExportRegion {
        self.0.region.into()
    }

    /// The day on which its rules were last held against their sources, `YYYY-MM-DD`. The seller console
    /// has the last word.
    async fn checked_on(&self) -> &str {
        &self.0.checked_on
    }

    /// Its slots, in the order a seller fills them.
    async fn slots(&self) -> Vec<ExportSlot> {
        self.0.slots.iter().map(ExportSlot).collect()
    }
}

/// A place for pictures on a marketplace.
#[derive(Clone, Copy, Debug)]
pub struct ExportSlot(pub &'static exports::Slot);

/// A place for pictures on a marketplace.
#[Object]
impl ExportSlot {
    /// The stable code within the marketplace.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The name in Chinese.
    async fn title_zh(&self) -> &str {
        &self.0.title_zh
    }

    /// The name in English.
    async fn title_en(&self) -> &str {
        &self.0.title_en
    }

    /// What is shown.
    async fn picture(&self) -> ExportPicture {
        self.0.picture.into()
    }

    /// The posters that fill it, by index; empty where it shows something else.
    async fn dimensions(&self) -> &[i32] {
        &self.0.dimensions
    }

    /// Which words may stand on it.
    async fn words(&self) -> ExportWords {
        self.0.words.into()
    }

    /// Pixels.
    async fn width(&self) -> i32 {
        int(self.0.width.into())
    }

    /// Pixels; of a detail page the greatest height of one slice.
    async fn height(&self) -> i32 {
        int(self.0.height.into())
    }

    /// Bytes of one file at most; met by JPEG quality.
    async fn bytes_max(&self) -> i32 {
        int(self.0.bytes_max.into())
    }

    /// How sure size and bytes are.
    async fn source(&self) -> ExportRuleSource {
        self.0.source.into()
    }

    /// What else is asked.
    async fn rules(&self) -> Vec<ExportRule> {
        let rule = |rule: &exports::Rule| ExportRule {
            kind: rule.kind.into(),
            value: int(rule.value.into()),
            severity: match rule.severity {
                exports::Severity::Warn => ExportOutcome::Warn,
                exports::Severity::Fail => ExportOutcome::Fail,
            },
            source: rule.source.into(),
        };
        self.0.rules.iter().map(rule).collect()
    }
}

/// One thing that a marketplace asks of a picture.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct ExportRule {
    /// What is asked.
    pub kind: ExportRuleKind,
    /// The number in it: pixels, bytes, per cent or files, by kind; 0 where there is none.
    pub value: i32,
    /// What follows when it is broken.
    pub severity: ExportOutcome,
    /// How sure it is.
    pub source: ExportRuleSource,
}

/// How a set keeps a marketplace's rules.
#[derive(SimpleObject, Clone, Debug)]
pub struct ExportCheck {
    /// The marketplace.
    pub market: ExportMarket,
    /// The worst of all findings.
    pub outcome: ExportOutcome,
    /// Its files, in the order a seller needs them.
    pub files: Vec<ExportFileCheck>,
}

impl ExportCheck {
    /// A check as clients see it.
    pub fn new(check: &PackCheck, locale: Locale) -> Self {
        Self {
            market: ExportMarket(check.market),
            outcome: check.outcome().into(),
            files: check.files.iter().map(|file| ExportFileCheck::new(file, locale)).collect(),
        }
    }
}

/// One file of a pack and how it keeps its rules.
#[derive(SimpleObject, Clone, Debug)]
pub struct ExportFileCheck {
    /// Path within the pack.
    pub path: String,
    /// Its slot.
    pub slot: ExportSlot,
    /// The worst of its findings.
    pub outcome: ExportOutcome,
    /// Pixels; null where the file could not be made.
    pub width: Option<i32>,
    /// Pixels; null where the file could not be made.
    pub height: Option<i32>,
    /// Bytes; null where the file could not be made.
    pub byte_size: Option<i32>,
    /// The JPEG quality that met the byte budget, 1–100; null where the file could not be made.
    pub quality: Option<i32>,
    /// Each rule and how it was kept.
    pub findings: Vec<ExportFinding>,
}

impl ExportFileCheck {
    fn new(file: &FileCheck, locale: Locale) -> Self {
        let told = |of: fn(&exports::Facts) -> i64| file.facts.as_ref().map(|facts| int(of(facts)));
        Self {
            path: file.path.clone(),
            slot: ExportSlot(file.slot),
            outcome: file.outcome().into(),
            width: told(|facts| facts.width.into()),
            height: told(|facts| facts.height.into()),
            byte_size: told(|facts| facts.byte_size as i64),
            quality: told(|facts| facts.quality.into()),
            findings: file.findings.iter().map(|finding| ExportFinding::new(finding, locale)).collect(),
        }
    }
}

/// One rule and how it was kept.
#[derive(SimpleObject, Clone, Debug)]
pub struct ExportFinding {
    /// What was asked.
    pub kind: ExportRuleKind,
    /// How it was kept.
    pub outcome: ExportOutcome,
    /// How sure the rule is.
    pub source: ExportRuleSource,
    /// What was found, in the request's language.
    pub reason: String,
}

impl ExportFinding {
    fn new(finding: &exports::Finding, locale: Locale) -> Self {
        Self {
            kind: finding.kind.into(),
            outcome: finding.outcome.into(),
            source: finding.source.into(),
            reason: finding.reason(locale).to_owned(),
        }
    }
}
