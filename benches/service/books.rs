//! `haibao doctor` over a ledger of a million lines, with the sets, pictures, jobs and events that they
//! paid for.

use std::{path::Path, process::Command, time::Instant};

use haibao::clock::{Clock as _, SystemClock};
use sea_orm::ConnectionTrait as _;
use tempfile::TempDir;

use crate::{Result, process, report, runtime, seed};

/// Accounts; a hundred lines of the ledger each.
const USERS: u32 = 10_000;
const RUNS: usize = 5;

pub(crate) fn run(program: &Path) -> Result<()> {
    let folder = TempDir::new()?;
    let began = Instant::now();
    runtime()?.block_on(async {
        let database = seed::database(folder.path()).await?;
        let txn = database.write().await?;
        let script = include_str!("books.sql")
            .replace(":now_ms", &SystemClock.now_ms().to_string())
            .replace(":users", &USERS.to_string());
        for statement in script.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
            txn.execute_unprepared(statement).await?;
        }
        txn.commit().await?;
        database.close().await?;
        crate::Result::Ok(())
    })?;
    report::row(
        "filling the database",
        &format!("{:.0} s, not part of what is measured", began.elapsed().as_secs_f64()),
    );
    let (mut wall, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (before, began) = (process::ended_children_cpu_seconds()?, Instant::now());
        let output = Command::new(program)
            .args(["doctor", "--without-files", "--set"])
            .arg(format!("data_dir={}", folder.path().display()))
            .env_clear()
            .current_dir(folder.path())
            .output()?;
        wall.push(began.elapsed().as_secs_f64());
        cpu.push(process::ended_children_cpu_seconds()? - before);
        if !output.status.success() {
            return Err(format!("the books do not add up: {}", String::from_utf8_lossy(&output.stdout)).into());
        }
    }
    report::row(
        &format!("every rule over {} lines of the ledger, {} holds, posters and jobs", USERS * 100, USERS * 49),
        &format!(
            "p50 {:.2} s, max {:.2} s by the clock; p50 {:.2} s of processor time",
            report::quantile(&mut wall, 0.5),
            report::quantile(&mut wall, 1.0),
            report::quantile(&mut cpu, 0.5)
        ),
    );
    Ok(())
}
