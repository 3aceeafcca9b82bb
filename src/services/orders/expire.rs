//! Orders nobody paid.

use ::entity::{enums::OrderStatus, orders};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Orders;
use crate::{
    payments::{ChannelCode, PaymentState},
    services::ServiceError,
};

/// Orders closed in one round; the rest waits for the next.
const ROUND: u64 = 100;

impl Orders {
    /// Closes what was not paid in time and says how many that were. Takes no input and may run at any
    /// time, in several processes at once. A channel that can be asked is asked first: the money may
    /// be there and only the call-back lost.
    ///
    /// # Errors
    /// `Database`.
    pub async fn expire(&self) -> Result<usize, ServiceError> {
        let due = orders::Entity::find()
            .filter(orders::Column::Status.eq(OrderStatus::Pending))
            .filter(orders::Column::ExpiresAtMs.lt(self.context.clock.now_ms()))
            .order_by_asc(orders::Column::Id)
            .limit(ROUND)
            .all(self.context.database.read())
            .await?;
        let mut closed = 0;
        for order in due {
            if self.was_paid_after_all(&order).await? {
                continue;
            }
            closed += usize::from(self.close(&order, "system").await?);
        }
        Ok(closed)
    }

    /// Asks the channel and settles what it says was paid.
    async fn was_paid_after_all(&self, order: &orders::Model) -> Result<bool, ServiceError> {
        let Some(code) = ChannelCode::from_slug(&order.channel) else { return Ok(false) };
        let Some(channel) = self.channels.get(code) else { return Ok(false) };
        let Some(attempt) = self.attempt_of(order.id).await? else { return Ok(false) };
        match channel.query(&attempt.out_trade_no).await {
            Ok(PaymentState::Paid(paid)) => self.settle_queried(code, &paid).await,
            Ok(PaymentState::Open | PaymentState::Closed) => Ok(false),
            Err(error) => {
                tracing::warn!(%error, order.id = order.id, "an unpaid order could not be looked up at its channel");
                // Closing is harmless: money that turns up later is credited all the same.
                Ok(false)
            }
        }
    }
}
