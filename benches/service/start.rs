//! From the start of the process to the first answered question, on a database with a history.

use std::{path::Path, time::Instant};

use crate::{Result, process::Server, report, seed};

const STARTS: usize = 20;

pub(crate) fn run(program: &Path) -> Result<()> {
    let seeded = seed::seeded()?;
    for (what, killed) in [("after an orderly stop", false), ("after kill -9", true)] {
        let (mut to_answer_ms, mut to_listening_ms, mut cpu_seconds) = (Vec::new(), Vec::new(), 0.0);
        // The first start fills the page cache.
        for start in 0..=STARTS {
            let began = Instant::now();
            let server = Server::start(program, seeded.folder.path())?;
            let listening = began.elapsed();
            let answer = server.ask_once(&seeded.token, r#"{"query":"{ viewer { id } }"}"#)?;
            let answered = began.elapsed();
            if !answer.contains(r#""viewer":{"id""#) {
                return Err(format!("not an answer: {answer}").into());
            }
            if start > 0 {
                to_listening_ms.push(1000.0 * listening.as_secs_f64());
                to_answer_ms.push(1000.0 * answered.as_secs_f64());
                cpu_seconds += server.cpu_seconds()?;
            }
            if killed {
                drop(server);
            } else {
                server.stop()?;
            }
        }
        report::row(
            &format!("first answer {what}"),
            &format!(
                "p50 {:.0} ms, max {:.0} ms ({:.0} ms of them until it listens); {:.0} ms of processor time",
                report::quantile(&mut to_answer_ms, 0.5),
                report::quantile(&mut to_answer_ms, 1.0),
                report::quantile(&mut to_listening_ms, 0.5),
                1000.0 * cpu_seconds / STARTS as f64
            ),
        );
    }
    Ok(())
}
