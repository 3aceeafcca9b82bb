//! A private Redis (or Valkey): its own folder, reached by a unix socket only, so that nothing on the
//! machine is touched and no port can be taken.
//!
//! A shell waits for the end of its standard input, which comes with this value or with the test
//! process, however that goes, and then stops the server and removes the folder.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use super::{environment, is_ci};

/// A running server.
#[derive(Debug)]
pub(crate) struct Redis {
    folder: PathBuf,
    // Its standard input is the server's life line.
    keeper: Option<Child>,
}

impl Redis {
    /// A server of one's own. `None` where Redis is not installed, which is said once; in CI that is a
    /// failure.
    pub(crate) fn start() -> Option<Self> {
        static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
        let program = PROGRAM.get_or_init(|| {
            let found = program();
            if found.is_none() {
                assert!(!is_ci(), "Redis is not installed (redis-server and valkey-server were not found), and CI leaves nothing out");
                // Straight to standard error: the test harness hides what tests print.
                let note = "\nLEFT OUT: the Redis half of the tests, because redis-server and valkey-server were not found (scripts/dependencies.sh installs one)\n";
                std::io::stderr().write_all(note.as_bytes()).expect("standard error can be written");
            }
            found
        });
        let program = program.as_ref()?;
        let folder = tempfile::Builder::new().prefix("haibao-redis-").tempdir().expect("a temporary folder").keep();
        let mut redis = Self { folder, keeper: None };
        redis.spawn(program);
        Some(redis)
    }

    /// The server's address, with the password that it asks for.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}?pass=letmein", self.folder.join("socket").display())
    }

    /// Stops the server; what it kept is gone.
    pub(crate) fn stop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            keeper.wait().expect("the server is ours");
        }
    }

    /// Starts the server again at the same address.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.spawn(&program().expect("it was there before"));
    }

    fn spawn(&mut self, program: &Path) {
        let script = "mkdir -p \"$2\"; \"$1\" --port 0 --unixsocket \"$2/socket\" --dir \"$2\" --save '' --appendonly no \
                      --requirepass letmein >\"$2/log\" 2>&1 & cat >/dev/null; kill -TERM $!; wait $!; rm -rf \"$2\"";
        let keeper = Command::new("/bin/sh")
            .args(["-c", script, "sh"])
            .arg(program)
            .arg(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.keeper = Some(keeper.expect("a shell starts"));
        let deadline = Instant::now() + Duration::from_secs(30);
        while std::os::unix::net::UnixStream::connect(self.folder.join("socket")).is_err() {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "Redis is installed but does not start:\n{log}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

fn program() -> Option<PathBuf> {
    let folders: Vec<PathBuf> =
        environment("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let programs = folders.iter().flat_map(|folder| ["redis-server", "valkey-server"].map(|name| folder.join(name)));
    programs.into_iter().find(|program| program.is_file())
}
