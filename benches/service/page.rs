//! What a person who only looks costs: the questions of the web client's pages, over connections
//! that stay open.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    Result,
    process::Server,
    report, runtime,
    seed::{self, Seeded},
};

const DOCUMENT: &str = include_str!("page.graphql");
const CONNECTIONS: usize = 8;
/// The first round warms the caches up and is dropped.
const ROUNDS: usize = 6;
const ROUND: Duration = Duration::from_secs(3);

pub(crate) fn run(program: &Path) -> Result<()> {
    let seeded = seed::seeded()?;
    let server = Server::start(program, seeded.folder.path())?;
    for (operation, gzip, what) in [
        ("Viewer", false, "viewer and wallet"),
        ("History", false, "24 newest sets with cover and counts"),
        ("Set", false, "one set: 10 posters with their pictures"),
        ("Page", false, "page query: all three in one request"),
        ("Page", true, "page query, gzip"),
    ] {
        measure(&server, &seeded, operation, gzip, what)?;
    }
    Ok(())
}

fn measure(server: &Server, seeded: &Seeded, operation: &'static str, gzip: bool, what: &str) -> Result<()> {
    let body = question(operation, &seeded.set);
    let runtime = runtime()?;
    let clients = (0..CONNECTIONS).map(|_| client(&seeded.token, gzip)).collect::<Result<Vec<_>>>()?;
    let url = format!("http://{}/graphql", server.address);
    let answer_bytes = runtime.block_on(check(&client(&seeded.token, false)?, &url, &body))?;

    let (mut per_core_second, mut per_second) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (began, cpu_before) = (Instant::now(), server.cpu_seconds()?);
        let answered = runtime.block_on(async {
            let mut asking: JoinSet<Result<u32>> = JoinSet::new();
            for client in &clients {
                asking.spawn(ask_until(began + ROUND, client.clone(), url.clone(), body.clone()));
            }
            let counts = asking.join_all().await.into_iter().collect::<Result<Vec<u32>>>()?;
            crate::Result::Ok(f64::from(counts.iter().sum::<u32>()))
        })?;
        if round > 0 {
            per_core_second.push(answered / (server.cpu_seconds()? - cpu_before));
            per_second.push(answered / began.elapsed().as_secs_f64());
        }
    }
    report::row(
        what,
        &format!(
            "{:.0} requests per server core-second ({:.0}/s, answer {:.1} KiB)",
            report::quantile(&mut per_core_second, 0.5),
            report::quantile(&mut per_second, 0.5),
            answer_bytes as f64 / 1024.0
        ),
    );
    Ok(())
}

/// One question of the document, as the body of a request.
pub(crate) fn question(operation: &str, set: &str) -> String {
    let variables = if matches!(operation, "Set" | "Page") { json!({ "id": set }) } else { json!({}) };
    json!({ "query": DOCUMENT, "operationName": operation, "variables": variables }).to_string()
}

/// A client that keeps one connection open.
fn client(token: &str, gzip: bool) -> Result<reqwest::Client> {
    let mut headers = http::HeaderMap::new();
    headers.insert(http::header::AUTHORIZATION, format!("Bearer {token}").parse()?);
    headers.insert(http::header::CONTENT_TYPE, "application/json".parse()?);
    if gzip {
        headers.insert(http::header::ACCEPT_ENCODING, "gzip".parse()?);
    }
    Ok(reqwest::Client::builder().no_proxy().default_headers(headers).build()?)
}

/// Makes sure that what will be counted is the right answer; returns its length.
async fn check(client: &reqwest::Client, url: &str, body: &str) -> Result<usize> {
    let text = client.post(url).body(body.to_owned()).send().await?.error_for_status()?.text().await?;
    if text.contains("\"errors\"") || text.contains("\"viewer\":null") || text.contains("\"generation\":null") {
        return Err(format!("not an answer: {text:.400}").into());
    }
    Ok(text.len())
}

async fn ask_until(end: Instant, client: reqwest::Client, url: String, body: String) -> Result<u32> {
    let mut answered = 0;
    while Instant::now() < end {
        client.post(&url).body(body.clone()).send().await?.error_for_status()?.bytes().await?;
        answered += 1;
    }
    Ok(answered)
}
