//! `GET /files/{generation}/{file}`: pictures, by a signature in the address or by the owner's
//! credentials. Files never change, so a browser may keep them.

use axum::{
    body::Body,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use entity::{generations, revisions, uploads};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;

use super::{
    archive,
    problem::Problem,
    state::{HttpState, context_of},
};
use crate::{
    domain::{Dimension, Locale, RevisionName, SessionId},
    graphql::{ErrorCode, RequestContext},
    services::{ApiScope, ServiceError, edits::known_mask_of, history},
    storage::{FileUrl, GenerationFolder, RENDITION_WIDTHS, RenditionError, StorageError, sha256_hex},
    studio::KnownMask,
};

/// The query of a file's address.
#[derive(Debug, Deserialize)]
pub(super) struct FileQuery {
    w: Option<u32>,
    exp: Option<i64>,
    sig: Option<String>,
    download: Option<String>,
}

impl FileQuery {
    /// Whether the browser is to save the file instead of showing it.
    pub(super) const fn is_download(&self) -> bool {
        self.download.is_some()
    }
}

/// Serves one file of a generation.
pub(super) async fn show(
    State(state): State<HttpState>,
    Path((generation_id, file_name)): Path<(String, String)>,
    Query(query): Query<FileQuery>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let context = context_of(&parts);
    let answer = if file_name == "archive.zip" {
        archive::show(&state, &parts, &context, &generation_id, &query).await
    } else {
        find(&state, &parts, &context, &generation_id, &file_name, &query).await
    };
    answer.unwrap_or_else(IntoResponse::into_response)
}

/// A stored picture, whichever table it is in.
struct Found {
    object_key: String,
    sha256: String,
    mime: String,
    file_name: String,
}

async fn find(
    state: &HttpState,
    parts: &Parts,
    context: &RequestContext,
    generation_id: &str,
    file_name: &str,
    query: &FileQuery,
) -> Result<Response, Problem> {
    if query.w.is_some_and(|width| !RENDITION_WIDTHS.contains(&width)) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, context.locale));
    }
    let generation = authorised(state, parts, context, generation_id, file_name, query).await?;
    if let Some(wanted) = known_mask_of(file_name) {
        return mask(state, parts, context, &generation, wanted).await;
    }
    let found = stored(state, &generation, file_name).await.map_err(|error| Problem::service(error, context.locale))?;
    let found = found.ok_or_else(|| Problem::not_found(context.locale))?;
    serve(state, &parts.headers, &found, query, context.locale).await
}

/// A ready-made mask of a composed poster.
async fn mask(
    state: &HttpState,
    parts: &Parts,
    context: &RequestContext,
    generation: &generations::Model,
    wanted: (Dimension, RevisionName, KnownMask),
) -> Result<Response, Problem> {
    let mask = state.edits.known_mask(generation, wanted).await;
    let mask = mask.map_err(|error| Problem::service(error, context.locale))?;
    let bytes = mask.ok_or_else(|| Problem::not_found(context.locale))?;
    let tag = format!("\"{}\"", sha256_hex(&bytes));
    let headers = [
        (header::CONTENT_TYPE, "image/png".to_owned()),
        // What a part is may change with the program: it is asked for again.
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::ETAG, tag.clone()),
    ];
    let is_kept = is_known(&parts.headers, &tag);
    Ok(if is_kept { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, bytes).into_response() })
}

/// The generation, when the signature fits or the viewer owns it; missing and foreign look the same.
pub(super) async fn authorised(
    state: &HttpState,
    parts: &Parts,
    context: &RequestContext,
    generation_id: &str,
    file_name: &str,
    query: &FileQuery,
) -> Result<generations::Model, Problem> {
    let locale = context.locale;
    let not_found = || Problem::not_found(locale);
    let id: SessionId = generation_id.parse().map_err(|_| not_found())?;
    let services = &state.services;
    if let (Some(expires_at), Some(signature)) = (query.exp, &query.sig) {
        let url = FileUrl { generation_id: id.as_str(), file_name, width: query.w };
        if services.urls.verify(&url, expires_at, signature, services.clock.now_ms()).is_ok() {
            let alive = generations::Entity::find_by_id(id.as_str())
                .filter(generations::Column::DeletedAtMs.is_null())
                .one(services.database.read())
                .await;
            return alive.map_err(|error| Problem::service(error.into(), locale))?.ok_or_else(not_found);
        }
        // An address that is past its day still works for the owner.
    }
    let viewer = state.viewer(&parts.headers, context).await?.ok_or_else(|| Problem::unauthenticated(locale))?;
    viewer.require(ApiScope::HistoryRead).map_err(|error| Problem::service(error, locale))?;
    let own = history::generation(services, &viewer, id.as_str()).await;
    own.map_err(|error| Problem::service(error, locale))?.ok_or_else(not_found)
}

async fn stored(
    state: &HttpState,
    generation: &generations::Model,
    file_name: &str,
) -> Result<Option<Found>, ServiceError> {
    let reader = state.services.database.read();
    if file_name.starts_with("upload_") {
        if !history::photo_ids(generation)?.iter().any(|id| id == file_name) {
            return Ok(None);
        }
        let upload = uploads::Entity::find_by_id(file_name).one(reader).await?;
        return Ok(upload.map(|row| Found {
            object_key: row.object_key,
            sha256: row.sha256,
            mime: row.mime,
            file_name: row.id,
        }));
    }
    if let Some(stem) = file_name.strip_suffix(".png") {
        return master(state, generation, stem).await;
    }
    let revision = revisions::Entity::find()
        .filter(revisions::Column::GenerationId.eq(generation.id.as_str()))
        .filter(revisions::Column::FileName.eq(file_name))
        .one(reader)
        .await?;
    Ok(revision.map(|row| Found {
        object_key: row.object_key,
        sha256: row.sha256,
        mime: "image/jpeg".to_owned(),
        file_name: row.file_name,
    }))
}

/// The lossless master of an edited picture.
async fn master(state: &HttpState, generation: &generations::Model, stem: &str) -> Result<Option<Found>, ServiceError> {
    let Some((dimension, name)) = RevisionName::parse_file_stem(stem) else { return Ok(None) };
    let revision = revisions::Entity::find()
        .filter(revisions::Column::GenerationId.eq(generation.id.as_str()))
        .filter(revisions::Column::FileName.eq(name.file_name(dimension)))
        .one(state.services.database.read())
        .await?;
    let sha256 = revision.and_then(|row| row.master_sha256);
    Ok(sha256.map(|sha256| Found {
        object_key: GenerationFolder::new(generation.user_id, &generation.id).master(dimension, name),
        sha256,
        mime: "image/png".to_owned(),
        file_name: name.master_file_name(dimension),
    }))
}

async fn serve(
    state: &HttpState,
    headers: &HeaderMap,
    found: &Found,
    query: &FileQuery,
    locale: Locale,
) -> Result<Response, Problem> {
    let tag = match query.w {
        Some(width) => format!("\"{}-{width}\"", found.sha256),
        None => format!("\"{}\"", found.sha256),
    };
    let mut response = if is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let bytes = read(state, found, query.w, locale).await?;
        match requested_range(headers, &tag, bytes.len() as u64) {
            Range::Whole => bytes.into_response(),
            Range::Part(start, end) => part(&bytes, start, end),
            Range::Unsatisfiable => {
                let total = HeaderValue::try_from(format!("bytes */{}", bytes.len()));
                let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
                response.headers_mut().extend(total.ok().map(|total| (header::CONTENT_RANGE, total)));
                return Ok(response);
            }
        }
    };
    let mime = if query.w.is_some() { "image/jpeg" } else { found.mime.as_str() };
    let disposition = if query.is_download() { "attachment" } else { "inline" };
    let disposition = format!("{disposition}; filename=\"{}\"", found.file_name);
    let listed = [
        (header::CONTENT_TYPE, mime),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
        (header::ETAG, tag.as_str()),
        (header::ACCEPT_RANGES, "bytes"),
        (header::CONTENT_DISPOSITION, disposition.as_str()),
    ];
    for (name, value) in listed {
        // All of these are made of hex, codes and file names of our own: visible ASCII.
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

async fn read(state: &HttpState, found: &Found, width: Option<u32>, locale: Locale) -> Result<Bytes, Problem> {
    let storage = &state.services.storage;
    let read = match width {
        None => storage.get(&found.object_key).await.map_err(RenditionError::from),
        Some(width) => storage.rendition(&found.object_key, &found.sha256, width).await,
    };
    read.map_err(|error| match error {
        RenditionError::Storage(StorageError::NotFound(key)) => {
            tracing::error!(key, "a picture that a row names is not stored");
            Problem::not_found(locale)
        }
        error => {
            tracing::error!(%error, "a picture could not be served");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, locale)
        }
    })
}

pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|candidate| candidate.trim().trim_start_matches("W/"))
        .any(|candidate| candidate == tag || candidate == "*")
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    Whole,
    /// First and last byte, both included.
    Part(u64, u64),
    Unsatisfiable,
}

/// One range of bytes (RFC 9110 §14); several at once, and what does not read, mean the whole file.
fn requested_range(headers: &HeaderMap, tag: &str, total: u64) -> Range {
    if headers.get(header::IF_RANGE).is_some_and(|value| value != tag) {
        return Range::Whole;
    }
    let Some(spec) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()?.strip_prefix("bytes=")) else {
        return Range::Whole;
    };
    let Some((start, end)) = spec.split_once('-') else { return Range::Whole };
    let last = total.saturating_sub(1);
    let (start, end) = match (start.parse::<u64>(), end.parse::<u64>()) {
        (Ok(start), Ok(end)) if start <= end => (start, end.min(last)),
        (Ok(start), Err(_)) if end.is_empty() => (start, last),
        (Err(_), Ok(0)) if start.is_empty() => return Range::Unsatisfiable,
        (Err(_), Ok(suffix)) if start.is_empty() => (total.saturating_sub(suffix), last),
        _ => return Range::Whole,
    };
    if start < total { Range::Part(start, end) } else { Range::Unsatisfiable }
}

fn part(bytes: &Bytes, start: u64, end: u64) -> Response {
    let (from, to) = (start as usize, end as usize);
    let range = format!("bytes {start}-{end}/{}", bytes.len());
    let body = Body::from(bytes.slice(from..=to));
    (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, range)], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_single_and_within_the_file() {
        let range = |spec: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, spec.parse().expect("a header value"));
            requested_range(&headers, "\"t\"", 100)
        };
        for (spec, expected) in [
            ("bytes=0-9", Range::Part(0, 9)),
            ("bytes=90-", Range::Part(90, 99)),
            ("bytes=-10", Range::Part(90, 99)),
            ("bytes=-1000", Range::Part(0, 99)),
            ("bytes=90-1000", Range::Part(90, 99)),
            ("bytes=100-", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=9-0", Range::Whole),
            ("bytes=0-1,5-6", Range::Whole),
            ("lines=0-1", Range::Whole),
        ] {
            assert_eq!(range(spec), expected, "{spec}");
        }
    }

    #[test]
    fn a_kept_copy_is_recognised_by_its_tag() {
        let mut headers = HeaderMap::new();
        assert!(!is_known(&headers, "\"a\""));
        headers.insert(header::IF_NONE_MATCH, "\"x\", W/\"a\"".parse().expect("a header value"));
        assert!(is_known(&headers, "\"a\""));
        assert!(!is_known(&headers, "\"a-270\""));
    }
}
