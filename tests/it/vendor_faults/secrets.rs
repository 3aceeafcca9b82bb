//! Vendors and gateways that repeat what they were sent: neither the key nor a seller's words reach an
//! error, a log line or the record of calls.

use std::{
    fmt::Write as _,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use haibao::{
    clock::SystemClock,
    ids::SeededIds,
    providers::{
        AttemptEnd, AttemptLog, AttemptLogError, AttemptStart, Budget, Gate, OpenAttempt, ProviderError,
        image::{ImageCapabilities, ImageOrder, ImageRequest, Nudge, Painter, Painters, Picture, Purpose},
        text::{JsonTask, Reader, Readers, TextPurpose, text_model},
    },
};
use image::RgbaImage;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{
    lines::{KEY, Line, PATIENT, request},
    vendor::{Dialect, Fault, Script, Vendor},
};

/// What a seller wrote.
const WORDS: &str = "a secret recipe for mooncakes from grandmother's kitchen";

/// Everything that was written down.
#[derive(Clone, Default)]
struct Notebook(Arc<Mutex<String>>);

impl Notebook {
    fn note(&self, line: &dyn std::fmt::Debug) {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(text, "{line:?}").expect("a string takes every line");
    }

    fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl io::Write for Notebook {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Notebook {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[async_trait]
impl AttemptLog for Notebook {
    fn group(&self) -> &'static str {
        "set"
    }

    async fn begin(&self, start: &AttemptStart) -> Result<i64, AttemptLogError> {
        self.note(start);
        Ok(1)
    }

    async fn accepted(&self, _attempt: i64, reference: &str) -> Result<(), AttemptLogError> {
        self.note(&reference);
        Ok(())
    }

    async fn end(&self, _attempt: i64, end: &AttemptEnd) -> Result<(), AttemptLogError> {
        self.note(end);
        Ok(())
    }

    async fn open(&self) -> Result<Vec<OpenAttempt>, AttemptLogError> {
        Ok(Vec::new())
    }

    async fn asked(&self) -> Result<Vec<String>, AttemptLogError> {
        Ok(Vec::new())
    }

    async fn spent(&self) -> Result<i64, AttemptLogError> {
        Ok(0)
    }

    async fn spent_since(&self, _provider: &str, _purposes: &[&str], _since_ms: i64) -> Result<i64, AttemptLogError> {
        Ok(0)
    }
}

struct Wish(Line, Purpose);

#[async_trait]
impl ImageOrder for Wish {
    fn purpose(&self) -> Purpose {
        self.1
    }

    fn group(&self) -> &'static str {
        "group"
    }

    fn request(&self, _capabilities: &ImageCapabilities, _nudge: Nudge) -> ImageRequest {
        ImageRequest { prompt: WORDS.to_owned(), ..request(self.0) }
    }

    async fn judge(&self, _picture: Picture, _request: &ImageRequest) -> Result<RgbaImage, ProviderError> {
        Ok(RgbaImage::new(1, 1))
    }
}

/// Runs with every line of the log in a notebook.
fn noted(body: impl AsyncFnOnce(Notebook)) -> String {
    let notebook = Notebook::default();
    let writer = notebook.clone();
    let log = tracing_subscriber::fmt().with_env_filter("haibao=trace").with_ansi(false).with_writer(writer).finish();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    tracing::subscriber::with_default(log, || runtime.block_on(body(notebook.clone())));
    notebook.text()
}

fn assert_silent(told: &str, who: &dyn std::fmt::Debug) {
    for secret in [KEY, "mooncakes", "grandmother"] {
        assert!(!told.contains(secret), "{who:?} tells {secret}: {told}");
    }
}

#[test]
fn painters_repeat_neither_key_nor_words() {
    haibao::app::init_crypto();
    for line in Line::ALL {
        let told = noted(async |notebook| {
            let vendor = Vendor::start(Script::always(Fault::Parrot)).await;
            let painter = Painter { timeout: PATIENT, ..Painter::unlimited(line.provider(&vendor)) };
            let painters = Painters::new(vec![painter], Arc::new(SystemClock), Arc::new(SeededIds::new(5)));
            let served = painters.list()[0].provider.capabilities().purposes[0];
            let error = painters.paint(&Wish(line, served), &notebook).await.expect_err("it is refused");
            notebook.note(&error);
            notebook.note(&error.to_string());
            assert!(vendor.calls() > 0, "{line:?} was asked");
        });
        assert!(told.contains("no picture"), "{line:?} is logged: {told}");
        assert_silent(&told, &line);
    }
}

#[test]
fn readers_repeat_neither_key_nor_words() {
    haibao::app::init_crypto();
    for (kind, dialect) in [("openai", Dialect::OpenAi), ("gemini", Dialect::Gemini)] {
        let told = noted(async |notebook| {
            let vendor = Vendor::start(Script::always(Fault::Parrot)).await;
            let table = json!({"name": "words", "kind": kind, "base_url": vendor.base_url(dialect), "api_key": KEY,
                "model": "small-1", "vision": true, "allow_private_address": true});
            let model = text_model(&serde_json::from_value(table).expect("settings")).expect("a model");
            let reader = Reader {
                model,
                purposes: TextPurpose::ALL.to_vec(),
                gate: Gate::new(4, 0),
                timeout: PATIENT,
                budget: Budget::default(),
            };
            let readers = Readers::new(vec![reader], Arc::new(SystemClock), Arc::new(SeededIds::new(5)));
            let task = JsonTask {
                purpose: TextPurpose::Edit,
                name: "edit",
                system: "Answer with JSON.".to_owned(),
                user: format!("The seller says: {WORDS}"),
                images: Vec::new(),
                schema: json!({"type": "object", "additionalProperties": false, "required": [], "properties": {}}),
                tokens_max: 10,
            };
            let error = readers.ask(&task, &notebook, |_| Ok(())).await.expect_err("it is refused");
            notebook.note(&error);
            notebook.note(&error.to_string());
            assert!(vendor.calls() > 0, "{kind} was asked");
        });
        assert!(told.contains("no answer"), "{kind} is logged: {told}");
        assert_silent(&told, &kind);
    }
}
