//! How live "live" is: from a change to the follower who reads of it, each event in a durable
//! transaction of its own, as the engine writes them.
//!
//! Three clocks for each event: when it was due (the load does not wait for slow answers, so no
//! queue is hidden), when its transaction was asked for, and when that was committed.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use haibao::{
    database::Database,
    domain::PosterStage,
    events::{Doorbell as _, Fact, LocalDoorbell, Topic, append_in_txn, follow},
};
use sea_orm::ConnectionTrait as _;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{Result, process::own_cpu_seconds, report, runtime, seed};

const GENERATIONS: u64 = 100;
const SECONDS: u64 = 5;

/// How long the last events may take to arrive before they count as lost.
const LAST_WAIT: Duration = Duration::from_secs(10);
const RATES_PER_SECOND: [u64; 3] = [100, 300, 1_000];

/// What the writer knows about one event.
struct Written {
    generation: u64,
    seq: i64,
    due: Instant,
    asked: Instant,
    committed: Instant,
}

/// When each event, by generation and number, was delivered.
type Read = HashMap<(u64, i64), Instant>;

/// One run at one rate.
struct Exchange {
    written: Vec<Written>,
    /// Transactions that never got the writer: the rate is more than the disk carries.
    refused: usize,
    read: Read,
    took: Duration,
    cpu_seconds: f64,
}

pub(crate) fn run(_program: &Path) -> Result<()> {
    for rate_per_second in RATES_PER_SECOND {
        let mut durable = report::fdatasyncs()?;
        let limit_ms = 1000.0 * report::quantile(&mut durable, 0.5);
        let Exchange { written, refused, read, took, cpu_seconds } = runtime()?.block_on(exchange(rate_per_second))?;
        let (mut from_due, mut from_asked, mut from_committed) = (Vec::new(), Vec::new(), Vec::new());
        for event in &written {
            let heard = read.get(&(event.generation, event.seq)).ok_or("an event was never delivered")?;
            let since = |then: Instant| 1000.0 * heard.saturating_duration_since(then).as_secs_f64();
            from_due.push(since(event.due));
            from_asked.push(since(event.asked));
            from_committed.push(since(event.committed));
        }
        let events = written.len() as f64;
        report::row(
            &format!("{rate_per_second} events/s wanted, {GENERATIONS} followers"),
            &format!(
                "{:.0}/s written, {refused} refused, {:.2} ms of processor time each, follower included (one 4 KiB \
                 fdatasync just before: p50 {limit_ms:.2} ms)",
                events / took.as_secs_f64(),
                1000.0 * cpu_seconds / events
            ),
        );
        for (what, samples) in [
            ("from committed", &mut from_committed),
            ("from asked for (waits for the writer and the disk)", &mut from_asked),
            ("from due", &mut from_due),
        ] {
            report::row(
                &format!("— {what} to delivered"),
                &format!("p50 {:.2} ms, p99 {:.2} ms", report::quantile(samples, 0.5), report::quantile(samples, 0.99)),
            );
        }
    }
    Ok(())
}

fn id(generation: u64) -> String {
    format!("session_20260110143052_{generation:04x}")
}

/// Writes at this rate to followers of every generation.
async fn exchange(rate_per_second: u64) -> Result<Exchange> {
    let folder = TempDir::new()?;
    let database = seed::database(folder.path()).await?;
    let doorbell = Arc::new(LocalDoorbell::new(Duration::from_secs(20)));
    let txn = database.write().await?;
    for generation in 0..GENERATIONS {
        let number = (generation + 1).to_string();
        let script = include_str!("running.sql").replace(":n", &number).replace(":id", &id(generation));
        txn.execute_unprepared(&script).await?;
    }
    txn.commit().await?;

    let read: Arc<Mutex<Read>> = Arc::default();
    let mut followers = JoinSet::new();
    for generation in 0..GENERATIONS {
        let (database, doorbell, read) = (database.clone(), Arc::clone(&doorbell), Arc::clone(&read));
        followers.spawn(async move {
            let mut stream = std::pin::pin!(follow(database, doorbell, id(generation), 0));
            while let Some(Ok(event)) = stream.next().await {
                let heard = Instant::now();
                read.lock().unwrap_or_else(PoisonError::into_inner).insert((generation, event.seq), heard);
            }
        });
    }
    // The followers find nothing yet and begin to wait.
    tokio::time::sleep(Duration::from_millis(300)).await;

    let (began, cpu_before) = (Instant::now(), own_cpu_seconds()?);
    let mut writers = JoinSet::new();
    for number in 0..rate_per_second * SECONDS {
        let due = began + Duration::from_secs(1) * number as u32 / rate_per_second as u32;
        tokio::time::sleep_until(due.into()).await;
        writers.spawn(write(database.clone(), Arc::clone(&doorbell), number % GENERATIONS, due));
    }
    let (written, refused): (Vec<_>, Vec<_>) = writers.join_all().await.into_iter().partition(Result::is_ok);
    let written: Vec<Written> = written.into_iter().collect::<Result<_>>()?;
    let took = began.elapsed();
    let delivered = || read.lock().unwrap_or_else(PoisonError::into_inner).len();
    let waiting = Instant::now();
    while delivered() < written.len() && waiting.elapsed() < LAST_WAIT {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let cpu_seconds = own_cpu_seconds()? - cpu_before;
    followers.shutdown().await;
    let read = std::mem::take(&mut *read.lock().unwrap_or_else(PoisonError::into_inner));
    database.close().await?;
    Ok(Exchange { written, refused: refused.len(), read, took, cpu_seconds })
}

async fn write(database: Database, doorbell: Arc<LocalDoorbell>, generation: u64, due: Instant) -> Result<Written> {
    let asked = Instant::now();
    let id = id(generation);
    let fact = Fact::PosterProgressed { poster_id: 1, stage: PosterStage::Painting };
    let txn = database.write().await?;
    let seq = append_in_txn(&txn, &id, &fact, 0).await?;
    txn.commit().await?;
    let committed = Instant::now();
    doorbell.ring(&Topic::Generation(id));
    Ok(Written { generation, seq, due, asked, committed })
}
