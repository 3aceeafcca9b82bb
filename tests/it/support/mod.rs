//! What the tests share: databases of their own, and rows to put into them.

pub(crate) mod database;
pub(crate) mod gateway;
pub(crate) mod halting;
pub(crate) mod house;
pub(crate) mod lines;
#[cfg(feature = "redis")]
pub(crate) mod pair;
pub(crate) mod postgres;
pub(crate) mod recorder;
#[cfg(feature = "redis")]
pub(crate) mod redis;
pub(crate) mod rows;
pub(crate) mod seller;
pub(crate) mod server;
pub(crate) mod teller;
pub(crate) mod vendor;

use std::{env, path::PathBuf};

/// A variable of the environment; the only place where tests read it.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where and how they run")]
pub(crate) fn environment(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether nothing may be left out.
pub(crate) fn is_ci() -> bool {
    environment("CI").is_some_and(|value| value != "false" && value != "0")
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a test's body to its end on a runtime with two workers.
pub(crate) fn run<T>(body: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(body)
}
