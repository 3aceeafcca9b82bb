//! What a deployment of a model can do. Never inferred from the dialect alone: two servers that speak
//! the same dialect differ in masks, sizes and limits.

use super::{ImageRequest, ImageRole, Purpose};

/// How a model takes a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeMask {
    /// Not at all, or it takes one and ignores it: the region is shown as an overlay and in words.
    None,
    /// As an alpha channel (alpha 0 = edit).
    Alpha,
    /// As brightness (white = edit).
    Luma,
}

/// The sizes a model paints in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sizing {
    /// Any size within these limits.
    Free {
        /// Both sides are multiples of this.
        multiple: u32,
        /// Pixels, at least.
        pixels_min: u64,
        /// Pixels, at most.
        pixels_max: u64,
    },
    /// One of these sizes.
    List(Vec<(u32, u32)>),
    /// An aspect ratio by name, such as `9:16`.
    Ratio(Vec<(u32, u32)>),
    /// The size of the first picture sent along.
    FollowsInput,
}

/// The language a model reads best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PromptLanguage {
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

/// What a deployment can do.
#[derive(Clone, Debug)]
pub struct ImageCapabilities {
    /// What it may be asked for.
    pub purposes: Vec<Purpose>,
    /// How it takes a mask.
    pub native_mask: NativeMask,
    /// Pictures that may be sent along; 0 = none.
    pub images_max: usize,
    /// Bytes of one picture sent along.
    pub image_bytes_max: usize,
    /// The sizes it paints in.
    pub sizing: Sizing,
    /// Characters of a prompt.
    pub prompt_chars_max: usize,
    /// The language it reads best.
    pub language: PromptLanguage,
    /// Whether a vendor may charge for a call. What costs nothing may be repeated freely.
    pub is_billed: bool,
}

impl ImageCapabilities {
    /// Whether it may be asked for this.
    pub fn serves(&self, purpose: Purpose) -> bool {
        self.purposes.contains(&purpose)
    }

    /// The size to ask for, nearest to the wished one.
    pub fn size_for(&self, width: u32, height: u32) -> (u32, u32) {
        match &self.sizing {
            Sizing::FollowsInput => (width, height),
            Sizing::List(sizes) | Sizing::Ratio(sizes) => nearest(sizes, width, height),
            Sizing::Free { multiple, pixels_min, pixels_max } => {
                scaled_within(width, height, *multiple, *pixels_min, *pixels_max)
            }
        }
    }

    /// Cuts a request down to what this deployment takes: pictures beyond its number or size are left
    /// out from the least important role on, and a mask it cannot read is not sent.
    pub fn fit(&self, request: &mut ImageRequest) {
        request.images.sort_by_key(|image| image.role);
        request.images.retain(|image| image.bytes.len() <= self.image_bytes_max || image.role == ImageRole::Base);
        request.images.truncate(self.images_max);
        if self.native_mask == NativeMask::None {
            request.mask = None;
        }
    }
}

/// The size whose proportions are nearest; among equals the one nearest in area from above.
fn nearest(sizes: &[(u32, u32)], width: u32, height: u32) -> (u32, u32) {
    let wanted = f64::from(width) / f64::from(height.max(1));
    let off = |(w, h): (u32, u32)| ((f64::from(w) / f64::from(h.max(1))) / wanted).ln().abs();
    let area = |(w, h): (u32, u32)| (i64::from(w) * i64::from(h) - i64::from(width) * i64::from(height)).abs();
    let best = sizes.iter().copied().min_by(|a, b| {
        let (off_a, off_b) = (off(*a), off(*b));
        if (off_a - off_b).abs() < 1e-6 { area(*a).cmp(&area(*b)) } else { off_a.total_cmp(&off_b) }
    });
    best.unwrap_or((width, height))
}

/// The wished size or the next larger one, scaled into the limits. Where both sides can keep the exact proportions at the
/// needed multiple they do: 9:16 within Seedream's limits is 1440×2560, not something near it.
fn scaled_within(width: u32, height: u32, multiple: u32, pixels_min: u64, pixels_max: u64) -> (u32, u32) {
    let multiple = multiple.max(1);
    let divisor = gcd(width, height).max(1);
    let (unit_w, unit_h) = (width / divisor, height / divisor);
    let is_in = |(w, h): (u32, u32)| {
        let pixels = u64::from(w) * u64::from(h);
        w > 0 && h > 0 && (pixels_min..=pixels_max).contains(&pixels)
    };
    let area = |(w, h): (u32, u32)| u64::from(w) * u64::from(h);
    let exact: Vec<(u32, u32)> = (1..=4096 / unit_w.max(unit_h).max(1))
        .map(|times| (unit_w * times, unit_h * times))
        .filter(|(w, h)| w % multiple == 0 && h % multiple == 0)
        .filter(|size| is_in(*size))
        .collect();
    // Scaling down afterwards costs nothing, scaling up costs sharpness.
    let larger = exact.iter().copied().find(|size| area(*size) >= area((width, height)));
    let exact = larger.or_else(|| exact.last().copied());
    if let Some(size) = exact {
        return size;
    }
    let pixels = (f64::from(width) * f64::from(height)).clamp(pixels_min as f64, pixels_max as f64);
    let scale = (pixels / (f64::from(width) * f64::from(height)).max(1.0)).sqrt();
    let up = pixels <= pixels_min as f64;
    let round = |side: u32| {
        let steps = f64::from(side) * scale / f64::from(multiple);
        (if up { steps.ceil() } else { steps.floor() }).max(1.0) as u32 * multiple
    };
    (round(width), round(height))
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDREAM: Sizing = Sizing::Free { multiple: 1, pixels_min: 3_686_400, pixels_max: 16_777_216 };

    fn capable(sizing: Sizing) -> ImageCapabilities {
        ImageCapabilities {
            purposes: Purpose::ALL.to_vec(),
            native_mask: NativeMask::None,
            images_max: 2,
            image_bytes_max: 100,
            sizing,
            prompt_chars_max: 300,
            language: PromptLanguage::Chinese,
            is_billed: true,
        }
    }

    #[test]
    fn sizes_keep_the_proportions_exactly_where_the_limits_allow() {
        assert_eq!(capable(SEEDREAM).size_for(1080, 1920), (1440, 2560));
        let sixteenths = Sizing::Free { multiple: 16, pixels_min: 655_360, pixels_max: 3_686_400 };
        assert_eq!(capable(sixteenths.clone()).size_for(1080, 1920), (1152, 2048));
        assert_eq!(capable(sixteenths.clone()).size_for(1080, 1080), (1088, 1088));
        let (width, height) = capable(sixteenths).size_for(1080, 1350);
        assert_eq!((width % 16, height % 16), (0, 0));
        assert!((f64::from(width) / f64::from(height) - 0.8).abs() < 0.01);
        let old = Sizing::List(vec![(1024, 1024), (1536, 1024), (1024, 1536)]);
        assert_eq!(capable(old.clone()).size_for(1080, 1920), (1024, 1536));
        assert_eq!(capable(old).size_for(1920, 1080), (1536, 1024));
    }

    #[test]
    fn every_size_is_within_the_limits() {
        for (width, height) in [(1080, 1920), (1080, 1440), (1080, 1350), (1080, 1080), (1440, 1080), (1920, 1080)] {
            let (w, h) = capable(SEEDREAM).size_for(width, height);
            let pixels = u64::from(w) * u64::from(h);
            assert!((3_686_400..=16_777_216).contains(&pixels), "{width}×{height} → {w}×{h}");
            assert!((f64::from(w) / f64::from(h) / (f64::from(width) / f64::from(height))).ln().abs() < 0.01);
        }
    }

    #[test]
    fn the_least_important_pictures_are_left_out() {
        let image = |role, bytes: usize| super::super::InputImage {
            role,
            bytes: vec![0; bytes].into(),
            media_type: "image/png",
            width: 1,
            height: 1,
        };
        let mut request = ImageRequest {
            purpose: Purpose::Poster,
            prompt: String::new(),
            negative: String::new(),
            images: vec![
                image(ImageRole::StyleAnchor, 10),
                image(ImageRole::Detail, 10),
                image(ImageRole::Product, 10),
                image(ImageRole::Reference, 1000),
            ],
            mask: Some(vec![1].into()),
            width: 1,
            height: 1,
            seed: 0,
            scene: None,
        };
        capable(SEEDREAM).fit(&mut request);
        let roles: Vec<ImageRole> = request.images.iter().map(|image| image.role).collect();
        assert_eq!(roles, [ImageRole::Product, ImageRole::Detail]);
        assert!(request.mask.is_none());
    }
}
