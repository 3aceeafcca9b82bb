//! Which files a marketplace's pack consists of.

use super::market::{Market, PictureKind, Slot};
use crate::domain::Dimension;

/// What a file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One poster, set anew.
    Poster(Dimension),
    /// The product on white.
    WhiteMain,
    /// All posters below one another; becomes as many files as it has slices.
    Detail,
}

/// One file to make.
#[derive(Clone, Debug)]
pub struct PlannedFile {
    /// Its slot.
    pub slot: &'static Slot,
    /// What it shows.
    pub subject: Subject,
    /// Its number within the slot, from 0.
    pub index: usize,
}

/// The files of a pack, given which posters there are. Posters that are missing leave no hole in the
/// numbers; the product on white is planned even without a cut-out, so that its absence is told.
pub fn plan_pack(market: &'static Market, posters: &[Dimension]) -> Vec<PlannedFile> {
    let files = |slot: &'static Slot| -> Vec<PlannedFile> {
        let file = |(index, subject)| PlannedFile { slot, subject, index };
        match slot.picture {
            PictureKind::Poster => {
                let there = slot.dimensions().filter(|dimension| posters.contains(dimension));
                there.map(Subject::Poster).enumerate().map(file).collect()
            }
            PictureKind::WhiteMain => vec![file((0, Subject::WhiteMain))],
            PictureKind::Detail => vec![file((0, Subject::Detail))],
        }
    };
    market.slots.iter().flat_map(files).collect()
}

/// The path of a slot's file within the pack.
pub fn file_name(slot: &Slot, index: usize) -> String {
    let number = slot.first_number + index;
    slot.file.replace("{n2}", &format!("{number:02}")).replace("{n}", &number.to_string())
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, path::Path};

    use super::*;
    use crate::exports::{market, markets};

    #[test]
    fn no_two_files_of_a_pack_share_a_name_and_all_stay_inside() {
        for market in markets() {
            let mut names = HashSet::new();
            for file in plan_pack(market, &Dimension::ALL) {
                let name = file_name(file.slot, file.index);
                assert_eq!(Path::new(&name).extension(), Some("jpg".as_ref()), "{name}");
                assert!(!name.contains(['{', '}', '\\', ':']), "{name}");
                assert!(!name.starts_with('/') && !name.contains(".."), "{name}");
                assert!(names.insert(name.clone()), "{}: {name} twice", market.code);
            }
            assert!(names.len() >= 2, "{}", market.code);
        }
    }

    #[test]
    fn a_missing_poster_leaves_no_hole() {
        let amazon = market("amazon").expect("a marketplace");
        let files = plan_pack(amazon, &[Dimension::Lifestyle, Dimension::DetailDesign]);
        let names: Vec<String> = files.iter().map(|file| file_name(file.slot, file.index)).collect();
        assert_eq!(names, ["MAIN.jpg", "PT01.jpg", "PT02.jpg", "A-plus/module-1.jpg"]);
        assert_eq!(files[2].subject, Subject::Poster(Dimension::DetailDesign));
    }
}
