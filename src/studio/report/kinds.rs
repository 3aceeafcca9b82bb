//! What may be said about a kind of product in general, when the seller is silent.

use std::sync::LazyLock;

use super::lexicon::rows;
use crate::domain::report::{Bilingual, Category, Evidence, Icon, Instruction, SellingPoint};

static KINDS: LazyLock<Vec<Vec<&'static str>>> =
    LazyLock::new(|| rows(include_str!("lexicon/kinds.tsv")).filter(|row| row.len() >= 4).collect());

/// The general knowledge about one product: its kind first, its category where the kind is silent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knowledge {
    pub(super) category: Category,
    pub(super) kind: &'static str,
}

impl Knowledge {
    fn rows(self, name: &'static str) -> Vec<&'static [&'static str]> {
        let of = |owner: &str| -> Vec<&'static [&'static str]> {
            KINDS.iter().filter(|row| row[0] == owner && row[1] == name).map(Vec::as_slice).collect()
        };
        let own = of(self.kind);
        if own.is_empty() || self.kind.is_empty() { of(self.category.code()) } else { own }
    }

    fn pairs(self, name: &'static str) -> Vec<Bilingual> {
        self.rows(name).into_iter().map(|row| Bilingual::new(row[2], row[3])).collect()
    }

    /// The first pair of a row that every category has.
    pub(super) fn one(self, name: &'static str) -> Bilingual {
        self.pairs(name).into_iter().next().unwrap_or_else(|| Bilingual::new("新品", "New Arrival"))
    }

    /// Supporting lines for a headline with this icon, the most specific first.
    pub(super) fn details(self, icon: Icon) -> impl Iterator<Item = Bilingual> {
        [self.kind, self.category.code(), "any"].into_iter().flat_map(move |owner| {
            let lines = KINDS.iter().filter(move |row| row[0] == owner && row[1] == "detail");
            lines.filter(move |row| row.get(4) == Some(&icon.code())).map(|row| Bilingual::new(row[2], row[3]))
        })
    }

    pub(super) fn scenes(self) -> Vec<Bilingual> {
        self.pairs("scene")
    }

    /// Points that hold for anything of the kind.
    pub(super) fn points(self) -> Vec<SellingPoint> {
        self.rows("point")
            .into_iter()
            .filter(|row| row.len() >= 7)
            .map(|row| SellingPoint {
                title: Bilingual::new(row[2], row[3]),
                detail: Bilingual::new(row[4], row[5]),
                icon: Icon::from_code(row[6]).unwrap_or(Icon::Star),
                evidence: Evidence::Inferred,
            })
            .collect()
    }

    /// Usage steps, each with the words of the seller's that make it superfluous.
    pub(super) fn steps(self) -> Vec<(Instruction, Vec<&'static str>)> {
        self.rows("step")
            .into_iter()
            .map(|row| {
                let covered_by = row.get(4).map(|words| words.split('|').collect()).unwrap_or_default();
                (template(row), covered_by)
            })
            .collect()
    }

    pub(super) fn cautions(self) -> Vec<Instruction> {
        self.rows("caution").into_iter().map(template).collect()
    }
}

fn template(row: &[&'static str]) -> Instruction {
    Instruction { text: Bilingual::new(row[2], row[3]), source: Evidence::Template }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::{
        DETAIL_EN_WORDS_MAX, DETAIL_ZH_COLUMNS_MAX, TITLE_EN_WORDS_MAX, TITLE_ZH_COLUMNS_MAX, en_words, is_hanzi,
        zh_columns,
    };

    #[test]
    fn every_category_can_speak_for_itself() {
        for category in Category::ALL {
            let knowledge = Knowledge { category, kind: "" };
            for name in ["name", "slogan", "audience", "tone"] {
                assert_eq!(knowledge.pairs(name).len(), 1, "{category:?} {name}");
            }
            assert_eq!(knowledge.scenes().len(), 3, "{category:?}");
            assert!(knowledge.points().len() >= 3, "{category:?}");
            assert!(knowledge.steps().len() >= 3 && knowledge.cautions().len() >= 2, "{category:?}");
        }
    }

    #[test]
    fn every_icon_has_a_supporting_line() {
        for icon in Icon::ALL {
            assert!(Knowledge { category: Category::Other, kind: "" }.details(icon).next().is_some(), "{icon:?}");
        }
    }

    #[test]
    fn templates_keep_the_budgets_and_hold_no_figures() {
        for row in KINDS.iter() {
            let (title, detail) = (row[1] == "name" || row[1] == "point" || row[1] == "slogan", row[1] == "step");
            assert!(!row.concat().contains(|c: char| c.is_ascii_digit()), "{row:?}");
            assert!(!row[3].contains(is_hanzi), "{row:?}");
            if title {
                assert!(
                    zh_columns(row[2]) <= TITLE_ZH_COLUMNS_MAX && en_words(row[3]) <= TITLE_EN_WORDS_MAX,
                    "{row:?}"
                );
            }
            if detail || row[1] == "caution" || row[1] == "detail" {
                assert!(
                    zh_columns(row[2]) <= DETAIL_ZH_COLUMNS_MAX && en_words(row[3]) <= DETAIL_EN_WORDS_MAX,
                    "{row:?}"
                );
            }
            if row[1] == "point" {
                assert!(Icon::from_code(row[6]).is_some(), "{row:?}");
                assert!(
                    zh_columns(row[4]) <= DETAIL_ZH_COLUMNS_MAX && en_words(row[5]) <= DETAIL_EN_WORDS_MAX,
                    "{row:?}"
                );
            }
        }
    }
}
