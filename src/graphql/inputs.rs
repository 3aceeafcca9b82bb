//! What mutations take.

use async_graphql::{ID, InputObject};

use super::{
    enums::{
        ApiKeyScope, BilingualLayoutCode, CompositionCode, EditMode, PaymentChannelCode, PosterFormatCode,
        TypographyStyleCode, VisualStyleCode,
    },
    scalars::DateTime,
    types::webhooks::WebhookKind,
};

/// Asks for a sign-in code.
#[derive(InputObject, Debug)]
pub struct SendLoginCodeInput {
    /// Where to send it.
    pub email: String,
}

/// Signs in with a code.
#[derive(InputObject)]
pub struct SignInInput {
    /// The address that the code was sent to.
    pub email: String,
    /// The six digits.
    pub code: String,
    /// What `sendLoginCode` answered: the code works only together with it.
    pub challenge_id: ID,
}

/// A choice of posters to be priced.
#[derive(InputObject, Debug)]
pub struct QuoteInput {
    /// Indexes 0–9.
    pub dimensions: Vec<i32>,
}

/// A set to be made.
#[derive(InputObject, Debug)]
pub struct CreateGenerationInput {
    /// Made by the client and kept until there is a definite answer: the same key never costs twice.
    pub idempotency_key: String,
    /// Uploads with the purpose PHOTO, the main one first.
    pub photo_ids: Vec<ID>,
    /// What the product is and what is good about it, 2–2000 characters.
    pub description: String,
    /// Indexes 0–9; left out: all ten.
    pub dimensions: Option<Vec<i32>>,
    /// What is left out is chosen from the product.
    pub style: Option<StyleInput>,
    /// The proportions of all posters.
    #[graphql(default_with = "Some(PosterFormatCode::Portrait9x16)")]
    pub format: Option<PosterFormatCode>,
    /// Who paints what; one of `Studio.compositions`.
    #[graphql(default_with = "Some(CompositionCode::Typeset)")]
    pub composition: Option<CompositionCode>,
}

/// A style, as far as the seller has chosen one.
#[derive(InputObject, Clone, Copy, Debug, Default)]
pub struct StyleInput {
    /// The overall look.
    pub visual: Option<VisualStyleCode>,
    /// How the words are drawn.
    pub typography: Option<TypographyStyleCode>,
    /// How Chinese and English share a poster.
    pub layout: Option<BilingualLayoutCode>,
}

/// A picture to be changed.
#[derive(InputObject, Debug)]
pub struct CreateEditInput {
    /// Made by the client and kept until there is a definite answer.
    pub idempotency_key: String,
    /// The picture to start from.
    pub base_revision_id: ID,
    /// What may change.
    pub mode: EditMode,
    /// What to change, 1–1000 characters.
    pub prompt: String,
    /// An upload with the purpose MASK: white is what may change. Needed for MASKED.
    pub mask_id: Option<ID>,
    /// An upload with the purpose REFERENCE: what to go by.
    pub reference_id: Option<ID>,
}

/// Other words for one line of a poster.
#[derive(InputObject, Debug)]
pub struct CopyLineInput {
    /// The line's id, as `Revision.copy` lists it.
    pub id: String,
    /// Its words; empty takes the line away.
    pub text: String,
}

/// Other words on a composed poster.
#[derive(InputObject, Debug)]
pub struct UpdatePosterCopyInput {
    /// The picture whose words are changed.
    pub base_revision_id: ID,
    /// The lines to change.
    pub lines: Vec<CopyLineInput>,
    /// Whether lines that all posters of the set have in common are changed on all of them.
    #[graphql(default)]
    pub set_wide: bool,
}

/// An earlier picture to go back to.
#[derive(InputObject, Debug)]
pub struct RestoreRevisionInput {
    /// The picture that its poster is to show.
    pub revision_id: ID,
}

/// A picture to put on the cover.
#[derive(InputObject, Debug)]
pub struct SetCoverInput {
    /// The picture that is to stand for its set.
    pub revision_id: ID,
}

/// A recharge to be paid.
#[derive(InputObject, Debug)]
pub struct CreateOrderInput {
    /// Made by the client and kept until there is a definite answer.
    pub idempotency_key: String,
    /// Whole yuan.
    pub amount_yuan: i32,
    /// How to pay.
    pub channel: PaymentChannelCode,
    /// For `WECHAT_JSAPI`: the payer's open id at the application.
    pub payer_id: Option<String>,
}

/// A set to be stopped.
#[derive(InputObject, Debug)]
pub struct CancelGenerationInput {
    /// Which set.
    pub generation_id: ID,
}

/// A refunded poster to be tried again.
#[derive(InputObject, Debug)]
pub struct RetryPosterInput {
    /// Made by the client and kept until there is a definite answer.
    pub idempotency_key: String,
    /// Which poster.
    pub poster_id: ID,
}

/// A better name for a product.
#[derive(InputObject, Debug)]
pub struct RenameGenerationInput {
    /// Which set.
    pub generation_id: ID,
    /// The name, 1–60 characters on one line.
    pub product_name: String,
}

/// A set to be removed from the history.
#[derive(InputObject, Debug)]
pub struct DeleteGenerationInput {
    /// Which set.
    pub generation_id: ID,
}

/// An unpaid order to be closed.
#[derive(InputObject, Debug)]
pub struct CancelOrderInput {
    /// Which order.
    pub order_id: ID,
}

/// A partner's key to be made.
#[derive(InputObject, Debug)]
pub struct CreateApiKeyInput {
    /// What its owner calls it, 1–60 characters.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<ApiKeyScope>,
    /// The last moment it is good; left out: until it is revoked.
    pub expires_at: Option<DateTime>,
}

/// A partner's key to be ended.
#[derive(InputObject, Debug)]
pub struct RevokeApiKeyInput {
    /// Which key.
    pub api_key_id: ID,
}

/// A web hook to be made.
#[derive(InputObject, Debug)]
pub struct CreateWebhookEndpointInput {
    /// Where messages are sent: https, and on the public internet.
    pub url: String,
    /// What its owner calls it, up to 200 characters.
    pub description: Option<String>,
    /// What it is told of.
    pub kinds: Vec<WebhookKind>,
}

/// A web hook to be changed; what is left out stays.
#[derive(InputObject, Debug)]
pub struct UpdateWebhookEndpointInput {
    /// Which one.
    pub webhook_endpoint_id: ID,
    /// Where messages are sent.
    pub url: Option<String>,
    /// What its owner calls it.
    pub description: Option<String>,
    /// What it is told of.
    pub kinds: Option<Vec<WebhookKind>>,
    /// Whether anything is sent. Switched on again, it gets what waited for it.
    pub enabled: Option<bool>,
}

/// A web hook whose secret is to be replaced.
#[derive(InputObject, Debug)]
pub struct RotateWebhookSecretInput {
    /// Which one.
    pub webhook_endpoint_id: ID,
}

/// A web hook to be removed.
#[derive(InputObject, Debug)]
pub struct DeleteWebhookEndpointInput {
    /// Which one.
    pub webhook_endpoint_id: ID,
}

/// A message to be sent again.
#[derive(InputObject, Debug)]
pub struct ReplayWebhookDeliveryInput {
    /// Which one.
    pub delivery_id: ID,
}

/// An account to be deleted.
#[derive(InputObject, Debug)]
pub struct DeleteAccountInput {
    /// The account's address, typed once more.
    pub email: String,
}

/// A sign-in to be ended.
#[derive(InputObject, Debug)]
pub struct RevokeSignInSessionInput {
    /// Which one.
    pub session_id: ID,
}
