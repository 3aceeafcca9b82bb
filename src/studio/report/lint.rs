//! Keeps words out of headlines that an advertisement may not use.

use std::sync::LazyLock;

use super::lexicon::rows;

/// What the advertising law says to a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// May be printed, perhaps softened.
    Fine(String),
    /// May not be printed at all.
    Dropped,
}

static BANNED: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    rows(include_str!("lexicon/banned.tsv")).filter(|row| row.len() == 2).map(|row| (row[0], row[1])).collect()
});

/// A word in a seller's text that an advertisement may not use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvertisingWarning {
    /// As the seller wrote it.
    pub word: String,
    /// What to say instead; `None` when the whole statement has to go, because the claim itself is
    /// the offence. Posters do as it says by themselves.
    pub suggestion: Option<&'static str>,
    /// Where it begins, in characters (Unicode scalar values) from the start of the text.
    pub start: usize,
}

/// Every forbidden word of a text, in reading order; of words that overlap only the longest.
pub fn advertising_warnings(text: &str) -> Vec<AdvertisingWarning> {
    let mut found: Vec<(usize, usize, &'static str)> = Vec::new();
    for (word, instead) in BANNED.iter() {
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| find_word(rest, word)) {
            found.push((from + at, word.len(), instead));
            from += at + word.len();
        }
    }
    found.sort_by_key(|(at, length, _)| (*at, std::cmp::Reverse(*length)));
    let mut end = 0;
    found.retain(|(at, length, _)| {
        let is_free = *at >= end;
        end = if is_free { at + length } else { end };
        is_free
    });
    let warning = |(at, length, instead): (usize, usize, &'static str)| AdvertisingWarning {
        word: text[at..at + length].to_owned(),
        suggestion: (instead != "-").then_some(instead),
        start: text[..at].chars().count(),
    };
    found.into_iter().map(warning).collect()
}

/// Softens superlatives and refuses claims that are offences in themselves.
pub(super) fn lint(text: &str) -> Verdict {
    let mut softened = text.to_owned();
    for (word, instead) in BANNED.iter() {
        while let Some(at) = find_word(&softened, word) {
            if *instead == "-" {
                return Verdict::Dropped;
            }
            softened.replace_range(at..at + word.len(), instead);
        }
    }
    Verdict::Fine(softened)
}

/// The softened text, or nothing.
pub(super) fn allowed(text: &str) -> Option<String> {
    match lint(text) {
        Verdict::Fine(text) => Some(text),
        Verdict::Dropped => None,
    }
}

/// Finds a word without regard to Latin case; a Latin word must stand alone.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    let latin = word.starts_with(|c: char| c.is_ascii());
    lower.match_indices(word).map(|(at, _)| at).find(|at| {
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        !latin || !(letter(lower[..*at].chars().next_back()) || letter(lower[at + word.len()..].chars().next()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn superlatives_are_softened_and_false_promises_dropped() {
        assert_eq!(lint("最好的杯子"), Verdict::Fine("好的杯子".to_owned()));
        assert_eq!(lint("全网第一的销量"), Verdict::Dropped);
        assert_eq!(lint("三天根治"), Verdict::Dropped);
        assert_eq!(lint("100%有效"), Verdict::Dropped);
        assert_eq!(lint("最后一步擦干"), Verdict::Fine("最后一步擦干".to_owned()));
        assert_eq!(lint("第一次使用"), Verdict::Fine("第一次使用".to_owned()));
        assert_eq!(lint("The Best mug"), Verdict::Fine("The fine mug".to_owned()));
        assert_eq!(lint("asbestos-free"), Verdict::Fine("asbestos-free".to_owned()));
    }

    #[test]
    fn a_seller_learns_each_word_where_it_stands_and_what_to_say_instead() {
        let warned = |text: &str| {
            let found = advertising_warnings(text).into_iter();
            found.map(|warning| (warning.start, warning.word, warning.suggestion)).collect::<Vec<_>>()
        };
        assert_eq!(
            warned("☕最好的杯子，全网第一，The BEST mug，最好"),
            [
                (1, "最好的".to_owned(), Some("好的")),
                (7, "全网第一".to_owned(), None),
                (16, "BEST".to_owned(), Some("fine")),
                (25, "最好".to_owned(), Some("好")),
            ]
        );
        assert_eq!(warned("最后一步擦干，第一次使用"), []);
        assert_eq!(warned(""), []);
    }

    #[test]
    fn softening_ends() {
        for (word, instead) in BANNED.iter() {
            assert!(find_word(instead, word).is_none(), "{word} → {instead} would loop");
        }
    }
}
