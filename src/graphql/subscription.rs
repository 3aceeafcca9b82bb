//! Watching. A subscription only observes: the work goes on whoever looks.

use async_graphql::{Context, ID, Result, Subscription as GraphqlSubscription};
use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use sea_orm::DbErr;

use super::{
    ApiError, ErrorCode,
    api::{api, viewer},
    boxed::Boxed,
    enums::OrderStatus,
    ids,
    types::{GenerationEvent, Order, Wallet},
};
use crate::{
    events::{self, Bell, Event, Topic},
    ledger,
    services::{self, ApiScope, ServiceError, history},
};

/// Watching.
pub struct Subscription;

/// Watching.
#[GraphqlSubscription]
impl Subscription {
    /// Replays what has a `seq` greater than `after`, then goes on live, and completes once nothing
    /// of the generation is active any more. Reconnect with the last `seq` seen: nothing is lost and
    /// nothing comes twice.
    async fn generation_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which generation.")] generation_id: ID,
        #[graphql(desc = "The last `seq` seen; left out: from the first event.")] after: Option<ID>,
    ) -> Result<impl Stream<Item = Result<Boxed<GenerationEvent>>> + use<>> {
        // Boxed, because the room for whatever is awaited here stays with the stream for its whole life.
        let followed = Box::pin(follow(ctx, generation_id, after)).await?;
        Ok(followed.map(|event| match event {
            Ok(event) => Ok(Boxed::new(event.into())),
            Err(error) => Err(ApiError::from(ServiceError::from(error)).into()),
        }))
    }

    /// The viewer's balance: the current one first, then each new one.
    async fn wallet_changed(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Result<Boxed<Wallet>>> + use<>> {
        let viewer = viewer(ctx)?;
        viewer.require(ApiScope::BillingRead).map_err(ApiError::from)?;
        let services = api(ctx).services.clone();
        let user_id = viewer.user_id;
        Ok(watch(services, Topic::Wallet(user_id), move |services| async move {
            ledger::wallet(services.database.read(), user_id).await.map_err(ServiceError::from)
        })
        .map(|wallet| Ok(Boxed::new(wallet.map_err(ApiError::from)?.into()))))
    }

    /// An order: as it is now first, then each change; completes when the order is final.
    async fn order_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order's id.")] id: ID,
    ) -> Result<impl Stream<Item = Result<Boxed<Order>>> + use<>> {
        let row = ids::order_id(&id)?;
        let viewer = viewer(ctx)?.clone();
        let orders = api(ctx).orders.clone();
        let found = Box::pin(orders.order(&viewer, row)).await;
        found.map_err(ApiError::from)?.ok_or(ApiError::new(ErrorCode::NotFound))?;
        let orders = watch(api(ctx).services.clone(), Topic::Order(row), move |_| {
            let (orders, viewer) = (orders.clone(), viewer.clone());
            async move { orders.order(&viewer, row).await?.ok_or(ServiceError::NotFound) }
        });
        // One more than the last pending one: the final state is told, then the stream ends.
        let mut is_over = false;
        Ok(orders
            .take_while(move |order| {
                let goes_on = !is_over;
                is_over = order.as_ref().is_ok_and(|order| OrderStatus::from(order.status) != OrderStatus::Pending);
                std::future::ready(goes_on)
            })
            .map(|order| Ok(Boxed::new(Order(order.map_err(ApiError::from)?)))))
    }
}

/// The events of one of the viewer's generations.
async fn follow(
    ctx: &Context<'_>,
    generation_id: ID,
    after: Option<ID>,
) -> Result<BoxStream<'static, Result<Event, DbErr>>> {
    let id = ids::generation_id(&generation_id)?;
    let after = after.map_or(Ok(0), |seq| ids::seq(&seq))?;
    let services = api(ctx).services.clone();
    let found = history::generation(&services, viewer(ctx)?, id.as_str()).await.map_err(ApiError::from)?;
    found.ok_or(ApiError::new(ErrorCode::NotFound))?;
    Ok(events::follow(services.database, services.doorbell, id.to_string(), after).boxed())
}

/// The current value first, then each value that differs from the one before, read anew whenever the
/// topic rings or a tick has passed. An error ends the stream after it is told.
fn watch<T, F, R>(
    services: services::Context,
    topic: Topic,
    read: F,
) -> impl Stream<Item = Result<T, ServiceError>> + Send + use<T, F, R>
where
    T: Clone + PartialEq + Send + 'static,
    F: Fn(services::Context) -> R + Send + 'static,
    R: Future<Output = Result<T, ServiceError>> + Send + 'static,
{
    struct State<T, F> {
        services: services::Context,
        bell: Bell,
        read: F,
        last: Option<T>,
        is_broken: bool,
    }
    // Listening starts before the first read: what is committed in between rings.
    let bell = services.doorbell.listen(topic);
    let state = State { services, bell, read, last: None, is_broken: false };
    stream::unfold(state, |mut state| async move {
        while !state.is_broken {
            // On the heap, and so gone while nothing happens, which is nearly always.
            match Box::pin((state.read)(state.services.clone())).await {
                Ok(value) if state.last.as_ref() == Some(&value) => {
                    let tick = state.services.doorbell.tick();
                    // Either a ring or the tick: both only mean "look again".
                    drop(tokio::time::timeout(tick, state.bell.rung()).await);
                }
                Ok(value) => {
                    state.last = Some(value.clone());
                    return Some((Ok(value), state));
                }
                Err(error) => {
                    state.is_broken = true;
                    return Some((Err(error), state));
                }
            }
        }
        None
    })
}
