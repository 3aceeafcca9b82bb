//! A marketplace's pack, made file by file.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Composed, ExportError, Exports, FinishedSet, Shown, make::content_id};
use crate::{
    domain::{Dimension, Locale},
    exports::{
        self, Facts, Finding, Market, Outcome, PlannedFile, RuleKind, Slot, SourceClass, Subject, Words, check, finish,
        plan_pack, worst,
    },
    studio::{Language, Origin},
};

/// The file that tells, in both languages, how the pack keeps the rules.
const CHECKS_FILE: &str = "checks.txt";

/// One file of a pack, or its place where it could not be made.
#[derive(Clone, Debug)]
pub struct FileCheck {
    /// Path within the pack.
    pub path: String,
    /// Its slot.
    pub slot: &'static Slot,
    /// What was measured on it; `None` where there is no such file.
    pub facts: Option<Facts>,
    /// Each rule and how it was kept.
    pub findings: Vec<Finding>,
}

impl FileCheck {
    /// The worst of its findings.
    pub fn outcome(&self) -> Outcome {
        worst(self.findings.iter().map(|finding| finding.outcome))
    }
}

/// How a pack keeps its marketplace's rules.
#[derive(Clone, Debug)]
pub struct PackCheck {
    /// The marketplace.
    pub market: &'static Market,
    /// Its files, in the order a seller needs them.
    pub files: Vec<FileCheck>,
}

impl PackCheck {
    /// The worst of all findings.
    pub fn outcome(&self) -> Outcome {
        worst(self.files.iter().map(FileCheck::outcome))
    }

    /// The findings as a page for people, Chinese first.
    fn page(&self) -> String {
        let mut lines = Vec::new();
        for locale in [Locale::Zh, Locale::En] {
            let title = locale.pick(&self.market.title_zh, &self.market.title_en);
            let checked = locale.pick("规则核对日期", "rules as of");
            lines.push(format!("{title} — {checked} {}", self.market.checked_on));
            let note = locale.pick(
                "以平台后台的最新要求为准。A = 平台公开规则，S = 二手资料，B = 通行做法。",
                "The seller console has the last word. A = published rule, S = secondary source, B = common practice.",
            );
            lines.extend([note.to_owned(), String::new()]);
            for file in &self.files {
                lines.push(format!("[{}] {}", file.outcome().code(), file.path));
                lines.extend(file.findings.iter().map(|finding| {
                    let source = finding.source.letter();
                    format!("    {:4} ({source}) {}", finding.outcome.code(), finding.reason(locale))
                }));
            }
            lines.push(String::new());
        }
        lines.join("\n")
    }
}

/// A file to be written into a pack.
#[derive(Clone, Debug)]
pub struct PackFile {
    /// Path within the pack.
    pub path: String,
    /// The whole file.
    pub bytes: Bytes,
}

/// A pack in the making: ask for one file after the other, so that one at a time is in memory.
#[derive(Debug)]
pub struct Pack {
    exports: Exports,
    set: FinishedSet,
    check: PackCheck,
    planned: VecDeque<PlannedFile>,
    ready: VecDeque<PackFile>,
    is_told: bool,
}

/// What is kept beside the files of one subject.
#[derive(Serialize, Deserialize)]
struct Kept(Vec<Facts>);

impl Pack {
    pub(super) fn new(exports: Exports, set: FinishedSet, market: &'static Market) -> Self {
        let planned = plan_pack(market, &set.dimensions()).into();
        let check = PackCheck { market, files: Vec::new() };
        Self { exports, set, check, planned, ready: VecDeque::new(), is_told: false }
    }

    /// The next file; the checks come last, then `None`.
    ///
    /// # Errors
    /// [`ExportError`] when a file cannot be made for another reason than the set itself.
    pub async fn next(&mut self) -> Result<Option<PackFile>, ExportError> {
        while self.ready.is_empty() {
            let Some(planned) = self.planned.pop_front() else {
                if std::mem::replace(&mut self.is_told, true) {
                    return Ok(None);
                }
                return Ok(Some(PackFile { path: CHECKS_FILE.to_owned(), bytes: self.check.page().into() }));
            };
            let _turn = self.exports.packs.clone().acquire_owned().await.expect("the semaphore is never closed");
            self.make(&planned).await?;
        }
        Ok(self.ready.pop_front())
    }

    /// The checks of the files made so far.
    pub fn into_check(self) -> PackCheck {
        self.check
    }

    async fn make(&mut self, planned: &PlannedFile) -> Result<(), ExportError> {
        let slot = planned.slot;
        let made = match self.exports.finished_files(&self.set, planned).await {
            Err(ExportError::NoCutOut) => {
                let path = exports::file_name(slot, planned.index);
                self.check.files.push(FileCheck { path, slot, facts: None, findings: vec![no_cut_out()] });
                return Ok(());
            }
            made => made?,
        };
        let in_slot = match planned.subject {
            Subject::Detail => made.len(),
            _ => plan_pack(self.check.market, &self.set.dimensions())
                .iter()
                .filter(|file| file.slot.code == slot.code)
                .count(),
        };
        for (index, (bytes, facts)) in made.into_iter().enumerate() {
            let path = exports::file_name(slot, planned.index + index);
            let findings = check(slot, &facts, in_slot);
            self.check.files.push(FileCheck { path: path.clone(), slot, facts: Some(facts), findings });
            self.ready.push_back(PackFile { path, bytes });
        }
        Ok(())
    }
}

fn no_cut_out() -> Finding {
    let reason = (
        "照片中的商品无法干净抠出，缺少这张图：请换用纯色背景或透明背景的照片".to_owned(),
        "missing: the product could not be cut out cleanly; take the photo on a plain or transparent ground".to_owned(),
    );
    Finding::new(RuleKind::Available, Outcome::Fail, SourceClass::Official, reason)
}

const fn language_of(words: Words) -> Language {
    match words {
        Words::Both => Language::Both,
        Words::Zh => Language::ZhOnly,
        Words::En => Language::EnOnly,
        Words::None => Language::Wordless,
    }
}

impl Exports {
    /// The files of one subject in one slot, from the cache or new.
    async fn finished_files(
        &self,
        set: &FinishedSet,
        planned: &PlannedFile,
    ) -> Result<Vec<(Bytes, Facts)>, ExportError> {
        let subject = match planned.subject {
            Subject::Poster(dimension) => set.poster(dimension)?.current().file_stem(dimension),
            Subject::WhiteMain => "white".to_owned(),
            Subject::Detail => format!("detail {:?}", set.posters),
        };
        let name = format!("packs/{}", self.tag(&format!("{:?}\n{subject}", planned.slot)));
        if let Some(kept) = self.kept_files(set, &name).await {
            return Ok(kept);
        }
        let made = self.new_files(set, planned).await?;
        let mut facts = Vec::with_capacity(made.len());
        for (index, (bytes, measured)) in made.iter().enumerate() {
            self.keep(set, &format!("{name}-{index}.jpg"), bytes.clone()).await;
            facts.push(*measured);
        }
        // Last, so that whoever finds the list finds the files.
        let list = serde_json::to_vec(&Kept(facts))
            .map_err(|error| crate::services::ServiceError::Corrupt(error.to_string()))?;
        self.keep(set, &format!("{name}.json"), list.into()).await;
        Ok(made)
    }

    /// The picture of a poster that a pack is made from.
    async fn current(&self, set: &FinishedSet, dimension: Dimension) -> Result<Composed, ExportError> {
        self.composed(set, dimension, set.poster(dimension)?.current()).await
    }

    async fn kept_files(&self, set: &FinishedSet, name: &str) -> Option<Vec<(Bytes, Facts)>> {
        let list = self.kept(set, &format!("{name}.json")).await?;
        let Kept(facts) = serde_json::from_slice(&list).ok()?;
        let mut files = Vec::with_capacity(facts.len());
        for (index, facts) in facts.into_iter().enumerate() {
            files.push((self.kept(set, &format!("{name}-{index}.jpg")).await?, facts));
        }
        Some(files)
    }

    async fn new_files(&self, set: &FinishedSet, planned: &PlannedFile) -> Result<Vec<(Bytes, Facts)>, ExportError> {
        let slot = planned.slot;
        let (pictures, origin, id, known) = match planned.subject {
            Subject::WhiteMain => {
                let cut_out = self.plan(set).await?.cut_out().ok_or(ExportError::NoCutOut)?;
                let (pixels, enlargement) =
                    self.studio.work(move || exports::white_main(&cut_out, slot.width, slot.height)).await?;
                let known = Facts { enlargement, fill: Some(0.0), is_photo: true, ..Facts::UNKNOWN };
                (vec![pixels], Origin::Composed, format!("{}/white-main", set.generation.id), known)
            }
            Subject::Poster(dimension) => {
                let language = language_of(slot.words);
                let proportions = (slot.width, slot.height);
                let known = Facts { has_text: language != Language::Wordless, ..Facts::UNKNOWN };
                match self.shown(set, dimension, set.poster(dimension)?.current()).await? {
                    // Pixels have the words that they have.
                    Shown::Pixels(revision) if language == Language::Both => {
                        let pixels = self.set_into(set, dimension, revision, proportions).await?;
                        let id = format!("{}/{}", set.generation.id, revision.file_stem(dimension));
                        (vec![pixels], Origin::AiMade, id, known)
                    }
                    shown => {
                        let composed = match shown {
                            Shown::Layers(composed) => composed,
                            Shown::Pixels(_) => self.current(set, dimension).await?,
                        };
                        let pixels = self.set_anew(set, &composed, proportions, language).await?;
                        (vec![pixels], composed.origin, content_id(set, &composed), known)
                    }
                }
            }
            Subject::Detail => {
                let (mut pictures, mut origin) = (Vec::with_capacity(set.posters.len()), Origin::Composed);
                for poster in &set.posters {
                    let picture = self.stored(&set.folder.picture(poster.dimension, poster.current())).await?;
                    let (width, height) = picture.dimensions();
                    let height = (u64::from(height) * u64::from(slot.width) / u64::from(width.max(1))).max(1) as u32;
                    // Scaled at once: ten whole posters would be eighty megabytes.
                    let scaled = self.studio.work(move || crate::imaging::resize(&picture, slot.width, height)).await?;
                    pictures.push(scaled);
                    let composed = self.current(set, poster.dimension).await?;
                    // What no recipe tells of is a model's own work.
                    if composed.revision != poster.current() || composed.origin == Origin::AiMade {
                        origin = Origin::AiMade;
                    }
                }
                let slices = self.studio.work(move || exports::slices(&pictures, slot.width, slot.height)).await?;
                let known = Facts { has_text: true, ..Facts::UNKNOWN };
                (slices, origin, format!("{}/detail", set.generation.id), known)
            }
        };
        let labels = self.studio.labels().clone();
        let known = Facts { has_ai_mark: labels.is_visible_on(origin), ..known };
        let finished = self.studio.work(move || {
            let reserved = labels.overhead(origin, &id);
            let finished = pictures.iter().map(|picture| {
                let done = finish(picture, slot, known, reserved);
                (Bytes::from(labels.marked(done.jpeg, origin, &id)), done.facts)
            });
            finished.collect()
        });
        Ok(finished.await?)
    }
}
