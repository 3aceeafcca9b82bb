//! Masks as rows of `bool`: growing, shrinking, flooding, counting pieces.

/// Keeps what has all its eight neighbours; beyond the picture the mask is taken to go on.
pub(super) fn erode(mask: &[bool], width: usize) -> Vec<bool> {
    neighbourhood(mask, width, |a, b| a && b)
}

/// Adds the eight neighbours.
pub(super) fn dilate(mask: &[bool], width: usize) -> Vec<bool> {
    neighbourhood(mask, width, |a, b| a || b)
}

fn neighbourhood(mask: &[bool], width: usize, join: impl Fn(bool, bool) -> bool) -> Vec<bool> {
    let height = mask.len() / width.max(1);
    let mut across = vec![false; mask.len()];
    for (source, target) in mask.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for x in 0..width {
            target[x] = join(join(source[x.saturating_sub(1)], source[x]), source[(x + 1).min(width - 1)]);
        }
    }
    let mut out = vec![false; mask.len()];
    for y in 0..height {
        let (above, below) = (y.saturating_sub(1) * width, (y + 1).min(height - 1) * width);
        for x in 0..width {
            out[y * width + x] = join(join(across[above + x], across[y * width + x]), across[below + x]);
        }
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
    let mut others = vec![true; length];
    for &at in piece {
        others[at] = false;
    }
    let enclosed = |at: usize| {
        let x = at % width;
        x > 0 && x + 1 < width && at >= width && at + width < length
    };
    pieces(&others, width)
        .iter()
        .filter(|island| island.len() >= area_min && island.iter().all(|&at| enclosed(at)))
        .count()
}

/// [`erode`] `radius` times, in one pass.
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
    }
}
