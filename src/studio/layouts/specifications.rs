//! 09: facts to decide by: the product with its measures and a table.

use serde_json::{Value, json};

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::{
    Dimension,
    report::{Bilingual, Parameter, zh_columns},
};

/// The product at the left of its figures, at their right.
const VARIANTS: [&str; 2] = ["left", "right"];

/// Rows that a table can hold without crowding, for tall and for lower posters.
const ROWS_MAX: [usize; 2] = [8, 6];

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let m = sheet.margin();
    let figures = if sheet.shape == Shape::Wide { Vec::new() } else { desk.figures(3) };
    let figures = if figures.len() >= 2 { figures } else { Vec::new() };
    let rows = rows(desk, ROWS_MAX[usize::from(sheet.shape != Shape::Tall)], &figures);
    let variant = VARIANTS[desk.variant(Dimension::Specifications, 2) as usize];
    let (head, card, table, palette) = match sheet.shape {
        Shape::Tall => {
            (sheet.band(46.0, 156.0), sheet.band(174.0, 484.0), sheet.band(508.0, 908.0), sheet.band(924.0, 966.0))
        }
        Shape::Mid => {
            (sheet.band(42.0, 176.0), sheet.band(192.0, 486.0), sheet.band(508.0, 900.0), sheet.band(916.0, 966.0))
        }
        Shape::Wide => (
            Frame::new(m, sheet.h() * 0.08, sheet.w() * 0.42 - m, sheet.h() * 0.20),
            Frame::new(m, sheet.h() * 0.30, sheet.w() * 0.42 - m, sheet.h() * 0.63),
            Frame::new(sheet.w() * 0.46, sheet.h() * 0.08, sheet.w() * 0.54 - m, sheet.h() * 0.76),
            Frame::new(sheet.w() * 0.46, sheet.h() * 0.86, sheet.w() * 0.54 - m, sheet.h() * 0.07),
        ),
    };
    let half = if figures.is_empty() { 1.0 } else { 0.56 };
    let room = Frame::new(card.x + card.w * half * 0.10, card.y + card.h * 0.06, card.w * half * 0.80, card.h * 0.88);
    let highlights = Frame::new(card.x + card.w * 0.57, card.y + card.h * 0.06, card.w * 0.40, card.h * 0.88);
    let turned = |frame: Frame| {
        let turn = variant == "right" && !figures.is_empty();
        if turn { Frame { x: card.x + card.right() - frame.right(), ..frame } } else { frame }
    };
    let (room, highlights) = (turned(room), turned(highlights));
    let mut windows = Vec::new();
    if !desk.has_cut_out() {
        windows.push(Window {
            name: "photo",
            frame: turned(Frame { w: card.w * half, ..card }),
            source: Source::Photo,
        });
    }
    let swatches: Vec<String> =
        desk.plan.sight.palette.swatches.iter().take(5).map(|swatch| crate::imaging::to_hex(swatch.rgb)).collect();
    let title = Bilingual::new("产品参数", "Specifications");
    Draft {
        template: "specifications",
        slots: vec![("head", head), ("card", card), ("highlights", highlights), ("table", table), ("palette", palette)],
        stand: desk.has_cut_out().then_some(Stand { frame: room, grounded: false, bleeds: false }),
        windows,
        words: json!({
            "title": desk.headline(&title, head, 10.8, 1),
            "name": desk.pair(&report.product.name),
            "rows": rows,
            "figures": figures.iter().map(|figure| desk.figure_data(figure)).collect::<Vec<_>>(),
            "swatches": swatches,
            "spec": desk.spec(),
        }),
        marks: json!({}),
        variant,
    }
}

/// The table: the seller's figures first, then what is known without figures. Nothing is made up:
/// a row without a source does not exist.
fn rows(desk: &Desk<'_>, most: usize, shown: &[&Parameter]) -> Vec<Value> {
    let report = &desk.plan.report;
    let mut rows: Vec<(Bilingual, Bilingual)> = report
        .parameters
        .iter()
        .filter(|parameter| !shown.iter().any(|figure| figure.key == parameter.key))
        .map(|parameter| (parameter.key.clone(), parameter.display()))
        .collect();
    let mut general = vec![(Bilingual::new("品名", "Product"), report.product.name.clone())];
    if let Some(spec) = &report.product.spec
        && !report.parameters.iter().any(|parameter| parameter.display().zh == *spec)
    {
        general.push((Bilingual::new("规格", "Size"), Bilingual::new(spec.clone(), spec.clone())));
    }
    general.push((Bilingual::new("适合", "Made for"), report.audience.clone()));
    if rows.len() < most {
        rows.splice(0..0, general);
    }
    if rows.len() < 4 {
        for point in report.selling_points.iter().take(4 - rows.len()) {
            rows.push((point.title.clone(), point.detail.clone()));
        }
    }
    rows.into_iter()
        .take(most)
        .map(|(key, value)| {
            let same = value.zh == value.en || zh_columns(&value.zh) > 18;
            json!({
                "key": desk.pair(&key),
                "zh": value.zh,
                "en": if same { String::new() } else { value.en },
            })
        })
        .collect()
}
