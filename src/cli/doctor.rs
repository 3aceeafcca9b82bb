//! `haibao doctor`.

use std::process::ExitCode;

use clap::Args;

use super::CommandError;
use crate::{app::App, config::Settings, services::doctor};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct DoctorArgs {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// Leave the stored files out: only the database's invariants
    #[arg(long)]
    without_files: bool,
    /// Ask every configured model something cheap instead, and say what is wrong with it
    #[arg(long)]
    providers: bool,
    /// Check the keys of every configured payment channel instead, and whether it can be reached
    #[arg(long)]
    payments: bool,
}

pub(super) async fn doctor(settings: Settings, args: &DoctorArgs) -> Result<ExitCode, CommandError> {
    if args.providers {
        return super::providers::examine(&settings, args.json).await;
    }
    if args.payments {
        return super::payments::examine(&settings, args.json).await;
    }
    let app = App::open(settings, false).await?;
    let findings = doctor::examine(&app.context, !args.without_files).await.map_err(CommandError::failed)?;
    if args.json {
        let report = serde_json::json!({ "healthy": findings.is_empty(), "findings": findings });
        println!("{report:#}");
    } else {
        for finding in &findings {
            println!("{}: {} case(s) break this rule: {}", finding.id, finding.count, finding.says);
            for example in &finding.examples {
                println!("    {example}");
            }
        }
        if findings.is_empty() {
            println!("everything adds up: money, work, events{}", if args.without_files { "" } else { ", files" });
        }
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
