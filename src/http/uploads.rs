//! `POST /uploads`: one picture, read no further than its limit.

use axum::{
    Json,
    body::Body,
    extract::{FromRequest, Multipart, Request, State, multipart::Field},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use entity::{enums::UploadPurpose, uploads};
use tokio::sync::Semaphore;

use super::{
    problem::Problem,
    state::{HttpState, context_of},
};
use crate::{
    domain::Locale,
    graphql::ErrorCode,
    imaging::{ImageLimits, ImageRefusal},
    services::{
        limits::{Counted, Rate},
        uploads::{UploadOutcome, store},
    },
};

/// Uploads that are received at the same time: each may hold a whole file in memory.
static RECEIVING: Semaphore = Semaphore::const_new(8);

/// What multipart adds around the file: boundaries, headers, the purpose.
const ENVELOPE_BYTES: u64 = 16 * 1024;

/// Takes in one picture.
pub(super) async fn create(State(state): State<HttpState>, request: Request) -> Response {
    match receive(&state, request).await {
        Ok(upload) => {
            (StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(shown(&upload))).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn receive(state: &HttpState, request: Request) -> Result<uploads::Model, Problem> {
    let (parts, body) = request.into_parts();
    let context = context_of(&parts);
    let locale = context.locale;
    state.refuse_foreign_page(&parts.headers, &parts.uri, &context)?;
    let viewer = state.viewer(&parts.headers, &context).await?.ok_or_else(|| Problem::unauthenticated(locale))?;
    if let Err(refused) = state.limits.check(Rate::Uploads, Counted::User(viewer.user_id)) {
        return Err(Problem::rate_limited((refused.retry_after_ms + 999) / 1000, locale));
    }
    let limits = image_limits(state);
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if let Some(bytes) = announced.filter(|bytes: &u64| *bytes > limits.bytes_max + ENVELOPE_BYTES) {
        let refusal = ImageRefusal::TooManyBytes { bytes, bytes_max: limits.bytes_max };
        return Err(Problem::image(&refusal, locale));
    }
    let _permit = RECEIVING.acquire().await.expect("the permits are never closed");
    let form = read_form(Request::from_parts(parts, body), &limits, locale).await?;
    let outcome = store(&state.services, &viewer, form.purpose, form.file, limits).await;
    match outcome.map_err(|error| Problem::service(error, locale))? {
        UploadOutcome::Stored(upload) => Ok(upload),
        UploadOutcome::Refused(refusal) => Err(Problem::image(&refusal, locale)),
    }
}

fn image_limits(state: &HttpState) -> ImageLimits {
    let limits = &state.settings.limits;
    ImageLimits {
        bytes_max: limits.upload_bytes_max,
        pixels_max: limits.upload_pixels_max,
        side_max: limits.upload_side_max,
    }
}

struct Form {
    file: Bytes,
    purpose: UploadPurpose,
}

async fn read_form(request: Request<Body>, limits: &ImageLimits, locale: Locale) -> Result<Form, Problem> {
    let is_multipart = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("multipart/form-data"));
    if !is_multipart {
        return Err(malformed_form(StatusCode::UNSUPPORTED_MEDIA_TYPE, locale));
    }
    let malformed = || malformed_form(StatusCode::BAD_REQUEST, locale);
    let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| malformed())?;
    let (mut file, mut purpose) = (None, UploadPurpose::Photo);
    while let Some(field) = multipart.next_field().await.map_err(|_| malformed())? {
        match field.name() {
            Some("file") if file.is_none() => {
                file = Some(read_field(field, limits.bytes_max, locale).await?);
            }
            Some("purpose") => {
                let text = read_field(field, 64, locale).await?;
                purpose = parse_purpose(&text).ok_or_else(malformed)?;
            }
            _ => return Err(malformed()),
        }
    }
    let file = file.ok_or_else(malformed)?;
    Ok(Form { file, purpose })
}

/// Says what a right form looks like: whoever gets this is writing a client.
fn malformed_form(status: StatusCode, locale: Locale) -> Problem {
    let message = locale.pick(
        "请以 multipart/form-data 提交一个名为 file 的文件，可附带 purpose 字段（PHOTO、REFERENCE、MASK）",
        "Send multipart/form-data with one part `file`, and perhaps a field `purpose` (PHOTO, REFERENCE or MASK)",
    );
    Problem::with_message(status, ErrorCode::BadRequest, message)
}

/// Reads a part; stops at the limit, whatever else the sender has.
async fn read_field(mut field: Field<'_>, bytes_max: u64, locale: Locale) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    loop {
        match field.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes.freeze()),
            Err(_) => return Err(Problem::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, locale)),
        }
        if bytes.len() as u64 > bytes_max {
            let refusal = ImageRefusal::TooManyBytes { bytes: bytes.len() as u64, bytes_max };
            return Err(Problem::image(&refusal, locale));
        }
    }
}

fn parse_purpose(text: &[u8]) -> Option<UploadPurpose> {
    match text {
        b"PHOTO" => Some(UploadPurpose::Photo),
        b"REFERENCE" => Some(UploadPurpose::Reference),
        b"MASK" => Some(UploadPurpose::Mask),
        _ => None,
    }
}

fn shown(upload: &uploads::Model) -> serde_json::Value {
    let purpose = match upload.purpose {
        UploadPurpose::Photo => "PHOTO",
        UploadPurpose::Reference => "REFERENCE",
        UploadPurpose::Mask => "MASK",
    };
    serde_json::json!({
        "id": upload.id,
        "purpose": purpose,
        "mime": upload.mime,
        "width": upload.width,
        "height": upload.height,
        "byteSize": upload.byte_size,
        "sha256": upload.sha256,
    })
}
