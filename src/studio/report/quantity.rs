//! Numbers and units as sellers write them.

use std::sync::LazyLock;

use super::lexicon::rows;

/// A number as written, with its English word when it was written in hanzi.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) zh: String,
    /// `three` for 三; the digits themselves otherwise.
    word: Option<&'static str>,
}

impl Number {
    /// How English writes it.
    pub(super) fn en(&self) -> String {
        self.word.map_or_else(|| self.zh.clone(), str::to_owned)
    }

    fn is_one(&self) -> bool {
        self.zh == "1" || self.word == Some("one")
    }

    /// Whether it was written in digits.
    pub(super) fn is_digits(&self) -> bool {
        self.word.is_none()
    }
}

/// What a unit measures; decides which keys it may stand under.
pub(super) type UnitClass = char;

/// A unit of measure.
#[derive(Debug)]
pub(super) struct Unit {
    forms: Vec<Vec<char>>,
    pub(super) class: UnitClass,
    pub(super) zh: String,
    one: String,
    many: String,
}

impl Unit {
    /// The English unit for a number.
    pub(super) fn en(&self, number: &Number) -> &str {
        if number.is_one() { &self.one } else { &self.many }
    }
}

/// A number and perhaps its unit.
#[derive(Clone, Debug)]
pub(super) struct Quantity {
    pub(super) number: Number,
    pub(super) unit: Option<&'static Unit>,
}

impl Quantity {
    /// As Chinese writes it: a Latin unit stands off, a hanzi does not.
    pub(super) fn text_zh(&self) -> String {
        match self.unit {
            None => self.number.zh.clone(),
            Some(unit) if unit.zh.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                format!("{} {}", self.number.zh, unit.zh)
            }
            Some(unit) => format!("{}{}", self.number.zh, unit.zh),
        }
    }

    /// As English writes it.
    pub(super) fn text_en(&self) -> String {
        match self.unit.map(|unit| unit.en(&self.number)) {
            None | Some("") => self.number.en(),
            Some(unit) if unit.starts_with(|c: char| c.is_ascii_alphabetic()) => format!("{} {unit}", self.number.en()),
            Some(unit) => format!("{}{unit}", self.number.en()),
        }
    }

    /// As an English adjective: words are hyphenated, symbols are not.
    pub(super) fn adjective_en(&self) -> String {
        match self.unit {
            Some(unit) if unit.one.len() > 2 && unit.one.bytes().all(|b| b.is_ascii_lowercase()) => {
                format!("{}-{}", self.number.en(), unit.one)
            }
            _ => self.text_en(),
        }
    }
}

static UNITS: LazyLock<Vec<Unit>> = LazyLock::new(|| {
    rows(include_str!("lexicon/units.tsv"))
        .map(|row| Unit {
            forms: row[0].split('|').map(|form| form.chars().collect()).collect(),
            class: row[1].chars().next().unwrap_or('?'),
            zh: row[2].to_owned(),
            one: row[3].to_owned(),
            many: row.get(4).copied().unwrap_or(row[3]).to_owned(),
        })
        .collect()
});

const HANZI_NUMERALS: [(char, &str); 12] = [
    ('一', "one"),
    ('二', "two"),
    ('两', "two"),
    ('双', "two"),
    ('三', "three"),
    ('四', "four"),
    ('五', "five"),
    ('六', "six"),
    ('七', "seven"),
    ('八', "eight"),
    ('九', "nine"),
    ('十', "ten"),
];

/// Reads a number: decimals, thousands, ranges (`1500–1700`), ratios (`1:15`), products (`20×30`),
/// or a single hanzi numeral. A digit inside a Latin word (`S3`) is no number.
pub(super) fn number_lex(chars: &[char], start: usize) -> Option<(usize, Number)> {
    let first = *chars.get(start)?;
    if let Some((_, word)) = HANZI_NUMERALS.iter().find(|(hanzi, _)| *hanzi == first) {
        let compound = |c: Option<&char>| {
            c.is_some_and(|c| {
                matches!(c, '十' | '百' | '千' | '万' | '点' | '半') || HANZI_NUMERALS.iter().any(|(h, _)| h == c)
            })
        };
        let beside = [start.checked_sub(1), Some(start + 1)].into_iter().flatten();
        let alone = !beside.into_iter().any(|at| compound(chars.get(at)));
        return alone.then(|| (start + 1, Number { zh: first.to_string(), word: Some(word) }));
    }
    let inside_word = start > 0 && chars.get(start - 1).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '.');
    if !first.is_ascii_digit() || inside_word {
        return None;
    }
    let mut at = start;
    let mut text = String::new();
    loop {
        let run_start = at;
        while let Some(c) = chars.get(at) {
            let next_digit = chars.get(at + 1).is_some_and(char::is_ascii_digit);
            let digit_after = c.is_ascii_digit() || (at > run_start && matches!(c, '.' | ',') && next_digit);
            if !digit_after {
                break;
            }
            text.push(*c);
            at += 1;
        }
        let mut link = at;
        while chars.get(link) == Some(&' ') {
            link += 1;
        }
        let Some(sign) = chars.get(link) else { break };
        let mut after = link + 1;
        while chars.get(after) == Some(&' ') {
            after += 1;
        }
        if !chars.get(after).is_some_and(char::is_ascii_digit) {
            break;
        }
        match sign {
            '-' | '–' | '—' | '~' | '至' | '到' => text.push('–'),
            ':' | '：' => text.push(':'),
            '×' | 'x' | 'X' | '*' => text.push('×'),
            _ => break,
        }
        at = after;
    }
    Some((at, Number { zh: text, word: None }))
}

/// Reads a number and the unit after it, if there is one.
pub(super) fn quantity_lex(chars: &[char], start: usize) -> Option<(usize, Quantity)> {
    let (end, number) = number_lex(chars, start)?;
    let mut at = end;
    if chars.get(at) == Some(&' ') {
        at += 1;
    }
    let found = UNITS
        .iter()
        .flat_map(|unit| unit.forms.iter().map(move |form| (unit, form)))
        .filter(|(_, form)| unit_matches(chars, at, form))
        .max_by_key(|(_, form)| form.len());
    Some(match found {
        Some((unit, form)) => (at + form.len(), Quantity { number, unit: Some(unit) }),
        None => (end, Quantity { number, unit: None }),
    })
}

fn unit_matches(chars: &[char], at: usize, form: &[char]) -> bool {
    let Some(text) = chars.get(at..at + form.len()) else { return false };
    // `M` and `m` differ, so symbols of one letter are taken exactly
    let equal =
        if form.len() == 1 { text == form } else { text.iter().zip(form).all(|(a, b)| a.eq_ignore_ascii_case(b)) };
    let cuts_word = form.last().is_some_and(char::is_ascii_alphabetic)
        && chars.get(at + form.len()).is_some_and(char::is_ascii_alphanumeric);
    equal && !cuts_word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lex(text: &str) -> Option<(String, String, String)> {
        let chars: Vec<char> = text.chars().collect();
        quantity_lex(&chars, 0).map(|(_, q)| (q.text_zh(), q.text_en(), q.adjective_en()))
    }

    #[test]
    fn quantities_read_as_written_in_both_languages() {
        for (text, zh, en, adjective) in [
            ("0.5 mL", "0.5 mL", "0.5 mL", "0.5 mL"),
            ("1500–1700米", "1500–1700 m", "1500–1700 m", "1500–1700 m"),
            ("14天", "14天", "14 days", "14-day"),
            ("1天", "1天", "1 day", "1-day"),
            ("三秒", "三秒", "three seconds", "three-second"),
            ("1:15", "1:15", "1:15", "1:15"),
            ("20 x 30cm", "20×30 cm", "20×30 cm", "20×30 cm"),
            ("5%", "5%", "5%", "5%"),
            ("1,280℃", "1,280℃", "1,280℃", "1,280℃"),
        ] {
            assert_eq!(lex(text), Some((zh.to_owned(), en.to_owned(), adjective.to_owned())), "{text}");
        }
        assert_eq!(lex("十二"), None);
        assert_eq!(lex("号"), None);
    }

    #[test]
    fn a_letter_after_a_unit_makes_it_another_word() {
        assert_eq!(lex("5 modes").unwrap().1, "5");
    }
}
