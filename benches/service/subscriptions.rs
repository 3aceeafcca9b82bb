//! What somebody who watches and waits costs: idle subscriptions, each on a socket of its own.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::mpsc, task::JoinSet};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::{
    Result,
    process::Server,
    report, runtime,
    seed::{self, Seeded},
};

const SOCKETS: usize = 2_000;

/// Longer than the server waits between two pings, so that each socket has answered one.
const SETTLED: Duration = Duration::from_secs(17);

pub(crate) fn run(program: &Path) -> Result<()> {
    let seeded = seed::seeded()?;
    let wallet = json!({ "query": "subscription { walletChanged { credits frozen version } }" });
    let document = "subscription Follow($id: ID!) { generationEvents(generationId: $id) { seq at } }";
    let events = json!({ "query": document, "variables": { "id": seed::RUNNING_SET } });
    measure(program, &seeded, "walletChanged", &wallet, true)?;
    measure(program, &seeded, "generationEvents", &events, false)
}

/// `answers_at_once`: whether the subscription delivers a first value by itself.
fn measure(program: &Path, seeded: &Seeded, what: &str, payload: &Value, answers_at_once: bool) -> Result<()> {
    let server = Server::start(program, seeded.folder.path())?;
    // What the first ones allocate once for all is not counted for each.
    drop(Crowd::gather(&server, &seeded.token, payload, answers_at_once, 50)?);
    thread::sleep(Duration::from_secs(1));
    let idle_kib = server.anonymous_kib()?;
    let (began, cpu_before) = (Instant::now(), server.cpu_seconds()?);
    let crowd = Crowd::gather(&server, &seeded.token, payload, answers_at_once, SOCKETS)?;
    let opened_seconds = began.elapsed().as_secs_f64();
    let cpu_ms = 1000.0 * (server.cpu_seconds()? - cpu_before) / SOCKETS as f64;
    thread::sleep(SETTLED);
    let open_kib = server.anonymous_kib()?;
    drop(crowd);
    thread::sleep(Duration::from_secs(2));
    let closed_kib = server.anonymous_kib()?;
    let again = Crowd::gather(&server, &seeded.token, payload, answers_at_once, SOCKETS)?;
    thread::sleep(SETTLED);
    let again_kib = server.anonymous_kib()?;
    drop(again);

    let each = |kib: f64| (kib - idle_kib) / SOCKETS as f64;
    report::row(
        &format!("{what}: memory of one of {SOCKETS}, socket included"),
        &format!(
            "{:.1} KiB (server: {:.1} MiB before, {:.1} MiB open)",
            each(open_kib),
            idle_kib / 1024.0,
            open_kib / 1024.0
        ),
    );
    report::row(
        &format!("{what}: kept by the allocator after all have left; total when as many come again"),
        &format!("{:.1} MiB; {:.1} MiB", closed_kib / 1024.0, again_kib / 1024.0),
    );
    report::row(
        &format!("{what}: opening one"),
        &format!("{cpu_ms:.2} ms of server processor time ({opened_seconds:.1} s for all)"),
    );
    Ok(())
}

/// Open subscriptions; dropping the value closes their sockets.
struct Crowd {
    _sockets: JoinSet<Result<()>>,
    _runtime: tokio::runtime::Runtime,
}

impl Crowd {
    fn gather(server: &Server, token: &str, payload: &Value, answers_at_once: bool, count: usize) -> Result<Self> {
        let runtime = runtime()?;
        let mut sockets = JoinSet::new();
        runtime.block_on(async {
            let (opened, mut openings) = mpsc::channel(64);
            // Sixteen at a time: nobody's listen queue is the subject here.
            for number in 0..count + 16 {
                if number >= 16 {
                    tokio::select! {
                        Some(()) = openings.recv() => {}
                        Some(ended) = sockets.join_next() => ended??,
                    }
                }
                if number < count {
                    let (url, token, payload) =
                        (format!("ws://{}/graphql", server.address), token.to_owned(), payload.clone());
                    sockets.spawn(watch(server.address, url, token, payload, answers_at_once, opened.clone()));
                }
            }
            crate::Result::Ok(())
        })?;
        Ok(Self { _sockets: sockets, _runtime: runtime })
    }
}

/// Subscribes, says so, and goes on listening, which also answers the server's pings.
async fn watch(
    address: std::net::SocketAddr,
    url: String,
    token: String,
    payload: Value,
    answers_at_once: bool,
    opened: mpsc::Sender<()>,
) -> Result<()> {
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    let (mut socket, _) = client_async(request, TcpStream::connect(address).await?).await?;
    let greeting = json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } });
    socket.send(Message::text(greeting.to_string())).await?;
    expect(&mut socket, "connection_ack").await?;
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": payload });
    socket.send(Message::text(subscribe.to_string())).await?;
    if answers_at_once {
        expect(&mut socket, "next").await?;
    } else {
        // Messages are taken in order: the answer means that the subscription has been started.
        socket.send(Message::text(json!({ "type": "ping" }).to_string())).await?;
        expect(&mut socket, "pong").await?;
    }
    opened.send(()).await?;
    while let Some(message) = socket.next().await {
        let text = message?.into_text()?;
        if text.contains(r#""error""#) || text.contains(r#""complete""#) {
            return Err(format!("the subscription ended: {text}").into());
        }
        if text.contains(r#""ping""#) {
            socket.send(Message::text(json!({ "type": "pong" }).to_string())).await?;
        }
    }
    Err("the server closed the socket".into())
}

async fn expect(socket: &mut tokio_tungstenite::WebSocketStream<TcpStream>, kind: &str) -> Result<()> {
    let message = socket.next().await.ok_or("the server closed the socket")??.into_text()?;
    let read: Value = serde_json::from_str(&message)?;
    if read["type"] == kind && read["payload"].get("errors").is_none() {
        return Ok(());
    }
    Err(format!("expected {kind}, got {message}").into())
}
