//! The part of a picture that something lies in: most of a photo is ground far from it, at which nobody has to look.

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) left: usize,
    /// One past the last column.
    pub(super) right: usize,
    pub(super) top: usize,
    /// One past the last row.
    pub(super) bottom: usize,
}

impl Bounds {
    /// All of a picture.
    pub(super) const fn whole(width: usize, height: usize) -> Self {
        Self { left: 0, right: width, top: 0, bottom: height }
    }

    /// The smallest that holds these pixels of a picture; empty without any.
    pub(super) fn of_pixels(pixels: &[usize], width: usize) -> Self {
        pixels.iter().map(|&at| (at / width, at % width)).fold(Self::default(), |found, (y, x)| found.with(y, x, x))
    }

    /// The smallest that holds all that is set; empty where nothing is.
    pub(super) fn of_mask(mask: &[bool], width: usize) -> Self {
        let set = |row: &[bool]| Some((row.iter().position(|&set| set)?, row.iter().rposition(|&set| set)?));
        let rows = mask.chunks_exact(width.max(1)).enumerate();
        rows.filter_map(|(y, row)| Some((y, set(row)?)))
            .fold(Self::default(), |found, (y, (first, last))| found.with(y, first, last))
    }

    /// With these columns of a row as well, first and last.
    fn with(self, y: usize, first: usize, last: usize) -> Self {
        if self.is_empty() {
            return Self { left: first, right: last + 1, top: y, bottom: y + 1 };
        }
        Self {
            left: self.left.min(first),
            right: self.right.max(last + 1),
            top: self.top.min(y),
            bottom: self.bottom.max(y + 1),
        }
    }

    /// With so many pixels more on each side, as far as the picture goes.
    pub(super) fn grown(self, by: usize, width: usize, height: usize) -> Self {
        Self {
            left: self.left.saturating_sub(by),
            right: (self.right + by).min(width),
            top: self.top.saturating_sub(by),
            bottom: (self.bottom + by).min(height),
        }
    }

    pub(super) const fn width(self) -> usize {
        self.right - self.left
    }

    pub(super) const fn height(self) -> usize {
        self.bottom - self.top
    }

    const fn is_empty(self) -> bool {
        self.right <= self.left
    }

    /// Where each of its rows lies in a picture this wide.
    pub(super) fn rows(self, width: usize) -> impl Iterator<Item = std::ops::Range<usize>> + Clone {
        (self.top..self.bottom).map(move |y| y * width + self.left..y * width + self.right)
    }

    /// This part of a picture this wide, one value a pixel.
    pub(super) fn part<T: Copy>(self, picture: &[T], width: usize) -> Vec<T> {
        self.rows(width).flat_map(|row| &picture[row]).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_what_is_set_and_no_more() {
        // . . . .
        // . . # .
        // . # . .
        // . . . .
        let mut mask = [false; 16];
        (mask[6], mask[9]) = (true, true);
        let bounds = Bounds { left: 1, right: 3, top: 1, bottom: 3 };
        assert_eq!((Bounds::of_mask(&mask, 4), Bounds::of_pixels(&[9, 6], 4)), (bounds, bounds));
        assert_eq!(bounds.part(&mask, 4), [false, true, true, false]);
        assert_eq!(bounds.grown(1, 4, 4), Bounds::whole(4, 4));
        assert_eq!(bounds.grown(9, 4, 4), Bounds::whole(4, 4));
        assert_eq!(Bounds::of_mask(&[false; 16], 4).part(&mask, 4), []);
        assert_eq!(Bounds::of_pixels(&[], 4).grown(1, 4, 4).width(), 1);
    }
}
