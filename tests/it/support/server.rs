//! The real program on a private port, with a data folder of its own.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use haibao::database::{Database, DatabaseOptions};
use tempfile::TempDir;

use super::seller::Seller;

/// How long anything may take, on a loaded machine, before a test says what it waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server; it can be stopped and started again on the same folder and port.
pub(crate) struct Server {
    child: Option<Child>,
    /// `http://127.0.0.1:port`.
    pub url: String,
    data: TempDir,
    settings: Vec<(String, String)>,
}

impl Server {
    /// Starts the program with these settings (`HAIBAO_…` names and values) on a free port.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut server = Self { child: None, url: String::new(), data, settings };
        server.spawn("127.0.0.1:0");
        server
    }

    /// Starts another process of the same installation: the same settings, database and pictures, as
    /// two machines have that mount one folder, and a data folder of its own.
    pub(crate) fn beside(&self) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        for shared in ["outputs", "uploads", "cache"] {
            let folder = self.data_dir().join(shared);
            // The first process may have made it already.
            let _ = fs::create_dir(&folder);
            std::os::unix::fs::symlink(&folder, data.path().join(shared)).expect("a link in a new folder");
        }
        let mut server = Self { child: None, url: String::new(), data, settings: self.settings.clone() };
        server.spawn("127.0.0.1:0");
        server
    }

    /// Starts the program again where it was.
    pub(crate) fn restart(&mut self) {
        let address = self.url.trim_start_matches("http://").to_owned();
        self.spawn(&address);
    }

    /// Starts the program and waits for the address that it prints once it listens.
    fn spawn(&mut self, address: &str) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_path()).expect("a log file");
        let mut child = self
            .program()
            .args(["serve", "--address", address])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let output = child.stdout.take().expect("its output is ours");
        self.child = Some(child);
        let (found, url) = mpsc::channel();
        // Read to the end, or the program would block on a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(start) = line.find("http://") {
                    let _ = found.send(line[start..].trim().to_owned());
                }
            }
        });
        self.url = url
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("the server printed no address; its log ends with:\n{}", self.log()));
    }

    /// Stops the server as a power cut would.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        child.kill().expect("the server is ours");
        child.wait().expect("the server is ours");
    }

    /// Stops the server as an operator would, and tells whether it ended well.
    pub(crate) fn terminate(&mut self) -> bool {
        let mut child = self.child.take().expect("the server runs");
        let signalled = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(signalled.is_ok_and(|status| status.success()), "the server can be told to stop");
        child.wait().expect("the server is ours").success()
    }

    /// The data folder.
    pub(crate) fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// The server's database, opened beside it.
    pub(crate) async fn database(&self) -> Database {
        let url = format!("sqlite://{}", self.data_dir().join("haibao.db").display());
        Database::open(&DatabaseOptions {
            url,
            readers: 1,
            connections_max: 2,
            acquire_timeout: Duration::from_secs(10),
        })
        .await
        .expect("the database opens")
    }

    fn log_path(&self) -> PathBuf {
        self.data_dir().join("server.log")
    }

    /// The last lines that the server wrote.
    pub(crate) fn log(&self) -> String {
        let log = fs::read_to_string(self.log_path()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// Runs another verb of the program on this server's data and returns its exit code and output.
    pub(crate) fn command(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.program().args(arguments).output().expect("the program runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap_or(-1), text)
    }

    /// Asserts that money, work, events and files add up.
    pub(crate) fn assert_healthy(&self) {
        let (code, text) = self.command(&["doctor"]);
        assert_eq!(code, 0, "the doctor found something:\n{text}");
    }

    /// Asks until there is an answer.
    pub(crate) async fn until<T>(&self, what: &str, ask: impl AsyncFn(&Self) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(answer) = ask(self).await {
                return answer;
            }
            assert!(started.elapsed() < PATIENCE, "waited too long for {what}; the log ends with:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Signs a new seller in, by the code in the mail folder.
    pub(crate) async fn seller(&self, email: &str) -> Seller {
        let code = self.until("the mail with the code", async |this: &Self| this.code_for(email));
        Seller::sign_in(&self.url, email, code).await
    }

    /// The code in a mail that this process wrote.
    pub(crate) fn code_for(&self, email: &str) -> Option<String> {
        let mails = fs::read_dir(self.data_dir().join("mail")).ok()?.flatten();
        let mut mails = mails.filter_map(|mail| fs::read_to_string(mail.path()).ok());
        six_digits(&mails.find(|mail| mail.contains(email))?)
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haibao"));
        command.current_dir(self.data_dir()).env("HAIBAO_DATA_DIR", self.data_dir());
        command.env("HAIBAO_OBSERVABILITY__LOG", "warn");
        for limit in ["SIGN_IN__SENDS_PER_IP_PER_HOUR", "SIGN_IN__SENDS_PER_HOUR", "LIMITS__REQUESTS_PER_MINUTE"]
            .into_iter()
            .chain(["LIMITS__UPLOADS_PER_HOUR", "LIMITS__GENERATIONS_PER_HOUR"])
        {
            command.env(format!("HAIBAO_{limit}"), "0");
        }
        command.envs(self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // A failed test must not leave a server behind; there is nobody to tell when this fails.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn six_digits(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).map(str::to_owned)
}
