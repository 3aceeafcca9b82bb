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

/// How many islands a connected piece encloses, by Euler's formula on its cells.
pub(super) fn islands(piece: &[usize], width: usize, length: usize) -> i64 {
    let mut mask = vec![false; length + width + 1];
    for &at in piece {
        mask[at] = true;
    }
    let (mut edges, mut squares) = (0_i64, 0_i64);
    for &at in piece {
        let (right, below) = (mask[at + 1] && (at + 1) % width != 0, mask[at + width]);
        edges += i64::from(right) + i64::from(below);
        squares += i64::from(right && below && mask[at + width + 1]);
    }
    1 - (piece.len() as i64 - edges + squares)
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
        assert_eq!(islands(&pieces[0], width, picture.len()), 2);
        assert_eq!(islands(&pieces[1], width, picture.len()), 0);
    }
}
