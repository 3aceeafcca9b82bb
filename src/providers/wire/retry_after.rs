//! How long a vendor asks to be left alone.

use std::time::Duration;

use reqwest::header::HeaderMap;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

/// The delay that the headers ask for: `retry-after-ms`, else `retry-after` as seconds, also with a
/// fraction, or as a date (RFC 9110 §10.2.3), which is counted from the answer's own `date`, so that
/// a wrong clock on either side does not matter.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds =
        |value: f64| (value.is_finite() && value >= 0.0).then(|| Duration::from_secs_f64(value.min(86_400.0)));
    if let Some(ms) = text("retry-after-ms").and_then(|value| value.parse::<f64>().ok()) {
        return seconds(ms / 1000.0);
    }
    let value = text("retry-after")?;
    if let Ok(number) = value.parse::<f64>() {
        return seconds(number);
    }
    let until = date(value)?;
    let now = date(text("date")?)?;
    seconds((until - now).as_seconds_f64().max(0.0))
}

/// An HTTP date; its `GMT` is what RFC 2822 calls an obsolete zone.
fn date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn every_form_is_read() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:07 GMT");
        for (given, expected_ms) in [
            (vec![("retry-after", "7")], Some(7_000)),
            (vec![("retry-after", "0.25")], Some(250)),
            (vec![("retry-after-ms", "1500"), ("retry-after", "9")], Some(1_500)),
            (vec![("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), date], Some(30_000)),
            (vec![("retry-after", "Sun, 06 Nov 1994 08:48:37 GMT"), date], Some(0)),
            (vec![("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], None),
            (vec![("retry-after", "-1")], None),
            (vec![("retry-after", "NaN")], None),
            (vec![("retry-after", "soon")], None),
            (vec![("retry-after", "1e300")], Some(86_400_000)),
            (vec![], None),
        ] {
            let read = retry_after(&headers(&given)).map(|delay| delay.as_millis());
            assert_eq!(read, expected_ms, "{given:?}");
        }
    }
}
