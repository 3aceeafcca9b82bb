//! One suite for every mailer, and an SMTP peer that behaves as scripted.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::*;
use crate::{
    clock::MockClock,
    config::{MailSettings, Settings, Sources},
    domain::Locale,
    ids::SeededIds,
};

const NOW_MS: i64 = 1_767_225_600_000; // 2026-01-01 00:00:00 UTC

fn mail() -> Mail {
    code_mail("li@example.com", "042817", 60, Locale::Zh)
}

/// What every mailer must do: take a mail over, twice in a row, with address and text unharmed.
async fn conforms(mailer: &dyn Mailer, arrived: impl AsyncFn() -> Vec<String>) {
    mailer.send(&mail()).await.unwrap();
    mailer.send(&code_mail("wang@example.com", "999001", 60, Locale::En)).await.unwrap();
    let texts = arrived().await;
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("li@example.com") && texts[0].contains("042817"), "{}", texts[0]);
    assert!(texts[0].contains("您的登录验证码"), "{}", texts[0]);
    assert!(texts[1].contains("wang@example.com") && texts[1].contains("999001"), "{}", texts[1]);
}

#[tokio::test]
async fn memory_conforms_and_fails_as_told() {
    let mailer = MemoryMailer::default();
    let arrived = async || mailer.take().into_iter().map(|mail| format!("{} {}", mail.to, mail.text)).collect();
    conforms(&mailer, arrived).await;
    mailer.fail_with(Some(MailError::Timeout));
    assert_eq!(mailer.send(&mail()).await, Err(MailError::Timeout));
    assert!(mailer.take().is_empty());
}

#[tokio::test]
async fn development_conforms_and_names_harmless_files() {
    let files: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let kept = Arc::clone(&files);
    let sink: MailSink = Arc::new(move |name, bytes| {
        kept.lock().unwrap().push((name.to_owned(), String::from_utf8(bytes.to_vec()).unwrap()));
        Ok(())
    });
    let mailer = DevelopmentMailer::new(Arc::new(MockClock::at_ms(NOW_MS)), sink);
    let arrived = async || files.lock().unwrap().iter().map(|(_, text)| text.clone()).collect();
    conforms(&mailer, arrived).await;
    mailer.send(&code_mail("../x/y@example.com", "1", 60, Locale::Zh)).await.unwrap();
    let names: Vec<String> = files.lock().unwrap().iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names[0], format!("{NOW_MS}-li@example.com.txt"));
    assert!(!names[2].contains('/'), "{}", names[2]);

    let full: MailSink = Arc::new(|_, _| Err(io::Error::other("disk full")));
    let mailer = DevelopmentMailer::new(Arc::new(MockClock::at_ms(NOW_MS)), full);
    assert_eq!(mailer.send(&mail()).await, Err(MailError::Unreachable));
}

/// How the scripted server behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Peer {
    Accepts,
    AnswersRecipient(&'static str),
    HangsAfterGreeting,
}

struct Server {
    port: u16,
    arrived: Arc<Mutex<Vec<String>>>,
    // Dropped with the server: its conversations end with the test.
    _tasks: JoinSet<()>,
}

async fn serve(peer: Peer) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let arrived: Arc<Mutex<Vec<String>>> = Arc::default();
    let mut tasks = JoinSet::new();
    let kept = Arc::clone(&arrived);
    tasks.spawn(async move {
        let mut talks = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            talks.spawn(async move {
                let _ = talk(stream, peer, &kept).await;
            });
        }
    });
    Server { port, arrived, _tasks: tasks }
}

async fn talk(stream: TcpStream, peer: Peer, arrived: &Mutex<Vec<String>>) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 peer ESMTP\r\n").await?;
    if peer == Peer::HangsAfterGreeting {
        std::future::pending::<()>().await;
    }
    while let Some(line) = lines.next_line().await? {
        let command = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        let answer = match (command.as_str(), peer) {
            ("EHLO", _) => "250-peer\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            ("RCPT", Peer::AnswersRecipient(answer)) => answer,
            ("DATA", _) => {
                write.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    text.push_str(&line);
                    text.push('\n');
                }
                arrived.lock().unwrap().push(text);
                "250 taken\r\n"
            }
            ("QUIT", _) => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 ok\r\n",
        };
        write.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

fn settings(url: &str, timeout_seconds: u64) -> MailSettings {
    let mut settings = Settings::load(&Sources::default()).unwrap().mail;
    settings.smtp_url = Some(url.to_owned().into());
    settings.from = "Haibao 海报 <no-reply@haibao.example>".to_owned();
    settings.timeout_seconds = timeout_seconds;
    settings
}

fn mailer(url: &str, timeout_seconds: u64) -> SmtpMailer {
    prepared(&settings(url, timeout_seconds)).unwrap()
}

fn prepared(settings: &MailSettings) -> Result<SmtpMailer, SmtpUrlError> {
    SmtpMailer::new(settings, Arc::new(MockClock::at_ms(NOW_MS)), Arc::new(SeededIds::new(1)))
}

/// Headers and parts with their transfer encodings undone.
fn readable(message: &str) -> String {
    let boundary = message.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    message.split(&format!("--{boundary}")).map(decoded).collect::<Vec<_>>().join("\n")
}

fn decoded(part: &str) -> String {
    use base64::Engine as _;
    let Some((headers, body)) = part.split_once("\n\n") else { return part.to_owned() };
    let bytes = match headers.to_lowercase() {
        encoded if encoded.contains("encoding: base64") => {
            let packed: String = body.split_whitespace().collect();
            base64::engine::general_purpose::STANDARD.decode(packed).unwrap()
        }
        encoded if encoded.contains("encoding: quoted-printable") => unquoted(&body.replace("=\n", "")),
        _ => body.as_bytes().to_vec(),
    };
    format!("{headers}\n\n{}", String::from_utf8(bytes).unwrap())
}

fn unquoted(text: &str) -> Vec<u8> {
    let mut pieces = text.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    bytes
}

#[tokio::test]
async fn smtp_conforms_and_writes_whole_headers() {
    let server = serve(Peer::Accepts).await;
    let mailer = mailer(&format!("smtp://127.0.0.1:{}?tls=none", server.port), 10);
    let arrived = async || server.arrived.lock().unwrap().iter().map(|message| readable(message)).collect();
    conforms(&mailer, arrived).await;
    let message = readable(&server.arrived.lock().unwrap()[0]);
    for header in [
        "Message-ID: <",
        "@haibao.example>",
        "Date: Thu, 01 Jan 2026 00:00:00",
        "To: li@example.com",
        "no-reply@haibao.example",
        "Auto-Submitted: auto-generated",
        "multipart/alternative",
        "text/plain; charset=utf-8",
        "text/html; charset=utf-8",
        "<html lang=\"zh-CN\">",
    ] {
        assert!(message.contains(header), "{header} in {message}");
    }
    assert!(message.contains("Subject: =?utf-8?b?"), "a subject outside ASCII is encoded: {message}");
}

#[tokio::test]
async fn smtp_failures_are_typed() {
    for (peer, timeout_seconds, expected) in [
        (Peer::AnswersRecipient("451 come back later\r\n"), 10, MailError::RefusedForNow),
        (Peer::AnswersRecipient("550 nobody here\r\n"), 10, MailError::Refused),
        (Peer::HangsAfterGreeting, 0, MailError::Timeout),
    ] {
        let server = serve(peer).await;
        let mailer = mailer(&format!("smtp://127.0.0.1:{}?tls=none", server.port), timeout_seconds);
        assert_eq!(mailer.send(&mail()).await, Err(expected));
        assert!(server.arrived.lock().unwrap().is_empty());
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mailer = mailer(&format!("smtp://127.0.0.1:{closed}?tls=none"), 10);
    assert_eq!(mailer.send(&mail()).await, Err(MailError::Unreachable));
}

#[tokio::test]
async fn a_server_without_tls_never_sees_a_code() {
    let server = serve(Peer::Accepts).await;
    for url in [format!("smtp://127.0.0.1:{}", server.port), format!("smtp://127.0.0.1:{}?tls=required", server.port)] {
        let sent = tokio::time::timeout(Duration::from_secs(30), mailer(&url, 10).send(&mail())).await.unwrap();
        assert_eq!(sent, Err(MailError::Unreachable));
    }
    assert!(server.arrived.lock().unwrap().is_empty());
}

#[test]
fn unsafe_and_unreadable_addresses_are_refused() {
    for (url, expected) in [
        ("", SmtpUrlError::Malformed),
        ("mail.example.com", SmtpUrlError::Malformed),
        ("https://mail.example.com", SmtpUrlError::UnknownScheme),
        ("smtp://mail.example.com?tls=opportunistic", SmtpUrlError::UnknownTls),
        ("smtp://mail.example.com?tls=none", SmtpUrlError::ClearToOtherMachine),
        ("smtps://ann:secret@mail.example.com?tls=none", SmtpUrlError::UnknownTls),
    ] {
        let refused = prepared(&settings(url, 10)).map(|_| ());
        assert_eq!(refused, Err(expected), "{url}");
    }
    let mut own_authority = settings("smtps://mail.example.com", 10);
    own_authority.smtp_ca_file = Some("no-such-file.pem".into());
    let refused = prepared(&own_authority).map(|_| ());
    assert_eq!(refused, Err(SmtpUrlError::CertificateAuthority));
}
