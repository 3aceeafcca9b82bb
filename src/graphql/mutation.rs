//! Changing things. Each resolver parses, calls one service and maps its answer.

use async_graphql::{Context, Object, Result};

use super::{
    ApiError, ErrorCode,
    inputs::{
        CancelGenerationInput, CancelOrderInput, CreateApiKeyInput, CreateEditInput, CreateGenerationInput,
        CreateOrderInput, DeleteGenerationInput, RenameGenerationInput, RetryPosterInput, RevokeApiKeyInput,
        SendLoginCodeInput, SignInInput,
    },
    results::{
        CancelGenerationResult, CancelOrderResult, CreateApiKeyResult, CreateEditResult, CreateGenerationResult,
        CreateOrderResult, DeleteGenerationResult, RenameGenerationResult, RevokeApiKeyResult, SendLoginCodeResult,
        SignInResult, SignOutPayload,
    },
};

/// Changing things.
pub struct Mutation;

/// Changing things.
#[Object]
impl Mutation {
    /// Sends a six-digit code by mail. The answer is the same whether or not there is an account.
    async fn send_login_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to send it.")] input: SendLoginCodeInput,
    ) -> Result<SendLoginCodeResult> {
        unavailable(ctx, &input)
    }

    /// Signs in with a code; the account is made at the first sign-in. Browsers get a cookie too.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code and what it belongs to.")] input: SignInInput,
    ) -> Result<SignInResult> {
        unavailable(ctx, &input.email)
    }

    /// Ends this sign-in, or all of the viewer's.
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Also everywhere else.", default_with = "Some(false)")] everywhere: Option<bool>,
    ) -> Result<SignOutPayload> {
        unavailable(ctx, &everywhere)
    }

    /// Starts a set: its credits are held now, and each is spent or given back with its poster.
    async fn create_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to make.")] input: CreateGenerationInput,
    ) -> Result<CreateGenerationResult> {
        unavailable(ctx, &input)
    }

    /// Stops a set: queued posters are released at once, running ones finish.
    async fn cancel_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CancelGenerationInput,
    ) -> Result<CancelGenerationResult> {
        unavailable(ctx, &input)
    }

    /// Tries one refunded poster again, with a new hold.
    async fn retry_poster(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RetryPosterInput,
    ) -> Result<CreateGenerationResult> {
        unavailable(ctx, &input)
    }

    /// Asks for a changed picture; the old one stays. One edit at a time per poster.
    async fn create_edit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: CreateEditInput,
    ) -> Result<CreateEditResult> {
        unavailable(ctx, &input)
    }

    /// Gives a set's product another name.
    async fn rename_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and its name.")] input: RenameGenerationInput,
    ) -> Result<RenameGenerationResult> {
        unavailable(ctx, &input)
    }

    /// Removes a set from the history; what was paid for it stays in the ledger.
    async fn delete_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: DeleteGenerationInput,
    ) -> Result<DeleteGenerationResult> {
        unavailable(ctx, &input)
    }

    /// Orders credits; pay by what `order.payment` says.
    async fn create_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much and by which channel.")] input: CreateOrderInput,
    ) -> Result<CreateOrderResult> {
        unavailable(ctx, &input)
    }

    /// Closes an unpaid order.
    async fn cancel_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CancelOrderInput,
    ) -> Result<CancelOrderResult> {
        unavailable(ctx, &input)
    }

    /// Makes a key for a partner's program.
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it may do.")] input: CreateApiKeyInput,
    ) -> Result<CreateApiKeyResult> {
        unavailable(ctx, &input)
    }

    /// Ends a key at once.
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RevokeApiKeyInput,
    ) -> Result<RevokeApiKeyResult> {
        unavailable(ctx, &input)
    }
}

/// The answer of what this build cannot do yet.
fn unavailable<T, I>(_ctx: &Context<'_>, _input: &I) -> Result<T> {
    Err(ApiError::new(ErrorCode::ServiceUnavailable).into())
}
