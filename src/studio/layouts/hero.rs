//! 01: the product on its podium under one big line.

use serde_json::{Value, json};

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};
use crate::domain::Dimension;

/// Headline at the left; headline in the middle; points beside the product instead of under it.
const VARIANTS: [&str; 3] = ["plain", "centred", "beside"];

struct Places {
    bar: Frame,
    head: Frame,
    stage: Frame,
    points: Frame,
    foot: Frame,
}

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let wide = sheet.shape == Shape::Wide;
    let count = match (wide, desk.has_cut_out()) {
        // A photo is as high as a wide page: at the left it would lie under the brand.
        (true, false) => 1,
        (false, true) if report.selling_points.len() > 1 => 3,
        _ => 2,
    };
    let variant = VARIANTS[desk.variant(Dimension::Hero, count) as usize];
    let Places { bar, head, stage, points, foot } = places(desk, variant);
    let mut windows = Vec::new();
    if !desk.has_cut_out() {
        let frame = if wide {
            Frame::new(
                sheet.w() * 0.52,
                sheet.margin(),
                sheet.w() * 0.48 - sheet.margin(),
                sheet.h() - 2.0 * sheet.margin(),
            )
        } else {
            Frame::new(head.x, stage.y, head.w, points.y - stage.y - 0.022 * sheet.h())
        };
        windows.push(Window { name: "photo", frame, source: Source::Photo });
    }
    let ems = match (sheet.shape, variant) {
        (Shape::Wide, _) if sheet.is_squarish() => 13.2,
        (Shape::Wide, _) => 6.4,
        (_, "beside") => 7.2,
        _ => 7.4,
    };
    let shown: Vec<Value> = desk.points(&[0, 1, 2], 3, ems);
    let largest = if sheet.shape == Shape::Tall { 14.2 } else { 12.0 };
    Draft {
        template: "hero",
        slots: vec![("bar", bar), ("head", head), ("points", points), ("foot", foot)],
        stand: desk.has_cut_out().then_some(Stand { frame: stage, grounded: true, bleeds: false }),
        windows,
        words: json!({
            "brand": desk.brand(),
            "tag": desk.spec(),
            "title": desk.headline(&report.product.title, head, largest, 2),
            "slogan": desk.pair(&report.product.slogan),
            "points": shown,
            "name": desk.pair(&report.product.noun),
            "spec": desk.spec(),
        }),
        marks: json!({ "listed": sheet.is_squarish() }),
        variant,
    }
}

fn places(desk: &Desk<'_>, variant: &str) -> Places {
    let sheet = desk.sheet;
    match sheet.shape {
        Shape::Tall | Shape::Mid => {
            let tall = sheet.shape == Shape::Tall;
            let beside = variant == "beside";
            let (stage, points) = match (tall, beside) {
                (true, false) => (sheet.part(130.0, 372.0, 740.0, 350.0), sheet.band(788.0, 912.0)),
                (true, true) => (sheet.part(400.0, 352.0, 540.0, 456.0), sheet.part(74.0, 380.0, 290.0, 440.0)),
                (false, false) => (sheet.part(190.0, 374.0, 620.0, 314.0), sheet.band(764.0, 908.0)),
                (false, true) => (sheet.part(420.0, 352.0, 510.0, 446.0), sheet.part(67.0, 372.0, 310.0, 470.0)),
            };
            Places {
                bar: sheet.band(36.0, 64.0),
                head: if tall { sheet.band(80.0, 336.0) } else { sheet.band(84.0, 340.0) },
                stage,
                points,
                foot: if tall { sheet.band(920.0, 968.0) } else { sheet.band(918.0, 972.0) },
            }
        }
        Shape::Wide => {
            let m = sheet.margin();
            let column = sheet.w() * 0.47 - m;
            // Points below one another need more height than points in a row.
            let [head, points] =
                if sheet.is_squarish() { [0.125..0.495, 0.505..0.83] } else { [0.13..0.56, 0.575..0.825] };
            let band = |along: std::ops::Range<f32>| {
                Frame::new(m, sheet.h() * along.start, column, sheet.h() * (along.end - along.start))
            };
            let left = Places {
                bar: Frame::new(m, m, column, sheet.h() * 0.05),
                head: band(head),
                stage: sheet.part(530.0, 90.0, 400.0, 730.0),
                points: band(points),
                foot: Frame::new(m, sheet.h() * 0.845, column, sheet.h() * 0.095),
            };
            if variant != "centred" {
                return left;
            }
            // The words change sides with the product; the brand keeps its place on all posters.
            Places {
                bar: left.bar,
                head: Frame { y: sheet.h() * 0.09, ..desk.mirrored(left.head) },
                stage: desk.mirrored(sheet.part(530.0, 190.0, 400.0, 640.0)),
                points: desk.mirrored(left.points),
                foot: desk.mirrored(left.foot),
            }
        }
    }
}
