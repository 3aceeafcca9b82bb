//! Everything that is kept about a person, for that person to take away.

use ::entity::{
    api_keys, edits, events, generations, ledger_entries, orders, posters, revisions, sign_in_sessions, uploads, users,
    webhook_endpoints,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Query};
use serde_json::{Value, json};

use crate::services::{Context, ServiceError};

/// Columns that would let somebody act as this person, and digests that say nothing to anybody.
const LEFT_OUT: [&str; 5] =
    ["secret_sha256", "secret_sealed", "previous_secret_sealed", "request_sha256", "idempotency_key"];

/// What is kept about one person.
#[derive(Clone, Debug)]
pub struct AccountExport {
    /// The rows, table by table, as JSON.
    pub document: Value,
    /// Files: where each lies in the store, and its name in the export.
    pub files: Vec<(String, String)>,
}

/// Everything about the account with this address; nothing when there is none.
///
/// # Errors
/// `Database`.
pub async fn export(context: &Context, email: &str) -> Result<Option<AccountExport>, ServiceError> {
    let email = crate::domain::validation::email(email).unwrap_or_default();
    let reader = context.database.read();
    let Some(user) = users::Entity::find().filter(users::Column::Email.eq(email)).one(reader).await? else {
        return Ok(None);
    };
    let mut document = json!({});
    macro_rules! table {
        ($name:ident) => {
            let rows = $name::Entity::find()
                .filter($name::Column::UserId.eq(user.id))
                .order_by_asc($name::Column::Id)
                .into_json()
                .all(reader)
                .await?;
            document[stringify!($name)] = Value::Array(rows);
        };
    }
    let account = users::Entity::find_by_id(user.id).into_json().one(reader).await?;
    document["users"] = account.unwrap_or_default();
    table!(sign_in_sessions);
    table!(api_keys);
    table!(webhook_endpoints);
    table!(orders);
    table!(ledger_entries);
    table!(uploads);
    table!(generations);
    table!(posters);
    table!(revisions);
    table!(edits);
    let sets = Query::select()
        .column(generations::Column::Id)
        .from(generations::Entity)
        .and_where(generations::Column::UserId.eq(user.id))
        .to_owned();
    let told = events::Entity::find()
        .filter(events::Column::GenerationId.in_subquery(sets))
        .order_by_asc(events::Column::Id)
        .into_json()
        .all(reader)
        .await?;
    document["events"] = Value::Array(told);
    for rows in document.as_object_mut().into_iter().flatten().map(|(_, rows)| rows) {
        for row in rows.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            row.retain(|column, _| !LEFT_OUT.contains(&column.as_str()));
        }
    }
    let pictures = revisions::Entity::find().filter(revisions::Column::UserId.eq(user.id)).all(reader).await?;
    let deleted: Vec<String> = generations::Entity::find()
        .filter(generations::Column::UserId.eq(user.id))
        .filter(generations::Column::DeletedAtMs.is_not_null())
        .all(reader)
        .await?
        .into_iter()
        .map(|row| row.id)
        .collect();
    let pictures = pictures.into_iter().filter(|row| !deleted.contains(&row.generation_id));
    let pictures = pictures.map(|row| {
        let name = format!("pictures/{}/{}", row.generation_id, row.file_name);
        (row.object_key, name)
    });
    let photos = uploads::Entity::find().filter(uploads::Column::UserId.eq(user.id)).all(reader).await?;
    let photos = photos.into_iter().map(|row| {
        let name = row.object_key.rsplit('/').next().unwrap_or(&row.id).to_owned();
        (row.object_key, format!("uploads/{name}"))
    });
    Ok(Some(AccountExport { document, files: pictures.chain(photos).collect() }))
}
