//! What is done once for a set, before its first poster: reading and cutting out the photo, measuring its
//! colours, choosing its details, reading the description, settling the look. In-process; fonts are not
//! touched by it, and the segmentation network is loaded before.

use std::{path::Path, sync::Arc};

use haibao::{
    app,
    domain::{PosterFormat, StyleChoice},
    imaging::{self, ImageLimits},
    studio::{Brief, BriefPhoto},
};

use crate::{Result, process::own_cpu_seconds, report, runtime};

/// Sets planned for one number; the kernel counts processor time in hundredths of a second.
const TIMES: usize = 10;

const DESCRIPTION: &str = "云雾精华液 30 mL，玻璃滴管瓶，烟酰胺 5%，补水保湿，适合敏感肌，早晚各一次，每次 2-3 滴";

/// Photos of ours, and whether the network has to look at them.
const PHOTOS: [(&str, &[u8]); 3] = [
    ("plain ground, no network", include_bytes!("../../tests/fixtures/photos/serum-studio.jpg")),
    ("plain ground, no network", include_bytes!("../../tests/fixtures/photos/coffee-pouch.jpg")),
    ("busy room, network", include_bytes!("../../tests/fixtures/photos/serum-bathroom.jpg")),
];

pub(crate) fn run(_program: &Path) -> Result<()> {
    for (what, bytes) in PHOTOS {
        runtime()?.block_on(async {
            let studio = app::studio();
            let plan = async || {
                let photo =
                    imaging::decode(bytes, &ImageLimits::default()).map_err(|refused| format!("{refused:?}"))?;
                let photos = vec![BriefPhoto { photo: Arc::new(photo), sha256: "bench".to_owned() }];
                let brief = Brief {
                    seed: 7,
                    description: DESCRIPTION.to_owned(),
                    product_name: None,
                    photos,
                    format: PosterFormat::Portrait9x16,
                    style: StyleChoice::default(),
                };
                studio.plan(&brief).await?;
                Result::Ok(())
            };
            plan().await?;
            let began = own_cpu_seconds()?;
            for _ in 0..TIMES {
                plan().await?;
            }
            let each = (own_cpu_seconds()? - began) / TIMES as f64;
            report::row(&format!("shared work of a set, {what} ({} KiB)", bytes.len() / 1024), &format!("{each:.3} s"));
            Result::Ok(())
        })?;
    }
    Ok(())
}
