//! A payment gateway of our own, which speaks every channel's language and fails on command.
//!
//! It signs with the channel's key of the fixtures, keeps every request, and answers from a script:
//! what it is not told it answers as a channel does that has never heard of the payment.

use std::{
    collections::{HashMap, VecDeque},
    fs,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet};

use super::{repository, rows::AT_MS};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    /// A field of the form, or of the query.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let text = if self.body.is_empty() { self.path.split_once('?')?.1 } else { &self.body };
        let url = reqwest::Url::parse(&format!("http://x/?{text}")).ok()?;
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// How an answer goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It does not.
    None,
    /// Signed by somebody else.
    ForeignKey,
    /// Not signed.
    Unsigned,
    /// Changed after it was signed.
    Changed,
    /// Signed ten minutes ago.
    Stale,
}

/// The next answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) flaw: Flaw,
}

#[derive(Default)]
struct Memory {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
}

/// Whose language is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Alipay,
    Wechat,
    Plain,
}

struct Books {
    language: Language,
    memory: Mutex<Memory>,
    keys: HashMap<&'static str, RsaKeyPair>,
}

impl Books {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The private key of the fixtures under this name.
pub(crate) fn key_pair(name: &str) -> RsaKeyPair {
    let pem = pem(&format!("{name}-private"));
    let bare: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(bare).expect("base64")).expect("a key")
}

/// A fixture.
pub(crate) fn pem(name: &str) -> String {
    fs::read_to_string(repository().join(format!("tests/fixtures/payments/{name}.pem"))).expect("the fixture")
}

/// RSA over SHA-256, in base64.
pub(crate) fn sign(key: &RsaKeyPair, message: &str) -> String {
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("signed");
    STANDARD.encode(signature)
}

/// A running gateway; it ends when it is dropped.
pub(crate) struct Gateway {
    books: Arc<Books>,
    pub(crate) url: String,
    _server: JoinSet<()>,
}

impl Gateway {
    pub(crate) async fn start(language: Language) -> Self {
        let keys = [("ours", key_pair("ours")), ("theirs", key_pair("theirs"))].into_iter().collect();
        let books = Arc::new(Books { language, memory: Mutex::default(), keys });
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&books));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.expect("the gateway serves") });
        Self { books, url, _server: server }
    }

    /// The next answer.
    pub(crate) fn will(&self, status: u16, body: &Value, flaw: Flaw) {
        self.books.memory().answers.push_back(Answer { status, body: body.to_string(), flaw });
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.books.memory().asked.clone()
    }
}

async fn answer(State(books): State<Arc<Books>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a small body");
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).expect("text"),
    };
    let next = {
        let mut memory = books.memory();
        memory.asked.push(asked.clone());
        memory.answers.pop_front()
    };
    let next = next.unwrap_or(Answer { status: 503, body: "{}".to_owned(), flaw: Flaw::None });
    let status = StatusCode::from_u16(next.status).expect("a status");
    let key = &books.keys[if next.flaw == Flaw::ForeignKey { "ours" } else { "theirs" }];
    match books.language {
        Language::Plain => (status, next.body).into_response(),
        Language::Alipay => {
            let name = asked.field("method").unwrap_or_default().replace('.', "_") + "_response";
            let signature = sign(key, &next.body);
            let told = if next.flaw == Flaw::Changed { next.body.replacen(':', ": ", 1) } else { next.body };
            let body = match next.flaw {
                Flaw::Unsigned => format!("{{\"{name}\":{told}}}"),
                _ => format!("{{\"{name}\":{told},\"sign\":\"{signature}\"}}"),
            };
            (status, body).into_response()
        }
        Language::Wechat => {
            let at = AT_MS / 1000 - if next.flaw == Flaw::Stale { 600 } else { 0 };
            let signature = sign(key, &format!("{at}\nnonce\n{}\n", next.body));
            let told = if next.flaw == Flaw::Changed { next.body + " " } else { next.body };
            let mut response = (status, told).into_response();
            if next.flaw != Flaw::Unsigned {
                let headers = response.headers_mut();
                headers.insert("wechatpay-timestamp", at.into());
                headers.insert("wechatpay-nonce", "nonce".parse().expect("a header"));
                headers.insert("wechatpay-serial", "PUB_KEY_ID_1".parse().expect("a header"));
                headers.insert("wechatpay-signature", signature.parse().expect("a header"));
            }
            response
        }
    }
}
