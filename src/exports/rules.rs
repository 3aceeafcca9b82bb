//! Rules held against what was measured.

use serde::{Deserialize, Serialize};

use super::market::{Rule, RuleKind, Severity, Slot, SourceClass};
use crate::domain::Locale;

/// How far a picture may be enlarged before it looks soft, in per cent.
pub(super) const ENLARGEMENT_PERCENT_MAX: u32 = 160;

/// What is known of a finished file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bytes of the file.
    pub byte_size: usize,
    /// JPEG quality it was written in.
    pub quality: u8,
    /// Share of its outermost pixels that is pure white, measured on the finished file.
    pub white_border_share: f32,
    /// How much of the longer side the product takes, measured on the finished file; only told for
    /// the product on white.
    pub fill: Option<f32>,
    /// How far its pixels were enlarged; 1 is not at all.
    pub enlargement: f32,
    /// Whether words stand on it. The layers say so, nothing is guessed.
    pub has_text: bool,
    /// Whether it carries the visible mark of AI-made content.
    pub has_ai_mark: bool,
    /// Whether it shows the photo alone, without a drawn or painted scene.
    pub is_photo: bool,
}

impl Facts {
    /// Nothing measured yet, nothing on the picture: what makers start from.
    pub const UNKNOWN: Self = Self {
        width: 0,
        height: 0,
        byte_size: 0,
        quality: 0,
        white_border_share: 0.0,
        fill: None,
        enlargement: 1.0,
        has_text: false,
        has_ai_mark: false,
        is_photo: false,
    };
}

/// How a rule was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Kept.
    Pass,
    /// Broken, and may be accepted nevertheless.
    Warn,
    /// Broken, and is turned down.
    Fail,
}

impl Outcome {
    /// A short stable word: `PASS`, `WARN`, `FAIL`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }

    const fn broken(severity: Severity) -> Self {
        match severity {
            Severity::Warn => Self::Warn,
            Severity::Fail => Self::Fail,
        }
    }
}

/// One rule and how it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was asked.
    pub kind: RuleKind,
    /// How it was kept.
    pub outcome: Outcome,
    /// How sure the rule is.
    pub source: SourceClass,
    reason_zh: String,
    reason_en: String,
}

impl Finding {
    /// A finding with its reason in both languages.
    pub fn new(kind: RuleKind, outcome: Outcome, source: SourceClass, reason: (String, String)) -> Self {
        Self { kind, outcome, source, reason_zh: reason.0, reason_en: reason.1 }
    }

    /// What was found, for a person.
    pub fn reason(&self, locale: Locale) -> &str {
        locale.pick(&self.reason_zh, &self.reason_en)
    }
}

/// The worst of several outcomes; nothing at all passes.
pub fn worst(findings: impl IntoIterator<Item = Outcome>) -> Outcome {
    findings.into_iter().max().unwrap_or(Outcome::Pass)
}

/// Holds a file against its slot: the size and byte budget of the slot, sharpness, then its rules.
/// `count` is how many files the slot has.
pub fn check(slot: &Slot, facts: &Facts, count: usize) -> Vec<Finding> {
    let of_slot = [
        Rule { kind: RuleKind::Size, value: 0, severity: Severity::Fail, source: slot.source },
        Rule { kind: RuleKind::BytesMax, value: slot.bytes_max, severity: Severity::Fail, source: slot.source },
        Rule {
            kind: RuleKind::EnlargementMax,
            value: ENLARGEMENT_PERCENT_MAX,
            severity: Severity::Warn,
            source: SourceClass::Belief,
        },
    ];
    of_slot.iter().chain(&slot.rules).map(|rule| judge(*rule, slot, facts, count)).collect()
}

fn judge(rule: Rule, slot: &Slot, facts: &Facts, count: usize) -> Finding {
    let (value, kb) = (rule.value, |bytes: usize| bytes.div_ceil(1000));
    let (kept, reason) = match rule.kind {
        RuleKind::Size => {
            let is_slice = slot.picture == super::PictureKind::Detail;
            let kept =
                facts.width == slot.width && (facts.height == slot.height || is_slice && facts.height <= slot.height);
            let wanted = if is_slice {
                format!("{} × ≤{}", slot.width, slot.height)
            } else {
                format!("{} × {}", slot.width, slot.height)
            };
            let is = format!("{} × {}", facts.width, facts.height);
            (kept, (format!("尺寸 {is}，要求 {wanted}"), format!("{is} px; asked for {wanted}")))
        }
        RuleKind::BytesMax => (
            facts.byte_size <= value as usize,
            (
                format!("{} KB，上限 {} KB（JPEG 质量 {}）", kb(facts.byte_size), kb(value as usize), facts.quality),
                format!(
                    "{} KB of at most {} KB (JPEG quality {})",
                    kb(facts.byte_size),
                    kb(value as usize),
                    facts.quality
                ),
            ),
        ),
        RuleKind::BytesMin => (
            facts.byte_size >= value as usize,
            (
                format!("{} KB，下限 {} KB", kb(facts.byte_size), kb(value as usize)),
                format!("{} KB of at least {} KB", kb(facts.byte_size), kb(value as usize)),
            ),
        ),
        RuleKind::SideMin => {
            let side = facts.width.min(facts.height);
            (
                side >= value,
                (
                    format!("短边 {side} px，要求不少于 {value} px"),
                    format!("short side {side} px of at least {value} px"),
                ),
            )
        }
        RuleKind::WhiteBorder => {
            let percent = facts.white_border_share * 100.0;
            (
                facts.white_border_share >= 1.0,
                (
                    format!("边缘纯白（255）占 {percent:.1}%"),
                    format!("{percent:.1}% of the border is pure white (255)"),
                ),
            )
        }
        RuleKind::FillMin => {
            let percent = facts.fill.unwrap_or_default() * 100.0;
            (
                percent >= value as f32,
                (
                    format!("商品占画面 {percent:.0}%，要求不少于 {value}%"),
                    format!("the product fills {percent:.0}% of at least {value}%"),
                ),
            )
        }
        RuleKind::SubjectMin => {
            let pixels = (facts.fill.unwrap_or_default() * facts.width.min(facts.height) as f32) as u32;
            (
                pixels >= value,
                (
                    format!("主体 {pixels} px，要求不少于 {value} px"),
                    format!("the subject takes {pixels} px of at least {value} px"),
                ),
            )
        }
        RuleKind::NoText => {
            let reason = match (facts.has_text, facts.has_ai_mark) {
                (true, _) => ("图上有文字", "words stand on it"),
                (false, true) => ("图上有依法添加的“AI生成”标识", "it carries the mark that AI-made content must show"),
                (false, false) => ("图上没有文字", "no words stand on it"),
            };
            (!facts.has_text && !facts.has_ai_mark, (reason.0.to_owned(), reason.1.to_owned()))
        }
        RuleKind::PhotoOnly => {
            let reason = if facts.is_photo {
                ("只有实拍商品", "the photographed product alone")
            } else {
                ("商品为实拍，背景为合成", "the product is photographed, the scene around it is composed")
            };
            (facts.is_photo, (reason.0.to_owned(), reason.1.to_owned()))
        }
        RuleKind::TrueProduct => (
            true,
            (
                "商品像素取自卖家照片，未经重绘".to_owned(),
                "the product's pixels are those of the seller's photo, nothing is redrawn".to_owned(),
            ),
        ),
        RuleKind::EnlargementMax => {
            let percent = facts.enlargement * 100.0;
            (
                percent <= value as f32 + 0.5,
                (
                    format!("放大到 {percent:.0}%，建议不超过 {value}%"),
                    format!("enlarged to {percent:.0}%, at most {value}% stays sharp"),
                ),
            )
        }
        // Whoever has a file to judge has made it.
        RuleKind::Available => (true, ("已生成".to_owned(), "made".to_owned())),
        RuleKind::CountMax => (
            count <= value as usize,
            (format!("{count} 张，上限 {value} 张"), format!("{count} files of at most {value}")),
        ),
        RuleKind::CountMin => (
            count >= value as usize,
            (format!("{count} 张，下限 {value} 张"), format!("{count} files of at least {value}")),
        ),
    };
    // No marketplace can turn down a mark that the law asks for.
    let is_lawful = rule.kind == RuleKind::NoText && !facts.has_text;
    let outcome = match (kept, is_lawful) {
        (true, _) => Outcome::Pass,
        (false, true) => Outcome::Warn,
        (false, false) => Outcome::broken(rule.severity),
    };
    Finding::new(rule.kind, outcome, rule.source, reason)
}

#[cfg(test)]
mod tests {
    use super::super::market::{PictureKind, Words};
    use super::*;

    fn slot(rules: Vec<Rule>) -> Slot {
        Slot {
            code: "main".to_owned(),
            title_zh: String::new(),
            title_en: String::new(),
            file: "main.jpg".to_owned(),
            first_number: 1,
            picture: PictureKind::WhiteMain,
            dimensions: Vec::new(),
            words: Words::None,
            width: 800,
            height: 800,
            bytes_max: 300_000,
            source: SourceClass::Official,
            rules,
        }
    }

    const GOOD: Facts = Facts {
        width: 800,
        height: 800,
        byte_size: 90_000,
        quality: 92,
        white_border_share: 1.0,
        fill: Some(0.88),
        enlargement: 1.2,
        has_text: false,
        has_ai_mark: false,
        is_photo: true,
    };

    #[test]
    fn every_rule_passes_on_a_good_picture_and_breaks_on_its_own_fault() {
        let cases: [(RuleKind, u32, Facts); 7] = [
            (RuleKind::BytesMin, 38_000, Facts { byte_size: 20_000, ..GOOD }),
            (RuleKind::SideMin, 700, Facts { width: 640, ..GOOD }),
            (RuleKind::WhiteBorder, 0, Facts { white_border_share: 0.999, ..GOOD }),
            (RuleKind::FillMin, 85, Facts { fill: Some(0.7), ..GOOD }),
            (RuleKind::SubjectMin, 300, Facts { fill: None, ..GOOD }),
            (RuleKind::NoText, 0, Facts { has_text: true, ..GOOD }),
            (RuleKind::PhotoOnly, 0, Facts { is_photo: false, ..GOOD }),
        ];
        for (kind, value, bad) in cases {
            for severity in [Severity::Warn, Severity::Fail] {
                let slot = slot(vec![Rule { kind, value, severity, source: SourceClass::Secondary }]);
                let found = |facts: &Facts| check(&slot, facts, 1).into_iter().find(|finding| finding.kind == kind);
                assert_eq!(found(&GOOD).expect("a finding").outcome, Outcome::Pass, "{kind:?}");
                let broken = found(&bad).expect("a finding");
                assert_eq!(broken.outcome, Outcome::broken(severity), "{kind:?}");
                assert!(!broken.reason(Locale::Zh).is_empty() && !broken.reason(Locale::En).is_empty());
            }
        }
    }

    #[test]
    fn a_mark_that_the_law_asks_for_is_told_and_not_condemned() {
        let rule = Rule { kind: RuleKind::NoText, value: 0, severity: Severity::Fail, source: SourceClass::Official };
        let found = &check(&slot(vec![rule]), &Facts { has_ai_mark: true, ..GOOD }, 1)[3];
        assert_eq!(found.outcome, Outcome::Warn);
        assert!(found.reason(Locale::Zh).contains("AI生成"));
    }

    #[test]
    fn the_slot_itself_is_checked() {
        let outcome = |facts: &Facts, kind: RuleKind| {
            let findings = check(&slot(Vec::new()), facts, 1);
            findings.into_iter().find(|finding| finding.kind == kind).expect("a finding").outcome
        };
        assert_eq!(outcome(&Facts { height: 799, ..GOOD }, RuleKind::Size), Outcome::Fail);
        assert_eq!(outcome(&Facts { byte_size: 300_001, ..GOOD }, RuleKind::BytesMax), Outcome::Fail);
        assert_eq!(outcome(&Facts { enlargement: 1.61, ..GOOD }, RuleKind::EnlargementMax), Outcome::Warn);
        assert_eq!(worst(check(&slot(Vec::new()), &GOOD, 1).iter().map(|finding| finding.outcome)), Outcome::Pass);
        assert_eq!(worst([Outcome::Warn, Outcome::Fail, Outcome::Pass]), Outcome::Fail);
    }

    #[test]
    fn files_are_counted() {
        let rule = |kind, value| Rule { kind, value, severity: Severity::Fail, source: SourceClass::Official };
        let slot = slot(vec![rule(RuleKind::CountMax, 5), rule(RuleKind::CountMin, 2)]);
        let outcomes = |count| check(&slot, &GOOD, count)[3..].iter().map(|found| found.outcome).collect::<Vec<_>>();
        assert_eq!(outcomes(5), [Outcome::Pass, Outcome::Pass]);
        assert_eq!(outcomes(6), [Outcome::Fail, Outcome::Pass]);
        assert_eq!(outcomes(1), [Outcome::Pass, Outcome::Fail]);
    }
}
