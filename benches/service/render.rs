//! The cost of the main job: `haibao render`, ten posters of one photo.

use std::{
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    Result,
    process::{ended_children_cpu_seconds, peak_kib},
    report,
};

const SETS: usize = 5;
const POSTERS: f64 = 10.0;

/// One run of the program.
pub(crate) struct Run {
    cpu_seconds: f64,
    wall_seconds: f64,
    peak_mib: f64,
}

/// A product before a plain ground, cut out without the network.
pub(crate) const PLAIN_PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/photos/serum-studio.jpg");
/// The same product in a bathroom, which the network has to find.
const BUSY_PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/photos/serum-bathroom.jpg");

pub(crate) fn run(program: &Path) -> Result<()> {
    measure(program, PLAIN_PHOTO, "plain ground")?;
    measure(program, BUSY_PHOTO, "busy photo")
}

fn measure(program: &Path, photo: &str, what: &str) -> Result<()> {
    let sets = (0..SETS).map(|_| render(program, photo, "0,1,2,3,4,5,6,7,8,9")).collect::<Result<Vec<_>>>()?;
    let singles = (0..SETS).map(|_| render(program, photo, "0")).collect::<Result<Vec<_>>>()?;
    let median =
        |runs: &[Run], number: fn(&Run) -> f64| report::quantile(&mut runs.iter().map(number).collect::<Vec<_>>(), 0.5);
    let cpu_seconds = median(&sets, |run| run.cpu_seconds);
    let single_cpu_seconds = median(&singles, |run| run.cpu_seconds);
    let wall_seconds = median(&sets, |run| run.wall_seconds);
    report::row(
        &format!("{what}: processor time of a poster, everything in"),
        &format!("{:.3} s", cpu_seconds / POSTERS),
    );
    report::row(&format!("{what}: posters per core-second"), &format!("{:.2}", POSTERS / cpu_seconds));
    report::row(
        &format!("{what}: processor time of a set of one (start, photo, cut-out, one poster)"),
        &format!("{single_cpu_seconds:.3} s"),
    );
    report::row(
        &format!("{what}: processor time of each further poster"),
        &format!("{:.3} s", (cpu_seconds - single_cpu_seconds) / (POSTERS - 1.0)),
    );
    report::row(
        &format!("{what}: a set of ten, by the clock"),
        &format!("{wall_seconds:.2} s ({:.2} posters/s)", POSTERS / wall_seconds),
    );
    report::row(&format!("{what}: most memory resident"), &format!("{:.0} MiB", median(&sets, |run| run.peak_mib)));
    Ok(())
}

fn render(program: &Path, photo: &str, dimensions: &str) -> Result<Run> {
    render_into(program, photo, dimensions, TempDir::new()?.path())
}

/// Makes these posters of a photo in a folder.
pub(crate) fn render_into(program: &Path, photo: &str, dimensions: &str, folder: &Path) -> Result<Run> {
    let (began, cpu_before) = (Instant::now(), ended_children_cpu_seconds()?);
    let mut child = Command::new(program)
        .args(["render", "--photo", photo, "--dimensions", dimensions, "--out"])
        .arg(folder)
        .args(["--description", "云雾精华液 30 mL，玻璃滴管瓶，补水保湿，适合敏感肌"])
        .env_clear()
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // The high-water mark is gone with the process, so it is read until then.
    let mut peak = 0.0;
    let status = loop {
        if let Ok(kib) = peak_kib(child.id()) {
            peak = kib;
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    if !status.success() {
        return Err(format!("haibao render: {status}").into());
    }
    Ok(Run {
        cpu_seconds: ended_children_cpu_seconds()? - cpu_before,
        wall_seconds: began.elapsed().as_secs_f64(),
        peak_mib: peak / 1024.0,
    })
}
