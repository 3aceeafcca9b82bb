//! Leaving, coming back, and what is left of somebody who is gone.

use ::entity::{
    api_keys, enums::GenerationState, events, generations, ledger_entries, orders, sign_in_sessions, uploads, users,
    webhook_endpoints,
};
use bytes::Bytes;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, PaginatorTrait};

use super::*;
use crate::{
    clock::Clock as _,
    domain::validation::Refusal,
    events::{Fact, append_in_txn},
    services::{
        FieldRefusal, Viewer,
        testing::{House, NOW_MS},
    },
};

const ME: &str = "li@example.com";
const SET: &str = "session_20260110143052_a3f2";
const DAY_MS: i64 = 86_400_000;

/// Somebody with credits, a set in this state, a photo, a key and a web hook.
async fn settled(house: &House, state: GenerationState) -> Viewer {
    let me = house.person(ME).await;
    let user_id = me.user_id;
    grant(&house.context, ME, 40, None).await.unwrap();
    let txn = house.context.database.write().await.unwrap();
    let set = generations::ActiveModel {
        id: Set(SET.to_owned()),
        user_id: Set(user_id),
        idempotency_key: Set("k".to_owned()),
        request_sha256: Set(String::new()),
        state: Set(state),
        description: Set("grandmother's mug".to_owned()),
        product_name: Set(Some("粗陶杯".to_owned())),
        photo_ids: Set("[\"upload_1\"]".to_owned()),
        format: Set("PORTRAIT_9_16".to_owned()),
        seed: Set(7),
        last_seq: Set(0),
        version: Set(0),
        created_at_ms: Set(NOW_MS),
        ..Default::default()
    };
    set.insert(&txn).await.unwrap();
    let fact = Fact::ProductNamed { product_name: "粗陶杯".to_owned() };
    append_in_txn(&txn, SET, &fact, NOW_MS).await.unwrap();
    let photo = uploads::ActiveModel {
        id: Set("upload_1".to_owned()),
        user_id: Set(user_id),
        purpose: Set(::entity::enums::UploadPurpose::Photo),
        mime: Set("image/jpeg".to_owned()),
        width: Set(1),
        height: Set(1),
        byte_size: Set(5),
        sha256: Set("00".repeat(32)),
        object_key: Set(format!("uploads/{user_id}/upload_1.jpg")),
        created_at_ms: Set(NOW_MS),
    };
    uploads::Entity::insert(photo).exec_without_returning(&txn).await.unwrap();
    let key = api_keys::ActiveModel {
        user_id: Set(user_id),
        prefix: Set("hb_1".to_owned()),
        secret_sha256: Set("digest-of-a-secret".to_owned()),
        name: Set("ERP".to_owned()),
        scopes: Set("history:read".to_owned()),
        created_at_ms: Set(NOW_MS),
        ..Default::default()
    };
    key.insert(&txn).await.unwrap();
    let hook = webhook_endpoints::ActiveModel {
        user_id: Set(user_id),
        url: Set("https://example.com/".to_owned()),
        description: Set(String::new()),
        kinds: Set("order.paid".to_owned()),
        secret_sealed: Set("sealed-secret".to_owned()),
        created_at_ms: Set(NOW_MS),
        ..Default::default()
    };
    hook.insert(&txn).await.unwrap();
    let order = orders::ActiveModel {
        user_id: Set(user_id),
        amount: Set(100),
        status: Set(::entity::enums::OrderStatus::Closed),
        amount_fen: Set(1000),
        channel: Set("sandbox".to_owned()),
        request_sha256: Set(String::new()),
        created_at_ms: Set(NOW_MS),
        ..Default::default()
    };
    order.insert(&txn).await.unwrap();
    let session = sign_in_sessions::ActiveModel {
        id: Set("s1".to_owned()),
        user_id: Set(user_id),
        created_at_ms: Set(NOW_MS),
        expires_at_ms: Set(NOW_MS + 7 * DAY_MS),
        address: Set(Some("192.0.2.7".to_owned())),
        ..Default::default()
    };
    sign_in_sessions::Entity::insert(session).exec_without_returning(&txn).await.unwrap();
    txn.commit().await.unwrap();
    for key in [format!("outputs/{user_id}/{SET}/00-prime.jpg"), format!("uploads/{user_id}/upload_1.jpg")] {
        house.context.storage.put(&key, Bytes::from_static(b"bytes")).await.unwrap();
    }
    me
}

async fn stored(house: &House, user_id: i64) -> users::Model {
    users::Entity::find_by_id(user_id).one(house.context.database.read()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_wish_to_leave_needs_the_address_and_can_be_taken_back() {
    let house = House::open().await;
    let me = settled(&house, GenerationState::Completed).await;
    let wrong = deletion_request(&house.context, &me, "wang@example.com", 14 * DAY_MS).await.unwrap();
    assert_eq!(wrong, DeletionOutcome::Invalid(vec![FieldRefusal::new("email", Refusal::NotAllowed)]));
    let asked = deletion_request(&house.context, &me, " LI@example.com", 14 * DAY_MS).await.unwrap();
    assert_eq!(asked, DeletionOutcome::Scheduled(NOW_MS + 14 * DAY_MS));
    house.clock.advance_ms(DAY_MS);
    let again = deletion_request(&house.context, &me, ME, 14 * DAY_MS).await.unwrap();
    assert_eq!(again, asked, "asking again does not begin the time anew");
    let key = api_keys::Entity::find().one(house.context.database.read()).await.unwrap().unwrap();
    let hook = webhook_endpoints::Entity::find().one(house.context.database.read()).await.unwrap().unwrap();
    assert!(key.revoked_at_ms.is_some() && hook.disabled_at_ms.is_some());

    assert_eq!(erase_due(&house.context).await.unwrap(), 0, "there is time left");
    let user = deletion_cancel(&house.context, &me).await.unwrap();
    assert_eq!(user.deletes_at_ms, None);
    house.clock.advance_ms(30 * DAY_MS);
    assert_eq!(erase_due(&house.context).await.unwrap(), 0);
    assert_eq!(stored(&house, me.user_id).await.email, ME);
}

#[tokio::test]
async fn of_an_erased_account_only_the_books_are_left() {
    let house = House::open().await;
    let me = settled(&house, GenerationState::Completed).await;
    let stranger = house.person("wang@example.com").await;
    deletion_request(&house.context, &me, ME, DAY_MS).await.unwrap();
    house.clock.advance_ms(DAY_MS);
    assert_eq!(erase_due(&house.context).await.unwrap(), 1);
    assert_eq!(erase_due(&house.context).await.unwrap(), 0, "once");

    let reader = house.context.database.read();
    let user = stored(&house, me.user_id).await;
    assert!(user.email.ends_with("@erased.invalid") && user.erased_at_ms == Some(house.clock.now_ms()));
    let set = generations::Entity::find_by_id(SET).one(reader).await.unwrap().unwrap();
    assert_eq!((set.description.as_str(), set.product_name.as_deref(), set.photo_ids.as_str()), ("", None, "[]"));
    let events: Vec<_> = events::Entity::find().all(reader).await.unwrap();
    assert!(events.iter().all(|event| !event.payload.contains("粗陶杯")), "{events:?}");
    for left in [
        uploads::Entity::find().count(reader).await.unwrap(),
        api_keys::Entity::find().count(reader).await.unwrap(),
        sign_in_sessions::Entity::find().count(reader).await.unwrap(),
        webhook_endpoints::Entity::find().count(reader).await.unwrap(),
    ] {
        assert_eq!(left, 0);
    }
    for key in [format!("outputs/{}/{SET}/00-prime.jpg", me.user_id), format!("uploads/{}/upload_1.jpg", me.user_id)] {
        assert!(!house.context.storage.exists(&key).await.unwrap(), "{key}");
    }
    assert_eq!(orders::Entity::find().count(reader).await.unwrap(), 1, "the books stay");
    assert_eq!(ledger_entries::Entity::find().count(reader).await.unwrap(), 1);
    assert!(ledger::audit::broken(reader).await.unwrap().is_empty(), "and they add up");
    assert_eq!(stored(&house, stranger.user_id).await.email, "wang@example.com", "others are not touched");
    assert_eq!(erase_now(&house.context, ME).await.unwrap(), EraseOutcome::Unknown);
}

#[tokio::test]
async fn an_account_at_work_is_erased_later() {
    let house = House::open().await;
    settled(&house, GenerationState::Running).await;
    assert_eq!(erase_now(&house.context, ME).await.unwrap(), EraseOutcome::Busy);
    let row = generations::ActiveModel {
        id: Set(SET.to_owned()),
        state: Set(GenerationState::Completed),
        ..Default::default()
    };
    let txn = house.context.database.write().await.unwrap();
    row.update(&txn).await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!(erase_now(&house.context, ME).await.unwrap(), EraseOutcome::Erased);
}

#[tokio::test]
async fn an_export_has_everything_but_secrets() {
    let house = House::open().await;
    let me = settled(&house, GenerationState::Completed).await;
    house.person("wang@example.com").await;
    let AccountExport { document, files } = export(&house.context, ME).await.unwrap().expect("the account is there");
    for table in ["sign_in_sessions", "api_keys", "orders", "ledger_entries", "uploads", "generations", "events"] {
        assert_eq!(document[table].as_array().map(Vec::len), Some(1), "{table}: {document}");
    }
    assert_eq!(document["users"]["email"], ME);
    let text = document.to_string();
    assert!(text.contains("grandmother's mug") && text.contains("粗陶杯"));
    for secret in ["digest-of-a-secret", "sealed-secret", "wang@example.com"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert_eq!(files, [(format!("uploads/{}/upload_1.jpg", me.user_id), "uploads/upload_1.jpg".to_owned())]);
    assert!(export(&house.context, "nobody@example.com").await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_old_enough_is_forgotten() {
    let house = House::open().await;
    settled(&house, GenerationState::Completed).await;
    house.clock.advance_ms(7 * DAY_MS + 90 * DAY_MS);
    assert_eq!(sessions_forget(&house.context, 90 * DAY_MS).await.unwrap(), 0);
    house.clock.advance_ms(1);
    assert_eq!(sessions_forget(&house.context, 90 * DAY_MS).await.unwrap(), 1);
    assert_eq!(generations_expire(&house.context, 365 * DAY_MS).await.unwrap(), 0);
    assert_eq!(generations_expire(&house.context, 90 * DAY_MS).await.unwrap(), 1);
    let set = generations::Entity::find_by_id(SET).one(house.context.database.read()).await.unwrap().unwrap();
    assert!(set.deleted_at_ms.is_some());
}
