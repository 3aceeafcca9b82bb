//! Whose work is next, and what calls have cost so far: what only the rows can answer.

use entity::jobs;
use haibao::{
    domain::Dimension,
    engine::{queue, settle},
    providers::{AttemptEnd, AttemptStart, image::ScriptedProvider},
    services::generations::{CreateGeneration, QueueOutcome, create},
};

use crate::support::{database::engines, house::House, run};

const DAY_MS: i64 = 86_400_000;

async fn claimed(house: &House, most: usize) -> Vec<jobs::Model> {
    queue::jobs_claim(house.database(), "test", most, 30_000, house.clock_ms()).await.expect("an answer")
}

/// Lets the posters of a set start.
async fn named(house: &House, naming: &jobs::Model) {
    let txn = house.database().write().await.expect("a transaction");
    let settled = settle::product_name_in_txn(&txn, naming, "杯", None, None, false, house.clock_ms()).await;
    settled.expect("the product is named");
    txn.commit().await.expect("it is kept");
}

#[test]
fn sellers_take_turns_however_large_their_sets_are() {
    run(async {
        for backend in engines() {
            let house = House::new(backend, ScriptedProvider::new(), 40).await;
            house.create("large", &(0..10).collect::<Vec<_>>()).await;
            named(&house, &claimed(&house, 1).await[0]).await;
            assert_eq!(claimed(&house, 3).await.len(), 3);

            house.clock.advance_ms(60_000);
            let (other, photo) = house.another_seller("other@example.com", 8).await;
            let order = CreateGeneration { photo_ids: vec![photo], ..house.order("small", &[0, 9]) };
            let queued = create(&house.context, &other, order).await.expect("an answer");
            assert!(matches!(queued, QueueOutcome::Queued(..)), "{backend:?}: {queued:?}");
            let next = claimed(&house, 1).await;
            assert_eq!(next[0].user_id, other.user_id, "{backend:?}: who has nothing under way is next");
            named(&house, &next[0]).await;

            let whose: Vec<_> = claimed(&house, 9).await.iter().map(|job| job.user_id).collect();
            let (large, small) = (house.viewer.user_id, other.user_id);
            assert_eq!(whose, [small, small, large, large, large, large, large, large, large], "{backend:?}");
            assert!(claimed(&house, 9).await.is_empty(), "{backend:?}");
        }
    });
}

#[test]
fn what_a_model_has_cost_is_counted_by_its_purposes_and_by_time() {
    run(async {
        for backend in engines() {
            let house = House::new(backend, ScriptedProvider::new(), 4).await;
            house.create("k", &[Dimension::Hero.index()]).await;
            let log = house.engine.attempts_of(&claimed(&house, 1).await[0]);
            for (provider, purpose, cost_microusd) in [
                ("main", "plate", 42_000),
                ("main", "edit_masked", 8_000),
                ("main", "report", 700),
                ("other", "plate", 9),
            ] {
                let start = AttemptStart {
                    provider: provider.to_owned(),
                    model: "m".to_owned(),
                    purpose,
                    nonce: purpose.to_owned(),
                    reference: None,
                    is_billed: true,
                };
                let attempt = log.begin(&start).await.expect("a row");
                log.end(attempt, &AttemptEnd { cost_microusd, ..AttemptEnd::default() }).await.expect("its end");
                house.clock.advance_ms(DAY_MS);
            }
            let spent = |purposes: &'static [&str], days: i64| {
                let (log, since_ms) = (log.clone(), house.clock_ms() - days * DAY_MS);
                async move { log.spent_since("main", purposes, since_ms).await.expect("a sum") }
            };
            let pictures = &["plate", "poster", "edit_whole", "edit_masked"];
            assert_eq!(spent(pictures, 30).await, 50_000, "{backend:?}: one name in two lists is two models");
            assert_eq!(spent(pictures, 3).await, 8_000, "{backend:?}");
            assert_eq!(spent(pictures, 1).await, 0, "{backend:?}");
            assert_eq!(spent(&["report"], 30).await, 700, "{backend:?}");
            assert_eq!(
                log.spent().await.expect("a sum"),
                50_009,
                "{backend:?}: pictures of this work, whoever made them"
            );
        }
    });
}
