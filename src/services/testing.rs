//! What unit tests of use cases stand on: a real database in a temporary folder, and time that only
//! moves when told.

use std::{sync::Arc, time::Duration};

use ::entity::users;
use object_store::memory::InMemory;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait,
};

use super::{Context, Viewer};
use crate::{
    clock::MockClock,
    database::{Database, DatabaseOptions},
    domain::Composition,
    events::LocalDoorbell,
    ids::SeededIds,
    ledger::Wallet,
    storage::{Storage, UrlSigner},
};

/// 2026-01-01 00:00:00 UTC.
pub(crate) const NOW_MS: i64 = 1_767_225_600_000;

/// A context of its own for one test.
pub(crate) struct House {
    pub(crate) context: Context,
    pub(crate) clock: MockClock,
    // Deleted with the house.
    _folder: tempfile::TempDir,
}

impl House {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("haibao.db").display());
        let database = Database::open(&DatabaseOptions {
            url,
            readers: 2,
            connections_max: 4,
            acquire_timeout: Duration::from_secs(10),
        })
        .await
        .unwrap();
        database.migrate().await.unwrap();
        let clock = MockClock::at_ms(NOW_MS);
        let context = Context {
            compositions: Composition::ALL.to_vec(),
            database,
            storage: Storage::new(Arc::new(InMemory::new())),
            urls: UrlSigner::new(&[5; 32], 86_400),
            doorbell: Arc::new(LocalDoorbell::new(Duration::from_mins(1))),
            clock: Arc::new(clock.clone()),
            ids: Arc::new(SeededIds::new(1)),
            time_zone: jiff::tz::TimeZone::UTC,
        };
        Self { context, clock, _folder: folder }
    }

    /// A new account and its signed-in viewer.
    pub(crate) async fn person(&self, email: &str) -> Viewer {
        let txn = self.context.database.write().await.unwrap();
        let user = users::ActiveModel {
            id: NotSet,
            email: Set(email.to_owned()),
            credits: Set(0),
            frozen: Set(0),
            wallet_version: Set(0),
            created_at_ms: Set(NOW_MS),
            deletes_at_ms: Set(None),
            erased_at_ms: Set(None),
        };
        let user = user.insert(&txn).await.unwrap();
        txn.commit().await.unwrap();
        Viewer::session(user.id, "session", i64::MAX)
    }

    pub(crate) async fn wallet(&self, user_id: i64) -> Wallet {
        let user = users::Entity::find_by_id(user_id).one(self.context.database.read()).await.unwrap().unwrap();
        Wallet::from(&user)
    }
}
