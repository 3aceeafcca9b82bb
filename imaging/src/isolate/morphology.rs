//! Masks as rows of `bool`: growing, shrinking, flooding, counting pieces.

use super::bounds::Bounds;

/// Adds the eight neighbours.
pub(super) fn dilate(mask: &[bool], width: usize) -> Vec<bool> {
    let height = mask.len() / width.max(1);
    // Neighbours are read as slices, so that the compiler takes sixteen pixels at a time.
    let mut across = mask.to_vec();
    for (source, target) in mask.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for (target, &left) in target[1..].iter_mut().zip(source) {
            *target |= left;
        }
        for (target, &right) in target.iter_mut().zip(&source[1..]) {
            *target |= right;
        }
    }
    let mut out = across.clone();
    let below = width.min(mask.len());
    for (out, &above) in out[below..].iter_mut().zip(&across) {
        *out |= above;
    }
    for (out, &below) in out.iter_mut().zip(&across[below..height * width]) {
        *out |= below;
    }
    out
}

/// The up to four neighbours of a pixel.
pub(super) fn neighbours(at: usize, width: usize, length: usize) -> impl Iterator<Item = usize> {
    let x = at % width;
    [
        (x > 0).then(|| at - 1),
        (x + 1 < width).then(|| at + 1),
        (at >= width).then(|| at - width),
        (at + width < length).then(|| at + width),
    ]
    .into_iter()
    .flatten()
}

/// A stretch of set pixels in one row.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    /// The run that speaks for its piece, as far as is known: an earlier one, or itself.
    parent: usize,
}

/// The runs of a mask, those of one piece under one parent.
///
/// Pieces hang together by the sides of their pixels. Rows are compared run by run, so that the price is
/// that of the outline and not that of the area.
struct Runs(Vec<Run>);

impl Runs {
    /// The runs of each row, not joined.
    fn rows_only(mask: &[bool], width: usize) -> impl Iterator<Item = Run> {
        mask.chunks_exact(width.max(1)).enumerate().flat_map(move |(y, row)| {
            let mut x = 0;
            std::iter::from_fn(move || {
                let start = row[x..].iter().position(|&set| set).map(|skip| x + skip)?;
                x = row[start..].iter().position(|&set| !set).map_or(width, |length| start + length);
                Some(Run { start: y * width + start, end: y * width + x, parent: 0 })
            })
        })
    }

    fn of(mask: &[bool], width: usize) -> Self {
        let mut runs = Self(Vec::new());
        let mut above = 0..0;
        for row in mask.chunks_exact(width.max(1)).enumerate() {
            let first = runs.0.len();
            let offset = row.0 * width;
            for run in Self::rows_only(row.1, width) {
                let parent = runs.0.len();
                runs.0.push(Run { start: offset + run.start, end: offset + run.end, parent });
            }
            let mut upper = above.start;
            for index in first..runs.0.len() {
                let (start, end) = (runs.0[index].start - width.min(runs.0[index].start), runs.0[index].end);
                while upper < above.end && runs.0[upper].end <= start {
                    upper += 1;
                }
                let mut touching = upper;
                while touching < above.end && runs.0[touching].start + width < end {
                    runs.join(touching, index);
                    touching += 1;
                }
            }
            above = first..runs.0.len();
        }
        for index in 0..runs.0.len() {
            runs.0[index].parent = runs.root(index);
        }
        runs
    }

    fn root(&self, mut index: usize) -> usize {
        while self.0[index].parent != index {
            index = self.0[index].parent;
        }
        index
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)].parent = one.min(other);
    }

    /// The run that holds a pixel.
    fn holding(&self, at: usize) -> Option<usize> {
        let next = self.0.partition_point(|run| run.end <= at);
        self.0.get(next).is_some_and(|run| run.start <= at).then_some(next)
    }
}

/// Everything the starting pixels reach through `allowed`.
pub(super) fn reach(allowed: &[bool], starts: impl Iterator<Item = usize>, width: usize) -> Vec<bool> {
    let runs = Runs::of(allowed, width);
    let mut is_reached = vec![false; runs.0.len()];
    for run in starts.filter(|&at| allowed[at]).filter_map(|at| runs.holding(at)) {
        is_reached[runs.0[run].parent] = true;
    }
    let mut reached = vec![false; allowed.len()];
    for run in runs.0.iter().filter(|run| is_reached[run.parent]) {
        reached[run.start..run.end].fill(true);
    }
    reached
}

/// The connected pieces of a mask, each a list of pixels.
pub(super) fn pieces(mask: &[bool], width: usize) -> Vec<Vec<usize>> {
    let runs = Runs::of(mask, width);
    let mut place = vec![usize::MAX; runs.0.len()];
    let mut pieces: Vec<Vec<usize>> = Vec::new();
    for run in &runs.0 {
        if place[run.parent] == usize::MAX {
            place[run.parent] = pieces.len();
            pieces.push(Vec::new());
        }
        pieces[place[run.parent]].extend(run.start..run.end);
    }
    pieces
}

/// How many islands of at least `area_min` pixels a connected piece encloses.
pub(super) fn islands(piece: &[usize], width: usize, length: usize, area_min: usize) -> usize {
    // An island lies within the piece's own bounds. With a pixel more around them, whatever reaches their
    // side is seen to go on.
    let part = Bounds::of_pixels(piece, width).grown(1, width, length / width.max(1));
    let columns = part.width();
    let mut others = vec![true; columns * part.height()];
    for &at in piece {
        others[(at / width - part.top) * columns + at % width - part.left] = false;
    }
    let runs = Runs::of(&others, columns);
    let mut size = vec![0; runs.0.len()];
    let mut is_open = vec![false; runs.0.len()];
    for run in &runs.0 {
        size[run.parent] += run.end - run.start;
        let is_outer_row = run.start < columns || run.end + columns > others.len();
        is_open[run.parent] |= is_outer_row || run.start % columns == 0 || run.end % columns == 0;
    }
    size.iter().zip(is_open).filter(|&(&size, is_open)| size >= area_min.max(1) && !is_open).count()
}

/// Keeps what has all its neighbours within `radius`; beyond the picture the mask is taken to go on.
pub(super) fn erode_by(mask: &[bool], width: usize, radius: usize) -> Vec<bool> {
    let inverse: Vec<bool> = mask.iter().map(|&set| !set).collect();
    let mut eroded = dilate_by(&inverse, width, radius);
    for set in &mut eroded {
        *set = !*set;
    }
    eroded
}

/// [`dilate`] `radius` times, in one pass: runs grow along their row, and each column remembers how far
/// the last set pixel lies behind.
pub(super) fn dilate_by(mask: &[bool], width: usize, radius: usize) -> Vec<bool> {
    let height = mask.len() / width.max(1);
    let mut across = vec![false; mask.len()];
    for run in Runs::rows_only(mask, width) {
        let row = run.start / width * width;
        across[run.start.saturating_sub(radius).max(row)..(run.end + radius).min(row + width)].fill(true);
    }
    let mut out = across.clone();
    // Counted in bytes, which the compiler does sixteen at a time.
    let far = u8::try_from(radius).unwrap_or(u8::MAX - 1);
    let mut since = vec![u8::MAX; width];
    let mut sweep = |y: usize, since: &mut [u8]| {
        let row = y * width..(y + 1) * width;
        for ((out, across), since) in out[row.clone()].iter_mut().zip(&across[row]).zip(since) {
            *since = if *across { 0 } else { since.saturating_add(1) };
            *out |= *since <= far;
        }
    };
    for y in 0..height {
        sweep(y, &mut since);
    }
    since.fill(u8::MAX);
    for y in (0..height).rev() {
        sweep(y, &mut since);
    }
    out
}

/// Every pixel on the rim of a picture.
pub(super) fn rim(width: usize, height: usize) -> impl Iterator<Item = usize> {
    (0..width)
        .flat_map(move |x| [x, (height - 1) * width + x])
        .chain((0..height).flat_map(move |y| [y * width, y * width + width - 1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(rows: &[&str]) -> (Vec<bool>, usize) {
        (rows.concat().chars().map(|c| c == '#').collect(), rows[0].len())
    }

    /// Keeps what has all its eight neighbours: one step of [`erode_by`].
    fn erode(mask: &[bool], width: usize) -> Vec<bool> {
        let inverse: Vec<bool> = mask.iter().map(|&set| !set).collect();
        dilate(&inverse, width).iter().map(|&set| !set).collect()
    }

    #[test]
    fn growing_and_shrinking_are_inverse_on_a_block() {
        let (block, width) = mask(&[".......", ".......", "..###..", "..###..", "..###..", ".......", "......."]);
        assert_eq!(erode(&dilate(&block, width), width), block);
        assert_eq!(erode(&block, width).iter().filter(|&&set| set).count(), 1);
    }

    #[test]
    fn one_pass_equals_many() {
        let mask: Vec<bool> = (0..35 * 20).map(|i| (i * i + i / 7) % 83 == 0).collect();
        let (mut grown, mut shrunk) = (mask.clone(), dilate_by(&mask, 35, 5));
        for _ in 0..3 {
            grown = dilate(&grown, 35);
        }
        assert_eq!(dilate_by(&mask, 35, 3), grown);
        let many = shrunk.clone();
        for _ in 0..2 {
            shrunk = erode(&shrunk, 35);
        }
        assert_eq!(erode_by(&many, 35, 2), shrunk);
    }

    #[test]
    fn a_flood_does_not_pass_a_closed_wall() {
        let (open, width) = mask(&["#####", "#...#", "#.#.#", "#...#", "#####"]);
        let reached = reach(&open, rim(5, 5), width);
        assert_eq!(reached.iter().filter(|&&set| set).count(), 16);
        assert!(!reached[12]);
    }

    #[test]
    fn pieces_and_their_islands_are_counted() {
        let (picture, width) = mask(&["#####..#", "#.#.#..#", "#####...", "........"]);
        let pieces = pieces(&picture, width);
        assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [13, 2]);
        assert_eq!(islands(&pieces[0], width, picture.len(), 1), 2);
        assert_eq!(islands(&pieces[1], width, picture.len(), 1), 0);
        assert_eq!(islands(&[], width, picture.len(), 1), 0);
    }

    /// Every component of the rest of the whole picture that keeps away from its sides.
    fn islands_of_all(piece: &[usize], width: usize, length: usize, area_min: usize) -> usize {
        let others: Vec<bool> = (0..length).map(|at| !piece.contains(&at)).collect();
        let inland = |at: usize| neighbours(at, width, length).count() == 4;
        let islands = pieces(&others, width);
        islands.iter().filter(|island| island.len() >= area_min && island.iter().all(|&at| inland(at))).count()
    }

    #[test]
    fn islands_are_the_same_within_the_bounds_of_a_piece() {
        let (width, mut seen) = (23, 0);
        for seed in 1..40_usize {
            let mask: Vec<bool> = (0..width * 17).map(|at| (at * at * seed + at / 5) % 11 > 3).collect();
            for piece in pieces(&mask, width) {
                for area_min in [1, 2] {
                    let found = islands(&piece, width, mask.len(), area_min);
                    assert_eq!(found, islands_of_all(&piece, width, mask.len(), area_min));
                    seen += found;
                }
            }
        }
        assert!(seen > 100, "{seen} islands");
    }
}
