//! A vendor of our own for tests: answers from a list and remembers what it was asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::IntoResponse,
};
use serde_json::{Value, json};

use super::{JsonTask, SeenImage, TextPurpose};
use crate::{config::TextModelSettings, providers::CallContext};

/// A request that came in.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<(u16, Value)>,
    asked: Vec<Asked>,
}

/// The server; it goes down with this value.
pub(super) struct Vendor {
    address: std::net::SocketAddr,
    script: Arc<Mutex<Script>>,
    _server: tokio::task::JoinSet<()>,
}

impl Vendor {
    pub(super) async fn start(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        crate::providers::wire::init_crypto();
        let script = Arc::new(Mutex::new(Script { answers: answers.into_iter().collect(), asked: Vec::new() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let mut server = tokio::task::JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, script, _server: server }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }

    pub(super) fn settings(&self, kind: &str) -> TextModelSettings {
        serde_json::from_value(json!({
            "name": "test", "kind": kind, "model": "test-model", "base_url": format!("http://{}/v1", self.address),
            "api_key": "secret", "vision": true, "allow_private_address": true,
            "price_input_microusd": 250, "price_output_microusd": 2000,
        }))
        .unwrap()
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let mut script = script.lock().unwrap();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    script.asked.push(Asked { path: uri.path().to_owned(), headers, body });
    let (status, value) = script.answers.pop_front().unwrap_or((500, json!("the script is at its end")));
    (StatusCode::from_u16(status).unwrap(), [("x-request-id", "req-1")], value.to_string())
}

pub(super) fn call() -> CallContext {
    CallContext { nonce: "n".to_owned(), timeout: Duration::from_secs(20) }
}

pub(super) fn task() -> JsonTask {
    JsonTask {
        purpose: TextPurpose::Report,
        name: "number",
        system: "You answer in JSON.".to_owned(),
        user: "Which number?".to_owned(),
        images: vec![SeenImage { bytes: vec![1, 2, 3].into(), media_type: "image/jpeg" }],
        schema: json!({
            "type": "object", "additionalProperties": false, "required": ["n"],
            "properties": { "n": { "type": ["integer", "null"], "description": "a number" } },
        }),
        tokens_max: 50,
    }
}
