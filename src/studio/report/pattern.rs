//! Phrases with holes: how a line of the lexicon is matched against a text.
//!
//! `[x]` may be absent, `(a|b)` is either, `{n}` is a number, `{q}` a number with its unit, `{Q}`
//! the same as an English adjective (`60-hour`). In Chinese a space in the text is passed over.

use super::quantity::{Quantity, number_lex, quantity_lex};

/// One part of a compiled phrase.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Letter(char),
    Number,
    Quantity,
}

/// A phrase ready to be matched.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
}

/// What filled the holes, in order.
pub(super) type Slots = Vec<Quantity>;

impl Pattern {
    /// Compiles one line into the phrases it stands for.
    pub(super) fn compile(line: &str) -> Vec<Self> {
        expand(line).into_iter().map(|text| Self { pieces: pieces(&text) }).filter(|p| !p.pieces.is_empty()).collect()
    }

    /// The letter it starts with, or `None` when it starts with a number.
    pub(super) fn first(&self) -> Option<char> {
        match self.pieces.first() {
            Some(Piece::Letter(c)) => Some(c.to_ascii_lowercase()),
            _ => None,
        }
    }

    /// Matches at a position; gives the position after it and what filled the holes.
    pub(super) fn match_at(&self, chars: &[char], start: usize) -> Option<(usize, Slots)> {
        let mut at = start;
        let mut slots = Vec::new();
        for (index, piece) in self.pieces.iter().enumerate() {
            if *piece != Piece::Letter(' ') && index > 0 && chars.get(at) == Some(&' ') {
                let beside_latin = |c: Option<&char>| c.is_some_and(char::is_ascii_alphabetic);
                let inside_english = beside_latin(chars.get(at.wrapping_sub(1))) && beside_latin(chars.get(at + 1));
                if !inside_english {
                    at += 1;
                }
            }
            match piece {
                Piece::Letter(letter) => {
                    if !chars.get(at)?.eq_ignore_ascii_case(letter) {
                        return None;
                    }
                    at += 1;
                }
                Piece::Number => {
                    let (end, number) = number_lex(chars, at)?;
                    slots.push(Quantity { number, unit: None });
                    at = end;
                }
                Piece::Quantity => {
                    let (end, quantity) = quantity_lex(chars, at)?;
                    quantity.unit.as_ref()?;
                    slots.push(quantity);
                    at = end;
                }
            }
        }
        let latin_edge = |inside: Option<&char>, outside: Option<&char>| {
            inside.is_some_and(char::is_ascii_alphanumeric) && outside.is_some_and(char::is_ascii_alphanumeric)
        };
        let cuts_word = latin_edge(chars.get(at - 1), chars.get(at))
            || (start > 0 && latin_edge(chars.get(start), chars.get(start - 1)));
        (!cuts_word).then_some((at, slots))
    }
}

/// Fills the holes of a translation, in order of the hole's number in the source phrase.
///
/// A hole may name its source: `{n2}` is the second one filled.
pub(super) fn fill(template: &str, slots: &Slots, english: bool) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    let mut next = 0;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((hole, after)) = after.split_once('}') else {
            rest = after;
            continue;
        };
        let which =
            hole.get(1..).and_then(|digits| digits.parse::<usize>().ok()).map_or(next, |one| one.saturating_sub(1));
        next = which + 1;
        if let Some(quantity) = slots.get(which) {
            out.push_str(&match (hole.chars().next(), english) {
                (Some('Q'), true) => quantity.adjective_en(),
                (Some('q'), true) => quantity.text_en(),
                (Some('n'), true) => quantity.number.en(),
                (Some('n'), false) => quantity.number.zh.clone(),
                (_, _) => quantity.text_zh(),
            });
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Writes out every choice of a line.
fn expand(line: &str) -> Vec<String> {
    let Some(open) = line.find(['(', '[']) else { return vec![line.to_owned()] };
    let closer = if line[open..].starts_with('(') { ')' } else { ']' };
    let Some(length) = line[open..].find(closer) else { return vec![line.to_owned()] };
    let (before, inside, after) = (&line[..open], &line[open + 1..open + length], &line[open + length + 1..]);
    let mut choices: Vec<&str> = inside.split('|').collect();
    if closer == ']' {
        choices.push("");
    }
    let tails = expand(after);
    choices.into_iter().flat_map(|choice| tails.iter().map(move |tail| format!("{before}{choice}{tail}"))).collect()
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("{n}") {
            out.push(Piece::Number);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("{q}") {
            out.push(Piece::Quantity);
            rest = after;
        } else {
            out.push(Piece::Letter(c));
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(line: &str, text: &str) -> Option<(usize, Slots)> {
        let chars: Vec<char> = text.chars().collect();
        Pattern::compile(line).into_iter().filter_map(|pattern| pattern.match_at(&chars, 0)).max_by_key(|found| found.0)
    }

    #[test]
    fn choices_options_and_holes() {
        let (end, slots) = matches("(续航|待机)[长达|约]{q}", "续航约14天").unwrap();
        assert_eq!(end, 6);
        assert_eq!(fill("{Q} battery life", &slots, true), "14-day battery life");
        assert_eq!(fill("{q}", &slots, false), "14天");
        assert!(matches("(续航|待机){q}", "续航长").is_none());
    }

    #[test]
    fn a_latin_word_is_never_cut() {
        assert!(matches("oak", "oaken box").is_none());
        assert!(matches("oak", "oak box").is_some());
    }

    #[test]
    fn holes_may_be_reordered() {
        let (_, slots) = matches("充电{q}可用{q}", "充电10分钟可用2天").unwrap();
        assert_eq!(fill("{q2} from a {Q1} charge", &slots, true), "2 days from a 10-minute charge");
    }
}
