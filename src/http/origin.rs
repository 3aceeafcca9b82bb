//! May a page of that origin speak for the signed-in browser?
//!
//! A cookie travels with requests that other sites make; the `Origin` header tells them apart
//! (RFC 6454). Clients that are not browsers send none and are judged by their token alone.

use axum::http::{HeaderMap, Uri, header};

/// The origins, beside our own, that pages may call us from.
#[derive(Clone, Debug, Default)]
pub struct AllowedOrigins(Vec<String>);

impl AllowedOrigins {
    /// Takes origins or whole URLs; only scheme, host and port count.
    pub fn new<'a>(origins: impl IntoIterator<Item = &'a str>) -> Self {
        Self(origins.into_iter().filter_map(normal_form).collect())
    }

    /// True when there is no `Origin`, or it is our own host, or it is listed.
    ///
    /// `null` (sandboxed frames, local files) is never our own.
    pub fn permits(&self, headers: &HeaderMap, authority: Option<&str>) -> bool {
        let mut values = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = values.next() else { return true };
        if values.next().is_some() {
            return false;
        }
        let Some(origin) = origin.to_str().ok().and_then(normal_form) else { return false };
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).or(authority);
        let is_own = host.is_some_and(|host| {
            ["http", "https"]
                .iter()
                .any(|scheme| normal_form(&format!("{scheme}://{host}")).as_deref() == Some(&origin))
        });
        is_own || self.0.contains(&origin)
    }
}

/// `scheme://host[:port]` in lower case and without the scheme's default port.
fn normal_form(origin: &str) -> Option<String> {
    let uri: Uri = origin.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let host = uri.host()?.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    Some(match uri.port_u16() {
        Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_and_listed_origins_pass_and_all_others_do_not() {
        let allowed = AllowedOrigins::new(["https://shop.example.com/", "http://localhost:5173"]);
        let permits = |host: &str, origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().expect("a header value"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().expect("a header value"));
            }
            allowed.permits(&headers, None)
        };
        for (host, origin, expected) in [
            ("127.0.0.1:8080", None, true),
            ("127.0.0.1:8080", Some("http://127.0.0.1:8080"), true),
            ("127.0.0.1:8080", Some("http://127.0.0.1:8081"), false),
            ("haibao.example.com", Some("https://haibao.example.com"), true),
            ("haibao.example.com", Some("https://HAIBAO.example.com:443"), true),
            ("haibao.example.com", Some("https://haibao.example.com.evil.net"), false),
            ("haibao.example.com", Some("https://shop.example.com"), true),
            ("haibao.example.com", Some("http://shop.example.com"), false),
            ("127.0.0.1:8080", Some("http://localhost:5173"), true),
            ("127.0.0.1:8080", Some("null"), false),
            ("127.0.0.1:8080", Some(""), false),
            ("127.0.0.1:8080", Some("file://"), false),
        ] {
            assert_eq!(permits(host, origin), expected, "{origin:?} at {host}");
        }
    }

    #[test]
    fn two_origin_headers_are_a_forgery() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "a.test".parse().expect("a header value"));
        headers.append(header::ORIGIN, "http://a.test".parse().expect("a header value"));
        headers.append(header::ORIGIN, "http://b.test".parse().expect("a header value"));
        assert!(!AllowedOrigins::default().permits(&headers, None));
    }
}
