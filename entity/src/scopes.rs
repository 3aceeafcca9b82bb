//! Finders that take the owner: a foreign row and a missing row look the same.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};

use crate::{generations, orders, posters, revisions, uploads};

/// The owner's generations that are not deleted.
pub fn generations_of(user_id: i64) -> Select<generations::Entity> {
    generations::Entity::find()
        .filter(generations::Column::UserId.eq(user_id))
        .filter(generations::Column::DeletedAtMs.is_null())
}

/// One generation of its owner, unless deleted.
pub fn generation_of(user_id: i64, id: &str) -> Select<generations::Entity> {
    generations_of(user_id).filter(generations::Column::Id.eq(id))
}

/// The owner's posters of one generation.
pub fn posters_of(user_id: i64, generation_id: &str) -> Select<posters::Entity> {
    posters::Entity::find()
        .filter(posters::Column::UserId.eq(user_id))
        .filter(posters::Column::GenerationId.eq(generation_id))
}

/// The owner's revisions of one generation.
pub fn revisions_of(user_id: i64, generation_id: &str) -> Select<revisions::Entity> {
    revisions::Entity::find()
        .filter(revisions::Column::UserId.eq(user_id))
        .filter(revisions::Column::GenerationId.eq(generation_id))
}

/// One upload of its owner.
pub fn upload_of(user_id: i64, id: &str) -> Select<uploads::Entity> {
    uploads::Entity::find().filter(uploads::Column::UserId.eq(user_id)).filter(uploads::Column::Id.eq(id))
}

/// The owner's orders.
pub fn orders_of(user_id: i64) -> Select<orders::Entity> {
    orders::Entity::find().filter(orders::Column::UserId.eq(user_id))
}
