//! Partners' keys: `hb_<id>_<secret>`, of which only the id and a hash of the secret are stored.

use ::entity::api_keys;
use moka::sync::Cache;
use ring::hmac;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::Expr,
};

use super::{SignIn, sessions::BELIEVED_MS};
use crate::{
    domain::validation::{Refusal, clean_text},
    services::{
        Access, ApiScope, FieldRefusal, ServiceError, Viewer,
        audit_log::{AuditLine, append_in_txn},
    },
    storage::sha256_hex,
};

/// How every key begins; secret scanners know keys by it.
pub(super) const PREFIX: &str = "hb_";
/// The longest name of a key, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Live keys one person can have.
const KEYS_MAX: u64 = 20;
/// Between two notes of a key's last use.
const LAST_USED_EVERY_MS: i64 = 60_000;
const ID_CHARS: usize = 12;
const SECRET_CHARS: usize = 64;
const CACHED_MAX: u64 = 10_000;

/// A key to make.
#[derive(Clone, Debug)]
pub struct CreateApiKey {
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<ApiScope>,
    /// The last moment it is good, in milliseconds since the epoch.
    pub expires_at_ms: Option<i64>,
}

/// What became of it.
#[derive(Clone)]
pub enum CreateApiKeyOutcome {
    /// Made.
    Created {
        /// The row.
        key: Box<api_keys::Model>,
        /// The whole key, to be shown once.
        secret: String,
    },
    /// Fields that cannot be taken.
    Invalid(Vec<FieldRefusal>),
}

/// What became of a revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevokeApiKeyOutcome {
    /// Ended now.
    Revoked(Box<api_keys::Model>),
    /// It was ended before.
    Invalid(Vec<FieldRefusal>),
}

#[derive(Clone)]
struct CachedKey {
    row: api_keys::Model,
    read_at_ms: i64,
}

/// Keys read lately, by their public part and by their row id.
#[derive(Clone)]
pub(super) struct KeyCache {
    by_prefix: Cache<String, CachedKey>,
    by_id: Cache<i64, CachedKey>,
}

impl Default for KeyCache {
    fn default() -> Self {
        Self { by_prefix: Cache::new(CACHED_MAX), by_id: Cache::new(CACHED_MAX) }
    }
}

impl std::fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyCache")
    }
}

impl KeyCache {
    fn insert(&self, key: &CachedKey) {
        self.by_prefix.insert(key.row.prefix.clone(), key.clone());
        self.by_id.insert(key.row.id, key.clone());
    }

    fn forget(&self, row: &api_keys::Model) {
        self.by_prefix.invalidate(&row.prefix);
        self.by_id.invalidate(&row.id);
    }
}

/// A key in its two parts.
fn split(key: &str) -> Option<(&str, &str)> {
    let (prefix, secret) = key.rsplit_once('_')?;
    let id = prefix.strip_prefix(PREFIX)?;
    let is_hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (id.len() == ID_CHARS && secret.len() == SECRET_CHARS && is_hex(id) && is_hex(secret)).then_some((prefix, secret))
}

fn is_live(row: &api_keys::Model, now_ms: i64) -> bool {
    row.revoked_at_ms.is_none() && row.expires_at_ms.is_none_or(|expires| expires > now_ms)
}

impl SignIn {
    /// Makes a key. Its secret exists in the answer and nowhere else.
    ///
    /// # Errors
    /// `Forbidden` for an API key (a key cannot make keys), `Database`.
    pub async fn create_api_key(
        &self,
        viewer: &Viewer,
        input: CreateApiKey,
    ) -> Result<CreateApiKeyOutcome, ServiceError> {
        viewer.require_person()?;
        let now_ms = self.context.clock.now_ms();
        let name = clean_text(&input.name.replace('\n', " "));
        let mut refused = Vec::new();
        match name.chars().count() {
            0 => refused.push(FieldRefusal::new("name", Refusal::Required)),
            n if n > NAME_CHARS_MAX => refused.push(FieldRefusal::new("name", Refusal::TooLong)),
            _ => {}
        }
        if input.scopes.is_empty() {
            refused.push(FieldRefusal::new("scopes", Refusal::Required));
        }
        if input.expires_at_ms.is_some_and(|expires| expires <= now_ms) {
            refused.push(FieldRefusal::new("expiresAt", Refusal::OutOfRange));
        }
        if !refused.is_empty() {
            return Ok(CreateApiKeyOutcome::Invalid(refused));
        }
        let scopes: Vec<&str> =
            ApiScope::ALL.into_iter().filter(|scope| input.scopes.contains(scope)).map(ApiScope::code).collect();
        let txn = self.context.database.write().await?;
        let live = api_keys::Entity::find()
            .filter(api_keys::Column::UserId.eq(viewer.user_id))
            .filter(api_keys::Column::RevokedAtMs.is_null())
            .count(&txn)
            .await?;
        if live >= KEYS_MAX {
            return Ok(CreateApiKeyOutcome::Invalid(vec![FieldRefusal::new("name", Refusal::NotAllowed)]));
        }
        let id = &self.context.ids.token()[..ID_CHARS];
        let secret = self.context.ids.token() + &self.context.ids.token();
        let row = api_keys::ActiveModel {
            id: NotSet,
            user_id: Set(viewer.user_id),
            prefix: Set(format!("{PREFIX}{id}")),
            secret_sha256: Set(sha256_hex(secret.as_bytes())),
            name: Set(name),
            scopes: Set(scopes.join(" ")),
            created_at_ms: Set(now_ms),
            expires_at_ms: Set(input.expires_at_ms),
            last_used_at_ms: Set(None),
            revoked_at_ms: Set(None),
        };
        let row = row.insert(&txn).await?;
        append_in_txn(&txn, key_line(viewer, &row, "api_key.created"), now_ms).await?;
        txn.commit().await?;
        let secret = format!("{}_{secret}", row.prefix);
        Ok(CreateApiKeyOutcome::Created { key: Box::new(row), secret })
    }

    /// Ends a key: here at once, in other processes within five seconds.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `NotFound`, `Database`.
    pub async fn revoke_api_key(&self, viewer: &Viewer, key_id: i64) -> Result<RevokeApiKeyOutcome, ServiceError> {
        viewer.require_person()?;
        let now_ms = self.context.clock.now_ms();
        let txn = self.context.database.write().await?;
        let changed = api_keys::Entity::update_many()
            .col_expr(api_keys::Column::RevokedAtMs, Expr::value(now_ms))
            .filter(api_keys::Column::Id.eq(key_id))
            .filter(api_keys::Column::UserId.eq(viewer.user_id))
            .filter(api_keys::Column::RevokedAtMs.is_null())
            .exec(&txn)
            .await?;
        let row = api_keys::Entity::find_by_id(key_id)
            .filter(api_keys::Column::UserId.eq(viewer.user_id))
            .one(&txn)
            .await?
            .ok_or(ServiceError::NotFound)?;
        if changed.rows_affected == 0 {
            return Ok(RevokeApiKeyOutcome::Invalid(vec![FieldRefusal::new("apiKeyId", Refusal::NotAllowed)]));
        }
        append_in_txn(&txn, key_line(viewer, &row, "api_key.revoked"), now_ms).await?;
        txn.commit().await?;
        self.keys.forget(&row);
        Ok(RevokeApiKeyOutcome::Revoked(Box::new(row)))
    }

    pub(super) async fn authenticate_key(&self, key: &str) -> Result<Option<Viewer>, ServiceError> {
        let Some((prefix, secret)) = split(key) else { return Ok(None) };
        let now_ms = self.context.clock.now_ms();
        let cached = self.keys.by_prefix.get(prefix).filter(|key| is_believed(key, now_ms));
        let key = if let Some(key) = cached {
            key
        } else {
            let found = api_keys::Entity::find()
                .filter(api_keys::Column::Prefix.eq(prefix))
                .one(self.context.database.read())
                .await?;
            let Some(row) = found else { return Ok(None) };
            let key = CachedKey { row, read_at_ms: now_ms };
            self.keys.insert(&key);
            key
        };
        let row = &key.row;
        if !is_live(row, now_ms) || !is_same(&sha256_hex(secret.as_bytes()), &row.secret_sha256) {
            return Ok(None);
        }
        let scopes = row.scopes.split_whitespace().filter_map(ApiScope::from_code).collect();
        let access = Access::ApiKey { api_key_id: row.id, scopes, expires_at_ms: row.expires_at_ms };
        let viewer = Viewer { user_id: row.user_id, access };
        self.note_use(key, now_ms);
        Ok(Some(viewer))
    }

    pub(super) async fn key_is_live(&self, key_id: i64) -> Result<bool, ServiceError> {
        let now_ms = self.context.clock.now_ms();
        if let Some(key) = self.keys.by_id.get(&key_id).filter(|key| is_believed(key, now_ms)) {
            return Ok(is_live(&key.row, now_ms));
        }
        let Some(row) = api_keys::Entity::find_by_id(key_id).one(self.context.database.read()).await? else {
            return Ok(false);
        };
        self.keys.insert(&CachedKey { row: row.clone(), read_at_ms: now_ms });
        Ok(is_live(&row, now_ms))
    }

    /// Writes the last use, at most once a minute and never in the way of the request.
    fn note_use(&self, mut key: CachedKey, now_ms: i64) {
        if key.row.last_used_at_ms.is_some_and(|last| now_ms - last < LAST_USED_EVERY_MS) {
            return;
        }
        key.row.last_used_at_ms = Some(now_ms);
        // Read when it was read: noting a use must not make an old row believed for longer.
        self.keys.insert(&key);
        let (key_id, database) = (key.row.id, self.context.database.clone());
        self.tasks.spawn(async move {
            let noted = async {
                let txn = database.write().await?;
                api_keys::Entity::update_many()
                    .col_expr(api_keys::Column::LastUsedAtMs, Expr::value(now_ms))
                    .filter(api_keys::Column::Id.eq(key_id))
                    .exec(&txn)
                    .await?;
                txn.commit().await
            };
            if let Err(error) = noted.await {
                tracing::warn!(%error, "the last use of an API key could not be noted");
            }
        });
    }
}

fn is_believed(key: &CachedKey, now_ms: i64) -> bool {
    (0..BELIEVED_MS).contains(&(now_ms - key.read_at_ms))
}

/// Compares in constant time, by comparing tags of both under a key.
fn is_same(a: &str, b: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"compare");
    hmac::verify(&key, a.as_bytes(), hmac::sign(&key, b.as_bytes()).as_ref()).is_ok()
}

fn key_line<'a>(viewer: &Viewer, row: &api_keys::Model, action: &'a str) -> AuditLine<'a> {
    AuditLine {
        actor: format!("user:{}", viewer.user_id),
        action,
        object: format!("api_key:{}", row.id),
        outcome: "ok",
        address: None,
    }
}
