//! Which media type a GraphQL answer is written in (RFC 9110 §12.5.1, GraphQL over HTTP).

use axum::http::{HeaderMap, header};

/// The two ways to write a GraphQL answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: the status is 200 even for a request error, for older clients.
    Json,
    /// `application/graphql-response+json`: the status tells a request error.
    GraphqlResponse,
}

impl Media {
    /// The value of `Content-Type`.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// Chooses by `Accept`; `None` when the client takes neither (406).
    ///
    /// A wildcard means JSON, which every client reads; the newer type is sent to those that name it.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let values: Vec<&str> =
            headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        if values.is_empty() {
            return Some(Self::Json);
        }
        let mut best: Option<(f32, Self)> = None;
        for range in values.iter().flat_map(|value| value.split(',')) {
            let (essence, weight, charset_ok) = parse_range(range);
            let media = match essence.as_str() {
                "application/graphql-response+json" => Self::GraphqlResponse,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => continue,
            };
            if charset_ok && weight > 0.0 && best.is_none_or(|(heaviest, _)| weight > heaviest) {
                best = Some((weight, media));
            }
        }
        best.map(|(_, media)| media)
    }
}

/// True when the client prefers a page to data: a browser's address bar.
pub(super) fn prefers_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(',').next())
        .is_some_and(|first| parse_range(first).0 == "text/html")
}

fn parse_range(range: &str) -> (String, f32, bool) {
    let mut parts = range.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let (mut weight, mut charset_ok) = (1.0, true);
    for parameter in parts {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => weight = value.parse().unwrap_or(0.0),
            "charset" => charset_ok = value.eq_ignore_ascii_case("utf-8"),
            _ => {}
        }
    }
    (essence, weight, charset_ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_decides_and_nothing_fitting_is_refused() {
        let negotiated = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header value"));
            Media::negotiate(&headers)
        };
        assert_eq!(Media::negotiate(&HeaderMap::new()), Some(Media::Json));
        for (accept, expected) in [
            ("*/*", Some(Media::Json)),
            ("application/json", Some(Media::Json)),
            ("application/json; charset=utf-8", Some(Media::Json)),
            ("application/json; charset=iso-8859-1", None),
            ("application/graphql-response+json", Some(Media::GraphqlResponse)),
            (
                "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
                Some(Media::GraphqlResponse),
            ),
            ("application/graphql-response+json;q=0.5, application/json", Some(Media::Json)),
            ("application/json;q=0", None),
            ("text/html", None),
            ("text/html, */*;q=0.8", Some(Media::Json)),
        ] {
            assert_eq!(negotiated(accept), expected, "{accept}");
        }
    }
}
