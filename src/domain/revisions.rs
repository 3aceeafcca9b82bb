//! Names of stored pictures: `prime`, `edit0`, `edit1`, … and the files they live in.

use std::{fmt, str::FromStr};

use super::Dimension;

/// Which picture of a poster: the generated one, or the n-th edit of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RevisionName {
    /// The generated picture.
    Prime,
    /// The n-th edit, counted from 0.
    Edit(u32),
}

impl RevisionName {
    /// The file name without its extension: `00-prime`, `02-edit1`.
    pub fn file_stem(self, dimension: Dimension) -> String {
        format!("{:02}-{self}", dimension.index())
    }

    /// The picture's file name: `00-prime.jpg`, `02-edit1.jpg`.
    pub fn file_name(self, dimension: Dimension) -> String {
        format!("{}.jpg", self.file_stem(dimension))
    }

    /// The file name of the lossless master: `02-edit1.png`.
    pub fn master_file_name(self, dimension: Dimension) -> String {
        format!("{}.png", self.file_stem(dimension))
    }

    /// Reads a file stem back into its dimension and name.
    ///
    /// Only the exact spelling that [`Self::file_stem`] writes is accepted, so one picture never
    /// has two names (`00-edit01` is refused).
    pub fn parse_file_stem(stem: &str) -> Option<(Dimension, Self)> {
        let (index, name) = stem.split_once('-')?;
        let dimension = Dimension::from_index(index.parse().ok()?)?;
        let name = name.parse().ok()?;
        (Self::file_stem(name, dimension) == stem).then_some((dimension, name))
    }
}

impl fmt::Display for RevisionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prime => f.write_str("prime"),
            Self::Edit(ordinal) => write!(f, "edit{ordinal}"),
        }
    }
}

/// A text that names no revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a revision name")]
pub struct NotARevisionName;

impl FromStr for RevisionName {
    type Err = NotARevisionName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = match text.strip_prefix("edit") {
            Some(digits) => Self::Edit(digits.parse().map_err(|_| NotARevisionName)?),
            None if text == "prime" => Self::Prime,
            None => return Err(NotARevisionName),
        };
        if parsed.to_string() == text { Ok(parsed) } else { Err(NotARevisionName) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_stems_round_trip_and_have_one_spelling() {
        assert_eq!(RevisionName::Prime.file_name(Dimension::Hero), "00-prime.jpg");
        assert_eq!(RevisionName::Edit(1).file_stem(Dimension::Concept), "02-edit1");
        assert_eq!(RevisionName::parse_file_stem("02-edit1"), Some((Dimension::Concept, RevisionName::Edit(1))));
        for wrong in
            ["", "2-edit1", "02-edit01", "02-edit", "02-edit+1", "10-prime", "02-Prime", "02/prime", "-1-prime"]
        {
            assert_eq!(RevisionName::parse_file_stem(wrong), None, "{wrong}");
        }
    }
}
