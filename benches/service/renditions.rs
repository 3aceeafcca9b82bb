//! What a thumbnail costs: read a stored poster, scale it down, encode it, keep it. Inside
//! this process, on local files.

use std::{path::Path, time::Instant};

use bytes::Bytes;
use haibao::storage::{LocalFiles, RENDITION_WIDTHS, sha256_hex};
use tempfile::TempDir;

use crate::{Result, process::own_cpu_seconds, render, report, runtime};

const PICTURES: usize = 100;

pub(crate) fn run(program: &Path) -> Result<()> {
    let set = TempDir::new()?;
    render::render_into(program, render::PLAIN_PHOTO, "0", set.path())?;
    let poster = Bytes::from(std::fs::read(set.path().join("00-prime.jpg"))?);
    let runtime = runtime()?;
    for width in RENDITION_WIDTHS {
        let folder = TempDir::new()?;
        let storage = LocalFiles::open(folder.path())?.storage()?;
        runtime.block_on(storage.put("poster.jpg", poster.clone()))?;
        let (began, cpu_before) = (Instant::now(), own_cpu_seconds()?);
        runtime.block_on(async {
            for number in 0..PICTURES {
                // Another name each time, or the kept copy of the first would be the answer.
                storage.rendition("poster.jpg", &sha256_hex(&number.to_le_bytes()), width).await?;
            }
            crate::Result::Ok(())
        })?;
        let (cpu, wall) = (own_cpu_seconds()? - cpu_before, began.elapsed().as_secs_f64());
        let count = PICTURES as f64;
        report::row(
            &format!("{width} pixels wide"),
            &format!(
                "{:.0} a core-second ({:.1} ms of processor time; {:.0}/s)",
                count / cpu,
                1000.0 * cpu / count,
                count / wall
            ),
        );
    }
    Ok(())
}
