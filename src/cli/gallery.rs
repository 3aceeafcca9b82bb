//! `haibao gallery`: contact sheets of whole sets, for the eyes of whoever changes a style.

mod edits;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use bytes::Bytes;
use clap::Args;
use image::{Rgba, RgbaImage, imageops};
use serde::Deserialize;

use super::{
    CommandError,
    render::{given, read, seed_of},
};
use crate::{
    app,
    domain::{BilingualLayout, Dimension, PosterFormat, StyleChoice, TypographyStyle, VisualStyle, validation},
    imaging::{self, ImageLimits},
    storage::LocalFiles,
    studio::{Brief, KnownMask, PaintedPoster, SetPlan, Studio},
};
use edits::{Outcome, Wish};

/// Posters side by side on a sheet.
const COLUMNS: u32 = 5;
/// Between posters and around them, in pixels.
const GAP_PX: u32 = 16;
/// What lies between the posters: a grey that flatters neither light nor dark ones.
const GROUND: Rgba<u8> = Rgba([118, 118, 120, 255]);
/// JPEG quality of the sheets.
const QUALITY: u8 = 86;

#[derive(Debug, Args)]
pub(super) struct GalleryArgs {
    /// Product photo; may be repeated, each with its own --description in the same order
    #[arg(long, value_name = "FILE")]
    photo: Vec<PathBuf>,
    /// What the product on the photo at the same place is
    #[arg(long, value_name = "TEXT")]
    description: Vec<String>,
    /// JSON file that lists products: {"photo.jpg": {"description": "…"}}, photos beside it
    #[arg(long, value_name = "FILE")]
    products: Option<PathBuf>,
    /// Only products whose file name starts with one of these words
    #[arg(long, value_delimiter = ',', value_name = "WORD")]
    only: Vec<String>,
    /// Folder for the sheets; made when missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Visual styles (default: all seven)
    #[arg(long, value_delimiter = ',', value_parser = |code: &str| VisualStyle::from_code(code).ok_or("no such visual style"))]
    visual: Vec<VisualStyle>,
    /// Typography styles (default: the one that belongs to the visual style)
    #[arg(long, value_delimiter = ',', value_parser = |code: &str| TypographyStyle::from_code(code).ok_or("no such typography style"))]
    typography: Vec<TypographyStyle>,
    /// Bilingual layouts (default: STACKED)
    #[arg(long, value_delimiter = ',', value_parser = |code: &str| BilingualLayout::from_code(code).ok_or("no such bilingual layout"))]
    layout: Vec<BilingualLayout>,
    /// Proportions
    #[arg(long, value_delimiter = ',', default_value = "PORTRAIT_9_16", value_parser = |code: &str| PosterFormat::from_code(code).ok_or("no such format"))]
    format: Vec<PosterFormat>,
    /// Indexes of the posters to show, 0–9 (default: all ten)
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(i32).range(0..=9))]
    dimensions: Vec<i32>,
    /// Seeds: one sheet each, to see the variants of a style (default: follows from photo and description)
    #[arg(long, value_delimiter = ',')]
    seed: Vec<u64>,
    /// An edit to try on every poster, in Chinese or in English: one sheet each, before above after; may be repeated
    #[arg(long, value_name = "PROMPT")]
    edit: Vec<String>,
    /// Brush over one part for the edits: product, background or text (default: the whole picture)
    #[arg(long, requires = "edit", value_parser = part)]
    part: Option<KnownMask>,
    /// A picture that the edits may take something from
    #[arg(long, requires = "edit", value_name = "FILE")]
    reference: Option<PathBuf>,
    /// Width of one poster on a sheet, in pixels
    #[arg(long, default_value_t = 360, value_parser = clap::value_parser!(u32).range(120..=1080))]
    width: u32,
}

/// One entry of a product list; other fields are somebody else's.
#[derive(Deserialize)]
struct Listed {
    description: String,
}

struct Product {
    photo: PathBuf,
    description: String,
}

pub(super) async fn gallery(args: GalleryArgs) -> Result<ExitCode, CommandError> {
    let products = products(&args)?;
    let dimensions: Vec<Dimension> =
        Dimension::ALL.iter().copied().filter(|d| wanted(&args.dimensions, &d.index())).collect();
    let storage = LocalFiles::open_output(&args.out)
        .and_then(|files| files.storage())
        .map_err(|error| CommandError::Failed(format!("--out {}: {error}", args.out.display())))?;
    let studio = app::studio();
    let looks = looks(&args);
    let reference = args.reference.as_deref().map(given).transpose()?.map(|given| given.photo);
    for product in &products {
        let photos = vec![given(&product.photo)?];
        let description = validation::description(&product.description)
            .map_err(|refusal| CommandError::Failed(format!("{}: {}", product.photo.display(), refusal.code())))?;
        let derived = seed_of(&description, &photos);
        let brief = Brief {
            seed: derived,
            description,
            product_name: None,
            photos,
            format: args.format[0],
            style: StyleChoice::default(),
        };
        // One look at the photo serves every style.
        let seen = studio.plan(&brief).await.map_err(CommandError::failed)?;
        let stem = product.photo.file_stem().map_or_else(|| "product".into(), |stem| stem.to_string_lossy());
        for (choice, format, label) in &looks {
            for seed in each_or_open(&args.seed) {
                let started = Instant::now();
                let number = seed.unwrap_or(derived);
                let plan = seen.restyled(*choice, *format, number);
                let painted = painted(&studio, &plan, &dimensions).await?;
                let seed = seed.map(|seed| format!(".{seed}")).unwrap_or_default();
                let name = format!("{stem}.{}{label}{seed}", plan.style().visual.code());
                let before = thumbs(&painted, args.width)?;
                let mut sheets = Vec::new();
                for (index, prompt) in args.edit.iter().enumerate() {
                    let wish = Wish { prompt, part: args.part, reference: reference.clone() };
                    let after = after(&studio, &plan, &painted, &wish, number, &before).await?;
                    let paired = rows_of_pairs(&before, &after);
                    sheets.push((format!("{name}.edit{index}.jpg"), arranged(&paired)));
                }
                if args.edit.is_empty() {
                    sheets.push((format!("{name}.jpg"), arranged(&before)));
                }
                for (name, sheet) in sheets {
                    let jpeg = Bytes::from(imaging::encode_jpeg(&sheet, QUALITY));
                    let stored = storage.put(&name, jpeg).await.map_err(CommandError::failed)?;
                    println!("{}  {}×{}", stored.key, sheet.width(), sheet.height());
                }
                eprintln!("{} poster(s) in {} ms", dimensions.len(), started.elapsed().as_millis());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Every product that was named, by pairs of arguments and by list.
fn products(args: &GalleryArgs) -> Result<Vec<Product>, CommandError> {
    if args.photo.len() != args.description.len() {
        return Err(CommandError::Failed("give each --photo its own --description".to_owned()));
    }
    let pairs = args.photo.iter().cloned().zip(args.description.iter().cloned());
    let mut products: Vec<Product> = pairs.map(|(photo, description)| Product { photo, description }).collect();
    if let Some(list) = &args.products {
        let listed: BTreeMap<String, Listed> = serde_json::from_slice(&read(list)?)
            .map_err(|error| CommandError::Failed(format!("{}: {error}", list.display())))?;
        let folder = list.parent().unwrap_or(Path::new("."));
        products.extend(
            listed
                .into_iter()
                .map(|(file, entry)| Product { photo: folder.join(file), description: entry.description }),
        );
    }
    products.retain(|product| {
        let name = product.photo.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        args.only.is_empty() || args.only.iter().any(|word| name.starts_with(word))
    });
    if products.is_empty() {
        return Err(CommandError::Failed("name a product by --photo and --description, or by --products".to_owned()));
    }
    Ok(products)
}

/// Every combination that was asked for, with what its file name says beside the visual style.
fn looks(args: &GalleryArgs) -> Vec<(StyleChoice, PosterFormat, String)> {
    let visuals = if args.visual.is_empty() { VisualStyle::ALL.to_vec() } else { args.visual.clone() };
    let typographies = each_or_open(&args.typography);
    let layouts = each_or_open(&args.layout);
    let mut looks = Vec::new();
    for visual in visuals {
        for &typography in &typographies {
            for &layout in &layouts {
                for &format in &args.format {
                    let mut label = String::new();
                    let words = [
                        typography.map(TypographyStyle::code),
                        layout.map(BilingualLayout::code),
                        (format != PosterFormat::Portrait9x16).then(|| format.code()),
                    ];
                    words.into_iter().flatten().for_each(|word| label.extend([".", word]));
                    looks.push((StyleChoice { visual: Some(visual), typography, layout }, format, label));
                }
            }
        }
    }
    looks
}

/// Each choice that was made, or one open one.
fn each_or_open<T: Copy>(chosen: &[T]) -> Vec<Option<T>> {
    if chosen.is_empty() { vec![None] } else { chosen.iter().copied().map(Some).collect() }
}

fn wanted<T: PartialEq>(chosen: &[T], one: &T) -> bool {
    chosen.is_empty() || chosen.contains(one)
}

fn part(name: &str) -> Result<KnownMask, &'static str> {
    match name {
        "product" => Ok(KnownMask::Product),
        "background" => Ok(KnownMask::Background),
        "text" => Ok(KnownMask::Text),
        _ => Err("product, background or text"),
    }
}

async fn painted(
    studio: &Studio,
    plan: &SetPlan,
    dimensions: &[Dimension],
) -> Result<Vec<(Dimension, PaintedPoster)>, CommandError> {
    let paints = dimensions.iter().map(|dimension| studio.paint(plan, *dimension, &|_stage| {}));
    let painted = futures_util::future::join_all(paints).await.into_iter().collect::<Result<Vec<_>, _>>();
    Ok(dimensions.iter().copied().zip(painted.map_err(CommandError::failed)?).collect())
}

fn thumbs(painted: &[(Dimension, PaintedPoster)], width: u32) -> Result<Vec<RgbaImage>, CommandError> {
    painted
        .iter()
        .map(|(_, painted)| {
            let poster = imaging::decode(&painted.jpeg, &ImageLimits::default()).map_err(CommandError::failed)?;
            let height = (painted.height * width).div_ceil(painted.width.max(1));
            Ok(imaging::resize(&poster.pixels, width, height))
        })
        .collect()
}

/// What the wish makes of each poster, in the size of the picture before; refusals are printed.
async fn after(
    studio: &Studio,
    plan: &SetPlan,
    painted: &[(Dimension, PaintedPoster)],
    wish: &Wish<'_>,
    seed: u64,
    before: &[RgbaImage],
) -> Result<Vec<RgbaImage>, CommandError> {
    let tries = painted.iter().map(|(dimension, painted)| edits::tried(studio, plan, *dimension, painted, wish, seed));
    let mut thumbs = Vec::with_capacity(painted.len());
    for ((outcome, (dimension, _)), thumb) in
        futures_util::future::join_all(tries).await.into_iter().zip(painted).zip(before)
    {
        let outcome = outcome?;
        if let Outcome::Refused(why) = &outcome {
            println!("{} {}: {why}", dimension.number(), wish.prompt);
        }
        thumbs.push(outcome.thumb(thumb.width(), thumb.height()));
    }
    Ok(thumbs)
}

/// Rows of pictures, each above the row of what became of them.
fn rows_of_pairs(before: &[RgbaImage], after: &[RgbaImage]) -> Vec<RgbaImage> {
    let columns = COLUMNS as usize;
    before.chunks(columns).zip(after.chunks(columns)).flat_map(|(above, below)| [above, below].concat()).collect()
}

/// Pictures of one size, row by row.
fn arranged(thumbs: &[RgbaImage]) -> RgbaImage {
    let (width, height) = thumbs.first().map_or((1, 1), RgbaImage::dimensions);
    let columns = (thumbs.len() as u32).clamp(1, COLUMNS);
    let rows = (thumbs.len() as u32).div_ceil(columns).max(1);
    let mut sheet =
        RgbaImage::from_pixel(columns * (width + GAP_PX) + GAP_PX, rows * (height + GAP_PX) + GAP_PX, GROUND);
    for (index, thumb) in thumbs.iter().enumerate() {
        let (column, row) = (index as u32 % columns, index as u32 / columns);
        let (x, y) = (GAP_PX + column * (width + GAP_PX), GAP_PX + row * (height + GAP_PX));
        imageops::replace(&mut sheet, thumb, i64::from(x), i64::from(y));
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_edit_made_stands_below_what_it_was_made_of() {
        let [before, after] = [0, 100].map(|first: u8| {
            (0..10).map(|n| RgbaImage::from_pixel(1, 1, Rgba([first + n, 0, 0, 255]))).collect::<Vec<_>>()
        });
        let order: Vec<u8> = rows_of_pairs(&before, &after).iter().map(|thumb| thumb.get_pixel(0, 0)[0]).collect();
        assert_eq!([order[0], order[4], order[5], order[9], order[10], order[15]], [0, 4, 100, 104, 5, 105]);
    }

    #[test]
    fn a_sheet_holds_every_poster_in_reading_order() {
        let thumbs: Vec<RgbaImage> = (0..7).map(|n| RgbaImage::from_pixel(36, 64, Rgba([n, 0, 0, 255]))).collect();
        let sheet = arranged(&thumbs);
        assert_eq!(sheet.dimensions(), (5 * (36 + GAP_PX) + GAP_PX, 2 * (64 + GAP_PX) + GAP_PX));
        let at = |column: u32, row: u32| {
            sheet.get_pixel(GAP_PX + column * (36 + GAP_PX) + 5, GAP_PX + row * (64 + GAP_PX) + 5)[0]
        };
        assert_eq!((at(0, 0), at(4, 0), at(1, 1)), (0, 4, 6));
        assert_eq!(*sheet.get_pixel(1, 1), GROUND);
    }
}
