//! Our orders against what a channel says it booked: the only check that sees money which never reached
//! us, or reached us and is told nowhere else.

mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use ::entity::{
    enums::{OrderStatus, RefundState},
    orders, payment_attempts, payment_refunds,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

pub use parse::{BillError, BillLine, parse};

use super::{ServiceError, doctor::Finding};
use crate::payments::{ChannelCode, money::yuan_of_fen};

/// Numbers looked up at once.
const BATCH: usize = 500;
/// A payment is credited a moment after it was made: one of the evening before may be ours of this morning.
const MIDNIGHT_MS: i64 = 3_600_000;

/// A channel's file.
#[derive(Clone, Debug)]
pub struct Bill {
    /// Whose.
    pub channel: ChannelCode,
    /// What it says.
    pub lines: Vec<BillLine>,
    /// The time that it covers, from and before, in milliseconds since the epoch. Without it nobody can
    /// say which of our orders must stand in it.
    pub period_ms: Option<(i64, i64)>,
}

/// What a comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Orders that stand in the file.
    pub orders: usize,
    /// Lines with numbers that are not of our making: another system's at the same merchant account.
    pub foreign_lines: usize,
    /// What does not agree.
    pub findings: Vec<Finding>,
}

/// What the file says of one order.
#[derive(Debug, Default)]
struct Booked<'a> {
    paid: Vec<&'a BillLine>,
    refunded_fen: i64,
}

/// Compares orders and refunds with a file.
///
/// # Errors
/// `Database`.
pub async fn compare(connection: &impl ConnectionTrait, bill: &Bill) -> Result<Compared, ServiceError> {
    let mut booked: BTreeMap<&str, Booked<'_>> = BTreeMap::new();
    let mut foreign_lines = 0;
    for line in &bill.lines {
        if !is_ours(&line.out_trade_no) {
            foreign_lines += 1;
            continue;
        }
        let order = booked.entry(&line.out_trade_no).or_default();
        if line.paid_fen > 0 {
            order.paid.push(line);
        }
        order.refunded_fen += line.refunded_fen;
    }
    let finding =
        |id: &str, says: &str| Finding { id: id.to_owned(), says: says.to_owned(), count: 0, examples: Vec::new() };
    let mut unknown = finding("bill-order-unknown", "every payment of ours in a channel's bill has its order");
    let mut not_credited = finding("bill-payment-credited", "what a channel booked as paid is credited");
    let mut amount = finding("bill-amount-agrees", "a channel booked the amount of the order");
    let mut refund = finding("bill-refunds-agree", "a channel gave back what our refunds say");
    let mut missing = finding("order-in-bill", "every paid order stands in its channel's bill");

    let numbers: Vec<&str> = booked.keys().copied().collect();
    for numbers in numbers.chunks(BATCH) {
        let known = orders_of(connection, bill.channel, numbers).await?;
        for number in numbers {
            let said = &booked[number];
            let Some((order, refunds)) = known.get(*number) else {
                note(&mut unknown, (*number).to_owned());
                continue;
            };
            let is_paid = matches!(order.status, OrderStatus::Paid | OrderStatus::Refunded);
            for line in &said.paid {
                // A second payment of one order is not credited but given back, and so it is known.
                let is_second = refunds.iter().any(|refund| refund.trade_no == line.trade_no)
                    && order.trade_no.as_deref() != Some(&line.trade_no);
                let is_this = line.trade_no.is_empty() || order.trade_no.as_deref() == Some(&line.trade_no);
                let is_credited = is_paid && is_this;
                if !is_second && !is_credited {
                    note(&mut not_credited, format!("{number}: ¥{} by {}", yuan_of_fen(line.paid_fen), line.trade_no));
                }
                if line.paid_fen != order.amount_fen {
                    let (theirs, ours) = (yuan_of_fen(line.paid_fen), yuan_of_fen(order.amount_fen));
                    note(&mut amount, format!("{number}: the bill says ¥{theirs}, the order ¥{ours}"));
                }
            }
            let back = refunds.iter().filter(|refund| refund.state == RefundState::Succeeded);
            let back: i64 = back.map(|refund| refund.amount_fen).sum();
            // A bill of one month has not the refunds of the next.
            if said.refunded_fen > back || (said.refunded_fen < back && bill.period_ms.is_none()) {
                let (theirs, ours) = (yuan_of_fen(said.refunded_fen), yuan_of_fen(back));
                note(&mut refund, format!("{number}: the bill says ¥{theirs}, our refunds ¥{ours}"));
            }
        }
    }
    if let Some((from_ms, before_ms)) = bill.period_ms {
        for (order, number) in paid_between(connection, bill.channel, from_ms + MIDNIGHT_MS, before_ms).await? {
            if booked.get(number.as_str()).is_none_or(|said| said.paid.is_empty()) {
                note(&mut missing, format!("{number}: order {}, ¥{}", order.id, yuan_of_fen(order.amount_fen)));
            }
        }
    }
    let findings = [unknown, not_credited, amount, refund, missing].into_iter().filter(|found| found.count > 0);
    Ok(Compared { orders: booked.len(), foreign_lines, findings: findings.collect() })
}

/// Whether a number is of our making (`services::orders::create`).
fn is_ours(number: &str) -> bool {
    let Some((id, chance)) = number.strip_prefix("hb").and_then(|rest| rest.split_once('t')) else { return false };
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) && chance.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The orders behind numbers of a channel, with their refunds.
async fn orders_of(
    connection: &impl ConnectionTrait,
    channel: ChannelCode,
    numbers: &[&str],
) -> Result<BTreeMap<String, (orders::Model, Vec<payment_refunds::Model>)>, ServiceError> {
    let attempts = payment_attempts::Entity::find()
        .filter(payment_attempts::Column::Channel.eq(channel.slug()))
        .filter(payment_attempts::Column::OutTradeNo.is_in(numbers.iter().copied()))
        .all(connection)
        .await?;
    let ids: Vec<i64> = attempts.iter().map(|attempt| attempt.order_id).collect();
    let found = orders::Entity::find().filter(orders::Column::Id.is_in(ids.iter().copied())).all(connection).await?;
    let orders: BTreeMap<i64, orders::Model> = found.into_iter().map(|order| (order.id, order)).collect();
    let mut refunds: BTreeMap<i64, Vec<payment_refunds::Model>> = BTreeMap::new();
    let found = payment_refunds::Entity::find().filter(payment_refunds::Column::OrderId.is_in(ids));
    for refund in found.all(connection).await? {
        refunds.entry(refund.order_id).or_default().push(refund);
    }
    let known = attempts.into_iter().filter_map(|attempt| {
        let order = orders.get(&attempt.order_id)?.clone();
        let refunds = refunds.get(&attempt.order_id).cloned().unwrap_or_default();
        Some((attempt.out_trade_no, (order, refunds)))
    });
    Ok(known.collect())
}

/// Paid orders of a channel and a time, with their numbers.
async fn paid_between(
    connection: &impl ConnectionTrait,
    channel: ChannelCode,
    from_ms: i64,
    before_ms: i64,
) -> Result<Vec<(orders::Model, String)>, ServiceError> {
    let paid = orders::Entity::find()
        .filter(orders::Column::Channel.eq(channel.slug()))
        .filter(orders::Column::PaidAtMs.gte(from_ms))
        .filter(orders::Column::PaidAtMs.lt(before_ms))
        .order_by_asc(orders::Column::Id)
        .all(connection)
        .await?;
    let mut numbered = Vec::with_capacity(paid.len());
    for orders in paid.chunks(BATCH) {
        let attempts = payment_attempts::Entity::find()
            .filter(payment_attempts::Column::OrderId.is_in(orders.iter().map(|order| order.id)))
            .all(connection)
            .await?;
        let mut numbers: BTreeMap<i64, String> =
            attempts.into_iter().map(|attempt| (attempt.order_id, attempt.out_trade_no)).collect();
        for order in orders {
            let number = numbers.remove(&order.id).unwrap_or_default();
            numbered.push((order.clone(), number));
        }
    }
    Ok(numbered)
}

fn note(finding: &mut Finding, example: String) {
    finding.count += 1;
    if finding.examples.len() < 5 {
        finding.examples.push(example);
    }
}
