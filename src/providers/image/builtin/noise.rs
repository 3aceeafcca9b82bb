//! Repeatable noise: the same seed and place give the same value on every machine.

/// A well-mixed 32-bit hash of a lattice point.
pub(super) const fn hash(x: u32, y: u32, seed: u64) -> u32 {
    let mut h = (seed as u32) ^ ((seed >> 32) as u32).rotate_left(16);
    h ^= x.wrapping_mul(0x9e37_79b1);
    h = h.rotate_left(13).wrapping_mul(0x85eb_ca6b);
    h ^= y.wrapping_mul(0xc2b2_ae35);
    h ^= h >> 15;
    h = h.wrapping_mul(0x2c1b_3c6d);
    h ^= h >> 12;
    h = h.wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

/// A number from 0 to 1 for the n-th draw of a seed.
pub(super) fn draw(seed: u64, n: u32) -> f32 {
    hash(n, 0x51ed, seed) as f32 / u32::MAX as f32
}

fn lattice(x: i32, y: i32, seed: u64) -> f32 {
    hash(x as u32, y as u32, seed) as f32 / u32::MAX as f32
}

/// [`f32::floor`] for what fits an `i32`, without the call that it is on processors of the plainest kind.
pub(super) fn floor(v: f32) -> f32 {
    let whole = v as i32 as f32;
    if whole > v { whole - 1.0 } else { whole }
}

/// Smooth noise from 0 to 1 with features one unit wide.
pub(super) fn value(x: f32, y: f32, seed: u64) -> f32 {
    let (x0, y0) = (floor(x), floor(y));
    let (fx, fy) = (x - x0, y - y0);
    let (sx, sy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
    let (x0, y0) = (x0 as i32, y0 as i32);
    let top = lattice(x0, y0, seed) * (1.0 - sx) + lattice(x0 + 1, y0, seed) * sx;
    let bottom = lattice(x0, y0 + 1, seed) * (1.0 - sx) + lattice(x0 + 1, y0 + 1, seed) * sx;
    top * (1.0 - sy) + bottom * sy
}

/// Four octaves of [`value`], from 0 to 1.
pub(super) fn cloud(x: f32, y: f32, seed: u64) -> f32 {
    let mut sum = 0.0;
    let mut weight = 0.5;
    let mut scale = 1.0;
    for octave in 0..4 {
        sum += weight * value(x * scale, y * scale, seed.wrapping_add(octave));
        weight *= 0.5;
        scale *= 2.03;
    }
    sum / 0.9375
}
