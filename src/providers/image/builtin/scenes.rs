//! The kinds of background a set needs.

use super::{
    super::PlateScene,
    canvas::{Canvas, bell, lit, mix, smooth},
    figures::{backdrop, wash},
    ground::Ground,
    look::{Backdrop, Gobo, Look, Ornament},
    noise, ornaments,
};
use crate::domain::Dimension;

/// A studio: wall, floor, a figure behind and a podium under the product.
pub(super) fn podium(canvas: &mut Canvas, request: &PlateScene, look: &Look) {
    let g = Ground::of(request);
    let [x0, y0, x1, y1] = g.focus(request);
    let centre = f32::midpoint(x0, x1);
    let u = g.unit;
    let rx = ((x1 - x0) * 0.5 + 90.0 * u).clamp(230.0 * u, 0.46 * (g.width.min(g.height * 0.62)));
    let ry = rx * 0.17;
    let top = y1 - ry * 0.42;
    let depth = if look.has_podium { 64.0 * u } else { 0.0 };
    let horizon = top - ry * 0.2;

    canvas.soft(|x, y| {
        let wall = g.wall(look, x, y);
        let near = ((y - horizon) / (g.height - horizon).max(1.0)).clamp(0.0, 1.0);
        let mut floor = if g.is_dark {
            mix(mix(g.surface, g.base, near.sqrt()), g.glow, 0.22 * bell((x - centre) / rx, 1.7) * (1.0 - near))
        } else {
            mix(lit(g.surface, 1.05), g.surface, smooth(0.0, 0.6, near))
        };
        if look.gobo == Gobo::Leaves {
            floor = mix(g.shade, floor, 0.94 + 0.06 * g.gobo(look.gobo, x, y));
        }
        let mut c = mix(wall, floor, smooth(horizon - 16.0 * u, horizon + 22.0 * u, y));
        // The podium's own shadow, thrown to the lower right.
        if look.has_podium {
            let (dx, dy) = ((x - centre - 60.0 * u) / (rx * 1.32), (y - top - depth - 8.0 * u) / (ry * 1.25));
            let strength = if g.is_dark { 0.62 } else { 0.34 };
            c = mix(c, g.shade, strength * bell((dx * dx + dy * dy).sqrt(), 1.1));
        }
        c
    });
    backdrop(canvas, &g, look, [x0, y0, x1, y1], (ceiling(request, &g, [x0, y0, x1]), horizon));
    if look.has_grid {
        floor_grid(canvas, &g, horizon);
    }
    if look.has_podium {
        draw_podium(canvas, &g, [centre, top], [rx, ry], depth);
    }
}

/// Where the words above the product end, for a figure a little broader than it.
fn ceiling(request: &PlateScene, g: &Ground, [x0, y0, x1]: [f32; 3]) -> f32 {
    let air = 14.0 * g.unit;
    let above = request.calm.iter().filter_map(|[x, y, w, h]| {
        let beside = (x + w) * g.width < x0 || x * g.width > x1;
        let bottom = (y + h) * g.height;
        (!beside && bottom < y0 + air).then_some(bottom + air)
    });
    // A figure that ends where the product does would frame nothing.
    above.fold(0.0, f32::max).min((y0 - 56.0 * g.unit).max(0.0))
}

fn draw_podium(canvas: &mut Canvas, g: &Ground, [cx, top]: [f32; 2], [rx, ry]: [f32; 2], depth: f32) {
    let u = g.unit;
    let body = if g.is_dark { mix(g.base, g.surface, 0.6) } else { mix(g.surface, g.tint, 0.5) };
    let edge = |x: f32| ry * (1.0 - ((x - cx) / rx).powi(2)).max(0.0).sqrt();
    canvas.blend([cx - rx, top - 2.0, cx + rx, top + depth + ry + 3.0], |x, y, _| {
        let rim = edge(x);
        let inside = smooth(0.0, 1.2, y - top + 1.0) * (1.0 - smooth(-0.6, 0.8, y - (top + depth + rim)));
        let t = (x - cx) / rx;
        // A cylinder lit from the upper left: bright at a third, dark at the right, a little light
        // returned by the floor at the far edge.
        let shading = 0.80 + 0.26 * bell(t + 0.42, 0.62) - 0.16 * smooth(0.1, 0.95, t) + 0.05 * smooth(0.9, 1.0, t);
        let falloff = 1.0 - 0.10 * ((y - top) / (depth + ry)).clamp(0.0, 1.0);
        let side = (1.0 - smooth(rx - 1.2, rx + 0.4, (x - cx).abs())) * inside;
        (lit(body, shading * falloff), side)
    });
    canvas.blend([cx - rx - 2.0, top - ry - 2.0, cx + rx + 2.0, top + ry + 2.0], |x, y, _| {
        let (dx, dy) = ((x - cx) / rx, (y - top) / ry);
        let d = (dx * dx + dy * dy).sqrt();
        let lightness = if g.is_dark { 1.06 } else { 1.22 };
        let mut c = lit(body, lightness - 0.07 * (dx + 0.2 * dy));
        // The bevel catches the light at the near edge.
        let bevel = smooth(0.955, 0.985, d) * smooth(-0.1, 0.5, dy - 0.25 * dx);
        c = if g.is_dark { mix(c, g.accent, 0.75 * bevel) } else { lit(c, 1.0 + 0.55 * bevel) };
        (c, 1.0 - smooth(1.0 - 1.4 / ry, 1.0 + 0.4 / ry, d))
    });
    if g.is_dark {
        // Light under the foot of the podium.
        let foot = top + depth;
        canvas.blend([cx - rx * 1.2, foot - 4.0, cx + rx * 1.2, foot + ry * 1.6], |x, y, _| {
            let (dx, dy) = ((x - cx) / rx, (y - foot) / ry);
            let d = (dx * dx + dy * dy).sqrt();
            (g.accent, if dy > 0.0 { 0.85 * bell(d - 1.012, 0.016) + 0.30 * bell(d - 1.02, 0.14) } else { 0.0 })
        });
    }
    let _ = u;
}

/// Lines on the floor that meet at the horizon.
fn floor_grid(canvas: &mut Canvas, g: &Ground, horizon: f32) {
    let u = g.unit;
    let (w, h) = (g.width, g.height);
    canvas.blend([0.0, horizon, w, h], |x, y, _| {
        let near = ((y - horizon) / (h - horizon)).max(0.002);
        let depth = 1.0 / near;
        let across = (x - w * 0.5) * depth / (150.0 * u);
        let along = depth * 2.6;
        let thin = |v: f32, width: f32| {
            let t = ((v.rem_euclid(1.0)) - 0.5).abs();
            1.0 - smooth(0.5 - width * 1.6, 0.5 - width * 0.4, t).mul_add(-1.0, 1.0)
        };
        let lines = thin(across, 0.012 * depth.sqrt()).max(thin(along, 0.02 * depth.sqrt()));
        (g.accent, 0.17 * lines * smooth(0.02, 0.3, near) * (1.0 - smooth(0.45, 1.0, near)))
    });
}

/// A table before a window: the everyday place of a product.
pub(super) fn table(canvas: &mut Canvas, request: &PlateScene, look: &Look) {
    let g = Ground::of(request);
    let [_, _, _, y1] = g.focus(request);
    let u = g.unit;
    let horizon = y1 - 92.0 * u;
    canvas.soft(|x, y| {
        let mut c = g.wall(look, x, y);
        // A window out of focus at the right, brighter than the wall.
        let pane = |left: f32, right: f32| {
            smooth(left - 50.0 * u, left + 50.0 * u, x) * (1.0 - smooth(right - 50.0 * u, right + 50.0 * u, x))
        };
        let w = g.width;
        let window = (pane(w * 0.56, w * 0.76) + pane(w * 0.80, w * 1.05)).min(1.0)
            * (1.0 - smooth(horizon - 330.0 * u, horizon - 190.0 * u, y));
        c = if g.is_dark { mix(c, g.glow, 0.34 * window) } else { lit(c, 1.0 + 0.62 * window) };
        let near = ((y - horizon) / (g.height - horizon).max(1.0)).clamp(0.0, 1.0);
        let grain = noise::cloud(
            x / (420.0 * u),
            y / (16.0 * u) + 3.0 * noise::value(x / (300.0 * u), y / (90.0 * u), g.seed),
            g.seed ^ 0x3a,
        );
        let wood = lit(mix(g.surface, g.shade, if g.is_dark { 0.2 } else { 0.10 }), 1.0 + 0.16 * (grain - 0.5));
        let sheen = bell((x - w * 0.72) / (w * 0.42), 1.0) * (1.0 - near);
        let plane = if g.is_dark { mix(wood, g.glow, 0.25 * sheen) } else { lit(wood, 1.0 + 0.34 * sheen) };
        mix(c, plane, smooth(horizon - 7.0 * u, horizon + 7.0 * u, y))
    });
    bokeh(canvas, &g, horizon);
}

fn bokeh(canvas: &mut Canvas, g: &Ground, horizon: f32) {
    let u = g.unit;
    for spot in 0..16_u32 {
        let x0 = g.width * (0.42 + 0.62 * noise::draw(g.seed, 100 + spot));
        let y0 = horizon * (0.10 + 0.78 * noise::draw(g.seed, 140 + spot));
        let r = u * (26.0 + 62.0 * noise::draw(g.seed, 180 + spot));
        let strength = (if g.is_dark { 0.20 } else { 0.26 }) * (0.35 + 0.65 * noise::draw(g.seed, 220 + spot));
        let c = if g.is_dark { mix(g.accent, g.glow, noise::draw(g.seed, 260 + spot)) } else { [255.0, 252.0, 244.0] };
        canvas.blend([x0 - r - 2.0, y0 - r - 2.0, x0 + r + 2.0, y0 + r + 2.0], |x, y, _| {
            let d = ((x - x0).powi(2) + (y - y0).powi(2)).sqrt() / r;
            (c, strength * (1.0 - smooth(0.90, 1.0, d)) * (0.72 + 0.28 * smooth(0.5, 0.95, d)))
        });
    }
}

/// Light that streams from behind the product.
pub(super) fn radiant(canvas: &mut Canvas, request: &PlateScene, look: &Look) {
    let g = Ground::of(request);
    let [x0, y0, x1, y1] = g.focus(request);
    let (cx, cy) = (f32::midpoint(x0, x1), f32::midpoint(y0, y1));
    let u = g.unit;
    canvas.soft(|x, y| {
        let (dx, dy) = (x - cx, y - cy);
        let d = (dx * dx + dy * dy).sqrt() / (g.width.min(g.height));
        let angle = dy.atan2(dx);
        let rays = noise::value((angle + 4.0) * 5.2, 0.3, g.seed) * 0.6
            + noise::value((angle + 4.0) * 11.0, 7.3, g.seed) * 0.4;
        let ray = (rays - 0.42).max(0.0) * smooth(0.18, 0.5, d) * (1.0 - smooth(0.5, 1.05, d));
        let base = mix(g.base, g.tint, smooth(0.2, 1.1, d));
        let mut c = if g.is_dark {
            mix(base, g.glow, 0.42 * bell(d, 0.72) + 0.20 * ray)
        } else {
            lit(mix(base, g.glow, 0.10 * bell(d - 0.3, 0.3)), 1.0 + 0.75 * bell(d, 0.5) + 0.30 * ray)
        };
        if look.fibre > 0.0 {
            c = lit(c, 1.0 + 0.03 * look.fibre * g.fibre(x, y));
        }
        c
    });
    if look.backdrops.contains(&Backdrop::Wash) {
        wash(canvas, &g, [cx, cy], (x1 - x0) * 0.9);
    }
    let r = (x1 - x0).max(y1 - y0) * 0.5;
    for (index, radius) in [r + 40.0 * u, r + 130.0 * u, r + 220.0 * u].into_iter().enumerate() {
        let strength = [0.34, 0.22, 0.12][index];
        canvas.blend([cx - radius - 3.0, cy - radius - 3.0, cx + radius + 3.0, cy + radius + 3.0], |x, y, _| {
            let (dx, dy) = (x - cx, y - cy);
            let d = (dx * dx + dy * dy).sqrt();
            let dash = if index == 1 {
                smooth(0.42, 0.5, ((dy.atan2(dx) * radius / (18.0 * u)).rem_euclid(1.0) - 0.5).abs() * 2.0)
            } else {
                1.0
            };
            (g.accent, strength * dash * (1.0 - smooth(0.6, 1.8, (d - radius).abs() / u.max(0.5))))
        });
    }
}

/// A quiet ground with one warm light: for words that reassure.
pub(super) fn halo(canvas: &mut Canvas, request: &PlateScene, look: &Look) {
    let g = Ground::of(request);
    let [x0, y0, x1, y1] = g.focus(request);
    let (cx, cy) = (f32::midpoint(x0, x1), f32::midpoint(y0, y1));
    canvas.soft(|x, y| {
        let d = ((x - cx).powi(2) + (y - cy).powi(2)).sqrt() / g.width.min(g.height);
        let c = g.wall(&Look { gobo: Gobo::None, ..*look }, x, y);
        if g.is_dark {
            mix(c, g.glow, 0.40 * bell(d, 0.62))
        } else {
            mix(lit(c, 1.0 + 0.5 * bell(d, 0.45)), g.tint, 0.6 * smooth(0.45, 1.1, d))
        }
    });
}

/// A sheet to print on.
pub(super) fn paper(canvas: &mut Canvas, request: &PlateScene, look: &Look) {
    let g = Ground::of(request);
    let side = if request.dimension.index() % 2 == 0 { 0.95 } else { 0.05 };
    canvas.soft(|x, y| {
        let (fx, fy) = (x / g.width, y / g.height);
        let mut c = mix(g.base, g.tint, 0.42 * smooth(0.35, 1.15, fy));
        let d = ((fx - side).powi(2) + (fy - 0.12).powi(2)).sqrt();
        c = if g.is_dark { mix(c, g.glow, 0.22 * bell(d, 0.8)) } else { mix(c, g.tint, 0.5 * bell(d, 0.7)) };
        if look.fibre > 0.0 {
            c = lit(c, 1.0 + 0.03 * look.fibre * g.fibre(x, y));
        }
        c
    });
    let ornament = if request.dimension == Dimension::Specifications && look.ornament == Ornament::Window {
        // A table of facts wants an even ground.
        Ornament::Plain
    } else {
        look.ornament
    };
    ornaments::draw(canvas, &g, ornament, if side > 0.5 { 1.0 } else { 0.0 });
}
