//! The server's websocket: a reason to ask the history sooner, and never more than that.
//!
//! It is a request like any other on the line to the server, with its key and its rule for private
//! addresses, that becomes a websocket. Every step of that may fail, and behind a proxy that speaks
//! HTTP/2, which knows no such change, it always does: the pause is then as long as it would have been.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Method, StatusCode, Upgraded, header};
use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};

use crate::providers::wire::Wire;

/// Bytes of a message: what is said about work is small, and pictures are not taken from here.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// The shortest rest, for servers that say the same whenever they are asked.
const REST_MIN: Duration = Duration::from_millis(100);
/// From the news that work has ended to the news that the history knows it.
const SETTLING: Duration = Duration::from_millis(250);

/// What is said about the end of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// It is over, and the history does not know yet.
    Announced,
    /// The history knows.
    Written,
}

impl Ending {
    fn read(text: &str, reference: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(text).ok()?;
        let data = &message["data"];
        if data["prompt_id"].as_str() != Some(reference) {
            return None;
        }
        match message["type"].as_str()? {
            "execution_success" | "execution_error" | "execution_interrupted" => Some(Self::Announced),
            // Sent without a node when there is none left to run.
            "executing" if data["node"].is_null() => Some(Self::Written),
            _ => None,
        }
    }
}

/// Rests for so long, or until the server tells this client that the work has ended.
pub(super) async fn rest(wire: &Wire, client: &str, reference: &str, at_most: Duration) {
    let began = Instant::now();
    let heard = timeout_at(began + at_most, listen(wire, client, reference)).await;
    let pause = if matches!(heard, Ok(Some(()))) { REST_MIN.min(at_most) } else { at_most };
    sleep_until(began + pause).await;
}

/// Returns when the work has ended; `None` when that cannot be heard.
async fn listen(wire: &Wire, client: &str, reference: &str) -> Option<()> {
    let mut socket = open(wire, client).await?;
    if ending(&mut socket, reference).await? == Ending::Announced {
        // Who asks now comes too early, and would miss the news that counts.
        let _ = timeout(SETTLING, ending(&mut socket, reference)).await;
    }
    Some(())
}

async fn open(wire: &Wire, client: &str) -> Option<WebSocketStream<Upgraded>> {
    let key = generate_key();
    let get = wire
        .request(Method::GET, &format!("ws?clientId={client}"))
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, &key);
    let response = get.send().await.ok()?;
    let accepted = response.headers().get(header::SEC_WEBSOCKET_ACCEPT)?;
    let is_meant = accepted.as_bytes() == derive_accept_key(key.as_bytes()).as_bytes();
    if response.status() != StatusCode::SWITCHING_PROTOCOLS || !is_meant {
        return None;
    }
    let upgraded = response.upgrade().await.ok()?;
    let config =
        WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES_MAX)).max_frame_size(Some(MESSAGE_BYTES_MAX));
    Some(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
}

/// The next news of the work's end; `None` when there will be none.
async fn ending(socket: &mut WebSocketStream<Upgraded>, reference: &str) -> Option<Ending> {
    while let Some(message) = socket.next().await {
        // Pictures on their way, other work and the length of the queue are passed over.
        if let Message::Text(text) = message.ok()?
            && let Some(ending) = Ending::read(&text, reference)
        {
            return Some(ending);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::SinkExt;
    use serde_json::json;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };
    use tokio_tungstenite::accept_async;

    use super::*;
    use crate::providers::wire::Authorization;

    const REFERENCE: &str = "00112233-4455-6677-8899-aabbccddeeff";
    /// Longer than anything here takes: who returns sooner was told to.
    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(150);

    fn line(listener: &TcpListener) -> Wire {
        let address = listener.local_addr().unwrap();
        Wire::new(&format!("http://{address}/below"), Authorization::None, true).unwrap()
    }

    /// How long a rest takes beside a server that does this with a connection.
    async fn rested(at_most: Duration, serve: impl AsyncFnOnce(TcpStream)) -> Duration {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = line(&listener);
        let resting = async {
            let began = Instant::now();
            rest(&wire, "client", REFERENCE, at_most).await;
            began.elapsed()
        };
        let serving = async {
            let (stream, _) = listener.accept().await.unwrap();
            serve(stream).await;
            std::future::pending::<Duration>().await
        };
        tokio::select! {
            took = resting => took,
            never = serving => never,
        }
    }

    /// Says this and then nothing, until the other side hangs up.
    async fn say(mut socket: WebSocketStream<TcpStream>, messages: Vec<Message>) {
        for message in messages {
            // Who has heard enough is gone.
            if socket.send(message).await.is_err() {
                return;
            }
        }
        while let Some(Ok(_)) = socket.next().await {}
    }

    fn about(work: &str, kind: &str, node: Option<&str>) -> Message {
        Message::text(json!({ "type": kind, "data": { "prompt_id": work, "node": node } }).to_string())
    }

    fn end() -> Message {
        about(REFERENCE, "executing", None)
    }

    #[tokio::test]
    async fn the_end_of_the_work_ends_the_rest() {
        let on_the_way = || {
            vec![
                Message::text(r#"{"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 1}}}}"#),
                Message::binary(vec![0_u8; 4_096]),
                Message::Ping(Bytes::from_static(b"still there?")),
                about(REFERENCE, "executing", Some("3")),
            ]
        };
        for kind in ["execution_success", "execution_error", "execution_interrupted"] {
            let mut messages = on_the_way();
            messages.extend([about(REFERENCE, kind, None), end()]);
            let took = rested(LONG, async |stream| say(accept_async(stream).await.unwrap(), messages).await).await;
            assert!((REST_MIN..LONG).contains(&took), "{kind}: {took:?}");
        }
        for last in [end(), about(REFERENCE, "execution_success", None)] {
            let mut messages = on_the_way();
            messages.push(last.clone());
            let took = rested(LONG, async |stream| say(accept_async(stream).await.unwrap(), messages).await).await;
            assert!((REST_MIN..LONG).contains(&took), "{last}: {took:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_news_of_the_work_ends_nothing() {
        for (what, messages) in [
            ("nothing", vec![]),
            ("no message", vec![Message::text("<html>"), Message::text("[7]"), Message::text(r#"{"data": []}"#)]),
            ("other work", vec![about("other", "executing", None), about("other", "execution_success", None)]),
            ("on the way", vec![about(REFERENCE, "executing", Some("3")), about(REFERENCE, "progress", None)]),
            ("a picture", vec![Message::binary(end().into_data())]),
            ("too much", vec![Message::binary(vec![0_u8; MESSAGE_BYTES_MAX + 1]), end()]),
            ("good-bye", vec![Message::Close(None)]),
        ] {
            let took = rested(SHORT, async |stream| say(accept_async(stream).await.unwrap(), messages).await).await;
            assert!(took >= SHORT, "{what}: {took:?}");
        }
    }

    #[tokio::test]
    async fn a_server_without_a_websocket_costs_no_more_than_the_pause() {
        for head in [
            "220 mail.example.com ready\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-accept: somebody-else\r\n\r\n",
        ] {
            let answer = async |mut stream: TcpStream| {
                assert!(stream.read(&mut [0; 1_024]).await.unwrap() > 0);
                stream.write_all(head.as_bytes()).await.unwrap();
                say(WebSocketStream::from_raw_socket(stream, Role::Server, None).await, vec![end()]).await;
            };
            let took = rested(SHORT, answer).await;
            assert!(took >= SHORT, "{head}: {took:?}");
        }
        let took = rested(SHORT, async |stream| drop(stream)).await;
        assert!(took >= SHORT, "hung up: {took:?}");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = line(&listener);
        drop(listener);
        let began = Instant::now();
        rest(&wire, "client", REFERENCE, SHORT).await;
        assert!(began.elapsed() >= SHORT, "refused: {:?}", began.elapsed());
    }
}
