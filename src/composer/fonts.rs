//! The fonts inside the binary, and which characters they can draw.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock, OnceLock},
};

use ::takumi::prelude::{FontOverride, FontResource, FontSource, Fonts, UnicodeRange, UnicodeRangeSet};
use ring::digest;
use rust_embed::RustEmbed;
use serde::Deserialize;

/// The files of `data/assets/fonts`, written by `scripts/fonts.py`.
#[derive(RustEmbed)]
#[folder = "data/assets/fonts"]
#[include = "*.woff2"]
#[include = "fonts.json"]
struct FontFiles;

#[derive(Deserialize)]
struct Index {
    faces: Vec<Face>,
}

#[derive(Deserialize)]
struct Face {
    file: String,
    family: String,
    weights: [f32; 2],
    characters: String,
}

/// Characters of a text that were not set as they were written, each once, in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unprintable {
    /// No font draws these, and nothing looks like them.
    pub left_out: Vec<char>,
    /// These became a character that looks much the same: what was written, what is set.
    pub replaced: Vec<(char, char)>,
}

impl Unprintable {
    fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}

/// Every shipped font, registered once and shared by all renders.
pub struct FontLibrary {
    faces: Vec<Face>,
    digest: OnceLock<String>,
    /// Unpacked with the first page: a server that draws nothing neither waits for fonts nor keeps
    /// them in memory.
    fonts: OnceLock<Fonts>,
    /// Sorted, disjoint, inclusive.
    covered: Vec<(u32, u32)>,
}

impl std::fmt::Debug for FontLibrary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FontLibrary").field("ranges", &self.covered.len()).finish_non_exhaustive()
    }
}

static SHIPPED: LazyLock<Arc<FontLibrary>> = LazyLock::new(|| Arc::new(FontLibrary::load()));

impl FontLibrary {
    /// The library of this binary. Only its index is read here; the files are unpacked for the first page.
    pub fn shipped() -> Arc<Self> {
        Arc::clone(&SHIPPED)
    }

    fn load() -> Self {
        let index = FontFiles::get("fonts.json").and_then(|file| serde_json::from_slice::<Index>(&file.data).ok());
        let faces = index.map_or_else(
            || {
                tracing::error!("the font index is missing from the binary");
                Vec::new()
            },
            |index| index.faces,
        );
        let mut covered: Vec<(u32, u32)> = faces.iter().flat_map(|face| ranges(&face.characters)).collect();
        covered.sort_unstable();
        Self { faces, digest: OnceLock::new(), fonts: OnceLock::new(), covered: merged(&covered) }
    }

    /// Names these very fonts: SHA-256 over the SHA-256 of each file, in the order of the index.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| {
            let mut all = digest::Context::new(&digest::SHA256);
            for file in self.faces.iter().filter_map(|face| FontFiles::get(&face.file)) {
                all.update(&file.metadata.sha256_hash());
            }
            hex::encode(all.finish())
        })
    }

    /// The fonts, ready to draw. The first call unpacks about a hundred files (some 0.2 s of
    /// processor time, 65 MB of memory); later ones are free.
    pub(super) fn fonts(&self) -> &Fonts {
        self.fonts.get_or_init(|| {
            let mut fonts = Fonts::default();
            for face in &self.faces {
                let Some(file) = FontFiles::get(&face.file) else {
                    tracing::error!(file = face.file, "a font of the index is missing from the binary");
                    continue;
                };
                if let Err(error) = fonts.register(resource(face, file.data)) {
                    tracing::error!(file = face.file, %error, "a font could not be registered");
                }
            }
            fonts
        })
    }

    /// Whether some shipped font can draw the character.
    pub fn covers(&self, c: char) -> bool {
        let point = u32::from(c);
        let index = self.covered.partition_point(|(_, last)| *last < point);
        self.covered.get(index).is_some_and(|(first, _)| *first <= point)
    }

    /// The text without characters that would print as empty boxes.
    ///
    /// Look-alikes are substituted where there is one; emoji, private-use characters and rare
    /// ideographs are left out. Both are added to `unprintable`, because a seller will ask where
    /// they went; one kind of blank for another is no loss and is not.
    pub fn printable(&self, text: &str, unprintable: &mut Unprintable) -> String {
        let mut kept = String::with_capacity(text.len());
        for written in text.chars() {
            let set = substitute(written);
            if set == '\n' || self.covers(set) {
                kept.push(set);
                if set != written && !written.is_whitespace() {
                    Unprintable::add(&mut unprintable.replaced, (written, set));
                }
            } else if !is_invisible(written) {
                Unprintable::add(&mut unprintable.left_out, written);
            }
        }
        kept
    }
}

fn resource(face: &Face, data: Cow<'static, [u8]>) -> FontResource<'static> {
    let single_weight = (face.weights[0] - face.weights[1]).abs() < 0.5;
    FontResource::new(FontSource::from_shared(Arc::new(data)))
        .override_info(FontOverride {
            family_name: Some(face.family.clone().into()),
            weight: single_weight.then_some(face.weights[0]),
            ..FontOverride::default()
        })
        .unicode_range(
            ranges(&face.characters)
                .into_iter()
                .map(|(first, last)| UnicodeRange::new(first, last))
                .collect::<UnicodeRangeSet>(),
        )
}

/// The nearest character that fonts are likely to have.
const fn substitute(c: char) -> char {
    match c {
        '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => ' ',
        '\u{2010}' | '\u{2011}' | '\u{2212}' => '-',
        '\u{ff5e}' | '\u{301c}' => '～',
        '\u{2219}' | '\u{22c5}' | '\u{30fb}' => '·',
        other => other,
    }
}

const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn ranges(text: &str) -> Vec<(u32, u32)> {
    text.split(',')
        .filter_map(|run| {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            Some((u32::from_str_radix(first, 16).ok()?, u32::from_str_radix(last, 16).ok()?))
        })
        .collect()
}

fn merged(sorted: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut result: Vec<(u32, u32)> = Vec::new();
    for &(first, last) in sorted {
        match result.last_mut() {
            Some(open) if first <= open.1.saturating_add(1) => open.1 = open.1.max(last),
            _ => result.push((first, last)),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_fonts_draw_chinese_and_nothing_unknown_survives() {
        let library = FontLibrary::shipped();
        assert!("海报烟酰胺¥℃Ø→ABC123，。“”".chars().all(|c| library.covers(c)));
        let mut unprintable = Unprintable::default();
        let text = "保湿\u{1f4a7}精华\u{e000}\u{fe0f}\u{1f4a7}－A\u{2011}B\u{a0}C";
        assert_eq!(library.printable(text, &mut unprintable), "保湿精华－A-B C");
        let told = Unprintable { left_out: vec!['\u{1f4a7}', '\u{e000}'], replaced: vec![('\u{2011}', '-')] };
        assert_eq!(unprintable, told);
    }

    #[test]
    fn every_face_of_the_index_is_a_font_that_registers() {
        let library = FontLibrary::shipped();
        assert!(library.faces.len() > 100, "{} faces", library.faces.len());
        let mut fonts = Fonts::default();
        for face in &library.faces {
            let file = FontFiles::get(&face.file).unwrap_or_else(|| panic!("{} is missing", face.file));
            fonts.register(resource(face, file.data)).unwrap_or_else(|error| panic!("{}: {error}", face.file));
        }
    }

    #[test]
    fn runs_merge_across_files() {
        assert_eq!(ranges("20-7e,a0"), [(0x20, 0x7e), (0xa0, 0xa0)]);
        assert_eq!(merged(&[(1, 3), (2, 5), (6, 6), (9, 9)]), [(1, 6), (9, 9)]);
    }
}
