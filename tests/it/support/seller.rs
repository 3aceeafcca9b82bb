//! The real program on a private port, and sellers who use it over real HTTP.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How long the program may take to answer after its start, on a loaded machine.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running server with a data folder of its own.
pub(crate) struct Server {
    child: Child,
    /// `http://127.0.0.1:port`.
    pub url: String,
    data: TempDir,
    settings: Vec<(String, String)>,
}

impl Server {
    /// Starts the program with these settings (`HAIBAO_…` names and values) on a free port.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let settings: Vec<(String, String)> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (child, url) = spawn(data.path(), &settings, "127.0.0.1:0");
        Self { child, url, data, settings }
    }

    /// The data folder.
    pub(crate) fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// Runs another verb of the program on this server's data and returns its exit code and output.
    pub(crate) fn command(&self, arguments: &[&str]) -> (i32, String) {
        let output = program(self.data.path(), &self.settings).args(arguments).output().expect("the program runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap_or(-1), text)
    }

    /// Asserts that money, work, events and files add up.
    pub(crate) fn assert_healthy(&self) {
        let (code, text) = self.command(&["doctor"]);
        assert_eq!(code, 0, "the doctor found something:\n{text}");
    }

    /// Signs a new seller in, by the code in the mail folder.
    pub(crate) async fn seller(&self, email: &str) -> Seller {
        haibao::app::init_crypto();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().expect("a client");
        let seller = Seller { http, url: self.url.clone(), token: String::new() };
        let sent = seller
            .graphql(
                "mutation($email: String!) { sendLoginCode(input: {email: $email}) { __typename ... on SendLoginCodeSuccess { challengeId } } }",
                json!({ "email": email }),
            )
            .await;
        let challenge = sent["sendLoginCode"]["challengeId"].as_str().unwrap_or_else(|| panic!("{sent}")).to_owned();
        let code = self.code_for(email).await;
        let signed_in = seller
            .graphql(
                "mutation($email: String!, $code: String!, $challenge: ID!) { signIn(input: {email: $email, code: $code, challengeId: $challenge}) { __typename ... on SignInSuccess { accessToken user { wallet { credits } activeGeneration { id } } } } }",
                json!({ "email": email, "code": code, "challenge": challenge }),
            )
            .await;
        let token = signed_in["signIn"]["accessToken"].as_str().unwrap_or_else(|| panic!("{signed_in}"));
        Seller { token: token.to_owned(), ..seller }
    }

    async fn code_for(&self, email: &str) -> String {
        let folder = self.data.path().join("mail");
        let started = Instant::now();
        loop {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
                if text.contains(email)
                    && let Some(code) = six_digits(&text)
                {
                    return code;
                }
            }
            assert!(started.elapsed() < START_LIMIT, "no mail for {email} in {}", folder.display());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed by the test already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(data: &Path, settings: &[(String, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haibao"));
    command
        .current_dir(data)
        .env("HAIBAO_DATA_DIR", data)
        .env("HAIBAO_SIGN_IN__SENDS_PER_IP_PER_HOUR", "0")
        .env("HAIBAO_SIGN_IN__SENDS_PER_HOUR", "0")
        .env("HAIBAO_LIMITS__REQUESTS_PER_MINUTE", "0")
        .env("HAIBAO_LIMITS__GENERATIONS_PER_HOUR", "0")
        .env("HAIBAO_OBSERVABILITY__LOG", "warn")
        .envs(settings.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    command
}

/// Starts the server and waits for the address that it prints.
fn spawn(data: &Path, settings: &[(String, String)], address: &str) -> (Child, String) {
    let mut child = program(data, settings)
        .args(["serve", "--address", address])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the program starts");
    let output = child.stdout.take().expect("its output is ours");
    let (found, url) = mpsc::channel();
    // Read to the end, or the program would block on a full pipe.
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(start) = line.find("http://") {
                let _ = found.send(line[start..].trim().to_owned());
            }
        }
    });
    let Ok(url) = url.recv_timeout(START_LIMIT) else {
        // What it said on its error output says more than this.
        let _ = child.kill();
        panic!("the server printed no address; exit status {:?}", child.wait());
    };
    (child, url)
}

fn six_digits(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).map(str::to_owned)
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Seller {
    /// Carries no credentials of its own.
    pub http: reqwest::Client,
    /// The server's.
    pub url: String,
    /// Bearer token.
    pub token: String,
}

impl Seller {
    /// Sends an operation and returns `data`; a request that fails, or any GraphQL error, panics.
    pub(crate) async fn graphql(&self, query: &str, variables: Value) -> Value {
        match self.try_graphql(query, variables).await {
            Ok(answer) => {
                assert!(answer.get("errors").is_none(), "{answer}");
                answer["data"].clone()
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends an operation and returns the whole answer, or the transport's failure.
    pub(crate) async fn try_graphql(&self, query: &str, variables: Value) -> Result<Value, reqwest::Error> {
        let mut request = self
            .http
            .post(format!("{}/graphql", self.url))
            .header("content-type", "application/json")
            .body(json!({ "query": query, "variables": variables }).to_string());
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let text = request.send().await?.text().await?;
        Ok(serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}")))
    }

    /// Uploads a picture and returns the status and the answer.
    pub(crate) async fn upload(&self, bytes: Vec<u8>) -> (u16, Value) {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("photo");
        let answer = self
            .http
            .post(format!("{}/uploads", self.url))
            .bearer_auth(&self.token)
            .multipart(reqwest::multipart::Form::new().part("file", part))
            .send()
            .await
            .expect("the server answers");
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap_or_default()).unwrap_or_default())
    }

    /// Uploads a small product photo and returns its id.
    pub(crate) async fn small_photo(&self) -> String {
        let (status, answer) = self.upload(small_photo()).await;
        assert_eq!(status, 201, "{answer}");
        answer["id"].as_str().expect("an id").to_owned()
    }

    /// Asks for a set; the answer is `createGeneration` whole.
    pub(crate) async fn create_generation(&self, key: &str, photo: &str, dimensions: &[i32]) -> Value {
        self.graphql(CREATE_GENERATION, create_variables(key, photo, dimensions)).await["createGeneration"].clone()
    }

    /// Waits until the generation is over and returns it.
    pub(crate) async fn finished(&self, generation_id: &str) -> Value {
        let started = Instant::now();
        loop {
            let answer = self.graphql(GENERATION, json!({ "id": generation_id })).await;
            let generation = &answer["generation"];
            if matches!(generation["state"].as_str(), Some("COMPLETED" | "CANCELED")) {
                return generation.clone();
            }
            assert!(started.elapsed() < Duration::from_secs(180), "still not over: {generation}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Credits and frozen.
    pub(crate) async fn wallet(&self) -> (i64, i64) {
        let answer = self.graphql("{ viewer { wallet { credits frozen } } }", json!({})).await;
        let wallet = &answer["viewer"]["wallet"];
        (wallet["credits"].as_i64().expect("credits"), wallet["frozen"].as_i64().expect("frozen"))
    }
}

/// The operation behind [`Seller::create_generation`].
pub(crate) const CREATE_GENERATION: &str =
    "mutation($input: CreateGenerationInput!) { createGeneration(input: $input) { __typename
    ... on CreateGenerationSuccess { generation { id state } wallet { credits frozen } }
    ... on InsufficientCredits { code required available missing }
    ... on GenerationInProgress { code generation { id } }
    ... on InvalidInput { code fields { path code } }
    ... on RateLimited { code } } }";

const GENERATION: &str = "query($id: ID!) { generation(id: $id) { id state productName
    summary { total succeeded refunded canceled creditsCaptured creditsReleased }
    cover { id }
    posters { index state failure { code } revisions { name fileName url sha256 byteSize } } } }";

/// The variables of [`CREATE_GENERATION`]: a square format, because it is the quickest to paint.
pub(crate) fn create_variables(key: &str, photo: &str, dimensions: &[i32]) -> Value {
    json!({ "input": {
        "idempotencyKey": key,
        "photoIds": [photo],
        "description": "山止手作粗陶马克杯，加厚杯壁，容量380 mL，口径8.8 cm",
        "dimensions": dimensions,
        "format": "SQUARE_1_1",
        "style": { "visual": "MINIMAL" },
    } })
}

/// A product with transparency, small enough to be read in no time.
pub(crate) fn small_photo() -> Vec<u8> {
    let picture = image::RgbaImage::from_fn(360, 360, |x, y| {
        let (dx, dy) = (f64::from(x) - 180.0, f64::from(y) - 180.0);
        if dx.hypot(dy) < 150.0 { image::Rgba([176, (90 + x / 8) as u8, 60, 255]) } else { image::Rgba([0, 0, 0, 0]) }
    });
    haibao::imaging::encode_png_rgba(&picture)
}

/// A fixture photo.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path: PathBuf = super::repository().join("tests/fixtures/photos").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
