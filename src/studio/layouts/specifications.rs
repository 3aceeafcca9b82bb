//! 09: facts to decide by: the product with its measures and a table.

use serde_json::{Value, json};

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::report::{Bilingual, Parameter, zh_columns};

/// Rows that a table can hold without crowding, for tall and for lower posters.
const ROWS_MAX: [usize; 2] = [8, 6];

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let m = sheet.margin();
    let figures = if sheet.shape == Shape::Wide { Vec::new() } else { desk.figures(3) };
    let figures = if figures.len() >= 2 { figures } else { Vec::new() };
    let rows = rows(desk, ROWS_MAX[usize::from(sheet.shape != Shape::Tall)], &figures);
    let has_views = desk.has_details(3) && sheet.shape == Shape::Tall && rows.len() <= 7;
    let (head, card, table, palette) = match sheet.shape {
        Shape::Tall => {
            let card_bottom = if has_views { 450.0 } else { 510.0 };
            (
                sheet.band(48.0, 186.0),
                sheet.band(200.0, card_bottom),
                sheet.band(if has_views { 580.0 } else { 532.0 }, 912.0),
                sheet.band(926.0, 968.0),
            )
        }
        Shape::Mid => {
            (sheet.band(44.0, 190.0), sheet.band(206.0, 500.0), sheet.band(520.0, 900.0), sheet.band(918.0, 966.0))
        }
        Shape::Wide => (
            Frame::new(m, sheet.h() * 0.09, sheet.w() * 0.42 - m, sheet.h() * 0.20),
            Frame::new(m, sheet.h() * 0.33, sheet.w() * 0.42 - m, sheet.h() * 0.60),
            Frame::new(sheet.w() * 0.46, sheet.h() * 0.09, sheet.w() * 0.54 - m, sheet.h() * 0.74),
            Frame::new(sheet.w() * 0.46, sheet.h() * 0.86, sheet.w() * 0.54 - m, sheet.h() * 0.07),
        ),
    };
    let half = if figures.is_empty() { 1.0 } else { 0.56 };
    let room = Frame::new(card.x + card.w * half * 0.10, card.y + card.h * 0.06, card.w * half * 0.80, card.h * 0.88);
    let highlights = Frame::new(card.x + card.w * 0.58, card.y + card.h * 0.06, card.w * 0.38, card.h * 0.88);
    let mut windows = Vec::new();
    if !desk.has_cut_out() {
        windows.push(Window { name: "photo", frame: Frame { w: card.w * half, ..card }, source: Source::Photo });
    }
    if has_views {
        let gap = 2.0 * sheet.rem;
        let side = (card.w - 2.0 * gap) / 3.0;
        let height = 0.58 * side;
        for (index, name) in ["view0", "view1", "view2"].into_iter().enumerate() {
            let frame = Frame::new(card.x + index as f32 * (side + gap), card.bottom() + gap, side, height);
            windows.push(Window { name, frame, source: Source::Detail(index) });
        }
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
