//! Metadata in JPEG files: one XMP packet, written and read by segment.
//!
//! Nothing here touches a pixel: the compressed data is copied as it is.

/// What precedes a packet in its segment.
const XMP_HEADER: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// The longest packet one segment holds: its two length bytes count themselves and the header.
pub const XMP_BYTES_MAX: usize = 65_535 - 2 - XMP_HEADER.len();

/// What a packet adds to the file beside its own bytes: marker, length and header.
pub const XMP_OVERHEAD: usize = 4 + XMP_HEADER.len();

/// Why a packet could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// The file has no JPEG structure up to its picture data.
    #[error("not a JPEG file")]
    NotJpeg,
    /// The packet does not fit into one segment.
    #[error("a packet of {0} bytes is longer than a segment")]
    TooLong(usize),
}

const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const START_OF_SCAN: u8 = 0xDA;

/// One segment before the picture data.
struct Segment<'a> {
    marker: u8,
    /// Where it begins in the file, at its `FF`.
    start: usize,
    /// Where the next one begins.
    end: usize,
    payload: &'a [u8],
}

/// The segments up to the picture data; `None` where the structure does not hold.
fn segments(jpeg: &[u8]) -> Option<Vec<Segment<'_>>> {
    if !jpeg.starts_with(&[0xFF, 0xD8]) {
        return None;
    }
    let mut found = Vec::new();
    let mut at = 2;
    loop {
        if *jpeg.get(at)? != 0xFF {
            return None;
        }
        // Any number of fill bytes may stand before a marker.
        let start = at;
        while *jpeg.get(at)? == 0xFF {
            at += 1;
        }
        let marker = jpeg[at];
        if marker == START_OF_SCAN {
            return Some(found);
        }
        let length = usize::from(u16::from_be_bytes([*jpeg.get(at + 1)?, *jpeg.get(at + 2)?]));
        let end = at + 1 + length;
        let payload = (length >= 2).then(|| jpeg.get(at + 3..end)).flatten()?;
        found.push(Segment { marker, start, end, payload });
        at = end;
    }
}

/// The file with this XMP packet, in place of one it had.
///
/// The packet follows the JFIF header and comes before everything else, where readers look for it.
///
/// # Errors
/// `NotJpeg` for anything else, `TooLong` above [`XMP_BYTES_MAX`].
pub fn jpeg_with_xmp(jpeg: &[u8], packet: &str) -> Result<Vec<u8>, MetadataError> {
    if packet.len() > XMP_BYTES_MAX {
        return Err(MetadataError::TooLong(packet.len()));
    }
    let segments = segments(jpeg).ok_or(MetadataError::NotJpeg)?;
    let length =
        u16::try_from(2 + XMP_HEADER.len() + packet.len()).map_err(|_| MetadataError::TooLong(packet.len()))?;
    let place = segments.iter().take_while(|segment| segment.marker == APP0).last().map_or(2, |segment| segment.end);
    let mut written = Vec::with_capacity(jpeg.len() + packet.len() + XMP_OVERHEAD);
    written.extend_from_slice(&jpeg[..place]);
    written.extend_from_slice(&[0xFF, APP1]);
    written.extend_from_slice(&length.to_be_bytes());
    written.extend_from_slice(XMP_HEADER);
    written.extend_from_slice(packet.as_bytes());
    let mut from = place;
    for old in segments.iter().filter(|segment| segment.start >= place && is_xmp(segment)) {
        written.extend_from_slice(&jpeg[from..old.start]);
        from = old.end;
    }
    written.extend_from_slice(&jpeg[from..]);
    Ok(written)
}

/// The XMP packet of a JPEG file, if it has one that is text.
pub fn jpeg_xmp(jpeg: &[u8]) -> Option<&str> {
    let segments = segments(jpeg)?;
    let found = segments.iter().find(|segment| is_xmp(segment))?;
    std::str::from_utf8(&found.payload[XMP_HEADER.len()..]).ok()
}

fn is_xmp(segment: &Segment<'_>) -> bool {
    segment.marker == APP1 && segment.payload.starts_with(XMP_HEADER)
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;
    use crate::{ImageLimits, decode, encode_jpeg};

    fn jpeg() -> Vec<u8> {
        encode_jpeg(&RgbaImage::from_fn(40, 30, |x, y| Rgba([x as u8 * 6, y as u8 * 8, 90, 255])), 90)
    }

    #[test]
    fn what_is_written_is_read_and_the_pixels_stay() {
        let plain = jpeg();
        assert_eq!(jpeg_xmp(&plain), None);
        let marked = jpeg_with_xmp(&plain, "<x>海报</x>").expect("a JPEG");
        assert_eq!(jpeg_xmp(&marked), Some("<x>海报</x>"));
        assert_eq!(marked.len(), plain.len() + "<x>海报</x>".len() + XMP_OVERHEAD);
        let pixels = |bytes: &[u8]| decode(bytes, &ImageLimits::default()).expect("a picture").pixels;
        assert_eq!(pixels(&marked), pixels(&plain));
        // A second packet takes the place of the first one.
        let again = jpeg_with_xmp(&marked, "<y/>").expect("a JPEG");
        assert_eq!(jpeg_xmp(&again), Some("<y/>"));
        assert_eq!(again.len(), plain.len() + 4 + XMP_OVERHEAD);
    }

    #[test]
    fn a_packet_longer_than_a_segment_is_refused() {
        let longest = "x".repeat(XMP_BYTES_MAX);
        assert_eq!(jpeg_xmp(&jpeg_with_xmp(&jpeg(), &longest).expect("it fits")), Some(longest.as_str()));
        let longer = "x".repeat(XMP_BYTES_MAX + 1);
        assert_eq!(jpeg_with_xmp(&jpeg(), &longer), Err(MetadataError::TooLong(XMP_BYTES_MAX + 1)));
    }

    #[test]
    fn odd_input_is_refused_and_never_a_panic() {
        for odd in [
            &b""[..],
            b"\xFF",
            b"\xFF\xD8",
            b"\xFF\xD8\xFF",
            b"\x89PNG\r\n",
            b"\xFF\xD8\xFF\xE1\0\0",
            b"\xFF\xD8\xFF\xE1\0\x01",
        ] {
            assert_eq!(jpeg_with_xmp(odd, "<x/>"), Err(MetadataError::NotJpeg), "{odd:?}");
            assert_eq!(jpeg_xmp(odd), None);
        }
        let whole = jpeg_with_xmp(&jpeg(), "<x/>").expect("a JPEG");
        for length in 0..whole.len().min(700) {
            let _ = jpeg_xmp(&whole[..length]);
            let _ = jpeg_with_xmp(&whole[..length], "<y/>");
        }
        for at in 0..200 {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xA5;
            let _ = jpeg_with_xmp(&damaged, "<y/>");
        }
    }
}
