//! `haibao edit`: the next picture of a rendered poster, without a server.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use bytes::Bytes;
use clap::Args;

use super::{
    CommandError,
    render::{given, read, seed_of},
};
use crate::{
    app,
    domain::{Dimension, Locale, RevisionName},
    imaging::{self, EditMask, ImageLimits},
    storage::LocalFiles,
    studio::{Commission, EditBase, EditOrder, EditPatch, Recipe, Studio, StudioError, notes_of, report},
};

#[derive(Debug, Args)]
pub(super) struct EditArgs {
    /// Recipe of the picture to start from, its other files beside it (`00-prime.json`)
    #[arg(long, value_name = "FILE")]
    recipe: PathBuf,
    /// The product photos that the poster was made with, in the same order
    #[arg(long, required = true, value_name = "FILE")]
    photo: Vec<PathBuf>,
    /// What is to change, in Chinese or in English
    #[arg(long, required_unless_present = "lines")]
    prompt: Option<String>,
    /// Where the brush went: a picture of the poster's size, white on what may change
    #[arg(long, value_name = "FILE")]
    mask: Option<PathBuf>,
    /// A picture to take something from
    #[arg(long, value_name = "FILE")]
    reference: Option<PathBuf>,
    /// Print the poster's lines of words with their ids and stop
    #[arg(long)]
    lines: bool,
    /// Folder for the edit's files (default: where the recipe is)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) async fn edit(args: EditArgs) -> Result<ExitCode, CommandError> {
    let json: serde_json::Value = serde_json::from_slice(&read(&args.recipe)?).map_err(CommandError::failed)?;
    if args.lines {
        for line in Studio::copy_of(&json) {
            println!("{}\t{}\t{}\t{}", line.id, line.role.code(), line.chars_max, line.text);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let photos = args.photo.iter().map(|path| given(path)).collect::<Result<Vec<_>, _>>()?;
    let recipe = Recipe::parse(json.to_string().as_bytes()).map_err(CommandError::failed)?;
    let studio = app::studio();
    let plan = studio.plan_again(&recipe, &photos).await.map_err(CommandError::failed)?;
    let base = base(&args.recipe, json)?;
    let prompt = args.prompt.unwrap_or_default();
    for warning in report::advertising_warnings(&prompt) {
        eprintln!("advertising law: `{}` may not be used", warning.word);
    }
    let mask = match &args.mask {
        Some(path) => {
            let mask = EditMask::from_upload(&read(path)?, base.pixels.dimensions(), &ImageLimits::default());
            let mask = mask.map_err(|refusal| CommandError::Failed(refusal.message().en))?;
            Some(Arc::new(mask.pixels().clone()))
        }
        None => None,
    };
    let reference = args.reference.as_deref().map(given).transpose()?.map(|given| given.photo);
    let order = EditOrder { seed: seed_of(&prompt, &photos), prompt, mask, reference };
    let started = Instant::now();
    let edited = studio.edit(Some(&plan), &base, &order, &Commission::default(), &|_stage| {}).await;
    let folder = args.out.clone().or_else(|| args.recipe.parent().map(Path::to_path_buf)).unwrap_or_default();
    let name = next_name(&folder, base.dimension, base.name);
    let edited = match edited {
        Ok(edited) => edited.named(name),
        Err(StudioError::UnsupportedEdit(refusal)) => {
            eprintln!("{}", refusal.message(Locale::Zh));
            return Err(CommandError::Failed(refusal.message(Locale::En)));
        }
        Err(error) => return Err(CommandError::failed(error)),
    };
    let storage = LocalFiles::open_output(&folder)
        .and_then(|files| files.storage())
        .map_err(|error| CommandError::Failed(format!("--out {}: {error}", folder.display())))?;
    let stem = name.file_stem(base.dimension);
    let notes = notes_of(&edited.recipe);
    let files = [
        ("json", Some(edited.recipe.to_string().into_bytes())),
        ("png", Some(edited.master_png)),
        ("plate.jpg", edited.plate_jpeg),
        ("patch.png", edited.patch_png),
        ("jpg", Some(edited.jpeg)),
    ];
    for (kind, bytes) in files.into_iter().filter_map(|(kind, bytes)| Some((kind, bytes?))) {
        storage.put(&format!("{stem}.{kind}"), Bytes::from(bytes)).await.map_err(CommandError::failed)?;
    }
    for note in notes {
        eprintln!("{stem}: {}", note.message(Locale::En));
    }
    println!("{stem}.jpg  {}×{}  {} ms", edited.width, edited.height, started.elapsed().as_millis());
    Ok(ExitCode::SUCCESS)
}

/// The picture of a recipe with the files beside it.
fn base(recipe: &Path, json: serde_json::Value) -> Result<EditBase, CommandError> {
    let stem = recipe.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let (dimension, name) = RevisionName::parse_file_stem(stem).ok_or_else(|| {
        CommandError::Failed(format!("--recipe {}: expected NN-prime.json or NN-editN.json", recipe.display()))
    })?;
    let beside = |name: &str, kind: &str| recipe.with_file_name(format!("{:02}-{name}.{kind}", dimension.index()));
    let picture = |path: &Path| -> Result<_, CommandError> {
        let decoded = imaging::decode(&read(path)?, &ImageLimits::default());
        Ok(Arc::new(decoded.map_err(|refusal| CommandError::Failed(format!("{}: {refusal}", path.display())))?.pixels))
    };
    let own = name.to_string();
    let master = beside(&own, "png");
    let pixels = picture(&if master.exists() { master } else { beside(&own, "jpg") })?;
    let plate = beside(&own, "plate.jpg");
    let plate = if plate.exists() { Some(Bytes::from(read(&plate)?)) } else { None };
    let patches = Recipe::parse(json.to_string().as_bytes()).map_err(CommandError::failed)?.patches;
    let patches = patches.into_iter().map(|place| {
        let pixels = picture(&beside(&place.name, "patch.png"))?;
        Ok(EditPatch { place, pixels })
    });
    let patches = patches.collect::<Result<Vec<_>, CommandError>>()?;
    Ok(EditBase { dimension, name, pixels, recipe: Some(Arc::new(json)), plate, patches })
}

/// The first number that no file of the folder has.
fn next_name(folder: &Path, dimension: Dimension, base: RevisionName) -> RevisionName {
    let first = match base {
        RevisionName::Prime => 0,
        RevisionName::Edit(number) => number + 1,
    };
    let is_free = |number: &u32| !folder.join(RevisionName::Edit(*number).file_name(dimension)).exists();
    RevisionName::Edit((first..first + 10_000).find(is_free).unwrap_or(first))
}
