//! What the engine adds to a vendor's own time: sets of ten whose backdrops come from a stand-in on
//! loopback that takes 200 ms for each, through the real program, queue, money and files included.
//!
//! The times are those of the events, so they are what a client sees; the composing of posters is told
//! apart, because it is work and not waiting.

#[expect(dead_code, unused_imports, reason = "the tests use the rest of it")]
#[path = "../../tests/it/support/vendor/mod.rs"]
mod vendor;

use std::{collections::HashMap, path::Path, time::Duration};

use haibao::{
    clock::{Clock as _, SystemClock},
    config::DerivedKeys,
    database::Database,
    domain::PosterStage,
    events::{Event, Fact, page},
    ledger,
    services::sign_in::TokenKeys,
};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinSet};

use crate::{Result, process::Server, report, runtime, seed};

/// What the stand-in takes for a picture.
const LATENCY: Duration = Duration::from_millis(200);
/// Sets made one after the other.
const SETS: usize = 15;
/// Sellers who order at the same time.
const SELLERS: usize = 40;
/// How often a seller looks: rarely where many do, or the looking would be what is measured.
const ALONE_LOOKS: Duration = Duration::from_millis(20);
const CROWD_LOOKS: Duration = Duration::from_millis(500);
/// Begins the names of the threads that work on pixels.
const PIXELS: &str = "pixels";

const DAY_MS: i64 = 86_400_000;
const CREATE: &str = "mutation($i: CreateGenerationInput!) { createGeneration(input: $i) { ... on CreateGenerationSuccess { generation { id } } ... on UserError { message } } }";
const STATE: &str = "query($id: ID!) { generation(id: $id) { state } }";

/// A seller with a photo.
#[derive(Clone)]
struct Seller {
    http: reqwest::Client,
    url: String,
    token: String,
    photo: String,
}

impl Seller {
    async fn ask(&self, query: &str, variables: Value) -> Result<Value> {
        let request = self.http.post(format!("{}/graphql", self.url)).bearer_auth(&self.token);
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = request.header("content-type", "application/json").body(body).send().await?.text().await?;
        Ok(serde_json::from_str::<Value>(&answer)?["data"].take())
    }

    /// Orders a set of ten, waits until it is over, looking this often, and returns its id.
    async fn order(&self, key: String, looks_every: Duration) -> Result<String> {
        let input = json!({
            "idempotencyKey": key,
            "photoIds": [self.photo],
            "description": "晨露丝绒口红 3.5 g，正红色，哑光质地，持久不易脱色，适合日常妆容",
            "style": { "visual": "MAGAZINE" },
        });
        let created = self.ask(CREATE, json!({ "i": input })).await?;
        let id =
            created["createGeneration"]["generation"]["id"].as_str().ok_or_else(|| created.to_string())?.to_owned();
        loop {
            tokio::time::sleep(looks_every).await;
            let state = self.ask(STATE, json!({ "id": id })).await?;
            if state["generation"]["state"] == "COMPLETED" {
                return Ok(id);
            }
        }
    }
}

pub(crate) fn run(program: &Path) -> Result<()> {
    runtime()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let mut stub = JoinSet::new();
        stub.spawn(vendor::serve(listener, vendor::Script::steady(LATENCY)));

        let folder = TempDir::new()?;
        let tokens = sellers_seeded(folder.path()).await?;
        let base_url = vendor::Dialect::OpenAi.base_url(port);
        let server = Server::start_with(
            program,
            folder.path(),
            &[
                ("limits.generations_per_hour", "0".to_owned()),
                ("limits.uploads_per_hour", "0".to_owned()),
                ("image_providers.0.name", "stub".to_owned()),
                ("image_providers.0.kind", "openai".to_owned()),
                ("image_providers.0.base_url", base_url),
                ("image_providers.0.api_key", "bench".to_owned()),
                ("image_providers.0.model", "stub".to_owned()),
                ("image_providers.0.max_concurrency", "64".to_owned()),
                ("image_providers.0.images_per_minute", "0".to_owned()),
                ("image_providers.0.allow_private_address", "true".to_owned()),
            ],
        )?;
        let mut sellers = Vec::new();
        for token in tokens {
            sellers.push(arrived(&server, token).await?);
        }

        let began_cpu = server.cpu_seconds()?;
        let mut ids = Vec::new();
        for number in 0..SETS {
            ids.push(sellers[0].order(format!("one-{number}"), ALONE_LOOKS).await?);
        }
        let alone_cpu = (server.cpu_seconds()? - began_cpu) / SETS as f64;

        let began_pixels = server.thread_cpu_seconds(PIXELS)?;
        let (began, began_cpu) = (std::time::Instant::now(), server.cpu_seconds()?);
        let mut ordering = JoinSet::new();
        for seller in &sellers {
            let seller = seller.clone();
            ordering.spawn(async move { seller.order("together".to_owned(), CROWD_LOOKS).await });
        }
        while let Some(ordered) = ordering.join_next().await {
            ordered??;
        }
        let (took, cpu) = (began.elapsed().as_secs_f64(), server.cpu_seconds()? - began_cpu);
        let besides = cpu - (server.thread_cpu_seconds(PIXELS)? - began_pixels);
        server.stop()?;

        told(folder.path(), &ids).await?;
        report::row("processor time of the server for a set of ten, one after the other", &format!("{alone_cpu:.2} s"));
        report::row(
            &format!("{SELLERS} sellers at the same time"),
            &format!(
                "{:.2} sets/s, {:.2} s of processor time each ({:.3} s of it not for pixels), {:.1} of {} cores busy",
                SELLERS as f64 / took,
                cpu / SELLERS as f64,
                besides / SELLERS as f64,
                cpu / took,
                std::thread::available_parallelism().map_or(0, std::num::NonZero::get)
            ),
        );
        Ok(())
    })
}

/// Sellers with credits; their tokens.
async fn sellers_seeded(folder: &Path) -> Result<Vec<String>> {
    let database = seed::database(folder).await?;
    let now_ms = SystemClock.now_ms();
    let keys = TokenKeys::new(&DerivedKeys::new(&seed::SECRET.to_owned().into()).tokens, None);
    let txn = database.write().await?;
    let mut tokens = Vec::new();
    for user in 1..=SELLERS as i64 {
        for statement in [
            format!(
                "INSERT INTO users (id, email, created_at_ms) VALUES ({user}, 'seller{user}@example.com', {now_ms})"
            ),
            format!(
                "INSERT INTO sign_in_sessions (id, user_id, created_at_ms, expires_at_ms) \
                 VALUES ('bench{user}', {user}, {now_ms}, {})",
                now_ms + DAY_MS
            ),
        ] {
            txn.execute_unprepared(&statement).await?;
        }
        ledger::grant_in_txn(&txn, user, 10_000, format!("bench:{user}"), None, now_ms).await?;
        tokens.push(keys.issue(user, &format!("bench{user}"), now_ms, now_ms + DAY_MS));
    }
    txn.commit().await?;
    database.close().await?;
    Ok(tokens)
}

/// A seller whose photo is uploaded.
async fn arrived(server: &Server, token: String) -> Result<Seller> {
    #[expect(clippy::disallowed_methods, reason = "a client of the program, not a part of it")]
    let http = reqwest::Client::new();
    let url = format!("http://{}", server.address);
    let part =
        reqwest::multipart::Part::bytes(include_bytes!("../../tests/fixtures/photos/lipstick-cutout.png").as_slice());
    let form = reqwest::multipart::Form::new().part("file", part.file_name("photo.png"));
    let answer = http.post(format!("{url}/uploads")).bearer_auth(&token).multipart(form).send().await?.text().await?;
    let answer: Value = serde_json::from_str(&answer)?;
    let photo = answer["id"].as_str().ok_or_else(|| answer.to_string())?.to_owned();
    Ok(Seller { http, url, token, photo })
}

/// Prints what the events of these sets say about where their time went.
async fn told(folder: &Path, ids: &[String]) -> Result<()> {
    let database: Database = seed::database(folder).await?;
    let (mut sets, mut spans): (Vec<f64>, HashMap<&str, Vec<f64>>) = (Vec::new(), HashMap::new());
    for id in ids {
        let events = page(database.read(), id, 0, 1_000).await?;
        let whole = events.last().map_or(0, |last| last.at_ms) - events.first().map_or(0, |first| first.at_ms);
        sets.push(whole as f64);
        each_poster(&events, &mut spans);
    }
    database.close().await?;
    report::row(
        &format!("a set of ten by the clock, from queued to completed, {} sets", ids.len()),
        &format!(
            "p50 {:.0} ms, of which the vendor twice {} ms",
            report::quantile(&mut sets, 0.5),
            LATENCY.as_millis()
        ),
    );
    for (name, what) in [
        ("plan", "a poster from its start to its order"),
        ("paint", "— from its order to the checked backdrop, the vendor's 200 ms included"),
        ("compose", "— composing and encoding, waiting for a core included"),
        ("settle", "— storing its files, capturing, telling"),
    ] {
        let samples = spans.entry(name).or_default();
        report::row(
            what,
            &format!("p50 {:.0} ms, p99 {:.0} ms", report::quantile(samples, 0.5), report::quantile(samples, 0.99)),
        );
    }
    Ok(())
}

/// Adds the spans of each poster, in milliseconds.
fn each_poster(events: &[Event], spans: &mut HashMap<&str, Vec<f64>>) {
    let mut last: HashMap<i64, i64> = HashMap::new();
    for event in events {
        let (poster, span) = match &event.fact {
            Fact::PosterStarted { poster_id, .. } => (*poster_id, None),
            Fact::PosterProgressed { poster_id, stage } => (
                *poster_id,
                match stage {
                    PosterStage::Planning => None,
                    PosterStage::Painting => Some("plan"),
                    PosterStage::Composing => Some("paint"),
                    PosterStage::Saving => Some("compose"),
                },
            ),
            Fact::PosterSucceeded { poster_id, .. } => (*poster_id, Some("settle")),
            _ => continue,
        };
        match (span, last.get(&poster)) {
            (Some(name), Some(then)) => spans.entry(name).or_default().push((event.at_ms - then) as f64),
            (Some(_), None) | (None, Some(_)) => continue,
            (None, None) => {}
        }
        last.insert(poster, event.at_ms);
    }
}
