//! Numbers onto the console, as rows of a Markdown table.

use std::{
    fs,
    io::{Seek as _, Write as _},
    time::Instant,
};

/// Says what the numbers were measured on, the disk's own limit of the same minute among it.
pub(crate) fn machine() {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    println!("{cores} cores, {}", model.map_or("unknown processor", |(_, name)| name));
    match fdatasyncs() {
        Ok(mut seconds) => println!(
            "disk: 4 KiB + fdatasync p50 {:.2} ms, p99 {:.2} ms",
            1000.0 * quantile(&mut seconds, 0.5),
            1000.0 * quantile(&mut seconds, 0.99)
        ),
        Err(error) => println!("disk: {error}"),
    }
}

/// Heads the rows of one subject, with the load that other work puts on the machine.
pub(crate) fn begin(subject: &str) {
    println!("\n{subject} (load average {})\n\n| what | measured |\n|---|---|", load());
}

/// One number.
pub(crate) fn row(what: &str, measured: &str) {
    println!("| {what} | {measured} |");
}

/// The value that the share `q` of all samples does not exceed; the middle one for 0.5.
pub(crate) fn quantile(samples: &mut [f64], q: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    let last = samples.len().saturating_sub(1);
    samples.get((q * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Runnable processes over the last minute.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// What one durable write costs here: seconds of 200 of them.
pub(crate) fn fdatasyncs() -> std::io::Result<Vec<f64>> {
    let mut file = tempfile::tempfile()?;
    (0..200)
        .map(|_| {
            let began = Instant::now();
            file.rewind()?;
            file.write_all(&[7; 4096])?;
            file.sync_data()?;
            Ok(began.elapsed().as_secs_f64())
        })
        .collect()
}
