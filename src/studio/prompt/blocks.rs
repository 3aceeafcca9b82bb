//! Blocks of a prompt and how they are brought into a budget.

use crate::providers::image::PromptLanguage;

/// A block in several wordings, the fullest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Block(Vec<String>);

impl Block {
    /// A block in these wordings; empty ones are left out, and with them the block.
    pub(super) fn new(wordings: impl IntoIterator<Item = String>) -> Self {
        Self(wordings.into_iter().filter(|wording| !wording.trim().is_empty()).collect())
    }

    fn at(&self, level: usize) -> &str {
        self.0.get(level).or(self.0.last()).map_or("", String::as_str)
    }
}

/// A prompt in blocks. They always stand in the order of the fields, whatever the budget: models are
/// known to follow what stands first.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    /// What to make, and in which proportions.
    pub(super) task: Block,
    /// What each picture sent along is.
    pub(super) roles: Block,
    /// What must stay as it is, or must not be there.
    pub(super) identity: Block,
    /// What this picture shows.
    pub(super) scene: Block,
    /// What all pictures of the set share.
    pub(super) bible: Block,
    /// Words: where they will stand, and that none are painted.
    pub(super) text: Block,
    /// What to keep out.
    pub(super) avoid: Block,
}

const TASK: usize = 0;
const ROLES: usize = 1;
const IDENTITY: usize = 2;
const SCENE: usize = 3;
const BIBLE: usize = 4;
const TEXT: usize = 5;
const AVOID: usize = 6;
/// Blocks in the order in which they are worded more shortly. The bible is not among them: its wording
/// follows from the budget alone, so that it is the same in every prompt of a set.
const SHORTENED: [usize; 6] = [AVOID, ROLES, SCENE, TEXT, IDENTITY, TASK];
/// Blocks in the order in which they are left out.
const DROPPED: [usize; 4] = [AVOID, SCENE, ROLES, BIBLE];

impl Blocks {
    /// The prompt within `chars_max` characters.
    pub(super) fn compile(&self, chars_max: usize, language: PromptLanguage) -> String {
        let blocks = [&self.task, &self.roles, &self.identity, &self.scene, &self.bible, &self.text, &self.avoid];
        let mut levels = [level(chars_max, language); 7];
        let mut is_in = [true; 7];
        loop {
            let text = (0..7)
                .filter(|index| is_in[*index])
                .map(|index| blocks[index].at(levels[index]))
                .filter(|wording| !wording.is_empty())
                .collect::<Vec<_>>()
                .join("\n");
            if text.chars().count() <= chars_max {
                return text;
            }
            let shorter = SHORTENED.iter().find(|index| levels[**index] + 1 < blocks[**index].0.len());
            let dropped = DROPPED.iter().find(|index| is_in[**index]);
            match (shorter, dropped) {
                (Some(index), _) => levels[*index] += 1,
                (None, Some(index)) => is_in[*index] = false,
                (None, None) => return clipped(&text, chars_max),
            }
        }
    }
}

/// Which wording a budget begins with. Chinese says the same in about a third of the characters.
const fn level(chars_max: usize, language: PromptLanguage) -> usize {
    let (full, short) = match language {
        PromptLanguage::English => (2000, 600),
        PromptLanguage::Chinese => (700, 280),
    };
    if chars_max >= full {
        0
    } else if chars_max >= short {
        1
    } else {
        2
    }
}

/// The head of a text within a number of characters, cut where a word or a sentence part ends.
pub(super) fn clipped(text: &str, chars_max: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= chars_max {
        return text.to_owned();
    }
    // A cut between two hanzi splits no word that could be told from its neighbours; one inside a
    // Latin word does.
    let mut end = chars_max;
    while end > 0 && chars[end - 1].is_ascii_alphanumeric() && chars[end].is_ascii_alphanumeric() {
        end -= 1;
    }
    let is_loose = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '，' | '；' | '：' | '、' | '(' | '（');
    while end > 0 && is_loose(chars[end - 1]) {
        end -= 1;
    }
    chars[..end].iter().collect()
}

/// The same, but where a sentence part ends, if that keeps at least half of the room.
pub(super) fn clause_clipped(text: &str, chars_max: usize) -> String {
    let clipped = clipped(text, chars_max);
    if clipped.len() == text.len() {
        return clipped;
    }
    let end = clipped.rfind([',', ';', '，', '；', '：']).filter(|at| clipped[..*at].chars().count() * 2 >= chars_max);
    end.map_or(clipped.clone(), |at| clipped[..at].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_important_goes_first_and_no_word_is_cut() {
        let block = |long: &str, short: &str| Block::new([long.to_owned(), long.to_owned(), short.to_owned()]);
        let blocks = Blocks {
            task: block("paint one picture", "picture"),
            roles: block("image one is the product", "one: product"),
            identity: block("keep the product as it is", "keep it"),
            scene: block("a table by a window", "a table"),
            bible: block("soft light everywhere", "soft light"),
            text: block("no text at all", "no text"),
            avoid: block("avoid clutter", "no clutter"),
        };
        let compiled = |chars_max| blocks.compile(chars_max, PromptLanguage::English);
        assert_eq!(compiled(80), "picture\none: product\nkeep it\na table\nsoft light\nno text\nno clutter");
        assert_eq!(compiled(60), "picture\none: product\nkeep it\na table\nsoft light\nno text");
        assert_eq!(compiled(50), "picture\none: product\nkeep it\nsoft light\nno text");
        assert_eq!(compiled(36), "picture\nkeep it\nsoft light\nno text");
        assert_eq!(compiled(23), "picture\nkeep it\nno text");
        assert_eq!(compiled(20), "picture\nkeep it\nno");
        for chars_max in 0..200 {
            assert!(compiled(chars_max).chars().count() <= chars_max);
        }
    }

    #[test]
    fn a_clip_ends_where_a_word_ends() {
        assert_eq!(clipped("soft light, from the left", 16), "soft light, from");
        assert_eq!(clipped("soft light, from the left", 14), "soft light");
        assert_eq!(clipped("柔和的光，从左边来", 5), "柔和的光");
        assert_eq!(clipped("柔和", 5), "柔和");
        assert_eq!(clipped("abc", 0), "");
        assert_eq!(clause_clipped("soft light, from the left side", 18), "soft light");
        assert_eq!(clause_clipped("soft light from the left, far", 14), "soft light");
    }
}
