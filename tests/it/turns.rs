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

/// Starts a set of somebody else.
async fn another(house: &House, email: &str, dimensions: &[i32]) -> i64 {
    let (seller, photo) = house.another_seller(email, 40).await;
    let order = CreateGeneration { photo_ids: vec![photo], ..house.order(email, dimensions) };
    let queued = create(&house.context, &seller, order).await.expect("an answer");
    assert!(matches!(queued, QueueOutcome::Queued(..)), "{queued:?}");
    seller.user_id
}

/// Starts a set of somebody else, whose naming is next, and lets its posters start.
async fn another_named(house: &House, email: &str, dimensions: &[i32]) -> i64 {
    let seller = another(house, email, dimensions).await;
    let next = claimed(house, 1).await;
    assert_eq!(next[0].user_id, seller, "who has nothing under way is next");
    named(house, &next[0]).await;
    seller
}

fn whose(jobs: &[jobs::Model]) -> Vec<i64> {
    jobs.iter().map(|job| job.user_id).collect()
}

#[test]
fn a_small_set_does_not_wait_behind_a_large_one_nor_a_large_one_for_ever() {
    const WHOLE: [i32; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    run(async {
        for backend in engines() {
            let house = House::new(backend, ScriptedProvider::new(), 40).await;
            let large = house.viewer.user_id;
            house.create("large", &WHOLE).await;
            named(&house, &claimed(&house, 1).await[0]).await;
            assert_eq!(whose(&claimed(&house, 3).await), [large; 3], "{backend:?}");

            house.clock.advance_ms(60_000);
            let small = another_named(&house, "small@example.com", &[0, 9]).await;
            assert_eq!(whose(&claimed(&house, 3).await), [small, small, large], "{backend:?}");
            let equal = another_named(&house, "equal@example.com", &WHOLE).await;
            assert_eq!(whose(&claimed(&house, 2).await), [large; 2], "{backend:?}: what is begun is finished");

            house.clock.advance_ms(15 * 60_000);
            another(&house, "late@example.com", &[0]).await;
            let left = whose(&claimed(&house, 9).await);
            assert_eq!(left[..4], [large; 4], "{backend:?}: a quarter of an hour is long enough");
            assert_eq!(left[4..], [equal; 5], "{backend:?}");
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
