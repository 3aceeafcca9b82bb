//! Reading.

use async_graphql::{Context, ID, Object, Result};

use super::{
    ApiError, ErrorCode,
    api::{api, locale, viewer},
    connection::{Slice, page_size, window},
    ids::{self, NodeId},
    inputs::QuoteInput,
    outcomes,
    results::ExportCheckResult,
    types::{
        ApiKey, ExportMarket, Generation, GenerationConnection, GenerationEvent, LedgerEntryConnection, Node, Order,
        OrderConnection, Quote, Studio, User, WebhookEndpoint,
    },
};
use crate::{
    events, exports,
    services::{ServiceError, Viewer, generations, history},
};

/// Reading.
pub struct Query;

/// Reading.
#[Object]
impl Query {
    /// Everything a client needs before anybody signs in.
    async fn studio(&self) -> Studio {
        Studio
    }

    /// Whoever is signed in; null when nobody is.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(viewer) = ctx.data_opt::<Viewer>() else { return Ok(None) };
        Ok(super::reads::user(api(ctx), viewer).await?.map(|row| User { row, viewer: viewer.clone() }))
    }

    /// Anything by its id; null when it does not exist or belongs to someone else.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "The id of any object.")] id: ID) -> Result<Option<Node>> {
        Ok(super::reads::node(api(ctx), viewer(ctx)?, NodeId::parse(&id)?).await?)
    }

    /// One generation; null when it does not exist or belongs to someone else.
    async fn generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The generation's id.")] id: ID,
    ) -> Result<Option<Generation>> {
        let id = ids::generation_id(&id)?;
        let found = history::generation(&api(ctx).services, viewer(ctx)?, id.as_str()).await.map_err(ApiError::from)?;
        Ok(found.map(Generation))
    }

    /// The viewer's generations, newest first.
    #[graphql(complexity = "page_size(first, last) * child_complexity + 1")]
    async fn generations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1–100; 24 when neither number is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1–100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those whose product name or description contains this text.")] search: Option<String>,
    ) -> Result<GenerationConnection> {
        let window = window(first, after.as_deref(), last, before.as_deref())?;
        let page = history::generations_page(&api(ctx).services, viewer(ctx)?, search.as_deref(), &window).await;
        let slice = Slice::new(page.map_err(ApiError::from)?, &window, |row| row.into(), Generation);
        Ok(GenerationConnection::new(slice, Box::new(super::types::GenerationCount { search })))
    }

    /// The events of a generation, for clients that poll; the same as the subscription delivers.
    #[graphql(complexity = "page_size(first, None) * child_complexity + 1")]
    async fn generation_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which generation.")] generation_id: ID,
        #[graphql(desc = "Only those with a greater `seq`; left out: from the first event.")] after: Option<ID>,
        #[graphql(desc = "At most so many, 1–100; 100 when left out.")] first: Option<i32>,
    ) -> Result<Vec<GenerationEvent>> {
        let id = ids::generation_id(&generation_id)?;
        let after = after.map_or(Ok(0), |seq| ids::seq(&seq))?;
        let first = first.unwrap_or(100);
        if !(1..=100).contains(&first) {
            return Err(ApiError::new(ErrorCode::BadRequest).into());
        }
        let services = &api(ctx).services;
        let found = history::generation(services, viewer(ctx)?, id.as_str()).await.map_err(ApiError::from)?;
        found.ok_or(ApiError::new(ErrorCode::NotFound))?;
        let page = events::page(services.database.read(), id.as_str(), after, first.unsigned_abs().into()).await;
        let page = page.map_err(|error| ApiError::from(ServiceError::from(error)))?;
        Ok(page.into_iter().map(GenerationEvent::from).collect())
    }

    /// A dry run: what a choice would cost, and what is missing.
    async fn quote(&self, ctx: &Context<'_>, #[graphql(desc = "The choice.")] input: QuoteInput) -> Result<Quote> {
        let quoted = generations::quote(&api(ctx).services, viewer(ctx)?, &input.dimensions).await;
        // A client takes its choices from `studio`, so a wrong one is a defect of the client.
        let quote = quoted.map_err(ApiError::from)?.map_err(|_| ApiError::new(ErrorCode::BadRequest))?;
        Ok(quote.into())
    }

    /// One order; null when it does not exist or belongs to someone else.
    async fn order(&self, ctx: &Context<'_>, #[graphql(desc = "The order's id.")] id: ID) -> Result<Option<Order>> {
        let row = ids::order_id(&id)?;
        Ok(api(ctx).orders.order(viewer(ctx)?, row).await.map_err(ApiError::from)?.map(Order))
    }

    /// The viewer's orders, newest first.
    #[graphql(complexity = "page_size(first, last) * child_complexity + 1")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1–100; 24 when neither number is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1–100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<OrderConnection> {
        let window = window(first, after.as_deref(), last, before.as_deref())?;
        let page = api(ctx).orders.page(viewer(ctx)?, &window).await.map_err(ApiError::from)?;
        let slice = Slice::new(page, &window, |row| row.id, Order);
        Ok(OrderConnection::new(slice, Box::new(super::reads::OrderCount)))
    }

    /// The viewer's ledger, newest first.
    #[graphql(complexity = "page_size(first, last) * child_complexity + 1")]
    async fn ledger_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1–100; 24 when neither number is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1–100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<LedgerEntryConnection> {
        let window = window(first, after.as_deref(), last, before.as_deref())?;
        let page = super::reads::ledger_page(api(ctx), viewer(ctx)?, &window).await?;
        let slice = Slice::new(page, &window, |row| row.id, super::types::LedgerEntry);
        Ok(LedgerEntryConnection::new(slice, Box::new(super::reads::LedgerCount)))
    }

    /// The marketplaces that packs can be had for, with their sizes and rules.
    #[graphql(complexity = "4 * child_complexity + 1")]
    async fn export_markets(&self) -> Vec<ExportMarket> {
        exports::markets().iter().map(ExportMarket).collect()
    }

    /// How a finished set keeps a marketplace's rules. The files are made for it when they are first asked
    /// for, which takes seconds; later answers are quick.
    async fn export_check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which generation.")] generation_id: ID,
        #[graphql(desc = "The code of one of `exportMarkets`.")] market: String,
    ) -> Result<ExportCheckResult> {
        let id = ids::generation_id(&generation_id)?;
        let checked = api(ctx).exports.check(viewer(ctx)?, id.as_str(), &market).await;
        Ok(outcomes::export_checked(checked, locale(ctx))?)
    }

    /// The viewer's web hooks, newest first. Not for API keys.
    #[graphql(complexity = "10 * child_complexity + 1")]
    async fn webhook_endpoints(&self, ctx: &Context<'_>) -> Result<Vec<WebhookEndpoint>> {
        let endpoints = api(ctx).webhooks.endpoints(viewer(ctx)?).await.map_err(ApiError::from)?;
        Ok(endpoints.into_iter().map(WebhookEndpoint).collect())
    }

    /// The viewer's API keys, newest first; revoked ones included.
    async fn api_keys(&self, ctx: &Context<'_>) -> Result<Vec<ApiKey>> {
        Ok(super::reads::api_keys(api(ctx), viewer(ctx)?).await?.into_iter().map(ApiKey).collect())
    }
}
