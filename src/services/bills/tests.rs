//! Each disagreement between our books and a channel's is seen, and agreement is silent.

use super::*;
use crate::services::{orders::tests::Till, testing::NOW_MS};

const DAY_MS: i64 = 86_400_000;

async fn compared(till: &Till, csv: &str, period_ms: Option<(i64, i64)>) -> Vec<String> {
    let bill = Bill { channel: ChannelCode::Epay, lines: parse(csv).unwrap(), period_ms };
    let snapshot = till.house.context.database.snapshot().await.unwrap();
    let compared = compare(&snapshot, &bill).await.unwrap();
    compared.findings.into_iter().map(|finding| finding.id).collect()
}

#[tokio::test]
async fn what_the_channel_booked_is_compared_with_every_order() {
    let till = Till::open().await;
    till.house.clock.advance_ms(2 * MIDNIGHT_MS);
    let (paid, first) = till.create("a", 10).await;
    till.pay(&first, "T1", 1000).await;
    let (_, second) = till.create("b", 5).await;
    till.pay(&second, "T2", 500).await;
    let (_, open) = till.create("c", 5).await;
    let header = "out_trade_no,trade_no,amount,refunded";
    let good = format!("{header}\n{first},T1,10.00,0\n{second},T2,5.00,0\nother-shop-7,X1,3.00,0\n");
    let today = Some((NOW_MS, NOW_MS + DAY_MS));
    assert_eq!(compared(&till, &good, today).await, Vec::<String>::new());
    assert_eq!(compared(&till, &good, None).await, Vec::<String>::new());

    for (csv, expected) in [
        (format!("{header}\n{first},T1,10.00,0\n{second},T2,5.01,0\n"), "bill-amount-agrees"),
        (format!("{header}\n{first},T1,10.00,0\n{second},T9,5.00,0\n"), "bill-payment-credited"),
        (format!("{good}{open},T3,5.00,0\n"), "bill-payment-credited"),
        (format!("{good}hb999tabc,T4,5.00,0\n"), "bill-order-unknown"),
        (format!("{good}{first},T1,0,2.00\n"), "bill-refunds-agree"),
        (format!("{header}\n{first},T1,10.00,0\n"), "order-in-bill"),
        (format!("{header}\n"), "order-in-bill"),
    ] {
        assert_eq!(compared(&till, &csv, today).await, [expected], "{csv}");
    }
    let tomorrow = Some((NOW_MS + DAY_MS, NOW_MS + 2 * DAY_MS));
    assert_eq!(compared(&till, header, tomorrow).await, Vec::<String>::new());

    till.refund(paid.id, Some(200)).await;
    assert_eq!(compared(&till, &good, None).await, ["bill-refunds-agree"], "our refund is not booked there");
    assert_eq!(compared(&till, &format!("{good}{first},T1,0,2.00\n"), None).await, Vec::<String>::new());

    // The first order is paid a second time: not credited, given back, and so agreed on.
    till.pay(&first, "T5", 1000).await;
    till.orders.work_refunds().await.unwrap();
    let twice = format!("{good}{first},T1,0,2.00\n{first},T5,10.00,10.00\n");
    assert_eq!(compared(&till, &twice, None).await, Vec::<String>::new());
}

#[test]
fn numbers_of_other_systems_are_told_apart() {
    assert!(is_ours("hb12t0a1b2c3d") && is_ours("hb1t"));
    for other in ["", "hb", "hbt1", "hb1", "order-7", "hb1t2-3", "hb1xt2", "202601010001"] {
        assert!(!is_ours(other), "{other}");
    }
}
