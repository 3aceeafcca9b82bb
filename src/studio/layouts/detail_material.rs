//! 05: what it is made of: a mosaic of close views around one coloured tile of words.

use serde_json::{Value, json};

use super::{
    super::{
        sheet::{Frame, Shape},
        typeset,
    },
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::Dimension;

/// The coloured tile at the right, at the left.
const VARIANTS: [&str; 2] = ["right", "left"];

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let m = sheet.margin();
    let gap = 2.0 * sheet.rem;
    let (head, mosaic, foot) = match sheet.shape {
        Shape::Tall => (sheet.band(48.0, 232.0), sheet.band(252.0, 790.0), sheet.band(820.0, 962.0)),
        Shape::Mid => (sheet.band(44.0, 240.0), sheet.band(256.0, 788.0), sheet.band(812.0, 964.0)),
        Shape::Wide => {
            let column = sheet.w() * 0.42 - m;
            (
                Frame::new(m, sheet.h() * 0.09, column, sheet.h() * 0.40),
                Frame::new(sheet.w() * 0.45, m, sheet.w() * 0.55 - m, sheet.h() - 2.0 * m),
                Frame::new(m, sheet.h() * 0.60, column, sheet.h() * 0.34),
            )
        }
    };
    let variant = VARIANTS[desk.variant(Dimension::DetailMaterial, 2) as usize];
    // Two columns of unequal width, two rows of unequal height: never a plain grid.
    let (wide, tall) = ((mosaic.w - gap) * 0.58, (mosaic.h - gap) * 0.54);
    let (thin, low) = (mosaic.w - gap - wide, mosaic.h - gap - tall);
    let tiles = [
        Frame::new(mosaic.x, mosaic.y, wide, tall),
        Frame::new(mosaic.x + wide + gap, mosaic.y, thin, low),
        Frame::new(mosaic.x, mosaic.y + tall + gap, wide, low),
        Frame::new(mosaic.x + wide + gap, mosaic.y + low + gap, thin, tall),
    ]
    .map(|tile| if variant == "left" { Frame { x: mosaic.x + mosaic.right() - tile.right(), ..tile } } else { tile });
    let point = desk.point_around(2);
    let title = point.map_or_else(|| report.product.title.clone(), |point| point.title.clone());
    let details = desk.plan.sight.details.len();
    let mut windows = Vec::new();
    let mut slots = vec![("head", head), ("foot", foot), ("tile", tiles[1])];
    let mut stand = None;
    if details >= 3 {
        for (name, tile, index) in [("view0", 0, 0), ("view1", 2, 1), ("view2", 3, 2)] {
            windows.push(Window { name, frame: tiles[tile], source: desk.detail(2, index) });
        }
    } else if desk.has_cut_out() {
        // Too small a photo for three close views: the whole product in one tall tile.
        let room = Frame { h: mosaic.h, ..tiles[0] };
        stand = Some(Stand { frame: room.scaled(0.84, false), grounded: false, bleeds: false });
        slots.push(("room", room));
    } else {
        windows.push(Window { name: "view0", frame: Frame { h: mosaic.h, ..tiles[0] }, source: Source::Photo });
    }
    // The tile's one line is as large as its width allows.
    let tile_lines = typeset::wrapped(&report.product.slogan.zh, "", 5.6);
    let longest = tile_lines.iter().map(|line| typeset::ems(line, 0.02)).fold(3.2, f32::max);
    let tile_size = ((tiles[1].w / sheet.rem - 6.6) / longest).min(6.0);
    let has_third = details >= 3;
    if !has_third {
        slots.push(("lower", tiles[3]));
    }
    let facts: Vec<Value> = desk
        .figures(if sheet.is_squarish() { 2 } else { 3 })
        .into_iter()
        .map(|figure| desk.figure_data(figure))
        .collect();
    Draft {
        template: "detail_material",
        slots,
        stand,
        windows,
        words: json!({
            "number": "02",
            "kind": "Material",
            "title": desk.headline(&title, head, 10.4, 2),
            "lead": point.map(|point| desk.pair(&point.detail)),
            "icon": point.map_or("layers", |point| point.icon.code()),
            "tile": desk.pair(&report.product.slogan),
            "tile_lines": tile_lines,
            "tile_size": format!("{tile_size:.2}rem"),
            "facts": facts,
            "second": desk.point_around(3).map(|point| desk.pair(&point.detail)),
        }),
        marks: json!({
            "lower": if has_third { Value::Null } else { tiles[3].style().into() },
            "room": if stand.is_some() { Frame { h: mosaic.h, ..tiles[0] }.style().into() } else { Value::Null },
        }),
        variant,
    }
}
