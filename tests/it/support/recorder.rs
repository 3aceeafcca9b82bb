//! A server that writes down what it is sent and answers what it was told to: what really goes out to
//! a vendor, byte for byte.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::Response,
};
use bytes::Bytes;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet};

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// One part of a form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FormPart {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) bytes: Bytes,
}

impl Recorded {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a body of JSON")
    }

    pub(crate) fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("multipart/form-data"))
    }

    /// The parts of a form, read by a parser that is not the one who wrote them.
    pub(crate) async fn form(&self) -> Vec<FormPart> {
        let kind = self.headers.get(CONTENT_TYPE).expect("a content type");
        let request = Request::builder().method("POST").header(CONTENT_TYPE, kind).body(Body::from(self.body.clone()));
        let mut form = Multipart::from_request(request.expect("a request"), &()).await.expect("a form");
        let mut parts = Vec::new();
        while let Some(field) = form.next_field().await.expect("a part") {
            parts.push(FormPart {
                name: field.name().unwrap_or_default().to_owned(),
                file_name: field.file_name().map(str::to_owned),
                content_type: field.content_type().map(str::to_owned),
                bytes: field.bytes().await.expect("a part's bytes"),
            });
        }
        parts
    }
}

/// An answer: status, headers, body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, body: value.to_string().into() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// The server; it ends with this value.
pub(crate) struct Recorder {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Recorded>>>,
    _server: JoinSet<()>,
}

impl Recorder {
    /// Starts one that answers so.
    pub(crate) async fn start(answer: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (seen.clone(), Arc::new(answer));
        let routes = Router::new().fallback(move |request: Request| {
            let (kept, answer) = (kept.clone(), answer.clone());
            async move {
                let (head, body) = request.into_parts();
                let recorded = Recorded {
                    method: head.method.to_string(),
                    path: head.uri.path_and_query().map_or_else(String::new, ToString::to_string),
                    headers: head.headers,
                    body: to_bytes(body, 64 << 20).await.expect("a body"),
                };
                let reply = answer(&recorded);
                kept.lock().expect("nobody panics with this lock").push(recorded);
                let mut response = Response::new(Body::from(reply.body));
                *response.status_mut() = StatusCode::from_u16(reply.status).expect("a status");
                for (name, value) in reply.headers {
                    response.headers_mut().append(name, value.parse().expect("a header"));
                }
                response
            }
        });
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, routes).await.expect("the recorder serves") });
        Self { address, seen, _server: server }
    }

    /// An address on it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What came since the last time.
    pub(crate) fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut *self.seen.lock().expect("nobody panics with this lock"))
    }
}
