//! What a picture from outside may be, and what its refusal says.

use crate::Message;

/// Bounds a picture must keep before a single pixel of it is decoded.
///
/// Without them a one-megabyte file may claim 400 million pixels and cost more than a gigabyte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageLimits {
    /// Encoded size, in bytes.
    pub bytes_max: u64,
    /// Width times height, in pixels.
    pub pixels_max: u64,
    /// Longest side, in pixels.
    pub side_max: u32,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self { bytes_max: 20 * 1024 * 1024, pixels_max: 40_000_000, side_max: 8192 }
    }
}

impl ImageLimits {
    /// Refuses an encoded size: nothing at all, or too much.
    ///
    /// # Errors
    /// [`ImageRefusal::Empty`], [`ImageRefusal::TooManyBytes`].
    pub fn check_bytes(&self, bytes: u64) -> Result<(), ImageRefusal> {
        if bytes == 0 {
            return Err(ImageRefusal::Empty);
        }
        if bytes > self.bytes_max {
            return Err(ImageRefusal::TooManyBytes { bytes, bytes_max: self.bytes_max });
        }
        Ok(())
    }

    /// Refuses a size in pixels.
    ///
    /// # Errors
    /// [`ImageRefusal::SideTooLong`], [`ImageRefusal::TooManyPixels`]; [`ImageRefusal::Undecodable`]
    /// for a side of zero.
    pub fn check_size(&self, width: u32, height: u32) -> Result<(), ImageRefusal> {
        if width == 0 || height == 0 {
            return Err(ImageRefusal::Undecodable);
        }
        if width.max(height) > self.side_max {
            return Err(ImageRefusal::SideTooLong { width, height, side_max: self.side_max });
        }
        if u64::from(width) * u64::from(height) > self.pixels_max {
            return Err(ImageRefusal::TooManyPixels { width, height, pixels_max: self.pixels_max });
        }
        Ok(())
    }
}

/// The formats we take, told apart by magic bytes alone: a file name or a declared media type is
/// what the sender says, not what the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageKind {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG; of an animated one, the still picture.
    Png,
    /// WebP, lossy or lossless; of an animated one, the first frame.
    Webp,
}

impl ImageKind {
    /// Recognises the format of a file by its first bytes.
    pub fn from_magic(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if bytes.len() >= 12 && &bytes[..4] == b"RIFF" && &bytes[8..12] == b"WEBP" {
            Some(Self::Webp)
        } else {
            None
        }
    }

    /// Media type.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// File name extension, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }
}

/// What the header of a picture says, read without decoding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageHeader {
    /// Format.
    pub kind: ImageKind,
    /// Width of the upright picture, in pixels.
    pub width: u32,
    /// Height of the upright picture, in pixels.
    pub height: u32,
}

/// Why a picture was not taken. Holds nothing of the file itself, so it may be shown and logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageRefusal {
    /// Not one byte arrived.
    #[error("the file is empty")]
    Empty,
    /// Neither JPEG nor PNG nor WebP (a GIF, an SVG, a document, …).
    #[error("not a JPEG, PNG or WebP picture")]
    UnsupportedFormat,
    /// The file is larger than allowed.
    #[error("{bytes} bytes, more than {bytes_max}")]
    TooManyBytes {
        /// Size of the file, or as much of it as had arrived.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// The picture has more pixels than allowed.
    #[error("{width}x{height} pixels, more than {pixels_max} in all")]
    TooManyPixels {
        /// Width, in pixels.
        width: u32,
        /// Height, in pixels.
        height: u32,
        /// The limit, width times height.
        pixels_max: u64,
    },
    /// One side is longer than allowed.
    #[error("{width}x{height} pixels, a side longer than {side_max}")]
    SideTooLong {
        /// Width, in pixels.
        width: u32,
        /// Height, in pixels.
        height: u32,
        /// The limit for each side.
        side_max: u32,
    },
    /// The file is cut short, damaged, or not what its first bytes promise.
    #[error("the picture is damaged or incomplete")]
    Undecodable,
}

impl ImageRefusal {
    /// The refusal as a sentence for the person who sent the picture, with what to do about it.
    pub fn message(&self) -> Message {
        match *self {
            Self::Empty => Message::new(
                "这个文件是空的，请重新选择一张图片。",
                "This file is empty. Please choose the picture again.",
            ),
            Self::UnsupportedFormat => {
                Message::new("只支持 JPEG、PNG、WebP 图片。", "Only JPEG, PNG and WebP pictures are accepted.")
            }
            Self::TooManyBytes { bytes_max, .. } => Message::new(
                format!("图片文件过大，请控制在 {} MB 以内。", bytes_max >> 20),
                format!("The file is too large: at most {} MB, please.", bytes_max >> 20),
            ),
            Self::TooManyPixels { width, height, pixels_max } => Message::new(
                format!("图片像素过多（{width}×{height}），请缩小到 {} 万像素以内。", pixels_max / 10_000),
                format!(
                    "The picture is too large ({width}×{height}): at most {} megapixels, please.",
                    pixels_max / 1_000_000
                ),
            ),
            Self::SideTooLong { width, height, side_max } => Message::new(
                format!("图片边长过大（{width}×{height}），每边请不超过 {side_max} 像素。"),
                format!("The picture is too large ({width}×{height}): at most {side_max} pixels a side, please."),
            ),
            Self::Undecodable => Message::new(
                "图片已损坏或不完整，请重新导出后再上传。",
                "The picture is damaged or incomplete. Please export it again and retry.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_speaks_both_languages() {
        for refusal in [
            ImageRefusal::Empty,
            ImageRefusal::UnsupportedFormat,
            ImageRefusal::TooManyBytes { bytes: 30 << 20, bytes_max: 20 << 20 },
            ImageRefusal::TooManyPixels { width: 8000, height: 8000, pixels_max: 40_000_000 },
            ImageRefusal::SideTooLong { width: 20_000, height: 10, side_max: 8192 },
            ImageRefusal::Undecodable,
        ] {
            let Message { zh, en } = refusal.message();
            assert!(zh.chars().any(|c| ('一'..='龥').contains(&c)), "{zh}");
            assert!(en.chars().all(|c| !('一'..='龥').contains(&c)), "{en}");
        }
    }

    #[test]
    fn limits_are_inclusive() {
        let limits = ImageLimits { bytes_max: 10, pixels_max: 100, side_max: 20 };
        assert_eq!(limits.check_bytes(10), Ok(()));
        assert_eq!(limits.check_bytes(11), Err(ImageRefusal::TooManyBytes { bytes: 11, bytes_max: 10 }));
        assert_eq!(limits.check_size(20, 5), Ok(()));
        assert!(matches!(limits.check_size(21, 1), Err(ImageRefusal::SideTooLong { .. })));
        assert!(matches!(limits.check_size(11, 10), Err(ImageRefusal::TooManyPixels { .. })));
        assert_eq!(limits.check_size(0, 10), Err(ImageRefusal::Undecodable));
    }
}
