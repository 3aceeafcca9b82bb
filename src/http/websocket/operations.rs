//! The operations that run on one socket, polled by the socket's own task.

use std::{
    panic::AssertUnwindSafe,
    task::{Context, Poll},
};

use async_graphql::{Response, ServerError, Value, parser::types::OperationType};
use futures_util::{FutureExt, StreamExt, future::poll_fn, stream::BoxStream};

use super::protocol::ServerMessage;
use crate::graphql::{ApiError, ErrorCode, RequestContext, finish, is_request_error};

/// One running operation.
struct Operation {
    id: Box<str>,
    stream: BoxStream<'static, Response>,
    is_subscription: bool,
    has_answered: bool,
}

/// All running operations of a socket; few, so that a list is smaller and faster than a map.
#[derive(Default)]
pub(super) struct Operations {
    running: Vec<Operation>,
    /// Where the next poll begins, so that a busy operation cannot starve the others.
    next: usize,
}

impl Operations {
    /// Whether nothing runs.
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// How many operations run.
    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether an operation with this id runs.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.running.iter().any(|operation| &*operation.id == id)
    }

    /// Starts an operation; its first poll does the first work.
    pub(super) fn start(&mut self, id: String, kind: Option<OperationType>, stream: BoxStream<'static, Response>) {
        self.running.push(Operation {
            id: id.into_boxed_str(),
            stream,
            is_subscription: kind == Some(OperationType::Subscription),
            has_answered: false,
        });
    }

    /// Ends an operation without a word; an unknown id is one that has just completed by itself.
    pub(super) fn stop(&mut self, id: &str) {
        self.running.retain(|operation| &*operation.id != id);
    }

    /// The next message that any operation has for the client. Never resolves while nothing runs.
    pub(super) fn next_message(&mut self, context: &RequestContext) -> impl Future<Output = String> + Send {
        poll_fn(move |cx| self.poll(cx, context))
    }

    fn poll(&mut self, cx: &mut Context<'_>, context: &RequestContext) -> Poll<String> {
        for step in 0..self.running.len() {
            let index = (self.next + step) % self.running.len();
            let operation = &mut self.running[index];
            let polled = std::panic::catch_unwind(AssertUnwindSafe(|| operation.stream.next().poll_unpin(cx)));
            match polled {
                Ok(Poll::Pending) => {}
                Ok(Poll::Ready(Some(response))) => {
                    self.next = index + 1;
                    return Poll::Ready(self.answered(index, response, context));
                }
                Ok(Poll::Ready(None)) => {
                    let ended = self.running.swap_remove(index);
                    return Poll::Ready(ServerMessage::Complete { id: &ended.id }.text());
                }
                Err(_panic) => {
                    tracing::error!(request_id = %context.request_id, "a resolver panicked");
                    let ended = self.running.swap_remove(index);
                    let error = ApiError::new(ErrorCode::Internal).into_server_error();
                    return Poll::Ready(error_text(&ended.id, error, context));
                }
            }
        }
        Poll::Pending
    }

    fn answered(&mut self, index: usize, mut response: Response, context: &RequestContext) -> String {
        finish(&mut response, context);
        let operation = &mut self.running[index];
        let never_started = is_request_error(&response)
            || (operation.is_subscription && response.data == Value::Null && !response.errors.is_empty());
        if never_started && !operation.has_answered {
            let ended = self.running.swap_remove(index);
            return ServerMessage::Error { id: &ended.id, payload: &response.errors }.text();
        }
        operation.has_answered = true;
        ServerMessage::Next { id: &operation.id, payload: &response }.text()
    }
}

/// An `error` message for an operation that did not start.
pub(super) fn error_text(id: &str, error: ServerError, context: &RequestContext) -> String {
    let mut response = Response::from_errors(vec![error]);
    finish(&mut response, context);
    ServerMessage::Error { id, payload: &response.errors }.text()
}
