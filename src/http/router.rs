//! Which path leads where, and the layers around all of them.

use std::{any::Any, sync::Arc, time::Duration};

use async_graphql::Request as Operation;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderMap, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use tokio_util::sync::CancellationToken;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{Predicate, SizeAbove},
    },
    timeout::TimeoutLayer,
};

use super::{
    client, exports, files, graphql, health,
    middleware::{Surroundings, surround},
    operator, payments,
    state::HttpState,
    statement,
    transport::{Admit, Transport, TransportParts},
    uploads,
    websocket::SocketLimits,
};
use crate::{
    graphql::{ApiSchema, RequestContext},
    payments::sandbox::PAY_PAGE_PATH,
    services::{
        Viewer,
        limits::{Counted, Rate},
    },
};

/// How long an upload may take to arrive.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(2);

/// All routes over this state and schema. Sockets close when `shutdown` is cancelled.
pub fn router(state: HttpState, schema: ApiSchema, shutdown: CancellationToken) -> Router {
    let settings = Arc::clone(&state.settings);
    let around = Surroundings {
        ids: Arc::clone(&state.services.ids),
        trusted_proxies: settings.http.trusted_proxies.clone().into(),
        is_https: settings.public_url().starts_with("https://"),
    };
    let transport = Transport::new(TransportParts {
        executor: schema,
        authenticator: Arc::clone(&state.authenticator),
        attach: Box::new(attach),
        admit: admission(&state),
        origins: state.origins.clone(),
        development: !settings.is_production(),
        queries_by_get: settings.queries_by_get(),
        introspection: settings.introspection(),
        clock: Arc::clone(&state.services.clock),
        is_https: around.is_https,
        body_bytes_max: settings.http.body_bytes_max,
        operation_timeout: Duration::from_secs(settings.http.request_timeout_seconds.max(1)),
        socket_limits: socket_limits(&state),
        tracker: state.tracker.clone(),
        shutdown,
    });
    let timeout = |limit| TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, limit);
    let request_timeout = Duration::from_secs(settings.http.request_timeout_seconds.max(1));
    let uploads = Router::new()
        .route("/uploads", post(uploads::create))
        .layer((DefaultBodyLimit::disable(), timeout(UPLOAD_TIMEOUT)));
    Router::new()
        .route("/files/{generation}/{file}", get(files::show))
        .route("/files/{generation}/exports/{file}", get(exports::show))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/schema.graphql", get(health::schema))
        .route("/samples/{name}", get(client::sample))
        .route("/operator/orders", get(operator::list))
        .route("/operator/orders/{order}/refund", post(operator::refund))
        .route("/statement.csv", get(statement::show))
        .route("/payments/{channel}/notify", get(payments::notify).post(payments::notify))
        .route(PAY_PAGE_PATH, get(payments::pay_page))
        .layer(timeout(request_timeout))
        .merge(uploads)
        .with_state(state)
        .merge(Router::new().route("/graphql", any(graphql::handle)).with_state(transport))
        .fallback(client::fallback)
        .layer(CompressionLayer::new().gzip(true).compress_when(SizeAbove::new(1024).and(is_text)))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(around, surround))
}

fn attach(operation: Operation, viewer: Option<Viewer>, context: RequestContext) -> Operation {
    let operation = operation.data(context);
    match viewer {
        Some(viewer) => operation.data(viewer),
        None => operation,
    }
}

fn admission(state: &HttpState) -> Admit<Viewer> {
    let limits = state.limits.clone();
    Box::new(move |viewer, context| {
        let counted = viewer.map_or_else(|| context.client_ip.into(), |viewer| Counted::User(viewer.user_id));
        limits.check(Rate::Requests, counted).map_err(|refused| refused.retry_after_ms)
    })
}

fn socket_limits(state: &HttpState) -> SocketLimits {
    let (limits, http) = (&state.settings.limits, &state.settings.http);
    SocketLimits {
        subscriptions_per_socket: limits.subscriptions_per_socket,
        sockets_per_user: limits.sockets_per_user,
        sockets_per_ip: limits.sockets_per_ip,
        init_timeout: Duration::from_secs(http.socket_init_timeout_seconds.max(1)),
        ping_after: Duration::from_secs(http.socket_ping_seconds.max(1)),
        silence_max: Duration::from_secs(http.socket_ping_seconds.max(1) * 3),
        ..SocketLimits::default()
    }
}

/// Pictures and archives are compressed already, and a socket's upgrade has no body.
fn is_text(_: StatusCode, _: axum::http::Version, headers: &HeaderMap, _: &axum::http::Extensions) -> bool {
    let mime = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = mime.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/")
        || essence.ends_with("json")
        || matches!(essence, "application/javascript" | "application/wasm" | "image/svg+xml")
}

/// A defect of ours in a handler: its text is in the log, where the panic hook wrote it.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    let body = r#"{"error":{"code":"INTERNAL","message":"Something went wrong on our side; please try again"}}"#;
    (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
