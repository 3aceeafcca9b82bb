//! What a brush is to do with what it covers.

use serde::{Deserialize, Serialize};

use super::{
    EditRefusal, Hex, Reading,
    clauses::clauses,
    lexicon::{Token, Verb},
};
use crate::studio::edit::Development;

/// One thing that a brush does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::studio::edit) enum Stroke {
    /// What is there is to go.
    Remove,
    /// Another colour, the texture stays.
    Recolour(Hex),
    /// Out of focus: how strongly, 1 is usual.
    Blur(f32),
    /// Made of squares.
    Mosaic,
    /// Another light.
    Develop(Development),
    /// The product of the reference picture in its place.
    Replace,
}

/// Everything that a prompt asks a brush for.
///
/// # Errors
/// The part that is not understood, or that brushes do not do.
pub(in crate::studio::edit) fn read_brush(prompt: &str, has_reference: bool) -> Result<Vec<Stroke>, EditRefusal> {
    let mut strokes = Vec::new();
    for clause in clauses(prompt) {
        let reading = Reading::of(&clause, None);
        if (clause.tokens.is_empty() && clause.unknown.is_none()) || reading.does(Verb::Keep) {
            continue;
        }
        let acts = [Verb::Change, Verb::Remove, Verb::Blur, Verb::Mosaic, Verb::Replace];
        if reading.does(Verb::Not) && acts.into_iter().any(|verb| reading.does(verb)) {
            continue;
        }
        strokes.push(stroke(&reading, has_reference)?);
    }
    if strokes.is_empty() { Err(EditRefusal::Unknown(prompt.trim().to_owned())) } else { Ok(strokes) }
}

fn stroke(reading: &Reading<'_>, has_reference: bool) -> Result<Stroke, EditRefusal> {
    let refused = || EditRefusal::NotForBrushes(reading.clause.text.clone());
    // What is removed may have any name: the brush says where it is.
    if reading.does(Verb::Remove) || reading.does(Verb::Not) {
        return Ok(Stroke::Remove);
    }
    let names_reference = reading.has(&Token::Reference);
    if names_reference || (reading.does(Verb::Replace) && has_reference && reading.colour().is_none()) {
        return match (has_reference, reading.clause.unknown.is_none()) {
            (false, _) => Err(EditRefusal::NoReference),
            (true, true) => Ok(Stroke::Replace),
            (true, false) => Err(reading.unknown()),
        };
    }
    if reading.clause.unknown.is_some() || !reading.quotes().is_empty() {
        return Err(reading.unknown());
    }
    if reading.does(Verb::Mosaic) {
        return Ok(Stroke::Mosaic);
    }
    if reading.does(Verb::Blur) {
        return Ok(Stroke::Blur(reading.amount()));
    }
    if let Some(colour) = reading.colour() {
        return Ok(Stroke::Recolour(colour));
    }
    match reading.mood() {
        Some(super::Mood::Warm) => return Ok(Stroke::Develop(Development { warmth: 35, ..Development::default() })),
        Some(super::Mood::Cool) => return Ok(Stroke::Develop(Development { warmth: -35, ..Development::default() })),
        _ => {}
    }
    reading.development(false).map(Stroke::Develop).ok_or_else(refused)
}
