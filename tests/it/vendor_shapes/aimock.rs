//! Our clients against a server that somebody else wrote to stand in for OpenAI: `aimock`, pinned in
//! `tests/peers`. It does not look at pictures and masks; those are judged by the recorder.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use super::{chat, *};
use crate::support::{environment, is_ci};

/// Prompts begin with these words; only such are answered.
const WORDS: &str = "A quiet ground";

/// The running server and the folder of its answers; it ends with this value.
struct Peer {
    child: Child,
    url: String,
    _fixtures: tempfile::TempDir,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Peer {
    /// Starts it, or says that it is not there.
    fn start() -> Option<Self> {
        let installed = repository().join("tests/peers/node_modules/.bin/llmock");
        let program = environment("HAIBAO_TEST_AIMOCK").map_or(installed, std::path::PathBuf::from);
        if !program.exists() {
            assert!(!is_ci(), "{} must be there: npm --prefix tests/peers ci", program.display());
            eprintln!("{} is not there: nothing was judged by aimock", program.display());
            return None;
        }
        // On image routes an answer counts only for that kind of endpoint, and a picture only in this form.
        let fixtures = json!({"fixtures": [
            {"match": {"endpoint": "image", "userMessage": WORDS}, "response": {"image": {"b64Json": picture()}}},
            {"match": {"endpoint": "chat", "userMessage": chat::WORDS}, "response": {"content": chat::answer()}},
        ]});
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("fixtures.json");
        write(&file, &fixtures.to_string());
        let mut child = Command::new(&program)
            .args(["--strict", "--port", "0", "--fixtures"])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let url = lines.find_map(|line| {
            let line = line.expect("a line");
            line.find("http://").map(|place| line[place..].trim().to_owned())
        });
        // What it writes later must go somewhere, or it waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, url: url.expect("it says where it listens"), _fixtures: folder })
    }
}

#[expect(clippy::disallowed_methods, reason = "a test prepares its own files")]
fn write(file: &std::path::Path, text: &str) {
    fs::write(file, text).expect("the fixtures are written");
}

#[test]
fn aimock_understands_what_we_send_and_we_what_it_answers() {
    let Some(peer) = Peer::start() else { return };
    let address = format!("{}/v1", peer.url);
    run(async {
        let table = json!({"kind": "openai", "model": "gpt-image-1", "native_mask": true});
        let painter = provider_at(&address, &table);
        for (roles, has_mask) in [(vec![], false), (vec![ImageRole::Base, ImageRole::Product], true)] {
            let order = order(&*painter, &roles, has_mask);
            let rendered = paint(&*painter, &order).await.unwrap_or_else(|error| panic!("{roles:?}: {error}"));
            assert!(matches!(rendered.picture, Picture::Encoded(bytes) if bytes == PNG), "{roles:?}");
        }
        // It must be able to say no: this order is one that nobody taught it.
        let mut untold = order(&*painter, &[], false);
        untold.prompt = "Something else".to_owned();
        let error = paint(&*painter, &untold).await.expect_err("no picture for these words");
        assert!(error.http_status.is_some_and(|status| status >= 400), "{error:?}");

        let model = chat::model_at(&address, "openai", true);
        let reply = model.answer(&chat::question(), None, &call()).await.expect("an answer");
        assert_eq!(reply.value["name"], "Cup");
        assert!(reply.usage.tokens_out > 0, "{:?}", reply.usage);
    });
}
