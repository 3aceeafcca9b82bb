//! A prompt cut into clauses, and clauses into words that are known.

use std::sync::LazyLock;

use super::{
    super::Hex,
    colours::NAMED,
    lexicon::{FILLERS, Token, entries},
};

/// One wish of a prompt.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Clause {
    /// As it was written.
    pub(super) text: String,
    pub(super) tokens: Vec<Token>,
    /// What is none of the known words.
    pub(super) unknown: Option<String>,
}

/// Stands for a quotation while a prompt is cut; its number follows.
const QUOTE: char = '\u{e000}';

const QUOTES: [(char, char); 9] = [
    ('「', '」'),
    ('『', '』'),
    ('“', '”'),
    ('"', '"'),
    ('《', '》'),
    ('【', '】'),
    ('‘', '’'),
    ('〈', '〉'),
    ('\'', '\''),
];

/// The prompt with its quotations taken out.
fn unquoted(prompt: &str) -> (String, Vec<String>) {
    let chars: Vec<char> = prompt.chars().collect();
    let (mut rest, mut quotes) = (String::new(), Vec::new());
    let mut at = 0;
    while at < chars.len() {
        let closing = QUOTES.iter().find(|(open, _)| *open == chars[at]).map(|(_, close)| *close);
        // An apostrophe inside a word opens nothing.
        let is_apostrophe = chars[at] == '\'' && at > 0 && chars[at - 1].is_alphanumeric();
        let end = closing.filter(|_| !is_apostrophe).and_then(|close| {
            let found = chars[at + 1..].iter().position(|c| *c == close)?;
            (found > 0).then_some(at + 1 + found)
        });
        if let Some(end) = end {
            let words: String = chars[at + 1..end].iter().collect();
            push_quote(&mut rest, &mut quotes, words.trim());
            at = end + 1;
        } else if let Some(length) = price_at(&chars[at..]) {
            push_quote(&mut rest, &mut quotes, &chars[at..at + length].iter().collect::<String>());
            at += length;
        } else {
            rest.push(chars[at]);
            at += 1;
        }
    }
    (rest, quotes)
}

fn push_quote(rest: &mut String, quotes: &mut Vec<String>, words: &str) {
    rest.push(QUOTE);
    rest.push(char::from_u32(0xe100 + quotes.len() as u32).unwrap_or(QUOTE));
    quotes.push(words.to_owned());
}

/// How many characters a sum of money takes here: it says itself that it is to be printed.
fn price_at(chars: &[char]) -> Option<usize> {
    let figures =
        |from: usize| chars[from..].iter().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).count();
    let whole = |from: usize| {
        let length = figures(from);
        let trailing = chars[from..from + length].iter().rev().take_while(|c| !c.is_ascii_digit()).count();
        length - trailing
    };
    if matches!(chars.first()?, '¥' | '￥' | '$' | '€' | '£') {
        let gap = usize::from(chars.get(1) == Some(&' '));
        let length = whole(1 + gap);
        return (length > 0).then_some(1 + gap + length);
    }
    if chars[0].is_ascii_digit() {
        let length = whole(0);
        return (length > 0 && chars.get(length) == Some(&'元')).then_some(length + 1);
    }
    None
}

/// Where a clause ends.
fn cut(text: &str) -> Vec<String> {
    let mut text = text.to_owned();
    for (word, with) in [
        ("black and gold", "black-gold"),
        ("black and white", "black-and-white"),
        (" and then ", "\n"),
        (" then ", "\n"),
        (" but ", "\n"),
        ("white space", "whitespace"),
    ] {
        text = replaced_lowercase(&text, word, with);
    }
    for word in ["并且", "然后", "同时", "以及", "还有", "而且", "但是", "但"] {
        text = text.replace(word, "\n");
    }
    let chars: Vec<char> = text.chars().collect();
    let mut clauses = vec![String::new()];
    for (index, c) in chars.iter().enumerate() {
        let next = chars.get(index + 1);
        let is_end = match c {
            '，' | '。' | '；' | ';' | '！' | '!' | '、' | '\n' | '？' | '?' => true,
            ',' | '.' => next.is_none_or(|next| !next.is_ascii_digit()),
            _ => false,
        };
        match clauses.last_mut() {
            Some(clause) if !is_end => clause.push(*c),
            _ => clauses.push(String::new()),
        }
    }
    // "and" joins wishes, and it joins colours: it only parts where a verb follows.
    let mut parted = Vec::new();
    for clause in clauses {
        let mut rest = clause.as_str();
        while let Some(at) = rest.to_lowercase().find(" and ").filter(|at| rest.is_char_boundary(at + 5)) {
            parted.push(rest[..at].to_owned());
            rest = &rest[at + 5..];
        }
        parted.push(rest.to_owned());
    }
    parted.into_iter().filter(|clause| !clause.trim().is_empty()).collect()
}

fn replaced_lowercase(text: &str, word: &str, with: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::new();
    let mut from = 0;
    for (at, _) in lower.match_indices(word) {
        out.push_str(&text[from..at]);
        out.push_str(with);
        from = at + word.len();
    }
    out + &text[from..]
}

/// Words that say where new words follow without quotation marks.
const BECOMES: [&str; 19] = [
    "修改为",
    "修改成",
    "改为",
    "改成",
    "换成",
    "换为",
    "变成",
    "变为",
    "写成",
    "设为",
    "写上",
    "：",
    ":",
    " to read ",
    " to say ",
    " to ",
    " into ",
    " saying ",
    "叫",
];

/// The tail of a clause after the word that announces it, and the head before.
pub(super) fn announced(clause: &str) -> Option<(&str, &str)> {
    let lower = clause.to_ascii_lowercase();
    let found =
        BECOMES.iter().filter_map(|word| lower.find(word).map(|at| (at, word.len()))).min_by_key(|(at, _)| *at)?;
    let (head, tail) = (clause.get(..found.0)?, clause.get(found.0 + found.1..)?);
    let tail = tail.trim().trim_start_matches(['：', ':']).trim();
    (!tail.is_empty()).then_some((head, tail))
}

/// All clauses of a prompt.
pub(super) fn clauses(prompt: &str) -> Vec<Clause> {
    let (text, quotes) = unquoted(prompt.trim());
    cut(&text).into_iter().map(|clause| read(&clause, &quotes)).collect()
}

/// A clause as it was written.
fn spelled(clause: &str, quotes: &[String]) -> String {
    let mut text = String::new();
    let mut chars = clause.chars();
    while let Some(c) = chars.next() {
        if c == QUOTE {
            let quote = chars.next().and_then(|n| quotes.get((n as u32).wrapping_sub(0xe100) as usize));
            text.extend(["「", quote.map_or("", String::as_str), "」"]);
        } else {
            text.push(c);
        }
    }
    text.trim().to_owned()
}

/// Known words by their first character, the longest first.
struct Lexicon(std::collections::HashMap<char, Vec<(Vec<char>, Token)>>);

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut words: std::collections::HashMap<char, Vec<(Vec<char>, Token)>> = std::collections::HashMap::new();
    let mut add = |word: &str, token: Token| {
        if let Some(first) = word.chars().next() {
            words.entry(first).or_default().push((word.chars().collect(), token));
        }
    };
    for (word, token) in entries() {
        add(word, token.clone());
    }
    for (word, rgb) in NAMED {
        add(word, Token::Colour(Hex(*rgb)));
    }
    for word in FILLERS.split_whitespace() {
        add(word, Token::Filler);
    }
    for known in words.values_mut() {
        known.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    }
    Lexicon(words)
});

fn read(clause: &str, quotes: &[String]) -> Clause {
    let chars: Vec<char> = clause.chars().flat_map(char::to_lowercase).collect();
    let mut read = Clause { text: spelled(clause, quotes), ..Clause::default() };
    let mut unknown = String::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c == QUOTE {
            let quote = chars.get(at + 1).and_then(|n| quotes.get((*n as u32).wrapping_sub(0xe100) as usize));
            read.tokens.extend(quote.map(|words| Token::Quote(words.clone())));
            at += 2;
            continue;
        }
        let (token, length) = hex_at(&chars[at..])
            .or_else(|| figure_at(&chars[at..]))
            .or_else(|| word_at(&chars, at))
            .map_or((None, 1), |(token, length)| (Some(token), length));
        match token {
            Some(Token::Filler) => {}
            Some(token) => read.tokens.push(token),
            None if c.is_alphanumeric() => unknown.push(c),
            None => {
                if !unknown.is_empty() && !unknown.ends_with(' ') {
                    unknown.push(' ');
                }
            }
        }
        at += length;
    }
    let unknown = unknown.trim();
    read.unknown = (!unknown.is_empty()).then(|| unknown.to_owned());
    read
}

/// The longest known word here; Latin ones have to be whole.
fn word_at(chars: &[char], at: usize) -> Option<(Token, usize)> {
    let is_latin = |c: Option<&char>| c.is_some_and(char::is_ascii_alphanumeric);
    let fits = |word: &[char]| {
        chars[at..].starts_with(word)
            && !(is_latin(word.first()) && at > 0 && is_latin(chars.get(at - 1)))
            && !(is_latin(word.last()) && is_latin(chars.get(at + word.len())))
    };
    let known = LEXICON.0.get(&chars[at])?;
    known.iter().find(|(word, _)| fits(word)).map(|(word, token)| (token.clone(), word.len()))
}

/// `#1e90ff`.
fn hex_at(chars: &[char]) -> Option<(Token, usize)> {
    if chars.first() != Some(&'#') {
        return None;
    }
    let digits: String = chars[1..].iter().take_while(|c| c.is_ascii_hexdigit()).collect();
    Hex::parse(&digits).map(|hex| (Token::Colour(hex), digits.len() + 1))
}

/// `20%`, `百分之20`, `1.5倍`.
fn figure_at(chars: &[char]) -> Option<(Token, usize)> {
    let lead = if chars.starts_with(&['百', '分', '之']) { 3 } else { 0 };
    let digits: String = chars[lead..].iter().take_while(|c| c.is_ascii_digit() || **c == '.').collect();
    let value: f32 = digits.parse().ok()?;
    let end = lead + digits.len();
    let times =
        ["倍", "x", " times", "×"].into_iter().find(|unit| chars[end..].iter().collect::<String>().starts_with(unit));
    match chars.get(end) {
        Some('%' | '％') => Some((Token::Share(value / 100.0), end + 1)),
        _ if lead > 0 => Some((Token::Share(value / 100.0), end)),
        _ => times.map(|unit| (Token::Times(value), end + unit.chars().count())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_hold_and_money_quotes_itself() {
        let (rest, quotes) = unquoted("标题改为「山野，咖啡」，加上￥99.9和199元");
        assert_eq!(quotes, ["山野，咖啡", "￥99.9", "199元"]);
        assert_eq!(cut(&rest).len(), 2);
        assert_eq!(unquoted("don't change it").1, Vec::<String>::new());
    }

    #[test]
    fn what_is_not_known_is_told() {
        let read = &clauses("给产品加一只猫")[0];
        assert_eq!(read.unknown.as_deref(), Some("一只猫"));
        assert_eq!(clauses("make the background marble")[0].unknown, None);
        assert_eq!(clauses("put a dragon behind it")[0].unknown.as_deref(), Some("dragon behind"));
    }
}
