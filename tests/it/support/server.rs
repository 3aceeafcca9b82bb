//! The real program, started on a private port and folder, and clients of it.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use haibao::database::{Database, DatabaseOptions};
use reqwest::{
    Client,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::repository;

/// How long anything may take before the test says what it waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// A data folder and a port, with or without a server that runs on them.
pub(crate) struct Installation {
    folder: TempDir,
    address: String,
    server: Option<Child>,
    http: Client,
}

impl Installation {
    /// A new folder and a free port; nothing runs yet.
    pub(crate) fn new() -> Self {
        haibao::app::init_crypto();
        // Free now; nobody else picks it in the moments until the server takes it.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let http = Client::builder().timeout(Duration::from_secs(30)).build().expect("a client");
        Self { folder: TempDir::new().expect("a temporary folder"), address: port.to_string(), server: None, http }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haibao"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("HAIBAO_DATA_DIR", self.folder.path().join("data")).env("HAIBAO_HTTP__ADDRESS", &self.address);
        command.env("HAIBAO_OBSERVABILITY__LOG", "warn");
        for limit in ["REQUESTS_PER_MINUTE", "UPLOADS_PER_HOUR", "GENERATIONS_PER_HOUR"] {
            command.env(format!("HAIBAO_LIMITS__{limit}"), "0");
        }
        command
    }

    /// Runs another command of the program on this installation, to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Starts the server and waits until it is ready.
    pub(crate) async fn start(&mut self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_path()).expect("a log file");
        let mut command = self.command(&["serve"]);
        command.stdout(Stdio::null()).stderr(log);
        self.server = Some(command.spawn().expect("the server starts"));
        self.until("the server to be ready", async |this: &Self| {
            let answer = this.http.get(this.url("/readyz")).send().await;
            answer.is_ok_and(|answer| answer.status().is_success()).then_some(())
        })
        .await;
    }

    /// Stops the server as a power cut would.
    pub(crate) fn kill(&mut self) {
        let mut server = self.server.take().expect("the server runs");
        server.kill().expect("the server is ours");
        server.wait().expect("the server is ours");
    }

    /// Stops the server as an operator would, and tells whether it ended well.
    pub(crate) fn terminate(&mut self) -> bool {
        let mut server = self.server.take().expect("the server runs");
        let signalled = Command::new("kill").args(["-TERM", &server.id().to_string()]).status();
        assert!(signalled.is_ok_and(|status| status.success()), "the server can be told to stop");
        server.wait().expect("the server is ours").success()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// The last lines that the server wrote.
    pub(crate) fn log(&self) -> String {
        let log = fs::read_to_string(self.log_path()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The server's database, opened beside it.
    pub(crate) async fn database(&self) -> Database {
        let url = format!("sqlite://{}", self.data().join("haibao.db").display());
        Database::open(&DatabaseOptions { url, readers: 1, connections_max: 2 }).await.expect("the database opens")
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Asks until there is an answer.
    pub(crate) async fn until<T>(&self, what: &str, ask: impl AsyncFn(&Self) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(answer) = ask(self).await {
                return answer;
            }
            assert!(started.elapsed() < PATIENCE, "waited too long for {what}; the log ends with:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks one GraphQL question and gives the `data` of the answer.
    pub(crate) async fn ask(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let mut request = self.http.post(self.url("/graphql")).header("accept-language", "en");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.json(&json!({ "query": query, "variables": variables })).send().await;
        let mut answer: Value = answer.expect("the server answers").json().await.expect("the answer is JSON");
        assert!(answer.get("errors").is_none(), "{query}: {answer}");
        answer["data"].take()
    }

    /// Signs in by the code from the mail folder and gives the token.
    pub(crate) async fn sign_in(&self, email: &str) -> String {
        let sent = "mutation($e: String!) { sendLoginCode(input: {email: $e}) { __typename ... on SendLoginCodeSuccess { challengeId } } }";
        let sent = self.ask(None, sent, json!({ "e": email })).await;
        let challenge = sent["sendLoginCode"]["challengeId"].as_str().unwrap_or_else(|| panic!("{sent}")).to_owned();
        let folder = self.data().join("mail");
        let code = self.until("the mail with the code", async |_| code_for(&folder, email)).await;
        let query =
            "mutation($i: SignInInput!) { signIn(input: $i) { __typename ... on SignInSuccess { accessToken } } }";
        let input = json!({ "email": email, "code": code, "challengeId": challenge });
        let signed = self.ask(None, query, json!({ "i": input })).await;
        signed["signIn"]["accessToken"].as_str().unwrap_or_else(|| panic!("{signed}")).to_owned()
    }

    /// Uploads a photo of the fixtures and gives its id.
    pub(crate) async fn upload(&self, token: &str, photo: &str) -> String {
        let bytes = fs::read(repository().join("tests/fixtures/photos").join(photo)).expect("the photo");
        let form = Form::new().text("purpose", "PHOTO").part("file", Part::bytes(bytes).file_name(photo.to_owned()));
        let answer = self.http.post(self.url("/uploads")).bearer_auth(token).multipart(form).send().await;
        let answer: Value = answer.expect("the server answers").json().await.expect("the answer is JSON");
        answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // A failed test must not leave a server behind; there is nobody to tell when this fails.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// The six digits alone on a line of the newest mail to an address.
fn code_for(folder: &Path, email: &str) -> Option<String> {
    let mut mails: Vec<PathBuf> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    mails.sort();
    let mail = mails.iter().rev().filter_map(|path| fs::read_to_string(path).ok()).find(|mail| mail.contains(email))?;
    let code = mail.lines().map(str::trim).find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit()))?;
    Some(code.to_owned())
}
