//! How far each pixel is from the nearest one of a set.

/// Squared Euclidean distances to the nearest set pixel; infinite everywhere when none is set.
///
/// Exact and linear in the number of pixels (after Felzenszwalb and Huttenlocher, "Distance Transforms
/// of Sampled Functions", 2012): first along columns, then the lower envelope of parabolas along rows.
pub(crate) fn squared_distances(set: &[bool], width: usize) -> Vec<f32> {
    let width = width.max(1);
    let height = set.len() / width;
    let mut squared = vec![f32::INFINITY; set.len()];
    let mut since = vec![f32::INFINITY; width];
    for forward in [true, false] {
        since.fill(f32::INFINITY);
        for step in 0..height {
            let row = if forward { step } else { height - 1 - step } * width;
            for (x, since) in since.iter_mut().enumerate() {
                *since = if set[row + x] { 0.0 } else { *since + 1.0 };
                squared[row + x] = squared[row + x].min(*since * *since);
            }
        }
    }
    let mut hull: Vec<(usize, f32, f32)> = Vec::with_capacity(width);
    for row in squared.chunks_exact_mut(width) {
        hull.clear();
        for (x, &value) in row.iter().enumerate() {
            if value.is_infinite() {
                continue;
            }
            let mut from = f32::NEG_INFINITY;
            while let Some(&(at, low, begin)) = hull.last() {
                let (near, far) = (at as f32, x as f32);
                from = ((value + far * far) - (low + near * near)) / (2.0 * (far - near));
                if from > begin {
                    break;
                }
                hull.pop();
                from = f32::NEG_INFINITY;
            }
            hull.push((x, value, from));
        }
        let mut part = 0;
        for (x, value) in row.iter_mut().enumerate() {
            while part + 1 < hull.len() && hull[part + 1].2 <= x as f32 {
                part += 1;
            }
            if let Some(&(at, low, _)) = hull.get(part) {
                let off = x as f32 - at as f32;
                *value = low + off * off;
            }
        }
    }
    squared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_trying_every_pair() {
        let width = 23;
        for divisor in [7, 31, 97] {
            let set: Vec<bool> = (0..width * 17).map(|i| (i * i + 5 * i) % divisor == 3).collect();
            let found = squared_distances(&set, width);
            for (at, found) in found.iter().enumerate() {
                let nearest = (0..set.len())
                    .filter(|&other| set[other])
                    .map(|other| {
                        let dx = (at % width) as f32 - (other % width) as f32;
                        let dy = (at / width) as f32 - (other / width) as f32;
                        dx * dx + dy * dy
                    })
                    .fold(f32::INFINITY, f32::min);
                assert!(
                    (nearest.is_infinite() && found.is_infinite()) || (nearest - found).abs() < 1e-3,
                    "{at}: {nearest} {found}"
                );
            }
        }
    }
}
