//! Every call-back received, good or bad.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_notifies")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Channel code.
    pub channel: String,
    /// Our number, if it could be read.
    pub out_trade_no: Option<String>,
    /// Theirs, if it could be read.
    pub trade_no: Option<String>,
    /// Of the raw body, hex.
    pub body_sha256: String,
    /// What we made of it.
    pub verdict: String,
    /// When.
    pub received_at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
