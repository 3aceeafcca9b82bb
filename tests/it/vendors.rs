//! Sets painted by vendors that fail in every way they can: the money adds up, nothing is paid twice,
//! and everybody is told why.

use std::{sync::Arc, time::Duration};

use entity::{
    enums::{JobKind, JobState, PosterState},
    events, jobs, posters, provider_attempts, revisions, set_plans,
};
use haibao::{
    clock::SystemClock,
    composer::TakumiComposer,
    domain::{Composition, FailureCode},
    ids::SeededIds,
    providers::{
        Gate,
        image::{Painter, Painters},
        text::Readers,
    },
    services::generations::{QueueOutcome, create},
    studio::Studio,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::support::{
    database::engines,
    house::House,
    lines::Line,
    run,
    seller::fixture,
    server::Server,
    vendor::{Broken, Dialect, Fault, Refusal, Script, Vendor, Wait},
};

/// A studio whose painters are these lines to one vendor, in order.
fn studio(vendor: &Vendor, lines: &[Line], timeout: Duration) -> Studio {
    let painters = lines.iter().map(|line| Painter {
        gate: Gate::new(4, 0),
        timeout,
        price_microusd: 40_000,
        ..Painter::unlimited(line.provider(vendor))
    });
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SeededIds::new(11)));
    let painters = Painters::new(painters.collect(), Arc::clone(&clock) as _, Arc::clone(&ids) as _);
    Studio::new(Arc::new(TakumiComposer::new()), painters, Readers::new(Vec::new(), clock, ids), 90)
}

async fn attempts(house: &House) -> Vec<provider_attempts::Model> {
    let found = provider_attempts::Entity::find().order_by_asc(provider_attempts::Column::Id);
    found.all(house.database().read()).await.expect("the attempts")
}

async fn pictures(house: &House) -> Vec<revisions::Model> {
    revisions::Entity::find().all(house.database().read()).await.expect("the pictures")
}

#[test]
fn ten_posters_in_a_mixed_storm_add_up() {
    run(async {
        for backend in engines() {
            let storm = [
                Fault::RateLimited(Wait::Fraction),
                Fault::Refused(Refusal::Server),
                Fault::None,
                Fault::Broken(Broken::WrongRatio),
                Fault::Refused(Refusal::Output),
                Fault::Refused(Refusal::Input),
                Fault::NoPicture,
                Fault::Broken(Broken::TruncatedBase64),
                Fault::None,
                Fault::CutBody,
                Fault::Broken(Broken::Bomb),
                Fault::NotJson,
                Fault::Broken(Broken::Blank),
                Fault::Refused(Refusal::Overloaded),
                Fault::None,
                Fault::Refused(Refusal::Input),
                Fault::Words,
                Fault::PartialGroup,
            ];
            let vendor = Vendor::start(Script::of(storm)).await;
            let studio = studio(&vendor, &[Line::OpenAi], Duration::from_secs(20));
            let house = House::with_studio(backend, studio, 40, false).await;
            let dimensions: Vec<i32> = (0..10).collect();
            let id = house.create("storm", &dimensions).await;
            house.work_until_idle().await;
            let posters = house.posters_of(&id).await;
            let (mut succeeded, mut refunded) = (0, 0);
            for poster in &posters {
                match poster.state {
                    PosterState::Succeeded => {
                        succeeded += 1;
                        assert_eq!((poster.credits_captured, poster.credits_released), (4, 0));
                    }
                    PosterState::Refunded => {
                        refunded += 1;
                        let code = poster.failure_code.as_deref().expect("a reason");
                        assert_ne!(FailureCode::from_code(code), FailureCode::Internal, "{code}");
                        assert_eq!((poster.credits_captured, poster.credits_released), (0, 4));
                    }
                    other => panic!("{other:?} is no ending"),
                }
            }
            assert_eq!(succeeded + refunded, 10);
            assert!(refunded >= 2, "two inputs were declined");
            assert!(succeeded >= 3, "the weather was not that bad: {posters:?}");
            assert_eq!(house.wallet().await, (40 - 4 * succeeded, 0));
            let attempts = attempts(&house).await;
            assert_eq!(attempts.len(), vendor.calls(), "every call has its row");
            assert!(attempts.iter().all(|attempt| attempt.outcome != "open" && attempt.finished_at_ms > 0));
            assert!(pictures(&house).await.iter().all(|picture| picture.provider.as_deref() == Some("vendor")));
            house.assert_sound().await;
        }
    });
}

#[test]
fn the_hero_goes_first_and_the_others_take_their_style_from_it() {
    run(async {
        let vendor = Vendor::start(Script::default()).await;
        let house =
            House::with_studio(engines()[0], studio(&vendor, &[Line::OpenAi], Duration::from_secs(20)), 40, false)
                .await;
        let id = house.create("anchored", &[0, 2, 8]).await;
        house.work_until_idle().await;
        let seen = vendor.seen();
        let calls: Vec<_> = seen.iter().filter(|seen| seen.path.starts_with("images/")).collect();
        let paths: Vec<&str> = calls.iter().map(|call| call.path.as_str()).collect();
        assert_eq!(paths, ["images/generations", "images/edits", "images/edits"], "only the others see a picture");
        let kept = set_plans::Entity::find_by_id(&id).one(house.database().read()).await.unwrap().unwrap();
        assert_eq!(kept.image_provider.as_deref(), Some("vendor"), "the set stays with its painter");
        let thought = kept.thought.expect("the thought is kept");
        assert!(thought.contains("马克杯"), "{thought}");
        for picture in pictures(&house).await {
            assert!(picture.consistency_percent.is_some_and(|percent| (0..=100).contains(&percent)), "{picture:?}");
        }
        house.assert_sound().await;
    });
}

#[test]
fn a_process_that_dies_after_the_vendor_accepted_pays_once() {
    run(async {
        for backend in engines() {
            let vendor = Vendor::start(Script::default().with_polls(4)).await;
            let studio = studio(&vendor, &[Line::DashScopeTask], Duration::from_secs(60));
            let house = House::with_studio(backend, studio, 4, false).await;
            house.create("killed", &[1]).await;
            house.work_until(async || attempts(&house).await.iter().any(|row| row.reference.is_some())).await;
            assert_eq!(vendor.calls(), 1);
            house.engine.recover().await.expect("the next process starts");
            // Its lease belongs to a process that is gone; time passes until that shows.
            house.clock.advance_ms(31_000);
            house.work_until_idle().await;
            assert_eq!(vendor.calls(), 1, "one call at the vendor");
            let rows = attempts(&house).await;
            assert_eq!(rows.len(), 1);
            assert_eq!((rows[0].outcome.as_str(), rows[0].cost_microusd), ("ok", 40_000));
            assert_eq!(house.wallet().await, (0, 0), "one settlement");
            house.assert_sound().await;
        }
    });
}

#[test]
fn a_synchronous_call_that_was_cut_off_is_not_made_again() {
    run(async {
        let vendor = Vendor::start(Script::always(Fault::NoAnswer)).await;
        let studio = studio(&vendor, &[Line::OpenAi], Duration::from_secs(60));
        let house = House::with_studio(engines()[0], studio, 4, false).await;
        let id = house.create("cut-off", &[1]).await;
        house.work_until(async || vendor.calls() == 1).await;
        house.clock.advance_ms(31_000);
        house.work_until_idle().await;
        assert_eq!(vendor.calls(), 1, "its fate is unknown, so it is not repeated");
        let poster = house.posters_of(&id).await.remove(0);
        assert_eq!(poster.failure_code.as_deref(), Some("PROVIDER_TIMEOUT"));
        assert_eq!(house.wallet().await, (4, 0));
        let rows = attempts(&house).await;
        assert_eq!((rows[0].outcome.as_str(), rows[0].maybe_billed), ("ambiguous_timeout", 1));
        house.assert_sound().await;
    });
}

#[test]
fn a_picture_that_comes_after_its_refund_is_given_for_nothing() {
    run(async {
        for backend in engines() {
            let vendor = Vendor::start(Script::default().with_polls(6)).await;
            let studio = studio(&vendor, &[Line::DashScopeTask], Duration::from_secs(2));
            let house = House::with_studio(backend, studio, 4, false).await;
            let id = house.create("late", &[1]).await;
            house.work_until(async || house.posters_of(&id).await[0].state == PosterState::Refunded).await;
            assert_eq!(house.wallet().await, (4, 0), "the credits are back");
            house.assert_sound().await;
            let late = jobs::Entity::find().filter(jobs::Column::Kind.eq(JobKind::CollectLate));
            assert!(late.one(house.database().read()).await.unwrap().is_some(), "the picture is still waited for");
            house.clock.advance_ms(31_000);
            house.work_until_idle().await;
            let pictures = pictures(&house).await;
            assert_eq!(pictures.len(), 1, "it came");
            assert_eq!(pictures[0].hold_id, None, "and costs nothing");
            assert_eq!(house.wallet().await, (4, 0));
            assert_eq!(house.posters_of(&id).await[0].state, PosterState::Refunded);
            assert_eq!(vendor.calls(), 1);
            house.assert_sound().await;
        }
    });
}

#[test]
fn a_built_in_picture_can_stand_beside_the_refund_and_a_retry_takes_its_place() {
    run(async {
        let vendor = Vendor::start(Script::of([Fault::Refused(Refusal::Quota)])).await;
        let studio = studio(&vendor, &[Line::OpenAi], Duration::from_secs(20));
        let house = House::with_studio(engines()[0], studio, 8, true).await;
        let id = house.create("fallback", &[2]).await;
        house.work_until_idle().await;
        let poster = house.posters_of(&id).await.remove(0);
        assert_eq!(poster.state, PosterState::Refunded);
        assert_eq!(poster.failure_code.as_deref(), Some("PROVIDER_QUOTA"));
        assert_eq!(house.wallet().await, (8, 0));
        let free = pictures(&house).await;
        assert_eq!((free.len(), free[0].hold_id, free[0].provider.as_deref()), (1, None, Some("builtin")));
        house.assert_sound().await;
    });
}

#[test]
fn a_model_that_paints_another_product_is_refused() {
    run(async {
        let vendor = Vendor::start(Script::default()).await;
        let studio = studio(&vendor, &[Line::OpenAi], Duration::from_secs(20));
        let house = House::with_studio(engines()[0], studio, 4, false).await;
        let mut order = house.order("painted", &[0]);
        order.composition = Composition::Model;
        let QueueOutcome::Queued(generation, _) =
            create(&house.context, &house.viewer, order).await.expect("an answer")
        else {
            panic!("the set is accepted")
        };
        house.work_until_idle().await;
        // The vendor's pictures are patterns without any product.
        let poster = posters::Entity::find()
            .filter(posters::Column::GenerationId.eq(&generation.id))
            .one(house.database().read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(poster.failure_code.as_deref(), Some("PRODUCT_NOT_PRESERVED"));
        assert_eq!(vendor.calls(), 2, "one corrective retry");
        let seen = vendor.seen();
        let prompts: Vec<String> = seen.iter().filter_map(|seen| seen.field("prompt")).collect();
        assert_eq!(prompts.len(), 2, "the product is shown, so both are edits");
        assert_ne!(prompts[0], prompts[1], "the second says what was wrong");
        assert_eq!(house.wallet().await, (4, 0));
        house.assert_sound().await;
    });
}

/// The real program, killed without warning while the vendor works on it.
#[test]
fn a_killed_program_follows_its_picture_up() {
    run(async {
        let vendor = Vendor::start(Script::default().with_polls(3)).await;
        let base_url = vendor.base_url(Dialect::DashScope);
        let mut server = Server::start(&[
            ("HAIBAO_IMAGE_PROVIDERS__0__NAME", "qwen"),
            ("HAIBAO_IMAGE_PROVIDERS__0__KIND", "dashscope"),
            ("HAIBAO_IMAGE_PROVIDERS__0__BASE_URL", &base_url),
            ("HAIBAO_IMAGE_PROVIDERS__0__API_KEY", "a-key"),
            ("HAIBAO_IMAGE_PROVIDERS__0__MODEL", "wan2.6-image"),
            ("HAIBAO_IMAGE_PROVIDERS__0__ALLOW_PRIVATE_ADDRESS", "true"),
            ("HAIBAO_IMAGE_PROVIDERS__0__EXTRA", "{mode=\"task\", download_hosts=\"localhost\"}"),
        ]);
        let seller = server.seller("killed@example.com").await;
        let photo = seller.photo(fixture("lipstick-cutout.png")).await;
        let created = seller.create_generation("killed-once", &photo, &[1]).await;
        let id = created["createGeneration"]["generation"]["id"].as_str().expect("an id").to_owned();
        server
            .until("the vendor accepts the picture", async |server| {
                let database = server.database().await;
                let rows = provider_attempts::Entity::find().all(database.read()).await.expect("rows");
                database.close().await.expect("closed");
                rows.iter().any(|row| row.reference.is_some()).then_some(())
            })
            .await;
        server.kill();
        server.restart();
        let finished = seller.finished(&id).await;
        assert_eq!(finished["posters"][0]["state"], json!("SUCCEEDED"), "{finished}");
        assert_eq!(vendor.calls(), 1, "one call at the vendor");
        let database = server.database().await;
        let told = events::Entity::find().all(database.read()).await.expect("events");
        let endings = told.iter().filter(|event| format!("{:?}", event.kind).contains("PosterSucceeded")).count();
        assert_eq!(endings, 1, "one settlement");
        let live = jobs::Entity::find().filter(jobs::Column::State.eq(JobState::Running));
        assert!(live.one(database.read()).await.expect("jobs").is_none());
        database.close().await.expect("closed");
        server.assert_healthy();
    });
}
