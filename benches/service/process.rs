//! The program under test, and what the kernel says about it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::{Result, seed};

/// Kernel ticks in a second, as `/proc` counts processor time on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    // Held open: the program may still print.
    _output: BufReader<ChildStdout>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts the program on a seeded folder and returns when it has said where it listens. Limits
    /// that would stop a benchmark are lifted; everything else is as it comes.
    pub(crate) fn start(program: &Path, data: &Path) -> Result<Self> {
        Self::start_with(program, data, &[])
    }

    /// [`Self::start`] with more settings, by key.
    pub(crate) fn start_with(program: &Path, data: &Path, settings: &[(&str, String)]) -> Result<Self> {
        let settings = settings.iter().map(|(key, value)| format!("{key}={value}"));
        let mut child = Command::new(program)
            .args(["serve", "--address", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .arg("--set")
            .arg(format!("sign_in.token_secret={}", seed::SECRET))
            .args(["--set", "limits.requests_per_minute=0"])
            .args(["--set", "limits.sockets_per_user=100000"])
            .args(["--set", "limits.sockets_per_ip=100000"])
            .args(settings.flat_map(|setting| ["--set".to_owned(), setting]))
            .env_clear()
            .current_dir(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("the program's output is not a pipe")?);
        let mut line = String::new();
        let address = loop {
            line.clear();
            if output.read_line(&mut line)? == 0 {
                return Err(format!("the server ended before it listened: {}", child.wait()?).into());
            }
            if let Some((_, address)) = line.trim().rsplit_once("http://") {
                break address.parse()?;
            }
        };
        Ok(Self { child, _output: output, address })
    }

    /// Processor seconds so far, in user and system mode, children included.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let ticks = stat_ticks(&self.child.id().to_string())?;
        Ok(ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
    }

    /// Processor seconds so far of its threads whose names begin like this.
    pub(crate) fn thread_cpu_seconds(&self, name: &str) -> Result<f64> {
        let mut seconds = 0.0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let thread = thread?.path();
            if fs::read_to_string(thread.join("comm"))?.starts_with(name) {
                let [user, system, ..] = ticks_in(&thread.join("stat"))?;
                seconds += (user + system) / TICKS_PER_SECOND;
            }
        }
        Ok(seconds)
    }

    /// Memory of its own that is resident: no page of the program file, none of the page cache.
    pub(crate) fn anonymous_kib(&self) -> Result<f64> {
        status_kib(self.child.id(), "RssAnon:")
    }

    /// Ends it as a service manager would, and waits for it.
    pub(crate) fn stop(mut self) -> Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks one GraphQL question on a connection of its own and returns the whole answer.
    pub(crate) fn ask_once(&self, token: &str, body: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        write!(
            stream,
            "POST /graphql HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Processor seconds of this process itself.
pub(crate) fn own_cpu_seconds() -> Result<f64> {
    let [user, system, ..] = stat_ticks("self")?;
    Ok((user + system) / TICKS_PER_SECOND)
}

/// Processor seconds of all children of this process that have ended.
pub(crate) fn ended_children_cpu_seconds() -> Result<f64> {
    let [_, _, user, system] = stat_ticks("self")?;
    Ok((user + system) / TICKS_PER_SECOND)
}

/// The most memory that a running process has had resident so far, in KiB.
pub(crate) fn peak_kib(pid: u32) -> Result<f64> {
    status_kib(pid, "VmHWM:")
}

/// Ticks of a process: user, system, and the same of its ended children.
fn stat_ticks(process: &str) -> Result<[f64; 4]> {
    ticks_in(Path::new(&format!("/proc/{process}/stat")))
}

fn ticks_in(stat: &Path) -> Result<[f64; 4]> {
    let text = fs::read_to_string(stat)?;
    // The second field is the program's name in brackets and may hold spaces.
    let (_, fields) = text.rsplit_once(')').ok_or("/proc/…/stat does not read")?;
    let ticks: Vec<f64> =
        fields.split_whitespace().skip(11).take(4).map(str::parse).collect::<std::result::Result<_, _>>()?;
    ticks.try_into().map_err(|_| "/proc/…/stat is too short".into())
}

fn status_kib(pid: u32, name: &str) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or_else(|| format!("no {name} in status"))?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
