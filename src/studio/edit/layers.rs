//! The filled page as a list of its written elements, to rename, hide and add some.

use std::{collections::BTreeSet, fmt::Write as _, ops::Range};

use super::changes::HiddenLayer;
use crate::studio::sheet::Frame;

/// An element that holds words and no other element but line breaks, or one with a class of its own.
struct Element<'a> {
    /// Of its opening tag.
    tag: Range<usize>,
    /// Of what it holds.
    content: Range<usize>,
    /// Its own classes, or those of the element around it where it has none.
    class: &'a str,
    is_leaf: bool,
}

/// All elements of a page of ours: balanced tags, attributes in double quotes.
fn elements(html: &str) -> Vec<Element<'_>> {
    let mut open: Vec<(Range<usize>, bool)> = Vec::new();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = html[at..].find('<').map(|offset| at + offset) {
        let Some(end) = html[start..].find('>').map(|offset| start + offset + 1) else { break };
        let tag = &html[start..end];
        if tag.starts_with("</") {
            if let Some((opening, is_leaf)) = open.pop() {
                let around = open.iter().rev().map(|(tag, _)| tag);
                let class = std::iter::once(&opening)
                    .chain(around)
                    .map(|tag| class_of(&html[tag.clone()]))
                    .find(|class| !class.is_empty())
                    .unwrap_or_default();
                found.push(Element { content: opening.end..start, tag: opening, class, is_leaf });
            }
        } else if !tag.starts_with("<br") {
            if let Some((_, is_leaf)) = open.last_mut() {
                *is_leaf = false;
            }
            if !(tag.starts_with("<img") || tag.ends_with("/>")) {
                open.push((start..end, true));
            }
        }
        at = end;
    }
    found
}

fn class_of(tag: &str) -> &str {
    tag.split_once("class=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}

/// The words of markup, without line breaks and white space.
fn words_of(markup: &str) -> String {
    let mut text = String::new();
    for piece in markup.split_inclusive('>') {
        text.push_str(piece.split('<').next().unwrap_or_default());
    }
    let plain = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#39;", "'")
        .replace("&#x2f;", "/")
        .replace("&amp;", "&");
    squeezed(&plain)
}

/// A text without white space: how a line is recognised however it is broken.
pub(in crate::studio) fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The page with other words in place of some that its template prints.
pub(in crate::studio) fn relabelled<'a>(html: String, labels: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let labels: Vec<(String, &str)> = labels.map(|(was, is)| (squeezed(was), is)).collect();
    if labels.is_empty() {
        return html;
    }
    let mut changes: Vec<(Range<usize>, String)> = elements(&html)
        .into_iter()
        .filter(|element| element.is_leaf)
        .filter_map(|element| {
            let words = words_of(&html[element.content.clone()]);
            let (_, is) = labels.iter().find(|(was, _)| *was == words)?;
            Some((element.content, escaped(is)))
        })
        .collect();
    replaced(html, &mut changes)
}

/// A rule that colours the headline.
pub(in crate::studio) fn title_colour(css: &mut String, colour: &str) {
    let _ = write!(
        css,
        "\n.page .slot .h1, .page .slot.column .down, .page .slot.column .aside {{ color: {colour}; background-image: none; \
         text-shadow: none; }}"
    );
}

/// The page without these layers; everything else keeps its place.
pub(in crate::studio) fn hidden(html: String, layers: &BTreeSet<HiddenLayer>) -> String {
    if layers.is_empty() {
        return html;
    }
    let mut changes: Vec<(Range<usize>, String)> = elements(&html)
        .into_iter()
        .filter(|element| {
            let words = words_of(&html[element.content.clone()]);
            layers.iter().any(|layer| is_layer(layer, element.class, &words))
        })
        .map(|element| {
            let tag = &html[element.tag.clone()];
            let hidden = match tag.split_once("style=\"") {
                Some((before, rest)) => format!("{before}style=\"opacity:0;{rest}"),
                None => format!("{} style=\"opacity:0\">", tag.trim_end_matches('>')),
            };
            (element.tag, hidden)
        })
        .collect();
    replaced(html, &mut changes)
}

/// Whether an element of these classes and words is the layer.
pub(in crate::studio) fn is_layer(layer: &HiddenLayer, classes: &str, words: &str) -> bool {
    let has_role = classes.split(' ').take_while(|class| *class != "slot").any(|class| class == layer.role)
        || classes.strip_prefix("slot ").is_some_and(|own| own.split(' ').any(|class| class == layer.role));
    has_role && layer.text.as_deref().is_none_or(|text| squeezed(text) == words)
}

fn replaced(mut html: String, changes: &mut [(Range<usize>, String)]) -> String {
    changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    for (range, with) in changes {
        html.replace_range(range.clone(), with);
    }
    html
}

/// The class of the price line.
pub(in crate::studio) const PRICE_CLASS: &str = "price";

/// The page with a price line in this place.
pub(in crate::studio) fn priced(
    html: &str,
    css: &mut String,
    text: &str,
    place: Frame,
    [fill, ink]: [&str; 2],
) -> String {
    let _ = write!(
        css,
        "\n.{PRICE_CLASS} {{ position: absolute; display: flex; align-items: center; justify-content: center; \
         white-space: nowrap; line-height: 1.1; font-weight: 800; letter-spacing: 0.02em; \
         background-color: {fill}; color: {ink}; border-radius: {:.0}px; font-size: {:.1}px; }}",
        place.h * 0.22,
        place.h * 0.52,
    );
    let line = format!("<div class=\"{PRICE_CLASS} filled\" style=\"{}\">{}</div>", place.style(), escaped(text));
    match html.rfind("</div>") {
        Some(end) => format!("{}{line}{}", &html[..end], &html[end..]),
        None => html.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<div class=\"page x\"><img class=\"plate\" src=\"plate\"><div class=\"slot head\" \
         style=\"left:1px\"><div class=\"h1\" style=\"font-size:9rem\">山野<br>咖啡</div><div class=\"lead\">A &amp; B\
         </div></div><div class=\"cta\"><div>立即选购</div></div></div>";

    #[test]
    fn labels_are_renamed_and_nothing_else() {
        let page = relabelled(PAGE.to_owned(), [("立即选购", "马上<抢>")].into_iter());
        assert_eq!(page, PAGE.replace("立即选购", "马上&lt;抢&gt;"));
        assert_eq!(relabelled(PAGE.to_owned(), [("咖啡", "茶")].into_iter()), PAGE, "a part of a line is no line");
    }

    #[test]
    fn layers_are_hidden_by_role_and_words() {
        let hide = |role: &str, text: Option<&str>| {
            let layer = HiddenLayer { role: role.to_owned(), text: text.map(str::to_owned) };
            hidden(PAGE.to_owned(), &BTreeSet::from([layer]))
        };
        assert!(hide("h1", Some("山野\n咖啡")).contains("class=\"h1\" style=\"opacity:0;font-size:9rem\""));
        assert_eq!(hide("h1", Some("山野")), PAGE);
        assert!(hide("lead", Some("A & B")).contains("class=\"lead\" style=\"opacity:0\">"));
        assert!(hide("cta", None).contains("class=\"cta\" style=\"opacity:0\">"));
        let bare = "<div class=\"cta\"><div>立即选购</div><div class=\"cta-en\">Shop now</div></div>";
        let layer = HiddenLayer { role: "cta".to_owned(), text: Some("立即选购".to_owned()) };
        let without = hidden(bare.to_owned(), &BTreeSet::from([layer]));
        assert_eq!(without, bare.replace("<div>立", "<div style=\"opacity:0\">立"), "words alone, not the button");
        assert!(hide("head", None).contains("class=\"slot head\" style=\"opacity:0;left:1px\""));
    }

    #[test]
    fn a_price_goes_onto_the_page() {
        let mut css = String::new();
        let page = priced(PAGE, &mut css, "¥99", Frame::new(1.0, 2.0, 30.0, 40.0), ["#123456", "#ffffff"]);
        assert!(page.ends_with("¥99</div></div>") && css.contains("position: absolute"));
    }
}
