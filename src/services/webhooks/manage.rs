//! What an owner does with endpoints. Keys cannot: who steals one must not learn what happens from
//! then on.

use ::entity::{enums::WebhookDeliveryState, webhook_attempts, webhook_deliveries, webhook_endpoints};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::Expr,
};

use super::Webhooks;
use crate::{
    domain::validation::{Refusal, clean_text},
    services::{
        FieldRefusal, ServiceError, Viewer,
        audit_log::{AuditLine, append_in_txn},
        history::{Page, Window},
    },
    webhooks::{UrlRefusal, WebhookKind, WebhookSecret, check_url},
};

/// The longest description, in characters.
const DESCRIPTION_CHARS_MAX: usize = 200;
/// How long a secret that was replaced goes on signing.
const PREVIOUS_SECRET_MS: i64 = 24 * 3_600_000;

/// An endpoint to make.
#[derive(Clone, Debug)]
pub struct CreateEndpoint {
    /// Where.
    pub url: String,
    /// What its owner calls it.
    pub description: Option<String>,
    /// What it is told of.
    pub kinds: Vec<WebhookKind>,
}

/// What changes about an endpoint; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct UpdateEndpoint {
    /// Where.
    pub url: Option<String>,
    /// What its owner calls it.
    pub description: Option<String>,
    /// What it is told of.
    pub kinds: Option<Vec<WebhookKind>>,
    /// Whether anything is sent.
    pub is_enabled: Option<bool>,
}

/// What became of a wish about an endpoint.
#[derive(Clone, Debug)]
pub enum EndpointOutcome {
    /// Done.
    Done {
        /// The row.
        endpoint: Box<webhook_endpoints::Model>,
        /// The new secret, where there is one; shown once.
        secret: Option<WebhookSecret>,
    },
    /// Fields that cannot be taken.
    Invalid(Vec<FieldRefusal>),
}

/// What became of a wish to send a message again.
#[derive(Clone, Debug)]
pub enum ReplayOutcome {
    /// Queued.
    Queued(Box<webhook_deliveries::Model>),
    /// Fields that cannot be taken.
    Invalid(Vec<FieldRefusal>),
}

impl Webhooks {
    /// The viewer's endpoints, newest first.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `Database`.
    pub async fn endpoints(&self, viewer: &Viewer) -> Result<Vec<webhook_endpoints::Model>, ServiceError> {
        viewer.require_person()?;
        let own = endpoints_of(viewer.user_id).order_by_desc(webhook_endpoints::Column::Id);
        Ok(own.all(self.context.database.read()).await?)
    }

    /// One of the viewer's endpoints.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `Database`.
    pub async fn endpoint(&self, viewer: &Viewer, id: i64) -> Result<Option<webhook_endpoints::Model>, ServiceError> {
        viewer.require_person()?;
        let own = endpoints_of(viewer.user_id).filter(webhook_endpoints::Column::Id.eq(id));
        Ok(own.one(self.context.database.read()).await?)
    }

    /// One of the viewer's deliveries.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `Database`.
    pub async fn delivery(&self, viewer: &Viewer, id: i64) -> Result<Option<webhook_deliveries::Model>, ServiceError> {
        viewer.require_person()?;
        let own = deliveries_of(viewer.user_id).filter(webhook_deliveries::Column::Id.eq(id));
        Ok(own.one(self.context.database.read()).await?)
    }

    /// What one of the viewer's endpoints was told, newest first.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `Database`.
    pub async fn deliveries(
        &self,
        viewer: &Viewer,
        endpoint_id: i64,
        window: &Window<i64>,
    ) -> Result<Page<webhook_deliveries::Model>, ServiceError> {
        viewer.require_person()?;
        let id = webhook_deliveries::Column::Id;
        let mut query = deliveries_of(viewer.user_id).filter(webhook_deliveries::Column::EndpointId.eq(endpoint_id));
        if let Some(after) = window.after {
            query = query.filter(id.lt(after));
        }
        if let Some(before) = window.before {
            query = query.filter(id.gt(before));
        }
        query = if window.from_end { query.order_by_asc(id) } else { query.order_by_desc(id) };
        let rows = query.limit(window.limit + 1).all(self.context.database.read()).await?;
        Ok(Page::from_overfetched(rows, window.limit, window.from_end))
    }

    /// How many messages one of the viewer's endpoints has been told in all.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `Database`.
    pub async fn deliveries_count(&self, viewer: &Viewer, endpoint_id: i64) -> Result<u64, ServiceError> {
        viewer.require_person()?;
        let own = deliveries_of(viewer.user_id).filter(webhook_deliveries::Column::EndpointId.eq(endpoint_id));
        Ok(own.count(self.context.database.read()).await?)
    }

    /// How the tries of one of the viewer's deliveries went, oldest first.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `Database`.
    pub async fn attempts(
        &self,
        viewer: &Viewer,
        delivery: &webhook_deliveries::Model,
    ) -> Result<Vec<webhook_attempts::Model>, ServiceError> {
        viewer.require_person()?;
        if delivery.user_id != viewer.user_id {
            return Ok(Vec::new());
        }
        let tries = webhook_attempts::Entity::find()
            .filter(webhook_attempts::Column::DeliveryId.eq(delivery.id))
            .order_by_asc(webhook_attempts::Column::Id);
        Ok(tries.all(self.context.database.read()).await?)
    }

    /// Makes an endpoint. Its secret exists in the answer and, encrypted, in the row.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `Database`.
    pub async fn create(&self, viewer: &Viewer, input: CreateEndpoint) -> Result<EndpointOutcome, ServiceError> {
        viewer.require_person()?;
        let mut refused = Vec::new();
        let url = self.url(&input.url, &mut refused);
        let kinds = kinds(&input.kinds, &mut refused);
        let description = description(input.description.as_deref().unwrap_or_default(), &mut refused);
        if !refused.is_empty() {
            return Ok(EndpointOutcome::Invalid(refused));
        }
        let now_ms = self.context.clock.now_ms();
        let secret = WebhookSecret::new(&*self.context.ids);
        let txn = self.context.database.write().await?;
        if endpoints_of(viewer.user_id).count(&txn).await? >= self.policy.endpoints_max {
            return Ok(EndpointOutcome::Invalid(vec![FieldRefusal::new("url", Refusal::NotAllowed)]));
        }
        let row = webhook_endpoints::ActiveModel {
            id: NotSet,
            user_id: Set(viewer.user_id),
            url: Set(url),
            description: Set(description),
            kinds: Set(kinds),
            secret_sealed: Set(self.sealer.seal(&secret, viewer.user_id, &*self.context.ids)),
            previous_secret_sealed: Set(None),
            previous_until_ms: Set(None),
            failing_since_ms: Set(None),
            disabled_at_ms: Set(None),
            disabled_reason: Set(None),
            created_at_ms: Set(now_ms),
            deleted_at_ms: Set(None),
        };
        let row = row.insert(&txn).await?;
        append_in_txn(&txn, line(viewer, row.id, "webhook.created"), now_ms).await?;
        txn.commit().await?;
        Ok(EndpointOutcome::Done { endpoint: Box::new(row), secret: Some(secret) })
    }

    /// Changes an endpoint. Switched on again, it gets what waited for it.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `NotFound`, `Database`.
    pub async fn update(
        &self,
        viewer: &Viewer,
        id: i64,
        input: UpdateEndpoint,
    ) -> Result<EndpointOutcome, ServiceError> {
        viewer.require_person()?;
        let mut refused = Vec::new();
        let url = input.url.map(|url| self.url(&url, &mut refused));
        let kinds = input.kinds.map(|listed| kinds(&listed, &mut refused));
        let description = input.description.map(|text| description(&text, &mut refused));
        if !refused.is_empty() {
            return Ok(EndpointOutcome::Invalid(refused));
        }
        let now_ms = self.context.clock.now_ms();
        let txn = self.context.database.write().await?;
        let row = own_in_txn(&txn, viewer, id).await?;
        let is_disabled = row.disabled_at_ms.is_some();
        let mut row: webhook_endpoints::ActiveModel = row.into();
        if let Some(url) = url {
            row.url = Set(url);
        }
        if let Some(kinds) = kinds {
            row.kinds = Set(kinds);
        }
        if let Some(description) = description {
            row.description = Set(description);
        }
        match input.is_enabled {
            Some(true) => {
                (row.disabled_at_ms, row.disabled_reason) = (Set(None), Set(None));
                row.failing_since_ms = Set(None);
            }
            Some(false) if !is_disabled => {
                (row.disabled_at_ms, row.disabled_reason) = (Set(Some(now_ms)), Set(Some("owner".to_owned())));
            }
            _ => {}
        }
        let row = row.update(&txn).await?;
        append_in_txn(&txn, line(viewer, id, "webhook.updated"), now_ms).await?;
        txn.commit().await?;
        Ok(EndpointOutcome::Done { endpoint: Box::new(row), secret: None })
    }

    /// Makes a new secret; the one before goes on signing beside it for a day.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `NotFound`, `Database`.
    pub async fn rotate_secret(&self, viewer: &Viewer, id: i64) -> Result<EndpointOutcome, ServiceError> {
        viewer.require_person()?;
        let now_ms = self.context.clock.now_ms();
        let secret = WebhookSecret::new(&*self.context.ids);
        let txn = self.context.database.write().await?;
        let row = own_in_txn(&txn, viewer, id).await?;
        let before = row.secret_sealed.clone();
        let mut row: webhook_endpoints::ActiveModel = row.into();
        row.secret_sealed = Set(self.sealer.seal(&secret, viewer.user_id, &*self.context.ids));
        row.previous_secret_sealed = Set(Some(before));
        row.previous_until_ms = Set(Some(now_ms + PREVIOUS_SECRET_MS));
        let row = row.update(&txn).await?;
        append_in_txn(&txn, line(viewer, id, "webhook.secret_rotated"), now_ms).await?;
        txn.commit().await?;
        Ok(EndpointOutcome::Done { endpoint: Box::new(row), secret: Some(secret) })
    }

    /// Removes an endpoint; what waited for it is given up.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `NotFound`, `Database`.
    pub async fn delete(&self, viewer: &Viewer, id: i64) -> Result<(), ServiceError> {
        viewer.require_person()?;
        let now_ms = self.context.clock.now_ms();
        let txn = self.context.database.write().await?;
        let row = own_in_txn(&txn, viewer, id).await?;
        let mut row: webhook_endpoints::ActiveModel = row.into();
        row.deleted_at_ms = Set(Some(now_ms));
        // Nothing is signed with them any more.
        (row.secret_sealed, row.previous_secret_sealed) = (Set(String::new()), Set(None));
        row.update(&txn).await?;
        webhook_deliveries::Entity::update_many()
            .col_expr(webhook_deliveries::Column::State, Expr::value(WebhookDeliveryState::Failed))
            .col_expr(webhook_deliveries::Column::FinishedAtMs, Expr::value(now_ms))
            .filter(webhook_deliveries::Column::EndpointId.eq(id))
            .filter(webhook_deliveries::Column::State.eq(WebhookDeliveryState::Queued))
            .exec(&txn)
            .await?;
        append_in_txn(&txn, line(viewer, id, "webhook.deleted"), now_ms).await?;
        txn.commit().await?;
        Ok(())
    }

    /// Sends a message again, with the same id and the same bytes, as if it were new.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `NotFound`, `Database`.
    pub async fn replay(&self, viewer: &Viewer, delivery_id: i64) -> Result<ReplayOutcome, ServiceError> {
        viewer.require_person()?;
        let now_ms = self.context.clock.now_ms();
        let txn = self.context.database.write().await?;
        let found = deliveries_of(viewer.user_id).filter(webhook_deliveries::Column::Id.eq(delivery_id));
        let row = found.one(&txn).await?.ok_or(ServiceError::NotFound)?;
        let endpoint = endpoints_of(viewer.user_id)
            .filter(webhook_endpoints::Column::Id.eq(row.endpoint_id))
            .filter(webhook_endpoints::Column::DisabledAtMs.is_null());
        let is_served = endpoint.count(&txn).await? == 1;
        if !is_served || row.state == WebhookDeliveryState::Running {
            return Ok(ReplayOutcome::Invalid(vec![FieldRefusal::new("deliveryId", Refusal::NotAllowed)]));
        }
        let mut row: webhook_deliveries::ActiveModel = row.into();
        row.state = Set(WebhookDeliveryState::Queued);
        row.failures = Set(0);
        row.run_after_ms = Set(now_ms);
        row.finished_at_ms = Set(None);
        let row = row.update(&txn).await?;
        append_in_txn(&txn, line(viewer, row.endpoint_id, "webhook.replayed"), now_ms).await?;
        txn.commit().await?;
        Ok(ReplayOutcome::Queued(Box::new(row)))
    }

    fn url(&self, text: &str, refused: &mut Vec<FieldRefusal>) -> String {
        match check_url(text, self.policy.allow_private_addresses) {
            Ok(url) => url.into(),
            Err(why) => {
                let refusal = match why {
                    UrlRefusal::TooLong => Refusal::TooLong,
                    UrlRefusal::Malformed => Refusal::Malformed,
                    UrlRefusal::NotHttps | UrlRefusal::Private => Refusal::NotAllowed,
                };
                refused.push(FieldRefusal::new("url", refusal));
                String::new()
            }
        }
    }
}

fn kinds(listed: &[WebhookKind], refused: &mut Vec<FieldRefusal>) -> String {
    if listed.is_empty() {
        refused.push(FieldRefusal::new("kinds", Refusal::Required));
    }
    let codes: Vec<&str> =
        WebhookKind::ALL.into_iter().filter(|kind| listed.contains(kind)).map(WebhookKind::code).collect();
    codes.join(" ")
}

fn description(text: &str, refused: &mut Vec<FieldRefusal>) -> String {
    let text = clean_text(&text.replace('\n', " "));
    if text.chars().count() > DESCRIPTION_CHARS_MAX {
        refused.push(FieldRefusal::new("description", Refusal::TooLong));
    }
    text
}

fn endpoints_of(user_id: i64) -> Select<webhook_endpoints::Entity> {
    webhook_endpoints::Entity::find()
        .filter(webhook_endpoints::Column::UserId.eq(user_id))
        .filter(webhook_endpoints::Column::DeletedAtMs.is_null())
}

fn deliveries_of(user_id: i64) -> Select<webhook_deliveries::Entity> {
    webhook_deliveries::Entity::find().filter(webhook_deliveries::Column::UserId.eq(user_id))
}

async fn own_in_txn(
    txn: &DatabaseTransaction,
    viewer: &Viewer,
    id: i64,
) -> Result<webhook_endpoints::Model, ServiceError> {
    let own = endpoints_of(viewer.user_id).filter(webhook_endpoints::Column::Id.eq(id));
    own.one(txn).await?.ok_or(ServiceError::NotFound)
}

fn line<'a>(viewer: &Viewer, endpoint_id: i64, action: &'a str) -> AuditLine<'a> {
    AuditLine {
        actor: format!("user:{}", viewer.user_id),
        action,
        object: format!("webhook:{endpoint_id}"),
        outcome: "ok",
        address: None,
    }
}
