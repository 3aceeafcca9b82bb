//! Money that is asked about, comes late, comes twice and goes back.

use ::entity::{
    debts,
    enums::{DebtState, RefundKind, RefundState as Stored},
    payment_refunds,
};

use super::{tests::Till, *};
use crate::{
    ledger::{self, audit},
    payments::{ChannelError, PaidEvent, PaymentState, RefundState},
};

impl Till {
    async fn refunds(&self) -> Vec<payment_refunds::Model> {
        let rows = payment_refunds::Entity::find().order_by_asc(payment_refunds::Column::Id);
        rows.all(self.house.context.database.read()).await.unwrap()
    }

    pub(in crate::services) async fn refund(&self, order_id: i64, amount_fen: Option<i64>) -> RefundOrderOutcome {
        self.refund_under(None, order_id, amount_fen).await.unwrap()
    }

    async fn refund_under(
        &self,
        idempotency_key: Option<&str>,
        order_id: i64,
        amount_fen: Option<i64>,
    ) -> Result<RefundOrderOutcome, ServiceError> {
        let wish = RefundOrder { order_id, amount_fen, reason: "a test", actor: "operator", idempotency_key };
        self.orders.refund(wish).await
    }

    pub(super) async fn owed(&self) -> i64 {
        ledger::debts::owed(self.house.context.database.read(), self.me.user_id).await.unwrap()
    }

    async fn assert_sound(&self) {
        let broken = audit::broken(self.house.context.database.read()).await.unwrap();
        assert!(broken.is_empty(), "{broken:?}");
    }

    /// Spends credits the way an operator's correction would.
    async fn spend(&self, credits: i64, key: &str) {
        let txn = self.house.context.database.write().await.unwrap();
        let note = "spent".to_owned();
        ledger::adjust_in_txn(&txn, self.me.user_id, -credits, key.to_owned(), note, 0).await.unwrap();
        txn.commit().await.unwrap();
    }

    /// Spends credits if they are there.
    pub(super) async fn try_spend(&self, credits: i64, step: usize) -> bool {
        let txn = self.house.context.database.write().await.unwrap();
        let (key, note) = (format!("try:{step}"), "spent".to_owned());
        match ledger::adjust_in_txn(&txn, self.me.user_id, -credits, key, note, 0).await {
            Ok(_) => txn.commit().await.is_ok(),
            Err(_) => false,
        }
    }

    fn paid(number: &str, trade_no: &str, amount_fen: i64) -> PaidEvent {
        PaidEvent { out_trade_no: number.to_owned(), trade_no: trade_no.to_owned(), amount_fen }
    }
}

fn recorded(outcome: RefundOrderOutcome) -> payment_refunds::Model {
    let RefundOrderOutcome::Recorded(refund) = outcome else { panic!("{outcome:?}") };
    *refund
}

#[tokio::test]
async fn without_any_call_back_a_payment_is_found_within_a_minute() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    let mut moments = Vec::new();
    for second in 0..1_800 {
        if till.orders.poll().await.unwrap().asked > 0 {
            moments.push(second);
        }
        till.house.clock.advance_ms(1_000);
    }
    assert!(moments.windows(2).all(|pair| pair[1] - pair[0] <= 50), "{moments:?}");
    assert_eq!(moments[..4], [15, 30, 60, 105]);
    till.scripted.will_say(&number, Ok(PaymentState::Paid(Till::paid(&number, "T1", 1000))));
    till.house.clock.advance_ms(60_000);
    assert_eq!(till.orders.poll().await.unwrap(), PollRound { asked: 1, settled: 1 });
    assert_eq!((till.credits().await, till.order(order.id).await.status), (100, OrderStatus::Paid));
    till.house.clock.advance_ms(86_400_000);
    assert_eq!(till.orders.poll().await.unwrap(), PollRound::default(), "what is paid is not asked about");
    till.assert_sound().await;
}

#[tokio::test]
async fn call_backs_and_questions_in_any_order_credit_once() {
    let till = Till::open().await;
    let (_, number) = till.create("k", 10).await;
    till.scripted.will_say(&number, Ok(PaymentState::Paid(Till::paid(&number, "T1", 1000))));
    till.house.clock.advance_ms(20_000);
    let told = futures_util::future::join_all((0..50).map(|_| till.pay(&number, "T1", 1000)));
    let asked = futures_util::future::join_all((0..20).map(|_| till.orders.poll()));
    let filter = OrderFilter { limit: 10, ..OrderFilter::default() };
    let reconciled = futures_util::future::join_all((0..5).map(|_| till.orders.reconcile(&filter)));
    let (told, asked, reconciled) = tokio::join!(told, asked, reconciled);
    assert!(told.into_iter().all(|is_settled| is_settled));
    assert!(asked.iter().all(Result::is_ok) && reconciled.iter().all(Result::is_ok));
    assert_eq!(till.credits().await, 100);
    assert_eq!(till.verdicts().await.iter().filter(|verdict| *verdict == "credited").count(), 1);
    till.assert_sound().await;
}

#[tokio::test]
async fn what_is_unknown_at_the_channel_is_watched_for_three_days() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    till.house.clock.advance_ms(1_800_001);
    assert_eq!(till.orders.expire().await.unwrap(), 1);
    let mut asked = 0;
    for _ in 0..(4 * 24) {
        asked += till.orders.poll().await.unwrap().asked;
        till.house.clock.advance_ms(3_600_000);
    }
    assert!((5..12).contains(&asked), "{asked}");
    assert_eq!(till.orders.poll().await.unwrap().asked, 0, "after that nobody asks");
    assert_eq!(till.order(order.id).await.status, OrderStatus::Closed);
    till.scripted.will_say(&number, Ok(PaymentState::Paid(Till::paid(&number, "T1", 1000))));
    let filter = OrderFilter { order_id: Some(order.id), limit: 1, ..OrderFilter::default() };
    assert_eq!(till.orders.reconcile(&filter).await.unwrap(), Reconciled { asked: 1, credited: 1 });
    assert_eq!(till.credits().await, 100, "money that came late is credited");
}

#[tokio::test]
async fn a_payment_at_the_moment_of_closing_counts() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    till.scripted.pays_at_close(Till::paid(&number, "T1", 1000));
    till.house.clock.advance_ms(1_800_001);
    till.orders.expire().await.unwrap();
    assert_eq!((till.order(order.id).await.status, till.credits().await), (OrderStatus::Paid, 100));
    till.assert_sound().await;
}

#[tokio::test]
async fn a_channel_that_must_be_asked_is_not_believed_alone() {
    let till = Till::open().await;
    till.scripted.must_be_asked();
    let (_, number) = till.create("k", 10).await;
    assert!(!till.pay(&number, "T1", 1000).await, "the channel says: open");
    till.scripted.will_say(&number, Err(ChannelError::Unavailable));
    assert!(!till.pay(&number, "T1", 1000).await, "the channel says nothing");
    till.scripted.will_say(&number, Ok(PaymentState::Paid(Till::paid(&number, "T1", 1000))));
    assert!(!till.pay(&number, "T9", 1000).await, "the channel says another number");
    assert_eq!(till.credits().await, 0);
    assert!(till.pay(&number, "T1", 1000).await);
    assert_eq!(till.credits().await, 100);
    let asked = till.scripted.queries().len();
    assert!(!till.pay("hb9t9999999999", "T1", 1000).await);
    assert_eq!(till.scripted.queries().len(), asked, "forgeries are not passed on");
}

#[tokio::test]
async fn a_second_payment_goes_back_and_moves_no_credits() {
    let till = Till::open().await;
    let (_, number) = till.create("k", 10).await;
    assert!(till.pay(&number, "T1", 1000).await);
    for _ in 0..10 {
        assert!(till.pay(&number, "T2", 1000).await);
    }
    for _ in 0..3 {
        till.orders.work_refunds().await.unwrap();
    }
    let [refund] = &till.refunds().await[..] else { panic!("one refund") };
    assert_eq!((refund.kind, refund.state, refund.credits), (RefundKind::Overpaid, Stored::Succeeded, 0));
    let [asked] = &till.scripted.refunds()[..] else { panic!("asked once") };
    assert_eq!((asked.trade_no.as_str(), asked.amount_fen), ("T2", 1000));
    assert_eq!(till.credits().await, 100);
    till.assert_sound().await;
}

#[tokio::test]
async fn money_goes_back_in_parts_and_never_more_than_came() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    assert_eq!(till.refund(order.id, None).await, RefundOrderOutcome::NotPaid);
    till.pay(&number, "T1", 1000).await;
    assert_eq!(till.refund(order.id, Some(15)).await, RefundOrderOutcome::NotWholeCredits);
    assert_eq!(till.refund(order.id, Some(1010)).await, RefundOrderOutcome::OutOfRange { left_fen: 1000 });
    assert_eq!(recorded(till.refund(order.id, Some(300)).await).state, Stored::Succeeded);
    assert_eq!((till.credits().await, till.order(order.id).await.status), (70, OrderStatus::Paid));
    assert_eq!(recorded(till.refund(order.id, None).await).amount_fen, 700);
    assert_eq!((till.credits().await, till.order(order.id).await.status), (0, OrderStatus::Refunded));
    assert_eq!(till.refund(order.id, None).await, RefundOrderOutcome::OutOfRange { left_fen: 0 });
    let numbers: Vec<String> = till.scripted.refunds().into_iter().map(|refund| refund.out_refund_no).collect();
    assert_eq!(numbers, [format!("{number}r1"), format!("{number}r2")]);
    assert!(till.pay(&number, "T1", 1000).await, "an old call-back is still a duplicate");
    assert_eq!(till.credits().await, 0);
    till.assert_sound().await;
}

#[tokio::test]
async fn an_order_is_refunded_once_however_many_ask() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    till.pay(&number, "T1", 1000).await;
    let outcomes = futures_util::future::join_all((0..20).map(|_| till.refund(order.id, None))).await;
    assert_eq!(outcomes.iter().filter(|o| matches!(o, RefundOrderOutcome::Recorded(_))).count(), 1);
    assert_eq!((till.scripted.refunds().len(), till.credits().await), (1, 0));
}

#[tokio::test]
async fn the_same_key_is_the_same_refund() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    till.pay(&number, "T1", 1000).await;
    let asked =
        futures_util::future::join_all((0..100).map(|_| till.refund_under(Some("key"), order.id, Some(300)))).await;
    let ids: Vec<i64> = asked.into_iter().map(|outcome| recorded(outcome.unwrap()).id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!((till.scripted.refunds().len(), till.credits().await), (1, 70));
    for amount_fen in [Some(310), None] {
        let other = till.refund_under(Some("key"), order.id, amount_fen).await;
        assert!(matches!(other, Err(ServiceError::IdempotencyConflict)));
    }
    assert_eq!(recorded(till.refund_under(Some("other"), order.id, None).await.unwrap()).amount_fen, 700);
    assert_eq!(till.credits().await, 0);
    till.assert_sound().await;
}

#[tokio::test]
async fn spent_credits_are_owed_and_paid_by_what_comes_next() {
    let till = Till::open().await;
    let (order, number) = till.create("a", 10).await;
    till.pay(&number, "T1", 1000).await;
    till.spend(70, "spent").await;
    recorded(till.refund(order.id, None).await);
    assert_eq!((till.credits().await, till.owed().await), (0, 70));
    till.assert_sound().await;
    let (_, number) = till.create("b", 5).await;
    till.pay(&number, "T2", 500).await;
    assert_eq!((till.credits().await, till.owed().await), (0, 20));
    let txn = till.house.context.database.write().await.unwrap();
    ledger::grant_in_txn(&txn, till.me.user_id, 30, "gift".to_owned(), None, 0).await.unwrap();
    txn.commit().await.unwrap();
    till.orders.poll().await.unwrap();
    assert_eq!((till.credits().await, till.owed().await), (10, 0));
    till.assert_sound().await;
}

#[tokio::test]
async fn a_refused_refund_gives_the_credits_back() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    till.pay(&number, "T1", 1000).await;
    till.spend(70, "spent").await;
    till.scripted.will_refund(Err(ChannelError::Refused));
    assert_eq!(recorded(till.refund(order.id, None).await).state, Stored::Failed);
    assert_eq!((till.credits().await, till.owed().await), (30, 0));
    assert_eq!(till.order(order.id).await.status, OrderStatus::Paid);
    let debt = debts::Entity::find().one(till.house.context.database.read()).await.unwrap().unwrap();
    assert_eq!(debt.state, DebtState::Cancelled);
    assert_eq!(recorded(till.refund(order.id, None).await).state, Stored::Succeeded, "it can be tried again");
    till.assert_sound().await;
}

#[tokio::test]
async fn a_refund_without_answer_is_asked_for_again_under_its_number() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    till.pay(&number, "T1", 1000).await;
    till.scripted.will_refund(Err(ChannelError::Unavailable));
    till.scripted.will_refund(Ok(RefundState::Pending));
    assert_eq!(recorded(till.refund(order.id, None).await).state, Stored::Requested);
    assert_eq!(till.credits().await, 0, "nobody can spend them meanwhile");
    assert_eq!(till.orders.work_refunds().await.unwrap(), 0, "not yet");
    for _ in 0..2 {
        till.house.clock.advance_ms(600_000);
        assert_eq!(till.orders.work_refunds().await.unwrap(), 1);
    }
    let asked = till.scripted.refunds();
    assert!(asked.len() == 3 && asked.iter().all(|refund| refund == &asked[0]));
    assert_eq!(till.order(order.id).await.status, OrderStatus::Refunded);
}

#[tokio::test]
async fn where_asking_twice_could_pay_twice_people_must_look() {
    let till = Till::open().await;
    till.scripted.refunds_once();
    let (order, number) = till.create("k", 10).await;
    till.pay(&number, "T1", 1000).await;
    till.scripted.will_refund(Err(ChannelError::Unavailable));
    recorded(till.refund(order.id, None).await);
    till.house.clock.advance_ms(600_000);
    for _ in 0..3 {
        assert_eq!(till.orders.work_refunds().await.unwrap(), 0);
    }
    assert_eq!(till.scripted.refunds().len(), 1);
    assert_eq!(till.refunds().await[0].state, Stored::Unknown);
}

#[tokio::test]
async fn refunds_made_past_us_and_disputes_take_their_credits_once() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    let told = async |body: String| (till.notify("epay", &body).await.status, till.credits().await);
    assert_eq!(told(format!("out_trade_no={number}&refund_no=R0&amount_fen=100")).await.0, 400, "not paid yet");
    till.pay(&number, "T1", 1000).await;
    for _ in 0..3 {
        let outside = format!("out_trade_no={number}&refund_no=R1&total_fen=300");
        assert_eq!(told(outside).await, (200, 70));
    }
    for _ in 0..3 {
        assert_eq!(told("trade_no=T1&refund_no=D1&amount_fen=700&dispute=1".to_owned()).await, (200, 0));
    }
    assert_eq!(till.order(order.id).await.status, OrderStatus::Refunded);
    assert_eq!(told("trade_no=T1&refund_no=D1&amount_fen=700&dispute=1&failed=1".to_owned()).await, (200, 70));
    assert_eq!(till.order(order.id).await.status, OrderStatus::Paid, "the dispute was won");
    assert_eq!(told("trade_no=T1&refund_no=R9&amount_fen=800".to_owned()).await, (400, 70), "more than is left");
    assert_eq!(told("trade_no=T9&refund_no=R8&amount_fen=1".to_owned()).await, (200, 70), "not a payment of ours");
    let kinds: Vec<RefundKind> = till.refunds().await.iter().map(|refund| refund.kind).collect();
    assert_eq!(kinds, [RefundKind::Outside, RefundKind::Dispute]);
    till.assert_sound().await;
}

#[tokio::test]
async fn a_channels_word_about_our_refund_ends_it() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    till.pay(&number, "T1", 1000).await;
    till.scripted.will_refund(Ok(RefundState::Pending));
    let refund = recorded(till.refund(order.id, Some(500)).await);
    let body = format!("out_trade_no={number}&refund_no={}&amount_fen=500", refund.out_refund_no);
    for _ in 0..3 {
        assert_eq!(till.notify("epay", &body).await.status, 200);
    }
    assert_eq!((till.refunds().await[0].state, till.credits().await), (Stored::Succeeded, 50));
    till.assert_sound().await;
}
