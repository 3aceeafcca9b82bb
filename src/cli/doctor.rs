//! `haibao doctor`.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::Args;
use jiff::{civil::Date, tz::TimeZone};
use serde_json::json;

use super::CommandError;
use crate::{
    app::App,
    config::Settings,
    payments::ChannelCode,
    services::{
        audit_log,
        bills::{self, Bill},
        doctor,
    },
};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct DoctorArgs {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// Leave the stored files out: only the database's invariants
    #[arg(long)]
    without_files: bool,
    /// Compare orders with a channel's file of payments (CSV in UTF-8); may be repeated
    #[arg(long, value_name = "CHANNEL=FILE", value_parser = bill_file)]
    bill: Vec<(ChannelCode, PathBuf)>,
    /// The days that those files cover, in the service's time zone: then paid orders that are missing there are found too
    #[arg(long, value_name = "FROM..TO", value_parser = days, requires = "bill")]
    bill_days: Option<(Date, Date)>,
    /// Ask every configured model something cheap instead, and say what is wrong with it
    #[arg(long)]
    providers: bool,
    /// Check the keys of every configured payment channel instead, and whether it can be reached
    #[arg(long)]
    payments: bool,
}

fn bill_file(text: &str) -> Result<(ChannelCode, PathBuf), String> {
    let (channel, file) = text.split_once('=').ok_or("expected CHANNEL=FILE, as in alipay=november.csv")?;
    let code = ChannelCode::from_slug(channel).filter(|code| code.vendor() == *code);
    Ok((code.ok_or("channels are alipay, wechat_pay, stripe, epay and sandbox")?, file.into()))
}

fn days(text: &str) -> Result<(Date, Date), String> {
    let expected = "expected two days, as in 2026-11-01..2026-11-30";
    let (from, to) = text.split_once("..").ok_or(expected)?;
    let (from, to): (Date, Date) = (from.parse().map_err(|_| expected)?, to.parse().map_err(|_| expected)?);
    if from <= to { Ok((from, to)) } else { Err("the last day comes before the first".to_owned()) }
}

/// From the first day's beginning to the end of the last.
fn period_ms((from, to): (Date, Date), zone: &TimeZone) -> Result<(i64, i64), CommandError> {
    let begins = |day: Date| Ok::<_, jiff::Error>(day.to_zoned(zone.clone())?.timestamp().as_millisecond());
    let next = to.tomorrow().map_err(CommandError::failed)?;
    Ok((begins(from).map_err(CommandError::failed)?, begins(next).map_err(CommandError::failed)?))
}

pub(super) async fn doctor(settings: Settings, args: &DoctorArgs) -> Result<ExitCode, CommandError> {
    if args.providers {
        return super::providers::examine(&settings, args.json).await;
    }
    if args.payments {
        return super::payments::examine(&settings, args.json).await;
    }
    let mut read = Vec::new();
    for (channel, file) in &args.bill {
        let cannot = |why: String| CommandError::Failed(format!("{}: {why}", file.display()));
        let bytes = fs::read(file).map_err(|error| cannot(error.to_string()))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| cannot("not UTF-8; Alipay's files become it by: iconv -f GB18030 -t UTF-8".to_owned()))?;
        read.push((*channel, bills::parse(&text).map_err(|error| cannot(error.to_string()))?));
    }
    let app = App::open(settings, false).await?;
    let mut findings = doctor::examine(&app.context, !args.without_files).await.map_err(CommandError::failed)?;
    let snapshot = app.context.database.snapshot().await.map_err(CommandError::failed)?;
    let log = audit_log::verify(&snapshot).await.map_err(CommandError::failed)?;
    findings.extend(doctor::of_audit_log(&log));
    let period = args.bill_days.map(|days| period_ms(days, &app.context.time_zone)).transpose()?;
    let mut seen = Vec::new();
    for (channel, lines) in read {
        let bill = Bill { channel, lines, period_ms: period };
        let compared = bills::compare(&snapshot, &bill).await.map_err(CommandError::failed)?;
        seen.push((channel.slug(), compared.orders, compared.foreign_lines));
        findings.extend(compared.findings);
    }
    if args.json {
        let bills = seen.iter().map(|(channel, orders, foreign)| {
            json!({ "channel": channel, "orders": orders, "foreignLines": foreign, "missingOrdersLookedFor": period.is_some() })
        });
        let report = json!({
            "healthy": findings.is_empty(), "findings": findings, "bills": bills.collect::<Vec<_>>(),
            "auditLog": { "lines": log.lines, "head": log.head },
        });
        println!("{report:#}");
    } else {
        for finding in &findings {
            println!("{}: {} case(s) break this rule: {}", finding.id, finding.count, finding.says);
            for example in &finding.examples {
                println!("    {example}");
            }
        }
        for (channel, orders, foreign) in &seen {
            println!("{channel}: {orders} orders of the bill compared, {foreign} lines of other systems passed over");
        }
        if !seen.is_empty() && period.is_none() {
            println!("without --bill-days nobody can say which orders are missing in a bill");
        }
        if log.lines > 0 {
            println!("audit log: {} lines, the newest is {}", log.lines, log.head);
        }
        if findings.is_empty() {
            println!("everything adds up: money, work, events{}", if args.without_files { "" } else { ", files" });
        }
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
