//! Errors of the routes beside GraphQL: `{"error":{"code","message"}}`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::credentials::AuthenticationError;
use crate::{
    domain::Locale,
    graphql::{ApiError, ErrorCode},
    imaging::ImageRefusal,
    services::ServiceError,
};

/// A refusal with its status, code and a sentence for a person.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after_seconds: Option<i64>,
}

impl Problem {
    /// A refusal with the code's own sentence.
    pub(super) fn new(status: StatusCode, code: ErrorCode, locale: Locale) -> Self {
        Self { status, code: code.code(), message: code.message(locale).to_owned(), retry_after_seconds: None }
    }

    /// A refusal with its own sentence.
    pub(super) fn with_message(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { status, code: code.code(), message: message.into(), retry_after_seconds: None }
    }

    /// Too many requests of a kind.
    pub(super) fn rate_limited(retry_after_seconds: i64, locale: Locale) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds.max(1)),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited, locale)
        }
    }

    /// It is not there, or it is somebody else's.
    pub(super) fn not_found(locale: Locale) -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, locale)
    }

    /// A picture that is not taken.
    pub(super) fn image(refusal: &ImageRefusal, locale: Locale) -> Self {
        let status = match refusal {
            ImageRefusal::TooManyBytes { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            ImageRefusal::UnsupportedFormat => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ImageRefusal::Empty
            | ImageRefusal::TooManyPixels { .. }
            | ImageRefusal::SideTooLong { .. }
            | ImageRefusal::Undecodable => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let message = refusal.message();
        Self::with_message(status, ErrorCode::InvalidInput, locale.pick(&message.zh, &message.en).to_owned())
    }

    /// What a service could not do.
    pub(super) fn service(error: ServiceError, locale: Locale) -> Self {
        let code = ApiError::from(error).code();
        let status = match code {
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::Forbidden => StatusCode::FORBIDDEN,
            ErrorCode::IdempotencyConflict => StatusCode::CONFLICT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, code, locale)
    }

    /// A token that was not accepted.
    pub(super) fn authentication(error: AuthenticationError, locale: Locale) -> Self {
        match error {
            AuthenticationError::Rejected => Self::unauthenticated(locale),
            AuthenticationError::Unavailable => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::ServiceUnavailable, locale)
            }
        }
    }

    /// Nobody is signed in.
    pub(super) fn unauthenticated(locale: Locale) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, ErrorCode::Unauthenticated, locale)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": { "code": self.code, "message": self.message } });
        let mut response = (self.status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
