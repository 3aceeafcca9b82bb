//! `haibao credits grant`.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::CommandError;
use crate::{
    app::App,
    config::Settings,
    services::accounts::{GrantOutcome, grant},
};

#[derive(Debug, Args)]
pub(super) struct CreditsArgs {
    #[command(subcommand)]
    command: CreditsCommand,
}

#[derive(Debug, Subcommand)]
enum CreditsCommand {
    /// Give credits to an account, written into the ledger and the audit log
    #[command(after_help = "Example:\n  haibao credits grant li@example.com 100 --note \"sorry for the outage\"")]
    Grant {
        /// The account's address; it must have signed in once
        email: String,
        /// Credits, at least 1
        #[arg(value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
        credits: i64,
        /// Why, for the ledger
        #[arg(long)]
        note: Option<String>,
    },
}

pub(super) async fn credits(settings: Settings, args: CreditsArgs) -> Result<ExitCode, CommandError> {
    let CreditsCommand::Grant { email, credits, note } = args.command;
    let app = App::open(settings, true).await?;
    match grant(&app.context, &email, credits, note).await.map_err(CommandError::failed)? {
        GrantOutcome::Granted(wallet) => {
            println!("{email}: {} credits, {} frozen", wallet.credits, wallet.frozen);
            Ok(ExitCode::SUCCESS)
        }
        GrantOutcome::UnknownAccount => {
            Err(CommandError::Failed(format!("{email} has no account here; it is made at the first sign-in")))
        }
    }
}
