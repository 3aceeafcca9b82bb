//! Benchmarks of the service as people run it: the real program, over loopback, and what the kernel
//! says it cost. `benches/README.md` tells how to run and read them.

mod books;
mod edits;
mod engine;
mod events;
mod page;
mod process;
mod queue;
mod render;
mod renditions;
mod report;
mod seed;
mod shared;
mod start;
mod subscriptions;

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
};

use tokio::runtime::{Builder, Runtime};

/// Any failure ends the run: half a measurement is none.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Measures one subject of this program and prints its rows.
type Run = fn(&Path) -> Result<()>;

const SUBJECTS: [(&str, Run); 11] = [
    ("render", render::run),
    ("shared", shared::run),
    ("edits", edits::run),
    ("renditions", renditions::run),
    ("page", page::run),
    ("subscriptions", subscriptions::run),
    ("events", events::run),
    ("start", start::run),
    ("engine", engine::run),
    ("queue", queue::run),
    ("books", books::run),
];

const USAGE: &str =
    "cargo bench --bench service -- [render] [shared] [edits] [renditions] [page] [subscriptions] [events] [start] [engine] [queue] [books] [--program FILE] [--postgres URL]

Without a subject: all of them. --program measures another build of the program than the one that cargo made beside
this benchmark; --postgres lets `queue` run on this empty database as well.";

fn main() -> ExitCode {
    let mut program = PathBuf::from(env!("CARGO_BIN_EXE_haibao"));
    let (mut chosen, mut benching) = (Vec::new(), false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            // What cargo adds by itself; `cargo test --all-targets` does not, and must not wait for minutes here.
            "--bench" => benching = true,
            "--program" => match words.next() {
                Some(path) => program = PathBuf::from(path),
                None => return usage(),
            },
            "--postgres" => match words.next() {
                Some(url) => drop(queue::POSTGRES.set(url)),
                None => return usage(),
            },
            name => match SUBJECTS.iter().find(|(subject, _)| *subject == name) {
                Some(subject) => chosen.push(*subject),
                None => return usage(),
            },
        }
    }
    if chosen.is_empty() && benching {
        chosen = SUBJECTS.to_vec();
    }
    if chosen.is_empty() {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    haibao::app::init_crypto();
    report::machine();
    for (subject, run) in chosen {
        report::begin(subject);
        if let Err(error) = run(&program) {
            eprintln!("{subject}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// A runtime for the side that asks.
pub(crate) fn runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}
