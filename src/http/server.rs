//! Accepting connections: slow headers are cut, and a stop waits for what is under way.

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Most bytes kept of a request's head, and most bytes read ahead.
const BUFFER_BYTES: usize = 32 * 1024;

/// Serves the router until `shutdown` is cancelled, then finishes what is under way within `grace`.
///
/// # Errors
/// The listener's own failure; a connection's failure ends that connection alone.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tracker: TaskTracker,
    shutdown: CancellationToken,
    grace: Duration,
) -> io::Result<()> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(BUFFER_BYTES);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(64).keep_alive_interval(Duration::from_secs(30));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_passing(&error) => continue,
            Err(error) => {
                // Out of file descriptors, most likely: some will be free again soon.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Without it a small answer waits for the client's acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no-delay could not be set");
        }
        let (builder, router, watcher) = (builder.clone(), router.clone(), graceful.watcher());
        let stopping = shutdown.clone();
        tracker.spawn(async move {
            let has_begun = tokio::select! {
                () = stopping.cancelled() => false,
                begun = timeout(HEADER_TIMEOUT, has_begun(&stream)) => begun.unwrap_or(false),
            };
            if !has_begun {
                return;
            }
            let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service(router, peer));
            if let Err(error) = watcher.watch(connection.into_owned()).await {
                tracing::debug!(error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were cut: they did not end in time");
    }
    Ok(())
}

/// Waits until the client has said enough to tell which version of HTTP it speaks; the library's own
/// limit of time begins only then.
async fn has_begun(stream: &TcpStream) -> bool {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0";
    let mut head = [0; PREFACE.len()];
    loop {
        match stream.peek(&mut head).await {
            Err(_) | Ok(0) => return false,
            Ok(count) if count == PREFACE.len() || !PREFACE.starts_with(&head[..count]) => return true,
            // What was seen stays there to be seen again, so only time tells whether more has come.
            Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// The router for one connection, with the peer's address in each request.
fn service(
    router: Router,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    hyper::Request<Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future = impl Future<Output = Result<axum::response::Response, std::convert::Infallible>> + Send,
> + Clone
+ Send {
    hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    })
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}
