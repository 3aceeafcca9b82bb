//! The command line: one binary, one verb a file.

mod credits;
mod doctor;
mod edit;
mod gallery;
mod orders;
mod payments;
mod providers;
mod render;
mod serve;
mod users;

use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{
    app::{App, StartError, init_crypto},
    config::{ConfigError, LogFormat, Settings, Sources},
    graphql,
};

/// Haibao (海报): one product photo in, a set of bilingual e-commerce posters out.
#[derive(Debug, Parser)]
#[command(
    name = "haibao",
    version,
    about,
    arg_required_else_help = true,
    after_help = "Examples:
  haibao serve
  haibao render --photo product.jpg --description \"手作粗陶马克杯，容量380 mL\" --out posters"
)]
struct Cli {
    /// Settings file (default: ./haibao.toml, when there is one)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Sets one key, as in --set http.address=127.0.0.1:9000; may be repeated
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web client, the API and the workers in one process
    #[command(after_help = "Example:\n  haibao serve --address 127.0.0.1:8080")]
    Serve(serve::ServeArgs),
    /// Run workers only, beside a server on the same PostgreSQL database
    #[command(after_help = "Example:\n  HAIBAO_DATABASE__URL=postgres://… haibao worker")]
    Worker,
    /// Bring the database's schema up to date and stop
    #[command(after_help = "Example:\n  haibao migrate")]
    Migrate,
    /// Print the GraphQL schema
    #[command(after_help = "Example:\n  haibao schema > schema.graphql")]
    Schema,
    /// Check money, work, events and files; exits 1 when something does not add up
    #[command(
        after_help = "Examples:\n  haibao doctor --json\n  haibao doctor --bill alipay=november.csv --bill-days 2026-11-01..2026-11-30\n  haibao doctor --providers\n  haibao doctor --payments"
    )]
    Doctor(doctor::DoctorArgs),
    /// Look after credits
    Credits(credits::CreditsArgs),
    /// Look after recharges: list, give back, ask the channels anew
    Orders(orders::OrdersArgs),
    /// Give people what is kept about them, or erase it
    Users(users::UsersArgs),
    /// Make posters without a server, into a folder
    #[command(
        after_help = "Example:\n  haibao render --photo mug.jpg --description \"手作粗陶马克杯，容量380 mL\" --out posters --dimensions 0,2 --visual MAGAZINE"
    )]
    Render(render::RenderArgs),
    /// Edit a rendered poster without a server; the next picture goes beside it
    #[command(
        after_help = "Prints the reason and ends with 1 when the edit cannot be done or changes nothing.\n\nExamples:\n  haibao edit --recipe posters/00-prime.json --photo mug.jpg --prompt '标题改为「山野咖啡」，背景换成大理石'\n  haibao edit --recipe posters/00-edit0.json --photo mug.jpg --prompt remove --mask mask.png --out posters\n  haibao edit --recipe posters/00-prime.json --photo mug.jpg --lines"
    )]
    Edit(edit::EditArgs),
    /// Cut a product out of its background
    #[command(
        after_help = "Prints the way it was cut out (alpha, plain-background or model), the box and the confidence, 0 to 1.\nA photo that cannot be cut out cleanly prints \"framed\", the reason and the confidence, writes no file and ends with 3;\na file that cannot be read ends with 1.\n\nExample:\n  haibao cutout --photo mug.jpg --out mug.png"
    )]
    Cutout(render::CutoutArgs),
    /// Show whole sets in every style side by side, one contact sheet a product and style
    #[command(
        after_help = "Examples:\n  haibao gallery --photo mug.jpg --description \"手作粗陶马克杯，容量380 mL\" --out sheets\n  haibao gallery --products products.json --only mug --visual TECH,CYBER --format SQUARE_1_1 --out sheets\n  haibao gallery --products products.json --only mug --visual MINIMAL --edit '背景换成大理石' --edit 'remove' --part text --out edits\n\nFiles are named PRODUCT.VISUAL[.TYPOGRAPHY][.LAYOUT][.FORMAT][.SEED][.editN].jpg; the posters stand in order, 01 to 05 above 06 to 10.\nWith --edit, below each row stands what the edit made of it; refusals are printed, their tiles are dark."
    )]
    Gallery(gallery::GalleryArgs),
    /// Print the settings in effect as TOML, secrets redacted
    #[command(after_help = "Example:\n  HAIBAO_HTTP__ADDRESS=0.0.0.0:80 haibao config")]
    Config(ConfigArgs),
}

#[derive(Debug, Args)]
struct ConfigArgs {
    /// Print the commented defaults instead: every key with its meaning
    #[arg(long)]
    defaults: bool,
}

/// A command that could not be carried out; its text is for the person at the console.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{0}")]
    Failed(String),
}

impl CommandError {
    fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Parses the command line, carries the command out and answers with its exit code: 0 done, 1 not
/// done (or the doctor found something), 2 the command line does not read.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    init_crypto();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("haibao: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(carry_out(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("haibao: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn carry_out(cli: Cli) -> Result<ExitCode, CommandError> {
    let mut sources = Sources::of_process(cli.config);
    for pair in &cli.overrides {
        let (key, value) =
            pair.split_once('=').ok_or_else(|| CommandError::Failed(format!("--set {pair}: expected KEY=VALUE")))?;
        sources = sources.with(key, value);
    }
    if let Command::Serve(args) = &cli.command {
        sources = args.apply(sources);
    }
    match cli.command {
        Command::Schema => print!("{}", graphql::sdl()),
        Command::Render(args) => return render::render(args).await,
        Command::Edit(args) => return edit::edit(args).await,
        Command::Gallery(args) => return gallery::gallery(args).await,
        Command::Cutout(args) => return render::cutout(&args),
        Command::Config(ConfigArgs { defaults: true }) => print!("{}", crate::config::DEFAULTS),
        Command::Config(ConfigArgs { defaults: false }) => print!("{}", Settings::load(&sources)?.to_redacted_toml()?),
        Command::Migrate => {
            App::open(load(&sources)?, true).await?;
            eprintln!("the schema is up to date");
        }
        Command::Doctor(args) => return doctor::doctor(load(&sources)?, &args).await,
        Command::Credits(args) => return credits::credits(load(&sources)?, args).await,
        Command::Orders(args) => return orders::orders(load(&sources)?, args).await,
        Command::Users(args) => return users::users(load(&sources)?, args).await,
        Command::Serve(_) => return serve::serve(load(&sources)?).await,
        Command::Worker => return serve::worker(load(&sources)?).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the settings and starts the log as they say.
fn load(sources: &Sources) -> Result<Settings, CommandError> {
    let settings = Settings::load(sources)?;
    let filter = tracing_subscriber::EnvFilter::try_new(&settings.observability.log)
        .map_err(|error| CommandError::Failed(format!("observability.log: {error}")))?;
    // Colours are for eyes: in a file or a journal they are noise.
    let colours = std::io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    match settings.observability.log_format {
        LogFormat::Json => subscriber.json().init(),
        LogFormat::Text => subscriber.init(),
    }
    Ok(settings)
}
