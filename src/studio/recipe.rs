//! The recipe beside every poster: how it was made, and what stands where on it.

use serde_json::{Value, json};

use super::{compose::Press, layouts::Draft};
use crate::composer::{Placed, PlacedKind};

/// The version of the recipe's form.
const RECIPE_VERSION: u32 = 1;

/// Classes of elements that are surfaces of their own.
const SHAPES: [&str; 4] = ["card", "cta", "filled", "seal"];

/// Writes down how a poster was made.
pub(super) fn write(press: &Press<'_>, draft: &Draft, placed: &[Placed], provider_request_id: Option<&str>) -> Value {
    let plan = press.plan;
    json!({
        "version": RECIPE_VERSION,
        "dimension": press.dimension.code(),
        "template": draft.template,
        "format": plan.format.code(),
        "width": press.sheet.width,
        "height": press.sheet.height,
        "seed": plan.seed,
        "style": plan.style,
        "provider": { "name": press.provider, "requestId": provider_request_id },
        "report": plan.report,
        "words": draft.words,
        "layers": placed.iter().filter_map(layer).collect::<Vec<_>>(),
    })
}

/// One placed box as a layer; plain layout boxes are none.
fn layer(placed: &Placed) -> Option<Value> {
    let place = [placed.x, placed.y, placed.width, placed.height].map(f32::round).map(|v| v as i32);
    Some(match &placed.kind {
        PlacedKind::Text(text) => json!({ "kind": "text", "box": place, "text": text, "role": placed.classes.first() }),
        PlacedKind::Picture(name) => {
            let kind = match name.as_str() {
                "plate" => "plate",
                "product" => "product",
                "shadow" | "ambient" => "shape",
                _ => "crop",
            };
            json!({ "kind": kind, "box": place, "name": name })
        }
        PlacedKind::Shape => {
            let own = placed.classes.iter().take_while(|class| *class != "slot");
            let role = own.clone().find(|class| SHAPES.contains(&class.as_str()))?;
            json!({ "kind": "shape", "box": place, "role": role })
        }
    })
}
