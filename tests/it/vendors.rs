//! Sets painted by vendors that fail in every way they can: the money adds up, nothing is paid twice,
//! and everybody is told why.

use std::{sync::Arc, time::Duration};

use entity::{
    enums::{JobKind, PosterState},
    jobs, posters, provider_attempts, revisions, set_plans,
};
use haibao::{
    clock::SystemClock,
    composer::TakumiComposer,
    domain::{Composition, FailureCode},
    events::Topic,
    ids::SeededIds,
    providers::{
        Gate,
        image::{Painter, Painters, image_provider},
        text::Readers,
    },
    services::generations::{DeleteOutcome, QueueOutcome, create, delete},
    studio::Studio,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

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
    studio_of(painters.collect())
}

fn studio_of(painters: Vec<Painter>) -> Studio {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SeededIds::new(11)));
    let painters = Painters::new(painters, Arc::clone(&clock) as _, Arc::clone(&ids) as _);
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
            // Good answers in between, or the circuit would keep everybody away from such a vendor.
            let storm = [
                Fault::RateLimited(Wait::Fraction),
                Fault::None,
                Fault::Refused(Refusal::Server),
                Fault::None,
                Fault::Broken(Broken::WrongRatio),
                Fault::None,
                Fault::Refused(Refusal::Output),
                Fault::None,
                Fault::Refused(Refusal::Input),
                Fault::NoPicture,
                Fault::None,
                Fault::Broken(Broken::TruncatedBase64),
                Fault::None,
                Fault::Refused(Refusal::Input),
                Fault::Broken(Broken::Bomb),
                Fault::None,
                Fault::CutBody,
                Fault::None,
                Fault::NotJson,
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
        let mut bell = house.context.doorbell.listen(Topic::Jobs);
        let mut rings = 0;
        let id = house.create("anchored", &[0, 2, 8]).await;
        let working = house.work_until_idle();
        let listening = async {
            loop {
                bell.rung().await;
                rings += 1;
            }
        };
        tokio::select! {
            () = working => {}
            () = listening => {}
        }
        assert!(rings >= 3, "ordered, named, hero done: each wakes the workers, but {rings} rings were heard");
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
fn a_picture_that_comes_after_its_refund_is_given_for_nothing() {
    run(async {
        for backend in engines() {
            let vendor = Vendor::start(Script::default().with_polls(6)).await;
            let studio = studio(&vendor, &[Line::ComfyUi], Duration::from_secs(4));
            let house = House::with_studio(backend, studio, 4, false).await;
            let id = house.create("late", &[1]).await;
            house.work_until_idle().await;
            let pictures = pictures(&house).await;
            assert_eq!(pictures.len(), 1, "it came: {:?}", attempts(&house).await);
            assert_eq!(pictures[0].hold_id, None, "and costs nothing");
            assert_eq!(house.wallet().await, (4, 0), "the credits are back");
            let poster = house.posters_of(&id).await.remove(0);
            let told = (poster.state, poster.failure_code.as_deref());
            assert_eq!(told, (PosterState::Refunded, Some("PROVIDER_TIMEOUT")));
            let late = jobs::Entity::find().filter(jobs::Column::Kind.eq(JobKind::CollectLate));
            assert!(late.one(house.database().read()).await.unwrap().is_some());
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

/// The real program, with one vendor.
fn program(vendor: &Vendor, dialect: Dialect, kind: &str, model: &str, extra: &str) -> Server {
    Server::start(&[
        ("HAIBAO_IMAGE_PROVIDERS__0__NAME", "vendor"),
        ("HAIBAO_IMAGE_PROVIDERS__0__KIND", kind),
        ("HAIBAO_IMAGE_PROVIDERS__0__BASE_URL", &vendor.base_url(dialect)),
        ("HAIBAO_IMAGE_PROVIDERS__0__API_KEY", "a-key"),
        ("HAIBAO_IMAGE_PROVIDERS__0__MODEL", model),
        ("HAIBAO_IMAGE_PROVIDERS__0__ALLOW_PRIVATE_ADDRESS", "true"),
        ("HAIBAO_IMAGE_PROVIDERS__0__EXTRA", extra),
    ])
}

/// Orders one poster, kills the program without warning once the vendor has the order (and, where it can
/// be followed up, once that is written down), starts it again and returns the finished set.
async fn killed_in_between(server: &mut Server, vendor: &Vendor, is_followed_up: bool) -> (Value, (i64, i64)) {
    let seller = server.seller("killed@example.com").await;
    let photo = seller.photo(fixture("lipstick-cutout.png")).await;
    let created = seller.create_generation("killed-once", &photo, &[1]).await;
    let id = created["generation"]["id"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    server
        .until("the vendor has the order", async |server| {
            let database = server.database().await;
            let rows = provider_attempts::Entity::find().all(database.read()).await.expect("rows");
            database.close().await.expect("closed");
            let is_there = |row: &provider_attempts::Model| row.reference.is_some() || !is_followed_up;
            (vendor.calls() == 1 && rows.iter().any(is_there)).then_some(())
        })
        .await;
    server.kill();
    server.restart();
    let finished = seller.finished(&id).await;
    let wallet = seller.wallet().await;
    assert_eq!(vendor.calls(), 1, "one call at the vendor");
    server.assert_healthy();
    (finished, wallet)
}

#[test]
fn a_killed_program_follows_up_what_the_vendor_accepted() {
    run(async {
        let vendor = Vendor::start(Script::default().with_polls(3)).await;
        let extra = "{mode=\"task\", download_hosts=\"localhost\"}";
        let mut server = program(&vendor, Dialect::DashScope, "dashscope", "wan2.6-t2i", extra);
        let (finished, wallet) = killed_in_between(&mut server, &vendor, true).await;
        assert_eq!(finished["posters"][0]["state"], json!("SUCCEEDED"), "{finished}");
        assert_eq!(wallet, (36, 0), "one settlement");
    });
}

#[test]
fn a_killed_program_does_not_order_twice_what_it_cannot_follow_up() {
    run(async {
        let vendor = Vendor::start(Script::always(Fault::NoAnswer)).await;
        let mut server = program(&vendor, Dialect::OpenAi, "openai", "gpt-image-2", "{}");
        let (finished, wallet) = killed_in_between(&mut server, &vendor, false).await;
        assert_eq!(finished["posters"][0]["state"], json!("REFUNDED"), "{finished}");
        assert_eq!(finished["posters"][0]["failure"]["code"], json!("PROVIDER_TIMEOUT"), "{finished}");
        assert_eq!(wallet, (40, 0), "the house bears what may have been billed");
    });
}

#[test]
fn work_that_nobody_waits_for_is_called_off_once() {
    run(async {
        for backend in engines() {
            let vendor = Vendor::start(Script::default().with_polls(1_000)).await;
            let table = json!({
                "name": "vendor", "kind": "dashscope", "model": "wan2.5-t2i-preview", "api_key": "sk-1234567890",
                "base_url": vendor.base_url(Dialect::DashScope), "allow_private_address": true,
                "extra": { "download_hosts": "localhost" },
            });
            haibao::app::init_crypto();
            let provider = image_provider(&serde_json::from_value(table).expect("a table")).expect("a provider");
            let painter = Painter { timeout: Duration::from_secs(3), ..Painter::unlimited(provider) };
            let house = House::with_studio(backend, studio_of(vec![painter]), 4, false).await;
            let id = house.create("unwanted", &[1]).await;
            let deleted = async {
                while house.posters_of(&id).await[0].state != PosterState::Refunded {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                let deleted = delete(&house.context, &house.viewer, &id).await.expect("an answer");
                assert!(matches!(deleted, DeleteOutcome::Deleted), "{deleted:?}");
            };
            tokio::join!(house.work_until_idle(), deleted);
            let seen = vendor.seen();
            let cancelled = seen.iter().filter(|seen| seen.path.ends_with("/cancel")).count();
            assert_eq!((vendor.calls(), cancelled), (1, 1));
            let attempts = attempts(&house).await;
            assert_eq!(attempts.len(), 1);
            assert_eq!((&*attempts[0].outcome, attempts[0].maybe_billed), ("ambiguous_timeout", 1));
            assert_eq!(house.wallet().await, (4, 0));
            house.assert_sound().await;
        }
    });
}
