//! From a draft and a plate to a finished poster.

use std::{collections::HashMap, sync::Arc};

use image::RgbaImage;
use serde_json::{Map, Value, json};

use super::{
    Language, PaintedPoster, SetPlan, StudioError, contrast, label,
    layouts::Draft,
    recipe, recompose,
    sheet::{Frame, Sheet},
};
use crate::{
    composer::{ComposeError, Composer, Picture, Placed, PlacedKind, Scene, Templates},
    domain::Dimension,
    imaging::{self, ShadowStyle},
    providers::image::Plate,
};

/// How far type may shrink to fit before a page is set as it is.
const TYPE_SCALES: [f32; 7] = [1.0, 0.95, 0.90, 0.85, 0.80, 0.74, 0.68];

/// What a poster is set with.
pub(super) struct Press<'a> {
    pub(super) composer: &'a dyn Composer,
    pub(super) templates: &'a Templates,
    pub(super) plan: &'a SetPlan,
    pub(super) sheet: &'a Sheet,
    pub(super) dimension: Dimension,
    pub(super) provider: &'static str,
    /// Of the stored poster and its plate, 1–100.
    pub(super) jpeg_quality: u8,
    /// Which words are set.
    pub(super) language: Language,
    /// Whether the visible mark of AI-made content is drawn.
    pub(super) is_marked: bool,
}

/// A poster as pixels.
pub(super) struct Set {
    pub(super) pixels: RgbaImage,
    plate: RgbaImage,
    placed: Vec<Placed>,
}

impl Press<'_> {
    /// Sets product and type on the plate and encodes the result. Blocks: a fifth of a second on
    /// the processor.
    pub(super) fn print(&self, draft: &Draft, plate: Plate) -> Result<PaintedPoster, StudioError> {
        let request_id = plate.provider_request_id.clone();
        let Set { pixels, plate, placed } = self.set(draft, plate)?;
        let recipe = recipe::write(self, draft, &placed, request_id.as_deref());
        Ok(PaintedPoster {
            jpeg: imaging::encode_jpeg(&pixels, self.jpeg_quality),
            width: pixels.width(),
            height: pixels.height(),
            thumbhash: imaging::thumbhash(&pixels),
            recipe,
            plate_jpeg: Some(imaging::encode_jpeg(&plate, self.jpeg_quality)),
        })
    }

    /// Sets product and type on the plate.
    pub(super) fn set(&self, draft: &Draft, mut plate: Plate) -> Result<Set, StudioError> {
        let (pictures, places) = self.pictures(draft)?;
        let words = self.printable(&self.language.words(&draft.words));

        let (mut scene, placed) = self.fitted(draft, &words, &places, pictures)?;
        contrast::calm(&mut plate.pixels, &placed, &self.plan.theme);
        scene.pictures.insert(Arc::from("plate"), picture(plate.pixels.clone())?);
        let pixels = self.composer.render(&scene)?;
        Ok(Set { pixels, plate: plate.pixels, placed })
    }

    /// Where everything of the page stands.
    #[cfg(test)]
    pub(super) fn measured(&self, draft: &Draft) -> Result<Vec<Placed>, StudioError> {
        let (pictures, places) = self.pictures(draft)?;
        let words = self.printable(&self.language.words(&draft.words));
        self.fitted(draft, &words, &places, pictures).map(|(_, placed)| placed)
    }

    /// Cuts and scales every picture to the very pixels it is shown at, so that the composer does
    /// not scale anything.
    #[expect(clippy::type_complexity, reason = "the pictures and their places, for the one caller")]
    fn pictures(&self, draft: &Draft) -> Result<(HashMap<Arc<str>, Picture>, Map<String, Value>), StudioError> {
        let mut pictures = HashMap::new();
        let mut places = Map::new();
        let sight = &self.plan.sight;
        if let (Some(stand), Some(product)) = (draft.stand, &sight.product) {
            let frame = snapped(sight.placed(stand));
            let scaled = imaging::resize(&product.pixels, frame.w as u32, frame.h as u32);
            if stand.grounded {
                for (name, style) in [
                    ("ambient", ShadowStyle::ambient(scaled.width(), self.plan.theme.shade)),
                    ("shadow", ShadowStyle::contact(scaled.width(), self.plan.theme.shade)),
                ] {
                    let shadow = imaging::contact_shadow(&scaled, &style);
                    let (w, h) = shadow.pixels.dimensions();
                    let (x, y) = (frame.x + shadow.left as f32, frame.y + shadow.top as f32);
                    places.insert(name.to_owned(), Frame::new(x, y, w as f32, h as f32).style().into());
                    pictures.insert(Arc::from(name), picture(shadow.pixels)?);
                }
            }
            places.insert("product".to_owned(), frame.style().into());
            pictures.insert(Arc::from("product"), picture(scaled)?);
        }
        for window in &draft.windows {
            let frame = snapped(window.frame);
            let (photo, part) = sight.part(window.source, frame.w / frame.h.max(1.0));
            let mut shown = imaging::crop(&photo.pixels, part);
            if photo.has_alpha {
                laid_on(&mut shown, self.plan.theme.tint);
            }
            let shown = imaging::resize_cover(&shown, frame.w as u32, frame.h as u32);
            places.insert(window.name.to_owned(), frame.style().into());
            pictures.insert(Arc::from(window.name), picture(shown)?);
        }
        Ok((pictures, places))
    }

    /// Every word without the characters that no font draws.
    fn printable(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.composer.fonts().printable(text).into(),
            Value::Array(items) => items.iter().map(|item| self.printable(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(key, item)| (key.clone(), self.printable(item))).collect::<Map<_, _>>().into()
            }
            other => other.clone(),
        }
    }

    /// Fills the templates and shrinks the type until every word stands inside its slot.
    fn fitted(
        &self,
        draft: &Draft,
        words: &Value,
        places: &Map<String, Value>,
        mut pictures: HashMap<Arc<str>, Picture>,
    ) -> Result<(Scene, Vec<Placed>), StudioError> {
        // The plate is only known by its size while measuring.
        pictures.insert(Arc::from("plate"), picture(RgbaImage::new(1, 1))?);
        let slots: Map<String, Value> =
            draft.slots.iter().map(|(name, frame)| ((*name).to_owned(), frame.style().into())).collect();
        let mut last = None;
        for scale in TYPE_SCALES {
            let data = json!({
                "sheet": {
                    "width": self.sheet.width,
                    "height": self.sheet.height,
                    "shape": self.sheet.shape.class(),
                },
                "theme": self.plan.theme.data(),
                "slot": slots,
                "pic": places,
                "t": words,
                "marks": draft.marks,
            });
            let (html, css) = self.page(draft.template, &data, places)?;
            let scene = Scene {
                width: self.sheet.width,
                height: self.sheet.height,
                rem_px: self.sheet.rem * scale,
                html,
                css,
                pictures: pictures.clone(),
            };
            let placed = self.composer.measure(&scene)?;
            let overflow = overflowing(draft, &placed, self.sheet);
            if overflow.is_none() {
                return Ok((scene, placed));
            }
            tracing::debug!(dimension = self.dimension.code(), scale, ?overflow, "type does not fit its slot");
            last = Some((scene, placed));
        }
        last.ok_or_else(|| StudioError::Compose(ComposeError::Drawing("no type scale was tried".to_owned())))
    }

    /// The filled markup and style sheet.
    fn page(&self, name: &str, data: &Value, places: &Map<String, Value>) -> Result<(String, String), StudioError> {
        let css = self.templates.fill("base.css", data)? + &self.templates.fill(&format!("{name}.css"), data)?;
        let html = match self.language {
            Language::Wordless => recompose::wordless_page(places),
            _ => self.language.page(self.templates.fill(&format!("{name}.html"), data)?),
        };
        let marked = self.is_marked.then(|| label::onto_page(&html, self.sheet.width, self.sheet.height));
        Ok((marked.unwrap_or(html), css))
    }
}

/// The first text that leaves its slot or the page.
fn overflowing(draft: &Draft, placed: &[Placed], sheet: &Sheet) -> Option<String> {
    placed.iter().find_map(|text| {
        let PlacedKind::Text(words) = &text.kind else { return None };
        if text.within("decor") {
            return None;
        }
        let frame = draft
            .slots
            .iter()
            .find(|(name, _)| text.within(name))
            .map_or(Frame::new(0.0, 0.0, sheet.w(), sheet.h()), |(_, frame)| *frame);
        // Line boxes are taller than the ink in them.
        let slack = text.line_height * 0.12 + 2.0;
        let inside = text.x >= frame.x - 4.0
            && text.x + text.width <= frame.right() + 4.0
            && text.y >= frame.y - slack
            && text.y + text.height <= frame.bottom() + slack;
        (!inside).then(|| words.clone())
    })
}

/// Puts a plain colour under a picture that came cut out: a window is never see-through.
fn laid_on(pixels: &mut RgbaImage, ground: [u8; 3]) {
    for pixel in pixels.pixels_mut() {
        let alpha = f32::from(pixel[3]) / 255.0;
        for channel in 0..3 {
            let under = f32::from(ground[channel]);
            pixel[channel] = (under + (f32::from(pixel[channel]) - under) * alpha).round() as u8;
        }
        pixel[3] = 255;
    }
}

fn snapped(frame: Frame) -> Frame {
    let (x, y) = (frame.x.round(), frame.y.round());
    Frame::new(x, y, (frame.right().round() - x).max(1.0), (frame.bottom().round() - y).max(1.0))
}

fn picture(pixels: RgbaImage) -> Result<Picture, StudioError> {
    Picture::new(pixels)
        .ok_or_else(|| StudioError::Compose(ComposeError::Drawing("a picture has no pixels".to_owned())))
}
