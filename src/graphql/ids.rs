//! Opaque ids: readable to people, typed for us, with exactly one spelling each.

use async_graphql::ID;

use super::{ApiError, ErrorCode};
use crate::domain::{Dimension, RevisionName, SessionId};

/// Anything that `node(id)` can find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeId {
    /// `user_7`.
    User(i64),
    /// `session_20260110143052_a3f2`.
    Generation(SessionId),
    /// `session_20260110143052_a3f2/02`.
    Poster(SessionId, Dimension),
    /// `session_20260110143052_a3f2/02-edit1`.
    Revision(SessionId, Dimension, RevisionName),
    /// `edit_7`.
    Edit(i64),
    /// `order_7`.
    Order(i64),
    /// `entry_7`.
    LedgerEntry(i64),
    /// `key_7`.
    ApiKey(i64),
    /// `webhook_7`.
    WebhookEndpoint(i64),
    /// `delivery_7`, which is the message's id too.
    WebhookDelivery(i64),
}

impl NodeId {
    /// Reads an id of any kind.
    ///
    /// # Errors
    /// `INVALID_ID`.
    pub fn parse(id: &str) -> Result<Self, ApiError> {
        Self::read(id).ok_or_else(invalid)
    }

    fn read(id: &str) -> Option<Self> {
        if let Some((session, part)) = id.split_once('/') {
            let session = session.parse().ok()?;
            return match RevisionName::parse_file_stem(part) {
                Some((dimension, name)) => Some(Self::Revision(session, dimension, name)),
                None => Some(Self::Poster(session, dimension(part)?)),
            };
        }
        if let Ok(session) = id.parse() {
            return Some(Self::Generation(session));
        }
        let (kind, number) = id.split_once('_')?;
        let number = row_id(number)?;
        match kind {
            "user" => Some(Self::User(number)),
            "edit" => Some(Self::Edit(number)),
            "order" => Some(Self::Order(number)),
            "entry" => Some(Self::LedgerEntry(number)),
            "key" => Some(Self::ApiKey(number)),
            "webhook" => Some(Self::WebhookEndpoint(number)),
            "delivery" => Some(Self::WebhookDelivery(number)),
            _ => None,
        }
    }

    /// The id as clients see it.
    pub fn to_id(&self) -> ID {
        match self {
            Self::User(row) => format!("user_{row}"),
            Self::Generation(session) => session.to_string(),
            Self::Poster(session, dimension) => format!("{session}/{:02}", dimension.index()),
            Self::Revision(session, dimension, name) => format!("{session}/{}", name.file_stem(*dimension)),
            Self::Edit(row) => format!("edit_{row}"),
            Self::Order(row) => format!("order_{row}"),
            Self::LedgerEntry(row) => format!("entry_{row}"),
            Self::ApiKey(row) => format!("key_{row}"),
            Self::WebhookEndpoint(row) => format!("webhook_{row}"),
            Self::WebhookDelivery(row) => format!("delivery_{row}"),
        }
        .into()
    }
}

/// A generation's id.
///
/// # Errors
/// `INVALID_ID` when it is not one.
pub fn generation_id(id: &str) -> Result<SessionId, ApiError> {
    id.parse().map_err(|_| invalid())
}

/// A poster's id.
///
/// # Errors
/// `INVALID_ID` when it is not one.
pub fn poster_id(id: &str) -> Result<(SessionId, Dimension), ApiError> {
    match NodeId::read(id) {
        Some(NodeId::Poster(session, dimension)) => Ok((session, dimension)),
        _ => Err(invalid()),
    }
}

/// A revision's id.
///
/// # Errors
/// `INVALID_ID` when it is not one.
pub fn revision_id(id: &str) -> Result<(SessionId, Dimension, RevisionName), ApiError> {
    match NodeId::read(id) {
        Some(NodeId::Revision(session, dimension, name)) => Ok((session, dimension, name)),
        _ => Err(invalid()),
    }
}

/// An order's id.
///
/// # Errors
/// `INVALID_ID` when it is not one.
pub fn order_id(id: &str) -> Result<i64, ApiError> {
    match NodeId::read(id) {
        Some(NodeId::Order(row)) => Ok(row),
        _ => Err(invalid()),
    }
}

/// An API key's id.
///
/// # Errors
/// `INVALID_ID` when it is not one.
pub fn api_key_id(id: &str) -> Result<i64, ApiError> {
    match NodeId::read(id) {
        Some(NodeId::ApiKey(row)) => Ok(row),
        _ => Err(invalid()),
    }
}

/// A web hook's id.
///
/// # Errors
/// `INVALID_ID` when it is not one.
pub fn webhook_endpoint_id(id: &str) -> Result<i64, ApiError> {
    match NodeId::read(id) {
        Some(NodeId::WebhookEndpoint(row)) => Ok(row),
        _ => Err(invalid()),
    }
}

/// The id of a web hook's message.
///
/// # Errors
/// `INVALID_ID` when it is not one.
pub fn webhook_delivery_id(id: &str) -> Result<i64, ApiError> {
    match NodeId::read(id) {
        Some(NodeId::WebhookDelivery(row)) => Ok(row),
        _ => Err(invalid()),
    }
}

/// The row of a sign-in session's id, `login_…`.
///
/// # Errors
/// `INVALID_ID` when it is not one.
pub fn sign_in_session_id(id: &str) -> Result<&str, ApiError> {
    let digits = id.strip_prefix(SESSION_PREFIX).ok_or_else(invalid)?;
    let is_hex = digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex { Ok(digits) } else { Err(invalid()) }
}

/// How the ids of sign-in sessions begin. What follows names the session and opens nothing: a token needs
/// our signature.
pub const SESSION_PREFIX: &str = "login_";

/// An upload's id, which is its row's.
///
/// # Errors
/// `INVALID_ID` when it is not one.
pub fn upload_id(id: &str) -> Result<String, ApiError> {
    let digits = id.strip_prefix("upload_").ok_or_else(invalid)?;
    let is_hex = digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex { Ok(id.to_owned()) } else { Err(invalid()) }
}

/// An event's place in the stream: a number from 0.
///
/// # Errors
/// `INVALID_ID` when it is not one.
pub fn seq(id: &str) -> Result<i64, ApiError> {
    if id == "0" { Ok(0) } else { row_id(id).ok_or_else(invalid) }
}

fn invalid() -> ApiError {
    ApiError::new(ErrorCode::InvalidId)
}

fn dimension(text: &str) -> Option<Dimension> {
    let dimension = Dimension::from_index(text.parse().ok()?)?;
    (format!("{:02}", dimension.index()) == text).then_some(dimension)
}

/// A positive number without sign or leading zeros: one row has one id.
fn row_id(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_round_trips() {
        for id in [
            "user_7",
            "session_20260110143052_a3f2",
            "session_20260110143052_a3f2/02",
            "session_20260110143052_a3f2/02-prime",
            "session_20260110143052_a3f2/02-edit1",
            "edit_12",
            "order_1",
            "entry_9223372036854775807",
            "key_3",
            "webhook_3",
            "delivery_9",
        ] {
            assert_eq!(NodeId::parse(id).map(|node| node.to_id().to_string()).as_deref(), Ok(id));
        }
    }

    #[test]
    fn wrong_kinds_and_second_spellings_are_invalid() {
        for wrong in [
            "",
            "7",
            "user_",
            "user_0",
            "user_07",
            "user_+7",
            "user_-7",
            "user_9223372036854775808",
            "upload_7",
            "session_20260110143052_a3f2/",
            "session_20260110143052_a3f2/2",
            "session_20260110143052_a3f2/10",
            "session_20260110143052_a3f2/02-edit01",
            "session_20260110143052_a3f2/02/03",
            "../02",
        ] {
            assert_eq!(NodeId::parse(wrong), Err(invalid()), "{wrong}");
        }
        assert_eq!(order_id("user_7"), Err(invalid()));
        assert_eq!(generation_id("session_20260110143052_a3f2/02"), Err(invalid()));
        assert_eq!(revision_id("session_20260110143052_a3f2/02"), Err(invalid()));
        assert_eq!(upload_id("upload_0123456789abcdef0123456789abcdeF"), Err(invalid()));
        assert!(upload_id("upload_0123456789abcdef0123456789abcdef").is_ok());
        assert_eq!((seq("0"), seq("12"), seq("-1"), seq("01")), (Ok(0), Ok(12), Err(invalid()), Err(invalid())));
    }
}
