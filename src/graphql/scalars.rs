//! Scalars of our own, and how stored integers become GraphQL's.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::clock::from_ms;

/// An instant as RFC 3339 text in UTC, to the millisecond: `2026-01-10T14:30:52.123Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// Milliseconds since the Unix epoch.
    pub ms: i64,
}

impl DateTime {
    /// The instant that a stored number means.
    pub const fn from_ms(ms: i64) -> Self {
        Self { ms }
    }
}

/// An instant as RFC 3339 text in UTC, to the millisecond: `2026-01-10T14:30:52.123Z`.
#[Scalar]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let instant =
            OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InputValueError::custom("not an RFC 3339 time"))?;
        Ok(Self { ms: (instant.unix_timestamp_nanos() / 1_000_000) as i64 })
    }

    fn to_value(&self) -> Value {
        let at = from_ms(self.ms);
        Value::String(format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        ))
    }
}

/// A stored integer as GraphQL's `Int`, which has 32 bits; nothing we count comes near the bound.
pub fn int(stored: i64) -> i32 {
    i32::try_from(stored).unwrap_or(if stored < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_round_trip_in_utc() {
        let shown = DateTime::from_ms(1_768_055_452_007).to_value();
        assert_eq!(shown, Value::String("2026-01-10T14:30:52.007Z".to_owned()));
        assert_eq!(DateTime::parse(shown).ok(), Some(DateTime::from_ms(1_768_055_452_007)));
        let elsewhere = Value::String("2026-01-10T22:30:52.007+08:00".to_owned());
        assert_eq!(DateTime::parse(elsewhere).ok(), Some(DateTime::from_ms(1_768_055_452_007)));
        assert!(DateTime::parse(Value::String("2026-01-10".to_owned())).is_err());
        assert!(DateTime::parse(Value::Number(7.into())).is_err());
    }
}
