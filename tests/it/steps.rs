//! The end of the process at every step of a poster and of an edit, one after the other: whatever was
//! done, it is finished once, paid once, and nothing is left behind.

use bytes::Bytes;
use entity::{
    edits,
    enums::{EditMode, EditState, PosterState, UploadPurpose},
    revisions,
};
use haibao::{
    domain::{Dimension, RevisionName},
    imaging::{self, ImageLimits},
    services::{
        edits::{CreateEdit, EditOutcome, PictureName},
        uploads::{UploadOutcome, store},
    },
    storage::{GenerationFolder, Storage},
    studio::Studio,
};
use image::{GrayImage, Luma};
use sea_orm::{EntityTrait, QueryOrder};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

use crate::support::{
    database::engines,
    halting::{Halt, HaltingStore},
    house::House,
    run,
};

/// Past a lease.
const LEASE_OVER_MS: i64 = 31_000;

async fn house(store: &HaltingStore, credits: i64) -> House {
    let storage = Storage::new(Arc::new(store.clone()));
    House::with_storage(
        engines()[0],
        Studio::builtin(Arc::new(haibao::composer::TakumiComposer::new()), 90),
        credits,
        storage,
    )
    .await
}

/// Works until the store stands still and ends the work there, as the end of the process would; then lets
/// the lease run out and works on.
async fn interrupted(house: &House, store: &HaltingStore, halt: Halt) {
    store.arm(halt);
    {
        let working = house.engine.run(CancellationToken::new());
        let ended = tokio::time::timeout(std::time::Duration::from_mins(2), async {
            tokio::select! {
                ended = working => panic!("{halt:?}: the engine ended by itself: {ended:?}"),
                () = store.halted() => {}
            }
        });
        ended.await.unwrap_or_else(|_| panic!("{halt:?} was never reached"));
    }
    let (_, frozen) = house.wallet().await;
    assert!(frozen > 0, "{halt:?}: what is not settled is still held");
    house.clock.advance_ms(LEASE_OVER_MS);
    house.engine.sweep_once().await.expect("expired leases go back into the queue");
    house.work_until_idle().await;
}

#[test]
fn a_poster_survives_the_end_of_the_process_at_every_step() {
    run(async {
        let store = HaltingStore::default();
        // The name; then recipe, background and picture of the poster; the photo is read first.
        let mut halts = vec![Halt::Read(0)];
        halts.extend((0..4).map(Halt::Before));
        halts.push(Halt::After(3));
        let house = house(&store, 4 * halts.len() as i64).await;
        for (number, halt) in halts.iter().enumerate() {
            let id = house.create(&format!("step-{number}"), &[0]).await;
            interrupted(&house, &store, *halt).await;
            let poster = house.posters_of(&id).await.remove(0);
            assert_eq!(poster.state, PosterState::Succeeded, "{halt:?}: {:?}", poster.failure_code);
            assert_eq!((poster.credits_captured, poster.credits_released), (4, 0), "{halt:?}");
            house.assert_sound().await;
        }
        assert_eq!(house.wallet().await, (0, 0));
        let pictures = revisions::Entity::find().all(house.database().read()).await.expect("the pictures");
        assert_eq!(pictures.len(), halts.len(), "one each");
    });
}

#[test]
fn an_edit_survives_the_end_of_the_process_at_every_step() {
    run(async {
        let store = HaltingStore::default();
        // Whole: recipe, background, master, picture. Under a brush also the patch.
        let whole = [Halt::Read(0), Halt::Before(0), Halt::Before(1), Halt::Before(2), Halt::Before(3), Halt::After(3)];
        let brush = [Halt::Before(0), Halt::Before(2), Halt::Before(4), Halt::After(4)];
        let house = house(&store, 4 + 4 * (whole.len() + brush.len()) as i64).await;
        let generation_id = house.create("set", &[0]).await;
        house.work_until_idle().await;
        let prime = PictureName { generation_id, dimension: Dimension::Hero, name: RevisionName::Prime };
        let base = revisions::Entity::find().one(house.database().read()).await.expect("an answer").expect("the prime");
        let mask = GrayImage::from_fn(base.width as u32, base.height as u32, |x, y| {
            Luma([if (100..300).contains(&x) && (100..300).contains(&y) { 255 } else { 0 }])
        });
        let png = Bytes::from(imaging::encode_png_grey(&mask));
        let mask = uploaded(&house, png).await;

        let steps = whole.iter().map(|halt| (*halt, false)).chain(brush.iter().map(|halt| (*halt, true)));
        for (number, (halt, is_brush)) in steps.enumerate() {
            let input = CreateEdit {
                idempotency_key: format!("step-{number}"),
                base: prime.clone(),
                mode: if is_brush { EditMode::Masked } else { EditMode::WholeImage },
                prompt: if is_brush { "提亮" } else { "换成暖色调" }.to_owned(),
                mask_id: is_brush.then(|| mask.clone()),
                reference_id: None,
            };
            let queued = house.edits.create(&house.viewer, input).await.expect("an answer");
            let EditOutcome::Queued(queued, _) = queued else { panic!("the edit is accepted: {queued:?}") };
            interrupted(&house, &store, halt).await;
            let edit = edits::Entity::find_by_id(queued.id).one(house.database().read()).await;
            let edit = edit.expect("an answer").expect("the edit");
            let told = (edit.state, edit.ordinal, edit.credits_captured);
            assert_eq!(told, (EditState::Succeeded, Some(number as i64), 4), "{halt:?}: {:?}", edit.failure_code);
            let folder = GenerationFolder::new(house.viewer.user_id, &prime.generation_id);
            let name = RevisionName::Edit(number as u32);
            for key in [folder.recipe(prime.dimension, name), folder.master(prime.dimension, name)] {
                assert!(house.context.storage.exists(&key).await.expect("an answer"), "{halt:?}: {key}");
            }
            house.assert_sound().await;
        }
        assert_eq!(house.wallet().await, (0, 0));
        let rows = revisions::Entity::find().order_by_asc(revisions::Column::Id);
        let rows = rows.all(house.database().read()).await.expect("the pictures");
        assert_eq!(rows.len(), 1 + whole.len() + brush.len(), "one each");
    });
}

async fn uploaded(house: &House, png: Bytes) -> String {
    let stored = store(&house.context, &house.viewer, UploadPurpose::Mask, png, ImageLimits::default()).await;
    match stored.expect("an answer") {
        UploadOutcome::Stored(upload) => upload.id,
        UploadOutcome::Refused(why) => panic!("the mask is fine: {why:?}"),
    }
}
