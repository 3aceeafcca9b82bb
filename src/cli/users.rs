//! `haibao users`.

use std::{path::PathBuf, process::ExitCode};

use bytes::Bytes;
use clap::{Args, Subcommand};

use super::CommandError;
use crate::{
    app::App,
    config::Settings,
    services::accounts::{AccountExport, EraseOutcome, erase_now, export},
    storage::LocalFiles,
};

#[derive(Debug, Args)]
pub(super) struct UsersArgs {
    #[command(subcommand)]
    command: UsersCommand,
}

#[derive(Debug, Subcommand)]
enum UsersCommand {
    /// Write everything that is kept about a person into a folder: account.json, pictures/, uploads/
    #[command(after_help = "Example:\n  haibao users export li@example.com --out li")]
    Export {
        /// The account's address
        email: String,
        /// The folder to write into
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Erase an account now: pictures, words, keys and the address; orders and the ledger stay, without a name
    #[command(after_help = "Example:\n  haibao users delete li@example.com --yes")]
    Delete {
        /// The account's address
        email: String,
        /// It cannot be undone: say that it is meant
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn users(settings: Settings, args: UsersArgs) -> Result<ExitCode, CommandError> {
    match args.command {
        UsersCommand::Export { email, out } => {
            let app = App::open(settings, true).await?;
            let found = export(&app.context, &email).await.map_err(CommandError::failed)?;
            let AccountExport { document, files } = found.ok_or_else(|| unknown(&email))?;
            let folder = LocalFiles::open_output(&out).map_err(CommandError::failed)?;
            let storage = folder.storage().map_err(CommandError::failed)?;
            let text = serde_json::to_vec_pretty(&document).map_err(CommandError::failed)?;
            storage.put("account.json", Bytes::from(text)).await.map_err(CommandError::failed)?;
            let mut written = 0;
            for (key, name) in files {
                match app.context.storage.get(&key).await {
                    Ok(bytes) => {
                        storage.put(&name, bytes).await.map_err(CommandError::failed)?;
                        written += 1;
                    }
                    Err(error) => eprintln!("{name}: {error}"),
                }
            }
            println!("{email}: account.json and {written} pictures in {}", out.display());
            Ok(ExitCode::SUCCESS)
        }
        UsersCommand::Delete { email, yes } => {
            if !yes {
                let message = format!("this erases {email} for good; say --yes if that is meant");
                return Err(CommandError::Failed(message));
            }
            let app = App::open(settings, true).await?;
            match erase_now(&app.context, &email).await.map_err(CommandError::failed)? {
                EraseOutcome::Erased => {
                    println!("{email} is erased; orders and the ledger stay, without a name");
                    Ok(ExitCode::SUCCESS)
                }
                EraseOutcome::Busy => {
                    let message = format!("{email} has a set or an edit under way; try again when it has ended");
                    Err(CommandError::Failed(message))
                }
                EraseOutcome::Unknown => Err(unknown(&email)),
            }
        }
    }
}

fn unknown(email: &str) -> CommandError {
    CommandError::Failed(format!("{email} has no account here"))
}
