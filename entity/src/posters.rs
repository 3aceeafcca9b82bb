//! One dimension inside a set.

use sea_orm::entity::prelude::*;

use crate::enums::PosterState;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "posters")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The set.
    pub generation_id: String,
    /// Whose.
    pub user_id: i64,
    /// 0–9.
    pub dimension: i32,
    /// How far.
    pub state: PosterState,
    /// Which hold is being worked on: grows with each retry.
    pub attempt: i64,
    /// Why it was refunded.
    pub failure_code: Option<String>,
    /// Spent on it, prime only.
    pub credits_captured: i64,
    /// Given back for it, all attempts.
    pub credits_released: i64,
    /// Grows with every change.
    pub version: i64,
    /// The n of the next `edit{n}`; taken once each, so no number names two pictures.
    pub next_edit_ordinal: i64,
    /// The picture that a seller went back to; nothing = the newest.
    pub current_revision_id: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
