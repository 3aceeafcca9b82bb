//! `GET /files/{generation}/exports/{file}`: single exports and the packs of marketplaces, under the
//! same signatures and credentials as the pictures themselves.

use async_zip::tokio::write::ZipFileWriter;
use axum::{
    body::Body,
    extract::{Path, Query, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::io::{AsyncWrite, AsyncWriteExt, duplex};
use tokio_util::io::ReaderStream;

use super::{
    archive::entry,
    files::{FileQuery, authorised, is_known},
    problem::Problem,
    state::{HttpState, context_of},
};
use crate::{
    domain::Locale,
    graphql::ErrorCode,
    services::exports::{ExportError, Pack, export_path},
    storage::sha256_hex,
};

/// What is kept between the writer and the network.
const PIPE_BYTES: usize = 64 * 1024;

/// Serves one export of a generation.
pub(super) async fn show(
    State(state): State<HttpState>,
    Path((generation_id, file_name)): Path<(String, String)>,
    Query(query): Query<FileQuery>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let context = context_of(&parts);
    let answer = async {
        let signed = export_path(&file_name);
        let generation = authorised(&state, &parts, &context, &generation_id, &signed, &query).await?;
        let refused = |error| problem(error, context.locale);
        if let Some(market) = file_name.strip_suffix(".zip") {
            let pack = state.exports.pack(&generation, market).await.map_err(refused)?;
            return Ok::<_, Problem>(packed(&state, pack, &format!("{}-{market}.zip", generation.id)));
        }
        let bytes = state.exports.file(&generation, &file_name).await.map_err(refused)?;
        let tag = format!("\"{}\"", sha256_hex(&bytes));
        let disposition = if query.is_download() { "attachment" } else { "inline" };
        let headers = [
            (header::CONTENT_TYPE, "image/jpeg".to_owned()),
            // What an export looks like may change with the program: it is asked for again.
            (header::CACHE_CONTROL, "private, no-cache".to_owned()),
            (header::ETAG, tag.clone()),
            (header::CONTENT_DISPOSITION, format!("{disposition}; filename=\"{file_name}\"")),
        ];
        let is_kept = is_known(&parts.headers, &tag);
        Ok(if is_kept { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, bytes).into_response() })
    };
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

/// A pack as a zip, made while it is sent: one file is in memory at a time.
fn packed(state: &HttpState, pack: Pack, file_name: &str) -> Response {
    let (reader, writer) = duplex(PIPE_BYTES);
    state.tracker.spawn(async move {
        // A reader that went away is the usual reason; the pipe's end tells the other one.
        if let Err(error) = write(pack, writer).await {
            tracing::warn!(%error, "a marketplace's pack was not finished");
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file_name}\"")),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (headers, Body::from_stream(ReaderStream::new(reader))).into_response()
}

#[derive(Debug, thiserror::Error)]
enum PackError {
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Zip(#[from] async_zip::error::ZipError),
    #[error(transparent)]
    Pipe(#[from] std::io::Error),
}

async fn write(mut pack: Pack, pipe: impl AsyncWrite + Unpin) -> Result<(), PackError> {
    let mut archive = ZipFileWriter::with_tokio(pipe);
    while let Some(file) = pack.next().await? {
        archive.write_entry_whole(entry(file.path), &file.bytes).await?;
    }
    archive.close().await?.into_inner().shutdown().await?;
    Ok(())
}

fn problem(error: ExportError, locale: Locale) -> Problem {
    let message = error.message(locale);
    let refused = |status, code| Problem::with_message(status, code, message.unwrap_or_default());
    match error {
        ExportError::UnknownMarket | ExportError::UnknownFile | ExportError::NoPosters => {
            refused(StatusCode::NOT_FOUND, ErrorCode::NotFound)
        }
        ExportError::NotFinished(_) => refused(StatusCode::CONFLICT, ErrorCode::GenerationInProgress),
        ExportError::NoCutOut | ExportError::OtherVersion => {
            refused(StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::InvalidInput)
        }
        ExportError::Service(error) => Problem::service(error, locale),
        ExportError::Studio(error) => {
            tracing::error!(%error, "an export could not be made");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, locale)
        }
    }
}
