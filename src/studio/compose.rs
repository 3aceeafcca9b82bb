//! From a draft and a plate to a finished poster.

use std::{collections::HashMap, sync::Arc};

use image::RgbaImage;
use serde_json::{Map, Value, json};

use super::{
    Changes, Language, PaintedPoster, SetPlan, StudioError, contrast,
    edit::{develop, layers, price},
    fit, label,
    layouts::{Draft, Source},
    recipe,
    sheet::{Frame, Sheet},
    sight::Shown,
    theme,
};
use crate::{
    composer::{ComposeError, Composer, Picture, Placed, PlacedKind, Scene, Templates, Unprintable},
    domain::{Dimension, VisualStyle},
    imaging::{self, ShadowStyle, ViewRule, to_hex},
};

/// What a poster is set with.
pub(super) struct Press<'a> {
    pub(super) composer: &'a dyn Composer,
    pub(super) templates: &'a Templates,
    pub(super) plan: &'a SetPlan,
    pub(super) sheet: &'a Sheet,
    pub(super) dimension: Dimension,
    /// Who painted the backdrop, and the vendor's number of that call.
    pub(super) provider: &'a str,
    pub(super) request_id: Option<&'a str>,
    /// How well the backdrop goes with the set, 0–100, where a vendor painted it.
    pub(super) consistency_percent: Option<u8>,
    /// Whether the product is in the backdrop already, painted by a model.
    pub(super) product_painted: bool,
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
    pub(super) placed: Vec<Placed>,
    pub(super) unprintable: Unprintable,
}

impl Press<'_> {
    /// Sets product and type on the plate and encodes the result. Blocks: a fifth of a second on
    /// the processor.
    pub(super) fn print(&self, draft: &Draft, plate: RgbaImage) -> Result<PaintedPoster, StudioError> {
        let plate_quality = self.jpeg_quality;
        let mut plate_jpeg = Vec::new();
        let Set { pixels, placed, unprintable } =
            self.set_after(draft, plate, |plate| plate_jpeg = imaging::encode_jpeg_backdrop(plate, plate_quality))?;
        let recipe = recipe::write(self, draft, &placed, &unprintable);
        Ok(PaintedPoster {
            jpeg: imaging::encode_jpeg(&pixels, self.jpeg_quality),
            width: pixels.width(),
            height: pixels.height(),
            thumbhash: imaging::thumbhash(&pixels),
            recipe,
            plate_jpeg: Some(plate_jpeg),
            provider: self.provider.to_owned(),
            consistency_percent: self.consistency_percent,
        })
    }

    /// Sets product and type on the plate.
    pub(super) fn set(&self, draft: &Draft, plate: RgbaImage) -> Result<Set, StudioError> {
        self.set_after(draft, plate, |_plate| {})
    }

    /// [`Self::set`], with a look at the calmed plate before the page takes its pixels: a copy of them
    /// to look at later would be eight megabytes.
    pub(super) fn set_after(
        &self,
        draft: &Draft,
        mut plate: RgbaImage,
        look: impl FnOnce(&RgbaImage),
    ) -> Result<Set, StudioError> {
        let (pictures, places) = self.pictures(draft)?;
        let mut unprintable = Unprintable::default();
        let words = self.printable(&self.language.words(&draft.words), &mut unprintable);

        let (mut scene, mut placed) = self.fitted(draft, &words, &places, pictures)?;
        self.left_alone(&mut scene, &mut placed, draft)?;
        develop(&mut plate, self.plan.changes.backdrop);
        develop(&mut plate, self.plan.changes.development);
        contrast::calm(&mut plate, &placed, &self.plan.theme);
        look(&plate);
        scene.pictures.insert(Arc::from("plate"), picture(plate)?);
        let pixels = self.composer.render(&scene)?;
        Ok(Set { pixels, placed, unprintable })
    }

    /// Takes away what edits hid and adds what they added.
    fn left_alone(&self, scene: &mut Scene, placed: &mut Vec<Placed>, draft: &Draft) -> Result<(), StudioError> {
        let changes = &self.plan.changes;
        if !changes.hidden.is_empty() {
            scene.html = layers::hidden(std::mem::take(&mut scene.html), &changes.hidden);
            placed.retain(|layer| !is_hidden(changes, layer));
        }
        if let Some(text) = changes.price().filter(|_| self.language != Language::Wordless) {
            let text = self.composer.fonts().printable(text, &mut Unprintable::default());
            let theme = &self.plan.theme;
            let colours = [to_hex(theme.fill), to_hex(theme.on_fill)];
            if let Some(place) = price::place(&text, &self.taken(draft, placed)) {
                scene.html =
                    layers::priced(&scene.html, &mut scene.css, &text, place, colours.each_ref().map(String::as_str));
                *placed = self.composer.measure(scene)?;
                placed.retain(|layer| !is_hidden(changes, layer));
            }
        }
        Ok(())
    }

    /// What stands on the page already.
    pub(super) fn taken(&self, draft: &Draft, placed: &[Placed]) -> price::Taken {
        let product = draft.stand.map(|stand| self.plan.sight.placed(stand));
        price::Taken::of(placed, draft, product, self.sheet)
    }

    /// Where everything of the page stands.
    pub(super) fn measured(&self, draft: &Draft) -> Result<Vec<Placed>, StudioError> {
        let (pictures, places) = self.pictures(draft)?;
        let words = self.printable(&self.language.words(&draft.words), &mut Unprintable::default());
        self.fitted(draft, &words, &places, pictures).map(|(_, placed)| placed)
    }

    /// Cuts and scales every picture to the very pixels it is shown at, so that the composer does
    /// not scale anything.
    #[expect(clippy::type_complexity, reason = "the pictures and their places, for the one caller")]
    fn pictures(&self, draft: &Draft) -> Result<(HashMap<Arc<str>, Picture>, Map<String, Value>), StudioError> {
        let mut pictures = HashMap::new();
        let mut places = Map::new();
        let sight = &self.plan.sight;
        let changes = &self.plan.changes;
        let is_set = !self.product_painted && !changes.hides("product");
        if let (Some(stand), Some(product), true) = (draft.stand, &sight.product, is_set) {
            let frame = snapped(sight.placed(stand));
            let mut scaled = imaging::resize(&product.pixels, frame.w as u32, frame.h as u32);
            develop(&mut scaled, changes.development);
            if stand.grounded {
                for (name, style) in shadows(scaled.width(), self.plan.theme.shade) {
                    let shadow = imaging::contact_shadow(&scaled, &style);
                    let (w, h) = shadow.pixels.dimensions();
                    let (x, y) = (frame.x + shadow.left as f32, frame.y + shadow.top as f32);
                    places.insert(name.to_owned(), Frame::new(x, y, w as f32, h as f32).style().into());
                    pictures.insert(Arc::from(name), picture(shadow.pixels)?);
                }
                if is_glossy(self.plan.style().visual) && changes.ground.is_none() {
                    let mirror = imaging::reflection(&scaled, MIRROR_DEPTH, MIRROR_OPACITY);
                    let (w, h) = mirror.dimensions();
                    places.insert(
                        "mirror".to_owned(),
                        Frame::new(frame.x, frame.bottom(), w as f32, h as f32).style().into(),
                    );
                    pictures.insert(Arc::from("mirror"), picture(mirror)?);
                }
            }
            places.insert("product".to_owned(), frame.style().into());
            pictures.insert(Arc::from("product"), picture(scaled)?);
        }
        let mut taken: Vec<[u32; 4]> = Vec::new();
        for window in draft.windows.iter().filter(|window| !changes.hides(window.name)) {
            let frame = snapped(window.frame);
            let rule = ViewRule {
                width_min: 0.0,
                is_round: window.name == "loupe",
                fades: if window.name == "macro" { draft.fades(self.sheet) } else { [0.0; 2] },
                taken: &taken,
            };
            let Shown { mut pixels, part, is_see_through } =
                sight.shown(window.source, frame, &rule, self.plan.theme.is_dark);
            if matches!(window.source, Source::Detail(_)) {
                taken.push(part);
            }
            if is_see_through && window.name != "macro" {
                laid_on(&mut pixels, self.plan.theme.tint);
            }
            let frame = snapped(sight.filled(frame, part));
            let mut shown = imaging::resize_cover(&pixels, frame.w as u32, frame.h as u32);
            develop(&mut shown, changes.development);
            places.insert(window.name.to_owned(), frame.style().into());
            pictures.insert(Arc::from(window.name), picture(shown)?);
        }
        Ok((pictures, places))
    }

    /// Every word without the characters that no font draws.
    pub(super) fn printable(&self, value: &Value, unprintable: &mut Unprintable) -> Value {
        match value {
            Value::String(text) => self.composer.fonts().printable(text, unprintable).into(),
            Value::Array(items) => items.iter().map(|item| self.printable(item, unprintable)).collect(),
            Value::Object(fields) => {
                let field = |(key, item): (&String, &Value)| (key.clone(), self.printable(item, unprintable));
                fields.iter().map(field).collect::<Map<_, _>>().into()
            }
            other => other.clone(),
        }
    }

    /// Fills the templates and gives way, step by step, until every word stands where it should.
    pub(super) fn fitted(
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
        let product = draft.stand.map(|stand| self.plan.sight.placed(stand));
        let mut last = None;
        for attempt in self.language.attempts() {
            let data = json!({
                "sheet": {
                    "width": self.sheet.width,
                    "height": self.sheet.height,
                    "shape": self.sheet.shape.class(),
                },
                "theme": self.plan.theme.data(),
                "slot": slots,
                "pic": places,
                "t": fit::condensed(words, attempt),
                "marks": draft.marks,
                "variant": draft.variant,
            });
            let rem_px = self.sheet.rem * attempt.scale;
            let (html, css) = self.page(draft.template, &data, rem_px)?;
            let (width, height) = (self.sheet.width, self.sheet.height);
            let scene = Scene { width, height, rem_px, html, css, pictures: pictures.clone() };
            let placed = self.composer.measure(&scene)?;
            let fault = fit::fault(draft, &placed, product, self.sheet);
            if fault.is_none() {
                return Ok((self.marked(scene, &placed, product), placed));
            }
            tracing::debug!(dimension = self.dimension.code(), ?attempt, ?fault, "words do not fit");
            last = Some((scene, placed));
        }
        tracing::warn!(dimension = self.dimension.code(), "words do not fit at any size");
        let (scene, placed) =
            last.ok_or_else(|| StudioError::Compose(ComposeError::Drawing("no type scale was tried".to_owned())))?;
        Ok((self.marked(scene, &placed, product), placed))
    }

    /// The page with the mark of AI-made content, where it needs one: put on last, so that it finds a free place and moves
    /// nothing.
    fn marked(&self, mut scene: Scene, placed: &[Placed], product: Option<Frame>) -> Scene {
        if self.is_marked {
            scene.html = label::onto_page(&scene.html, label::spot(placed, product, self.sheet));
        }
        scene
    }

    /// The filled markup and style sheet, no type of theirs too small to be read.
    fn page(&self, name: &str, data: &Value, rem_px: f32) -> Result<(String, String), StudioError> {
        let mut css = self.templates.fill("base.css", data)? + &self.templates.fill(&format!("{name}.css"), data)?;
        if let Some(colour) = self.plan.changes.title_colour {
            let legible = theme::legible(colour.0, &[self.plan.theme.ground], theme::LARGE_CONTRAST_MIN);
            layers::title_colour(&mut css, &to_hex(legible));
        }
        let html = layers::relabelled(self.templates.fill(&format!("{name}.html"), data)?, self.plan.changes.labels());
        let html = self.language.page(html);
        let html = fit::legible_sizes(&html, rem_px);
        Ok((html, fit::legible_sizes(&css, rem_px)))
    }
}

/// Whether an edit hid what stands here.
fn is_hidden(changes: &Changes, layer: &Placed) -> bool {
    let PlacedKind::Text(words) = &layer.kind else {
        return changes.hidden.iter().any(|hidden| hidden.text.is_none() && layer.classes.contains(&hidden.role));
    };
    let words = layers::squeezed(words);
    changes.hidden.iter().any(|hidden| {
        layer.classes.contains(&hidden.role)
            && hidden.text.as_deref().is_none_or(|text| layers::squeezed(text) == words)
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

/// How much of a product its ground mirrors, from the foot up, and how strongly at the foot. A faint
/// sheen: a whole mirror image would be a second product.
const MIRROR_DEPTH: f32 = 0.16;
const MIRROR_OPACITY: f32 = 0.34;

/// Whether the grounds of a look are polished, so that what stands on them is mirrored.
const fn is_glossy(visual: VisualStyle) -> bool {
    matches!(visual, VisualStyle::Tech | VisualStyle::Cyber)
}

/// The two shadows of a product that stands: a wide one around its foot, a tight one under it.
///
/// Darker than a photo's own would be: on a painted ground nothing else says that the product has
/// weight, and a pale shadow makes it hover.
fn shadows(width: u32, shade: [u8; 3]) -> [(&'static str, ShadowStyle); 2] {
    let deep = shade.map(|v| (f32::from(v) * 0.55) as u8);
    let ambient = ShadowStyle { opacity: 0.58, ..ShadowStyle::ambient(width, shade) };
    let contact = ShadowStyle { opacity: 0.94, sigma: width as f32 * 0.010, ..ShadowStyle::contact(width, deep) };
    [("ambient", ambient), ("shadow", contact)]
}

fn snapped(frame: Frame) -> Frame {
    let (x, y) = (frame.x.round(), frame.y.round());
    Frame::new(x, y, (frame.right().round() - x).max(1.0), (frame.bottom().round() - y).max(1.0))
}

fn picture(pixels: RgbaImage) -> Result<Picture, StudioError> {
    Picture::new(pixels)
        .ok_or_else(|| StudioError::Compose(ComposeError::Drawing("a picture has no pixels".to_owned())))
}
