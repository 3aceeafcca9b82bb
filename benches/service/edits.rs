//! What an edit of a composed poster costs: the page set anew with other colours or other words, the lossless
//! picture and the JPEG included. In-process, 1080 × 1920, the fonts unpacked before.

use std::{path::Path, sync::Arc, time::Instant};

use bytes::Bytes;
use haibao::{
    app,
    domain::{Dimension, PosterFormat, RevisionName, StyleChoice},
    imaging::{self, ImageLimits},
    studio::{Brief, BriefPhoto, Commission, CopyChange, EditBase, EditOrder, EditedPoster, Studio},
};

use crate::{
    Result,
    process::own_cpu_seconds,
    report::{self, quantile},
    runtime,
};

/// Edits made for one number; the kernel counts processor time in hundredths of a second.
const TIMES: u32 = 12;

const PHOTO: &[u8] = include_bytes!("../../tests/fixtures/photos/coffee-pouch.jpg");
const DESCRIPTION: &str =
    "山野咖啡 挂耳咖啡 10 g × 20 包，中度烘焙，云南小粒豆，坚果与可可香气，独立氮气包装，热水冲泡 3 分钟";

pub(crate) fn run(_program: &Path) -> Result<()> {
    runtime()?.block_on(async {
        let studio = app::studio();
        let photo = imaging::decode(PHOTO, &ImageLimits::default()).map_err(|refused| format!("{refused:?}"))?;
        let brief = Brief {
            seed: 7,
            description: DESCRIPTION.to_owned(),
            product_name: None,
            photos: vec![BriefPhoto { photo: Arc::new(photo), sha256: "bench".to_owned() }],
            format: PosterFormat::Portrait9x16,
            style: StyleChoice::default(),
        };
        let plan = studio.plan(&brief).await?;
        for dimension in [Dimension::Hero, Dimension::Specifications] {
            let base = base(&studio, &plan, dimension).await?;
            let order = |prompt: &str| EditOrder { prompt: prompt.to_owned(), mask: None, reference: None, seed: 5 };
            let whole = async |prompt: &str| -> Result<EditedPoster> {
                Ok(studio.edit(Some(&plan), &base, &order(prompt), &Commission::default(), &|_stage| {}).await?)
            };
            measure(&format!("{dimension:?}, other colours"), async || whole("换成蓝色").await).await?;
            measure(&format!("{dimension:?}, other ground"), async || whole("背景换成大理石").await).await?;
            let title = Studio::copy_of(base.recipe.as_deref().ok_or("a poster has a recipe")?)
                .into_iter()
                .find(|line| line.role.code() == "TITLE")
                .ok_or("a poster has a title")?;
            let change = [CopyChange { id: title.id, text: "山野清晨".to_owned() }];
            let words = async || -> Result<EditedPoster> { Ok(studio.set_copy(&plan, &base, &change).await?) };
            measure(&format!("{dimension:?}, other words"), words).await?;
        }
        Ok(())
    })
}

async fn base(studio: &Studio, plan: &haibao::studio::SetPlan, dimension: Dimension) -> Result<EditBase> {
    let poster = studio.paint_builtin(plan, dimension).await?;
    let decoded = imaging::decode(&poster.jpeg, &ImageLimits::default()).map_err(|refused| format!("{refused:?}"))?;
    Ok(EditBase {
        dimension,
        name: RevisionName::Prime,
        pixels: Arc::new(decoded.pixels),
        recipe: Some(Arc::new(poster.recipe)),
        plate: poster.plate_jpeg.map(Bytes::from),
        patches: Vec::new(),
    })
}

async fn measure(what: &str, edit: impl AsyncFn() -> Result<EditedPoster>) -> Result<()> {
    edit().await?;
    let began = own_cpu_seconds()?;
    let mut walls = Vec::new();
    for _ in 0..TIMES {
        let started = Instant::now();
        edit().await?;
        walls.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    let each = (own_cpu_seconds()? - began) / f64::from(TIMES) * 1000.0;
    report::row(what, &format!("{each:.0} ms of processor time, {:.0} ms by the clock", quantile(&mut walls, 0.5)));
    Ok(())
}
