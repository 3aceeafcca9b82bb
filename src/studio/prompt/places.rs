//! Places on a picture in words: models follow "the top third" better than fractions.

use crate::providers::image::{Area, PromptLanguage};

const ROWS: [(&str, &str); 3] = [("上部", "top"), ("中部", "middle"), ("下部", "bottom")];
const COLUMNS: [(&str, &str); 3] = [("左侧", "left"), ("中间", "centre"), ("右侧", "right")];
/// The share of a cell that an area has to cover for the cell to count.
const COVERED_MIN: f32 = 0.15;

fn pick(words: (&'static str, &'static str), language: PromptLanguage) -> &'static str {
    match language {
        PromptLanguage::Chinese => words.0,
        PromptLanguage::English => words.1,
    }
}

/// The cells of a three by three grid that these areas touch, in words; empty for none.
pub(super) fn cells(areas: &[Area], language: PromptLanguage) -> String {
    let is_covered = |row: usize, column: usize| covered(areas, row, column) >= COVERED_MIN;
    if (0..9).all(|cell| is_covered(cell / 3, cell % 3)) {
        return pick(("整个画面", "the whole picture"), language).to_owned();
    }
    let mut rows = Vec::new();
    for (row, row_words) in ROWS.into_iter().enumerate() {
        let columns: Vec<usize> = (0..3).filter(|column| is_covered(row, *column)).collect();
        let row_name = pick(row_words, language);
        let words = match (columns.as_slice(), language) {
            ([], _) => continue,
            ([0, 1, 2], PromptLanguage::English) => format!("the whole {row_name}"),
            ([0, 1, 2], PromptLanguage::Chinese) => format!("整个{row_name}"),
            (some, PromptLanguage::English) => {
                let names: Vec<&str> = some.iter().map(|column| COLUMNS[*column].1).collect();
                format!("the {row_name} {}", names.join(" and "))
            }
            (some, PromptLanguage::Chinese) => {
                let names: Vec<&str> = some.iter().map(|column| COLUMNS[*column].0).collect();
                format!("{row_name}{}", names.join("与"))
            }
        };
        rows.push(words);
    }
    rows.join(match language {
        PromptLanguage::English => " and ",
        PromptLanguage::Chinese => "、",
    })
}

fn covered(areas: &[Area], row: usize, column: usize) -> f32 {
    let (left, top) = (column as f32 / 3.0, row as f32 / 3.0);
    let overlap = |[x, y, w, h]: Area| {
        let width = (x + w).min(left + 1.0 / 3.0) - x.max(left);
        let height = (y + h).min(top + 1.0 / 3.0) - y.max(top);
        width.max(0.0) * height.max(0.0) * 9.0
    };
    areas.iter().copied().map(overlap).sum()
}

/// The cell in which the middle of an area lies, in words.
pub(super) fn cell([x, y, w, h]: Area, language: PromptLanguage) -> String {
    let third = |at: f32| ((at * 3.0) as usize).min(2);
    let (row, column) = (third(y + h * 0.5), third(x + w * 0.5));
    match language {
        PromptLanguage::English => format!("the {} {}", ROWS[row].1, COLUMNS[column].1),
        PromptLanguage::Chinese => format!("{}{}", ROWS[row].0, COLUMNS[column].0),
    }
}

/// Where one area lies and how tall it is, in words.
pub(super) fn place(area: Area, language: PromptLanguage) -> String {
    let h = area[3];
    let cell = cell(area, language);
    // In steps of five: finer figures would pretend to a precision that no model has.
    let percent = ((h * 20.0).round() as u32 * 5).clamp(5, 100);
    match language {
        PromptLanguage::English => {
            format!("{cell} (about {percent}% of the height)")
        }
        PromptLanguage::Chinese => {
            format!("{cell}（约占{percent}%高）")
        }
    }
}

/// The box of an area as shares of the picture, in words.
pub(super) fn boxed([x, y, w, h]: Area, language: PromptLanguage) -> String {
    let percent = |share: f32| (share * 100.0).round().clamp(0.0, 100.0) as u32;
    let (left, right, top, bottom) = (percent(x), percent(x + w), percent(y), percent(y + h));
    match language {
        PromptLanguage::English => {
            format!("from {left}% to {right}% of the width and {top}% to {bottom}% of the height")
        }
        PromptLanguage::Chinese => format!("横向{left}%–{right}%，纵向{top}%–{bottom}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_told_by_rows() {
        let areas = [[0.05, 0.05, 0.9, 0.2], [0.7, 0.4, 0.25, 0.2]];
        assert_eq!(cells(&areas, PromptLanguage::English), "the whole top and the middle right");
        assert_eq!(cells(&areas, PromptLanguage::Chinese), "整个上部、中部右侧");
        assert_eq!(cells(&[[0.0, 0.7, 0.6, 0.3]], PromptLanguage::English), "the bottom left and centre");
        assert_eq!(cells(&[], PromptLanguage::English), "");
        assert_eq!(cells(&[[0.0, 0.0, 1.0, 1.0]], PromptLanguage::Chinese), "整个画面");
        assert_eq!(cells(&[[0.0, 0.0, 0.02, 0.02]], PromptLanguage::English), "", "a speck");
    }

    #[test]
    fn one_area_is_told_with_its_height() {
        let focus = [0.25, 0.4, 0.5, 0.48];
        assert_eq!(place(focus, PromptLanguage::English), "the middle centre (about 50% of the height)");
        assert_eq!(place(focus, PromptLanguage::Chinese), "中部中间（约占50%高）");
    }
}
