//! What the words of a prompt mean, in Chinese and in English.
//!
//! A prompt is cut into clauses, a clause into words that are known. What is left over is told to the
//! seller instead of being skipped: half an edit would be paid for like a whole one.

mod brush;
mod clauses;
mod colours;
mod lexicon;

#[cfg(test)]
mod tests;

pub(super) use brush::{Stroke, read_brush};
pub(super) use colours::{accented, mood_palette, on_ground, palette_of, vivid};
pub(super) use lexicon::{Axis, Mood, Subject};

use super::{Development, EditRefusal, Ground, Hex};
use clauses::{Clause, announced, clauses};
use lexicon::{Token, Verb};

/// How the reference picture is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReferenceUse {
    /// In place of the background.
    Background,
    /// As a small picture on the page.
    Inset,
    /// Its colours.
    Palette,
    /// As a logo.
    Logo,
}

/// One thing that a prompt asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Intent {
    /// Other words for a line; in English where that was said.
    Words(Subject, String, Option<bool>),
    /// These words for those.
    Swap(String, String),
    /// A line that was not there.
    Line(String),
    /// A kind of line, or the product, is to go.
    Hide(Subject),
    /// These words are to go.
    HideWords(String),
    /// One language alone: whether English.
    Language(bool),
    /// All colours after this one.
    Colour(Hex),
    /// The colours of the page stronger or calmer: a factor of their chroma.
    Vividness(f32),
    /// Buttons and small lines in this colour.
    Accent(Hex),
    /// The headline in this colour.
    TitleColour(Hex),
    /// The ground in this colour.
    GroundColour(Hex),
    /// A look.
    Mood(Mood),
    /// Another background.
    Ground(Ground),
    /// Another light.
    Develop(Development),
    /// Another light for the background alone.
    Backdrop(Development),
    /// All type larger or smaller: a factor.
    TypeSize(f32),
    /// The headline larger or smaller.
    TitleSize(f32),
    /// The product larger or smaller.
    ProductSize(f32),
    /// The product to the right and downwards, in shares of the page.
    ProductMove(f32, f32),
    /// The product to the middle of the page.
    ProductCentre,
    /// Something of the reference picture.
    Reference(ReferenceUse),
}

/// The usual steps: of light in steps of 100, of sizes and places in shares.
const LIGHT_STEP: f32 = 24.0;
const SIZE_STEP: f32 = 0.16;
const MOVE_STEP: f32 = 0.07;
/// How much stronger a page's colours get with a usual step of saturation.
const VIVID: f32 = 1.7;

/// Everything that a prompt for the whole picture asks for.
///
/// # Errors
/// The part that is not understood, or that nothing here can do.
pub(super) fn read(prompt: &str) -> Result<Vec<Intent>, EditRefusal> {
    let mut intents = Vec::new();
    let mut last = None;
    for clause in clauses(prompt) {
        let found = Reading::of(&clause, last).intents()?;
        last = Reading::of(&clause, last).subjects().last().copied().or(last);
        intents.extend(found);
    }
    if intents.is_empty() { Err(EditRefusal::Unknown(prompt.trim().to_owned())) } else { Ok(intents) }
}

/// One clause, asked for its parts.
struct Reading<'a> {
    clause: &'a Clause,
    /// What the clause before was about.
    last: Option<Subject>,
}

impl<'a> Reading<'a> {
    const fn of(clause: &'a Clause, last: Option<Subject>) -> Self {
        Self { clause, last }
    }

    fn found<T>(&self, pick: impl Fn(&Token) -> Option<T>) -> Vec<T> {
        self.clause.tokens.iter().filter_map(pick).collect()
    }

    fn first<T>(&self, pick: impl Fn(&Token) -> Option<T>) -> Option<T> {
        self.clause.tokens.iter().find_map(pick)
    }

    fn has(&self, token: &Token) -> bool {
        self.clause.tokens.contains(token)
    }

    fn does(&self, verb: Verb) -> bool {
        self.has(&Token::Verb(verb))
    }

    fn subjects(&self) -> Vec<Subject> {
        self.found(|token| match token {
            Token::Subject(subject) => Some(*subject),
            _ => None,
        })
    }

    fn quotes(&self) -> Vec<String> {
        self.found(|token| match token {
            Token::Quote(words) => Some(words.clone()),
            _ => None,
        })
    }

    fn colour(&self) -> Option<Hex> {
        self.first(|token| match token {
            Token::Colour(hex) => Some(*hex),
            _ => None,
        })
    }

    fn mood(&self) -> Option<Mood> {
        self.first(|token| match token {
            Token::Mood(mood) => Some(*mood),
            _ => None,
        })
    }

    fn size(&self) -> Option<i32> {
        self.first(|token| match token {
            Token::Size(sign) => Some(*sign),
            _ => None,
        })
    }

    fn language(&self) -> Option<bool> {
        self.first(|token| match token {
            Token::Language(is_english) => Some(*is_english),
            _ => None,
        })
    }

    /// How much, of a usual step.
    fn amount(&self) -> f32 {
        // "更亮一点" says two amounts and means the smaller.
        self.found(|token| match token {
            Token::Amount(amount) => Some(*amount),
            _ => None,
        })
        .into_iter()
        .reduce(f32::min)
        .unwrap_or(1.0)
    }

    fn share(&self) -> Option<f32> {
        self.first(|token| match token {
            Token::Share(share) => Some(*share),
            _ => None,
        })
    }

    fn times(&self) -> Option<f32> {
        self.first(|token| match token {
            Token::Times(times) => Some(*times),
            _ => None,
        })
    }

    /// A factor of size.
    fn factor(&self, sign: i32) -> f32 {
        let times = self.times();
        let step = self.share().unwrap_or(SIZE_STEP * self.amount());
        let grown = times.unwrap_or(1.0 + step).clamp(0.2, 4.0);
        match (sign, times) {
            (1, _) => grown,
            (_, Some(times)) if times < 1.0 => times,
            _ => 1.0 / grown,
        }
    }

    /// Light of the picture; `flip` turns "not so dark" into brighter.
    fn development(&self, flip: bool) -> Option<Development> {
        let mut made = Development::default();
        let lights = self.found(|token| match token {
            Token::Light(axis, sign) => Some((*axis, *sign)),
            _ => None,
        });
        if lights.is_empty() {
            return None;
        }
        let step = self.share().map_or(LIGHT_STEP * self.amount(), |share| share * 100.0).min(100.0) as i32;
        // "降低 … 亮度", "less contrast": a word that turns the direction round.
        let is_less = ["降低", "减少", "减弱", "less", "lower", "reduce", "decrease"]
            .iter()
            .any(|word| self.clause.text.to_lowercase().contains(word));
        for (axis, sign) in lights {
            let turned = if flip || (is_less && sign > 0) { -1 } else { 1 };
            let value = step * sign * turned;
            let slot = match axis {
                Axis::Brightness => &mut made.brightness,
                Axis::Contrast => &mut made.contrast,
                Axis::Saturation => &mut made.saturation,
                Axis::Sharpness => &mut made.sharpness,
                Axis::Warmth => &mut made.warmth,
            };
            *slot = (*slot + value).clamp(-100, 100);
        }
        Some(made)
    }

    fn unknown(&self) -> EditRefusal {
        EditRefusal::Unknown(self.clause.unknown.clone().unwrap_or_else(|| self.clause.text.clone()))
    }

    fn intents(&self) -> Result<Vec<Intent>, EditRefusal> {
        if self.clause.tokens.is_empty() && self.clause.unknown.is_none() {
            return Ok(Vec::new());
        }
        if self.does(Verb::Keep) {
            // "只保留中文" is a wish, unlike "保留中文".
            let is_only = ["只", "仅", "only"].iter().any(|word| self.clause.text.to_lowercase().contains(word));
            let alone = self.language().filter(|_| is_only && self.subjects().iter().all(|one| *one == Subject::Text));
            return Ok(alone.map(Intent::Language).into_iter().collect());
        }
        if self.does(Verb::Not) {
            return self.negated();
        }
        if let Some(found) = self.unquoted_words() {
            return Ok(vec![found]);
        }
        if let Some(refusal) = self.scene() {
            return Err(refusal);
        }
        let found = self.asked()?;
        if self.clause.unknown.is_some() {
            return Err(self.unknown());
        }
        if found.is_empty() { Err(self.unknown()) } else { Ok(found) }
    }

    /// "不要改标题" is no wish, "不要价格" is one, "不要太暗" is one for light.
    fn negated(&self) -> Result<Vec<Intent>, EditRefusal> {
        let acts = [Verb::Change, Verb::Remove, Verb::Add, Verb::Blur, Verb::Mosaic, Verb::Replace];
        if acts.into_iter().any(|verb| self.does(verb)) || self.size().is_some() {
            return Ok(Vec::new());
        }
        if let Some(light) = self.development(true) {
            return Ok(vec![Intent::Develop(light)]);
        }
        let gone = self.gone();
        if gone.is_empty() || self.clause.unknown.is_some() { Err(self.unknown()) } else { Ok(gone) }
    }

    fn scene(&self) -> Option<EditRefusal> {
        self.first(|token| match token {
            Token::Scene(scene) => Some(EditRefusal::NeedsModel((*scene).to_owned())),
            _ => None,
        })
        .filter(|_| !self.does(Verb::Remove) && self.quotes().is_empty() && !self.has(&Token::Reference))
    }

    /// New words that stand without quotation marks: "标题改为山野咖啡".
    fn unquoted_words(&self) -> Option<Intent> {
        if !self.quotes().is_empty() || self.does(Verb::Remove) {
            return None;
        }
        let (head, tail) = announced(&self.clause.text)?;
        let head = clauses(head);
        let subjects: Vec<Subject> = head.iter().flat_map(|clause| Reading::of(clause, None).subjects()).collect();
        let is_added = head.iter().any(|clause| Reading::of(clause, None).does(Verb::Add));
        let subject = subjects.into_iter().find(|subject| subject.is_words())?;
        // "标题改成红色" and "文字改成英文" say how, not what.
        let tail_read = clauses(tail);
        let is_how = tail_read.iter().all(|clause| {
            clause.unknown.is_none()
                && clause.tokens.iter().all(|token| {
                    !matches!(token, Token::Subject(_) | Token::Verb(_) | Token::Scene(_) | Token::Ground(_))
                })
        });
        let is_long = tail.chars().count() > 60;
        if (is_how && !(is_added && subject != Subject::Text)) || is_long {
            return None;
        }
        let tail = tail.trim_end_matches(['。', '.', '！', '!']).to_owned();
        Some(match subject {
            Subject::Text if is_added => Intent::Line(tail),
            Subject::Text => return None,
            Subject::Price => Intent::Line(tail),
            subject => {
                Intent::Words(subject, tail, head.iter().find_map(|clause| Reading::of(clause, None).language()))
            }
        })
    }

    fn gone(&self) -> Vec<Intent> {
        let quotes = self.quotes();
        if !quotes.is_empty() {
            return quotes.into_iter().map(Intent::HideWords).collect();
        }
        if let Some(is_english) = self.language() {
            return vec![Intent::Language(!is_english)];
        }
        self.subjects()
            .into_iter()
            .filter(|subject| !matches!(subject, Subject::Whole | Subject::Colours))
            .map(
                |subject| {
                    if subject == Subject::Background { Intent::Ground(Ground::Plain) } else { Intent::Hide(subject) }
                },
            )
            .collect()
    }

    fn asked(&self) -> Result<Vec<Intent>, EditRefusal> {
        let (subjects, quotes) = (self.subjects(), self.quotes());
        let about = |subject: Subject| subjects.contains(&subject);
        let wordy = subjects.iter().copied().find(|subject| subject.is_words());
        if self.has(&Token::Reference) || self.has(&Token::Inset) || about(Subject::Logo) {
            return self.reference().map(|found| vec![Intent::Reference(found)]);
        }
        if self.does(Verb::Remove) {
            return Ok(self.gone());
        }
        if self.does(Verb::Mosaic) {
            return Err(EditRefusal::NeedsBrush(self.clause.text.clone()));
        }
        match quotes.as_slice() {
            [] => {}
            [was, is] if self.does(Verb::Change) || self.does(Verb::Replace) => {
                return Ok(vec![Intent::Swap(was.clone(), is.clone())]);
            }
            [words] => return Ok(vec![self.quoted(wordy, words.clone())]),
            _ => return Err(self.unknown()),
        }
        let mut found = Vec::new();
        if let Some(is_english) = self.language() {
            found.push(Intent::Language(is_english));
        }
        self.sized(&subjects, wordy, &mut found);
        self.coloured(&subjects, wordy, &mut found)?;
        if found.is_empty() && wordy.is_some() {
            let is_moved =
                self.has(&Token::Centre) || self.clause.tokens.iter().any(|token| matches!(token, Token::Towards(..)));
            return Err(match self.clause.unknown {
                Some(_) => self.unknown(),
                None if is_moved => EditRefusal::WordsStay(self.clause.text.clone()),
                None => EditRefusal::NoWords,
            });
        }
        Ok(found)
    }

    fn quoted(&self, subject: Option<Subject>, words: String) -> Intent {
        match subject {
            Some(Subject::Price) => Intent::Line(words),
            Some(Subject::Text) | None if self.does(Verb::Add) => Intent::Line(words),
            Some(Subject::Text) | None => Intent::Words(Subject::Title, words, self.language()),
            Some(subject) => Intent::Words(subject, words, self.language()),
        }
    }

    fn reference(&self) -> Result<ReferenceUse, EditRefusal> {
        let subjects = self.subjects();
        let about = |subject: Subject| subjects.contains(&subject);
        if about(Subject::Logo) {
            Ok(ReferenceUse::Logo)
        } else if about(Subject::Background) {
            Ok(ReferenceUse::Background)
        } else if about(Subject::Colours) || self.has(&Token::Palette) {
            Ok(ReferenceUse::Palette)
        } else if self.has(&Token::Inset) || self.does(Verb::Add) {
            Ok(ReferenceUse::Inset)
        } else {
            Err(self.unknown())
        }
    }

    /// Sizes and places.
    fn sized(&self, subjects: &[Subject], wordy: Option<Subject>, found: &mut Vec<Intent>) {
        let is_product = subjects.contains(&Subject::Product) || wordy.is_none();
        let last_words = if subjects.is_empty() { self.last.filter(|subject| subject.is_words()) } else { None };
        // "Half the size" has no word for larger or smaller.
        if let Some(sign) = self.size().or_else(|| self.times().map(|_| 1)) {
            let factor = self.factor(sign);
            found.push(match wordy.or(last_words) {
                Some(Subject::Title) => Intent::TitleSize(factor),
                Some(_) if !subjects.contains(&Subject::Product) => Intent::TypeSize(1.0 + (factor - 1.0) * 0.8),
                _ => Intent::ProductSize(factor),
            });
        }
        if !is_product {
            return;
        }
        let towards = self.found(|token| match token {
            Token::Towards(right, down) => Some((*right, *down)),
            _ => None,
        });
        if !towards.is_empty() {
            let step = self.share().unwrap_or(MOVE_STEP * self.amount());
            let (right, down) = towards.into_iter().fold((0.0, 0.0), |(x, y), (right, down)| (x + right, y + down));
            found.push(Intent::ProductMove(right.clamp(-1.0, 1.0) * step, down.clamp(-1.0, 1.0) * step));
        }
        if self.has(&Token::Centre) {
            found.push(Intent::ProductCentre);
        }
        if self.has(&Token::Air) {
            found.push(Intent::ProductSize(1.0 / (1.0 + SIZE_STEP * self.amount())));
        }
    }

    /// Colours, looks, light and grounds.
    fn coloured(
        &self,
        subjects: &[Subject],
        wordy: Option<Subject>,
        found: &mut Vec<Intent>,
    ) -> Result<(), EditRefusal> {
        let about = |subject: Subject| subjects.contains(&subject);
        let ground = self.first(|token| match token {
            Token::Ground(ground) => Some(*ground),
            _ => None,
        });
        let (colour, mood) = (self.colour(), self.mood());
        if about(Subject::Product)
            && (colour.is_some() || self.development(false).is_some())
            && !about(Subject::Background)
        {
            return Err(EditRefusal::NeedsBrush(self.clause.text.clone()));
        }
        found.extend(ground.map(Intent::Ground));
        match (colour, wordy) {
            (Some(colour), Some(Subject::Title)) => found.push(Intent::TitleColour(colour)),
            (Some(colour), Some(Subject::Button)) => found.push(Intent::Accent(colour)),
            (Some(_), Some(_)) => return Err(EditRefusal::Unknown(self.clause.text.clone())),
            (Some(colour), None) if about(Subject::Background) || ground.is_some() => {
                found.push(Intent::GroundColour(colour));
            }
            (Some(colour), None) => found.push(Intent::Colour(colour)),
            (None, _) => {}
        }
        found.extend(mood.filter(|_| colour.is_none()).map(Intent::Mood));
        if self.does(Verb::Blur) {
            if !about(Subject::Background) {
                return Err(EditRefusal::NeedsBrush(self.clause.text.clone()));
            }
            found.push(Intent::Backdrop(Development {
                sharpness: (-60.0 * self.amount()).max(-100.0) as i32,
                ..Development::default()
            }));
        }
        if let Some(light) = self.development(false) {
            // A page of almost white and grey gets no stronger by developing its photo alone.
            if about(Subject::Colours) && light.saturation != 0 && colour.is_none() && mood.is_none() {
                found.push(Intent::Vividness(VIVID.powf(light.saturation as f32 / LIGHT_STEP)));
            }
            found.push(if about(Subject::Background) { Intent::Backdrop(light) } else { Intent::Develop(light) });
        }
        Ok(())
    }
}
