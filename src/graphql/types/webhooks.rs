//! Partners' web hooks.

use ::entity::{webhook_attempts, webhook_deliveries, webhook_endpoints};
use async_graphql::{Context, Enum, Error, ID, Object, Result, async_trait::async_trait};

use crate::{
    graphql::{
        ApiError,
        api::{api, viewer},
        connection::{Slice, TotalCount, connection, page_size, window},
        ids::NodeId,
        scalars::{DateTime, int},
    },
    webhooks as domain,
};

/// What a web hook can be told of.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[graphql(remote = "domain::WebhookKind")]
pub enum WebhookKind {
    /// Nothing of a set is active any more.
    GenerationCompleted,
    /// A poster is stored and paid for.
    PosterSucceeded,
    /// A poster failed and its credits are back.
    PosterRefunded,
    /// A recharge was paid and its credits are there.
    OrderPaid,
}

/// How far a web hook's message has come.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::WebhookDeliveryState")]
pub enum WebhookDeliveryState {
    /// Waiting for its time.
    Queued,
    /// Being sent.
    Running,
    /// Answered with a status of 2xx.
    Delivered,
    /// Given up; it can be sent again.
    Failed,
}

/// What came of one try to send a message.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::WebhookOutcome")]
pub enum WebhookOutcome {
    /// Answered with a status of 2xx.
    Delivered,
    /// Answered with another status; redirects are not followed.
    Refused,
    /// No answer in time.
    Timeout,
    /// No connection, or one that broke.
    Unreachable,
    /// The address leads into a private network; nothing was sent.
    PrivateAddress,
    /// The secret cannot be read any more; make a new one. Nothing was sent.
    SecretLost,
}

/// Why nothing is sent to a web hook any more.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookDisabledReason {
    /// Its owner switched it off.
    Owner,
    /// It answered 410 Gone.
    Gone,
    /// It took nothing for three days.
    Failing,
}

/// Where a partner's server is told what happens, in the form of the Standard Webhooks specification.
#[derive(Clone, Debug)]
pub struct WebhookEndpoint(pub webhook_endpoints::Model);

/// Where a partner's server is told what happens, in the form of the Standard Webhooks specification.
#[Object]
impl WebhookEndpoint {
    /// Names this web hook.
    pub(super) async fn id(&self) -> ID {
        NodeId::WebhookEndpoint(self.0.id).to_id()
    }

    /// Where messages are sent.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// What its owner calls it; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// What it is told of.
    async fn kinds(&self) -> Vec<WebhookKind> {
        self.0.kinds.split(' ').filter_map(domain::WebhookKind::from_code).map(WebhookKind::from).collect()
    }

    /// When it was made; it is told of nothing before.
    async fn created_at(&self) -> DateTime {
        DateTime::from_ms(self.0.created_at_ms)
    }

    /// From when on nothing is sent; null: it is on.
    async fn disabled_at(&self) -> Option<DateTime> {
        self.0.disabled_at_ms.map(DateTime::from_ms)
    }

    /// Why nothing is sent; null: it is on.
    async fn disabled_reason(&self) -> Option<WebhookDisabledReason> {
        match self.0.disabled_reason.as_deref()? {
            "gone" => Some(WebhookDisabledReason::Gone),
            "failing" => Some(WebhookDisabledReason::Failing),
            _ => Some(WebhookDisabledReason::Owner),
        }
    }

    /// Since when it has taken nothing any more; null: all is well.
    async fn failing_since(&self) -> Option<DateTime> {
        self.0.failing_since_ms.map(DateTime::from_ms)
    }

    /// Until when messages carry a signature of the secret before, too.
    async fn previous_secret_until(&self) -> Option<DateTime> {
        self.0.previous_until_ms.map(DateTime::from_ms)
    }

    /// What it was told, newest first.
    #[graphql(complexity = "page_size(first, last) * child_complexity + 1")]
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1–100; 24 when neither number is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1–100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<WebhookDeliveryConnection> {
        let window = window(first, after.as_deref(), last, before.as_deref())?;
        let page = api(ctx).webhooks.deliveries(viewer(ctx)?, self.0.id, &window).await.map_err(ApiError::from)?;
        let slice = Slice::new(page, &window, |row| row.id, WebhookDelivery);
        Ok(WebhookDeliveryConnection::new(slice, Box::new(DeliveryCount(self.0.id))))
    }
}

/// One message to a web hook.
#[derive(Clone, Debug)]
pub struct WebhookDelivery(pub webhook_deliveries::Model);

/// One message to a web hook.
#[Object]
impl WebhookDelivery {
    /// Names this message; it stands in the header `webhook-id` of every try.
    pub(super) async fn id(&self) -> ID {
        NodeId::WebhookDelivery(self.0.id).to_id()
    }

    /// What it tells of.
    async fn kind(&self) -> Result<WebhookKind> {
        let known = domain::WebhookKind::from_code(&self.0.kind);
        Ok(known.map(WebhookKind::from).ok_or_else(|| ApiError::internal(&"an unknown kind of web hook"))?)
    }

    /// How far it has come.
    async fn state(&self) -> WebhookDeliveryState {
        self.0.state.into()
    }

    /// When it was queued, together with what it tells of.
    async fn created_at(&self) -> DateTime {
        DateTime::from_ms(self.0.created_at_ms)
    }

    /// When it is sent next; null when it is not waiting.
    async fn next_attempt_at(&self) -> Option<DateTime> {
        let is_waiting = self.0.state == entity::enums::WebhookDeliveryState::Queued;
        is_waiting.then(|| DateTime::from_ms(self.0.run_after_ms))
    }

    /// When it was taken or given up.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at_ms.map(DateTime::from_ms)
    }

    /// The body that is sent, the same in every try; null before the first.
    async fn payload(&self) -> Option<&str> {
        self.0.payload.as_deref()
    }

    /// How each try went, oldest first.
    #[graphql(complexity = "10 * child_complexity + 1")]
    async fn attempts(&self, ctx: &Context<'_>) -> Result<Vec<WebhookAttempt>> {
        let tries = api(ctx).webhooks.attempts(viewer(ctx)?, &self.0).await.map_err(ApiError::from)?;
        Ok(tries.into_iter().map(WebhookAttempt).collect())
    }
}

/// One try to send a message. Of the partner's answer only the status is kept.
#[derive(Clone, Debug)]
pub struct WebhookAttempt(pub webhook_attempts::Model);

/// One try to send a message. Of the partner's answer only the status is kept.
#[Object]
impl WebhookAttempt {
    /// When it began.
    async fn at(&self) -> DateTime {
        DateTime::from_ms(self.0.at_ms)
    }

    /// How long it took.
    async fn duration_ms(&self) -> i32 {
        int(self.0.duration_ms)
    }

    /// What came of it.
    async fn outcome(&self) -> WebhookOutcome {
        self.0.outcome.into()
    }

    /// The HTTP status; null without an answer.
    async fn status(&self) -> Option<i32> {
        self.0.status
    }
}

connection!(
    WebhookDeliveryConnection,
    WebhookDeliveryEdge,
    WebhookDelivery,
    "Messages to a web hook, newest first.",
    "One message to a web hook in a list."
);

/// Counts what a web hook was told.
struct DeliveryCount(i64);

#[async_trait]
impl TotalCount for DeliveryCount {
    async fn count(&self, ctx: &Context<'_>) -> Result<i32, Error> {
        let count = api(ctx).webhooks.deliveries_count(viewer(ctx)?, self.0).await.map_err(ApiError::from)?;
        Ok(int(count as i64))
    }
}
