//! 06: the parts that do the work: the product runs off the left edge, notes stand at its right.

use serde_json::{Value, json};

use super::{
    super::sheet::{Frame, Shape},
    Desk, Draft, Source, Stand, Window,
};

pub(super) fn draft(desk: &Desk<'_>) -> Draft {
    let sheet = desk.sheet;
    let report = &desk.plan.report;
    let m = sheet.margin();
    let (head, notes, stage) = match sheet.shape {
        Shape::Tall => {
            (sheet.band(56.0, 262.0), sheet.part(530.0, 330.0, 396.0, 560.0), sheet.part(-160.0, 300.0, 640.0, 640.0))
        }
        Shape::Mid => {
            (sheet.band(52.0, 270.0), sheet.part(540.0, 320.0, 394.0, 610.0), sheet.part(-120.0, 300.0, 620.0, 660.0))
        }
        Shape::Wide => (
            Frame::new(sheet.w() * 0.46, sheet.h() * 0.09, sheet.w() * 0.54 - m, sheet.h() * 0.28),
            Frame::new(sheet.w() * 0.46, sheet.h() * 0.42, sheet.w() * 0.54 - m, sheet.h() * 0.50),
            sheet.part(-40.0, 80.0, 460.0, 850.0),
        ),
    };
    let stand = Stand { frame: stage, grounded: false, bleeds: true };
    let point = desk.point_around(3);
    let title = point.map_or_else(|| report.product.title.clone(), |point| point.title.clone());
    let shown = desk.points(3 % report.selling_points.len().max(1) + 1, 3, 9.0);
    let photo = match sheet.shape {
        Shape::Wide => Frame::new(0.0, 0.0, sheet.w() * 0.41, sheet.h()),
        _ => Frame::new(0.0, stage.y, sheet.w() * 0.475, notes.h * 1.06),
    };
    let anchor = if desk.has_cut_out() { desk.placed(stand) } else { photo };
    // One leader a note, at the height of its number, ending on the product.
    let count = shown.len().max(1) as f32;
    let lines: Vec<Value> = (0..shown.len())
        .map(|index| {
            let y = notes.y + notes.h * (index as f32) / count + 3.4 * sheet.rem;
            let from =
                if desk.has_cut_out() { (desk.edges(anchor, y).1 - 22.0).max(24.0) } else { anchor.right() - 30.0 };
            json!({
                "line": Frame::new(from, y, notes.x - from - 20.0, 2.0).style(),
                "dot": Frame::new(from - 9.0, y - 8.0, 18.0, 18.0).style(),
            })
        })
        .collect();
    Draft {
        template: "detail_function",
        slots: vec![("head", head), ("notes", notes)],
        stand: desk.has_cut_out().then_some(stand),
        windows: if desk.has_cut_out() {
            Vec::new()
        } else {
            vec![Window { name: "photo", frame: photo, source: Source::Photo }]
        },
        words: json!({
            "number": "03",
            "kind": "Function",
            "title": desk.headline(&title, head, 10.8, 2),
            "notes": shown,
        }),
        marks: json!({ "lines": lines }),
    }
}
