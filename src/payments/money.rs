//! Amounts as text, read strictly and without floating point: exact, or refused.

use super::NotifyError;

/// The most digits before the point that are read: ten thousand million yuan.
const YUAN_DIGITS_MAX: usize = 10;

/// Fen of a decimal amount in yuan: `10`, `10.0` and `10.00` are equal; a third decimal, a sign, an
/// exponent, a space, a leading zero, a lone point or any other digit than 0–9 is refused, as is zero.
///
/// # Errors
/// `Malformed`.
pub fn fen_of_yuan(text: &str) -> Result<i64, NotifyError> {
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, decimals)| (whole, Some(decimals)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_plain = digits(whole)
        && whole.len() <= YUAN_DIGITS_MAX
        && (whole == "0" || !whole.starts_with('0'))
        && decimals.is_none_or(|decimals| digits(decimals) && decimals.len() <= 2);
    if !is_plain {
        return Err(NotifyError::Malformed);
    }
    let number = |text: &str| text.parse::<i64>().map_err(|_| NotifyError::Malformed);
    let fen = match decimals {
        None => 0,
        Some(one) if one.len() == 1 => number(one)? * 10,
        Some(two) => number(two)?,
    };
    let fen = number(whole)? * 100 + fen;
    if fen > 0 { Ok(fen) } else { Err(NotifyError::Malformed) }
}

/// A whole, positive number of fen: digits only, without sign, space, exponent or leading zero.
///
/// # Errors
/// `Malformed`.
pub fn fen_of_digits(text: &str) -> Result<i64, NotifyError> {
    let is_plain = (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    if is_plain { text.parse().map_err(|_| NotifyError::Malformed) } else { Err(NotifyError::Malformed) }
}

/// The amount of a JSON number of fen: an integer above zero and nothing that needs rounding.
///
/// # Errors
/// `Malformed`.
pub fn fen_of_json(value: &serde_json::Value) -> Result<i64, NotifyError> {
    value.as_i64().filter(|fen| (1..=999_999_999_999).contains(fen)).ok_or(NotifyError::Malformed)
}

/// Yuan with two decimals, as channels want it: 1050 fen are `10.50`.
pub fn yuan_of_fen(fen: i64) -> String {
    let (sign, fen) = (if fen < 0 { "-" } else { "" }, fen.unsigned_abs());
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        for (text, fen) in [
            ("10", 1000),
            ("10.0", 1000),
            ("10.00", 1000),
            ("0.01", 1),
            ("0.1", 10),
            ("9999999999.99", 999_999_999_999),
        ] {
            assert_eq!(fen_of_yuan(text), Ok(fen), "{text}");
        }
        for wrong in [
            "",
            "0",
            "0.0",
            "0.00",
            "00.01",
            "01",
            "+1",
            "-1",
            " 1",
            "1 ",
            "1.",
            ".1",
            ".",
            "1.001",
            "1.2.3",
            "1e1",
            "1E1",
            "0x1",
            "NaN",
            "inf",
            "1,000",
            "1_0",
            "１",
            "1\u{a0}",
            "1\0",
            "10000000000",
            "99999999999999999999",
        ] {
            assert_eq!(fen_of_yuan(wrong), Err(NotifyError::Malformed), "{wrong}");
        }
        assert_eq!(fen_of_digits("1000"), Ok(1000));
        for wrong in ["", "0", "01", "+1", "-1", " 1", "1 ", "1.0", "1e3", "NaN", "１", "9999999999999"] {
            assert_eq!(fen_of_digits(wrong), Err(NotifyError::Malformed), "{wrong}");
        }
        for (json, fen) in [
            ("1000", Some(1000)),
            ("1000.0", None),
            ("1e3", None),
            ("0", None),
            ("-5", None),
            ("\"5\"", None),
            ("null", None),
        ] {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(fen_of_json(&value).ok(), fen, "{json}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100_000, ..ProptestConfig::default() })]

        #[test]
        fn decimal_text_is_read_exactly_or_not_at_all(text in "[0-9]{0,11}(\\.[0-9]{0,3})?|[-+ ]?[0-9]{1,3}[.eE, ]?[0-9]{0,2}") {
            // The oracle shifts the point by hand over the digits, without the parser's arithmetic.
            let (whole, decimals) = text.split_once('.').unwrap_or((&text, "00"));
            let shifted = format!("{whole}{decimals}{}", "0".repeat(2_usize.saturating_sub(decimals.len())));
            let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                && !whole.is_empty() && whole.len() <= 10 && (whole == "0" || !whole.starts_with('0'))
                && (1..=2).contains(&decimals.len())
                && shifted.bytes().any(|b| b != b'0');
            match fen_of_yuan(&text) {
                Ok(fen) => {
                    prop_assert!(plain, "{}", text);
                    prop_assert_eq!(fen.to_string(), shifted.trim_start_matches('0'));
                    prop_assert_eq!(fen_of_yuan(&yuan_of_fen(fen)), Ok(fen));
                }
                Err(_) => prop_assert!(!plain, "{}", text),
            }
        }
    }
}
