//! The figures behind a product: niches, discs, dials, lights and washes.

use super::{
    canvas::{Canvas, bell, lit, mix, smooth},
    ground::Ground,
    look::{Backdrop, Look},
    noise,
};

/// Draws the figure behind the product that the set's seed chose.
///
/// No edge of it rises over `ceiling`, where the words end.
pub(super) fn backdrop(
    canvas: &mut Canvas,
    g: &Ground,
    look: &Look,
    [x0, y0, x1, y1]: [f32; 4],
    (ceiling, horizon): (f32, f32),
) {
    let u = g.unit;
    let (cx, cy) = (f32::midpoint(x0, x1), f32::midpoint(y0, y1));
    match g.choice(look.backdrops, 1).unwrap_or(Backdrop::None) {
        Backdrop::None => {}
        Backdrop::Arch => {
            let half = ((x1 - x0) * 0.5 + 110.0 * u).clamp(280.0 * u, 400.0 * u);
            let crown = (y0 - 70.0 * u).max(24.0 * u).max(ceiling) + half;
            let (light, dark) = (lit(g.tint, 1.05), mix(g.tint, g.shade, 0.30));
            canvas.blend([cx - half - 2.0, crown - half - 2.0, cx + half + 2.0, horizon + 12.0 * u], |x, y, _| {
                let (dx, dy) = (x - cx, (y - crown).min(0.0));
                let inside = half - (dx * dx + dy * dy).sqrt();
                let reveal = smooth(-0.6, 0.8, inside);
                let fade = 1.0 - smooth(horizon - 3.0 * u, horizon + 5.0 * u, y);
                // The edge towards the light throws a shadow into the niche; the far edge glows.
                let (nx, ny) = if dy < 0.0 { (dx / half, dy / half) } else { (dx.signum(), 0.0) };
                let facing = -(nx * 0.82 + ny * 0.57);
                let shadow = bell(inside.max(0.0), 120.0 * u) * smooth(-0.15, 0.7, facing);
                let glint = bell(inside.max(0.0), 5.0 * u) * smooth(0.0, 0.8, -facing);
                let flat = mix(light, g.tint, smooth(crown - half, horizon, y));
                (lit(mix(flat, dark, 0.75 * shadow), 1.0 + 0.5 * glint), reveal * fade)
            });
        }
        Backdrop::Disc => {
            let r = (((x1 - x0).max(y1 - y0)) * 0.5 + 60.0 * u).clamp(300.0 * u, 430.0 * u);
            let cy = cy.min(horizon - r * 0.55).max(ceiling + r);
            canvas.blend([cx - r - 2.0, cy - r - 2.0, cx + r + 2.0, cy + r + 2.0], |x, y, _| {
                let d = ((x - cx).powi(2) + (y - cy).powi(2)).sqrt();
                let fade = 1.0 - smooth(horizon - 14.0 * u, horizon + 12.0 * u, y);
                let c = mix(lit(g.tint, 1.06), mix(g.tint, g.accent, 0.12), smooth(cy - r, cy + r, y + 0.4 * (x - cx)));
                (c, fade * (1.0 - smooth(r - 0.8, r + 0.8, d)))
            });
        }
        Backdrop::Panel => panel(canvas, g, [x0, y0.max(ceiling + 110.0 * u), x1], horizon),
        Backdrop::Beams => beams(canvas, g, [x0, x1], horizon),
        Backdrop::Tubes => tubes(canvas, g, [x0, x1], horizon),
        Backdrop::Sun => sun(canvas, g, [cx, cy], (x1 - x0).max(y1 - y0) * 0.5 + 90.0 * u, horizon),
        Backdrop::Dial => {
            dial(canvas, g, [cx, cy], ((x1 - x0).max(y1 - y0) * 0.5 + 70.0 * u).clamp(330.0 * u, 470.0 * u), horizon);
        }
        Backdrop::Neon => {
            let r = ((x1 - x0).max(y1 - y0) * 0.5 + 40.0 * u).clamp(310.0 * u, 420.0 * u);
            let reach = r + 220.0 * u;
            canvas.blend([cx - reach, cy - reach, cx + reach, horizon], |x, y, _| {
                let d = ((x - cx).powi(2) + (y - cy).powi(2)).sqrt() - r;
                let hue = smooth(-0.8, 0.8, (x - cx + 0.5 * (y - cy)) / r);
                let c = mix(g.accent, g.glow, hue);
                let tube = bell(d, 7.0 * u);
                let halo = 0.55 * bell(d, 60.0 * u) + 0.22 * bell(d, 200.0 * u);
                (lit(c, 1.0 + 0.75 * tube), (tube + halo).min(1.0) * (1.0 - smooth(horizon - 30.0 * u, horizon, y)))
            });
        }
        Backdrop::Wash => wash(canvas, g, [cx, cy], (x1 - x0).max(y1 - y0) * 0.62 + 120.0 * u),
    }
}

/// Thin rings with ticks and a broad glow, as on an instrument.
fn dial(canvas: &mut Canvas, g: &Ground, [cx, cy]: [f32; 2], r: f32, horizon: f32) {
    let u = g.unit;
    let reach = r + 190.0 * u;
    canvas.blend([cx - reach, cy - reach, cx + reach, (cy + reach).min(horizon)], |x, y, _| {
        let (dx, dy) = (x - cx, y - cy);
        let d = (dx * dx + dy * dy).sqrt();
        let angle = dy.atan2(dx);
        let line = |radius: f32, half: f32| 1.0 - smooth(half - 0.5, half + 0.9, (d - radius).abs());
        let sweep = smooth(0.0, 1.0, ((angle + 2.2).rem_euclid(std::f32::consts::TAU)) / 2.6)
            * (1.0 - smooth(2.58, 2.62, (angle + 2.2).rem_euclid(std::f32::consts::TAU)));
        let ticks = {
            let step = std::f32::consts::TAU / 120.0;
            let off = ((angle / step).rem_euclid(1.0) - 0.5).abs() - 0.5;
            let near = (off.abs() * step * d) < 1.1 * u;
            if near && d > r + 20.0 * u && d < r + 36.0 * u { 0.34 } else { 0.0 }
        };
        let halo = 0.34 * bell(d / r, 1.15);
        let rings = 0.16 * line(r, 1.2 * u) + 0.10 * line(r + 110.0 * u, 1.0 * u) + 0.9 * sweep * line(r, 2.4 * u);
        let fade = 1.0 - smooth(horizon - 60.0 * u, horizon, y);
        let strength = (halo * smooth(1.5 * r, 0.2 * r, d) + rings + ticks).min(1.0) * fade;
        (mix(g.glow, g.accent, (rings + ticks).min(1.0)), strength)
    });
}

/// A tall panel that leans on the wall, lit from the upper left.
fn panel(canvas: &mut Canvas, g: &Ground, [x0, y0, x1]: [f32; 3], horizon: f32) {
    let u = g.unit;
    let left = x0 - 70.0 * u + 120.0 * u * (noise::draw(g.set_seed, 71) - 0.5);
    let right = (x1 + 10.0 * u).max(left + 420.0 * u).min(g.width - 60.0 * u);
    let top = (y0 - 110.0 * u).max(40.0 * u);
    let body = mix(g.tint, g.accent, if g.is_dark { 0.10 } else { 0.07 });
    // Its shadow on the wall first.
    canvas.blend([left, top, right + 120.0 * u, horizon + 6.0 * u], |x, y, _| {
        let beyond = smooth(right + 90.0 * u, right, x) * smooth(top - 10.0 * u, top + 90.0 * u, y - 0.5 * (x - right));
        (g.shade, 0.20 * beyond * (1.0 - smooth(horizon - 4.0 * u, horizon + 4.0 * u, y)))
    });
    canvas.blend([left - 1.0, top - 1.0, right + 1.0, horizon + 12.0 * u], |x, y, _| {
        let inside = smooth(left - 0.6, left + 0.6, x)
            * (1.0 - smooth(right - 0.6, right + 0.6, x))
            * smooth(top - 0.6, top + 0.6, y)
            * (1.0 - smooth(horizon - 3.0 * u, horizon + 5.0 * u, y));
        let fall = 1.06 - 0.10 * smooth(left, right, x) - 0.06 * smooth(top, horizon, y);
        let glint = 0.30 * (1.0 - smooth(0.0, 5.0 * u, x - left)) + 0.20 * (1.0 - smooth(0.0, 4.0 * u, y - top));
        (lit(body, fall + glint), inside)
    });
}

/// Columns of light behind the product, wider and fainter towards the sides.
fn beams(canvas: &mut Canvas, g: &Ground, [x0, x1]: [f32; 2], horizon: f32) {
    let (u, cx) = (g.unit, f32::midpoint(x0, x1));
    let spread = ((x1 - x0) * 0.5 + 150.0 * u).max(330.0 * u);
    canvas.blend([cx - spread * 1.5, 0.0, cx + spread * 1.5, horizon], |x, y, _| {
        let t = (x - cx) / spread;
        let column = (t * 4.0).round();
        let from = (t * 4.0 - column).abs();
        let body = 1.0 - smooth(0.30, 0.40, from);
        let core = 1.0 - smooth(0.0, 0.05, (from - 0.34).abs());
        let height = smooth(-0.1, 0.9, y / horizon - 0.18 * column.abs() * 0.5);
        let fade = (1.0 - smooth(0.5, 1.45, t.abs())) * (1.0 - smooth(horizon - 50.0 * u, horizon, y));
        let strength = (0.20 * body + 0.34 * core) * height * fade;
        (mix(g.glow, g.accent, 0.35 + 0.65 * core), strength)
    });
}

/// Upright tubes of coloured light.
fn tubes(canvas: &mut Canvas, g: &Ground, [x0, x1]: [f32; 2], horizon: f32) {
    let u = g.unit;
    let reach = 210.0 * u;
    // Low enough for a headline above them, and none where words may stand beside the product.
    let stands = [(x0 + 50.0 * u, 0.44, g.accent), (x1 - 20.0 * u, 0.40, g.glow), (x1 + 90.0 * u, 0.56, g.accent)];
    // On a wide page words stand at one side of the product from top to bottom.
    let shown = if g.width < g.height { stands.len() } else { 2 };
    for (x_tube, top, c) in stands.into_iter().take(shown) {
        let x_tube = x_tube.clamp(60.0 * u, g.width - 60.0 * u);
        let (top, bottom) = (top * horizon, horizon - 60.0 * u);
        canvas.blend([x_tube - reach, top - reach, x_tube + reach, horizon], |x, y, _| {
            let beyond = (top - y).max(y - bottom).max(0.0);
            let d = ((x - x_tube).powi(2) + beyond * beyond).sqrt();
            let tube = 1.0 - smooth(4.0 * u, 6.5 * u, d);
            let halo = 0.50 * bell(d, 46.0 * u) + 0.22 * bell(d, 190.0 * u);
            (lit(c, 1.0 + 0.85 * tube), (tube + halo).min(1.0) * (1.0 - smooth(horizon - 24.0 * u, horizon, y)))
        });
    }
}

/// A faded sun with rays, as on an old print.
fn sun(canvas: &mut Canvas, g: &Ground, [cx, cy]: [f32; 2], r: f32, horizon: f32) {
    let u = g.unit;
    let reach = g.width.max(g.height);
    let c = mix(g.tint, g.accent, 0.16);
    canvas.blend([cx - reach, cy - reach, cx + reach, horizon], |x, y, _| {
        let (dx, dy) = (x - cx, y - cy);
        let d = (dx * dx + dy * dy).sqrt();
        let turn = dy.atan2(dx) / std::f32::consts::TAU * 28.0;
        let ray = smooth(0.47, 0.53, (turn.rem_euclid(1.0) - 0.5).abs() * 2.0);
        let fade = 1.0 - smooth(horizon - 26.0 * u, horizon, y);
        let rays = 0.42 * ray * smooth(r, r + 4.0 * u, d) * (1.0 - smooth(1.1 * r, 2.6 * r, d));
        let disc = 0.75 * (1.0 - smooth(r - 24.0 * u, r - 22.0 * u, d));
        (c, (rays + disc) * fade)
    });
}

/// Washes of paint: uneven inside, dark where the water stood at the edge.
///
/// The shapes are worked out at a third of the resolution, the colours multiply at full size.
pub(super) fn wash(canvas: &mut Canvas, g: &Ground, [cx, cy]: [f32; 2], radius: f32) {
    let u = g.unit;
    for blob in 0..7_u32 {
        let angle = 0.9 * blob as f32 + 2.0 * noise::draw(g.seed, blob);
        let away = radius * (0.15 + 0.62 * noise::draw(g.seed, 20 + blob));
        let (bx, by) = (cx + away * angle.cos(), cy + away * angle.sin() * 1.1);
        let r = radius * (0.40 + 0.36 * noise::draw(g.seed, 60 + blob));
        let c = match blob % 3 {
            0 => g.tint,
            1 => mix(g.accent, [255.0; 3], 0.66),
            _ => mix(g.glow, [255.0; 3], 0.55),
        };
        let seed = g.seed ^ u64::from(blob).wrapping_mul(0x9e37);
        canvas.multiply_soft([bx - 1.4 * r, by - 1.4 * r, bx + 1.4 * r, by + 1.4 * r], c, |x, y| {
            let d = ((x - bx).powi(2) + (y - by).powi(2)).sqrt() / r;
            if d > 1.4 {
                return 0.0;
            }
            let broad = noise::cloud(x / (150.0 * u), y / (150.0 * u), seed) - 0.5;
            let fine = noise::value(x / (21.0 * u), y / (21.0 * u), seed ^ 0x0b) - 0.5;
            let d = d + 0.62 * broad + 0.035 * fine;
            let body = 1.0 - smooth(0.90, 1.0, d);
            if body <= 0.0 {
                return 0.0;
            }
            // Pigment gathers at the rim and settles in the paper's grain; a bloom stays pale.
            let rim = bell(d - 0.945, 0.045) + 0.35 * bell(d - 0.86, 0.10);
            let granules = 0.62 + 0.76 * noise::cloud(x / (26.0 * u), y / (26.0 * u), seed ^ 5);
            let bloom = 1.0 - 0.45 * bell(d - 0.30 - 0.4 * broad, 0.22);
            (0.40 * body * granules * bloom + 0.34 * rim * body).min(1.0)
        });
    }
}
