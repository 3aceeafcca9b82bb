//! `haibao render` and `haibao cutout`: the pipeline without a server.

#![expect(clippy::doc_markdown, reason = "comments on arguments are the help that people read")]

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Instant};

use bytes::Bytes;
use clap::Args;
use ring::digest;

use super::CommandError;
use crate::{
    app,
    domain::{
        BilingualLayout, Dimension, Locale, PosterFormat, RevisionName, StyleChoice, TypographyStyle, VisualStyle,
        validation,
    },
    imaging::{self, ImageLimits, Isolation},
    storage::{LocalFiles, sha256_hex},
    studio::{Brief, BriefPhoto, Recipe, notes_of, report},
};

#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// Product photo: JPEG, PNG or WebP; may be repeated, the first is the main one
    #[arg(long, required = true, value_name = "FILE")]
    photo: Vec<PathBuf>,
    /// What the product is, as a seller would describe it
    #[arg(long, required_unless_present = "recipe")]
    description: Option<String>,
    /// Make this poster again from the recipe beside it (`00-prime.json`) and its photos
    #[arg(long, value_name = "FILE", conflicts_with_all = ["description", "dimensions", "visual", "typography", "layout", "format", "seed"])]
    recipe: Option<PathBuf>,
    /// Folder for the posters; made when missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Indexes of the posters to make, 0–9
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(i32).range(0..=9))]
    dimensions: Vec<i32>,
    /// Visual style: MAGAZINE, WATERCOLOR, TECH, VINTAGE, MINIMAL, CYBER or ORGANIC
    #[arg(long, value_parser = |code: &str| VisualStyle::from_code(code).ok_or("no such visual style"))]
    visual: Option<VisualStyle>,
    /// Typography style: SERIF, GLASS, EMBOSSED, HANDWRITTEN, NEON or THIN
    #[arg(long, value_parser = |code: &str| TypographyStyle::from_code(code).ok_or("no such typography style"))]
    typography: Option<TypographyStyle>,
    /// Bilingual layout: STACKED, PARALLEL or SEPARATED
    #[arg(long, value_parser = |code: &str| BilingualLayout::from_code(code).ok_or("no such bilingual layout"))]
    layout: Option<BilingualLayout>,
    /// Proportions: PORTRAIT_9_16, PORTRAIT_3_4, PORTRAIT_4_5, SQUARE_1_1, LANDSCAPE_4_3 or LANDSCAPE_16_9
    #[arg(long, default_value = "PORTRAIT_9_16", value_parser = |code: &str| PosterFormat::from_code(code).ok_or("no such format"))]
    format: PosterFormat,
    /// Seed of everything left to chance (default: follows from photo and description)
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct CutoutArgs {
    /// Product photo: JPEG, PNG or WebP
    #[arg(long, value_name = "FILE")]
    photo: PathBuf,
    /// Where the transparent PNG goes; it is as large as the upright photo
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) async fn render(args: RenderArgs) -> Result<ExitCode, CommandError> {
    let started = Instant::now();
    let photos = args.photo.iter().map(|path| given(path)).collect::<Result<Vec<_>, _>>()?;
    let storage = LocalFiles::open_output(&args.out)
        .and_then(|files| files.storage())
        .map_err(|error| CommandError::Failed(format!("--out {}: {error}", args.out.display())))?;
    let studio = app::studio();
    let (plan, dimensions) = match &args.recipe {
        Some(path) => {
            let failed =
                |error: &dyn std::fmt::Display| CommandError::Failed(format!("--recipe {}: {error}", path.display()));
            let recipe = Recipe::parse(&read(path)?).map_err(|error| failed(&error))?;
            (studio.plan_again(&recipe, &photos).await.map_err(|error| failed(&error))?, vec![recipe.dimension])
        }
        None => (studio.plan(&brief(&args, photos)?).await.map_err(CommandError::failed)?, dimensions(&args)),
    };
    let put =
        async |key: String, bytes: Vec<u8>| storage.put(&key, Bytes::from(bytes)).await.map_err(CommandError::failed);
    put("productname.txt".to_owned(), plan.product_name().as_bytes().to_vec()).await?;
    eprintln!("{} · {} · {} ms", plan.product_name(), plan.style().visual.code(), started.elapsed().as_millis());

    let paints = dimensions.iter().map(|dimension| {
        let (studio, plan) = (&studio, &plan);
        async move { (*dimension, studio.paint(plan, *dimension, &|_stage| {}).await) }
    });
    let mut failures = 0;
    for (dimension, painted) in futures_util::future::join_all(paints).await {
        let painted = match painted {
            Ok(painted) => painted,
            Err(error) => {
                eprintln!("{} {}: {error}", dimension.number(), dimension.titles().0);
                failures += 1;
                continue;
            }
        };
        let name = RevisionName::Prime;
        let painted = studio.labels().on_poster(painted, &name.file_stem(dimension));
        put(format!("{}.json", name.file_stem(dimension)), painted.recipe.to_string().into_bytes()).await?;
        let notes = notes_of(&painted.recipe);
        if let Some(plate) = painted.plate_jpeg {
            put(format!("{}.plate.jpg", name.file_stem(dimension)), plate).await?;
        }
        let stored = put(name.file_name(dimension), painted.jpeg).await?;
        for note in &notes {
            eprintln!("{}: {}", name.file_name(dimension), note.message(Locale::En));
        }
        println!("{}  {}×{}  {} bytes", stored.key, painted.width, painted.height, stored.byte_size);
    }
    eprintln!("{} poster(s) in {} ms", dimensions.len() - failures, started.elapsed().as_millis());
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The order that the arguments describe.
fn brief(args: &RenderArgs, photos: Vec<BriefPhoto>) -> Result<Brief, CommandError> {
    for warning in report::advertising_warnings(args.description.as_deref().unwrap_or_default()) {
        let advice =
            warning.suggestion.map_or_else(|| "its statement is left out".to_owned(), |word| format!("try `{word}`"));
        eprintln!("advertising law: `{}` may not be used; {advice}", warning.word);
    }
    let description = validation::description(args.description.as_deref().unwrap_or_default())
        .map_err(|refusal| CommandError::Failed(format!("--description: {}", refusal.code())))?;
    let derived = seed_of(&description, &photos);
    Ok(Brief {
        seed: args.seed.unwrap_or(derived),
        description,
        product_name: None,
        photos,
        format: args.format,
        style: StyleChoice { visual: args.visual, typography: args.typography, layout: args.layout },
    })
}

/// The posters asked for, each once, in the catalogue's order; all of them when none is named.
fn dimensions(args: &RenderArgs) -> Vec<Dimension> {
    let mut dimensions: Vec<Dimension> =
        args.dimensions.iter().filter_map(|index| Dimension::from_index(*index)).collect();
    if dimensions.is_empty() {
        dimensions = Dimension::ALL.to_vec();
    }
    dimensions.sort();
    dimensions.dedup();
    dimensions
}

/// What `haibao cutout` answers when the photo is better shown in a frame: told from a failure, which
/// ends with 1.
const EXIT_FRAMED: u8 = 3;

pub(super) fn cutout(args: &CutoutArgs) -> Result<ExitCode, CommandError> {
    // At its own size, unlike an upload, so that the answer fits over the photo.
    let photo = imaging::decode(&read(&args.photo)?, &ImageLimits::default())
        .map_err(|refusal| refused(&args.photo, &refusal))?;
    match imaging::isolate(&photo) {
        Isolation::CutOut(cutout) => {
            let name = args.out.file_name().and_then(|name| name.to_str());
            let name = name.ok_or_else(|| CommandError::Failed("--out: not a file name".to_owned()))?;
            let folder = args.out.parent().filter(|folder| !folder.as_os_str().is_empty());
            let (across, down) = photo.pixels.dimensions();
            LocalFiles::open_output(folder.unwrap_or(std::path::Path::new(".")))
                .map_err(CommandError::failed)?
                .write_private(name, &imaging::encode_png_rgba(&cutout.on_canvas(across, down)))
                .map_err(CommandError::failed)?;
            let [left, top, width, height] = cutout.source_box;
            let (method, confidence) = (cutout.method.name(), cutout.confidence);
            println!("{method}: {width}×{height} at {left},{top} of {across}×{down}, confidence {confidence:.2}");
            Ok(ExitCode::SUCCESS)
        }
        Isolation::Framed { reason } => {
            println!("framed: {reason}, confidence {:.2}", reason.confidence());
            Ok(ExitCode::from(EXIT_FRAMED))
        }
    }
}

/// The seed that follows from the seller's words and photos, where none was given.
pub(super) fn seed_of(description: &str, photos: &[BriefPhoto]) -> u64 {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(description.as_bytes());
    for photo in photos {
        hash.update(photo.sha256.as_bytes());
    }
    hash.finish().as_ref().iter().take(8).fold(0, |seed: u64, byte| (seed << 8) | u64::from(*byte))
}

pub(super) fn read(path: &std::path::Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path).map_err(|error| CommandError::Failed(format!("{}: {error}", path.display())))
}

/// A photo as an upload would be: scaled to the working size, stripped and named by its stored bytes.
pub(super) fn given(path: &std::path::Path) -> Result<BriefPhoto, CommandError> {
    let upload = normalised(path)?;
    let photo = Arc::new(imaging::decode(&upload, &ImageLimits::default()).map_err(|refusal| refused(path, &refusal))?);
    Ok(BriefPhoto { photo, sha256: sha256_hex(&upload) })
}

fn normalised(path: &std::path::Path) -> Result<Vec<u8>, CommandError> {
    let upload =
        imaging::normalise(&read(path)?, &ImageLimits::default()).map_err(|refusal| refused(path, &refusal))?;
    Ok(upload.bytes)
}

fn refused(path: &std::path::Path, refusal: &imaging::ImageRefusal) -> CommandError {
    CommandError::Failed(format!("{}: {refusal}", path.display()))
}
