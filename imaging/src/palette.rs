//! The colours of a product.

use image::RgbaImage;

use super::color::{Oklab, Oklch};
use super::resize::resize_to_fit;

/// Side of the copy colours are counted in; a label's small print has blended away by then.
const THUMB_SIDE: u32 = 160;

/// Colours asked for; near twins are merged afterwards.
const CLUSTERS: usize = 6;

/// Alpha from which a pixel shows the product and not its edge.
const OPAQUE: u8 = 200;

/// Chroma, in OKLab, below which a colour reads as grey.
const GREY_CHROMA: f32 = 0.035;

/// Distance, in OKLab, under which two swatches look like one.
const TWIN_DISTANCE: f32 = 0.035;

/// One colour and how much of the product has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Swatch {
    /// sRGB.
    pub rgb: [u8; 3],
    /// Share of the opaque pixels, 0 to 1.
    pub share: f32,
}

/// The colours of a product, and the one to build a poster's palette from.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductPalette {
    /// At most six, most frequent first. Never empty.
    pub swatches: Vec<Swatch>,
    /// The most characteristic colour: a vivid minority beats a dull majority, and near-white and
    /// near-black only win on a product that has nothing else.
    pub seed: [u8; 3],
    /// Whether the product is all black, white and grey, so that the accent must come from
    /// elsewhere.
    pub is_neutral: bool,
    /// Mean OKLab lightness, 0 to 1: a light product wants a darker ground and the other way round.
    pub mean_lightness: f32,
}

/// Finds the colours of the opaque pixels. The same picture always gives the same palette.
pub fn product_palette(pixels: &RgbaImage) -> ProductPalette {
    let thumb = resize_to_fit(pixels, THUMB_SIDE);
    let colours: Vec<Oklab> = thumb
        .as_raw()
        .chunks_exact(4)
        .filter(|pixel| pixel[3] >= OPAQUE)
        .map(|pixel| Oklab::from_rgb([pixel[0], pixel[1], pixel[2]]))
        .collect();
    if colours.is_empty() {
        let grey = Swatch { rgb: [128; 3], share: 1.0 };
        return ProductPalette { swatches: vec![grey], seed: grey.rgb, is_neutral: true, mean_lightness: 0.6 };
    }
    let clusters = merge_twins(k_means(&colours));
    let total = colours.len() as f32;
    let (seed, is_neutral) = seed_of(&clusters, total);
    ProductPalette {
        swatches: clusters.iter().map(|(lab, count)| Swatch { rgb: lab.to_rgb(), share: count / total }).collect(),
        seed: seed.to_rgb(),
        is_neutral,
        mean_lightness: colours.iter().map(|lab| lab.l).sum::<f32>() / total,
    }
}

/// Centres and their pixel counts. Starts from the mean and then always from the colour farthest
/// from all centres so far: needs no random number, and finds the small vivid detail.
fn k_means(colours: &[Oklab]) -> Vec<(Oklab, f32)> {
    let mut centres = vec![mean(colours.iter())];
    while centres.len() < CLUSTERS {
        let farthest = colours
            .iter()
            .max_by(|a, b| nearest(&centres, **a).1.total_cmp(&nearest(&centres, **b).1))
            .copied()
            .unwrap_or_default();
        centres.push(farthest);
    }
    let mut counts = vec![0.0; centres.len()];
    for _ in 0..16 {
        let mut sums = vec![(Oklab::default(), 0.0_f32); centres.len()];
        for &colour in colours {
            let (sum, count) = &mut sums[nearest(&centres, colour).0];
            sum.l += colour.l;
            sum.a += colour.a;
            sum.b += colour.b;
            *count += 1.0;
        }
        for ((centre, count), (sum, members)) in centres.iter_mut().zip(&mut counts).zip(sums) {
            *count = members;
            if members > 0.0 {
                *centre = Oklab { l: sum.l / members, a: sum.a / members, b: sum.b / members };
            }
        }
    }
    centres.into_iter().zip(counts).filter(|(_, count)| *count > 0.0).collect()
}

fn nearest(centres: &[Oklab], colour: Oklab) -> (usize, f32) {
    let mut best = (0, f32::INFINITY);
    for (i, centre) in centres.iter().enumerate() {
        let (l, a, b) = (centre.l - colour.l, centre.a - colour.a, centre.b - colour.b);
        let squared = l * l + a * a + b * b;
        if squared < best.1 {
            best = (i, squared);
        }
    }
    best
}

fn mean<'a>(colours: impl Iterator<Item = &'a Oklab>) -> Oklab {
    let (mut sum, mut count) = (Oklab::default(), 0.0_f32);
    for colour in colours {
        sum = Oklab { l: sum.l + colour.l, a: sum.a + colour.a, b: sum.b + colour.b };
        count += 1.0;
    }
    let count = count.max(1.0);
    Oklab { l: sum.l / count, a: sum.a / count, b: sum.b / count }
}

fn merge_twins(mut clusters: Vec<(Oklab, f32)>) -> Vec<(Oklab, f32)> {
    clusters.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut merged: Vec<(Oklab, f32)> = Vec::with_capacity(clusters.len());
    for (lab, count) in clusters {
        match merged.iter_mut().find(|(kept, _)| kept.distance(lab) < TWIN_DISTANCE) {
            Some((_, kept_count)) => *kept_count += count,
            None => merged.push((lab, count)),
        }
    }
    merged.sort_by(|a, b| b.1.total_cmp(&a.1));
    merged
}

fn seed_of(clusters: &[(Oklab, f32)], total: f32) -> (Oklab, bool) {
    let chromatic = clusters
        .iter()
        .filter(|(lab, count)| lab.chroma() > GREY_CHROMA && (0.15..0.96).contains(&lab.l) && *count / total >= 0.015)
        .map(|&(lab, count)| {
            // Middle lightness can be turned into a ramp; the ends hold little colour.
            let usable = 1.0 - ((lab.l - 0.58) / 0.5).powi(2).min(0.8);
            (lab, lab.chroma() * (count / total).powf(0.4) * usable)
        })
        .max_by(|a, b| a.1.total_cmp(&b.1));
    match chromatic {
        Some((lab, _)) => (lab, false),
        None => (clusters[0].0, Oklch::from(clusters[0].0).c <= GREY_CHROMA * 1.5),
    }
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    fn striped(colours: &[([u8; 4], u32)]) -> RgbaImage {
        let width: u32 = colours.iter().map(|(_, columns)| columns).sum();
        let columns: Vec<[u8; 4]> =
            colours.iter().flat_map(|&(rgba, columns)| std::iter::repeat_n(rgba, columns as usize)).collect();
        RgbaImage::from_fn(width, 100, |x, _| Rgba(columns[x as usize]))
    }

    #[test]
    fn swatches_are_the_stripes_by_size() {
        let palette = product_palette(&striped(&[
            ([240, 240, 236, 255], 60),
            ([30, 90, 60, 255], 30),
            ([200, 40, 40, 255], 10),
            ([255, 0, 255, 0], 50),
        ]));
        let found: Vec<[u8; 3]> = palette.swatches.iter().take(3).map(|swatch| swatch.rgb).collect();
        for (found, expected) in found.iter().zip([[240, 240, 236], [30, 90, 60], [200, 40, 40]]) {
            assert!(found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 6), "{found:?} {expected:?}");
        }
        assert!((palette.swatches[0].share - 0.6).abs() < 0.03);
        assert!(!palette.is_neutral);
        assert!(palette.swatches.len() <= CLUSTERS);
    }

    #[test]
    fn a_vivid_minority_is_the_seed() {
        let palette = product_palette(&striped(&[([235, 232, 228, 255], 80), ([196, 30, 36, 255], 20)]));
        assert!(palette.seed[0] > 180 && palette.seed[1] < 50, "{palette:?}");
    }

    #[test]
    fn a_grey_product_is_neutral_and_keeps_its_main_grey() {
        let palette = product_palette(&striped(&[([30, 31, 32, 255], 70), ([200, 200, 201, 255], 30)]));
        assert!(palette.is_neutral);
        assert!(palette.seed[0] < 40, "{palette:?}");
        assert!(palette.mean_lightness < 0.5);
    }

    #[test]
    fn nothing_visible_still_gives_a_palette() {
        let palette = product_palette(&RgbaImage::new(10, 10));
        assert!(palette.is_neutral && palette.swatches.len() == 1);
    }
}
