//! The outside of a picture file: its size, its orientation, and whether it is all there.
//!
//! Read from slices by hand, so that a hostile header costs microseconds and no allocation. A
//! decoder may forgive a file that stops in the middle and fill the rest with grey: whether the end
//! mark is present is therefore asked here.

use image::metadata::Orientation;

use super::limits::{ImageHeader, ImageKind, ImageLimits, ImageRefusal};

/// More scans than any camera or editor writes: each one makes a progressive decoder walk the whole
/// picture again, so a small file of thousands of scans is a bomb in time.
const JPEG_SCANS_MAX: usize = 100;

/// What the container says about the stored, not yet turned, pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) kind: ImageKind,
    pub(super) stored_width: u32,
    pub(super) stored_height: u32,
    pub(super) orientation: Orientation,
}

impl Container {
    /// Size of the picture as a viewer shows it.
    pub(super) fn upright(&self) -> (u32, u32) {
        match self.orientation {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => (self.stored_height, self.stored_width),
            _ => (self.stored_width, self.stored_height),
        }
    }
}

/// Reads format and upright size and checks them against the limits; decodes nothing.
///
/// # Errors
/// Every [`ImageRefusal`]; [`ImageRefusal::Undecodable`] only for a header that makes no sense. A
/// file cut short after its header passes here and is refused by [`decode`](super::decode).
pub fn probe(bytes: &[u8], limits: &ImageLimits) -> Result<ImageHeader, ImageRefusal> {
    let container = inspect(bytes, limits)?;
    let (width, height) = container.upright();
    Ok(ImageHeader { kind: container.kind, width, height })
}

/// [`probe`], with the orientation.
pub(super) fn inspect(bytes: &[u8], limits: &ImageLimits) -> Result<Container, ImageRefusal> {
    limits.check_bytes(bytes.len() as u64)?;
    let kind = ImageKind::from_magic(bytes).ok_or(ImageRefusal::UnsupportedFormat)?;
    let (size, exif) = match kind {
        ImageKind::Jpeg => jpeg_header(bytes),
        ImageKind::Png => (png_size(bytes), png_chunk(bytes, *b"eXIf")),
        ImageKind::Webp => (webp_size(bytes), webp_chunk(bytes, *b"EXIF")),
    };
    let (stored_width, stored_height) = size.ok_or(ImageRefusal::Undecodable)?;
    limits.check_size(stored_width, stored_height)?;
    let orientation = exif
        .map(|exif| exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
        .and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms);
    Ok(Container { kind, stored_width, stored_height, orientation })
}

/// Whether the file reaches its own end mark.
pub(super) fn is_complete(bytes: &[u8], kind: ImageKind) -> bool {
    match kind {
        ImageKind::Jpeg => jpeg_is_complete(bytes),
        ImageKind::Png => png_chunk(bytes, *b"IEND").is_some(),
        ImageKind::Webp => be_or_le(bytes, 4, false).is_some_and(|size| size as usize + 8 <= bytes.len()),
    }
}

fn be_or_le(bytes: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(if big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
}

/// One JPEG marker segment: its code and its payload (empty for the stand-alone marks).
pub(super) struct Segment<'a> {
    pub(super) code: u8,
    pub(super) payload: &'a [u8],
    /// Where the bytes after the segment begin.
    pub(super) end: usize,
}

pub(super) fn jpeg_segment(bytes: &[u8], mut at: usize) -> Option<Segment<'_>> {
    if *bytes.get(at)? != 0xFF {
        return None;
    }
    // Any number of FF may pad a marker.
    while *bytes.get(at)? == 0xFF {
        at += 1;
    }
    let code = bytes[at];
    at += 1;
    if code == 0xD9 || (0xD0..=0xD8).contains(&code) || code == 0x01 {
        return Some(Segment { code, payload: &[], end: at });
    }
    let length = usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let payload = bytes.get(at + 2..at + length.max(2))?;
    (length >= 2).then_some(Segment { code, payload, end: at + length })
}

const fn is_frame_header(code: u8) -> bool {
    matches!(code, 0xC0..=0xCF) && !matches!(code, 0xC4 | 0xC8 | 0xCC)
}

fn jpeg_header(bytes: &[u8]) -> (Option<(u32, u32)>, Option<&[u8]>) {
    let (mut at, mut exif) = (2, None);
    while let Some(segment) = jpeg_segment(bytes, at) {
        match segment.code {
            0xE1 if exif.is_none() => exif = segment.payload.strip_prefix(b"Exif\0\0"),
            code if is_frame_header(code) => {
                let size = segment.payload.get(1..5).map(|s| {
                    (u32::from(u16::from_be_bytes([s[2], s[3]])), u32::from(u16::from_be_bytes([s[0], s[1]])))
                });
                return (size, exif);
            }
            0xD9 | 0xDA => break,
            _ => {}
        }
        at = segment.end;
    }
    (None, None)
}

fn jpeg_is_complete(bytes: &[u8]) -> bool {
    let (mut at, mut scans) = (2, 0);
    while let Some(segment) = jpeg_segment(bytes, at) {
        at = segment.end;
        match segment.code {
            0xD9 => return scans > 0,
            0xDA => {
                scans += 1;
                if scans > JPEG_SCANS_MAX {
                    return false;
                }
                match entropy_coded_end(bytes, at) {
                    Some(end) => at = end,
                    None => return false,
                }
            }
            _ => {}
        }
    }
    false
}

/// Where the compressed data of a scan stops: the first marker that is neither a stuffed zero nor a
/// restart mark.
fn entropy_coded_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == 0xFF)?;
        match *bytes.get(at + 1)? {
            0x00 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => return Some(at),
        }
    }
}

fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    (bytes.get(12..16)? == b"IHDR").then_some(())?;
    Some((be_or_le(bytes, 16, true)?, be_or_le(bytes, 20, true)?))
}

fn png_chunk(bytes: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    let mut at = 8_usize;
    loop {
        let length = be_or_le(bytes, at, true)? as usize;
        let end = at.checked_add(8)?.checked_add(length)?;
        if bytes.get(at + 4..at + 8)? == name {
            // The checksum belongs to the chunk: without it the file was cut.
            bytes.get(end..end.checked_add(4)?)?;
            return bytes.get(at + 8..end);
        }
        at = end.checked_add(4)?;
    }
}

fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let u24 = |at: usize| Some(u32::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?, *bytes.get(at + 2)?, 0]));
    match bytes.get(12..16)? {
        b"VP8X" => Some((u24(24)? + 1, u24(27)? + 1)),
        b"VP8L" => {
            (*bytes.get(20)? == 0x2F).then_some(())?;
            let bits = be_or_le(bytes, 21, false)?;
            Some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1))
        }
        b"VP8 " => {
            (bytes.get(23..26)? == [0x9D, 0x01, 0x2A]).then_some(())?;
            let bits = be_or_le(bytes, 26, false)?;
            Some((bits & 0x3FFF, (bits >> 16) & 0x3FFF))
        }
        _ => None,
    }
}

fn webp_chunk(bytes: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    let mut at = 12_usize;
    loop {
        let length = be_or_le(bytes, at + 4, false)? as usize;
        let end = at.checked_add(8)?.checked_add(length)?;
        if bytes.get(at..at + 4)? == name {
            return bytes.get(at + 8..end);
        }
        at = end.checked_add(length & 1)?;
    }
}
