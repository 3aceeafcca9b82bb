//! What a message says: the event's own facts, and what a partner needs to fetch the rest. Links are
//! not signed, because a message may be read much later: they open with an API key.

use ::entity::{events, generations, orders, posters, revisions, webhook_deliveries};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::Webhooks;
use crate::{events::Fact, ledger::Wallet, services::ServiceError, webhooks::WebhookSource};

impl Webhooks {
    /// The message of a delivery, as JSON.
    ///
    /// # Errors
    /// `Corrupt` when what it tells of is not there, `Database`.
    pub(super) async fn payload(&self, delivery: &webhook_deliveries::Model) -> Result<String, ServiceError> {
        let missing = || ServiceError::Corrupt(format!("webhook delivery {} tells of nothing", delivery.id));
        let source = WebhookSource::from_code(&delivery.source).ok_or_else(missing)?;
        let (at_ms, data) = match source {
            WebhookSource::Event { generation_id, seq } => {
                let event = events::Entity::find()
                    .filter(events::Column::GenerationId.eq(generation_id.as_str()))
                    .filter(events::Column::Seq.eq(seq))
                    .one(self.context.database.read())
                    .await?
                    .ok_or_else(missing)?;
                (event.at_ms, self.event_data(&event).await?)
            }
            WebhookSource::Order(id) => {
                let order = orders::Entity::find_by_id(id).one(self.context.database.read()).await?;
                let order = order.ok_or_else(missing)?;
                (delivery.created_at_ms, order_data(&order))
            }
        };
        Ok(json!({ "type": delivery.kind, "timestamp": time(at_ms), "data": data }).to_string())
    }

    async fn event_data(&self, event: &events::Model) -> Result<Value, ServiceError> {
        let reader = self.context.database.read();
        let fact: Fact =
            serde_json::from_str(&event.payload).map_err(|error| ServiceError::Corrupt(error.to_string()))?;
        let mut data = json!({ "generationId": event.generation_id, "seq": event.seq.to_string() });
        if let Some(wallet) = fact.wallet() {
            data["wallet"] = wallet_data(wallet);
        }
        match fact {
            Fact::GenerationCompleted { summary, .. } => {
                let set = generations::Entity::find_by_id(&event.generation_id).one(reader).await?;
                data["productName"] = set.and_then(|set| set.product_name).into();
                data["summary"] = json!({
                    "total": summary.total,
                    "succeeded": summary.succeeded,
                    "refunded": summary.refunded,
                    "canceled": summary.canceled,
                    "creditsCaptured": summary.credits_captured,
                    "creditsReleased": summary.credits_released,
                });
            }
            Fact::PosterSucceeded { poster_id, revision_id, credits_captured, .. } => {
                self.name_poster(&mut data, poster_id).await?;
                data["creditsCaptured"] = credits_captured.into();
                if let Some(picture) = revisions::Entity::find_by_id(revision_id).one(reader).await? {
                    let stem = picture.file_name.trim_end_matches(".jpg");
                    data["revision"] = json!({
                        "id": format!("{}/{stem}", event.generation_id),
                        "fileName": picture.file_name,
                        "url": format!("{}/files/{}/{}", self.policy.public_url, event.generation_id, picture.file_name),
                        "width": picture.width,
                        "height": picture.height,
                        "byteSize": picture.byte_size,
                        "sha256": picture.sha256,
                    });
                }
            }
            Fact::PosterRefunded { poster_id, failure, credits_released, .. } => {
                self.name_poster(&mut data, poster_id).await?;
                data["failure"] = json!({ "code": failure.code(), "retryable": failure.is_retryable() });
                data["creditsReleased"] = credits_released.into();
            }
            _ => {}
        }
        Ok(data)
    }

    async fn name_poster(&self, data: &mut Value, poster_id: i64) -> Result<(), ServiceError> {
        if let Some(poster) = posters::Entity::find_by_id(poster_id).one(self.context.database.read()).await? {
            data["posterId"] = format!("{}/{:02}", poster.generation_id, poster.dimension).into();
            data["index"] = poster.dimension.into();
        }
        Ok(())
    }
}

fn order_data(order: &orders::Model) -> Value {
    json!({
        "orderId": format!("order_{}", order.id),
        "credits": order.amount,
        "amountFen": order.amount_fen,
        "channel": order.channel.to_ascii_uppercase(),
        "tradeNo": order.trade_no,
        "paidAt": order.paid_at_ms.map(time),
    })
}

fn wallet_data(wallet: Wallet) -> Value {
    json!({ "credits": wallet.credits, "frozen": wallet.frozen, "version": wallet.version })
}

/// RFC 3339 in UTC, with milliseconds.
fn time(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).map_or_else(|_| at_ms.to_string(), |at| format!("{at:.3}"))
}
