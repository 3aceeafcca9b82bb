//! Finished posters against their fingerprints.
//!
//! A fingerprint is a difference hash: the picture is reduced to 17 × 16 grey cells and each bit says
//! whether a cell is brighter than its right neighbour, 256 bits in all. It sees composition, not
//! pixels: a new compiler or a finer grain moves a few bits, a moved product or a lost headline moves
//! dozens. After a deliberate change, look at the posters first (`haibao gallery`), then copy the
//! fingerprints that the failing test prints.

use image::RgbaImage;

use super::tests::{brief, studio};
use crate::{
    domain::{Dimension, PosterFormat, StyleChoice, VisualStyle},
    imaging::{self, ImageLimits},
};

/// Bits that may differ.
const DISTANCE_MAX: u32 = 22;

fn fingerprint(pixels: &RgbaImage) -> [u64; 4] {
    let small = imaging::resize(pixels, 17, 16);
    let grey = |x: u32, y: u32| {
        let [r, g, b, _] = small.get_pixel(x, y).0.map(u32::from);
        299 * r + 587 * g + 114 * b
    };
    let mut bits = [0; 4];
    for index in 0..256_u32 {
        let (x, y) = (index % 16, index / 16);
        bits[(index / 64) as usize] |= u64::from(grey(x, y) > grey(x + 1, y)) << (index % 64);
    }
    bits
}

fn distance(a: [u64; 4], b: [u64; 4]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

#[test]
fn a_fingerprint_tells_a_moved_product_from_a_finer_grain() {
    let scene = |left: u32, grain: u8| {
        RgbaImage::from_fn(108, 192, |x, y| {
            let value = if (left..left + 40).contains(&x) && (60..150).contains(&y) { 60 } else { 200 - (y / 4) as u8 };
            let value = value + grain * ((x * 31 + y * 17) % 3) as u8;
            image::Rgba([value, value, value, 255])
        })
    };
    let plain = fingerprint(&scene(34, 0));
    assert!(distance(plain, fingerprint(&scene(34, 1))) < 90, "grain alone");
    assert!(distance(plain, fingerprint(&scene(10, 0))) > DISTANCE_MAX, "another place");
    assert_eq!(distance(plain, plain), 0);
}

#[tokio::test]
async fn posters_look_as_they_did() {
    const GOLDEN: [(Dimension, VisualStyle, PosterFormat, [u64; 4]); 4] = [
        (
            Dimension::Hero,
            VisualStyle::Magazine,
            PosterFormat::Portrait9x16,
            [0xf2cd_8bc3_8b63_6ce5, 0x88ee_c8ec_b1f8_eb98, 0x21f8_886f_98e6_98e6, 0x3b63_3b01_cc63_07b1],
        ),
        (
            Dimension::Concept,
            VisualStyle::Cyber,
            PosterFormat::Square1x1,
            [0xdb24_daa4_df80_e798, 0xef00_f730_ff20_ef18, 0xff30_ff20_f308_fb00, 0xff06_eec8_ff00_ff00],
        ),
        (
            Dimension::BrandStory,
            VisualStyle::Watercolor,
            PosterFormat::Portrait4x5,
            [0x593c_5939_6839_6021, 0xa93c_d93d_1939_9939, 0x720b_6ac9_092b_013c, 0xb916_f021_b509_b44b],
        ),
        (
            Dimension::Specifications,
            VisualStyle::Tech,
            PosterFormat::Landscape4x3,
            [0xd934_d930_e21a_e001, 0x82f8_d978_f978_82c2, 0xcd78_c2f8_8d78_8d78, 0xfc85_9b78_93f8_ed78],
        ),
    ];
    let studio = studio();
    let order = brief("山止红色玻璃瓶，高硼硅玻璃，容量500 mL，口径6 cm", true, PosterFormat::Square1x1, None);
    let seen = studio.plan(&order).await.unwrap();
    let mut changed = Vec::new();
    for (dimension, visual, format, golden) in GOLDEN {
        let choice = StyleChoice { visual: Some(visual), ..StyleChoice::default() };
        let poster = studio.paint(&seen.restyled(choice, format, 11), dimension, &|_| {}).await.unwrap();
        let pixels = imaging::decode(&poster.jpeg, &ImageLimits::default()).unwrap().pixels;
        let found = fingerprint(&pixels);
        if distance(found, golden) > DISTANCE_MAX {
            changed.push(format!("{dimension:?} {visual:?}: {} bits, now {found:#018x?}", distance(found, golden)));
        }
    }
    assert!(changed.is_empty(), "posters changed their look:\n{}", changed.join("\n"));
}
