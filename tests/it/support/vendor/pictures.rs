//! Pictures that vendors send, and things that look like them.

use std::{
    collections::HashMap,
    io::Cursor,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::Value;

use super::{Books, Broken, Reply, Seen, UrlFault};

/// A file and its base64.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) bytes: Bytes,
    pub(super) base64: String,
}

impl Made {
    fn of(bytes: Vec<u8>) -> Self {
        Self { base64: STANDARD.encode(&bytes), bytes: bytes.into() }
    }

    /// A picture with another colour wherever its mask is see-through.
    pub(super) fn edited(base: &[u8], mask: &[u8]) -> Arc<Self> {
        let read = |bytes: &[u8]| image::load_from_memory(bytes).expect("a picture was sent").to_rgba8();
        let (mut pixels, mask) = (read(base), read(mask));
        for (x, y, pixel) in pixels.enumerate_pixels_mut() {
            if mask.get_pixel_checked(x, y).is_some_and(|mask| mask[3] < 128) {
                *pixel = image::Rgba([240, (120 + (x + y) % 40) as u8, 20, 255]);
            }
        }
        let mut bytes = Cursor::new(Vec::new());
        pixels.write_to(&mut bytes, ImageFormat::Png).expect("a picture in memory is written");
        Arc::new(Self::of(bytes.into_inner()))
    }
}

type Key = ((u32, u32), Option<Broken>);

/// Everything drawn so far, for all servers of the process: drawing costs more than sending.
#[derive(Default)]
pub(super) struct Pictures(Mutex<HashMap<Key, Arc<Made>>>);

pub(super) static PICTURES: LazyLock<Pictures> = LazyLock::new(Pictures::default);

impl Pictures {
    /// A quiet gradient with a few shapes: nothing that a check could take for blank.
    pub(super) fn good(&self, size: (u32, u32)) -> Arc<Made> {
        self.kept((size, None), || Made::of(png(&drawn(size))))
    }

    pub(super) fn broken(&self, size: (u32, u32), broken: Broken) -> Arc<Made> {
        self.kept((size, Some(broken)), || match broken {
            Broken::TruncatedBase64 => {
                let mut made = Made::of(png(&drawn(size)));
                let half = made.base64.len() / 8 * 4;
                made.base64.truncate(half + 1);
                made
            }
            Broken::TruncatedFile => {
                let mut bytes = png(&drawn(size));
                bytes.truncate(bytes.len() / 2);
                Made::of(bytes)
            }
            Broken::Words => Made::of(b"I would rather not.".to_vec()),
            Broken::WrongRatio => Made::of(png(&drawn((size.1, size.1 / 4)))),
            Broken::Bomb => Made::of(bomb()),
            Broken::Blank => Made::of(png(&RgbImage::from_pixel(size.0, size.1, Rgb([200, 200, 200])))),
        })
    }

    fn kept(&self, key: Key, draw: impl FnOnce() -> Made) -> Arc<Made> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(kept.entry(key).or_insert_with(|| Arc::new(draw())))
    }
}

/// Rows are drawn once and repeated: tests are built without optimisation.
fn drawn((width, height): (u32, u32)) -> RgbImage {
    const REPEATED: u32 = 16;
    let mut bytes = Vec::with_capacity((width * height * 3) as usize);
    for y in (0..height).step_by(REPEATED as usize) {
        let down = y * 120 / height.max(1);
        let row: Vec<u8> = (0..width)
            .flat_map(|x| {
                let across = x * 90 / width.max(1);
                let lift = if (across / 15 + down / 20) % 2 == 0 { 18 } else { 0 };
                [70 + across + lift, 60 + down + lift, 150 - across / 2 + lift].map(|channel| channel as u8)
            })
            .collect();
        for _ in y..height.min(y + REPEATED) {
            bytes.extend_from_slice(&row);
        }
    }
    RgbImage::from_raw(width, height, bytes).expect("every row was drawn")
}

fn png(pixels: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, ImageFormat::Png).expect("a picture in memory is written");
    bytes.into_inner()
}

/// A PNG whose head claims 60 000 × 60 000 pixels: 10 GB once unpacked.
fn bomb() -> Vec<u8> {
    let mut bytes = png(&RgbImage::new(1, 1));
    let side = 60_000_u32.to_be_bytes();
    bytes[16..20].copy_from_slice(&side);
    bytes[20..24].copy_from_slice(&side);
    // The checksum of the head covers its name and its thirteen bytes.
    let sum = crc32(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&sum);
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    let rest = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    });
    !rest
}

/// Answers at the addresses of results.
pub(super) fn file(books: &Books, seen: &Seen) -> Reply {
    let gone = || Reply::json(404, &Value::Null);
    let Some(name) = seen.path.strip_prefix("files/") else {
        // Whoever is led here finds something worth stealing.
        let is_bait = seen.path.starts_with("secret/");
        return if is_bait { Reply::bytes(200, "image/png", PICTURES.good((90, 160)).bytes.clone()) } else { gone() };
    };
    let found = {
        let mut memory = books.memory();
        memory.files.get_mut(name).map(|(fault, size, asked)| {
            *asked += 1;
            (*fault, *size, *asked)
        })
    };
    let Some((fault, size, asked)) = found else { return gone() };
    let port = books.address.port();
    match fault {
        UrlFault::Expired => {
            Reply::text(403, "<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>")
        }
        UrlFault::Redirected => {
            Reply::text(302, "").with("location", &format!("http://127.0.0.1:{port}/secret/{name}"))
        }
        UrlFault::Circle => Reply::text(302, "").with("location", &format!("http://localhost:{port}/files/{name}")),
        UrlFault::TooLarge => Reply::bytes(200, "image/png", vec![0; (30 << 20) + 1].into()),
        UrlFault::Flaky if asked <= 2 => Reply::text(503, ""),
        UrlFault::Holds(broken) => Reply::bytes(200, "image/png", PICTURES.broken(size, broken).bytes.clone()),
        _ => Reply::bytes(200, "image/png", PICTURES.good(size).bytes.clone()),
    }
}
