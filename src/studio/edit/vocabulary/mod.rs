//! What the words of a prompt mean, in Chinese and in English.

mod colours;

pub(super) use colours::{colour_named, palette_of};

use super::{EditRefusal, Hex, PaletteChange};

/// One thing that a prompt asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Intent {
    /// Other words for the headline.
    Title(String),
    /// Other colours for the whole poster.
    Palette(PaletteChange),
}

/// Everything that a prompt asks for.
pub(super) fn read(prompt: &str) -> Result<Vec<Intent>, EditRefusal> {
    let mut intents = Vec::new();
    if let Some(words) = quoted(prompt) {
        intents.push(Intent::Title(words));
    } else if let Some(colour) = colour_named(prompt) {
        intents.push(Intent::Palette(palette_of(Hex(colour))));
    }
    if intents.is_empty() { Err(EditRefusal::Unknown(prompt.to_owned())) } else { Ok(intents) }
}

/// The words between the first pair of quotation marks.
fn quoted(prompt: &str) -> Option<String> {
    [('「', '」'), ('『', '』'), ('“', '”'), ('"', '"'), ('《', '》')].into_iter().find_map(|(open, close)| {
        let (_, rest) = prompt.split_once(open)?;
        let (words, _) = rest.split_once(close)?;
        (!words.trim().is_empty()).then(|| words.trim().to_owned())
    })
}
