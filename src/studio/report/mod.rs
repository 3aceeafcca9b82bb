//! The built-in reading of a description: a whole product report by rules, with no model and no
//! network, the same answer every time.
//!
//! The seller's own language is quoted, cut only where a known word ends. The other language comes
//! from the word lists in `lexicon/`: a line is translated when the lists understand enough of it,
//! and left out (a general phrase of the category takes its place) when they do not. Nothing is
//! invented: no number is printed that the seller did not write.
//!
//! To teach it a phrase, add a line to `lexicon/claims.tsv`; a product, to `lexicon/nouns.tsv`.

mod compose;
mod figures;
mod guide;
mod kinds;
mod lexicon;
mod lint;
mod names;
mod parameters;
mod pattern;
mod points;
mod quantity;
mod text;

#[cfg(test)]
mod tests;

pub(super) use figures::{Figure, NUMBER_WORDS, figures, is_chinese, is_latin, recategorised, softened};
pub use lint::{AdvertisingWarning, advertising_warnings};

use crate::domain::{
    report::{Bilingual, Confidence, Fact, Locks, Product, ProductReport, REPORT_SCHEMA_VERSION, SCENES_MAX, en_words},
    validation,
};

const FACTS_MAX: usize = 64;

/// The product's name as the seller would write it on one line: never empty, at most
/// [`validation::PRODUCT_NAME_CHARS_MAX`] characters. A name the seller gave wins.
pub fn product_name(description: &str, given: Option<&str>) -> String {
    if let Some(name) = given.and_then(|given| validation::product_name(given).ok()) {
        return name;
    }
    let prepared = text::Prepared::new(description);
    names::named(&prepared, &prepared.clauses(), None).spoken
}

/// Reads a whole report out of a description; every text field is filled, whatever comes in.
pub fn report(description: &str, given: Option<&str>) -> ProductReport {
    let prepared = text::Prepared::new(description);
    let clauses = prepared.clauses();
    let chinese = prepared.is_chinese();
    let given = given.and_then(|given| validation::product_name(given).ok());
    let named = names::named(&prepared, &clauses, given.as_deref());
    let knowledge = named.knowledge;
    let parameters = parameters::parameters(&clauses, knowledge.category);
    // the name inside the description is no reason to buy, whatever name the seller gave beside it
    let heading = match given {
        Some(_) => names::named(&prepared, &clauses, None).spoken,
        None => named.spoken.clone(),
    };
    let points = points::selling_points(&clauses, chinese, knowledge, &heading);
    let guide = guide::guide(&clauses, chinese, knowledge);
    let spec = ["净含量", "容量"]
        .iter()
        .find_map(|key| parameters.iter().find(|row| row.key.zh == *key))
        .map(|row| row.display().en)
        .or_else(|| named.model.clone());
    let mut scenes = knowledge.scenes();
    scenes.truncate(SCENES_MAX);
    ProductReport {
        schema_version: REPORT_SCHEMA_VERSION,
        brand: named.brand,
        product: Product {
            category: knowledge.category,
            name: latin(named.name, &knowledge),
            title: latin(named.title, &knowledge),
            noun: latin(named.noun, &knowledge),
            spec,
            slogan: knowledge.one("slogan"),
        },
        selling_points: points.list,
        parameters,
        steps: guide.steps,
        cautions: guide.cautions,
        story: None,
        audience: knowledge.one("audience"),
        scenes,
        tone: knowledge.one("tone"),
        locks: locks(),
        facts: facts(&clauses),
        dropped: prepared.dropped.clone(),
        confidence: Confidence {
            name: named.name_confidence,
            brand: named.brand_confidence,
            category: named.category_confidence,
            selling_points: points.grounded,
            translation: points.translated,
        },
    }
}

/// A name whose English side holds Latin letters only: a seller may mix the scripts.
fn latin(name: Bilingual, knowledge: &kinds::Knowledge) -> Bilingual {
    if compose::is_english(&name.en) {
        return name;
    }
    let words: String = name.en.chars().map(|c| if c.is_ascii() { c } else { ' ' }).collect();
    // Blanks in the place of hanzi part words that counted as one: the name may not grow past its limit.
    let en = text::first_words(&words, en_words(&name.en).max(1));
    let spoken = en.chars().filter(char::is_ascii_alphabetic).count() >= 2;
    Bilingual { en: if spoken { en } else { knowledge.one("name").en }, ..name }
}

fn locks() -> Locks {
    Locks {
        must_keep: vec![
            Bilingual::new("外形与比例", "Shape and proportions"),
            Bilingual::new("颜色与表面质感", "Colour and finish"),
            Bilingual::new("商标与包装文字", "Logo and printed text"),
            Bilingual::new("部件与数量", "Parts and their number"),
        ],
        must_not: vec![
            Bilingual::new("新增文字或水印", "Added text or watermarks"),
            Bilingual::new("二维码", "QR codes"),
            Bilingual::new("未提供的认证标志", "Certification marks not supplied"),
        ],
    }
}

/// The clauses that carry figures.
fn facts(clauses: &[text::Clause]) -> Vec<Fact> {
    clauses
        .iter()
        .filter(|clause| clause.text.chars().any(|c| c.is_ascii_digit()))
        .take(FACTS_MAX)
        .map(|clause| Fact { text: clause.text.clone(), span: clause.span })
        .collect()
}

/// For each place between two characters, whether a short word of the lexicon runs across it: a
/// line must not be broken there.
pub(super) fn inside_words(chars: &[char]) -> Vec<bool> {
    /// Longer entries are phrases, and phrases may be broken.
    const WORD_CHARS_MAX: usize = 3;
    let mut inside = vec![false; chars.len() + 1];
    for start in 0..chars.len() {
        for (pattern, _) in lexicon::TO_ENGLISH.candidates(chars[start]) {
            if let Some((end, _)) = pattern.match_at(chars, start)
                && end - start <= WORD_CHARS_MAX
            {
                (start + 1..end).for_each(|at| inside[at] = true);
            }
        }
    }
    inside
}
