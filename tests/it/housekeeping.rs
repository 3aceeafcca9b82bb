//! What is tidied away, and what never is.

use bytes::Bytes;
use entity::{enums::UploadPurpose, uploads};
use haibao::{
    domain::FailureCode,
    imaging::ImageLimits,
    providers::image::ScriptedProvider,
    services::{
        generations::{DeleteOutcome, QueueOutcome, create, delete},
        housekeeping::{deleted_sets_clear, stray_uploads_delete, unused_uploads_delete},
        uploads::{UploadOutcome, store},
    },
};
use sea_orm::EntityTrait;

use crate::support::{database::engines, house::House, repository, run};

const DAY_MS: i64 = 24 * 3_600_000;

async fn upload(house: &House) -> uploads::Model {
    let photo = std::fs::read(repository().join("tests/fixtures/photos/lipstick-cutout.png")).expect("the photo");
    let limits = ImageLimits::default();
    match store(&house.context, &house.viewer, UploadPurpose::Photo, Bytes::from(photo), limits).await {
        Ok(UploadOutcome::Stored(upload)) => upload,
        other => panic!("the photo is fine: {other:?}"),
    }
}

async fn upload_ids(house: &House) -> Vec<String> {
    let rows = uploads::Entity::find().all(house.database().read()).await.expect("the uploads");
    rows.into_iter().map(|row| row.id).collect()
}

#[test]
fn an_upload_is_deleted_once_it_is_old_and_no_set_uses_it() {
    run(async {
        for backend in engines() {
            let house = House::new(backend, ScriptedProvider::new(), 4).await;
            let unused = upload(&house).await;
            let generation_id = house.create("k", &[0]).await;
            house.work_until_idle().await;
            assert_eq!(unused_uploads_delete(&house.context, DAY_MS).await.expect("a round"), 0, "both are young");

            house.clock.advance_ms(DAY_MS + 1);
            assert_eq!(unused_uploads_delete(&house.context, DAY_MS).await.expect("a round"), 1);
            assert_eq!(upload_ids(&house).await, [house.photo_id.as_str()], "the set keeps its photo");
            assert!(!house.context.storage.exists(&unused.object_key).await.expect("an answer"));

            // Its seller deletes the set: now the photo has no use either.
            let deleted = delete(&house.context, &house.viewer, &generation_id).await.expect("an answer");
            assert!(matches!(deleted, DeleteOutcome::Deleted));
            assert_eq!(unused_uploads_delete(&house.context, DAY_MS).await.expect("a round"), 1);
            assert!(upload_ids(&house).await.is_empty());
            house.assert_sound().await;
        }
    });
}

#[test]
fn files_without_rows_go_and_files_with_rows_stay() {
    run(async {
        for backend in engines() {
            let house = House::new(backend, ScriptedProvider::new(), 4).await;
            let storage = &house.context.storage;
            let stray = "uploads/1/upload_of_a_crashed_process.jpg";
            storage.put(stray, Bytes::from_static(b"jpeg")).await.expect("stored");
            // The files carry the system's time, which is not the house's.
            let now_ms = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_millis() as i64;
            house.clock.advance_ms(now_ms - house.clock_ms());
            assert_eq!(stray_uploads_delete(&house.context, DAY_MS).await.expect("a round"), 0, "too young to judge");
            house.clock.advance_ms(DAY_MS + 60_000);
            assert_eq!(stray_uploads_delete(&house.context, DAY_MS).await.expect("a round"), 1);
            assert!(!storage.exists(stray).await.expect("an answer"));
            assert_eq!(upload_ids(&house).await.len(), 1);

            // A crash after the deletion's row and before its files.
            let id = house.create("k", &[0]).await;
            house.work_until_idle().await;
            delete(&house.context, &house.viewer, &id).await.expect("an answer");
            let left = format!("outputs/{}/{id}/00-prime.jpg", house.viewer.user_id);
            storage.put(&left, Bytes::from_static(b"jpeg")).await.expect("stored");
            deleted_sets_clear(&house.context, DAY_MS).await.expect("a round");
            assert!(!storage.exists(&left).await.expect("an answer"));
        }
    });
}

#[test]
fn a_set_is_refused_when_its_photo_is_tidied_away_and_refunded_when_it_vanishes() {
    run(async {
        for backend in engines() {
            let house = House::new(backend, ScriptedProvider::new(), 8).await;
            let id = house.create("first", &[0, 1]).await;
            // No use case does this; a hand in the database may.
            let txn = house.database().write().await.expect("a transaction");
            uploads::Entity::delete_by_id(&house.photo_id).exec(&txn).await.expect("deleted");
            txn.commit().await.expect("committed");
            house.work_until_idle().await;
            assert_eq!(house.wallet().await, (8, 0), "both posters were refunded");
            for poster in house.posters_of(&id).await {
                assert_eq!(poster.failure_code.as_deref(), Some(FailureCode::Internal.code()));
            }
            let again = create(&house.context, &house.viewer, house.order("second", &[0])).await.expect("an answer");
            assert!(
                matches!(again, QueueOutcome::Invalid(ref refused) if refused[0].path == "photoIds.0"),
                "{again:?}"
            );
            house.assert_sound().await;
        }
    });
}
