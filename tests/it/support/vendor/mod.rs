//! A vendor of our own that speaks every dialect and fails on command.
//!
//! It knows nothing of the program: it takes requests in the vendors' published shapes and answers in
//! them, so a client that fits it fits the shapes. What goes wrong with a call is read from a
//! [`Script`]; every request is kept. It needs nothing of the tests around it, so a benchmark can
//! include it and let [`serve`] run on a listener of its own.

mod comfyui;
mod dashscope;
mod faults;
mod gemini;
mod openai;
mod pictures;
mod reply;

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Multipart, Request, State, ws::WebSocketUpgrade},
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, Method, header::CONTENT_TYPE, request::Parts};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet};

pub(crate) use faults::{Broken, Fault, Hints, Refusal, Script, UrlFault, Wait};
use pictures::{Made, PICTURES};
use reply::Reply;

/// Bytes of a request.
const REQUEST_BYTES_MAX: usize = 64 << 20;

/// Whose shapes are spoken below an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Dialect {
    OpenAi,
    Ark,
    OpenRouter,
    SiliconFlow,
    Gemini,
    DashScope,
    ComfyUi,
}

impl Dialect {
    const ALL: [(Self, &'static str); 7] = [
        (Self::OpenAi, "/openai/v1"),
        (Self::Ark, "/ark/api/v3"),
        (Self::OpenRouter, "/openrouter/api/v1"),
        (Self::SiliconFlow, "/siliconflow/v1"),
        (Self::Gemini, "/gemini/v1beta"),
        (Self::DashScope, "/dashscope/api/v1"),
        (Self::ComfyUi, "/comfyui"),
    ];

    /// The address that a client of this dialect is configured with, of a server on this port.
    pub(crate) fn base_url(self, port: u16) -> String {
        let path = Self::ALL.iter().find(|(dialect, _)| *dialect == self).map_or("", |(_, path)| path);
        format!("http://localhost:{port}{path}")
    }
}

/// A part of a form.
#[derive(Clone, Debug)]
pub(crate) struct SeenPart {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) media_type: Option<String>,
    pub(crate) bytes: Bytes,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Whose shapes it is in; `None` for the addresses of results.
    pub(crate) dialect: Option<Dialect>,
    pub(crate) method: Method,
    /// Below the dialect's own path, without a slash in front, and without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) parts: Vec<SeenPart>,
}

impl Seen {
    /// The body as JSON, or null.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The text of a part of the form.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let part = self.parts.iter().find(|part| part.name == name)?;
        String::from_utf8(part.bytes.to_vec()).ok()
    }

    fn asks(&self, name: &str) -> Option<String> {
        let url = reqwest::Url::parse(&format!("http://server/?{}", self.query)).ok()?;
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// What a request is to the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Asks a model for something: takes the script's next entry.
    Call,
    /// Asks how a call stands, or whether the server would take one.
    Enquiry,
    /// Anything else.
    Aside,
}

/// Work that was accepted and is asked for.
#[derive(Clone, Debug)]
struct Work {
    fault: Fault,
    polls_left: u32,
    size: (u32, u32),
    is_cancelled: bool,
    /// Where the result lies, once that is decided.
    file: String,
}

#[derive(Default)]
struct Memory {
    script: Script,
    seen: Vec<Seen>,
    calls: usize,
    works: HashMap<String, Work>,
    order: VecDeque<String>,
    /// Which work was ordered under which client's name.
    clients: HashMap<String, String>,
    graphs: HashMap<String, String>,
    uploads: HashMap<String, Bytes>,
    files: HashMap<String, (UrlFault, (u32, u32), u32)>,
    numbers: u64,
}

impl Memory {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}

/// Everything that the server remembers.
struct Books {
    memory: Mutex<Memory>,
    address: SocketAddr,
}

impl Books {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The picture that a fault leaves of one of this size.
    fn picture(size: (u32, u32), fault: Fault) -> Arc<Made> {
        match fault {
            Fault::Broken(broken) => PICTURES.broken(size, broken),
            _ => PICTURES.good(size),
        }
    }

    /// An address where a picture of this size lies, or seems to.
    fn address_of(&self, size: (u32, u32), fault: Fault) -> String {
        let url_fault = match fault {
            Fault::Url(fault) => fault,
            Fault::Broken(broken) => UrlFault::Holds(broken),
            _ => UrlFault::None,
        };
        let mut memory = self.memory();
        let name = format!("{}.png", memory.number());
        memory.files.insert(name.clone(), (url_fault, size, 0));
        let port = self.address.port();
        match url_fault {
            UrlFault::Private => format!("http://127.0.0.1:{port}/secret/{name}"),
            UrlFault::Foreign => format!("http://files.example.com:{port}/files/{name}"),
            UrlFault::Unreadable => "no address".to_owned(),
            _ => format!("http://localhost:{port}/files/{name}"),
        }
    }
}

/// A running server; it ends when it is dropped.
pub(crate) struct Vendor {
    books: Arc<Books>,
    _server: JoinSet<()>,
}

impl Vendor {
    /// Starts one on a free port.
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let books = books(&listener, script);
        let mut server = JoinSet::new();
        server.spawn(run(listener, Arc::clone(&books)));
        Self { books, _server: server }
    }

    /// The address that a client of this dialect is configured with.
    pub(crate) fn base_url(&self, dialect: Dialect) -> String {
        dialect.base_url(self.books.address.port())
    }

    /// What goes wrong from now on.
    pub(crate) fn play(&self, script: Script) {
        self.books.memory().script = script;
    }

    /// How often a model was asked for something.
    pub(crate) fn calls(&self) -> usize {
        self.books.memory().calls
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.books.memory().seen.clone()
    }

    /// Whether the address that nobody may be led to was asked for.
    pub(crate) fn was_robbed(&self) -> bool {
        self.books.memory().seen.iter().any(|seen| seen.path.starts_with("secret/"))
    }
}

/// Serves until the future is dropped: a stub for measurements.
pub(crate) async fn serve(listener: TcpListener, script: Script) {
    let books = books(&listener, script);
    run(listener, books).await;
}

fn books(listener: &TcpListener, script: Script) -> Arc<Books> {
    let address = listener.local_addr().expect("a listener has an address");
    let memory = Mutex::new(Memory { script, ..Memory::default() });
    Arc::new(Books { memory, address })
}

async fn run(listener: TcpListener, books: Arc<Books>) {
    let router = Router::new().fallback(handle).layer(DefaultBodyLimit::disable()).with_state(books);
    axum::serve(listener, router).await.expect("the server runs until it is dropped");
}

async fn handle(State(books): State<Arc<Books>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let upgrade: Option<WebSocketUpgrade> = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.ok();
    let Ok(body) = to_bytes(body, REQUEST_BYTES_MAX).await else {
        return Reply::json(413, &Value::Null).into_response().await;
    };
    let seen = read(parts, body).await;
    let kind = kind(&seen);
    let (fault, latency) = {
        let mut memory = books.memory();
        if memory.script.keeps_requests {
            memory.seen.push(seen.clone());
        }
        memory.calls += usize::from(kind == Kind::Call);
        match kind {
            Kind::Call => (memory.script.next_call(), memory.script.latency),
            Kind::Enquiry => (memory.script.next_enquiry(), Duration::ZERO),
            Kind::Aside => (Fault::None, Duration::ZERO),
        }
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let hints = books.memory().script.hints;
    if let Some(upgrade) = upgrade
        && hints != Hints::None
        && (seen.dialect, &*seen.path) == (Some(Dialect::ComfyUi), "ws")
    {
        let client = seen.asks("clientId").unwrap_or_default();
        return upgrade.on_upgrade(move |socket| comfyui::tell(books, client, hints, socket));
    }
    answer(&books, &seen, fault).into_response().await
}

async fn read(parts: Parts, body: Bytes) -> Seen {
    let whole = parts.uri.path().to_owned();
    let found = Dialect::ALL.into_iter().find(|(_, path)| whole.starts_with(path));
    let path = whole.strip_prefix(found.map_or("", |(_, path)| path)).unwrap_or(&whole);
    let mut seen = Seen {
        dialect: found.map(|(dialect, _)| dialect),
        method: parts.method.clone(),
        path: path.trim_start_matches('/').to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body: body.clone(),
        parts: Vec::new(),
    };
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media_type.starts_with("multipart/form-data") {
        let form = Multipart::from_request(Request::from_parts(parts, Body::from(body)), &()).await;
        let mut form = form.expect("a form has a boundary");
        while let Some(field) = form.next_field().await.expect("a form reads") {
            let (name, file_name) = (field.name().unwrap_or_default().to_owned(), field.file_name().map(str::to_owned));
            let media_type = field.content_type().map(str::to_owned);
            let bytes = field.bytes().await.expect("a part reads");
            seen.parts.push(SeenPart { name, file_name, media_type, bytes });
        }
    }
    seen
}

fn kind(seen: &Seen) -> Kind {
    let is_post = seen.method == Method::POST;
    match seen.dialect {
        Some(Dialect::ComfyUi) => match seen.path.as_str() {
            "prompt" if is_post => Kind::Call,
            path if path.starts_with("history/") || path == "object_info" => Kind::Enquiry,
            _ => Kind::Aside,
        },
        Some(Dialect::DashScope) if is_post && seen.path.starts_with("tasks/") => Kind::Aside,
        // Without a prompt nothing is painted: the cheapest way to ask whether a key is good.
        Some(Dialect::Ark) if is_post && seen.json()["prompt"].is_null() && seen.path.starts_with("images/") => {
            Kind::Enquiry
        }
        Some(_) if is_post => Kind::Call,
        Some(_) => Kind::Enquiry,
        None => Kind::Aside,
    }
}

/// A refusal that repeats the request: headers, words and all.
fn parrot(seen: &Seen, dialect: Dialect) -> Reply {
    fn worded(value: &mut Value, message: &str) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    match field {
                        Value::String(text) if name == "message" => message.clone_into(text),
                        field => worded(field, message),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| worded(item, message)),
            _ => {}
        }
    }
    let (status, mut body) = match dialect {
        Dialect::Gemini => gemini::refusal(Refusal::Request),
        Dialect::DashScope => dashscope::refusal(Refusal::Request),
        Dialect::ComfyUi => comfyui::refusal(Refusal::Request),
        _ => openai::refusal(dialect, Refusal::Request),
    };
    let header = |name: &str| seen.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = format!("{}{}", header("authorization"), header("x-goog-api-key"));
    let said = seen.field("prompt").unwrap_or_else(|| words_in(&seen.json()));
    worded(&mut body, &format!("the request of {key} is not valid: {said}"));
    Reply::json(status, &body).with("x-goog-request-id", &key)
}

/// The longest text in a body that is no picture.
fn words_in(value: &Value) -> String {
    let longest = |texts: Vec<String>| texts.into_iter().max_by_key(String::len).unwrap_or_default();
    match value {
        Value::String(text) if !text.starts_with("data:") && text.contains(' ') => text.clone(),
        Value::Object(fields) => longest(fields.values().map(words_in).collect()),
        Value::Array(items) => longest(items.iter().map(words_in).collect()),
        _ => String::new(),
    }
}

/// What goes wrong with every vendor alike, and then the dialect's own answer.
fn answer(books: &Books, seen: &Seen, fault: Fault) -> Reply {
    let Some(dialect) = seen.dialect else { return pictures::file(books, seen) };
    let refused = |refusal: Refusal| {
        let (status, body) = match dialect {
            Dialect::Gemini => gemini::refusal(refusal),
            Dialect::DashScope => dashscope::refusal(refusal),
            Dialect::ComfyUi => comfyui::refusal(refusal),
            _ => openai::refusal(dialect, refusal),
        };
        Reply::json(status, &body)
    };
    match fault {
        Fault::Parrot => parrot(seen, dialect),
        Fault::NoAnswer => Reply::never(),
        Fault::NotJson => Reply::text(200, "<html>a page of some proxy</html>"),
        Fault::RateLimited(wait) => wait.onto(refused(Refusal::RateLimited)),
        // Gemini tells what it declines with status 200, where the answer would stand.
        Fault::Refused(refusal) if dialect != Dialect::Gemini || !refusal.is_of_content() => refused(refusal),
        _ => {
            let reply = match dialect {
                Dialect::Gemini => gemini::answer(seen, fault),
                Dialect::DashScope => dashscope::answer(books, seen, fault),
                Dialect::ComfyUi => comfyui::answer(books, seen, fault),
                _ => openai::answer(books, seen, dialect, fault),
            };
            match fault {
                Fault::SlowBody => reply.slow(),
                Fault::CutBody => reply.cut(),
                _ => reply,
            }
        }
    }
}

/// A value that fits a JSON schema: what a model would answer that follows it and knows nothing.
fn fitting(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].as_array().and_then(|choices| choices.first()) {
        return first.clone();
    }
    if let Some(first) = schema["anyOf"].as_array().and_then(|choices| choices.first()) {
        return fitting(first);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default().to_ascii_lowercase();
    match kind.as_str() {
        "object" => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            Value::Object(properties.map(|(name, schema)| (name.clone(), fitting(schema))).collect())
        }
        "array" => {
            let least = schema["minItems"].as_u64().unwrap_or(1) as usize;
            Value::Array(vec![fitting(&schema["items"]); least])
        }
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        "boolean" => false.into(),
        "null" => Value::Null,
        _ => "stub".into(),
    }
}
