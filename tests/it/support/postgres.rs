//! A private PostgreSQL: its own cluster in a temporary folder, reached by a unix socket only, so
//! that nothing on the machine is touched and no port can be taken.
//!
//! The server lives as long as the test process: a shell waits for the end of its standard input,
//! which the operating system closes when we go, however we go, and then stops the server and
//! removes the folder.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, OnceLock},
    thread,
    time::{Duration, Instant},
};

use super::{environment, is_ci};

/// A running server.
#[derive(Debug)]
pub(crate) struct Cluster {
    socket_folder: PathBuf,
    // Its standard input is the server's life line.
    _keeper: Mutex<Child>,
}

impl Cluster {
    /// The address of one database of this server.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.socket_folder.display())
    }
}

/// The server of this test process, started at the first call. `None` where PostgreSQL is not
/// installed, which is said once; in CI that is a failure.
pub(crate) fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER
        .get_or_init(|| {
            let Some(programs) = programs() else {
                assert!(!is_ci(), "PostgreSQL is not installed (initdb and postgres were not found), and CI leaves nothing out");
                // Straight to standard error: the test harness hides what tests print.
                let note = "\nLEFT OUT: the PostgreSQL half of the tests, because initdb and postgres were not found (scripts/dependencies.sh installs them)\n";
                std::io::stderr().write_all(note.as_bytes()).expect("standard error can be written");
                return None;
            };
            Some(start(&programs).unwrap_or_else(|why| panic!("PostgreSQL is installed but does not start: {why}")))
        })
        .as_ref()
}

/// The folder with `initdb` and `postgres`: on the PATH, or the newest where Debian and Homebrew
/// put them.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> =
        environment("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let mut installed: Vec<(u32, PathBuf)> = Vec::new();
    for parent in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"] {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().trim_start_matches("postgresql@").to_owned();
            if let Ok(version) = name.parse() {
                installed.push((version, entry.path().join("bin")));
            }
        }
    }
    installed.sort();
    folders.extend(installed.into_iter().rev().map(|(_, folder)| folder));
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

fn start(programs: &Path) -> Result<Cluster, String> {
    let folder = tempfile::Builder::new().prefix("haibao-pg-").tempdir().map_err(|error| error.to_string())?.keep();
    // PostgreSQL refuses to run as root: its own user runs it then.
    let as_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if as_root {
        finish(Command::new("chown").arg("postgres").arg(&folder))?;
    }
    let data = folder.join("data");
    let unprivileged = |program: &str| {
        let program = if program.contains('/') { PathBuf::from(program) } else { programs.join(program) };
        let mut command = if as_root { Command::new("runuser") } else { Command::new(&program) };
        if as_root {
            command.args(["-u", "postgres", "--"]).arg(&program);
        }
        command.current_dir(&folder);
        command
    };
    finish(unprivileged("initdb").arg("-D").arg(&data).args([
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--no-locale",
        "--no-sync",
    ]))?;
    // A power cut may lose this database, so nothing waits for the disk.
    let script = "\"$1/postgres\" -D \"$2/data\" -k \"$2\" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
                  -c full_page_writes=off -c autovacuum=off -c shared_buffers=32MB -c max_connections=60 >\"$2/log\" 2>&1 & \
                  cat >/dev/null; kill -INT $!; wait $!; rm -rf \"$2\"";
    let keeper = unprivileged("/bin/sh")
        .args(["-c", script, "sh"])
        .args([programs, &folder])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        if log.contains("ready to accept connections") {
            return Ok(Cluster { socket_folder: folder, _keeper: Mutex::new(keeper) });
        }
        if Instant::now() > deadline {
            return Err(log);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn finish(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
}
