//! What a picture says about its own making: the marks that AI-made content must carry, and a plain
//! statement on pictures that were only composed.
//!
//! The implicit mark is the `AIGC` record of GB 45438-2025 in an XMP packet, the visible one is four
//! characters in a corner or on an edge, at least a twentieth of the short side high.

use std::{collections::HashMap, sync::Arc};

use image::RgbaImage;
use serde_json::{Value, json};

use super::{
    EditedPoster, PaintedPoster,
    sheet::{Frame, Sheet},
};
use crate::{
    composer::{ComposeError, Composer, Picture, Placed, PlacedKind, Scene},
    imaging,
};

/// The name of the provider that draws by rules instead of asking a model.
const BUILTIN: &str = "builtin";

/// The visible mark.
const VISIBLE_TEXT: &str = "AI生成";

/// Font size as a share of the short side. Hanzi fill about nineteen twentieths of their size, so the
/// strokes stay above the twentieth that the standard asks for.
const VISIBLE_SHARE: f32 = 0.056;
/// The least distance between the mark and words, as a share of the short side.
const MARK_AIR: f32 = 0.016;

/// The longest name of a producer, in characters; the record must fit into one segment.
pub const PRODUCER_CHARS_MAX: usize = 200;

/// Where the pixels of a picture come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The seller's photo, drawn shapes and type.
    Composed,
    /// An image model painted a part of it.
    AiMade,
}

impl Origin {
    /// The origin of a poster, by its recipe. A recipe that does not name the painter counts as
    /// AI-made: a missing mark is the worse mistake.
    pub fn of_recipe(recipe: &Value) -> Self {
        if recipe["paintedEdits"].as_array().is_some_and(|edits| !edits.is_empty()) {
            return Self::AiMade;
        }
        Self::of_painter(recipe["provider"]["name"].as_str().unwrap_or_default())
    }

    /// The origin of what this image provider paints.
    pub fn of_painter(name: &str) -> Self {
        if name == BUILTIN { Self::Composed } else { Self::AiMade }
    }
}

/// How pictures are marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// Name or code of the service that answers for AI-made content.
    pub producer: String,
    /// Whether AI-made pictures carry the visible mark.
    pub visible: bool,
}

impl Default for Labels {
    fn default() -> Self {
        Self { producer: "Haibao".to_owned(), visible: true }
    }
}

impl Labels {
    /// Whether a picture of this origin shows the visible mark.
    pub fn is_visible_on(&self, origin: Origin) -> bool {
        self.visible && origin == Origin::AiMade
    }

    /// The JPEG with its packet; `content_id` names the picture within this service. The same picture
    /// gets the same bytes: nothing here depends on the time.
    pub fn marked(&self, jpeg: Vec<u8>, origin: Origin, content_id: &str) -> Vec<u8> {
        imaging::jpeg_with_xmp(&jpeg, &self.packet(origin, content_id)).unwrap_or_else(|error| {
            tracing::error!(%error, content_id, "a picture could not be marked");
            jpeg
        })
    }

    /// A finished poster with its packet, in the poster and in its background.
    #[must_use]
    pub fn on_poster(&self, mut poster: PaintedPoster, content_id: &str) -> PaintedPoster {
        let origin = Origin::of_recipe(&poster.recipe);
        poster.jpeg = self.marked(poster.jpeg, origin, content_id);
        poster.plate_jpeg = poster.plate_jpeg.map(|plate| self.marked(plate, origin, content_id));
        poster
    }

    /// A finished edit with its packet, in the picture and in its background.
    #[must_use]
    pub fn on_edit(&self, mut edited: EditedPoster, content_id: &str) -> EditedPoster {
        let origin = Origin::of_recipe(&edited.recipe);
        edited.jpeg = self.marked(edited.jpeg, origin, content_id);
        edited.plate_jpeg = edited.plate_jpeg.map(|plate| self.marked(plate, origin, content_id));
        edited
    }

    /// Bytes that a packet adds to a file.
    pub fn overhead(&self, origin: Origin, content_id: &str) -> usize {
        imaging::XMP_OVERHEAD + self.packet(origin, content_id).len()
    }

    fn packet(&self, origin: Origin, content_id: &str) -> String {
        let (source, note) = match origin {
            Origin::Composed => ("compositeCapture", "Composed from photographs and type; no AI-made pixels."),
            Origin::AiMade => (
                "compositeWithTrainedAlgorithmicMedia",
                "Background made by an AI model; product photograph and type composed.",
            ),
        };
        let record = match origin {
            Origin::Composed => String::new(),
            Origin::AiMade => format!("<TC260:AIGC>{}</TC260:AIGC>", escaped(&self.record(content_id))),
        };
        format!(
            "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
             <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
             <rdf:Description rdf:about=\"\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
             xmlns:TC260=\"http://www.tc260.org.cn/ns/AIGC/1.0/\">\
             <xmp:CreatorTool>Haibao {version}</xmp:CreatorTool>\
             <Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/{source}</Iptc4xmpExt:DigitalSourceType>\
             <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{note}</rdf:li></rdf:Alt></dc:description>\
             {record}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>",
            version = env!("CARGO_PKG_VERSION"),
        )
    }

    /// The record as the standard spells it; label 1 is "made by AI".
    ///
    /// A service that both makes a picture and hands it out stands in both pairs of fields, under one
    /// number: it is the first to pass the picture on. A platform that publishes it puts itself and its
    /// own number in place of the second pair (Measures for Labelling AI-Generated Content, article 6).
    /// The reserved codes are for a service's own protection of the record, by signature or hash, and
    /// the standard leaves them to it: there is no key here that others could check one with.
    fn record(&self, content_id: &str) -> String {
        let producer: String = self.producer.chars().take(PRODUCER_CHARS_MAX).collect();
        json!({
            "Label": "1",
            "ContentProducer": producer,
            "ProduceID": content_id,
            "ReservedCode1": "",
            "ContentPropagator": producer,
            "PropagateID": content_id,
            "ReservedCode2": "",
        })
        .to_string()
    }
}

/// Where the visible mark stands on a composed page: in the lower right corner, or on the first other corner or edge that
/// keeps clear of words, surfaces and the product; the clearest of all where none does. The standard asks for a corner or
/// an edge, and nobody for a mark across the price.
pub(super) fn spot(placed: &[Placed], product: Option<Frame>, sheet: &Sheet) -> Frame {
    let (width, height) = (sheet.w(), sheet.h());
    let [w, h] = size_of_mark(sheet.width, sheet.height);
    let is_taken = |layer: &&Placed| match layer.kind {
        PlacedKind::Text(_) => !layer.within("decor"),
        PlacedKind::Shape => {
            let mut around = layer.classes.iter().take_while(|class| *class != "page");
            around.any(|class| matches!(class.as_str(), "card" | "cta" | "filled" | "seal" | "chips"))
        }
        PlacedKind::Picture(_) => false,
    };
    let layers = placed.iter().filter(is_taken).map(|layer| Frame::new(layer.x, layer.y, layer.width, layer.height));
    let taken: Vec<Frame> = layers.chain(product).collect();
    let clearance = |spot: &Frame| {
        let gaps = taken.iter().map(|other| {
            let beside = (other.x - spot.right()).max(spot.x - other.right());
            beside.max(other.y - spot.bottom()).max(spot.y - other.bottom())
        });
        gaps.fold(f32::INFINITY, f32::min)
    };
    let (right, below) = (width - w, height - h);
    let corners = [(right, below), (0.0, below), (right, 0.0), (0.0, 0.0)];
    // Along the lower and the upper edge first, the middle before the quarters; a mark on the side is the last resort.
    let along = [0.5, 0.25, 0.75];
    let level = [below, 0.0].into_iter().flat_map(|y| along.map(|share| (right * share, y)));
    let beside = [right, 0.0].into_iter().flat_map(|x| along.map(|share| (x, below * share)));
    let spots: Vec<Frame> =
        corners.into_iter().chain(level).chain(beside).map(|(x, y)| Frame::new(x, y, w, h)).collect();
    let free = spots.iter().find(|spot| clearance(spot) >= width.min(height) * MARK_AIR);
    // `max_by` would take the last of equals.
    let clearest = || spots.iter().rev().max_by(|a, b| clearance(a).total_cmp(&clearance(b)));
    free.or_else(clearest).copied().unwrap_or(spots[0])
}

/// Width and height of the visible mark, in pixels.
fn size_of_mark(width: u32, height: u32) -> [f32; 2] {
    let size = width.min(height) as f32 * VISIBLE_SHARE;
    [size * 3.5, size * 1.2]
}

/// The page with the visible mark above everything else.
pub(super) fn onto_page(html: &str, spot: Frame) -> String {
    let size = spot.h / 1.2;
    let mark = format!(
        "<div class=\"abs ai-mark decor\" style=\"{place};font-size:{size:.1}px;line-height:1.2;text-align:center;\
         color:#ffffff;background-color:rgba(0,0,0,0.56);white-space:nowrap\">{VISIBLE_TEXT}</div>",
        place = spot.style(),
    );
    match html.rfind("</div>") {
        Some(end) => format!("{}{mark}{}", &html[..end], &html[end..]),
        None => html.to_owned(),
    }
}

/// A picture that is nothing but pixels, with the visible mark in its lower right corner.
///
/// # Errors
/// [`ComposeError`]; the same picture fails the same way every time.
pub(super) fn onto_picture(composer: &dyn Composer, pixels: RgbaImage) -> Result<RgbaImage, ComposeError> {
    let (width, height) = pixels.dimensions();
    let size = format!("width:{width}px;height:{height}px");
    let html = format!(
        "<div style=\"position:relative;{size}\"><img style=\"position:absolute;left:0;top:0;{size}\" src=\"plate\"></div>"
    );
    let [w, h] = size_of_mark(width, height);
    let corner = Frame::new(width as f32 - w, height as f32 - h, w, h);
    let picture = Picture::new(pixels).ok_or(ComposeError::Size(width, height))?;
    composer.render(&Scene {
        width,
        height,
        rem_px: 10.0,
        html: onto_page(&html, corner),
        css: ".abs { position: absolute; }".to_owned(),
        pictures: HashMap::from([(Arc::from("plate"), picture)]),
    })
}

fn escaped(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;
    use crate::{composer::TakumiComposer, domain::PosterFormat};

    fn jpeg() -> Vec<u8> {
        imaging::encode_jpeg(&RgbaImage::from_pixel(32, 32, Rgba([9, 90, 200, 255])), 90)
    }

    fn packet_of(jpeg: &[u8]) -> String {
        imaging::jpeg_xmp(jpeg).expect("a packet").to_owned()
    }

    #[test]
    fn ai_made_pictures_carry_the_whole_record() {
        let labels = Labels { producer: "甲 & <乙> \"丙\"".to_owned(), visible: true };
        let packet = packet_of(&labels.marked(jpeg(), Origin::AiMade, "session_x/00-prime"));
        let record = packet.split_once("<TC260:AIGC>").and_then(|(_, rest)| rest.split_once("</TC260:AIGC>"));
        let record = record.expect("the record").0.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let record: Value = serde_json::from_str(&record).expect("JSON");
        assert_eq!(record["Label"], "1");
        assert_eq!(record["ContentProducer"], "甲 & <乙> \"丙\"");
        assert_eq!(record["ProduceID"], "session_x/00-prime");
        assert_eq!(
            (&record["ContentPropagator"], &record["PropagateID"]),
            (&record["ContentProducer"], &record["ProduceID"])
        );
        let mut keys: Vec<_> = record.as_object().expect("an object").keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(
            keys,
            [
                "ContentProducer",
                "ContentPropagator",
                "Label",
                "ProduceID",
                "PropagateID",
                "ReservedCode1",
                "ReservedCode2"
            ]
        );
        assert!(packet.contains("/compositeWithTrainedAlgorithmicMedia<"));
    }

    #[test]
    fn composed_pictures_say_so_and_nothing_else() {
        let labels = Labels::default();
        let marked = labels.marked(jpeg(), Origin::Composed, "00-prime");
        assert!(!packet_of(&marked).contains("TC260:AIGC>"));
        assert!(packet_of(&marked).contains("/compositeCapture<") && packet_of(&marked).contains("Haibao"));
        assert_eq!(marked.len(), jpeg().len() + labels.overhead(Origin::Composed, "00-prime"));
        assert_eq!(labels.marked(b"no picture".to_vec(), Origin::Composed, ""), b"no picture");
    }

    #[test]
    fn only_ai_made_pictures_show_the_mark_and_only_when_asked() {
        let (shown, hidden) = (Labels::default(), Labels { visible: false, ..Labels::default() });
        assert!(shown.is_visible_on(Origin::AiMade) && !shown.is_visible_on(Origin::Composed));
        assert!(!hidden.is_visible_on(Origin::AiMade));
        let page = onto_page("<div class=\"page\"><div>a</div></div>", Frame::new(870.0, 1847.4, 211.7, 72.6));
        assert!(page.ends_with("AI生成</div></div>") && page.contains("font-size:60.5px"), "{page}");
        assert_eq!(Origin::of_recipe(&json!({ "provider": { "name": "builtin" } })), Origin::Composed);
        assert_eq!(Origin::of_recipe(&json!({})), Origin::AiMade);
        let edited = json!({ "provider": { "name": "builtin" }, "paintedEdits": [{ "kind": "place" }] });
        assert_eq!(Origin::of_recipe(&edited), Origin::AiMade, "a model painted a part of it");
    }

    fn placed(kind: PlacedKind, classes: &[&str], [x, y, width, height]: [f32; 4]) -> Placed {
        let classes = classes.iter().map(|class| (*class).to_owned()).collect();
        Placed { kind, classes, x, y, width, height, line_height: 0.0, lines: 0 }
    }

    #[test]
    fn the_mark_keeps_clear_of_words_buttons_and_the_product() {
        let sheet = Sheet::new(PosterFormat::Portrait9x16);
        let [w, h] = size_of_mark(1080, 1920);
        let text = |at| placed(PlacedKind::Text("精华液".to_owned()), &["title"], at);
        let at = |x, y| Frame::new(x, y, w, h);
        assert_eq!(spot(&[], None, &sheet), at(1080.0 - w, 1920.0 - h), "the lower right corner");
        let button = placed(PlacedKind::Shape, &["cta", "page"], [620.0, 1770.0, 380.0, 80.0]);
        assert_eq!(
            spot(std::slice::from_ref(&button), None, &sheet),
            at(0.0, 1920.0 - h),
            "the lower left one beside a button"
        );
        let product = Frame::new(0.0, 900.0, 500.0, 1020.0);
        assert_eq!(
            spot(std::slice::from_ref(&button), Some(product), &sheet),
            at(1080.0 - w, 0.0),
            "never on the product"
        );
        // Words in all corners and at the foot: the middle of the upper edge is left.
        let full =
            [text([80.0, 70.0, 100.0, 50.0]), text([900.0, 70.0, 100.0, 50.0]), text([80.0, 1800.0, 920.0, 50.0])];
        assert_eq!(spot(&full, None, &sheet), at((1080.0 - w) * 0.5, 0.0));
        // What only decorates, and the page itself, are in nobody's way.
        let decor = placed(PlacedKind::Text("01".to_owned()), &["decor", "page"], [900.0, 1850.0, 100.0, 60.0]);
        let page = placed(PlacedKind::Shape, &["page", "filled"], [0.0, 0.0, 1080.0, 1920.0]);
        assert_eq!(spot(&[decor, page], None, &sheet), at(1080.0 - w, 1920.0 - h));
    }

    #[test]
    fn a_painted_picture_is_marked_in_its_corner_and_nowhere_else() {
        let before = RgbaImage::from_fn(240, 320, |x, y| Rgba([(x / 2) as u8, 120, (y / 3) as u8, 255]));
        let after = onto_picture(&TakumiComposer::new(), before.clone()).expect("a picture");
        assert_eq!(after.dimensions(), before.dimensions());
        let differs = |x: u32, y: u32| before.get_pixel(x, y) != after.get_pixel(x, y);
        assert!((0..320).all(|y| (0..120).all(|x| !differs(x, y))), "the left half is untouched");
        assert!((0..280).all(|y| (0..240).all(|x| !differs(x, y))), "the upper part is untouched");
        let marked = (280..320).flat_map(|y| (120..240).map(move |x| (x, y))).filter(|(x, y)| differs(*x, *y)).count();
        assert!(marked > 200, "{marked} pixels of the mark");
    }
}
