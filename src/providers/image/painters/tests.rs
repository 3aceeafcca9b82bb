//! The policy, with vendors that do as they are told and a record in memory.

use std::sync::Mutex;

use super::{
    testing::{MemoryLog, Order, Step, Vendor, house},
    *,
};
use crate::providers::OpenAttempt;

async fn painted_by(vendors: &[&Arc<Vendor>], order: &Order, log: &MemoryLog) -> Result<String, FailureClass> {
    let painted = house(vendors, Budget::default()).paint(order, log).await;
    painted.map(|painted| painted.provider).map_err(|error| {
        assert!(!error.is_retryable, "what may have been billed is not tried again by the queue");
        error.error.class
    })
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_once_more_and_then_at_the_next_door() {
    let first = Vendor::new("first", [Err(FailureClass::Transient), Err(FailureClass::RateLimited)], []);
    let second = Vendor::new("second", [Ok(Step::Done)], []);
    let log = MemoryLog::default();
    assert_eq!(painted_by(&[&first, &second], &Order::new([]), &log).await, Ok("second".to_owned()));
    assert_eq!((first.calls().len(), second.calls().len()), (2, 1));
    assert_eq!(log.ends(), ["transient", "rate_limited", "ok"]);
}

#[tokio::test(start_paused = true)]
async fn three_calls_are_the_most_a_poster_costs() {
    let first = Vendor::new("first", [Err(FailureClass::NoResult), Err(FailureClass::NoResult)], []);
    let second = Vendor::new("second", [Err(FailureClass::Transient)], []);
    let third = Vendor::new("third", [], []);
    let refused = painted_by(&[&first, &second, &third], &Order::new([]), &MemoryLog::default()).await;
    assert_eq!(refused, Err(FailureClass::Transient));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_is_not_made_again_at_the_same_door() {
    let first = Vendor::new("first", [Ok(Step::Hang)], []);
    let second = Vendor::new("second", [Ok(Step::Done)], []);
    let log = MemoryLog::default();
    assert_eq!(painted_by(&[&first, &second], &Order::new([]), &log).await, Ok("second".to_owned()));
    assert_eq!(log.ends(), ["ambiguous_timeout", "ok"]);
    let end = log.rows()[0].1.clone().unwrap();
    assert!(end.maybe_billed && end.cost_microusd == 40_000, "it counts against the budget");
    let alone = Vendor::new("first", [Ok(Step::Hang)], []);
    assert_eq!(
        painted_by(&[&alone], &Order::new([]), &MemoryLog::default()).await,
        Err(FailureClass::AmbiguousTimeout)
    );
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_wants_to_be_left_alone_is_waited_for_only_where_no_other_door_is_open() {
    for class in [FailureClass::RateLimited, FailureClass::Transient] {
        let began = Instant::now();
        let first = Vendor::new("first", [Err(class), Ok(Step::Done)], []);
        first.asks_to_wait(36);
        let second = Vendor::new("second", [Ok(Step::Done)], []);
        let log = MemoryLog::default();
        assert_eq!(painted_by(&[&first, &second], &Order::new([]), &log).await, Ok("second".to_owned()));
        assert!(began.elapsed() < Duration::from_secs(1), "{class:?}");
        assert_eq!(painted_by(&[&first], &Order::new([]), &MemoryLog::default()).await, Ok("first".to_owned()));

        let first = Vendor::new("first", [Err(class), Ok(Step::Done)], []);
        first.asks_to_wait(36);
        let began = Instant::now();
        assert_eq!(painted_by(&[&first], &Order::new([]), &MemoryLog::default()).await, Ok("first".to_owned()));
        assert_eq!(began.elapsed().as_secs(), 36, "{class:?}");

        let first = Vendor::new("first", [Err(class)], []);
        first.asks_to_wait(600);
        let began = Instant::now();
        assert_eq!(painted_by(&[&first], &Order::new([]), &MemoryLog::default()).await, Err(class));
        assert!(began.elapsed() < Duration::from_secs(1), "nobody waits so long for a poster");
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_waits_a_while_before_the_only_door_and_others_open_it_again() {
    let answers = std::iter::repeat_n(Err(FailureClass::NoResult), 5).chain([Ok(Step::Done), Ok(Step::Done)]);
    let vendor = Vendor::new("first", answers, []);
    let house = house(&[&vendor], Budget::default());
    for _ in 0..2 {
        house.paint(&Order::new([]), &MemoryLog::default()).await.unwrap_err();
    }
    let began = Instant::now();
    let painted = house.paint(&Order::new([]), &MemoryLog::default()).await.unwrap();
    assert_eq!(
        (painted.provider.as_str(), began.elapsed().as_secs()),
        ("first", 30),
        "the fifth failure shut the door"
    );
    let began = Instant::now();
    house.paint(&Order::new([]), &MemoryLog::default()).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_picture_is_kept_and_not_bought_twice_when_its_record_fails() {
    let first = Vendor::new("first", [Ok(Step::Done)], []);
    assert_eq!(painted_by(&[&first], &Order::new([]), &MemoryLog::lost()).await, Ok("first".to_owned()));
    let first = Vendor::new("first", [Ok(Step::Accepted)], [Ok(Step::Done)]);
    assert_eq!(painted_by(&[&first], &Order::new([]), &MemoryLog::lost()).await, Ok("first".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn refused_content_is_not_carried_from_door_to_door() {
    let first = Vendor::new("first", [Err(FailureClass::ModeratedInput)], []);
    let second = Vendor::new("second", [], []);
    let log = MemoryLog::default();
    assert_eq!(painted_by(&[&first, &second], &Order::new([]), &log).await, Err(FailureClass::ModeratedInput));
    let soft = Vendor::new("first", [Err(FailureClass::ModeratedOutput), Ok(Step::Done)], []);
    let order = Order::new([]);
    assert_eq!(painted_by(&[&soft, &second], &order, &MemoryLog::default()).await, Ok("first".to_owned()));
    assert_eq!(*order.nudges.lock().unwrap(), [Nudge::None, Nudge::Softened]);
}

#[tokio::test(start_paused = true)]
async fn a_quota_sends_everybody_to_the_next_door_at_once() {
    let first = Vendor::new("first", [Err(FailureClass::Quota)], []);
    let second = Vendor::new("second", [Ok(Step::Done), Ok(Step::Done)], []);
    let house = house(&[&first, &second], Budget::default());
    for _ in 0..2 {
        assert_eq!(house.paint(&Order::new([]), &MemoryLog::default()).await.unwrap().provider, "second");
    }
    assert_eq!(first.calls().len(), 1, "the circuit is open for the second poster");
}

#[tokio::test(start_paused = true)]
async fn a_changed_product_is_corrected_once_and_told_as_such() {
    let changed = || Err(ProviderError::no_result("0.4").told_as(FailureCode::ProductNotPreserved));
    let first = Vendor::new("first", [Ok(Step::Done), Ok(Step::Done)], []);
    let order = Order::new([changed(), changed()]);
    let failed = house(&[&first], Budget::default()).paint(&order, &MemoryLog::default()).await.unwrap_err();
    assert_eq!(failed.error.failure_code(), FailureCode::ProductNotPreserved);
    assert_eq!(*order.nudges.lock().unwrap(), [Nudge::None, Nudge::KeepTheProduct]);

    let mixed = Vendor::new("first", [Ok(Step::Done), Err(FailureClass::AmbiguousTimeout)], []);
    let second = Vendor::new("second", [Ok(Step::Done)], []);
    let order = Order::new([changed(), changed()]);
    house(&[&mixed, &second], Budget::default()).paint(&order, &MemoryLog::default()).await.unwrap_err();
    assert_eq!(second.calls().len(), 1);
    let first = Vendor::new("first", [Ok(Step::Done), Ok(Step::Done)], []);
    let second = Vendor::new("second", [], []);
    let order = Order::new([changed(), changed()]);
    house(&[&first, &second], Budget::default()).paint(&order, &MemoryLog::default()).await.unwrap_err();
    assert_eq!(second.calls().len(), 0, "one correction, not one at every door");
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_would_cost_too_much_is_not_tried_again() {
    let changed = || Err(ProviderError::no_result("0.4").told_as(FailureCode::ProductNotPreserved));
    for (most, calls) in [(0, 2), (79_999, 1), (80_000, 2), (1, 1)] {
        let vendor = Vendor::new("first", [Ok(Step::Done), Ok(Step::Done)], []);
        let painters = house(&[&vendor], Budget::default()).with_cost_max(most);
        painters.paint(&Order::new([changed(), changed()]), &MemoryLog::default()).await.unwrap_err();
        assert_eq!(vendor.calls().len(), calls, "at most {most}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_new_is_asked_for_while_the_process_stops() {
    let accepted = Vendor::new("first", [Ok(Step::Accepted)], [Ok(Step::Working), Ok(Step::Done)]);
    let working = house(&[&accepted], Budget::default());
    let (order, log) = (Order::new([]), MemoryLog::default());
    let stop = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        working.set_stopping(true);
    };
    let (painted, ()) = tokio::join!(working.paint(&order, &log), stop);
    assert_eq!(painted.unwrap().provider, "first", "what was asked for before is waited for");

    let idle = Vendor::new("first", [], []);
    let stopped = house(&[&idle], Budget::default());
    stopped.set_stopping(true);
    let log = MemoryLog::default();
    let order = Order::new([]);
    let waited = tokio::time::timeout(Duration::from_secs(60), stopped.paint(&order, &log)).await;
    assert!(waited.is_err() && idle.calls().is_empty() && log.ends().is_empty(), "nothing is on record");
}

#[tokio::test(start_paused = true)]
async fn accepted_work_is_waited_for_and_left_open_when_it_takes_too_long() {
    let first =
        Vendor::new("first", [Ok(Step::Accepted)], [Ok(Step::Working), Err(FailureClass::Transient), Ok(Step::Done)]);
    let log = MemoryLog::default();
    assert_eq!(painted_by(&[&first], &Order::new([]), &log).await, Ok("first".to_owned()));
    assert_eq!(log.ends(), ["ok"]);

    let slow = Vendor::new("first", [Ok(Step::Accepted)], std::iter::repeat_n(Ok(Step::Working), 40));
    let log = MemoryLog::default();
    assert_eq!(painted_by(&[&slow], &Order::new([]), &log).await, Err(FailureClass::AmbiguousTimeout));
    assert_eq!(log.ends(), ["open"], "so that a late picture can be collected");
    let open = log.open().await.unwrap().remove(0);
    slow.resumes.lock().unwrap().clear();
    slow.resumes.lock().unwrap().extend([Ok(Step::Working), Ok(Step::Done)]);
    let house = house(&[&slow], Budget::default());
    assert!(house.collect(&open, &Order::new([]), &log).await.unwrap().is_none());
    assert_eq!(house.collect(&open, &Order::new([]), &log).await.unwrap().unwrap().provider, "first");
    assert_eq!(log.ends(), ["ok"]);
}

#[tokio::test(start_paused = true)]
async fn work_that_took_too_long_is_given_up_when_another_vendor_has_painted() {
    let slow = Vendor::new("first", [Ok(Step::Accepted)], std::iter::repeat_n(Ok(Step::Working), 40));
    let second = Vendor::new("second", [Ok(Step::Done)], []);
    let log = MemoryLog::default();
    assert_eq!(painted_by(&[&slow, &second], &Order::new([]), &log).await, Ok("second".to_owned()));
    assert_eq!(log.ends(), ["ambiguous_timeout", "ok"]);
    assert_eq!(slow.calls().last(), Some(&"cancel"));
    let end = log.rows()[0].1.clone().unwrap();
    assert!(end.maybe_billed && end.cost_microusd == 40_000, "it counts against the budget");
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_process_began_is_followed_up_and_never_paid_twice() {
    let first = Vendor::new("first", [], [Ok(Step::Working), Ok(Step::Done)]);
    let log = MemoryLog::left_open(Some("task-1"));
    assert_eq!(painted_by(&[&first], &Order::new([]), &log).await, Ok("first".to_owned()));
    assert_eq!(log.ends(), ["ok"]);

    // Cut off with nothing to ask by: its fate is unknown, so only another door may be tried.
    let first = Vendor::new("first", [], []);
    let second = Vendor::new("second", [Ok(Step::Done)], []);
    let log = MemoryLog::left_open(None);
    assert_eq!(painted_by(&[&first, &second], &Order::new([]), &log).await, Ok("second".to_owned()));
    assert_eq!(log.ends(), ["ambiguous_timeout", "ok"]);

    // The vendor never heard of it: nothing was billed, so it is simply begun.
    let first = Vendor::new("first", [Ok(Step::Done)], [Ok(Step::Unknown)]);
    let log = MemoryLog::left_open(Some("task-1"));
    assert_eq!(painted_by(&[&first], &Order::new([]), &log).await, Ok("first".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_pinned_door_comes_first_and_a_spent_budget_shuts_a_door() {
    let (first, second) = (Vendor::new("first", [], []), Vendor::new("second", [Ok(Step::Done)], []));
    let order = Order { pinned: Some("second"), ..Order::new([]) };
    assert_eq!(painted_by(&[&first, &second], &order, &MemoryLog::default()).await, Ok("second".to_owned()));

    let vendor = Vendor::new("first", [Ok(Step::Done)], []);
    let house = house(&[&vendor], Budget { day_microusd: Some(40_000), month_microusd: None });
    let log = MemoryLog::default();
    house.paint(&Order::new([]), &log).await.unwrap();
    let log = MemoryLog(
        Mutex::new(vec![(
            OpenAttempt { id: 1, provider: "first".into(), nonce: String::new(), reference: None },
            Some(AttemptEnd { cost_microusd: 40_000, ..AttemptEnd::default() }),
        )]),
        false,
    );
    let refused = house.paint(&Order::new([]), &log).await.unwrap_err();
    assert_eq!(refused.error.failure_code(), FailureCode::ProviderQuota);
    assert_eq!(vendor.calls().len(), 1);
}
