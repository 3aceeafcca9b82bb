//! All pictures of a generation as one zip, streamed: one picture is in memory at a time.

use async_zip::{Compression, ZipDateTimeBuilder, ZipEntryBuilder, tokio::write::ZipFileWriter};
use axum::{
    body::Body,
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use entity::{generations, revisions};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tokio::io::{AsyncWrite, AsyncWriteExt, duplex};
use tokio_util::io::ReaderStream;

use super::{
    files::{FileQuery, authorised},
    problem::Problem,
    state::HttpState,
};
use crate::{
    graphql::RequestContext,
    services::{self, ServiceError},
};

/// What is kept between the writer and the network.
const PIPE_BYTES: usize = 64 * 1024;

/// Serves the archive.
pub(super) async fn show(
    state: &HttpState,
    parts: &Parts,
    context: &RequestContext,
    generation_id: &str,
    query: &FileQuery,
) -> Result<Response, Problem> {
    let generation = authorised(state, parts, context, generation_id, "archive.zip", query).await?;
    let pictures = revisions::Entity::find()
        .filter(revisions::Column::GenerationId.eq(generation.id.as_str()))
        .order_by_asc(revisions::Column::FileName)
        .all(state.services.database.read())
        .await
        .map_err(|error| Problem::service(error.into(), context.locale))?;
    if pictures.is_empty() {
        return Err(Problem::not_found(context.locale));
    }
    let disposition = format!("attachment; filename=\"{}.zip\"", generation.id);
    let (reader, writer) = duplex(PIPE_BYTES);
    let services = state.services.clone();
    state.tracker.spawn(async move {
        // A reader that went away is the usual reason; the pipe's end tells the other one.
        if let Err(error) = write(&services, &generation, &pictures, writer).await {
            tracing::warn!(%error, generation = generation.id, "an archive was not finished");
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(reader))).into_response())
}

#[derive(Debug, thiserror::Error)]
enum ArchiveError {
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error(transparent)]
    Zip(#[from] async_zip::error::ZipError),
    #[error(transparent)]
    Pipe(#[from] std::io::Error),
}

/// A file of an archive. Stored, not deflated: JPEG does not shrink, and the bytes stay those of the
/// file. Its date is the first that the format knows, the same for ever, so that the same pictures
/// make the same archive; left out, month and day would be zero, which some programs refuse.
pub(super) fn entry(name: String) -> ZipEntryBuilder {
    let date = ZipDateTimeBuilder::new().year(1980).month(1).day(1).build();
    ZipEntryBuilder::new(name.into(), Compression::Stored).last_modification_date(date)
}

async fn write(
    services: &services::Context,
    generation: &generations::Model,
    pictures: &[revisions::Model],
    pipe: impl AsyncWrite + Unpin,
) -> Result<(), ArchiveError> {
    let mut archive = ZipFileWriter::with_tokio(pipe);
    if let Some(name) = &generation.product_name {
        archive.write_entry_whole(entry("productname.txt".to_owned()), name.as_bytes()).await?;
    }
    for picture in pictures {
        let bytes = services.storage.get(&picture.object_key).await.map_err(ServiceError::from)?;
        archive.write_entry_whole(entry(picture.file_name.clone()), &bytes).await?;
    }
    archive.close().await?.into_inner().shutdown().await?;
    Ok(())
}
