//! graphql-transport-ws: our own loop, because the library's never closes a silent stranger, lets a
//! second operation take over a running one's id and closes with the wrong codes.
//!
//! One task serves one socket with all its operations, and its buffers are small: ten thousand idle
//! subscriptions are memory, not processor time.

mod operations;
mod protocol;
mod registry;
mod socket;

#[cfg(test)]
mod tests;

use std::time::Duration;

use async_graphql::Executor;
use axum::{extract::WebSocketUpgrade, response::Response};

pub use protocol::CloseCode;
pub(super) use registry::{SocketPermit, SocketRegistry};

use super::{
    credentials::{Authenticator, Credential},
    transport::Transport,
};
use crate::graphql::RequestContext;

/// The subprotocol's name.
pub(super) const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Bytes of the read and of the write buffer of a socket. The library's defaults (128 KiB each way)
/// are what an idle subscription would mostly consist of.
const BUFFER_BYTES: usize = 2 * 1024;

/// The largest message that a client may send, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// Caps and clocks of sockets.
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    /// Operations that may run on one socket at a time.
    pub subscriptions_per_socket: usize,
    /// Open sockets of one user.
    pub sockets_per_user: usize,
    /// Open sockets from one address.
    pub sockets_per_ip: usize,
    /// How long a client may take to send `connection_init`.
    pub init_timeout: Duration,
    /// How often a token is checked again; also the step of the two below.
    pub tick: Duration,
    /// How often a quiet client is pinged.
    pub ping_after: Duration,
    /// When a client that answers nothing is cut.
    pub silence_max: Duration,
    /// How long one message may take to be written before a slow reader is cut.
    pub write_timeout: Duration,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            subscriptions_per_socket: 16,
            sockets_per_user: 16,
            sockets_per_ip: 64,
            init_timeout: Duration::from_secs(3),
            // Together with the time that a session is believed, a revocation arrives within five seconds.
            tick: Duration::from_secs(2),
            ping_after: Duration::from_secs(15),
            silence_max: Duration::from_secs(45),
            write_timeout: Duration::from_secs(10),
        }
    }
}

/// Answers the upgrade and serves the socket on the task tracker.
pub(super) fn accept<E: Executor, A: Authenticator + ?Sized>(
    upgrade: WebSocketUpgrade,
    transport: Transport<E, A>,
    context: RequestContext,
    credential: Credential,
    permit: SocketPermit,
) -> Response {
    let tracker = transport.parts.tracker.clone();
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| {
            tracker.track_future(socket::serve(
                socket,
                Box::new(socket::Session::new(transport, context, credential, permit)),
            ))
        })
}
