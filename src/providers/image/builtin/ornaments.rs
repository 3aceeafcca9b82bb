//! What lies on sheets that carry words: light leaks, grids, flecks, one circle.
//!
//! Everything here keeps to the edges and stays faint: words stand in the middle.

use super::{
    canvas::{Canvas, bell, lit, mix, smooth},
    figures::wash,
    ground::Ground,
    look::{Gobo, Ornament},
    noise,
};

/// Draws an ornament; `side` is 0 for the left and 1 for the right of the page.
pub(super) fn draw(canvas: &mut Canvas, g: &Ground, ornament: Ornament, side: f32) {
    let (w, h, u) = (g.width, g.height, g.unit);
    match ornament {
        Ornament::Plain => {}
        Ornament::Washes => {
            wash(canvas, g, [w * side, h * 0.08], 400.0 * u);
            wash(canvas, g, [w * (1.0 - side), h * 0.97], 300.0 * u);
        }
        Ornament::Grid => fine_grid(canvas, g, 0.10),
        Ornament::Neon => {
            fine_grid(canvas, g, 0.07);
            corner_light(canvas, g, [w * side, 0.0], g.accent, 0.26);
            corner_light(canvas, g, [w * (1.0 - side), h], g.glow, 0.30);
            scan_lines(canvas, g);
        }
        Ornament::Film => {
            leak(canvas, g, side);
            worn_edges(canvas, g);
        }
        Ornament::Circle => circle(canvas, g, side),
        Ornament::Leaves => leaves(canvas, g),
        Ornament::Window => window(canvas, g),
    }
}

/// A fine square grid that fades downwards.
fn fine_grid(canvas: &mut Canvas, g: &Ground, strength: f32) {
    let pitch = 60.0 * g.unit;
    let (w, h) = (g.width, g.height);
    let fade = |y: f32| 1.0 - smooth(0.0, 0.62, y / h);
    let lines = |length: f32| (1..).map(move |n| n as f32 * pitch).take_while(move |at| *at < length);
    for at in lines(w) {
        canvas.blend([at - 0.6, 0.0, at + 0.6, h * 0.62], |_, y, _| (g.accent, strength * fade(y)));
    }
    for at in lines(h * 0.62) {
        canvas.blend([0.0, at - 0.6, w, at + 0.6], |_, y, _| (g.accent, strength * fade(y)));
    }
}

/// Coloured light that comes in at a corner.
fn corner_light(canvas: &mut Canvas, g: &Ground, [cx, cy]: [f32; 2], c: [f32; 3], strength: f32) {
    let r = 620.0 * g.unit;
    canvas.blend([cx - r, cy - r, cx + r, cy + r], |x, y, _| {
        let d = ((x - cx).powi(2) + (y - cy).powi(2)).sqrt() / r;
        (c, strength * (1.0 - smooth(0.0, 1.0, d)))
    });
}

/// Every third line a little darker, as on a tube.
fn scan_lines(canvas: &mut Canvas, g: &Ground) {
    let mut y = 0.0;
    while y < g.height {
        canvas.blend([0.0, y, g.width, y + 1.0], |_, _, _| (g.shade, 0.16));
        y += 4.0;
    }
}

/// Light that leaked into the film along one edge.
fn leak(canvas: &mut Canvas, g: &Ground, side: f32) {
    let (w, h, u) = (g.width, g.height, g.unit);
    let edge = w * side;
    let reach = 330.0 * u;
    let middle = h * (0.18 + 0.5 * noise::draw(g.seed, 31));
    canvas.blend([edge - reach, 0.0, edge + reach, h], |x, y, under| {
        let inward = (x - edge).abs() / reach;
        let along = bell((y - middle) / h, 0.34);
        let warm = [250.0, 168.0 + 40.0 * inward, 96.0 + 90.0 * inward];
        // Light adds: it never darkens what it falls on.
        let added = [0, 1, 2].map(|i| 255.0 - (255.0 - under[i]) * (255.0 - warm[i] * 0.42) / 255.0);
        (mix(warm, added, 0.55), 0.52 * along * (1.0 - smooth(0.0, 1.0, inward)))
    });
}

/// The edges of an old print: darker, and not evenly so.
fn worn_edges(canvas: &mut Canvas, g: &Ground) {
    let (w, h, u) = (g.width, g.height, g.unit);
    let depth = 90.0 * u;
    let shade = mix(g.shade, g.accent, 0.25);
    let mut edge = |area: [f32; 4]| {
        canvas.blend(area, |x, y, _| {
            let from_edge = x.min(w - x).min(y).min(h - y);
            if from_edge >= depth {
                return (shade, 0.0);
            }
            let rough = 0.5 + noise::value(x / (70.0 * u), y / (70.0 * u), g.seed ^ 0x77);
            (shade, 0.085 * rough * (1.0 - smooth(0.0, depth, from_edge)))
        });
    };
    edge([0.0, 0.0, w, depth]);
    edge([0.0, h - depth, w, h]);
    edge([0.0, depth, depth, h - depth]);
    edge([w - depth, depth, w, h - depth]);
}

/// One large thin circle.
fn circle(canvas: &mut Canvas, g: &Ground, side: f32) {
    let u = g.unit;
    let r = (360.0 + 130.0 * noise::draw(g.set_seed, 41)) * u;
    let (cx, cy) = (g.width * (0.06 + 0.88 * side), g.height * (0.10 + 0.10 * noise::draw(g.seed, 42)));
    canvas.blend([cx - r - 3.0, cy - r - 3.0, cx + r + 3.0, cy + r + 3.0], |x, y, _| {
        let d = ((x - cx).powi(2) + (y - cy).powi(2)).sqrt();
        let line = 1.0 - smooth(0.7 * u, 1.9 * u, (d - r).abs());
        let body = 0.30 * (1.0 - smooth(r - 1.0, r, d));
        if line > 0.0 { (g.accent, 0.34 * line) } else { (g.tint, body) }
    });
}

/// Leaves that throw their shadow from a corner, on paper with flecks of fibre.
fn leaves(canvas: &mut Canvas, g: &Ground) {
    let (w, h, u) = (g.width, g.height, g.unit);
    canvas.multiply_soft([w - 900.0 * u, 0.0, w, (820.0 * u).min(h)], mix(g.shade, [255.0; 3], 0.45), |x, y| {
        0.17 * (1.0 - g.gobo(Gobo::Leaves, x, y))
    });
    for fleck in 0..150_u32 {
        let at = |n: u32| noise::draw(g.seed, 300 + fleck * 5 + n);
        let (x0, y0, length) = (w * at(0), h * at(1), (5.0 + 15.0 * at(2)) * u);
        let (cos, sin) = ((at(3) * 6.3).cos(), (at(3) * 6.3).sin());
        let c = if fleck % 3 == 0 { lit(g.surface, 1.6) } else { mix(g.shade, g.accent, 0.4) };
        canvas.blend([x0 - length, y0 - length, x0 + length, y0 + length], |x, y, _| {
            let (dx, dy) = (x - x0, y - y0);
            let (along, across) = (dx * cos + dy * sin, (dy * cos - dx * sin).abs());
            (c, 0.20 * (1.0 - smooth(0.5, 1.5, across)) * (1.0 - smooth(length * 0.4, length * 0.5, along.abs())))
        });
    }
}

/// Window light that falls across the upper part of the sheet.
fn window(canvas: &mut Canvas, g: &Ground) {
    let (w, h, u) = (g.width, g.height, g.unit);
    let shift = 260.0 * u * noise::draw(g.seed, 51);
    canvas.screen_soft([0.0, 0.0, w, (1000.0 * u).min(h)], |x, y| {
        0.34 * g.gobo(Gobo::Window, x - shift, y) * (1.0 - smooth(300.0 * u, 1000.0 * u, y))
    });
}
