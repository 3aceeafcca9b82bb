//! `haibao orders`: what operators do about money that came in.

use std::process::ExitCode;

use ::entity::enums::{OrderStatus, RefundState};
use clap::{Args, Subcommand, ValueEnum};

use super::CommandError;
use crate::{
    app::App,
    config::Settings,
    payments::money::{fen_of_yuan, yuan_of_fen},
    services::orders::{ListedOrder, OrderFilter, RefundOrder, RefundOrderOutcome},
};

#[derive(Debug, Args)]
pub(super) struct OrdersArgs {
    #[command(subcommand)]
    command: OrdersCommand,
}

/// How far an order is.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Status {
    Pending,
    Paid,
    Closed,
    Refunded,
}

#[derive(Debug, Subcommand)]
enum OrdersCommand {
    /// List orders, newest first
    #[command(after_help = "Example:\n  haibao orders list --status paid --email li@example.com")]
    List {
        /// Only this order
        #[arg(long)]
        order: Option<i64>,
        /// Only in this state
        #[arg(long)]
        status: Option<Status>,
        /// Only of the account with this address
        #[arg(long)]
        email: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u64,
        /// Print JSON, one order a line
        #[arg(long)]
        json: bool,
    },
    /// Give an order's money back through its channel and take its credits
    #[command(
        after_help = "Credits that are spent already are owed: what comes in later pays them first.\n\nExamples:\n  haibao orders refund 12 --reason \"ordered twice\"\n  haibao orders refund 12 --amount 2.50 --reason \"a part\""
    )]
    Refund {
        /// The order's number
        order: i64,
        /// How much, in yuan with at most one decimal; left out, all that is left
        #[arg(long, value_name = "YUAN")]
        amount: Option<String>,
        /// Why, for the payer and the books
        #[arg(long)]
        reason: String,
        /// A word of your own: the same one again is the same refund, however often it is sent
        #[arg(long)]
        key: Option<String>,
    },
    /// Ask the channels about unpaid orders and settle what was paid, as a call-back would
    #[command(after_help = "Examples:\n  haibao orders reconcile --order 12\n  haibao orders reconcile --days 7")]
    Reconcile {
        /// Only this order
        #[arg(long)]
        order: Option<i64>,
        /// Orders of so many days
        #[arg(long, default_value_t = 3)]
        days: u16,
    },
}

pub(super) async fn orders(settings: Settings, args: OrdersArgs) -> Result<ExitCode, CommandError> {
    let app = App::open(settings, false).await?;
    let orders = app.orders(app.settings.http.address)?.orders;
    match args.command {
        OrdersCommand::List { order, status, email, limit, json } => {
            let status = status.map(|status| match status {
                Status::Pending => OrderStatus::Pending,
                Status::Paid => OrderStatus::Paid,
                Status::Closed => OrderStatus::Closed,
                Status::Refunded => OrderStatus::Refunded,
            });
            let filter = OrderFilter { order_id: order, status, email, since_ms: None, limit };
            for listed in orders.list(&filter).await.map_err(CommandError::failed)? {
                print(&listed, json);
            }
            Ok(ExitCode::SUCCESS)
        }
        OrdersCommand::Refund { order, amount, reason, key } => {
            let amount_fen = amount.as_deref().map(fen_of_yuan).transpose();
            let amount_fen =
                amount_fen.map_err(|_| CommandError::Failed("--amount: an amount in yuan, such as 2.50".to_owned()))?;
            let wish = RefundOrder {
                order_id: order,
                amount_fen,
                reason: &reason,
                actor: "operator",
                idempotency_key: key.as_deref(),
            };
            let outcome = orders.refund(wish).await.map_err(CommandError::failed)?;
            refunded(order, outcome)
        }
        OrdersCommand::Reconcile { order, days } => {
            let since_ms = app.context.clock.now_ms() - i64::from(days) * 86_400_000;
            let since_ms = order.is_none().then_some(since_ms);
            let filter =
                OrderFilter { order_id: order, since_ms, limit: u64::from(u32::MAX), ..OrderFilter::default() };
            let done = orders.reconcile(&filter).await.map_err(CommandError::failed)?;
            println!("{} unpaid orders asked about, {} credited now", done.asked, done.credited);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn refunded(order: i64, outcome: RefundOrderOutcome) -> Result<ExitCode, CommandError> {
    let failed = |why: String| Err(CommandError::Failed(format!("order {order}: {why}")));
    match outcome {
        RefundOrderOutcome::Recorded(refund) => {
            let amount = yuan_of_fen(refund.amount_fen);
            match refund.state {
                RefundState::Succeeded => {
                    println!("order {order}: ¥{amount} given back, {} credits taken", refund.credits);
                }
                RefundState::Requested => {
                    println!("order {order}: ¥{amount} on its way; the server asks on until it is there");
                }
                RefundState::Failed => return failed("the channel refused; the credits were given back".to_owned()),
                RefundState::Unknown => return failed("its fate is unknown: look it up at the channel".to_owned()),
            }
            Ok(ExitCode::SUCCESS)
        }
        RefundOrderOutcome::NotPaid => failed("it was not paid".to_owned()),
        RefundOrderOutcome::OutOfRange { left_fen } => failed(format!("¥{} can be given back", yuan_of_fen(left_fen))),
        RefundOrderOutcome::NotWholeCredits => failed("a credit costs ¥0.10: give back whole credits".to_owned()),
        RefundOrderOutcome::ChannelUnavailable => failed("its channel is not configured".to_owned()),
    }
}

fn print(listed: &ListedOrder, as_json: bool) {
    let order = &listed.order;
    if as_json {
        println!("{}", listed.shown());
        return;
    }
    let status =
        serde_json::to_value(order.status).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    println!(
        "{} {} {} ¥{} {} credits {} {} {}",
        order.id,
        crate::clock::from_ms(order.created_at_ms),
        status,
        yuan_of_fen(order.amount_fen),
        order.amount,
        order.channel,
        listed.out_trade_no.as_deref().unwrap_or("-"),
        listed.email,
    );
    for refund in &listed.refunds {
        println!(
            "    refund {} ¥{} {:?} {:?}",
            refund.out_refund_no,
            yuan_of_fen(refund.amount_fen),
            refund.kind,
            refund.state
        );
    }
}
