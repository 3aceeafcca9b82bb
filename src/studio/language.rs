//! Posters in one language, or without words.
//!
//! Layouts always set both languages; what is left out is taken away afterwards: first from the
//! words that fill a template, then from the filled page, where the words of the template itself
//! stand. In an English poster English takes the place and size of the Chinese.

use serde_json::{Map, Value, json};

use super::{
    fit::{self, Attempt},
    typeset,
};
use crate::domain::report::is_hanzi;

/// Lines of an English headline at most.
const LINES_MAX: usize = 3;

/// Which words a poster carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Chinese and English.
    #[default]
    Both,
    /// Chinese alone; names and figures that only exist in Latin letters stay.
    ZhOnly,
    /// English alone: no Chinese character is left. What has no English is left out.
    EnOnly,
    /// No words and nothing that carries them: background, product and photos.
    Wordless,
}

impl Language {
    /// A short stable word for file names: `zh`, `en`, `clean`; empty for both languages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Both => "",
            Self::ZhOnly => "zh",
            Self::EnOnly => "en",
            Self::Wordless => "clean",
        }
    }

    /// How words are made to fit. English in the place of Chinese is longer, and Latin letters are still
    /// read where hanzi would not be: it becomes smaller before it is cut.
    pub(super) fn attempts(self) -> Vec<Attempt> {
        let mut attempts = fit::ATTEMPTS.to_vec();
        if self == Self::EnOnly {
            let whole = attempts.iter().take_while(|attempt| attempt.columns_max.is_none()).count();
            let smaller = [0.68, 0.60].map(|scale| Attempt { scale, columns_max: None, entries_max: usize::MAX });
            attempts.splice(whole..whole, smaller);
        }
        attempts
    }

    /// The words of a draft that stay.
    pub(super) fn words(self, words: &Value) -> Value {
        match self {
            Self::Both | Self::Wordless => words.clone(),
            Self::ZhOnly => chinese(words),
            Self::EnOnly => english(words),
        }
    }

    /// The page without the template's own words of the other language.
    pub(super) fn page(self, html: String) -> String {
        match self {
            Self::Both => html,
            Self::Wordless => pictures_alone(&html),
            Self::ZhOnly => without(&html, |class, text| is_latin_place(class) && !text.contains(is_hanzi)),
            Self::EnOnly => without(&html, |_, text| text.contains(is_hanzi)),
        }
    }
}

fn text<'a>(fields: &'a Map<String, Value>, key: &str) -> &'a str {
    fields.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The lines of a broken headline; a list of anything else is none.
fn lines(fields: &Map<String, Value>) -> Option<Vec<&str>> {
    let lines: Option<Vec<&str>> = fields.get("lines")?.as_array()?.iter().map(Value::as_str).collect();
    lines.filter(|lines| !lines.is_empty())
}

fn chinese(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(chinese).collect(),
        Value::Object(fields) => {
            let is_said = !text(fields, "zh").is_empty() || lines(fields).is_some();
            let kept = fields.iter().map(|(key, item)| {
                let kept = if key == "en" && item.is_string() && is_said { json!("") } else { chinese(item) };
                (key.clone(), kept)
            });
            kept.collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn english(value: &Value) -> Value {
    match value {
        Value::String(text) if text.contains(is_hanzi) => json!(roughly(text).unwrap_or_default()),
        Value::Array(items) => {
            let mut kept: Vec<Value> = items
                .iter()
                .map(|item| (item, english(item)))
                .filter(|(was, is)| !fell_silent(was, is))
                .map(|(_, is)| is)
                .collect();
            for (index, item) in kept.iter_mut().enumerate() {
                if let Some(number) = item.get_mut("n").filter(|number| number.is_number()) {
                    *number = json!(index + 1);
                }
            }
            kept.into()
        }
        Value::Object(fields) => english_fields(fields).into(),
        other => other.clone(),
    }
}

/// An approximate figure without the Chinese word for it: `约 0.5 mL` is `~0.5 mL`.
fn roughly(text: &str) -> Option<String> {
    let figure = text.strip_prefix('约')?.trim_start();
    (figure.starts_with(|c: char| c.is_ascii_digit()) && !figure.contains(is_hanzi)).then(|| format!("~{figure}"))
}

fn english_fields(fields: &Map<String, Value>) -> Map<String, Value> {
    let said = text(fields, "en");
    let mut kept: Map<String, Value> = fields.iter().map(|(key, item)| (key.clone(), english(item))).collect();
    if let Some(was) = lines(fields) {
        let (set, size) = lines_for(said, &was, text(fields, "size"));
        kept.insert("lines".to_owned(), json!(set));
        if let Some(size) = size {
            kept.insert("size".to_owned(), json!(size));
        }
        kept.insert("en".to_owned(), json!(""));
    }
    // A pair whose Chinese is broken into lines beside it: the lines become English.
    for (key, item) in fields {
        let Some((was, pair)) = key
            .strip_suffix("_lines")
            .and_then(|pair| Some((item.as_array()?.iter().filter_map(Value::as_str).collect::<Vec<_>>(), pair)))
        else {
            continue;
        };
        if let Some(said) = fields.get(pair).and_then(Value::as_object).map(|pair| text(pair, "en"))
            && !said.is_empty()
        {
            kept.insert(key.clone(), json!(lines_for(said, &was, "").0));
        }
    }
    if fields.contains_key("zh") && !said.is_empty() {
        kept.insert("zh".to_owned(), json!(said));
        kept.insert("en".to_owned(), json!(""));
    }
    kept
}

/// English in the place of Chinese lines: as wide and as high as they were, in a smaller size where it
/// is longer. The size is that of a headline; other lines have none of their own.
fn lines_for(said: &str, was: &[&str], size: &str) -> (Vec<String>, Option<String>) {
    if said.is_empty() {
        return (was.iter().filter(|line| !line.contains(is_hanzi)).map(|line| (*line).to_owned()).collect(), None);
    }
    let width = was.iter().map(|line| typeset::ems(line, 0.0)).fold(1.0, f32::max);
    let tries = (1..=was.len().clamp(2, LINES_MAX)).map(|count| {
        let lines = balanced(said, count);
        let widest = lines.iter().map(|line| typeset::ems(line, 0.0)).fold(0.5, f32::max);
        // Of the size that the Chinese had.
        let share = (width / widest).min(was.len() as f32 / lines.len() as f32).min(1.0);
        (lines, share)
    });
    // The largest type; of equals, fewer lines.
    let (lines, share) =
        tries.fold((Vec::new(), 0.0), |best, tried| if tried.1 > best.1 + 0.01 { tried } else { best });
    let size = size.strip_suffix("rem").and_then(|size| size.parse::<f32>().ok());
    (lines, size.map(|size| format!("{:.2}rem", size * share.max(0.3))))
}

/// A text in at most so many lines of nearly the same width, broken between words.
fn balanced(said: &str, count: usize) -> Vec<String> {
    let words: Vec<&str> = said.split_whitespace().collect();
    let line = |from: usize, to: usize| words[from..to].join(" ");
    if count <= 1 || words.len() < 2 {
        return vec![words.join(" ")];
    }
    // The first line of every length, the rest balanced in turn: headlines have few words.
    let widest = |lines: &[String]| lines.iter().map(|line| typeset::ems(line, 0.0)).fold(0.0, f32::max);
    let tries = (1..words.len()).map(|at| {
        let mut lines = vec![line(0, at)];
        lines.extend(balanced(&line(at, words.len()), count - 1));
        lines
    });
    tries.min_by(|a, b| widest(a).total_cmp(&widest(b))).unwrap_or_default()
}

/// Whether an item of a list said something and says nothing any more: a row of which only the
/// number would be left is no row.
fn fell_silent(was: &Value, is: &Value) -> bool {
    match (was, is) {
        (Value::String(was), Value::String(is)) => !was.is_empty() && is.is_empty(),
        (Value::Object(was), Value::Object(is)) => {
            // A label without its figure is as silent as a row without its words.
            let lost = |key: &String| key != "en" && !text(was, key).is_empty() && text(is, key).is_empty();
            was.keys().any(lost)
        }
        _ => false,
    }
}

/// Classes of elements that hold the English of a pair. A brand's name is a name in every language.
fn is_latin_place(class: &str) -> bool {
    class.split(' ').any(|class| class.ends_with("-en") || matches!(class, "eyebrow" | "latin" | "number-kind"))
        && !class.split(' ').any(|class| class == "brand-en")
}

/// The page with its pictures where and as they stood, and nothing else.
fn pictures_alone(html: &str) -> String {
    let tags = |start: &'static str| {
        html.match_indices(start).filter_map(|(at, _)| Some(&html[at..=at + html[at..].find('>')?]))
    };
    let root = tags("<div class=\"page").next().unwrap_or("<div class=\"page\">");
    let pictures = tags("<img ").filter(|tag| tag.contains("class=\"plate\"") || tag.contains("class=\"abs "));
    format!("{root}{}</div>", pictures.collect::<String>())
}

/// The page without the texts that `gone` says; it is given the classes of the element around.
fn without(html: &str, gone: impl Fn(&str, &str) -> bool) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut class = "";
    for piece in html.split_inclusive('>') {
        let (words, tag) = piece.split_at(piece.find('<').unwrap_or(piece.len()));
        if !gone(class, words) {
            kept.push_str(words);
        }
        kept.push_str(tag);
        if tag.starts_with("<div") || tag.starts_with("<span") {
            class = tag.split_once("class=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Value {
        json!({
            "brand": { "zh": "山止", "en": "SHANZHI" },
            "title": { "lines": ["粗陶马克杯"], "size": "12.00rem", "en": "Stoneware Mug" },
            "points": [
                { "n": 1, "zh": "釉面温润", "lines": ["釉面温润"], "en": "Soft Glaze", "icon": "leaf" },
                { "n": 2, "zh": "手工", "lines": ["手工"], "en": "", "icon": "hand" },
                { "n": 3, "zh": "大容量", "lines": ["大容量"], "en": "Large", "icon": "cup" },
            ],
            "rows": [{ "key": { "zh": "容量", "en": "Capacity" }, "zh": "380 mL", "en": "" }],
            "latin": { "zh": "", "en": "RANOVA" },
            "lines": [{ "zh": "火候到了", "en": "Fired just right" }],
            "tile": { "zh": "让肌肤自在呼吸", "en": "Let Your Skin Breathe" },
            "tile_lines": ["让肌肤", "自在呼吸"],
        })
    }

    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
            Value::Object(fields) => fields.values().for_each(|item| texts(item, found)),
            _ => {}
        }
    }

    #[test]
    fn figures_that_are_only_about_right_stay_figures() {
        let rows = json!([
            { "value": "约 0.5 mL", "zh": "单次用量", "en": "Per press" },
            { "value": "三天", "zh": "到货", "en": "Delivery" },
            { "value": "100 mL", "zh": "净含量", "en": "Net content" },
        ]);
        let kept = english(&rows);
        let said: Vec<_> = kept.as_array().unwrap().iter().map(|row| (&row["value"], &row["zh"])).collect();
        assert_eq!(said, [(&json!("~0.5 mL"), &json!("Per press")), (&json!("100 mL"), &json!("Net content"))]);
    }

    #[test]
    fn both_languages_are_left_as_they_are() {
        assert_eq!(Language::Both.words(&words()), words());
        assert_eq!(Language::Both.page("<div>a 中</div>".to_owned()), "<div>a 中</div>");
    }

    #[test]
    fn chinese_alone_keeps_names_and_figures() {
        let kept = Language::ZhOnly.words(&words());
        assert_eq!(kept["title"], json!({ "lines": ["粗陶马克杯"], "size": "12.00rem", "en": "" }));
        assert_eq!(kept["points"][0]["en"], "");
        assert_eq!(kept["rows"][0]["zh"], "380 mL");
        assert_eq!(kept["latin"]["en"], "RANOVA", "a name without Chinese stays");
    }

    #[test]
    fn english_takes_the_place_of_chinese_and_nothing_chinese_is_left() {
        let kept = Language::EnOnly.words(&words());
        let mut found = Vec::new();
        texts(&kept, &mut found);
        assert!(!found.iter().any(|text| text.contains(is_hanzi)), "{found:?}");
        assert_eq!(kept["brand"], json!({ "zh": "SHANZHI", "en": "" }));
        assert_eq!(kept["title"]["lines"], json!(["Stoneware Mug"]));
        let numbers: Vec<_> = kept["points"].as_array().expect("a list").iter().map(|point| &point["n"]).collect();
        assert_eq!(numbers, [1, 2], "the point without English is left out, the rest is counted anew");
        assert_eq!(kept["points"][1]["zh"], "Large");
        assert_eq!(kept["lines"][0]["zh"], "Fired just right", "a list of pairs is no headline");
        let tile: Vec<_> = kept["tile_lines"].as_array().expect("lines").iter().filter_map(Value::as_str).collect();
        assert_eq!(tile.join(" "), "Let Your Skin Breathe");
        assert_eq!(kept["rows"][0]["key"]["zh"], "Capacity");
    }

    #[test]
    fn english_lines_are_balanced_and_take_no_more_room() {
        assert_eq!(balanced("Morning coffee by the window", 2), ["Morning coffee", "by the window"]);
        assert_eq!(balanced("Serum", 3), ["Serum"]);
        let (lines, size) = lines_for("Alcohol-Free, Fragrance-Free", &["无酒精无香精"], "10.00rem");
        let size: f32 = size.and_then(|size| size.strip_suffix("rem")?.parse().ok()).expect("a size");
        let widest = lines.iter().map(|line| typeset::ems(line, 0.0)).fold(0.0, f32::max);
        assert!(widest * size <= 6.01 * 10.0 && lines.len() as f32 * size <= 10.01, "{lines:?} {size}");
        assert_eq!(lines_for("", &["中", "a"], "9rem"), (vec!["a".to_owned()], None));
    }

    #[test]
    fn the_words_of_templates_follow() {
        let page = "<div class=\"page\"><img src=\"plate\"><div class=\"cta\"><div>立即选购</div>\
             <div class=\"cta-en\">Shop now</div></div><div class=\"brand-en\">RANOVA</div></div>";
        let zh = Language::ZhOnly.page(page.to_owned());
        assert!(zh.contains("立即选购") && zh.contains("RANOVA") && !zh.contains("Shop now"));
        let en = Language::EnOnly.page(page.to_owned());
        assert!(!en.contains(is_hanzi) && en.contains("Shop now") && en.contains("<img src=\"plate\">"));
        let clean = Language::Wordless
            .page(page.replace("<div class=\"cta\">", "<img class=\"abs loupe\" src=\"loupe\"><div>"));
        assert_eq!(clean, "<div class=\"page\"><img class=\"abs loupe\" src=\"loupe\"></div>");
        assert_eq!(en.matches("<div").count(), page.matches("<div").count(), "only words go, never elements");
    }
}
