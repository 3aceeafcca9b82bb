//! What happens around every request: its id, the client's address, the log line, the headers that
//! keep browsers safe.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

use super::transport::{ClientIp, RequestId};
use crate::ids::IdSource;

/// The header that carries a request's id in and out.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the middleware needs to know.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    /// Draws request ids.
    pub(super) ids: Arc<dyn IdSource>,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub(super) trusted_proxies: Arc<[IpAddr]>,
    /// Whether people reach us by https.
    pub(super) is_https: bool,
}

/// Names the request, tells the log about it, and adds the safety headers to its answer.
pub(super) async fn surround(State(around): State<Surroundings>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers(), around.ids.as_ref());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let ip = client_ip(request.headers(), peer, &around.trusted_proxies);
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    request.extensions_mut().insert(ClientIp(ip));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("other", |path| path.as_str()).to_owned();
    // The path only: queries carry signatures.
    let span = tracing::info_span!("request", id = %id, %method, path = request.uri().path(), client = %ip);
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = started.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| tracing::info!(status, duration_ms = took.as_millis() as u64, "answered"));
    let labels = [("method", method.to_string()), ("route", route), ("status", status.to_string())];
    metrics::counter!("haibao_http_requests_total", &labels).increment(1);
    metrics::histogram!("haibao_http_request_seconds", &labels).record(took.as_secs_f64());
    protect(response.headers_mut(), around.is_https);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The client's own id where it is harmless to log, else a new one.
fn request_id(headers: &HeaderMap, ids: &dyn IdSource) -> Arc<str> {
    headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|text| (1..=64).contains(&text.len()))
        .filter(|text| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)))
        .map_or_else(|| ids.token().into(), Into::into)
}

/// The address before the trusted proxies: walking `X-Forwarded-For` from the right, the first one
/// that is not ours. What stands further left is the client's own claim.
fn client_ip(headers: &HeaderMap, peer: Option<IpAddr>, trusted: &[IpAddr]) -> IpAddr {
    let peer = peer.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)).to_canonical();
    if !trusted.contains(&peer) {
        return peer;
    }
    let mut last = peer;
    let values: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).collect();
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
        last = hop.to_canonical();
        if !trusted.contains(&last) {
            break;
        }
    }
    last
}

/// Headers of every answer; a route's own value stays.
fn protect(headers: &mut HeaderMap, is_https: bool) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if is_https {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SeededIds;

    #[test]
    fn harmless_request_ids_are_kept_and_others_replaced() {
        let ids = SeededIds::new(1);
        let given = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, text.parse().expect("a header value"));
            request_id(&headers, &ids).to_string()
        };
        assert_eq!(given("abc-1.2_3"), "abc-1.2_3");
        for odd in ["a b", "a\"b", &"x".repeat(65)] {
            assert_eq!(given(odd).len(), 32, "{odd}");
        }
    }

    #[test]
    fn only_trusted_proxies_may_name_the_client() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.0.0.2".parse().expect("a header value"));
        assert_eq!(client_ip(&headers, Some(ip("10.0.0.1")), &trusted), ip("203.0.113.9"));
        assert_eq!(client_ip(&headers, Some(ip("198.51.100.1")), &trusted), ip("198.51.100.1"));
        assert_eq!(client_ip(&HeaderMap::new(), Some(ip("10.0.0.1")), &trusted), ip("10.0.0.1"));
        assert_eq!(client_ip(&headers, Some(ip("::ffff:10.0.0.1")), &trusted), ip("203.0.113.9"));
    }
}
