//! What a set was planned with and painted by.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "set_plans")]
pub struct Model {
    /// The set.
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation_id: String,
    /// What all its posters say and show, as JSON: asked for once, so that a restart neither pays
    /// again nor changes the set.
    pub thought: Option<String>,
    /// The image model that painted its first poster; the others ask it first.
    pub image_provider: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
