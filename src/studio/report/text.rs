//! Makes a description safe to quote, and cuts it into sentences and clauses.

use crate::domain::report::is_hanzi;

/// A description without markup, pictograms and marks that steer the reading direction, each
/// character with its place in the original.
pub(super) struct Prepared {
    pub(super) chars: Vec<char>,
    origin: Vec<usize>,
    /// What was written, can be seen, and is not among `chars`: each character once, in reading order.
    pub(super) dropped: Vec<char>,
}

/// A stretch of text between two pauses.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) text: String,
    /// Which sentence it belongs to, counted from zero.
    pub(super) sentence: usize,
    /// The word before a colon, when the clause reads `key: value`.
    pub(super) label: Option<String>,
    /// Place in the original description.
    pub(super) span: (usize, usize),
}

/// Folds full-width letters, digits and signs to ASCII and drops what cannot be printed.
fn fold(c: char) -> Option<char> {
    match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '％' | '＋' | '－' | '．' | '／' | '～' | '＆' => {
            char::from_u32(u32::from(c) - 0xfee0)
        }
        '\t' | '\u{a0}' | '\u{3000}' | ' ' => Some(' '),
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fe0f}'
        | '®'
        | '™'
        | '©'
        | '\u{ad}' => None,
        '˚' | 'º' => Some('°'),
        '\u{c0}'..='\u{24f}'
        | '\u{3041}'..='\u{30fe}'
        | '，'
        | '。'
        | '！'
        | '？'
        | '；'
        | '：'
        | '、'
        | '（'
        | '）'
        | '【'
        | '】'
        | '「'
        | '」'
        | '『'
        | '』'
        | '《'
        | '》'
        | '“'
        | '”'
        | '‘'
        | '’'
        | '—'
        | '…'
        | '·'
        | '–'
        | '℃'
        | '℉'
        | '°'
        | '±'
        | '²'
        | '³'
        | '″'
        | '′'
        | '≤'
        | '≥'
        | '•'
        | '㎡' => Some(c),
        c if c.is_ascii_graphic() || is_hanzi(c) => Some(c),
        c if c.is_control() => Some(' '),
        _ => Some('\n'),
    }
}

/// Dropped characters that are remembered: a text in a script of its own would list its whole
/// alphabet, and a seller needs no more than this to understand.
const DROPPED_MAX: usize = 24;

/// Whether a character that can be seen does not survive [`fold`].
fn is_lost(c: char) -> bool {
    let is_blank = c.is_whitespace() || c.is_control();
    !is_blank && matches!(fold(c), Some('\n' | ' '))
}

impl Prepared {
    /// Cleans a description.
    pub(super) fn new(description: &str) -> Self {
        let source: Vec<char> = description.chars().collect();
        let (mut chars, mut origin) = (Vec::with_capacity(source.len()), Vec::with_capacity(source.len()));
        let mut dropped = Vec::new();
        let mut index = 0;
        while index < source.len() {
            if let Some(end) = markup_end(&source, index) {
                chars.push('\n');
                origin.push(index);
                index = end;
                continue;
            }
            if is_lost(source[index]) && dropped.len() < DROPPED_MAX && !dropped.contains(&source[index]) {
                dropped.push(source[index]);
            }
            if let Some(c) = fold(source[index]) {
                let repeated_space = c == ' ' && chars.last().is_none_or(|last| matches!(last, ' ' | '\n'));
                if !repeated_space {
                    chars.push(c);
                    origin.push(index);
                }
            }
            index += 1;
        }
        Self { chars, origin, dropped }
    }

    /// The cleaned text.
    pub(super) fn text(&self) -> String {
        self.chars.iter().collect()
    }

    /// Whether the seller wrote mostly Chinese. A text without letters counts as Chinese.
    pub(super) fn is_chinese(&self) -> bool {
        let hanzi = self.chars.iter().filter(|c| is_hanzi(**c)).count();
        let words = self.text().split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1).count();
        words == 0 || (hanzi >= 2 && hanzi >= words)
    }

    /// Cuts the text at pauses. A comma or a point between digits is part of the number.
    pub(super) fn clauses(&self) -> Vec<Clause> {
        let chinese = self.is_chinese();
        let mut clauses = Vec::new();
        let (mut start, mut sentence) = (0, 0);
        for index in 0..=self.chars.len() {
            let pause = if index == self.chars.len() { Some(true) } else { self.pause_at(index, chinese) };
            let Some(ends_sentence) = pause else { continue };
            self.push_clause(start, index, sentence, &mut clauses);
            start = index + 1;
            if ends_sentence && clauses.last().is_some_and(|clause: &Clause| clause.sentence == sentence) {
                sentence += 1;
            }
        }
        clauses
    }

    /// `Some(true)` where a sentence ends, `Some(false)` where a clause ends.
    fn pause_at(&self, index: usize, chinese: bool) -> Option<bool> {
        let before = index.checked_sub(1).and_then(|i| self.chars.get(i)).copied().unwrap_or(' ');
        let after = self.chars.get(index + 1).copied().unwrap_or(' ');
        match self.chars[index] {
            '。' | '！' | '？' | '；' | ';' | '!' | '?' | '\n' | '…' => Some(true),
            '.' if after == ' ' && !before.is_ascii_digit() => Some(true),
            '.' if after == ' ' && before.is_ascii_digit() => Some(true),
            '，' | '（' | '）' | '(' | ')' | '【' | '】' | '「' | '」' | '『' | '』' | '《' | '》' | '“' | '”'
            | '"' | '|' | '•' | '—' | '[' | ']' | '{' | '}' => Some(false),
            ',' if !(before.is_ascii_digit() && after.is_ascii_digit()) => Some(false),
            '-' | '*' if before == ' ' || before == '\n' || index == 0 => Some(false),
            ' ' if chinese && is_hanzi(before) && is_hanzi(after) => Some(false),
            _ => None,
        }
    }

    fn push_clause(&self, start: usize, end: usize, sentence: usize, clauses: &mut Vec<Clause>) {
        let is_edge = |c: char| {
            c.is_whitespace() || matches!(c, '、' | '.' | '·' | ':' | '：' | '-' | '–' | '~' | '_' | '/' | '\'')
        };
        let (mut start, mut end) = (start, end.min(self.chars.len()));
        while start < end && is_edge(self.chars[start]) {
            start += 1;
        }
        while start < end && is_edge(self.chars[end - 1]) {
            end -= 1;
        }
        let body = &self.chars[start..end];
        if !body.iter().any(|c| c.is_alphanumeric()) {
            return;
        }
        let colon = body.iter().enumerate().position(|(at, c)| {
            matches!(c, '：' | ':')
                && at > 0
                && !(body[at - 1].is_ascii_digit() && body.get(at + 1).is_some_and(char::is_ascii_digit))
        });
        let (label, from) = match colon {
            Some(at) if at <= 14 && at + 1 < body.len() => {
                (Some(body[..at].iter().collect::<String>()), start + at + 1)
            }
            _ => (None, start),
        };
        let text: String = self.chars[from..end].iter().collect();
        clauses.push(Clause {
            text: text.trim().to_owned(),
            sentence,
            label: label.map(|label| label.trim().to_owned()),
            span: (self.origin[start], self.origin[end - 1] + 1),
        });
    }
}

/// Where a tag (with a script's or style's content) or a character entity that starts here ends.
fn markup_end(source: &[char], index: usize) -> Option<usize> {
    let next = source.get(index + 1).copied()?;
    match source[index] {
        '<' if next.is_ascii_alphabetic() || matches!(next, '/' | '!') => {
            let close = source[index..].iter().take(400).position(|c| *c == '>')? + index + 1;
            let name: String = source[index + 1..].iter().take(6).collect::<String>().to_ascii_lowercase();
            if name.starts_with("script") || name.starts_with("style") {
                let rest = source[close..].windows(2).position(|pair| pair == ['<', '/']);
                return Some(rest.map_or(source.len(), |at| close + at));
            }
            Some(close)
        }
        '&' if next.is_ascii_alphabetic() || next == '#' => {
            let close = source[index..].iter().take(10).position(|c| *c == ';')?;
            source[index + 2..index + close].iter().all(char::is_ascii_alphanumeric).then_some(index + close + 1)
        }
        _ => None,
    }
}

/// The longest head of an English text within a limit of words.
pub(super) fn first_words(text: &str, limit: usize) -> String {
    text.split_whitespace().take(limit).collect::<Vec<_>>().join(" ")
}

/// The first letter large, the rest as it is.
pub(super) fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Headline capitals: every word but the short connecting ones; words with capitals or digits of
/// their own (`LDAC`, `pH`, `mL`) stay as they are.
pub(super) fn title_case(text: &str) -> String {
    const SMALL: [&str; 17] =
        ["a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "per", "the", "to", "with", "vs"];
    const UNITS: [&str; 9] = ["g", "kg", "mg", "cm", "mm", "m", "km", "h", "s"];
    let words: Vec<String> = text
        .split_whitespace()
        .enumerate()
        .map(|(at, word)| {
            let small = SMALL.contains(&word) || UNITS.contains(&word.trim_end_matches(','));
            if at > 0 && small {
                return word.to_owned();
            }
            let parts = word.split('-').enumerate().map(|(part_at, part)| hyphen_part(part, at + part_at == 0));
            parts.collect::<Vec<_>>().join("-")
        })
        .collect();
    words.join(" ")
}

fn hyphen_part(part: &str, first: bool) -> String {
    let keeps = part.chars().any(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let small = !first && matches!(part, "and" | "in" | "of" | "on" | "to" | "the" | "a" | "mL");
    if keeps || small { part.to_owned() } else { sentence_case(part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(description: &str) -> Vec<String> {
        Prepared::new(description).clauses().into_iter().map(|clause| clause.text).collect()
    }

    #[test]
    fn numbers_survive_the_cutting_and_pauses_do_not() {
        assert_eq!(texts("容量1,280 mL，pH 5.5。高9.5 cm"), ["容量1,280 mL", "pH 5.5", "高9.5 cm"]);
        assert_eq!(texts("Solid oak, 1.5 m long. Made by hand."), ["Solid oak", "1.5 m long", "Made by hand"]);
        assert_eq!(texts("杯子 陶瓷 380 mL"), ["杯子", "陶瓷 380 mL"]);
        assert_eq!(texts("🎉。。，！"), Vec::<String>::new());
    }

    #[test]
    fn markup_and_direction_marks_leave_no_trace() {
        assert_eq!(texts("<b>陶瓷</b>杯<script>alert(1)</script>\u{202e}好看&nbsp;"), ["陶瓷", "杯", "好看"]);
        assert_eq!(texts("５％烟酰胺"), ["5%烟酰胺"]);
    }

    #[test]
    fn what_is_dropped_and_was_seen_is_remembered_once() {
        let dropped = |description: &str| Prepared::new(description).dropped;
        assert_eq!(dropped("😀 轻巧😀，仅重32 g ❤\u{fe0f}"), ['😀', '❤']);
        assert_eq!(dropped("<b>陶瓷</b>\u{202e}杯\t\u{3000}５％\n&nbsp;好™"), Vec::<char>::new());
        assert_eq!(dropped(&('\u{ac00}'..='\u{ad00}').collect::<String>()).len(), DROPPED_MAX);
    }

    #[test]
    fn spans_point_into_the_original() {
        let description = "😀 轻巧，仅重32 g";
        let clause = Prepared::new(description).clauses().remove(1);
        let quoted: String = description.chars().skip(clause.span.0).take(clause.span.1 - clause.span.0).collect();
        assert_eq!(quoted, "仅重32 g");
    }

    #[test]
    fn headline_capitals_leave_units_and_acronyms_alone() {
        assert_eq!(title_case("just 32 g, with LDAC and a hi-res mode"), "Just 32 g, with LDAC and a Hi-Res Mode");
        assert_eq!(title_case("single-fired at 1280℃"), "Single-Fired at 1280℃");
        assert_eq!(title_case("a roomy three-Finger handle"), "A Roomy Three-Finger Handle");
    }
}
