//! The word lists, read once: nouns, terms and claims in both languages.
//!
//! The lists are data (`lexicon/*.tsv`) so that a translator can improve them without reading
//! Rust: tab-separated columns, `#` starts a comment line, each file explains its columns.

use std::{collections::HashMap, sync::LazyLock};

use super::pattern::Pattern;
use crate::domain::report::{Category, Icon};

/// The rows of a word list.
pub(super) fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split('\t').map(str::trim).collect())
}

/// The part a word plays when a line is translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A product: ends a noun phrase and names the category.
    Noun,
    /// A thing: may end a noun phrase.
    Thing,
    /// A material: may end a noun phrase, and is a row of the specification.
    Material,
    /// A modifier: never stands alone.
    Modifier,
    /// A phrase complete in itself.
    Claim,
    /// 与, 和: and.
    And,
    /// 、: the comma of a list.
    List,
    /// 搭配, 采用: with.
    With,
    /// 的, 了: says nothing in English.
    Silent,
}

/// One word or phrase of the lexicon.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) role: Role,
    /// The translation, with holes for a claim.
    pub(super) target: &'static str,
    /// A shorter translation for headlines.
    pub(super) headline: Option<&'static str>,
    pub(super) icon: Option<Icon>,
    /// How much it sells, 0–9.
    pub(super) weight: u8,
    /// For product nouns.
    pub(super) category: Option<(Category, &'static str)>,
}

/// All entries of one direction, found by their first letter.
pub(super) struct Lexicon {
    entries: Vec<Entry>,
    by_letter: HashMap<char, Vec<(Pattern, usize)>>,
    by_number: Vec<(Pattern, usize)>,
}

impl Lexicon {
    fn empty() -> Self {
        Self { entries: Vec::new(), by_letter: HashMap::new(), by_number: Vec::new() }
    }

    fn add(&mut self, pattern: &str, entry: Entry) {
        let id = self.entries.len();
        self.entries.push(entry);
        for compiled in Pattern::compile(pattern) {
            match compiled.first() {
                Some(letter) => self.by_letter.entry(letter).or_default().push((compiled, id)),
                None => self.by_number.push((compiled, id)),
            }
        }
    }

    /// The entry behind an id given by [`Lexicon::candidates`].
    pub(super) fn entry(&self, id: usize) -> &Entry {
        &self.entries[id]
    }

    /// Phrases that may start with this letter.
    pub(super) fn candidates(&self, letter: char) -> impl Iterator<Item = &(Pattern, usize)> {
        let lettered = self.by_letter.get(&letter.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default();
        lettered.iter().chain(&self.by_number)
    }
}

const NOUNS: &str = include_str!("lexicon/nouns.tsv");
const TERMS: &str = include_str!("lexicon/terms.tsv");
const CLAIMS: &str = include_str!("lexicon/claims.tsv");
const ENGLISH: &str = include_str!("lexicon/english.tsv");

/// Chinese to English.
pub(super) static TO_ENGLISH: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon::empty();
    for row in rows(NOUNS) {
        lexicon.add(row[0], noun(&row, row[1]));
    }
    for row in rows(TERMS) {
        lexicon.add(row[0], term(&row, row[1]));
    }
    for row in rows(CLAIMS) {
        lexicon.add(
            row[0],
            Entry {
                role: Role::Claim,
                target: row[1],
                headline: row.get(4).copied().filter(|text| !text.is_empty()),
                icon: row.get(2).copied().and_then(Icon::from_code),
                weight: row.get(3).and_then(|weight| weight.parse().ok()).unwrap_or(3),
                category: None,
            },
        );
    }
    for (pattern, role) in [("与|和|及|以及|并|且|＆|&", Role::And), ("、|/|+", Role::List)] {
        lexicon.add(&format!("({pattern})"), particle(role));
    }
    lexicon.add(
        "(搭配|搭载|配有|配备|配|添加|蕴含|富含|含有|含|内含|采用|选用|精选|融合|甄选|加|结合|内置|拥有|具备|自带)",
        particle(Role::With),
    );
    lexicon.add("(的|了|约|更|很|支持|款|更加|非常|十分|可以|能够|我们|这款|本品|地|也|都|就|即可|整体|本款|通过|使用|适合|适用于|入口|尾韵)", particle(Role::Silent));
    lexicon
});

/// English to Chinese: the English list first, then the Chinese lists turned round.
pub(super) static TO_CHINESE: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon::empty();
    for row in rows(ENGLISH) {
        lexicon.add(
            row[0],
            Entry {
                role: Role::Claim,
                target: row[1],
                headline: row.get(4).copied().filter(|text| !text.is_empty()),
                icon: row.get(2).copied().and_then(Icon::from_code),
                weight: row.get(3).and_then(|weight| weight.parse().ok()).unwrap_or(3),
                category: None,
            },
        );
    }
    for row in rows(NOUNS) {
        lexicon.add(&format!("{}[s]", either_hyphen(row[1])), noun(&row, first_choice(row[0])));
    }
    for row in rows(TERMS) {
        lexicon.add(&either_hyphen(row[1]), term(&row, first_choice(row[0])));
    }
    for row in rows(CLAIMS).filter(|row| !row[1].contains(['(', '[']) && !row[1].contains('2') && !row[0].contains('['))
    {
        lexicon.add(
            &row[1].replace("{Q}", "{q}"),
            Entry {
                role: Role::Claim,
                target: first_choice(row[0]),
                headline: None,
                icon: row.get(2).copied().and_then(Icon::from_code),
                weight: row.get(3).and_then(|weight| weight.parse().ok()).unwrap_or(3),
                category: None,
            },
        );
    }
    lexicon.add("(and|&)", particle(Role::And));
    lexicon.add(",", particle(Role::List));
    lexicon.add("(with|featuring)", particle(Role::With));
    lexicon.add(
        "(the|a|an|of|our|your|its|is|are|this|made from|made of|in|for|to|from|very|it|has)",
        particle(Role::Silent),
    );
    lexicon
});

/// English in lower case, hyphens optional: single-origin, single origin.
fn either_hyphen(text: &str) -> String {
    text.to_ascii_lowercase().replace('-', "(-| )")
}

/// The plain form of a phrase with choices: the first of each.
fn first_choice(pattern: &'static str) -> &'static str {
    pattern.trim_matches(['(', ')']).split('|').next().unwrap_or(pattern)
}

fn noun(row: &[&'static str], target: &'static str) -> Entry {
    let category = row.get(2).copied().and_then(Category::from_code).unwrap_or(Category::Other);
    Entry {
        role: Role::Noun,
        target,
        headline: None,
        icon: None,
        weight: 0,
        category: Some((category, row.get(3).copied().unwrap_or_default())),
    }
}

fn term(row: &[&'static str], target: &'static str) -> Entry {
    let role = match row.get(2).copied() {
        Some("a") => Role::Modifier,
        Some("m") => Role::Material,
        _ => Role::Thing,
    };
    let icon = row.get(3).copied().and_then(Icon::from_code);
    Entry { role, target, headline: None, icon, weight: if icon.is_some() { 3 } else { 1 }, category: None }
}

const fn particle(role: Role) -> Entry {
    Entry { role, target: "", headline: None, icon: None, weight: 0, category: None }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::report::is_hanzi;

    #[test]
    fn every_row_is_well_formed() {
        for row in rows(NOUNS) {
            assert!(row.len() >= 3, "{row:?}");
            assert!(Category::from_code(row[2]).is_some(), "{row:?}");
        }
        for row in rows(TERMS) {
            assert!(row.len() >= 2 && row.get(2).is_none_or(|flag| ["a", "n", "m"].contains(flag)), "{row:?}");
            assert!(row.get(3).is_none_or(|icon| Icon::from_code(icon).is_some()), "{row:?}");
        }
        for row in rows(CLAIMS).chain(rows(ENGLISH)) {
            assert!(row.len() >= 4, "{row:?}");
            assert!(Icon::from_code(row[2]).is_some() && row[3].parse::<u8>().is_ok(), "{row:?}");
        }
    }

    #[test]
    fn english_sides_hold_no_hanzi_and_no_number_of_their_own() {
        for row in rows(NOUNS).chain(rows(TERMS)).chain(rows(CLAIMS)) {
            let columns = if row.len() > 4 { vec![row[1], row[4]] } else { vec![row[1]] };
            for english in columns {
                assert!(!english.contains(is_hanzi), "{row:?}");
                let plain = english.replace("{n2}", "").replace("{q2}", "").replace("{n1}", "").replace("{q1}", "");
                let plain = plain.replace("{Q1}", "").replace("{Q2}", "").replace("{n3}", "");
                for digits in plain.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()) {
                    assert!(row[0].contains(digits), "{row:?}");
                }
            }
        }
    }

    #[test]
    fn no_word_is_listed_twice() {
        let mut seen = HashSet::new();
        let twice: Vec<_> = rows(NOUNS)
            .chain(rows(TERMS))
            .chain(rows(CLAIMS))
            .filter(|row| !seen.insert(row[0]))
            .map(|row| row[0])
            .collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}
