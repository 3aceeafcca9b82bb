//! The id of a generation, which is also the name of its folder.

use std::{fmt, str::FromStr};

/// `session_{YYYYMMDDhhmmss}_{4 hex}`, for example `session_20260110143052_a3f2`.
///
/// The time is local to the service's configured time zone. The suffix is guessable, so an id is
/// never a permission: every read checks the owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// Builds an id from a local civil time (`year, month, day, hour, minute, second`) and two
    /// random bytes.
    pub fn new(local: (i16, i8, i8, i8, i8, i8), suffix: u16) -> Self {
        let (year, month, day, hour, minute, second) = local;
        Self(format!("session_{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}_{suffix:04x}"))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not a session id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a session id")]
pub struct NotASessionId;

impl FromStr for SessionId {
    type Err = NotASessionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("session_").ok_or(NotASessionId)?;
        let (digits, suffix) = rest.split_once('_').ok_or(NotASessionId)?;
        let well_formed = digits.len() == 14
            && digits.bytes().all(|b| b.is_ascii_digit())
            && suffix.len() == 4
            && suffix.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if well_formed { Ok(Self(text.to_owned())) } else { Err(NotASessionId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_example_is_made_and_read() {
        let id = SessionId::new((2026, 1, 10, 14, 30, 52), 0xa3f2);
        assert_eq!(id.as_str(), "session_20260110143052_a3f2");
        assert_eq!("session_20260110143052_a3f2".parse(), Ok(id));
        for wrong in [
            "session_2026011014305_a3f2",
            "session_20260110143052_A3F2",
            "session_20260110143052_a3f",
            "../session_20260110143052_a3f2",
            "",
        ] {
            assert_eq!(wrong.parse::<SessionId>(), Err(NotASessionId), "{wrong}");
        }
    }
}
