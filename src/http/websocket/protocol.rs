//! The messages and close codes of graphql-transport-ws.

use async_graphql::{Response, ServerError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why the server closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// 1001: the server stops, or the client has been silent for too long.
    GoingAway,
    /// 1002: the client broke the websocket protocol itself.
    ProtocolError,
    /// 1009: a message is larger than the server takes.
    MessageTooBig,
    /// 1011: a defect of ours.
    InternalError,
    /// 4400: a message that the subprotocol does not know.
    InvalidMessage,
    /// 4401: an operation before the acknowledgement, or a token that has ended meanwhile.
    Unauthorized,
    /// 4403: the token in `connection_init` was refused.
    Forbidden,
    /// 4406: the subprotocol was not asked for.
    SubprotocolNotAcceptable,
    /// 4408: no `connection_init` in time.
    InitTimeout,
    /// 4409: an operation with this id is running already.
    SubscriberExists,
    /// 4429: a second `connection_init`.
    TooManyInitRequests,
    /// 4429 too: the user has as many sockets as allowed.
    TooManySockets,
}

impl CloseCode {
    /// The number on the wire.
    pub const fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::ProtocolError => 1002,
            Self::MessageTooBig => 1009,
            Self::InternalError => 1011,
            Self::InvalidMessage => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden => 4403,
            Self::SubprotocolNotAcceptable => 4406,
            Self::InitTimeout => 4408,
            Self::SubscriberExists => 4409,
            Self::TooManyInitRequests | Self::TooManySockets => 4429,
        }
    }

    /// The reason on the wire, as the subprotocol words it where it does.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "Going away",
            Self::ProtocolError => "Protocol error",
            Self::MessageTooBig => "Message too big",
            Self::InternalError => "Internal server error",
            Self::InvalidMessage => "Invalid message",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::SubprotocolNotAcceptable => "Subprotocol not acceptable",
            Self::InitTimeout => "Connection initialisation timeout",
            Self::SubscriberExists => "Subscriber already exists",
            Self::TooManyInitRequests => "Too many initialisation requests",
            Self::TooManySockets => "Too many sockets",
        }
    }
}

/// What a client may send.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    /// Opens the conversation; the payload may hold `authorization`.
    ConnectionInit {
        #[serde(default)]
        payload: Option<serde_json::Map<String, Value>>,
    },
    /// Asks for a `pong` with the same payload.
    Ping {
        #[serde(default)]
        payload: Option<Value>,
    },
    /// Answers our `ping`.
    Pong {},
    /// Starts an operation.
    Subscribe { id: String, payload: Value },
    /// Ends an operation.
    Complete { id: String },
}

/// What the server sends.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    /// The client is known; operations may start.
    ConnectionAck,
    /// Are you there?
    Ping,
    /// The answer to `ping`.
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    /// One result of an operation.
    Next { id: &'a str, payload: &'a Response },
    /// The operation never started, or ended before its first result.
    Error { id: &'a str, payload: &'a [ServerError] },
    /// The operation is over.
    Complete { id: &'a str },
}

impl ServerMessage<'_> {
    /// The message as text.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("messages have string keys only, so they are writable as JSON")
    }
}
