//! What a seller should know about a finished picture: nothing failed, but not all is as it was written.

use serde::{Deserialize, Serialize};

use super::Locale;

/// Something worth knowing about a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PictureNote {
    /// No font has these characters and none looks like them: they are missing from the picture.
    CharactersLeftOut {
        /// Each once, in reading order.
        characters: Vec<char>,
    },
    /// These characters are shown by one that looks much the same.
    CharactersReplaced {
        /// What was written and what is shown.
        characters: Vec<(char, char)>,
    },
}

impl PictureNote {
    /// The characters that were written, each once.
    pub fn characters(&self) -> Vec<char> {
        match self {
            Self::CharactersLeftOut { characters } => characters.clone(),
            Self::CharactersReplaced { characters } => characters.iter().map(|(written, _)| *written).collect(),
        }
    }

    /// The note as a sentence for a person.
    pub fn message(&self, locale: Locale) -> String {
        let (sentence, listed): (&str, Vec<String>) = match self {
            Self::CharactersLeftOut { characters } => (
                locale.pick(
                    "海报的字体里没有这些字符，已略去：",
                    "No font of the poster has these characters, so they are left out: ",
                ),
                characters.iter().map(|c| shown(*c)).collect(),
            ),
            Self::CharactersReplaced { characters } => (
                locale.pick("这些字符已换成相近的字符：", "These characters are shown by similar ones: "),
                characters.iter().map(|(written, set)| format!("{} → {}", shown(*written), shown(*set))).collect(),
            ),
        };
        format!("{sentence}{}", listed.join(locale.pick("、", ", ")))
    }
}

/// The character itself, and its number where a screen would show as little as the poster does.
fn shown(c: char) -> String {
    let is_private = matches!(u32::from(c), 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF);
    if is_private || c.is_control() { format!("U+{:04X}", u32::from(c)) } else { c.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_name_the_characters_in_both_languages_and_survive_storage() {
        let left_out = PictureNote::CharactersLeftOut { characters: vec!['\u{1f4a7}', '\u{e000}'] };
        assert_eq!(left_out.message(Locale::Zh), "海报的字体里没有这些字符，已略去：\u{1f4a7}、U+E000");
        assert!(left_out.message(Locale::En).ends_with("left out: \u{1f4a7}, U+E000"));
        let replaced = PictureNote::CharactersReplaced { characters: vec![('−', '-')] };
        assert_eq!(replaced.message(Locale::Zh), "这些字符已换成相近的字符：− → -");
        assert_eq!(replaced.characters(), ['−']);
        for note in [left_out, replaced] {
            let stored = serde_json::to_string(&note).expect("JSON");
            assert_eq!(serde_json::from_str::<PictureNote>(&stored).expect("a note"), note);
        }
    }
}
