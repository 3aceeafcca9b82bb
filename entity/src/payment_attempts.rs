//! One try to pay an order through a channel; committed before the channel is called.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_attempts")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Which order.
    pub order_id: i64,
    /// Channel code.
    pub channel: String,
    /// Our number at the channel.
    pub out_trade_no: String,
    /// Price.
    pub amount_fen: i64,
    /// Where to pay.
    pub url: Option<String>,
    /// What to scan.
    pub qr_code: Option<String>,
    /// When.
    pub created_at_ms: i64,
    /// Last moment.
    pub expires_at_ms: i64,
    /// Which of the channel's products, a channel code.
    pub method: String,
    /// The channel's number of the payment to be, for questions.
    pub reference: Option<String>,
    /// Parameters for the channel's own client library, JSON.
    pub sdk_params: Option<String>,
    /// Times the channel was asked about it.
    pub polls: i64,
    /// When to ask next; none once nothing can come any more.
    pub next_poll_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
