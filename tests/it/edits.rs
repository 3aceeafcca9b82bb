//! Edits without their faces: held, made, settled and told exactly once; the right refusals; nothing
//! outside the brush.

use bytes::Bytes;
use entity::{
    edits,
    enums::{EditMode, EditState, UploadPurpose},
    revisions, scopes,
};
use haibao::{
    domain::{Dimension, RevisionName, validation::Refusal},
    events::{self, Fact},
    imaging::{self, EditMask, ImageLimits},
    providers::image::ScriptedProvider,
    services::{
        ServiceError, Viewer,
        edits::{CopyOutcome, CreateEdit, CurrentOutcome, EditOutcome, PARTS, PictureName, UpdateCopy},
        generations::{DeleteOutcome, delete},
        history,
        uploads::{UploadOutcome, store},
    },
    storage::GenerationFolder,
    studio::{CopyChange, Studio},
};
use image::{GrayImage, Luma, RgbaImage};
use sea_orm::{EntityTrait, QueryOrder};

use crate::support::{database::engines, house::House, run};

/// A set of one poster, made with so many credits left for edits.
async fn made(backend: crate::support::database::Engine, credits: i64) -> (House, PictureName) {
    let house = House::new(backend, ScriptedProvider::new(), 4 + credits).await;
    let generation_id = house.create("set", &[0]).await;
    house.work_until_idle().await;
    let prime = PictureName { generation_id, dimension: Dimension::Hero, name: RevisionName::Prime };
    (house, prime)
}

fn whole(key: &str, base: &PictureName, prompt: &str) -> CreateEdit {
    CreateEdit {
        idempotency_key: key.to_owned(),
        base: base.clone(),
        mode: EditMode::WholeImage,
        prompt: prompt.to_owned(),
        mask_id: None,
        reference_id: None,
    }
}

async fn queued(house: &House, input: CreateEdit) -> edits::Model {
    match house.edits.create(&house.viewer, input).await.expect("an answer") {
        EditOutcome::Queued(edit, _) => *edit,
        other => panic!("the edit is accepted: {other:?}"),
    }
}

async fn edit(house: &House, id: i64) -> edits::Model {
    edits::Entity::find_by_id(id).one(house.database().read()).await.expect("an answer").expect("the edit")
}

async fn revisions_of(house: &House, base: &PictureName) -> Vec<revisions::Model> {
    let rows = scopes::revisions_of(house.viewer.user_id, &base.generation_id).order_by_asc(revisions::Column::Id);
    rows.all(house.database().read()).await.expect("the revisions")
}

async fn mask(house: &House, pixels: &GrayImage) -> String {
    let bytes = Bytes::from(imaging::encode_png_grey(pixels));
    let stored = store(&house.context, &house.viewer, UploadPurpose::Mask, bytes, ImageLimits::default()).await;
    match stored.expect("an answer") {
        UploadOutcome::Stored(upload) => upload.id,
        UploadOutcome::Refused(why) => panic!("the mask is fine: {why:?}"),
    }
}

async fn pixels(house: &House, key: &str) -> RgbaImage {
    let bytes = house.context.storage.get(key).await.expect("the file");
    imaging::decode(&bytes, &ImageLimits::default()).expect("a picture").pixels
}

fn refusals(outcome: &EditOutcome) -> Vec<(String, Refusal)> {
    match outcome {
        EditOutcome::Invalid(fields) => fields.iter().map(|field| (field.path.clone(), field.refusal)).collect(),
        other => panic!("refused: {other:?}"),
    }
}

#[test]
fn an_edit_is_held_made_paid_and_told_once() {
    run(async {
        for backend in engines() {
            let (house, prime) = made(backend, 8).await;
            let first = queued(&house, whole("e1", &prime, "换成暖色调")).await;
            assert_eq!(house.wallet().await, (4, 4), "held before anything is made");
            let again = queued(&house, whole("e1", &prime, "换成暖色调")).await;
            assert_eq!(first.id, again.id, "the same key is the same edit");
            let other = house.edits.create(&house.viewer, whole("e1", &prime, "换成冷色调")).await;
            assert!(matches!(other, Err(ServiceError::IdempotencyConflict)), "{other:?}");
            let second = house.edits.create(&house.viewer, whole("e2", &prime, "换成冷色调")).await.expect("an answer");
            assert!(matches!(second, EditOutcome::InProgress(active) if active.id == first.id), "one at a time");
            let deleted = delete(&house.context, &house.viewer, &prime.generation_id).await.expect("an answer");
            assert!(matches!(deleted, DeleteOutcome::InProgress(_)), "a set is not deleted under its edit");

            house.work_until_idle().await;
            let ended = edit(&house, first.id).await;
            assert_eq!((ended.state, ended.credits_captured), (EditState::Succeeded, 4), "{ended:?}");
            assert_eq!(house.wallet().await, (4, 0));
            let rows = revisions_of(&house, &prime).await;
            assert_eq!(
                rows.iter().map(|row| row.file_name.as_str()).collect::<Vec<_>>(),
                ["00-prime.jpg", "00-edit0.jpg"]
            );
            assert_eq!(rows[1].base_revision_id, Some(rows[0].id));
            let folder = GenerationFolder::new(house.viewer.user_id, &prime.generation_id);
            let (dimension, name) = (Dimension::Hero, RevisionName::Edit(0));
            for key in [folder.recipe(dimension, name), folder.plate(dimension, name), folder.master(dimension, name)] {
                assert!(house.context.storage.exists(&key).await.expect("an answer"), "{key}");
            }

            let told = events::page(house.database().read(), &prime.generation_id, 0, 100).await.expect("the events");
            let told: Vec<&Fact> = told.iter().map(|event| &event.fact).collect();
            let [.., started, succeeded] = told.as_slice() else { panic!("two events of the edit: {told:?}") };
            assert!(matches!(started, Fact::EditStarted { wallet, .. } if (wallet.credits, wallet.frozen) == (4, 4)));
            assert!(
                matches!(succeeded, Fact::EditSucceeded { wallet, credits_captured: 4, .. } if wallet.frozen == 0),
                "{succeeded:?}"
            );

            // An edit of the edit, with the last credits; then there are none.
            let base = PictureName { name, ..prime.clone() };
            let third = queued(&house, whole("e3", &base, "标题改为「山野清晨」")).await;
            house.work_until_idle().await;
            let third = edit(&house, third.id).await;
            assert_eq!(third.state, EditState::Succeeded, "{third:?}");
            assert_eq!(revisions_of(&house, &prime).await[2].file_name, "00-edit1.jpg");
            let poor = house.edits.create(&house.viewer, whole("e4", &prime, "换成暖色调")).await.expect("an answer");
            assert!(matches!(poor, EditOutcome::InsufficientCredits { required: 4, available: 0 }), "{poor:?}");

            // Going back costs nothing and loses nothing.
            let restored = house.edits.restore(&house.viewer, &prime).await.expect("an answer");
            let CurrentOutcome::Chosen(poster) = restored else { panic!("restored") };
            assert_eq!(poster.current_revision_id, Some(rows[0].id));
            let covered = house.edits.cover(&house.viewer, &base).await.expect("an answer");
            let CurrentOutcome::Chosen(generation) = covered else { panic!("covered") };
            assert_eq!(generation.cover_revision_id, Some(rows[1].id));
            house.assert_sound().await;
        }
    });
}

#[test]
fn what_cannot_be_done_is_refunded() {
    run(async {
        let (house, prime) = made(engines()[0], 4).await;
        for (key, prompt, failure) in [
            ("u", "让一只真的小猫坐在商品旁边", "UNSUPPORTED_EDIT"),
            ("n", "背景保持不变，什么都不要改", "UNSUPPORTED_EDIT"),
        ] {
            let edit_row = queued(&house, whole(key, &prime, prompt)).await;
            house.work_until_idle().await;
            let ended = edit(&house, edit_row.id).await;
            assert_eq!(
                (ended.state, ended.failure_code.as_deref(), ended.credits_released),
                (EditState::Refunded, Some(failure), 4),
                "{prompt}"
            );
            assert_eq!(house.wallet().await, (4, 0));
        }
        assert_eq!(revisions_of(&house, &prime).await.len(), 1, "no picture was left behind");
        house.assert_sound().await;
    });
}

#[test]
fn masks_and_names_are_looked_at_before_credits_are_held() {
    run(async {
        let (house, prime) = made(engines()[0], 4).await;
        let stranger = Viewer::session(house.viewer.user_id + 1, "other", i64::MAX);
        let foreign = house.edits.create(&stranger, whole("f", &prime, "换成暖色调")).await.expect("an answer");
        assert_eq!(refusals(&foreign), [("baseRevisionId".to_owned(), Refusal::NotFound)]);
        let missing = PictureName { name: RevisionName::Edit(7), ..prime.clone() };
        let outcome = house.edits.create(&house.viewer, whole("m", &missing, "换成暖色调")).await.expect("an answer");
        assert_eq!(refusals(&outcome), [("baseRevisionId".to_owned(), Refusal::NotFound)]);

        let base = &revisions_of(&house, &prime).await[0];
        let (width, height) = (base.width as u32, base.height as u32);
        let of = |width, height, painted: u32| {
            GrayImage::from_fn(width, height, |x, y| Luma([if x < painted && y < painted { 255 } else { 0 }]))
        };
        for (number, (drawn, refusal)) in [
            (of(width - 1, height, 300), Refusal::SizeDiffers { given: (width - 1, height), wanted: (width, height) }),
            (of(width, height, 3), Refusal::MaskTooSmall),
            (of(width, height, width.max(height)), Refusal::MaskTooLarge),
        ]
        .into_iter()
        .enumerate()
        {
            let mask_id = Some(mask(&house, &drawn).await);
            let input =
                CreateEdit { mode: EditMode::Masked, mask_id, ..whole(&format!("mask{number}"), &prime, "模糊") };
            let outcome = house.edits.create(&house.viewer, input).await.expect("an answer");
            assert_eq!(refusals(&outcome), [("maskId".to_owned(), refusal)]);
        }
        let unmasked = CreateEdit { mode: EditMode::Masked, ..whole("x", &prime, "模糊") };
        let outcome = house.edits.create(&house.viewer, unmasked).await.expect("an answer");
        assert_eq!(refusals(&outcome), [("maskId".to_owned(), Refusal::Required)]);
        let photo =
            CreateEdit {
                mode: EditMode::Masked, mask_id: Some(house.photo_id.clone()), ..whole("y", &prime, "模糊")
            };
        let outcome = house.edits.create(&house.viewer, photo).await.expect("an answer");
        assert_eq!(refusals(&outcome), [("maskId".to_owned(), Refusal::NotAllowed)], "a photo is no mask");
        assert_eq!(house.wallet().await, (4, 0), "nothing was held");
    });
}

/// Edit upon edit inside one small mask: what lies outside never changes by a bit.
#[test]
fn nothing_outside_the_brush_changes_however_often() {
    run(async {
        const TIMES: u32 = 3;
        let (house, prime) = made(engines()[0], 4 * i64::from(TIMES)).await;
        let folder = GenerationFolder::new(house.viewer.user_id, &prime.generation_id);
        let before = pixels(&house, &folder.picture(Dimension::Hero, RevisionName::Prime)).await;
        let (width, height) = before.dimensions();
        let (left, top) = (width / 2 - 60, height / 2 - 60);
        let inside = |x: u32, y: u32| (left..left + 120).contains(&x) && (top..top + 120).contains(&y);
        let painted = GrayImage::from_fn(width, height, |x, y| Luma([if inside(x, y) { 255 } else { 0 }]));
        let mask_id = mask(&house, &painted).await;
        let mut base = prime.clone();
        for number in 0..TIMES {
            let prompt = ["模糊", "提亮", "变成蓝色"][number as usize % 3];
            let input = CreateEdit {
                mode: EditMode::Masked,
                mask_id: Some(mask_id.clone()),
                ..whole(&format!("b{number}"), &base, prompt)
            };
            let row = queued(&house, input).await;
            house.work_until_idle().await;
            let ended = edit(&house, row.id).await;
            assert_eq!(ended.state, EditState::Succeeded, "{prompt}: {:?}", ended.failure_code);
            base.name = RevisionName::Edit(number);
        }
        let after = pixels(&house, &folder.master(Dimension::Hero, base.name)).await;
        // Far enough from the brush for any feather.
        let margin = 48;
        let near = |x: u32, y: u32| {
            (left - margin..left + 120 + margin).contains(&x) && (top - margin..top + 120 + margin).contains(&y)
        };
        let differing =
            before.enumerate_pixels().filter(|(x, y, pixel)| !near(*x, *y) && after.get_pixel(*x, *y) != *pixel);
        assert_eq!(differing.count(), 0, "outside the brush");
        let changed =
            before.enumerate_pixels().filter(|(x, y, pixel)| inside(*x, *y) && after.get_pixel(*x, *y) != *pixel);
        assert!(changed.count() > 120 * 120 / 2, "inside it something changed");
        house.assert_sound().await;
    });
}

#[test]
fn an_edit_goes_on_while_its_set_is_made() {
    run(async {
        let house = House::new(engines()[0], ScriptedProvider::new(), 12).await;
        let generation_id = house.create("set", &[0]).await;
        house.work_until_idle().await;
        let prime = PictureName { generation_id, dimension: Dimension::Hero, name: RevisionName::Prime };
        house.create("next", &[3]).await;
        let edit_row = queued(&house, whole("e", &prime, "换成暖色调")).await;
        assert_eq!(house.wallet().await, (0, 8), "a set and an edit at the same time");
        house.work_until_idle().await;
        assert_eq!(edit(&house, edit_row.id).await.state, EditState::Succeeded);
        assert_eq!(house.wallet().await, (0, 0));
        house.assert_sound().await;
    });
}

#[test]
fn words_change_for_nothing_and_on_the_whole_set() {
    run(async {
        let house = House::new(engines()[0], ScriptedProvider::new(), 8).await;
        let generation_id = house.create("set", &[0, 7]).await;
        house.work_until_idle().await;
        let prime = PictureName { generation_id, dimension: Dimension::Hero, name: RevisionName::Prime };
        let of = |id: &str, text: &str, set_wide| UpdateCopy {
            base: prime.clone(),
            lines: vec![CopyChange { id: id.to_owned(), text: text.to_owned() }],
            set_wide,
        };
        let rows = revisions_of(&house, &prime).await;
        let hero = rows.iter().find(|row| row.file_name == "00-prime.jpg").expect("the hero");
        let recipe = history::recipe_of_revision(&house.context, hero).await.expect("a recipe");
        let lines = Studio::copy_of(&recipe);
        let title = lines.iter().find(|line| line.role.code() == "TITLE").expect("a title");
        let brand =
            lines.iter().find(|line| line.is_set_wide && !line.text.is_empty()).expect("a line of the whole set");

        let updated =
            house.edits.update_copy(&house.viewer, of(&title.id, "山野清晨", false)).await.expect("an answer");
        let CopyOutcome::Updated(new) = updated else { panic!("updated: {updated:?}") };
        assert_eq!(new.iter().map(|row| row.file_name.as_str()).collect::<Vec<_>>(), ["00-edit0.jpg"]);
        let again = history::recipe_of_revision(&house.context, &new[0]).await.expect("a recipe");
        assert!(Studio::copy_of(&again).iter().any(|line| line.id == title.id && line.text == "山野清晨"));

        let updated = house.edits.update_copy(&house.viewer, of(&brand.id, "晨露", true)).await.expect("an answer");
        let CopyOutcome::Updated(new) = updated else { panic!("updated: {updated:?}") };
        let mut names: Vec<&str> = new.iter().map(|row| row.file_name.as_str()).collect();
        assert_eq!(names.remove(0), "00-edit1.jpg", "the named picture first");
        assert_eq!(names, ["07-edit0.jpg"], "and every other poster of the set");

        for (id, text, refusal) in [
            ("no.such.line", "x", Refusal::NotFound),
            (title.id.as_str(), title.text.as_str(), Refusal::NothingChanged),
            (title.id.as_str(), &"长".repeat(400), Refusal::TooLong),
        ] {
            let refused = house.edits.update_copy(&house.viewer, of(id, text, false)).await.expect("an answer");
            let CopyOutcome::Invalid(fields) = refused else { panic!("refused: {refused:?}") };
            assert_eq!(fields[0].refusal, refusal, "{id}");
        }
        assert_eq!(house.wallet().await, (0, 0), "nothing was held or spent");
        let told = events::page(house.database().read(), &prime.generation_id, 0, 100).await.expect("the events");
        let added = told.iter().filter(|event| matches!(event.fact, Fact::RevisionAdded { .. })).count();
        assert_eq!(added, 3, "each free picture is told");
        house.assert_sound().await;
    });
}

#[test]
fn parts_of_a_composed_poster_need_not_be_painted() {
    run(async {
        let (house, prime) = made(engines()[0], 0).await;
        let row = &revisions_of(&house, &prime).await[0];
        let generation = scopes::generation_of(house.viewer.user_id, &prime.generation_id);
        let generation = generation.one(house.database().read()).await.expect("an answer").expect("the set");
        let mut painted = Vec::new();
        for part in PARTS {
            let wanted = (Dimension::Hero, RevisionName::Prime, part);
            let png = house.edits.known_mask(&generation, wanted).await.expect("an answer").expect("a mask");
            let kept = house.edits.known_mask(&generation, wanted).await.expect("an answer").expect("a mask");
            assert_eq!(png, kept);
            let mask = EditMask::from_upload(&png, (row.width as u32, row.height as u32), &ImageLimits::default());
            painted.push(mask.expect("a mask that can be edited with").coverage());
        }
        let [product, background, text] = painted[..] else { panic!("three parts") };
        assert!(product > 0.01 && text > 0.01 && background > product, "{painted:?}");
        assert!(product + background + text < 1.3, "parts hardly overlap: {painted:?}");
        let missing = (Dimension::Hero, RevisionName::Edit(3), PARTS[0]);
        assert!(house.edits.known_mask(&generation, missing).await.expect("an answer").is_none());
    });
}
