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

/// Everything the starting pixels reach through `allowed`.
pub(super) fn reach(allowed: &[bool], starts: impl Iterator<Item = usize>, width: usize) -> Vec<bool> {
    let mut reached = vec![false; allowed.len()];
    let mut stack: Vec<usize> = starts.filter(|&at| allowed[at]).collect();
    for &at in &stack {
        reached[at] = true;
    }
    while let Some(at) = stack.pop() {
        for next in neighbours(at, width, allowed.len()) {
            if allowed[next] && !reached[next] {
                reached[next] = true;
                stack.push(next);
            }
        }
    }
    reached
}

/// The connected pieces of a mask, each a list of pixels.
pub(super) fn pieces(mask: &[bool], width: usize) -> Vec<Vec<usize>> {
    let mut seen = vec![false; mask.len()];
    let mut pieces = Vec::new();
    for start in 0..mask.len() {
        if !mask[start] || seen[start] {
            continue;
        }
        seen[start] = true;
        let mut piece = vec![start];
        let mut next = 0;
        while next < piece.len() {
            for neighbour in neighbours(piece[next], width, mask.len()) {
                if mask[neighbour] && !seen[neighbour] {
                    seen[neighbour] = true;
                    piece.push(neighbour);
                }
            }
            next += 1;
        }
        pieces.push(piece);
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

/// [`dilate`] `radius` times, in one pass: each row and column remembers how far the last set
/// pixel lies behind.
pub(super) fn dilate_by(mask: &[bool], width: usize, radius: usize) -> Vec<bool> {
    let height = mask.len() / width.max(1);
    let mut across = vec![false; mask.len()];
    for (source, target) in mask.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        let mut since = usize::MAX;
        for x in 0..width {
            since = if source[x] { 0 } else { since.saturating_add(1) };
            target[x] = since <= radius;
        }
        since = usize::MAX;
        for x in (0..width).rev() {
            since = if source[x] { 0 } else { since.saturating_add(1) };
            target[x] |= since <= radius;
        }
    }
    let mut out = vec![false; mask.len()];
    let mut since = vec![usize::MAX; width];
    let mut sweep = |y: usize, since: &mut [usize]| {
        for x in 0..width {
            since[x] = if across[y * width + x] { 0 } else { since[x].saturating_add(1) };
            out[y * width + x] |= since[x] <= radius;
        }
    };
    for y in 0..height {
        sweep(y, &mut since);
    }
    since.fill(usize::MAX);
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
