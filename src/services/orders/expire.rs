//! Orders nobody paid.

use ::entity::{enums::OrderStatus, orders};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Orders;
use crate::services::ServiceError;

/// Orders closed in one round; the rest waits for the next.
const ROUND: u64 = 100;

impl Orders {
    /// Closes what was not paid in time and says how many that were. Takes no input and may run at any
    /// time, in several processes at once. The channel is asked before, because the money may be there
    /// and only the call-back lost, and after, because it may have come at the last moment.
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
            if self.ask_about(&order).await? {
                continue;
            }
            closed += usize::from(self.close(&order, "system").await?);
        }
        Ok(closed)
    }
}
