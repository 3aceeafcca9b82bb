//! Edits by models, from the order to the books: painted by vendors, read by text models, cut off and
//! come too late.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use entity::{
    edits,
    enums::{EditMode, EditState, JobKind, UploadPurpose},
    jobs, provider_attempts, revisions,
};
use haibao::{
    clock::SystemClock,
    composer::TakumiComposer,
    domain::{Dimension, RevisionName},
    ids::SeededIds,
    imaging::{self, ImageLimits},
    providers::{
        Budget, FailureClass, Gate,
        image::{BuiltinPlates, ImageProvider, Painter, Painters, Purpose, image_provider},
        text::{Reader, Readers, ScriptedTextModel, TextPurpose},
    },
    services::{
        edits::{CreateEdit, EditOutcome, PictureName},
        history,
        uploads::{UploadOutcome, store},
    },
    storage::GenerationFolder,
    studio::Studio,
};
use image::{GrayImage, Luma, RgbaImage};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::{
    database::{Engine as Backend, engines},
    house::House,
    lines::Line,
    run,
    vendor::{Dialect, Fault, Refusal, Script, Vendor},
};

/// What no rule can do.
const WISH: &str = "画一只戴帽子的小猫";

/// A studio that draws backgrounds by itself and has this line to a vendor for edits.
fn studio(vendor: &Vendor, line: Line, timeout: Duration, readers: Vec<Reader>) -> Studio {
    studio_of(line.provider(vendor), timeout, readers)
}

/// A vendor that takes masks as they are.
fn masked(vendor: &Vendor) -> Arc<dyn ImageProvider> {
    let table = json!({
        "name": "vendor", "kind": "openai", "model": "gpt-image-2", "api_key": "sk-1234567890",
        "base_url": vendor.base_url(Dialect::OpenAi), "allow_private_address": true, "native_mask": true,
    });
    haibao::app::init_crypto();
    image_provider(&serde_json::from_value(table).expect("a table")).expect("a provider")
}

fn studio_of(provider: Arc<dyn ImageProvider>, timeout: Duration, readers: Vec<Reader>) -> Studio {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SeededIds::new(11)));
    let own = Painter { purposes: vec![Purpose::Plate], ..Painter::unlimited(Arc::new(BuiltinPlates)) };
    let theirs = Painter {
        purposes: vec![Purpose::EditWhole, Purpose::EditMasked],
        gate: Gate::new(4, 0),
        timeout,
        price_microusd: 40_000,
        ..Painter::unlimited(provider)
    };
    let painters = Painters::new(vec![own, theirs], Arc::clone(&clock) as _, Arc::clone(&ids) as _);
    Studio::new(Arc::new(TakumiComposer::new()), painters, Readers::new(readers, clock, ids), 90)
}

fn reader(answers: impl IntoIterator<Item = Result<Value, FailureClass>>) -> (Reader, Arc<ScriptedTextModel>) {
    let model = Arc::new(ScriptedTextModel::new(answers));
    let reader = Reader {
        model: Arc::clone(&model) as _,
        purposes: vec![TextPurpose::Edit],
        gate: Gate::new(4, 0),
        timeout: Duration::from_secs(5),
        budget: Budget::default(),
    };
    (reader, model)
}

/// A set of one poster, made with so many credits left for edits.
async fn made(backend: Backend, studio: Studio, credits: i64) -> (House, PictureName) {
    let house = House::with_studio(backend, studio, 4 + credits, false).await;
    let generation_id = house.create("set", &[0]).await;
    house.work_until_idle().await;
    let prime = PictureName { generation_id, dimension: Dimension::Hero, name: RevisionName::Prime };
    (house, prime)
}

/// Orders an edit and works until it has ended.
async fn ended(house: &House, key: &str, base: &PictureName, prompt: &str, mask_id: Option<String>) -> edits::Model {
    let mode = if mask_id.is_some() { EditMode::Masked } else { EditMode::WholeImage };
    let input = CreateEdit {
        idempotency_key: key.to_owned(),
        base: base.clone(),
        mode,
        prompt: prompt.to_owned(),
        mask_id,
        reference_id: None,
    };
    let queued = match house.edits.create(&house.viewer, input).await.expect("an answer") {
        EditOutcome::Queued(edit, _) => *edit,
        other => panic!("the edit is accepted: {other:?}"),
    };
    house.work_until_idle().await;
    let found = edits::Entity::find_by_id(queued.id).one(house.database().read()).await.expect("an answer");
    found.expect("the edit")
}

async fn attempts(house: &House) -> Vec<provider_attempts::Model> {
    let found = provider_attempts::Entity::find().order_by_asc(provider_attempts::Column::Id);
    found.all(house.database().read()).await.expect("the attempts")
}

async fn pictures(house: &House) -> Vec<revisions::Model> {
    let found = revisions::Entity::find().order_by_asc(revisions::Column::Id);
    found.all(house.database().read()).await.expect("the pictures")
}

async fn pixels(house: &House, key: &str) -> RgbaImage {
    let bytes = house.context.storage.get(key).await.expect("the file");
    imaging::decode(&bytes, &ImageLimits::default()).expect("a picture").pixels
}

#[test]
fn a_place_that_a_vendor_painted_is_paid_once_and_the_rest_stays() {
    run(async {
        for backend in engines() {
            let vendor = Vendor::start(Script::of([Fault::Refused(Refusal::Server)])).await;
            let studio = studio_of(masked(&vendor), Duration::from_secs(20), Vec::new());
            let (house, prime) = made(backend, studio, 4).await;
            let folder = GenerationFolder::new(house.viewer.user_id, &prime.generation_id);
            let before = pixels(&house, &folder.picture(Dimension::Hero, RevisionName::Prime)).await;
            let (width, height) = before.dimensions();
            let inside = |x: u32, y: u32| (200..440).contains(&x) && (300..540).contains(&y);
            let mask = GrayImage::from_fn(width, height, |x, y| Luma([if inside(x, y) { 255 } else { 0 }]));
            let png = Bytes::from(imaging::encode_png_grey(&mask));
            let mask = store(&house.context, &house.viewer, UploadPurpose::Mask, png, ImageLimits::default()).await;
            let Ok(UploadOutcome::Stored(mask)) = mask else { panic!("the mask is fine: {mask:?}") };

            let edit = ended(&house, "place", &prime, WISH, Some(mask.id)).await;
            assert_eq!((edit.state, edit.credits_captured), (EditState::Succeeded, 4), "{edit:?}");
            assert_eq!(house.wallet().await, (0, 0));
            let calls = attempts(&house).await;
            let told: Vec<_> = calls.iter().map(|call| (&*call.purpose, &*call.outcome)).collect();
            assert_eq!(told, [("edit_masked", "transient"), ("edit_masked", "ok")]);
            assert!(calls.iter().all(|call| call.hold_id.is_some() && call.finished_at_ms > 0));
            assert_eq!(vendor.calls(), 2);
            let edited = &pictures(&house).await[1];
            assert_eq!((edited.provider.as_deref(), edited.file_name.as_str()), (Some("vendor"), "00-edit0.jpg"));

            let after = pixels(&house, &folder.master(Dimension::Hero, RevisionName::Edit(0))).await;
            let near = |x: u32, y: u32| (140..500).contains(&x) && (240..600).contains(&y);
            let differing =
                before.enumerate_pixels().filter(|(x, y, pixel)| !near(*x, *y) && after.get_pixel(*x, *y) != *pixel);
            assert_eq!(differing.count(), 0, "outside the brush");
            let changed =
                before.enumerate_pixels().filter(|(x, y, pixel)| inside(*x, *y) && after.get_pixel(*x, *y) != *pixel);
            assert!(changed.count() > 240 * 240 / 2, "inside it something changed");

            // What a seller takes away shows the edit too, whatever is left of the words.
            let generation = history::generation(&house.context, &house.viewer, &prime.generation_id).await;
            let generation = generation.expect("an answer").expect("the set");
            let clean = house.exports.file(&generation, "00-edit0.clean.jpg").await.expect("a poster without words");
            let clean = imaging::decode(&clean, &ImageLimits::default()).expect("a picture").pixels;
            let [r, g, b, _] = clean.get_pixel(320, 420).0;
            assert!(r > 200 && (90..190).contains(&g) && b < 80, "the painted place: {r} {g} {b}");
            house.assert_sound().await;
        }
    });
}

#[test]
fn an_edit_that_comes_after_its_refund_is_given_for_nothing() {
    run(async {
        for backend in engines() {
            let vendor = Vendor::start(Script::default().with_polls(4)).await;
            let studio = studio(&vendor, Line::DashScopeTask, Duration::from_secs(4), Vec::new());
            let (house, prime) = made(backend, studio, 4).await;
            let edit = ended(&house, "late", &prime, WISH, None).await;
            let told = (edit.state, edit.failure_code.as_deref(), edit.credits_released);
            assert_eq!(told, (EditState::Refunded, Some("PROVIDER_TIMEOUT"), 4), "{:?}", attempts(&house).await);
            assert_eq!(house.wallet().await, (4, 0), "the credits are back");
            let pictures = pictures(&house).await;
            assert_eq!(pictures.len(), 2, "it came: {:?}", attempts(&house).await);
            assert_eq!((pictures[1].hold_id, pictures[1].edit_id), (None, Some(edit.id)), "and costs nothing");
            assert_eq!(pictures[1].file_name, "00-edit0.jpg");
            let late = jobs::Entity::find().filter(jobs::Column::Kind.eq(JobKind::CollectLate));
            assert!(late.one(house.database().read()).await.unwrap().is_some());
            assert_eq!(vendor.calls(), 1, "and was ordered once");
            house.assert_sound().await;
            // The next edit starts from it and gets the next number.
            let base = PictureName { name: RevisionName::Edit(0), ..prime.clone() };
            let next = ended(&house, "next", &base, "换成暖色调", None).await;
            assert_eq!((next.state, next.ordinal), (EditState::Succeeded, Some(1)));
            house.assert_sound().await;
        }
    });
}

#[test]
fn a_text_model_puts_a_wish_into_words_that_the_rules_know() {
    run(async {
        let vendor = Vendor::start(Script::default()).await;
        let (reader, model) = reader([
            // Half of it no rule can read: it is told so and mends it.
            Ok(json!({ "route": "rules", "steps": ["产品大一点", "画一条龙"] })),
            Ok(json!({ "route": "rules", "steps": ["产品大一点", "换成复古风"] })),
            Err(FailureClass::Quota),
            Ok(json!({ "route": "painter", "steps": [] })),
        ]);
        let studio = studio(&vendor, Line::OpenAi, Duration::from_secs(20), vec![reader]);
        let (house, prime) = made(engines()[0], studio, 12).await;
        let edit = ended(&house, "read", &prime, "感觉再复古洋气些，货要抢眼", None).await;
        assert_eq!(edit.state, EditState::Succeeded, "{edit:?}");
        assert_eq!(model.asked().len(), 2);
        assert!(model.asked()[0].user.contains("货要抢眼"), "the wish is shown as data");
        let picture = &pictures(&house).await[1];
        assert_eq!(picture.provider.as_deref(), Some("builtin"), "the rules made it");
        assert_eq!(vendor.calls(), 0, "no painter was needed");
        let calls = attempts(&house).await;
        assert!(calls.iter().all(|call| call.purpose == "edit" && call.hold_id == Some(picture.hold_id.unwrap())));

        // One that fails, and one that sends the wish on: a painter does it in the seller's own words.
        for key in ["fails", "sends-on"] {
            let edit = ended(&house, key, &prime, WISH, None).await;
            assert_eq!(edit.state, EditState::Succeeded, "{key}: {edit:?}");
        }
        assert_eq!(vendor.calls(), 2);
        assert!(vendor.seen().iter().filter_map(|seen| seen.field("prompt")).all(|prompt| prompt.contains("小猫")));
        assert_eq!(house.wallet().await, (0, 0));
        house.assert_sound().await;
    });
}
