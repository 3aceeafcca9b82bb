//! The web client, embedded in the binary: everything that no other route answers.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The built client; empty until `web` has been built.
#[derive(RustEmbed)]
#[folder = "web/dist/"]
struct Client;

/// Small pictures that show the styles.
#[derive(RustEmbed)]
#[folder = "data/assets/"]
#[include = "samples/*.jpg"]
#[include = "samples/*.webp"]
struct Samples;

const INDEX: &str = "index.html";

const NOT_BUILT: &str = include_str!("not_built.html");

const ROBOTS: &str = "User-agent: *\nDisallow: /graphql\nDisallow: /files/\nDisallow: /uploads\nDisallow: /payments/\n";

/// What pages of ours may load and do: their own files and nothing else. Inline scripts and styles
/// of the built index are allowed one by one, by hash.
pub(super) static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let index = Client::get(INDEX).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default();
    let scripts = inline_hashes(&index, "script");
    let styles = inline_hashes(&index, "style");
    format!(
        "default-src 'self'; script-src 'self'{scripts}; style-src 'self'{styles}; img-src 'self' blob: data:; \
         connect-src 'self' ws: wss:; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
});

/// `'sha256-…'` of each element of this name that has a body of its own.
fn inline_hashes(html: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    let bodies = html
        .split(open.as_str())
        .skip(1)
        .filter_map(|rest| rest.split_once('>')?.1.split_once(close.as_str()))
        .map(|(body, _)| body)
        .filter(|body| !body.trim().is_empty());
    let mut sources = String::new();
    for body in bodies {
        sources.push_str(" 'sha256-");
        sources.push_str(&STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, body.as_bytes())));
        sources.push('\'');
    }
    sources
}

/// Answers whatever no other route did: a file of the client, or its index for a navigation.
pub(super) async fn fallback(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let path = if path.is_empty() { INDEX } else { path };
    if let Some(file) = Client::get(path).filter(|_| path != ".gitkeep") {
        return embedded(path, file, &headers);
    }
    if path == "robots.txt" {
        return ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], ROBOTS).into_response();
    }
    if !is_navigation(uri.path(), &headers) {
        return (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], "not found\n").into_response();
    }
    if let Some(index) = Client::get(INDEX) {
        return embedded(INDEX, index, &headers);
    }
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, NOT_BUILT).into_response()
}

/// Serves a style's sample picture.
pub(super) async fn sample(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let path = format!("samples/{name}");
    match Samples::get(&path) {
        Some(file) => embedded(&path, file, &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Somebody opens an address in a browser, as opposed to a page asking for one of its parts.
fn is_navigation(path: &str, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let has_extension = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let mode = text("sec-fetch-mode");
    !has_extension && (mode.is_empty() || mode == "navigate") && text("accept").contains("text/html")
}

fn embedded(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    // Names below assets/ carry a hash of their content.
    let keeping = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let mime = if mime.type_() == "text" || path.ends_with(".webmanifest") {
        format!("{mime}; charset=utf-8")
    } else {
        mime.to_string()
    };
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value == tag.as_str());
    let listed = [
        (header::CONTENT_TYPE, mime),
        (header::CACHE_CONTROL, keeping.to_owned()),
        (header::ETAG, tag),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY.clone()),
    ];
    if known { (StatusCode::NOT_MODIFIED, listed).into_response() } else { (listed, file.data).into_response() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_that_the_catalogue_offers_has_its_sample() {
        use crate::domain::{BilingualLayout, TypographyStyle, VisualStyle};
        let visual = VisualStyle::ALL.iter().map(|style| ("visual", style.code()));
        let typography = TypographyStyle::ALL.iter().map(|style| ("typography", style.code()));
        let layout = BilingualLayout::ALL.iter().map(|layout| ("layout", layout.code()));
        for (kind, code) in visual.chain(typography).chain(layout) {
            let name = format!("samples/{kind}-{}.jpg", code.to_ascii_lowercase());
            assert!(Samples::get(&name).is_some(), "{name} is missing: run scripts/samples.py");
        }
    }

    fn asked(accept: &str, mode: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().expect("a header value"));
        if !mode.is_empty() {
            headers.insert("sec-fetch-mode", mode.parse().expect("a header value"));
        }
        headers
    }

    #[test]
    fn only_navigations_fall_back_to_the_index() {
        let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
        for (path, headers, expected) in [
            ("history/session_1", asked(browser, "navigate"), true),
            ("/", asked(browser, "navigate"), true),
            ("history", asked(browser, ""), true),
            ("assets/app-1234.js", asked("*/*", "no-cors"), false),
            ("assets/app-1234.js", asked(browser, "navigate"), false),
            ("history", asked("application/json", "cors"), false),
            ("history", asked("*/*", ""), false),
        ] {
            assert_eq!(is_navigation(path, &headers), expected, "{path}");
        }
    }

    #[test]
    fn inline_elements_are_allowed_by_hash_and_linked_ones_need_none() {
        let html = "<script type=\"module\" src=\"/a.js\"></script><script>let a = 1</script><style>b{}</style>";
        let scripts = inline_hashes(html, "script");
        assert_eq!(scripts.matches("sha256-").count(), 1);
        assert_eq!(inline_hashes(html, "style").matches("sha256-").count(), 1);
        assert_ne!(scripts, inline_hashes(html, "style"));
    }
}
