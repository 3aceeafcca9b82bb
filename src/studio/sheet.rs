//! The measures of one poster: its size, its grid and the boxes cut out of it.

use crate::{domain::PosterFormat, providers::image::Area};

/// How a poster is arranged: the same slots stand differently in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// 9:16: one column, air between the parts.
    Tall,
    /// 3:4 and 4:5: one column, closer.
    Mid,
    /// Square and landscape: words at the left, picture at the right.
    Wide,
}

impl Shape {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Tall => "tall",
            Self::Mid => "mid",
            Self::Wide => "wide",
        }
    }
}

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Frame {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) w: f32,
    pub(super) h: f32,
}

impl Frame {
    pub(super) const fn new(x: f32, y: f32, w: f32, h: f32) -> Self {
        Self { x, y, w, h }
    }

    /// The inline style that puts an absolutely placed element here.
    pub(super) fn style(self) -> String {
        format!("left:{:.1}px;top:{:.1}px;width:{:.1}px;height:{:.1}px", self.x, self.y, self.w, self.h)
    }

    /// The largest box of this aspect (width ÷ height) that fits, centred, standing on the bottom
    /// edge when `grounded`.
    pub(super) fn contain(self, aspect: f32, grounded: bool) -> Self {
        let w = self.w.min(self.h * aspect);
        let h = w / aspect;
        let slack = self.h - h;
        Self::new(self.x + (self.w - w) * 0.5, self.y + if grounded { slack } else { slack * 0.5 }, w, h)
    }

    /// Scales around the middle of the bottom edge (or the centre).
    pub(super) fn scaled(self, factor: f32, grounded: bool) -> Self {
        let (w, h) = (self.w * factor, self.h * factor);
        let y = if grounded { self.y + self.h - h } else { self.y + (self.h - h) * 0.5 };
        Self::new(self.x + (self.w - w) * 0.5, y, w, h)
    }

    pub(super) fn bottom(self) -> f32 {
        self.y + self.h
    }

    pub(super) fn right(self) -> f32 {
        self.x + self.w
    }
}

/// The page that slots are cut from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sheet {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) shape: Shape,
    /// Pixels per `rem`, the unit of every style sheet: 10 on a 1080 × 1920 poster.
    pub(super) rem: f32,
}

impl Sheet {
    pub(super) fn new(format: PosterFormat) -> Self {
        let (width, height) = format.size();
        let (shape, rem) = match format {
            PosterFormat::Portrait9x16 => (Shape::Tall, 10.0),
            PosterFormat::Portrait3x4 => (Shape::Mid, 8.8),
            PosterFormat::Portrait4x5 => (Shape::Mid, 8.4),
            PosterFormat::Square1x1 => (Shape::Wide, 8.2),
            PosterFormat::Landscape4x3 => (Shape::Wide, 8.8),
            PosterFormat::Landscape16x9 => (Shape::Wide, 9.8),
        };
        Self { width, height, shape, rem }
    }

    pub(super) fn w(&self) -> f32 {
        self.width as f32
    }

    pub(super) fn h(&self) -> f32 {
        self.height as f32
    }

    /// Whether words at the left have too little width for columns: a square, or nearly one.
    pub(super) fn is_squarish(&self) -> bool {
        self.shape == Shape::Wide && self.w() < 1.5 * self.h()
    }

    /// The outer margin in pixels.
    pub(super) fn margin(&self) -> f32 {
        match self.shape {
            Shape::Tall => 80.0,
            Shape::Mid => 72.0,
            Shape::Wide => 64.0,
        }
    }

    /// A box given in thousandths of the page.
    pub(super) fn part(&self, x: f32, y: f32, w: f32, h: f32) -> Frame {
        let (sx, sy) = (self.w() / 1000.0, self.h() / 1000.0);
        Frame::new(x * sx, y * sy, w * sx, h * sy)
    }

    /// A box between the margins, from `top` to `bottom` in thousandths of the height.
    pub(super) fn band(&self, top: f32, bottom: f32) -> Frame {
        let m = self.margin();
        Frame::new(m, top * self.h() / 1000.0, self.w() - 2.0 * m, (bottom - top) * self.h() / 1000.0)
    }

    /// The same box as fractions of the page, for background painters.
    pub(super) fn area(&self, frame: Frame) -> Area {
        [frame.x / self.w(), frame.y / self.h(), frame.w / self.w(), frame.h / self.h()]
    }
}
