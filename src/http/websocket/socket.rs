//! The life of one socket: greeting, operations, silence, farewell.

use std::{ops::ControlFlow, time::Duration};

use async_graphql::Executor;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Map, Value};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::{
    operations::{Operations, error_text},
    protocol::{ClientMessage, CloseCode, ServerMessage},
    registry::SocketPermit,
};
use crate::{
    graphql::{ApiError, ErrorCode, RequestContext},
    http::{
        credentials::{AuthenticationError, Authenticator, Credential, viewer_of},
        graphql::request_from_value,
        transport::Transport,
    },
};

/// How long the two closing frames may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why a socket ends: with a code of ours, or because the client is gone already.
type End = Option<CloseCode>;

/// What is known about the client of one socket.
pub(super) struct Session<E, A: Authenticator + ?Sized> {
    transport: Transport<E, A>,
    context: RequestContext,
    credential: Credential,
    viewer: Option<A::Viewer>,
    _address_permit: SocketPermit,
    user_permit: Option<SocketPermit>,
}

impl<E: Executor, A: Authenticator + ?Sized> Session<E, A> {
    /// A session that has not been greeted yet.
    pub(super) fn new(
        transport: Transport<E, A>,
        context: RequestContext,
        credential: Credential,
        address_permit: SocketPermit,
    ) -> Self {
        Self { transport, context, credential, viewer: None, _address_permit: address_permit, user_permit: None }
    }

    /// Decides who the client is: the payload's token, else the one of the upgrade request.
    async fn greet(&mut self, payload: &Map<String, Value>) -> Result<(), CloseCode> {
        let named = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let credential = match named {
            Some((_, Value::String(value))) => Credential::from_bearer(value),
            Some((_, Value::Null)) | None => self.credential.clone(),
            Some(_) => Credential::Malformed,
        };
        self.viewer = match viewer_of(&self.transport.parts.authenticator, &credential).await {
            Ok(viewer) => viewer,
            Err(AuthenticationError::Rejected) => return Err(CloseCode::Forbidden),
            Err(AuthenticationError::Unavailable) => return Err(CloseCode::InternalError),
        };
        if let Some(viewer) = &self.viewer {
            let user_id = self.transport.parts.authenticator.user_id(viewer);
            let max = self.transport.parts.socket_limits.sockets_per_user;
            self.user_permit = Some(self.transport.sockets.sign_in(user_id, max).ok_or(CloseCode::TooManySockets)?);
        }
        Ok(())
    }

    async fn still_valid(&self) -> bool {
        match &self.viewer {
            Some(viewer) => self.transport.parts.authenticator.still_valid(viewer).await,
            None => true,
        }
    }

    /// Starts an operation; a refused one is answered with an `error` message and harms no other.
    fn subscribe(&self, operations: &mut Operations, id: String, payload: Value) -> Result<Option<String>, CloseCode> {
        if operations.contains(&id) {
            return Err(CloseCode::SubscriberExists);
        }
        let request = request_from_value(payload).map_err(|_| CloseCode::InvalidMessage)?;
        if operations.len() >= self.transport.parts.socket_limits.subscriptions_per_socket {
            let error = ApiError::with_message(
                ErrorCode::RateLimited,
                "这个连接上的订阅太多",
                "Too many operations on this socket",
            );
            return Ok(Some(error_text(&id, error.into_server_error(), &self.context)));
        }
        match self.transport.prepare(request, self.viewer.clone(), self.context.clone()) {
            Ok((request, kind)) => {
                operations.start(id, kind, self.transport.parts.executor.execute_stream(request, None));
                Ok(None)
            }
            Err(error) => Ok(Some(error_text(&id, error, &self.context))),
        }
    }
}

/// Serves a socket until one side ends it, then says goodbye properly.
pub(super) async fn serve<E: Executor, A: Authenticator + ?Sized>(mut socket: WebSocket, session: Box<Session<E, A>>) {
    let end = if socket.protocol().is_some() {
        converse(&mut socket, session).await
    } else {
        Some(CloseCode::SubprotocolNotAcceptable)
    };
    farewell(&mut socket, end).await;
}

async fn converse<E: Executor, A: Authenticator + ?Sized>(
    socket: &mut WebSocket,
    mut session: Box<Session<E, A>>,
) -> End {
    let limits = session.transport.parts.socket_limits;
    let shutdown = session.transport.parts.shutdown.clone();
    match timeout(limits.init_timeout, greeting(socket, &mut session)).await {
        Ok(ControlFlow::Continue(())) => {}
        Ok(ControlFlow::Break(end)) => return end,
        Err(_elapsed) => return Some(CloseCode::InitTimeout),
    }
    let mut operations = Operations::default();
    let mut heard_at = Instant::now();
    let mut pinged_at = heard_at;
    let mut tick = interval_at(heard_at + limits.tick, limits.tick);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let outgoing = tokio::select! {
            () = shutdown.cancelled() => return Some(CloseCode::GoingAway),
            incoming = socket.recv() => {
                heard_at = Instant::now();
                match read(incoming) {
                    ControlFlow::Break(end) => return end,
                    ControlFlow::Continue(None) => None,
                    ControlFlow::Continue(Some(message)) => match react(&session, &mut operations, message) {
                        Ok(answer) => answer,
                        Err(code) => return Some(code),
                    },
                }
            }
            message = operations.next_message(&session.context), if !operations.is_empty() => Some(message),
            now = tick.tick() => {
                if now.duration_since(heard_at) >= limits.silence_max {
                    return Some(CloseCode::GoingAway);
                }
                if !session.still_valid().await {
                    return Some(CloseCode::Unauthorized);
                }
                let is_quiet = now.duration_since(heard_at.max(pinged_at)) >= limits.ping_after;
                is_quiet.then(|| { pinged_at = now; ServerMessage::Ping.text() })
            }
        };
        if let Some(text) = outgoing {
            // The event log is the queue: while a slow reader blocks here, nothing piles up for it.
            if !send(socket, text, limits.write_timeout).await {
                return None;
            }
        }
    }
}

/// Everything up to `connection_ack`.
async fn greeting<E: Executor, A: Authenticator + ?Sized>(
    socket: &mut WebSocket,
    session: &mut Session<E, A>,
) -> ControlFlow<End> {
    loop {
        let answer = match read(socket.recv().await)? {
            None | Some(ClientMessage::Pong {} | ClientMessage::Complete { .. }) => continue,
            Some(ClientMessage::ConnectionInit { payload }) => {
                if let Err(code) = session.greet(&payload.unwrap_or_default()).await {
                    return ControlFlow::Break(Some(code));
                }
                let sent = send(socket, ServerMessage::ConnectionAck.text(), FAREWELL).await;
                return if sent { ControlFlow::Continue(()) } else { ControlFlow::Break(None) };
            }
            Some(ClientMessage::Ping { payload }) => ServerMessage::Pong { payload }.text(),
            Some(ClientMessage::Subscribe { .. }) => return ControlFlow::Break(Some(CloseCode::Unauthorized)),
        };
        if !send(socket, answer, FAREWELL).await {
            return ControlFlow::Break(None);
        }
    }
}

fn react<E: Executor, A: Authenticator + ?Sized>(
    session: &Session<E, A>,
    operations: &mut Operations,
    message: ClientMessage,
) -> Result<Option<String>, CloseCode> {
    match message {
        ClientMessage::ConnectionInit { .. } => Err(CloseCode::TooManyInitRequests),
        ClientMessage::Ping { payload } => Ok(Some(ServerMessage::Pong { payload }.text())),
        ClientMessage::Pong {} => Ok(None),
        ClientMessage::Subscribe { id, payload } => session.subscribe(operations, id, payload),
        ClientMessage::Complete { id } => {
            operations.stop(&id);
            Ok(None)
        }
    }
}

/// One frame of the client as a message; `None` for frames that carry none.
fn read(incoming: Option<Result<Message, axum::Error>>) -> ControlFlow<End, Option<ClientMessage>> {
    match incoming {
        None | Some(Ok(Message::Close(_))) => ControlFlow::Break(None),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => ControlFlow::Continue(None),
        Some(Ok(Message::Binary(_))) => ControlFlow::Break(Some(CloseCode::InvalidMessage)),
        Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
            Ok(message) => ControlFlow::Continue(Some(message)),
            Err(_) => ControlFlow::Break(Some(CloseCode::InvalidMessage)),
        },
        // axum hides the kind of the error; its text begins with the library's own words for it.
        Some(Err(error)) if error.to_string().starts_with("Space limit exceeded") => {
            ControlFlow::Break(Some(CloseCode::MessageTooBig))
        }
        Some(Err(_)) => ControlFlow::Break(Some(CloseCode::ProtocolError)),
    }
}

async fn send(socket: &mut WebSocket, text: String, limit: Duration) -> bool {
    matches!(timeout(limit, socket.send(Message::Text(text.into()))).await, Ok(Ok(())))
}

/// Finishes the closing handshake; a client whose close is cut short reports 1006 instead of the
/// code.
async fn farewell(socket: &mut WebSocket, end: End) {
    let closing = async {
        if let Some(code) = end {
            let frame = CloseFrame { code: code.code(), reason: code.reason().into() };
            if socket.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
        }
        while let Some(Ok(_)) = socket.recv().await {}
    };
    // A client that does not answer has had its chance.
    let _ = timeout(FAREWELL, closing).await;
}
