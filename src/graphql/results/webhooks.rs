//! What the mutations answer that set up web hooks.

use async_graphql::{ID, SimpleObject, Union};

use super::InvalidInput;
use crate::graphql::types::{WebhookDelivery, WebhookEndpoint};

/// Made. The secret is shown here and never again.
#[derive(SimpleObject, Clone, Debug)]
pub struct CreateWebhookEndpointSuccess {
    /// The web hook.
    pub webhook_endpoint: WebhookEndpoint,
    /// What messages are signed with, `whsec_…`.
    pub secret: String,
}

/// What `createWebhookEndpoint` answers.
#[derive(Union)]
pub enum CreateWebhookEndpointResult {
    /// Made.
    Success(CreateWebhookEndpointSuccess),
    /// A field was refused.
    InvalidInput(InvalidInput),
}

/// Changed.
#[derive(SimpleObject, Clone, Debug)]
pub struct UpdateWebhookEndpointSuccess {
    /// The web hook.
    pub webhook_endpoint: WebhookEndpoint,
}

/// What `updateWebhookEndpoint` answers.
#[derive(Union)]
pub enum UpdateWebhookEndpointResult {
    /// Changed.
    Success(UpdateWebhookEndpointSuccess),
    /// A field was refused.
    InvalidInput(InvalidInput),
}

/// There is a new secret; it is shown here and never again.
#[derive(SimpleObject, Clone, Debug)]
pub struct RotateWebhookSecretSuccess {
    /// The web hook.
    pub webhook_endpoint: WebhookEndpoint,
    /// What messages are signed with from now on; for a day the secret before signs them too.
    pub secret: String,
}

/// What `rotateWebhookSecret` answers.
#[derive(Union)]
pub enum RotateWebhookSecretResult {
    /// There is a new one.
    Success(RotateWebhookSecretSuccess),
    /// A field was refused.
    InvalidInput(InvalidInput),
}

/// Removed.
#[derive(SimpleObject, Clone, Debug)]
pub struct DeleteWebhookEndpointPayload {
    /// What was removed.
    pub deleted_id: ID,
}

/// Queued to be sent again.
#[derive(SimpleObject, Clone, Debug)]
pub struct ReplayWebhookDeliverySuccess {
    /// The message.
    pub delivery: WebhookDelivery,
}

/// What `replayWebhookDelivery` answers.
#[derive(Union)]
pub enum ReplayWebhookDeliveryResult {
    /// Queued.
    Success(ReplayWebhookDeliverySuccess),
    /// It is being sent at this moment, or its web hook is off.
    InvalidInput(InvalidInput),
}
