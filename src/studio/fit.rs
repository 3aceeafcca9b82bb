//! Whether words stand where they should, and what gives way when they do not.
//!
//! The order is fixed: type shrinks a little, never under what a phone shows; then long lines lose
//! their tail to an ellipsis; then lists lose their last entries. Nothing ever runs over.

use serde_json::Value;

use super::{
    layouts::Draft,
    sheet::{Frame, Sheet},
};
use crate::{
    composer::{Placed, PlacedKind},
    domain::report::zh_columns,
};

/// The smallest type on a poster whose short side is 1080 pixels: a phone shows it at a third.
pub(super) const TYPE_PX_MIN: f32 = 24.0;
/// How close words may come to the edge of the page, in thousandths of its short side.
const SAFE_EDGE: f32 = 38.0;

/// One attempt at setting a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Attempt {
    /// Of the type sizes.
    pub(super) scale: f32,
    /// The longest line, in columns of one Chinese character; `None` for all of it.
    pub(super) columns_max: Option<usize>,
    /// The most entries of a list.
    pub(super) entries_max: usize,
}

/// What is tried, in this order: the first page without a fault is taken.
pub(super) const ATTEMPTS: [Attempt; 13] = [
    whole(1.0),
    whole(0.95),
    whole(0.90),
    whole(0.85),
    whole(0.80),
    whole(0.75),
    cut(0.80, 34, 8),
    cut(0.75, 26, 6),
    cut(0.75, 20, 5),
    cut(0.70, 15, 4),
    cut(0.70, 11, 3),
    cut(0.65, 8, 2),
    cut(0.60, 6, 2),
];

const fn whole(scale: f32) -> Attempt {
    Attempt { scale, columns_max: None, entries_max: usize::MAX }
}

const fn cut(scale: f32, columns_max: usize, entries_max: usize) -> Attempt {
    Attempt { scale, columns_max: Some(columns_max), entries_max }
}

/// The words of one attempt.
///
/// Lists under `list_keys` are shortened; all other arrays, such as the lines of a headline that
/// was fitted to its slot already, stay as they are.
pub(super) fn condensed(words: &Value, attempt: Attempt) -> Value {
    let Some(columns_max) = attempt.columns_max else { return words.clone() };
    match words {
        Value::String(text) => shortened(text, columns_max).into(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(|item| condensed(item, attempt)).collect()
        }
        Value::Array(items) => items.iter().take(attempt.entries_max).map(|item| condensed(item, attempt)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, item)| {
                // Sizes and codes are no words.
                let plain = matches!(key.as_str(), "size" | "icon" | "narrow" | "swatches" | "columns");
                (key.clone(), if plain { item.clone() } else { condensed(item, attempt) })
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// A text of at most so many columns, cut where a word or a clause ends, with an ellipsis.
pub(super) fn shortened(text: &str, columns_max: usize) -> String {
    if zh_columns(text) <= columns_max {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if zh_columns(&kept) + 1 > columns_max {
            kept.pop();
            break;
        }
    }
    // Back to the last place where the text may end, if that costs less than half of it.
    let rest = text.get(kept.len()..).and_then(|rest| rest.chars().next());
    let inside_word = |before: char, after: char| before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric();
    if let (Some(last), Some(next)) = (kept.chars().last(), rest)
        && inside_word(last, next)
    {
        let start = kept.char_indices().rev().find(|(_, c)| !c.is_ascii_alphanumeric()).map(|(at, _)| at);
        if let Some(start) = start.filter(|start| *start * 2 >= kept.len()) {
            kept.truncate(start);
        }
    }
    let kept = kept.trim_end_matches(|c: char| c.is_whitespace() || "，。、；：,.;:·-–".contains(c));
    format!("{kept}…")
}

/// Raises every type size of a style sheet (or an inline style) to what can be read.
pub(super) fn legible_sizes(css: &str, rem_px: f32) -> String {
    const PROPERTY: &str = "font-size:";
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find(PROPERTY) {
        let (before, after) = rest.split_at(at + PROPERTY.len());
        out.push_str(before);
        let number = after.trim_start();
        let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
        let (value, unit) = number.split_at(end);
        match value.parse::<f32>() {
            Ok(size) if unit.starts_with("rem") && size * rem_px < TYPE_PX_MIN => {
                out.extend([" ", &TYPE_PX_MIN.to_string(), "px"]);
                rest = &unit["rem".len()..];
            }
            _ => rest = after,
        }
    }
    out.push_str(rest);
    out
}

/// What is wrong with a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fault {
    /// Words leave their slot or the page.
    Overflow(String),
    /// Two lines of words cover each other.
    Overlap(String, String),
    /// Words lie on the product.
    OnProduct(String),
}

/// The first fault of a page, if there is one.
pub(super) fn fault(draft: &Draft, placed: &[Placed], product: Option<Frame>, sheet: &Sheet) -> Option<Fault> {
    let texts: Vec<(&Placed, &String, Frame)> = placed
        .iter()
        .filter_map(|text| match &text.kind {
            PlacedKind::Text(words) if !text.within("decor") => Some((text, words, ink(text))),
            _ => None,
        })
        .collect();
    for (index, (text, words, ink)) in texts.iter().enumerate() {
        let slot = draft.slots.iter().find(|(name, _)| text.within(name)).map(|(_, frame)| *frame);
        if !within(*ink, slot, sheet) {
            return Some(Fault::Overflow((*words).clone()));
        }
        if let Some(product) = product
            && !text.within("on-product")
            && overlaps(*ink, product)
        {
            return Some(Fault::OnProduct((*words).clone()));
        }
        if let Some((_, other, _)) = texts[index + 1..].iter().find(|(_, _, frame)| overlaps(*ink, *frame)) {
            return Some(Fault::Overlap((*words).clone(), (*other).clone()));
        }
    }
    None
}

/// Where the letters themselves stand: line boxes are taller than the ink in them.
fn ink(text: &Placed) -> Frame {
    let air = text.line_height * 0.16;
    Frame::new(text.x, text.y + air, text.width, (text.height - 2.0 * air).max(1.0))
}

fn within(ink: Frame, slot: Option<Frame>, sheet: &Sheet) -> bool {
    let edge = SAFE_EDGE / 1000.0 * sheet.w().min(sheet.h());
    let page = Frame::new(edge, edge, sheet.w() - 2.0 * edge, sheet.h() - 2.0 * edge);
    let slot = slot.unwrap_or(page);
    let inside = |frame: Frame, slack: f32| {
        ink.x >= frame.x - slack
            && ink.right() <= frame.right() + slack
            && ink.y >= frame.y - slack
            && ink.bottom() <= frame.bottom() + slack
    };
    inside(slot, 4.0) && inside(page, 0.5)
}

fn overlaps(a: Frame, b: Frame) -> bool {
    let across = a.right().min(b.right()) - a.x.max(b.x);
    let down = a.bottom().min(b.bottom()) - a.y.max(b.y);
    across > 1.5 && down > 1.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_ends_at_a_word_with_an_ellipsis() {
        assert_eq!(shortened("水润透亮", 4), "水润透亮");
        assert_eq!(shortened("水润透亮，焕活肌肤", 6), "水润透亮…");
        assert_eq!(shortened("Roasted within 24 hours of ordering", 8), "Roasted within…");
        for columns in 2..30 {
            for text in
                ["海拔1500–1700米庄园直采咖啡豆", "Estate-Direct, Grown at 1500 m above the sea", "超长ABCDEFGHIJKLMN"]
            {
                let short = shortened(text, columns);
                assert!(zh_columns(&short) <= columns, "{short} > {columns}");
                assert!(short == text || short.ends_with('…'));
            }
        }
    }

    #[test]
    fn words_that_leave_their_slot_cover_others_or_lie_on_the_product_are_faults() {
        let sheet = Sheet::new(crate::domain::PosterFormat::Portrait9x16);
        let draft = Draft {
            template: "hero",
            slots: vec![("head", Frame::new(80.0, 100.0, 400.0, 200.0))],
            stand: None,
            windows: Vec::new(),
            words: Value::Null,
            marks: Value::Null,
            variant: "plain",
        };
        let text = |words: &str, x: f32, y: f32| Placed {
            kind: PlacedKind::Text(words.to_owned()),
            classes: vec!["h1".to_owned(), "head".to_owned()],
            x,
            y,
            width: 300.0,
            height: 60.0,
            line_height: 60.0,
            lines: 1,
        };
        let judged = |texts: &[Placed], product| fault(&draft, texts, product, &sheet);
        let stacked = [text("a", 80.0, 100.0), text("b", 80.0, 160.0)];
        assert_eq!(judged(&stacked, None), None);
        assert_eq!(judged(&[text("a", 190.0, 100.0)], None), Some(Fault::Overflow("a".to_owned())));
        assert_eq!(judged(&[text("a", 80.0, 270.0)], None), Some(Fault::Overflow("a".to_owned())));
        let close = [text("a", 80.0, 100.0), text("b", 80.0, 130.0)];
        assert_eq!(judged(&close, None), Some(Fault::Overlap("a".to_owned(), "b".to_owned())));
        let product = Some(Frame::new(300.0, 90.0, 400.0, 400.0));
        assert_eq!(judged(&stacked, product), Some(Fault::OnProduct("a".to_owned())));
    }

    #[test]
    fn small_type_is_raised_and_large_type_is_left() {
        let css = ".a { font-size: 2.4rem; color: red } .b { font-size:9.6rem } .c { font-size: 1em }";
        let raised = legible_sizes(css, 8.0);
        assert_eq!(raised, ".a { font-size: 24px; color: red } .b { font-size:9.6rem } .c { font-size: 1em }");
        assert_eq!(legible_sizes(css, 10.0), css);
    }

    #[test]
    fn lists_give_way_after_lines_and_sizes_never() {
        let words = serde_json::json!({
            "rows": [{ "zh": "一二三四五六七八九十" }, { "zh": "短" }, { "zh": "末" }],
            "title": { "lines": ["一二三四五六七八", "九十"], "size": "10.25rem" },
        });
        let attempt = Attempt { scale: 0.7, columns_max: Some(6), entries_max: 2 };
        let short = condensed(&words, attempt);
        assert_eq!(short["rows"].as_array().unwrap().len(), 2);
        assert_eq!(short["rows"][0]["zh"], "一二三四五…");
        assert_eq!(short["title"]["size"], "10.25rem");
        assert_eq!(condensed(&words, whole(0.9)), words);
    }
}
