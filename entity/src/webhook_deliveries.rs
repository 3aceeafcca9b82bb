//! One thing to tell one endpoint.

use sea_orm::entity::prelude::*;

use crate::enums::WebhookDeliveryState;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    /// Row id; `delivery_<id>` is the message's id, the same in every try.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whom to tell.
    pub endpoint_id: i64,
    /// Whose.
    pub user_id: i64,
    /// What kind of thing.
    pub kind: String,
    /// What exactly: `<generation>#<seq>` or `order:<id>`.
    pub source: String,
    /// The message as first sent; every later try sends the same bytes.
    pub payload: Option<String>,
    /// How far.
    pub state: WebhookDeliveryState,
    /// Fencing token: grows with each claim.
    pub attempt: i64,
    /// Tries that failed since it was queued (or queued again by hand).
    pub failures: i64,
    /// Not before.
    pub run_after_ms: i64,
    /// Until when a running try may take.
    pub lease_until_ms: Option<i64>,
    /// When.
    pub created_at_ms: i64,
    /// When it was taken or given up.
    pub finished_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
