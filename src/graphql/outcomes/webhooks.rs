//! What the service of web hooks answers, as results on the wire.

use crate::{
    domain::Locale,
    graphql::{
        inputs::{CreateWebhookEndpointInput, UpdateWebhookEndpointInput},
        results::{
            CreateWebhookEndpointResult, CreateWebhookEndpointSuccess, InvalidInput, ReplayWebhookDeliveryResult,
            ReplayWebhookDeliverySuccess, RotateWebhookSecretResult, RotateWebhookSecretSuccess,
            UpdateWebhookEndpointResult, UpdateWebhookEndpointSuccess,
        },
        types::{WebhookDelivery, WebhookEndpoint},
    },
    services::webhooks::{CreateEndpoint, EndpointOutcome, ReplayOutcome, UpdateEndpoint},
    webhooks::WebhookSecret,
};

impl From<CreateWebhookEndpointInput> for CreateEndpoint {
    fn from(input: CreateWebhookEndpointInput) -> Self {
        let kinds = input.kinds.into_iter().map(Into::into).collect();
        Self { url: input.url, description: input.description, kinds }
    }
}

impl From<UpdateWebhookEndpointInput> for UpdateEndpoint {
    fn from(input: UpdateWebhookEndpointInput) -> Self {
        Self {
            url: input.url,
            description: input.description,
            kinds: input.kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            is_enabled: input.enabled,
        }
    }
}

fn revealed(secret: Option<WebhookSecret>) -> String {
    secret.map(|secret| secret.reveal()).unwrap_or_default()
}

/// `createWebhookEndpoint`.
pub(in crate::graphql) fn created(outcome: EndpointOutcome, locale: Locale) -> CreateWebhookEndpointResult {
    match outcome {
        EndpointOutcome::Done { endpoint, secret } => {
            let webhook_endpoint = WebhookEndpoint(*endpoint);
            CreateWebhookEndpointSuccess { webhook_endpoint, secret: revealed(secret) }.into()
        }
        EndpointOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `updateWebhookEndpoint`.
pub(in crate::graphql) fn updated(outcome: EndpointOutcome, locale: Locale) -> UpdateWebhookEndpointResult {
    match outcome {
        EndpointOutcome::Done { endpoint, .. } => {
            UpdateWebhookEndpointSuccess { webhook_endpoint: WebhookEndpoint(*endpoint) }.into()
        }
        EndpointOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `rotateWebhookSecret`.
pub(in crate::graphql) fn rotated(outcome: EndpointOutcome, locale: Locale) -> RotateWebhookSecretResult {
    match outcome {
        EndpointOutcome::Done { endpoint, secret } => {
            let webhook_endpoint = WebhookEndpoint(*endpoint);
            RotateWebhookSecretSuccess { webhook_endpoint, secret: revealed(secret) }.into()
        }
        EndpointOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}

/// `replayWebhookDelivery`.
pub(in crate::graphql) fn replayed(outcome: ReplayOutcome, locale: Locale) -> ReplayWebhookDeliveryResult {
    match outcome {
        ReplayOutcome::Queued(row) => ReplayWebhookDeliverySuccess { delivery: WebhookDelivery(*row) }.into(),
        ReplayOutcome::Invalid(refused) => InvalidInput::new(&refused, locale).into(),
    }
}
