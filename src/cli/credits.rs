//! `haibao credits grant`.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::CommandError;
use crate::{
    app::App,
    config::Settings,
    services::{
        accounts::{AdjustOutcome, GrantOutcome, adjust, grant},
        statement,
    },
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
    /// Correct a balance with a line of its own in the ledger and in the audit log; nothing is ever rewritten
    #[command(
        after_help = "Examples:\n  haibao credits adjust li@example.com 12 --note \"charged twice on 3 May\"\n  haibao credits adjust li@example.com -12 --note \"granted by mistake\""
    )]
    Adjust {
        /// The account's address
        email: String,
        /// Credits to add, or with a minus sign to take; the balance cannot go below zero
        #[arg(allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(-1_000_000..=1_000_000))]
        credits: i64,
        /// Why, for the ledger
        #[arg(long)]
        note: String,
    },
    /// Print an account's statement as CSV: every movement with the balance after it, oldest first
    #[command(after_help = "Example:\n  haibao credits statement li@example.com > li.csv")]
    Statement {
        /// The account's address
        email: String,
    },
}

pub(super) async fn credits(settings: Settings, args: CreditsArgs) -> Result<ExitCode, CommandError> {
    let app = App::open(settings, true).await?;
    let unknown = |email: &str| {
        Err(CommandError::Failed(format!("{email} has no account here; it is made at the first sign-in")))
    };
    let (email, credits, note) = match args.command {
        CreditsCommand::Grant { email, credits, note } => (email, credits, note),
        CreditsCommand::Adjust { email, credits, note } => {
            return match adjust(&app.context, &email, credits, note).await.map_err(CommandError::failed)? {
                AdjustOutcome::Adjusted(wallet) => {
                    println!("{email}: {} credits, {} frozen", wallet.credits, wallet.frozen);
                    Ok(ExitCode::SUCCESS)
                }
                AdjustOutcome::UnknownAccount => unknown(&email),
                AdjustOutcome::Impossible => Err(CommandError::Failed(format!(
                    "{email}: the balance would be below zero, or nothing would change"
                ))),
            };
        }
        CreditsCommand::Statement { email } => {
            let Some(user_id) = statement::account_id(&app.context, &email).await.map_err(CommandError::failed)? else {
                return unknown(&email);
            };
            let mut pages = statement::Pages::of(user_id);
            while let Some(page) = pages.next(&app.context).await.map_err(CommandError::failed)? {
                print!("{page}");
            }
            return Ok(ExitCode::SUCCESS);
        }
    };
    match grant(&app.context, &email, credits, note).await.map_err(CommandError::failed)? {
        GrantOutcome::Granted(wallet) => {
            println!("{email}: {} credits, {} frozen", wallet.credits, wallet.frozen);
            Ok(ExitCode::SUCCESS)
        }
        GrantOutcome::UnknownAccount => unknown(&email),
    }
}
