//! Root reads that no service of its own covers; each takes the viewer and sees only their rows.

use ::entity::{api_keys, edits, ledger_entries, posters, revisions, scopes, users};
use async_graphql::{Context, Error, async_trait::async_trait};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::{
    ApiError,
    api::{Api, api, viewer},
    connection::TotalCount,
    ids::NodeId,
    scalars::int,
    types::{
        ApiKey, Edit, Generation, LedgerEntry, Node, Order, Poster, Revision, User, WebhookDelivery, WebhookEndpoint,
    },
};
use crate::{
    domain::{Dimension, SessionId},
    services::{
        ApiScope, ServiceError, Viewer,
        history::{self, Page, Window},
    },
};

fn failed(error: DbErr) -> ApiError {
    ServiceError::from(error).into()
}

/// The viewer's own account.
pub(super) async fn user(api: &Api, viewer: &Viewer) -> Result<Option<users::Model>, ApiError> {
    users::Entity::find_by_id(viewer.user_id).one(api.services.database.read()).await.map_err(failed)
}

/// Anything of the viewer's by its id.
pub(super) async fn node(api: &Api, viewer: &Viewer, id: NodeId) -> Result<Option<Node>, ApiError> {
    let reader = api.services.database.read();
    let owner = viewer.user_id;
    Ok(match id {
        NodeId::User(row) if row == owner => {
            user(api, viewer).await?.map(|row| User { row, viewer: viewer.clone() }.into())
        }
        NodeId::User(_) => None,
        NodeId::Generation(id) => {
            history::generation(&api.services, viewer, id.as_str()).await?.map(|row| Generation(row).into())
        }
        NodeId::Poster(generation, dimension) => {
            poster(api, viewer, &generation, dimension).await?.map(|row| Poster(row).into())
        }
        NodeId::Revision(generation, dimension, name) => {
            let Some(poster) = poster(api, viewer, &generation, dimension).await? else { return Ok(None) };
            let named = scopes::revisions_of(owner, generation.as_str())
                .filter(revisions::Column::PosterId.eq(poster.id))
                .filter(revisions::Column::Name.eq(name.to_string()));
            named.one(reader).await.map_err(failed)?.map(|row| Revision(row).into())
        }
        NodeId::Edit(row) => {
            viewer.require(ApiScope::HistoryRead)?;
            let own = edits::Entity::find_by_id(row).filter(edits::Column::UserId.eq(owner));
            own.one(reader).await.map_err(failed)?.map(|row| Edit(row).into())
        }
        NodeId::Order(row) => api.orders.order(viewer, row).await?.map(|row| Order(row).into()),
        NodeId::LedgerEntry(row) => {
            viewer.require(ApiScope::BillingRead)?;
            let own = ledger_of(owner).filter(ledger_entries::Column::Id.eq(row));
            own.one(reader).await.map_err(failed)?.map(|row| LedgerEntry(row).into())
        }
        NodeId::WebhookEndpoint(row) => {
            api.webhooks.endpoint(viewer, row).await?.map(|row| WebhookEndpoint(row).into())
        }
        NodeId::WebhookDelivery(row) => {
            api.webhooks.delivery(viewer, row).await?.map(|row| WebhookDelivery(row).into())
        }
        NodeId::ApiKey(row) => {
            viewer.require_person()?;
            let own = keys_of(owner).filter(api_keys::Column::Id.eq(row));
            own.one(reader).await.map_err(failed)?.map(|row| ApiKey(row).into())
        }
    })
}

async fn poster(
    api: &Api,
    viewer: &Viewer,
    generation: &SessionId,
    dimension: Dimension,
) -> Result<Option<posters::Model>, ApiError> {
    if history::generation(&api.services, viewer, generation.as_str()).await?.is_none() {
        return Ok(None);
    }
    let own = scopes::posters_of(viewer.user_id, generation.as_str());
    let one = own.filter(posters::Column::Dimension.eq(dimension.index()));
    one.one(api.services.database.read()).await.map_err(failed)
}

/// A page of the viewer's ledger, newest first.
pub(super) async fn ledger_page(
    api: &Api,
    viewer: &Viewer,
    window: &Window<i64>,
) -> Result<Page<ledger_entries::Model>, ApiError> {
    viewer.require(ApiScope::BillingRead)?;
    page(api, ledger_of(viewer.user_id), ledger_entries::Column::Id, window).await
}

/// The viewer's keys, newest first.
pub(super) async fn api_keys(api: &Api, viewer: &Viewer) -> Result<Vec<api_keys::Model>, ApiError> {
    viewer.require_person()?;
    let own = keys_of(viewer.user_id).order_by_desc(api_keys::Column::Id);
    own.all(api.services.database.read()).await.map_err(failed)
}

fn ledger_of(user_id: i64) -> Select<ledger_entries::Entity> {
    ledger_entries::Entity::find().filter(ledger_entries::Column::UserId.eq(user_id))
}

fn keys_of(user_id: i64) -> Select<api_keys::Entity> {
    api_keys::Entity::find().filter(api_keys::Column::UserId.eq(user_id))
}

async fn page<E: EntityTrait>(
    api: &Api,
    mut query: Select<E>,
    id: E::Column,
    window: &Window<i64>,
) -> Result<Page<E::Model>, ApiError> {
    if let Some(after) = window.after {
        query = query.filter(id.lt(after));
    }
    if let Some(before) = window.before {
        query = query.filter(id.gt(before));
    }
    query = if window.from_end { query.order_by_asc(id) } else { query.order_by_desc(id) };
    let rows = query.limit(window.limit + 1).all(api.services.database.read()).await.map_err(failed)?;
    Ok(Page::from_overfetched(rows, window.limit, window.from_end))
}

/// Counts the viewer's orders.
pub(super) struct OrderCount;

#[async_trait]
impl TotalCount for OrderCount {
    async fn count(&self, ctx: &Context<'_>) -> Result<i32, Error> {
        let own = scopes::orders_of(viewer(ctx)?.user_id);
        Ok(int(own.count(api(ctx).services.database.read()).await.map_err(failed)? as i64))
    }
}

/// Counts the lines of the viewer's ledger.
pub(super) struct LedgerCount;

#[async_trait]
impl TotalCount for LedgerCount {
    async fn count(&self, ctx: &Context<'_>) -> Result<i32, Error> {
        let own = ledger_of(viewer(ctx)?.user_id);
        Ok(int(own.count(api(ctx).services.database.read()).await.map_err(failed)? as i64))
    }
}
