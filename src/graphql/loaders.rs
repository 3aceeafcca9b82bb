//! Rows that hang on rows, read for a whole list at once.
//!
//! One loader serves all requests: its keys are ids of rows that the request has been allowed to
//! see already, it keeps nothing, and so requests that come together share their reads.

use std::{collections::HashMap, sync::Arc};

use ::entity::{edits, generations, holds, orders, payment_attempts, posters, revisions, uploads};
use async_graphql::dataloader::{DataLoader, Loader};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tokio_util::task::TaskTracker;

use super::ApiError;
use crate::services::{Context, ServiceError, history};

/// Reads rows by key, many keys in one query.
pub struct RowLoader(Context);

/// A loader whose reads run on the task tracker.
pub fn data_loader(context: Context, tracker: TaskTracker) -> DataLoader<RowLoader> {
    DataLoader::new(RowLoader(context), move |reading| {
        tracker.spawn(reading);
    })
}

/// Why a read failed; shared by all who waited for it.
#[derive(Clone, Debug)]
pub struct LoadError(Arc<ServiceError>);

impl<E: Into<ServiceError>> From<E> for LoadError {
    fn from(error: E) -> Self {
        Self(Arc::new(error.into()))
    }
}

impl From<LoadError> for ApiError {
    fn from(error: LoadError) -> Self {
        Self::internal(&error.0)
    }
}

/// Posters of a generation, in the catalogue's order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PostersOf(pub String);

impl Loader<PostersOf> for RowLoader {
    type Value = Arc<[posters::Model]>;
    type Error = LoadError;

    async fn load(&self, keys: &[PostersOf]) -> Result<HashMap<PostersOf, Self::Value>, LoadError> {
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let rows = history::posters_of_generations(&self.0, &ids).await?;
        Ok(grouped(rows, |row| PostersOf(row.generation_id.clone())))
    }
}

/// Revisions of a poster: prime first, then the edits in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RevisionsOf(pub i64);

impl Loader<RevisionsOf> for RowLoader {
    type Value = Arc<[revisions::Model]>;
    type Error = LoadError;

    async fn load(&self, keys: &[RevisionsOf]) -> Result<HashMap<RevisionsOf, Self::Value>, LoadError> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = history::revisions_of_posters(&self.0, &ids).await?;
        Ok(grouped(rows, |row| RevisionsOf(row.poster_id)))
    }
}

/// The first picture of a generation in the catalogue's order: `00-prime`, else the first success.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CoverOf(pub String);

impl Loader<CoverOf> for RowLoader {
    type Value = revisions::Model;
    type Error = LoadError;

    async fn load(&self, keys: &[CoverOf]) -> Result<HashMap<CoverOf, Self::Value>, LoadError> {
        // File names begin with the index, so their order is the catalogue's.
        let rows = revisions::Entity::find()
            .filter(revisions::Column::GenerationId.is_in(keys.iter().map(|key| key.0.as_str())))
            .filter(revisions::Column::EditOrdinal.is_null())
            .order_by_desc(revisions::Column::FileName)
            .all(self.0.database.read())
            .await?;
        Ok(rows.into_iter().map(|row| (CoverOf(row.generation_id.clone()), row)).collect())
    }
}

/// The edit that runs on a poster, if one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ActiveEditOf(pub i64);

impl Loader<ActiveEditOf> for RowLoader {
    type Value = edits::Model;
    type Error = LoadError;

    async fn load(&self, keys: &[ActiveEditOf]) -> Result<HashMap<ActiveEditOf, Self::Value>, LoadError> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = history::active_edits_of_posters(&self.0, &ids).await?;
        Ok(rows.into_iter().map(|row| (ActiveEditOf(row.poster_id), row)).collect())
    }
}

/// The newest try to pay an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PaymentOf(pub i64);

impl Loader<PaymentOf> for RowLoader {
    type Value = payment_attempts::Model;
    type Error = LoadError;

    async fn load(&self, keys: &[PaymentOf]) -> Result<HashMap<PaymentOf, Self::Value>, LoadError> {
        let rows = payment_attempts::Entity::find()
            .filter(payment_attempts::Column::OrderId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(payment_attempts::Column::Id)
            .all(self.0.database.read())
            .await?;
        Ok(rows.into_iter().map(|row| (PaymentOf(row.order_id), row)).collect())
    }
}

/// An upload by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadOf(pub String);

impl Loader<UploadOf> for RowLoader {
    type Value = uploads::Model;
    type Error = LoadError;

    async fn load(&self, keys: &[UploadOf]) -> Result<HashMap<UploadOf, Self::Value>, LoadError> {
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let rows = history::uploads_by_id(&self.0, &ids).await?;
        Ok(rows.into_iter().map(|row| (UploadOf(row.id.clone()), row)).collect())
    }
}

/// A generation by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GenerationById(pub String);

impl Loader<GenerationById> for RowLoader {
    type Value = generations::Model;
    type Error = LoadError;

    async fn load(&self, keys: &[GenerationById]) -> Result<HashMap<GenerationById, Self::Value>, LoadError> {
        let rows = generations::Entity::find()
            .filter(generations::Column::Id.is_in(keys.iter().map(|key| key.0.as_str())))
            .all(self.0.database.read())
            .await?;
        Ok(rows.into_iter().map(|row| (GenerationById(row.id.clone()), row)).collect())
    }
}

/// Declares a key that is a row's number.
macro_rules! by_id {
    ($(#[$meta:meta])* $key:ident, $entity:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub i64);

        impl Loader<$key> for RowLoader {
            type Value = $entity::Model;
            type Error = LoadError;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>, LoadError> {
                let rows = $entity::Entity::find()
                    .filter($entity::Column::Id.is_in(keys.iter().map(|key| key.0)))
                    .all(self.0.database.read())
                    .await?;
                Ok(rows.into_iter().map(|row| ($key(row.id), row)).collect())
            }
        }
    };
}

by_id!(/// A poster by its row's number.
    PosterById, posters);
by_id!(/// A revision by its row's number.
    RevisionById, revisions);
by_id!(/// An edit by its row's number.
    EditById, edits);
by_id!(/// An order by its row's number.
    OrderById, orders);
by_id!(/// A hold by its row's number.
    HoldById, holds);

fn grouped<K: std::hash::Hash + Eq, V: Clone>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Arc<[V]>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups.into_iter().map(|(key, rows)| (key, rows.into())).collect()
}
