//! The main job without its faces: accepted, worked, settled, told — exactly once each.

use std::{collections::HashMap, sync::Arc};

use entity::{
    enums::{GenerationState, HoldState, PosterState},
    generations, holds, revisions,
};
use futures_util::StreamExt;
use haibao::{
    domain::{Dimension, FailureCode},
    engine::{queue, settle},
    events::{self, Event, Fact, Summary},
    providers::image::{Script, ScriptedProvider},
    services::{
        ServiceError,
        generations::{CancelOutcome, QueueOutcome, RetryPoster, cancel, create, retry},
    },
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use tokio::task::JoinSet;

use crate::support::{database::engines, house::House, run};

async fn events_of(house: &House, generation_id: &str) -> Vec<Event> {
    events::page(house.database().read(), generation_id, 0, 1_000).await.expect("the events")
}

async fn generation(house: &House, id: &str) -> generations::Model {
    let found = generations::Entity::find_by_id(id).one(house.database().read()).await;
    found.expect("an answer").expect("the set exists")
}

#[test]
fn the_worked_example_adds_up_event_by_event() {
    run(async {
        for backend in engines() {
            let failing = ScriptedProvider::new().with(Dimension::Concept, [Script::Refused]);
            let house = House::new(backend, failing, 20).await;
            let id = house.create("k", &[0, 1, 2, 3, 4]).await;
            assert_eq!(house.wallet().await, (0, 20), "five posters are held before anything is made");

            let follower = events::follow(house.database().clone(), Arc::clone(&house.context.doorbell), id.clone(), 0);
            let (followed, ()) = tokio::join!(follower.collect::<Vec<_>>(), house.work_until_idle());
            let followed: Vec<Event> = followed.into_iter().map(|event| event.expect("an event")).collect();
            assert_eq!(followed, events_of(&house, &id).await, "the follower saw each event once, in order");
            assert_eq!(house.wallet().await, (4, 0), "sixteen captured, four released");

            let seqs: Vec<i64> = followed.iter().map(|event| event.seq).collect();
            assert_eq!(seqs, (1..=followed.len() as i64).collect::<Vec<_>>(), "dense");
            assert!(matches!(followed[0].fact, Fact::GenerationQueued { wallet } if wallet.frozen == 20));
            assert!(matches!(followed[1].fact, Fact::ProductNamed { .. }), "named before any poster starts");

            // The wallet in each ending is the one after it.
            let (mut credits, mut frozen, mut version) = (0, 20, 0);
            let mut stages: HashMap<i64, Vec<&str>> = HashMap::new();
            for event in &followed[2..] {
                match &event.fact {
                    Fact::PosterStarted { poster_id, attempt } => {
                        assert_eq!(*attempt, 1);
                        stages.entry(*poster_id).or_default().push("started");
                    }
                    Fact::PosterProgressed { poster_id, .. } => {
                        stages.entry(*poster_id).or_default().push("progressed");
                    }
                    Fact::PosterSucceeded { poster_id, credits_captured, .. } => {
                        assert_eq!(*credits_captured, 4);
                        frozen -= 4;
                        stages.entry(*poster_id).or_default().push("ended");
                    }
                    Fact::PosterRefunded { poster_id, failure, credits_released, .. } => {
                        assert_eq!((*failure, *credits_released), (FailureCode::ContentRejected, 4));
                        (credits, frozen) = (credits + 4, frozen - 4);
                        stages.entry(*poster_id).or_default().push("ended");
                    }
                    Fact::GenerationCompleted { summary, .. } => {
                        let expected = Summary {
                            total: 5,
                            succeeded: 4,
                            refunded: 1,
                            canceled: 0,
                            credits_captured: 16,
                            credits_released: 4,
                        };
                        assert_eq!(*summary, expected);
                    }
                    other => panic!("{other:?} has no place in this run"),
                }
                if let Some(wallet) = event.fact.wallet() {
                    assert_eq!((wallet.credits, wallet.frozen), (credits, frozen), "{event:?}");
                    assert!(wallet.version >= version, "{event:?}");
                    version = wallet.version;
                }
            }
            assert!(matches!(followed.last().map(|event| &event.fact), Some(Fact::GenerationCompleted { .. })));
            assert_eq!(stages.len(), 5);
            for told in stages.values() {
                assert_eq!((told.first(), told.last()), (Some(&"started"), Some(&"ended")));
                assert!(
                    told.len() >= 3 && told[1..told.len() - 1].iter().all(|stage| *stage == "progressed"),
                    "{told:?}"
                );
            }

            let states: Vec<PosterState> = house.posters_of(&id).await.iter().map(|poster| poster.state).collect();
            let (yes, no) = (PosterState::Succeeded, PosterState::Refunded);
            assert_eq!(states, [yes, yes, no, yes, yes]);
            let pictures = revisions::Entity::find().all(house.database().read()).await.expect("the pictures");
            assert_eq!(pictures.len(), 4);
            for picture in pictures {
                let path = house.folder.path().join(&picture.object_key);
                let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                assert_eq!(haibao::storage::sha256_hex(&bytes), picture.sha256, "{}", picture.file_name);
                assert!(picture.object_key.ends_with(&format!("{id}/{}", picture.file_name)));
            }
            house.assert_sound().await;
        }
    });
}

#[test]
fn of_many_sets_at_once_one_is_accepted() {
    run(async {
        for backend in engines() {
            let house = Arc::new(House::new(backend, ScriptedProvider::new(), 400).await);
            let mut clients = JoinSet::new();
            for number in 0..200 {
                let house = Arc::clone(&house);
                clients.spawn(async move {
                    let order = house.order(&format!("key-{number}"), &[0]);
                    match create(&house.context, &house.viewer, order).await.expect("an answer") {
                        QueueOutcome::Queued(generation, _) => Some(generation.id),
                        QueueOutcome::InProgress(_) => None,
                        other => panic!("{other:?}"),
                    }
                });
            }
            let accepted: Vec<String> = clients.join_all().await.into_iter().flatten().collect();
            assert_eq!(accepted.len(), 1, "{backend:?}");
            assert_eq!(house.wallet().await, (396, 4), "{backend:?}: one hold");
            let rows = generations::Entity::find().count(house.database().read()).await.expect("a count");
            assert_eq!(rows, 1, "{backend:?}: the refused left nothing behind");
            house.assert_sound().await;
        }
    });
}

#[test]
fn the_same_key_a_hundred_times_has_one_effect() {
    run(async {
        for backend in engines() {
            let house = Arc::new(House::new(backend, ScriptedProvider::new(), 40).await);
            let mut clients = JoinSet::new();
            for _ in 0..100 {
                let house = Arc::clone(&house);
                clients.spawn(async move { house.create("the-same", &[0, 9]).await });
            }
            let mut ids = clients.join_all().await;
            ids.dedup();
            assert_eq!(ids.len(), 1, "{backend:?}: every answer names the same set");
            assert_eq!(house.wallet().await, (32, 8), "{backend:?}");
            let other = create(&house.context, &house.viewer, house.order("the-same", &[1])).await;
            assert!(matches!(other, Err(ServiceError::IdempotencyConflict)), "{backend:?}: {other:?}");
            house.assert_sound().await;
        }
    });
}

#[test]
fn too_few_credits_leave_nothing_behind() {
    run(async {
        for backend in engines() {
            let house = House::new(backend, ScriptedProvider::new(), 7).await;
            let refused = create(&house.context, &house.viewer, house.order("k", &[0, 1])).await.expect("an answer");
            let told = matches!(refused, QueueOutcome::InsufficientCredits { required: 8, available: 7 });
            assert!(told, "{backend:?}: {refused:?}");
            let rows = generations::Entity::find().count(house.database().read()).await.expect("a count");
            assert_eq!((rows, house.wallet().await), (0, (7, 0)), "{backend:?}");
            house.create("k", &[0]).await;
        }
    });
}

#[test]
fn work_of_a_dead_process_is_taken_up_and_its_ghost_changes_nothing() {
    run(async {
        for backend in engines() {
            let house = House::new(backend, ScriptedProvider::new(), 8).await;
            let id = house.create("k", &[0, 8]).await;
            // A process claims the naming, dies, and its lease runs out.
            let claimed = queue::jobs_claim(house.database(), "dead", 9, 30_000, house.clock_ms()).await;
            let claimed = claimed.expect("an answer");
            let [ghost] = &*claimed else { panic!("the naming alone is due") };
            house.clock.advance_ms(31_000);
            house.work_until_idle().await;
            assert_eq!(generation(&house, &id).await.state, GenerationState::Completed, "{backend:?}");
            assert_eq!(house.wallet().await, (0, 0), "{backend:?}: both are made and paid once");

            let before = events_of(&house, &id).await.len();
            let txn = house.database().write().await.expect("a transaction");
            let late = settle::product_name_in_txn(&txn, ghost, "ghost", None, None, false, house.clock_ms()).await;
            assert!(late.is_err(), "{backend:?}: the fence holds");
            drop(txn);
            assert_eq!(events_of(&house, &id).await.len(), before);
            house.assert_sound().await;
        }
    });
}

#[test]
fn failures_that_pass_are_tried_again_and_those_that_stay_are_refunded() {
    run(async {
        for backend in engines() {
            let provider = ScriptedProvider::new()
                .with(Dimension::Hero, [Script::Retryable, Script::Panic, Script::Ok])
                .with(Dimension::Lifestyle, [Script::Retryable])
                .with(Dimension::Guide, [Script::Garbage]);
            let house = House::new(backend, provider, 12).await;
            let id = house.create("k", &[0, 1, 9]).await;
            house.work_until_idle().await;
            let posters = house.posters_of(&id).await;
            assert_eq!(posters[0].state, PosterState::Succeeded, "{backend:?}: the third try");
            assert_eq!(posters[1].state, PosterState::Refunded, "{backend:?}: three tries are enough");
            assert_eq!(posters[1].failure_code.as_deref(), Some("PROVIDER_UNAVAILABLE"), "{backend:?}");
            assert_eq!(posters[2].state, PosterState::Refunded, "{backend:?}");
            assert_eq!(posters[2].failure_code.as_deref(), Some("BAD_OUTPUT"), "{backend:?}");
            assert_eq!(house.wallet().await, (8, 0), "{backend:?}");
            house.assert_sound().await;
        }
    });
}

#[test]
fn a_canceled_set_gives_everything_back_and_a_poster_of_it_can_be_retried() {
    run(async {
        for backend in engines() {
            let house = House::new(backend, ScriptedProvider::new(), 8).await;
            let id = house.create("k", &[0, 8]).await;
            for _ in 0..2 {
                let canceled = cancel(&house.context, &house.viewer, &id).await.expect("an answer");
                assert!(matches!(canceled, CancelOutcome::Canceled(..)), "{backend:?}: again changes nothing");
                assert_eq!(house.wallet().await, (8, 0), "{backend:?}");
            }
            assert_eq!(generation(&house, &id).await.state, GenerationState::Canceled, "{backend:?}");
            house.assert_sound().await;

            let wish = RetryPoster {
                idempotency_key: "again".to_owned(),
                generation_id: id.clone(),
                dimension: Dimension::Hero,
            };
            for _ in 0..3 {
                let answer = retry(&house.context, &house.viewer, &wish).await.expect("an answer");
                assert!(matches!(answer, QueueOutcome::Queued(..)), "{backend:?}: {answer:?}");
                assert_eq!(house.wallet().await, (4, 4), "{backend:?}: one hold, however often it is asked for");
            }
            house.work_until_idle().await;
            let states: Vec<PosterState> = house.posters_of(&id).await.iter().map(|poster| poster.state).collect();
            assert_eq!(states, [PosterState::Succeeded, PosterState::Canceled], "{backend:?}");
            let open = holds::Entity::find().filter(holds::Column::State.eq(HoldState::Open));
            assert_eq!(open.count(house.database().read()).await.expect("a count"), 0, "{backend:?}");
            house.assert_sound().await;
        }
    });
}
