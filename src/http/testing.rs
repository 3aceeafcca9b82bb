//! A small schema and a real server on a loopback port, for the tests of this room.

#![allow(clippy::unused_async, reason = "resolvers are async by the macro's rule")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_graphql::{Context, Object, Schema, Subscription};
use axum::{Router, routing::any};
use futures_util::{Stream, stream};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    AllowedOrigins, AuthenticationError, Authenticator, SocketLimits, Transport, TransportParts, graphql_handler,
};
use crate::{
    config::Introspection,
    graphql::{ApiError, ErrorCode, RequestContext},
};

pub(super) struct Query;

#[Object]
impl Query {
    async fn viewer(&self, ctx: &Context<'_>) -> Option<i32> {
        ctx.data_opt::<i32>().copied()
    }

    async fn echo(&self, text: String) -> String {
        text
    }

    async fn missing(&self) -> Result<Option<i32>, async_graphql::Error> {
        Err(ApiError::new(ErrorCode::NotFound).into())
    }

    async fn leaks(&self) -> Result<Option<i32>, async_graphql::Error> {
        Err(std::io::Error::other("secret /srv/path").into())
    }

    async fn panics(&self) -> i32 {
        std::hint::black_box(None).expect("secret panic text")
    }

    async fn deeper(&self) -> Query {
        Query
    }
}

pub(super) struct Mutation;

#[Object]
impl Mutation {
    async fn bump(&self) -> i32 {
        1
    }
}

pub(super) struct Live;

#[Subscription]
impl Live {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    async fn forever(&self) -> impl Stream<Item = i32> {
        stream::pending()
    }

    async fn flood(&self) -> impl Stream<Item = String> {
        stream::repeat_with(|| "x".repeat(16 * 1024))
    }

    async fn missing(&self) -> Result<stream::Empty<i32>, async_graphql::Error> {
        Err(ApiError::new(ErrorCode::NotFound).into())
    }

    async fn panics(&self) -> impl Stream<Item = i32> {
        stream::poll_fn(|_| panic!("secret panic text"))
    }
}

/// Accepts the token `good` (user 7) and `other` (user 8) until told that they are revoked.
#[derive(Default)]
pub(super) struct Judge {
    pub(super) revoked: AtomicBool,
}

#[async_trait::async_trait]
impl Authenticator for Judge {
    type Viewer = i32;

    async fn authenticate(&self, token: &str) -> Result<i32, AuthenticationError> {
        match token {
            "good" => Ok(7),
            "other" => Ok(8),
            "down" => Err(AuthenticationError::Unavailable),
            _ => Err(AuthenticationError::Rejected),
        }
    }

    async fn still_valid(&self, _viewer: &i32) -> bool {
        !self.revoked.load(Ordering::SeqCst)
    }

    fn user_id(&self, viewer: &i32) -> i64 {
        i64::from(*viewer)
    }
}

/// A running server; dropping it stops it.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) judge: Arc<Judge>,
    pub(super) shutdown: CancellationToken,
    pub(super) tracker: TaskTracker,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Limits whose clocks are short, so that tests wait for events and not for time.
pub(super) fn quick_limits() -> SocketLimits {
    SocketLimits {
        tick: Duration::from_millis(10),
        ping_after: Duration::from_mins(1),
        silence_max: Duration::from_mins(1),
        ..SocketLimits::default()
    }
}

pub(super) fn transport(
    limits: SocketLimits,
    tracker: TaskTracker,
    shutdown: CancellationToken,
    judge: Arc<Judge>,
) -> Transport<Schema<Query, Mutation, Live>, Judge> {
    Transport::new(parts(limits, tracker, shutdown, judge))
}

pub(super) fn parts(
    limits: SocketLimits,
    tracker: TaskTracker,
    shutdown: CancellationToken,
    judge: Arc<Judge>,
) -> TransportParts<Schema<Query, Mutation, Live>, Judge> {
    TransportParts {
        executor: Schema::build(Query, Mutation, Live).limit_depth(12).finish(),
        authenticator: judge,
        attach: Box::new(|request, viewer: Option<i32>, context: RequestContext| {
            let request = request.data(context);
            match viewer {
                Some(viewer) => request.data(viewer),
                None => request,
            }
        }),
        admit: Box::new(|viewer, _| if viewer == Some(&8) { Err(1500) } else { Ok(()) }),
        origins: AllowedOrigins::new(["https://listed.test"]),
        development: true,
        queries_by_get: true,
        introspection: Introspection::Everyone,
        clock: Arc::new(crate::clock::SystemClock),
        is_https: false,
        body_bytes_max: 256 * 1024,
        operation_timeout: std::time::Duration::from_secs(30),
        socket_limits: limits,
        tracker,
        shutdown,
    }
}

pub(super) async fn serve(limits: SocketLimits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let (tracker, shutdown, judge) = (TaskTracker::new(), CancellationToken::new(), Arc::new(Judge::default()));
    let state = transport(limits, tracker.clone(), shutdown.clone(), Arc::clone(&judge));
    let router = Router::new().route("/graphql", any(graphql_handler)).with_state(state);
    let stop = shutdown.clone();
    tracker.spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
        assert!(served.is_ok());
    });
    Server { address, judge, shutdown, tracker }
}
