//! Sellers who use a running server over real HTTP.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

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
    /// Somebody who is not signed in.
    pub(crate) fn stranger(url: &str) -> Self {
        haibao::app::init_crypto();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().expect("a client");
        Self { http, url: url.to_owned(), token: String::new() }
    }

    /// Signs a new seller in: `code_for` reads the mail, once it is sent.
    pub(super) async fn sign_in(url: &str, email: &str, code_for: impl Future<Output = String>) -> Self {
        let seller = Self::stranger(url);
        let sent = seller
            .graphql(
                "mutation($email: String!) { sendLoginCode(input: {email: $email}) { __typename ... on SendLoginCodeSuccess { challengeId } } }",
                json!({ "email": email }),
            )
            .await;
        let challenge = sent["sendLoginCode"]["challengeId"].as_str().unwrap_or_else(|| panic!("{sent}")).to_owned();
        let code = code_for.await;
        let signed_in = seller
            .graphql(
                "mutation($email: String!, $code: String!, $challenge: ID!) { signIn(input: {email: $email, code: $code, challengeId: $challenge}) { __typename ... on SignInSuccess { accessToken user { wallet { credits } activeGeneration { id } } } } }",
                json!({ "email": email, "code": code, "challenge": challenge }),
            )
            .await;
        let token = signed_in["signIn"]["accessToken"].as_str().unwrap_or_else(|| panic!("{signed_in}"));
        Self { token: token.to_owned(), ..seller }
    }

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
        self.photo(small_photo()).await
    }

    /// Uploads a photo that is taken and returns its id.
    pub(crate) async fn photo(&self, bytes: Vec<u8>) -> String {
        let (status, answer) = self.upload(bytes).await;
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

    /// The call-back that the sandbox's pay page at this address would send.
    pub(crate) async fn sandbox_payment(&self, url: &str) -> String {
        let page = self.http.get(url).send().await.expect("the pay page").text().await.expect("its text");
        let form =
            page.split("<form id=\"pay\"").nth(1).and_then(|rest| rest.split("</form>").next()).expect("the form");
        let fields = form.split("<input type=\"hidden\" name=\"").skip(1).map(|input| {
            let (name, rest) = input.split_once("\" value=\"").expect("a field");
            format!("{name}={}", rest.split('"').next().expect("its value"))
        });
        fields.collect::<Vec<_>>().join("&")
    }

    /// Tells the server of a payment in the sandbox; whether it answered that it has it.
    pub(crate) async fn tell_sandbox(&self, body: &str) -> bool {
        let request = self.http.post(format!("{}/payments/sandbox/notify", self.url)).body(body.to_owned());
        match request.header("content-type", "application/x-www-form-urlencoded").send().await {
            Ok(answer) => answer.status().is_success() && answer.text().await.is_ok_and(|text| text == "success"),
            Err(_) => false,
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
