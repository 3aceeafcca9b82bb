//! Tiles a clause with lexicon entries and says it in the other language.

use super::{
    lexicon::{Lexicon, Role},
    pattern::{Slots, fill},
    quantity::{Quantity, quantity_lex},
};
use crate::domain::report::{Icon, is_hanzi};

/// One tile of a clause.
#[derive(Clone, Debug)]
pub(super) struct Tile {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
}

/// What a tile is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// An entry of the lexicon with its holes filled.
    Word(usize, Slots),
    /// A number with or without a unit.
    Figure(Quantity),
    /// A Latin word or model name, said as it is in both languages.
    Latin,
    /// Space between tiles.
    Space,
    /// Letters the lexicon does not know; never cut.
    Unknown,
}

/// A clause, tiled.
pub(super) struct Tiling<'a> {
    pub(super) chars: Vec<char>,
    pub(super) tiles: Vec<Tile>,
    lexicon: &'a Lexicon,
    english: bool,
}

/// A translated stretch.
#[derive(Clone, Debug)]
pub(super) struct Rendering {
    pub(super) text: String,
    /// The share of letters that the lexicon understood.
    pub(super) coverage: f32,
}

/// Letters before a word that turn its meaning round, or make it another thing: 仿真皮 is no leather.
const NEGATIONS: [char; 14] = ['不', '无', '非', '未', '没', '勿', '别', '零', '仿', '假', '似', '抗', '防', '免'];

impl<'a> Tiling<'a> {
    /// Covers as much of a clause as possible with as few tiles as possible.
    ///
    /// `english` is the language of the translation.
    pub(super) fn new(text: &str, lexicon: &'a Lexicon, english: bool) -> Self {
        Self::tile(text, lexicon, english, 1)
    }

    /// As [`Tiling::new`], but a word that is both a claim and a modifier is the modifier: 大容量 in
    /// a product's name.
    pub(super) fn for_name(text: &str, lexicon: &'a Lexicon, english: bool) -> Self {
        Self::tile(text, lexicon, english, -2)
    }

    fn tile(text: &str, lexicon: &'a Lexicon, english: bool, claim_bonus: i32) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let length = chars.len();
        // best[i]: the value of covering everything from i on, and the tile that starts there
        let mut best: Vec<(i32, Option<Tile>)> = vec![(0, None); length + 1];
        for start in (0..length).rev() {
            let mut choice = (best[start + 1].0, None);
            for tile in candidates(&chars, start, lexicon, english) {
                let claim = matches!(&tile.kind, Kind::Word(id, _) if lexicon.entry(*id).role == Role::Claim);
                let particle = matches!(&tile.kind, Kind::Word(id, _)
                    if matches!(lexicon.entry(*id).role, Role::And | Role::List | Role::With | Role::Silent));
                let gain = if matches!(tile.kind, Kind::Space) { 4 } else { (tile.end - start) as i32 * 10 };
                let value =
                    best[tile.end].0 + gain - if particle { 5 } else { 3 } + if claim { claim_bonus } else { 0 };
                if value > choice.0 {
                    choice = (value, Some(tile));
                }
            }
            best[start] = choice;
        }
        let mut tiles: Vec<Tile> = Vec::new();
        let mut at = 0;
        while at < length {
            if let Some(tile) = best[at].1.take() {
                at = tile.end;
                tiles.push(tile);
            } else {
                match tiles.last_mut() {
                    Some(last) if matches!(last.kind, Kind::Unknown) => last.end = at + 1,
                    _ => tiles.push(Tile { start: at, end: at + 1, kind: Kind::Unknown }),
                }
                at += 1;
            }
        }
        Self { tiles: without_stumps(tiles), chars, lexicon, english }
    }

    /// The text of a range of tiles.
    pub(super) fn text(&self, from: usize, to: usize) -> String {
        if from >= to {
            return String::new();
        }
        self.chars[self.tiles[from].start..self.tiles[to - 1].end].iter().collect::<String>().trim().to_owned()
    }

    /// The part a tile plays.
    pub(super) fn role(&self, index: usize) -> Option<Role> {
        match &self.tiles[index].kind {
            Kind::Word(id, _) => Some(self.lexicon.entry(*id).role),
            Kind::Figure(_) | Kind::Latin => Some(Role::Thing),
            Kind::Space | Kind::Unknown => None,
        }
    }

    /// The product noun a tile is, if it is one: its position in the lexicon.
    pub(super) fn entry_of(&self, index: usize) -> Option<&super::lexicon::Entry> {
        match &self.tiles[index].kind {
            Kind::Word(id, _) => Some(self.lexicon.entry(*id)),
            _ => None,
        }
    }

    /// The strongest selling weight in a range, the sum, and the icon of the strongest.
    pub(super) fn weight(&self, from: usize, to: usize) -> (u8, u32, Option<Icon>) {
        let mut strongest = (0, 0, None);
        for tile in &self.tiles[from..to] {
            if let Kind::Word(id, _) = &tile.kind {
                let entry = self.lexicon.entry(*id);
                strongest.1 += u32::from(entry.weight);
                if entry.weight > strongest.0 || (strongest.2.is_none() && entry.icon.is_some()) {
                    strongest = (entry.weight.max(strongest.0), strongest.1, entry.icon.or(strongest.2));
                }
            }
        }
        strongest
    }

    /// Says a range of tiles in the other language; `headline` prefers the shorter wordings.
    pub(super) fn render(&self, from: usize, to: usize, headline: bool) -> Option<Rendering> {
        let mut builder = Builder { english: self.english, ..Builder::default() };
        let (mut known, mut total) = (0_usize, 0_usize);
        let mut tokens = to - from;
        for tile in &self.tiles[from..to] {
            let length = tile.end - tile.start;
            match &tile.kind {
                Kind::Space => {
                    tokens -= 1;
                    builder.last = Last::Other;
                }
                Kind::Unknown => {
                    let word = self.chars[tile.start..tile.end].iter().filter(|c| c.is_alphanumeric()).count();
                    total += word;
                    builder.gap();
                }
                Kind::Figure(quantity) => {
                    (known, total) = (known + length, total + length);
                    builder.figure(quantity);
                }
                Kind::Latin => {
                    (known, total) = (known + length, total + length);
                    builder.word(&self.chars[tile.start..tile.end].iter().collect::<String>(), true);
                }
                Kind::Word(id, slots) => {
                    let entry = self.lexicon.entry(*id);
                    (known, total) = (known + length, total + length);
                    match entry.role {
                        Role::Noun | Role::Thing | Role::Material => builder.word(entry.target, true),
                        Role::Modifier => builder.word(entry.target, false),
                        Role::Claim => {
                            let template = entry.headline.filter(|_| headline).unwrap_or(entry.target);
                            builder.claim(fill(template, slots, self.english));
                        }
                        Role::And => builder.joiner(Join::And),
                        Role::List => builder.joiner(Join::List),
                        Role::With => builder.joiner(Join::With),
                        Role::Silent => {}
                    }
                }
            }
        }
        let text = builder.finish();
        (tokens > 0 && !text.is_empty() && total > 0).then(|| Rendering { text, coverage: known as f32 / total as f32 })
    }
}

/// A bare number before an unknown word (11万转) is no number of its own.
fn without_stumps(tiles: Vec<Tile>) -> Vec<Tile> {
    let mut kept: Vec<Tile> = Vec::with_capacity(tiles.len());
    for tile in tiles {
        let bare = |last: &Tile| matches!(&last.kind, Kind::Figure(quantity) if quantity.unit.is_none());
        match kept.last_mut() {
            Some(last) if matches!(tile.kind, Kind::Unknown) && bare(last) => {
                *last = Tile { start: last.start, end: tile.end, kind: Kind::Unknown };
            }
            _ => kept.push(tile),
        }
    }
    kept
}

fn candidates(chars: &[char], start: usize, lexicon: &Lexicon, english: bool) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let c = chars[start];
    if c == ' ' {
        tiles.push(Tile { start, end: start + 1, kind: Kind::Space });
    }
    let negated = start > 0 && NEGATIONS.contains(&chars[start - 1]) && !NEGATIONS.contains(&c);
    let after_zero = start > 0 && chars[start - 1] == '0';
    for (pattern, id) in lexicon.candidates(c) {
        let Some((end, slots)) = pattern.match_at(chars, start) else { continue };
        let says_something = !matches!(lexicon.entry(*id).role, Role::And | Role::List | Role::Silent);
        if (negated || after_zero) && says_something {
            continue;
        }
        tiles.push(Tile { start, end, kind: Kind::Word(*id, slots) });
    }
    if let Some((end, quantity)) = quantity_lex(chars, start)
        && quantity.number.is_digits()
    {
        tiles.push(Tile { start, end, kind: Kind::Figure(quantity) });
    }
    // a Latin word inside Chinese is a name or an acronym; inside English it is just unknown
    let word_start = start == 0 || !chars[start - 1].is_ascii_alphanumeric();
    if english && word_start && c.is_ascii_alphabetic() {
        let mut end = start;
        while chars
            .get(end)
            .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '°' | '-' | '\'' | '.' | '&' | '+'))
        {
            end += 1;
        }
        while end > start + 1 && matches!(chars[end - 1], '-' | '.' | '\'' | '&') {
            end -= 1;
        }
        tiles.push(Tile { start, end, kind: Kind::Latin });
    }
    tiles
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Join {
    #[default]
    Comma,
    List,
    And,
    With,
    Subject,
}

/// What was said just before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    Phrase,
    Claim,
    #[default]
    Other,
}

/// How the claims of the lexicon begin that are verbs.
const VERBS: [&str; 24] = [
    "absorbs",
    "brightens",
    "builds",
    "calms",
    "controls",
    "cooks",
    "evens",
    "fades",
    "fits",
    "flatters",
    "hydrates",
    "keeps",
    "lends",
    "lets",
    "locks",
    "makes",
    "opens",
    "resists",
    "runs",
    "soothes",
    "strengthens",
    "supports",
    "stays",
    "softens",
];

/// Puts words together into noun phrases, and phrases into a line.
#[derive(Default)]
struct Builder {
    english: bool,
    segments: Vec<(Join, String)>,
    last: Last,
    words: Vec<String>,
    can_end: bool,
    only_figures: bool,
    pending: Join,
}

impl Builder {
    fn word(&mut self, word: &str, can_end: bool) {
        self.last = Last::Other;
        if word.is_empty() {
            return;
        }
        if self.words.is_empty() {
            self.only_figures = false;
        }
        self.only_figures = false;
        // 曲奇饼干: two words for one thing are said once
        if self.words.last().is_none_or(|last| last != word) {
            self.words.push(word.to_owned());
        }
        self.can_end = can_end;
    }

    fn figure(&mut self, quantity: &Quantity) {
        if self.words.is_empty() {
            self.only_figures = true;
        }
        self.words.push(if self.english { quantity.adjective_en() } else { quantity.text_zh() });
        self.can_end = !self.only_figures;
    }

    fn flush(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.is_empty() {
            return;
        }
        if self.can_end && !self.only_figures {
            let separator = if self.english { " " } else { "" };
            self.segments.push((self.pending, words.join(separator)));
            self.pending = Join::Comma;
            self.last = Last::Phrase;
        }
        self.can_end = false;
    }

    /// Something unknown stands here: what leans on it from the left may mean something else
    /// (0添加蔗糖 is not 0添加), so it is not said.
    fn gap(&mut self) {
        if std::mem::take(&mut self.last) == Last::Claim {
            self.segments.pop();
        }
        self.can_end = false;
        self.flush();
        self.pending = Join::Comma;
    }

    fn claim(&mut self, text: String) {
        self.last = Last::Other;
        self.flush();
        // "centella" + "soothes and restores" is a sentence, not a list
        let is_subject =
            self.last == Last::Phrase && self.segments.last().is_some_and(|(_, phrase)| !phrase.ends_with('s'));
        if self.english && is_subject && text.split(' ').next().is_some_and(|verb| VERBS.contains(&verb)) {
            self.pending = Join::Subject;
        }
        self.segments.push((self.pending, text));
        self.pending = Join::Comma;
        self.last = Last::Claim;
    }

    fn joiner(&mut self, join: Join) {
        self.last = Last::Other;
        // a modifier before 、 or 与 belongs to a list of modifiers: keep it in the phrase
        if !self.words.is_empty() && !self.can_end && matches!(join, Join::And | Join::List) {
            let mark = match (join, self.english) {
                (Join::And, true) => "and",
                (Join::And, false) => "与",
                (_, true) => ",",
                (_, false) => "、",
            };
            self.words.push(mark.to_owned());
            return;
        }
        self.flush();
        self.pending = join;
    }

    fn finish(mut self) -> String {
        self.flush();
        let mut out = String::new();
        let count = self.segments.len();
        let is_list = |join: Join| matches!(join, Join::List | Join::And);
        for (index, (join, text)) in self.segments.iter().enumerate() {
            let last_of_list =
                is_list(*join) && self.segments.get(index + 1).is_none_or(|(next, _)| !is_list(*next)) && index < count;
            if index == 0 {
                if *join == Join::With {
                    out.push_str(if self.english { "with " } else { "搭配" });
                }
            } else {
                out.push_str(match (join, last_of_list, self.english) {
                    (Join::Subject, _, _) => " ",
                    (Join::With, _, true) => " with ",
                    (Join::With, _, false) => "搭配",
                    (_, true, true) => " and ",
                    (Join::And, _, false) => "与",
                    (Join::List, _, false) => "、",
                    (_, _, true) => ", ",
                    (_, _, false) => "，",
                });
            }
            out.push_str(text);
        }
        out.replace(" , ", ", ")
    }
}

/// Whether a text may stand in an English field.
pub(super) fn is_english(text: &str) -> bool {
    !text.chars().any(|c| is_hanzi(c) || matches!(c, '\u{3000}'..='\u{30ff}' | '\u{ff00}'..='\u{ffef}'))
        && text.chars().any(|c| c.is_ascii_alphabetic())
}
