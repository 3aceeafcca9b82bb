//! What the HTTP handler and the socket loop share: the schema, the judge of tokens, the rules.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use async_graphql::{Executor, Request, parser::types::OperationType};
use axum::http::{Extensions, HeaderMap, header};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    credentials::Authenticator,
    origin::AllowedOrigins,
    websocket::{SocketLimits, SocketRegistry},
};
use crate::{
    clock::Clock,
    config::Introspection,
    domain::Locale,
    graphql::{ApiError, ErrorCode, RequestContext, limits},
};

/// The id of a request, put there by the middleware.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// The address of the client, after trusted proxies.
#[derive(Clone, Copy, Debug)]
pub struct ClientIp(pub IpAddr);

/// Gives a request what its resolvers need: the viewer, the context and fresh loaders.
pub type Attach<V> = Box<dyn Fn(Request, Option<V>, RequestContext) -> Request + Send + Sync>;

/// Counts an operation of this viewer (or of nobody, by address); `Err` holds the milliseconds after
/// which asking again may succeed.
pub type Admit<V> = Box<dyn Fn(Option<&V>, &RequestContext) -> Result<(), i64> + Send + Sync>;

/// The parts of a [`Transport`], named.
pub struct TransportParts<E, A: Authenticator + ?Sized> {
    /// The schema.
    pub executor: E,
    /// The judge of tokens.
    pub authenticator: Arc<A>,
    /// Puts viewer, context and loaders into a request.
    pub attach: Attach<A::Viewer>,
    /// Counts operations.
    pub admit: Admit<A::Viewer>,
    /// Origins that pages may call from, beside our own.
    pub origins: AllowedOrigins,
    /// Whether the query page is shown to browsers.
    pub development: bool,
    /// Whether GET runs queries; mutations it never runs.
    pub queries_by_get: bool,
    /// Who may ask what the schema holds.
    pub introspection: Introspection,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Whether people reach us by https; renewed cookies are then sent by https alone.
    pub is_https: bool,
    /// The largest JSON body of a POST, in bytes.
    pub body_bytes_max: usize,
    /// The longest that one operation over HTTP may take.
    pub operation_timeout: Duration,
    /// Caps and clocks of sockets.
    pub socket_limits: SocketLimits,
    /// Sockets run on it, so that shutdown waits for them.
    pub tracker: TaskTracker,
    /// Cancelled when the server stops: sockets then close with 1001.
    pub shutdown: CancellationToken,
}

/// The shared state of `/graphql`, over any schema: tests bring a small one.
pub struct Transport<E, A: Authenticator + ?Sized> {
    pub(super) parts: Arc<TransportParts<E, A>>,
    pub(super) sockets: SocketRegistry,
}

impl<E, A: Authenticator + ?Sized> Clone for Transport<E, A> {
    fn clone(&self) -> Self {
        Self { parts: Arc::clone(&self.parts), sockets: self.sockets.clone() }
    }
}

impl<E: Executor, A: Authenticator + ?Sized> Transport<E, A> {
    /// Puts the parts together.
    pub fn new(parts: TransportParts<E, A>) -> Self {
        Self { sockets: SocketRegistry::default(), parts: Arc::new(parts) }
    }

    /// The request with everything its resolvers need, and the kind of its operation.
    ///
    /// # Errors
    /// What [`limits::inspect`] refuses, `RATE_LIMITED`, and `UNAUTHENTICATED` or `FORBIDDEN` for a
    /// viewer who may not ask what the schema holds.
    pub(super) fn prepare(
        &self,
        mut request: Request,
        viewer: Option<A::Viewer>,
        context: RequestContext,
    ) -> Result<(Request, Option<OperationType>), async_graphql::ServerError> {
        let asked = limits::inspect(&mut request)?;
        (self.parts.admit)(viewer.as_ref(), &context)
            .map_err(|retry_after_ms| ApiError::rate_limited(retry_after_ms).into_server_error())?;
        if asked.introspects {
            self.permit_introspection(viewer.is_some()).map_err(ApiError::into_server_error)?;
        }
        Ok(((self.parts.attach)(request, viewer, context), asked.kind))
    }

    /// The library would answer `null` without a word instead.
    fn permit_introspection(&self, is_signed_in: bool) -> Result<(), ApiError> {
        match self.parts.introspection {
            Introspection::Everyone => Ok(()),
            Introspection::SignedIn if is_signed_in => Ok(()),
            Introspection::SignedIn => Err(ApiError::with_message(
                ErrorCode::Unauthenticated,
                "登录后才能内省；模式全文见 /schema.graphql",
                "Introspection needs a sign-in; the schema's text is at /schema.graphql",
            )),
            Introspection::Nobody => Err(ApiError::with_message(
                ErrorCode::Forbidden,
                "内省已关闭；模式全文见 /schema.graphql",
                "Introspection is switched off; the schema's text is at /schema.graphql",
            )),
        }
    }
}

/// The context of a request, from what the middleware left and the headers say.
pub fn request_context(extensions: &Extensions, headers: &HeaderMap) -> RequestContext {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    RequestContext {
        request_id: extensions.get::<RequestId>().map_or_else(|| "-".into(), |id| Arc::clone(&id.0)),
        locale: Locale::from_accept_language(text(header::ACCEPT_LANGUAGE)),
        client_ip: extensions.get::<ClientIp>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ip| ip.0),
        user_agent: text(header::USER_AGENT).map(|agent| agent.chars().take(200).collect::<String>().into()),
    }
}
