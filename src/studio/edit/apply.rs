//! What a prompt asks for, written into the changes of a composed poster.

use serde_json::Value;

use super::{
    Changes, Development, EditRefusal, Ground, Hex, HiddenLayer, LanguageChange, PaletteChange, Placing,
    again::keeps_plate,
    changes::PRICE,
    copy::{CopyLine, CopyRole},
    layers::squeezed,
    vocabulary::{self, Intent, Mood, ReferenceUse, Subject},
};
use crate::{
    domain::{Locale, report::is_hanzi},
    imaging::{self, Oklab, Oklch, Photo},
    studio::{Recipe, SetPlan, Studio, StudioError, fit, language::Language, sheet::Frame, workshop::Page},
};

/// Sizes of type stay within these hundredths.
const TYPE_PERCENT: (f32, f32) = (60.0, 160.0);
/// How much of a product's change is tried, until nothing is in its way.
const TRIES: [f32; 7] = [1.0, 0.85, 0.7, 0.55, 0.4, 0.28, 0.16];
/// How close a product comes to the edge of the page, as a share of its short side.
const EDGE: f32 = 0.025;

/// A poster's changes after an edit, and the pictures that it brought.
pub(super) struct Applied {
    pub(super) changes: Changes,
    /// The reference picture in place of the background.
    pub(super) is_reference_ground: bool,
    /// The reference picture on the page: as a logo or as a small picture.
    pub(super) inset: Option<ReferenceUse>,
}

/// Where intents are applied.
pub(super) struct Bench<'a> {
    pub(super) studio: &'a Studio,
    pub(super) plan: &'a SetPlan,
    pub(super) recipe: &'a Recipe,
    pub(super) json: &'a Value,
    pub(super) reference: Option<&'a Photo>,
}

impl Bench<'_> {
    /// Writes all intents into the recipe's changes.
    pub(super) fn apply(&self, intents: &[Intent]) -> Result<Applied, StudioError> {
        let mut applied = Applied { changes: self.recipe.changes.clone(), is_reference_ground: false, inset: None };
        let lines = Studio::copy_of(self.json);
        let mut wanted = self.recipe.changes.product.unwrap_or_default();
        let mut is_moved = false;
        for intent in intents {
            let changes = &mut applied.changes;
            match intent {
                Intent::Words(subject, text, is_english) => {
                    Self::say(changes, &lines, *subject, text, *is_english)?;
                }
                Intent::Line(text) => {
                    changes.words.insert(PRICE.to_owned(), within(text, CopyRole::Price)?);
                }
                Intent::Swap(was, is) => swap(changes, &lines, was, is)?,
                Intent::Hide(subject) => self.hide(changes, &lines, *subject)?,
                Intent::HideWords(words) => self.hide_words(changes, words)?,
                Intent::Language(is_english) => {
                    changes.language = Some(if *is_english { LanguageChange::En } else { LanguageChange::Zh });
                }
                Intent::TypeSize(factor) => changes.type_percent = sized(changes.type_percent, *factor),
                Intent::TitleSize(factor) => changes.title_percent = sized(changes.title_percent, *factor),
                Intent::ProductSize(factor) => {
                    wanted.scale = (wanted.scale * factor).clamp(0.3, 2.5);
                    is_moved = true;
                }
                Intent::ProductMove(right, down) => {
                    wanted.right += right;
                    wanted.down += down;
                    is_moved = true;
                }
                Intent::ProductCentre => {
                    wanted.right = self.to_centre(wanted.scale)?;
                    is_moved = true;
                }
                Intent::Reference(used) => self.refer(&mut applied, *used)?,
                colour => self.colour(changes, colour)?,
            }
        }
        let asks_for_colours = intents.iter().any(|intent| {
            matches!(
                intent,
                Intent::Colour(_)
                    | Intent::GroundColour(_)
                    | Intent::Mood(_)
                    | Intent::Accent(_)
                    | Intent::Vividness(_)
            )
        });
        // Surfaces with a colour of their own bring the colours of the page: words stand on them.
        if let (Some(ground), false) = (new_ground(intents), asks_for_colours) {
            let is_dark = self.theme_now(&applied.changes)?.is_dark;
            applied.changes.palette = match ground {
                Ground::Festive => Some(vocabulary::mood_palette(Mood::Festive, false)),
                Ground::Wood if is_dark => {
                    Some(PaletteChange { ground: Hex([56, 40, 29]), accent: Hex([232, 184, 122]) })
                }
                Ground::Wood => Some(PaletteChange { ground: Hex([228, 205, 174]), accent: Hex([112, 58, 26]) }),
                _ => applied.changes.palette,
            };
        }
        if is_moved {
            applied.changes.product = Some(self.placed(&applied.changes, wanted)?);
        }
        Ok(applied)
    }

    fn theme_now(&self, changes: &Changes) -> Result<crate::studio::theme::Theme, StudioError> {
        Ok(self.plan.of_poster(self.recipe, changes)?.theme)
    }

    fn colour(&self, changes: &mut Changes, intent: &Intent) -> Result<(), StudioError> {
        let theme = self.theme_now(changes)?;
        match intent {
            Intent::Colour(colour) => changes.palette = Some(vocabulary::palette_of(*colour)),
            Intent::Mood(mood) => {
                changes.palette = Some(vocabulary::mood_palette(*mood, theme.is_dark && *mood != Mood::Light));
            }
            Intent::GroundColour(colour) => {
                changes.palette = Some(vocabulary::on_ground(*colour, theme.accent));
                if keeps_plate(self.recipe, changes) {
                    // A painted scene does not become another colour by being told so.
                    changes.ground = Some(self.ground(Ground::Gradient)?);
                }
            }
            Intent::Vividness(factor) => {
                changes.palette = Some(vocabulary::vivid(theme.ground, theme.accent, *factor));
            }
            Intent::Accent(colour) => changes.palette = Some(vocabulary::accented(theme.ground, *colour)),
            Intent::TitleColour(colour) => changes.title_colour = Some(*colour),
            Intent::Ground(ground) => changes.ground = Some(self.ground(*ground)?),
            Intent::Develop(more) => {
                changes.development =
                    Some(changes.development.unwrap_or_default().and(*more)).filter(|all| !all.is_plain());
            }
            Intent::Backdrop(more) => {
                changes.backdrop =
                    Some(changes.backdrop.unwrap_or_default().and(*more)).filter(|all: &Development| !all.is_plain());
            }
            _ => {}
        }
        Ok(())
    }

    /// Another background, where the product is no part of the one that goes.
    fn ground(&self, ground: Ground) -> Result<Ground, StudioError> {
        if self.recipe.product_painted {
            let what = Locale::Zh.pick("背景", "background").to_owned();
            return Err(StudioError::UnsupportedEdit(EditRefusal::NotComposed(what)));
        }
        Ok(ground)
    }

    /// New words in the line that is meant.
    fn say(
        changes: &mut Changes,
        lines: &[CopyLine],
        subject: Subject,
        text: &str,
        is_english: Option<bool>,
    ) -> Result<(), StudioError> {
        let roles: &[CopyRole] = match subject {
            // A story's headline is the slogan.
            Subject::Title => &[CopyRole::Title, CopyRole::Slogan],
            Subject::Slogan => &[CopyRole::Slogan, CopyRole::Detail],
            Subject::Brand => &[CopyRole::Brand],
            Subject::Name => &[CopyRole::Name],
            Subject::Spec => &[CopyRole::Spec],
            Subject::Button => &[CopyRole::Label],
            Subject::Points => &[CopyRole::Point],
            Subject::Detail => &[CopyRole::Detail],
            Subject::Story => &[CopyRole::Story, CopyRole::Detail],
            Subject::Steps => &[CopyRole::Step],
            Subject::Cautions => &[CopyRole::Caution],
            Subject::Scenes => &[CopyRole::Scene],
            Subject::Table => &[CopyRole::Figure],
            _ => &[CopyRole::Title],
        };
        let is_latin = !text.contains(is_hanzi) && text.contains(|c: char| c.is_ascii_alphabetic());
        // The headline people see is the large one, whatever language they put there.
        let in_english = is_english.unwrap_or(is_latin && subject != Subject::Title && subject != Subject::Button);
        let wanted = if in_english { Locale::En } else { Locale::Zh };
        let of_role = |language: Option<Locale>| {
            roles.iter().find_map(|role| {
                lines
                    .iter()
                    .find(|line| line.role == *role && language.is_none_or(|language| line.language == language))
            })
        };
        let line = of_role(Some(wanted)).or_else(|| of_role(None)).ok_or_else(|| missing(subject))?;
        let text = within(text, line.role)?;
        changes.words.insert(line.id.clone(), text);
        changes.hidden.retain(|layer| !roles_of(subject).contains(&layer.role.as_str()));
        Ok(())
    }

    fn hide(&self, changes: &mut Changes, lines: &[CopyLine], subject: Subject) -> Result<(), StudioError> {
        match subject {
            Subject::Price => {
                changes.words.remove(PRICE).ok_or_else(|| missing(subject))?;
            }
            Subject::Text => changes.language = Some(LanguageChange::None),
            Subject::Slogan => {
                let slogans = lines.iter().filter(|line| line.role == CopyRole::Slogan);
                let mut is_found = false;
                for line in slogans {
                    is_found |= self.hide_words(changes, &line.text).is_ok();
                }
                if !is_found {
                    return Err(missing(subject));
                }
            }
            subject => {
                let page = Page::new(&self.plan.of_poster(self.recipe, changes)?, self.recipe.dimension);
                let press = self.studio.press(&page, self.recipe, changes.language(Language::Both));
                let placed = press.measured(&page.draft)?;
                let stands = |role: &&&str| placed.iter().any(|layer| layer.within(role));
                let found: Vec<&&str> = roles_of(subject).iter().filter(stands).collect();
                if found.is_empty() {
                    return Err(missing(subject));
                }
                let layer = |role: &&str| HiddenLayer { role: (*role).to_owned(), text: None };
                changes.hidden.extend(found.into_iter().map(layer));
            }
        }
        Ok(())
    }

    /// Hides the layer that shows these words.
    fn hide_words(&self, changes: &mut Changes, words: &str) -> Result<(), StudioError> {
        let wanted = squeezed(words);
        if changes.price().is_some_and(|price| squeezed(price) == wanted) {
            changes.words.remove(PRICE);
            return Ok(());
        }
        let layers = self.json["layers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<(&str, &str)> =
            layers.iter().filter_map(|layer| Some((layer["role"].as_str()?, layer["text"].as_str()?))).collect();
        let exact = texts.iter().find(|(_, text)| squeezed(text) == wanted);
        let holding = || texts.iter().find(|(_, text)| squeezed(text).contains(&wanted));
        let (role, text) = exact
            .or_else(holding)
            .ok_or_else(|| StudioError::UnsupportedEdit(EditRefusal::NoSuchLayer(words.to_owned())))?;
        changes.hidden.insert(HiddenLayer { role: (*role).to_owned(), text: Some((*text).to_owned()) });
        Ok(())
    }

    fn refer(&self, applied: &mut Applied, used: ReferenceUse) -> Result<(), StudioError> {
        let reference = self.reference.ok_or(StudioError::UnsupportedEdit(EditRefusal::NoReference))?;
        match used {
            ReferenceUse::Background => {
                applied.changes.ground = Some(self.ground(Ground::Stored)?);
                applied.is_reference_ground = true;
                applied.changes.palette = Some(palette_for(reference, &self.theme_now(&applied.changes)?));
            }
            ReferenceUse::Palette => {
                let palette = imaging::product_palette(&reference.pixels);
                applied.changes.palette = Some(vocabulary::palette_of(Hex(palette.seed)));
            }
            ReferenceUse::Inset | ReferenceUse::Logo => applied.inset = Some(used),
        }
        Ok(())
    }

    /// How far the product of a size has to go to stand in the middle.
    fn to_centre(&self, scale: f32) -> Result<f32, StudioError> {
        let mut changes = self.recipe.changes.clone();
        changes.product = Some(Placing { scale, ..Placing::default() });
        let page = Page::new(&self.plan.of_poster(self.recipe, &changes)?, self.recipe.dimension);
        let frame = product_of(&page)?;
        Ok((page.sheet.w() * 0.5 - (frame.x + frame.w * 0.5)) / page.sheet.w())
    }

    /// The wanted place, or as much of the way there as words and edges allow.
    fn placed(&self, changes: &Changes, wanted: Placing) -> Result<Placing, StudioError> {
        let before = self.recipe.changes.product.unwrap_or_default();
        let page_with = |placing: Placing| {
            let changes = Changes { product: Some(placing), ..changes.clone() };
            Ok::<_, StudioError>(Page::new(&self.plan.of_poster(self.recipe, &changes)?, self.recipe.dimension))
        };
        let page = page_with(before)?;
        let own = product_of(&page)?;
        let press = self.studio.press(&page, self.recipe, changes.language(Language::Both));
        let placed = press.measured(&page.draft)?;
        let is_faulty = |frame| fit::fault(&page.draft, &placed, Some(frame), &page.sheet).is_some();
        let was_faulty = is_faulty(own);
        let cards: Vec<Frame> = page
            .draft
            .slots
            .iter()
            .filter(|(name, frame)| *name == "card" && contains(*frame, own))
            .map(|(_, frame)| *frame)
            .collect();
        for share in TRIES {
            let part = |from: f32, to: f32| from + (to - from) * share;
            let tried = Placing {
                scale: part(before.scale, wanted.scale),
                right: part(before.right, wanted.right),
                down: part(before.down, wanted.down),
            };
            let moved = page_with(tried)?;
            let frame = product_of(&moved)?;
            let edge = EDGE * page.sheet.w().min(page.sheet.h());
            let inside = Frame::new(edge, edge, page.sheet.w() - 2.0 * edge, page.sheet.h() - 2.0 * edge);
            // What ran over the edge before may do so still.
            let is_out = !contains(inside, frame) && contains(inside, own);
            let is_gone = frame.right() < 0.3 * frame.w || frame.x > page.sheet.w() - 0.3 * frame.w;
            let hits_window =
                page.draft.windows.iter().any(|window| overlaps(window.frame, frame) && !overlaps(window.frame, own));
            let leaves_card = cards.iter().any(|card| !contains(*card, frame));
            let is_same = (frame.x - own.x).abs().max((frame.y - own.y).abs()).max((frame.w - own.w).abs()) < 3.0;
            if !(is_out || is_gone || hits_window || leaves_card || is_same || (is_faulty(frame) && !was_faulty)) {
                return Ok(tried);
            }
        }
        Err(StudioError::UnsupportedEdit(EditRefusal::NoRoom))
    }
}

/// The background that a prompt asks for.
fn new_ground(intents: &[Intent]) -> Option<Ground> {
    intents.iter().rev().find_map(|intent| match intent {
        Intent::Ground(ground) => Some(*ground),
        _ => None,
    })
}

fn product_of(page: &Page) -> Result<Frame, StudioError> {
    let stand = page.draft.stand.filter(|_| page.plan.sight.product.is_some());
    stand.map(|stand| page.plan.sight.placed(stand)).ok_or_else(|| missing(Subject::Product))
}

fn contains(outer: Frame, inner: Frame) -> bool {
    inner.x >= outer.x - 2.0
        && inner.y >= outer.y - 2.0
        && inner.right() <= outer.right() + 2.0
        && inner.bottom() <= outer.bottom() + 2.0
}

fn overlaps(a: Frame, b: Frame) -> bool {
    a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}

fn sized(before: Option<u32>, factor: f32) -> Option<u32> {
    let percent = (before.unwrap_or(100) as f32 * factor).clamp(TYPE_PERCENT.0, TYPE_PERCENT.1).round();
    Some(percent as u32).filter(|percent| *percent != 100)
}

/// These words for those, wherever a line has them.
fn swap(changes: &mut Changes, lines: &[CopyLine], was: &str, is: &str) -> Result<(), StudioError> {
    let mut is_found = false;
    for line in lines.iter().filter(|line| line.text.contains(was)) {
        is_found = true;
        changes.words.insert(line.id.clone(), within(&line.text.replace(was, is), line.role)?);
    }
    if is_found { Ok(()) } else { Err(StudioError::UnsupportedEdit(EditRefusal::NoSuchLayer(was.to_owned()))) }
}

/// The classes of the elements that a subject consists of.
const fn roles_of(subject: Subject) -> &'static [&'static str] {
    match subject {
        Subject::Title => &["h1", "column", "aside", "eyebrow", "en-title"],
        Subject::Brand => &["brand", "sign-zh", "sign-en", "sign-brand"],
        Subject::Name => &["name", "name-zh", "name-en", "offer", "sign-name"],
        Subject::Spec => &["tag"],
        Subject::Button => &["cta"],
        Subject::Points => &["points", "reason", "notes", "list"],
        Subject::Detail => &["lead-pair", "note-detail", "story-line", "story-line-en"],
        Subject::Story => &["story-zh", "story-en", "story-line", "story-line-en"],
        Subject::Table => &["table"],
        Subject::Steps => &["steps"],
        Subject::Cautions => &["notice"],
        Subject::Scenes => &["strip"],
        Subject::Product => &["product", "shadow", "ambient", "mirror"],
        Subject::Shadow => &["shadow"],
        _ => &[],
    }
}

/// The words, if the line takes so many.
fn within(text: &str, role: CopyRole) -> Result<String, StudioError> {
    let text = text.trim();
    let chars_max = role.chars_max_of(text);
    if text.chars().count() > chars_max {
        return Err(StudioError::UnsupportedEdit(EditRefusal::TooLong { chars_max }));
    }
    Ok(text.to_owned())
}

fn missing(subject: Subject) -> StudioError {
    let (zh, en) = match subject {
        Subject::Title => ("标题", "title"),
        Subject::Slogan => ("标语", "slogan"),
        Subject::Brand => ("品牌", "brand"),
        Subject::Name => ("品名", "name"),
        Subject::Spec => ("规格", "size"),
        Subject::Price => ("价格", "price"),
        Subject::Button => ("按钮", "button"),
        Subject::Points => ("卖点", "selling points"),
        Subject::Story => ("故事", "story"),
        Subject::Table => ("参数表", "table"),
        Subject::Steps => ("步骤", "steps"),
        Subject::Cautions => ("提示", "cautions"),
        Subject::Scenes => ("场景", "scenes"),
        Subject::Product => ("抠出的产品", "cut-out product"),
        Subject::Logo => ("标志", "logo"),
        Subject::Shadow => ("阴影", "shadow"),
        _ => ("文字", "words"),
    };
    StudioError::UnsupportedEdit(EditRefusal::NoSuchLayer(format!("{zh} {en}")))
}

/// Words that can be read on a photo: light ones on a dark photo, dark ones on a light one.
fn palette_for(reference: &Photo, theme: &crate::studio::theme::Theme) -> PaletteChange {
    let small = imaging::resize_to_fit(&reference.pixels, 96);
    let labs: Vec<Oklab> = small.pixels().map(|pixel| Oklab::from_rgb([pixel[0], pixel[1], pixel[2]])).collect();
    let mean = |pick: fn(&Oklab) -> f32| labs.iter().map(pick).sum::<f32>() / labs.len().max(1) as f32;
    let own = Oklch::from_rgb(Oklab { l: mean(|lab| lab.l), a: mean(|lab| lab.a), b: mean(|lab| lab.b) }.to_rgb());
    let is_dark = own.l < 0.62;
    let ground = Oklch { l: if is_dark { own.l.min(0.22) } else { own.l.max(0.93) }, c: own.c.min(0.05), h: own.h };
    PaletteChange { ground: Hex(ground.to_rgb()), accent: Hex(theme.accent) }
}
