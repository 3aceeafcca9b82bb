//! A day at the till without a single call-back, minute by minute.

use std::collections::BTreeMap as Map;

use super::{tests::Till, *};
use crate::{
    ids::{IdSource, SeededIds},
    ledger::audit,
    payments::{ChannelError, PaidEvent, PaymentState},
};

/// The pause between two rounds in `app`, in milliseconds.
const ROUND_MS: i64 = 10_000;

#[tokio::test]
async fn with_every_call_back_lost_all_is_credited_in_a_minute_and_closed_in_two() {
    let till = Till::open().await;
    let chance = SeededIds::new(4);
    // When somebody pays, by number; the rest never does.
    let (mut pays_at, mut made, mut numbers) = (Map::new(), Map::new(), Vec::new());
    let (mut credited, mut closed) = (Map::new(), Map::new());
    for round in 0..420 {
        let now_ms = till.house.context.clock.now_ms();
        if round < 60 {
            let (order, number) = till.create(&format!("k{round}"), 1).await;
            if round % 3 > 0 {
                pays_at.insert(number.clone(), now_ms + i64::from(chance.below(1_790_000)));
            }
            // The channel is out of reach now and then, and says so.
            till.scripted.will_say(&number, Err(ChannelError::Unavailable));
            made.insert(order.id, number.clone());
            numbers.push(number);
        }
        for (place, number) in numbers.iter().enumerate() {
            let is_out_of_reach = (round + place) % 11 == 0;
            let answer = match pays_at.get(number) {
                _ if is_out_of_reach => Err(ChannelError::Unavailable),
                Some(at_ms) if *at_ms <= now_ms => {
                    let trade_no = format!("T-{number}");
                    Ok(PaymentState::Paid(PaidEvent { out_trade_no: number.clone(), trade_no, amount_fen: 100 }))
                }
                _ => Ok(PaymentState::Open),
            };
            till.scripted.will_say(number, answer);
        }
        till.orders.poll().await.unwrap();
        till.orders.expire().await.unwrap();
        for (id, number) in &made {
            match till.order(*id).await.status {
                OrderStatus::Paid => {
                    credited.entry(number.clone()).or_insert(now_ms);
                }
                OrderStatus::Closed if till.scripted.closed().contains(number) => {
                    closed.entry(*id).or_insert(now_ms);
                }
                _ => {}
            }
        }
        till.house.clock.advance_ms(ROUND_MS);
    }
    assert_eq!((credited.len(), closed.len()), (40, 20), "everything has come to its end");
    let latest = credited.iter().map(|(number, at_ms)| at_ms - pays_at[number]).max().unwrap();
    // A question that found the channel out of reach costs one more pause.
    assert!(latest <= 60_000 + 45_000, "credited {latest} ms after the payment");
    let in_time = credited.iter().filter(|(number, at_ms)| *at_ms - pays_at[*number] <= 60_000).count();
    assert!(in_time >= 36, "{in_time} of 40 within a minute, though every eleventh question is lost");
    for (id, at_ms) in closed {
        let late_ms = at_ms - till.order(id).await.expires_at_ms.unwrap();
        assert!((0..=120_000).contains(&late_ms), "closed {late_ms} ms after its end");
    }
    assert_eq!(till.credits().await, 40 * 10);
    assert!(till.verdicts().await.iter().all(|verdict| verdict == "credited"));
    assert!(audit::broken(till.house.context.database.read()).await.unwrap().is_empty());
}

#[tokio::test]
async fn refunds_race_with_spending_and_nothing_is_ever_below_zero() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    till.pay(&number, "T1", 1000).await;
    let spending = futures_util::future::join_all((0..60).map(|step| till.try_spend(3, step)));
    let refunding = futures_util::future::join_all((0..10).map(|_| till.refund(order.id, Some(70))));
    let telling = futures_util::future::join_all((0..20).map(|_| till.pay(&number, "T1", 1000)));
    let (spent, refunded, told) = tokio::join!(spending, refunding, telling);
    let spent: i64 = spent.into_iter().filter(|is_spent| *is_spent).count() as i64 * 3;
    assert!(refunded.iter().all(|outcome| matches!(outcome, RefundOrderOutcome::Recorded(_))));
    assert!(told.into_iter().all(|is_settled| is_settled), "an old call-back stays a duplicate");
    // Ten refunds of seven credits each: what was not there is owed, to the credit.
    assert_eq!(till.credits().await - till.owed().await, 100 - spent - 70);
    assert!(till.credits().await >= 0 && till.owed().await >= 0);
    assert_eq!(till.scripted.refunds().len(), 10, "the channel is asked once for each");
    assert!(audit::broken(till.house.context.database.read()).await.unwrap().is_empty());
}
