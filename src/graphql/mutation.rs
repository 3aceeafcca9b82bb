//! Changing things. Each resolver parses, calls one service and maps its answer.

use async_graphql::{Context, Object, Result};
use axum::http::{HeaderValue, header};

use super::{
    ApiError,
    api::{api, limit, locale, request, viewer},
    ids,
    inputs::{
        CancelGenerationInput, CancelOrderInput, CreateApiKeyInput, CreateEditInput, CreateGenerationInput,
        CreateOrderInput, CreateWebhookEndpointInput, DeleteAccountInput, DeleteGenerationInput,
        DeleteWebhookEndpointInput, RenameGenerationInput, ReplayWebhookDeliveryInput, RestoreRevisionInput,
        RetryPosterInput, RevokeApiKeyInput, RevokeSignInSessionInput, RotateWebhookSecretInput, SendLoginCodeInput,
        SetCoverInput, SignInInput, UpdatePosterCopyInput, UpdateWebhookEndpointInput,
    },
    outcomes,
    results::{
        CancelAccountDeletionPayload, CancelGenerationResult, CancelOrderResult, CreateApiKeyResult, CreateEditResult,
        CreateGenerationResult, CreateOrderResult, CreateWebhookEndpointResult, DeleteAccountResult,
        DeleteGenerationResult, DeleteWebhookEndpointPayload, RateLimited, RenameGenerationResult,
        ReplayWebhookDeliveryResult, RestoreRevisionResult, RevokeApiKeyResult, RevokeSignInSessionPayload,
        RotateWebhookSecretResult, SendLoginCodeResult, SetCoverResult, SignInResult, SignOutPayload,
        UpdatePosterCopyResult, UpdateWebhookEndpointResult,
    },
    types::User,
};
use crate::services::{Viewer, accounts, generations, limits::Rate, orders::CreateOrder, sign_in};

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
        let (locale, ip) = (locale(ctx), request(ctx).client_ip);
        let sent = api(ctx).sign_in.send_code(&input.email, Some(ip), locale).await.map_err(ApiError::from)?;
        Ok(outcomes::code_sent(sent, locale))
    }

    /// Signs in with a code; the account is made at the first sign-in. Browsers get a cookie too.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code and what it belongs to.")] input: SignInInput,
    ) -> Result<SignInResult> {
        let request = request(ctx);
        let client = sign_in::Client {
            address: Some(request.client_ip),
            user_agent: request.user_agent.as_deref().map(str::to_owned),
        };
        let signed_in = api(ctx).sign_in.sign_in(&input.email, &input.challenge_id, &input.code, &client).await;
        let outcome = signed_in.map_err(ApiError::from)?;
        if let sign_in::SignInOutcome::SignedIn { access, .. } = &outcome {
            set_cookie(ctx, &access.token, access.expires_at_ms);
        }
        Ok(outcomes::signed_in(outcome, locale(ctx)))
    }

    /// Ends this sign-in, or all of the viewer's.
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Also everywhere else.", default_with = "Some(false)")] everywhere: Option<bool>,
    ) -> Result<SignOutPayload> {
        set_cookie(ctx, "", 0);
        let Some(viewer) = ctx.data_opt::<Viewer>() else { return Ok(SignOutPayload { signed_out: false }) };
        api(ctx).sign_in.sign_out(viewer, everywhere.unwrap_or(false)).await.map_err(ApiError::from)?;
        Ok(SignOutPayload { signed_out: true })
    }

    /// Ends one of the viewer's sign-ins, on open sockets too. Not for API keys.
    async fn revoke_sign_in_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RevokeSignInSessionInput,
    ) -> Result<RevokeSignInSessionPayload> {
        let session = ids::sign_in_session_id(&input.session_id)?;
        api(ctx).sign_in.revoke_session(viewer(ctx)?, session).await.map_err(ApiError::from)?;
        Ok(RevokeSignInSessionPayload { revoked_id: input.session_id })
    }

    /// Deletes the viewer's account after some days, in which it can be taken back. API keys end and web
    /// hooks are switched off at once. Not for API keys.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address, typed once more.")] input: DeleteAccountInput,
    ) -> Result<DeleteAccountResult> {
        let api = api(ctx);
        let grace_ms = i64::from(api.settings.retention.account_deletion_days) * 86_400_000;
        let asked = accounts::deletion_request(&api.services, viewer(ctx)?, &input.email, grace_ms).await;
        Ok(outcomes::deletion_asked(asked.map_err(ApiError::from)?, locale(ctx)))
    }

    /// Takes the wish to delete the account back. Not for API keys.
    async fn cancel_account_deletion(&self, ctx: &Context<'_>) -> Result<CancelAccountDeletionPayload> {
        let viewer = viewer(ctx)?;
        let row = accounts::deletion_cancel(&api(ctx).services, viewer).await.map_err(ApiError::from)?;
        Ok(CancelAccountDeletionPayload { user: User { row, viewer: viewer.clone() } })
    }

    /// Starts a set: its credits are held now, and each is spent or given back with its poster.
    async fn create_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to make.")] input: CreateGenerationInput,
    ) -> Result<CreateGenerationResult> {
        let viewer = viewer(ctx)?;
        if let Err(refused) = limit(ctx, viewer, Rate::Generations) {
            return Ok(RateLimited::after_ms(refused.retry_after_ms, locale(ctx)).into());
        }
        let created = generations::create(&api(ctx).services, viewer, input.into()).await.map_err(ApiError::from)?;
        Ok(outcomes::queued(created, locale(ctx)))
    }

    /// Stops a set: queued posters are released at once, running ones finish.
    async fn cancel_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CancelGenerationInput,
    ) -> Result<CancelGenerationResult> {
        let id = ids::generation_id(&input.generation_id)?;
        let canceled = generations::cancel(&api(ctx).services, viewer(ctx)?, id.as_str()).await;
        Ok(outcomes::canceled(canceled.map_err(ApiError::from)?, locale(ctx)))
    }

    /// Tries one refunded poster again, with a new hold.
    async fn retry_poster(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RetryPosterInput,
    ) -> Result<CreateGenerationResult> {
        let (generation_id, dimension) = ids::poster_id(&input.poster_id)?;
        let viewer = viewer(ctx)?;
        if let Err(refused) = limit(ctx, viewer, Rate::Generations) {
            return Ok(RateLimited::after_ms(refused.retry_after_ms, locale(ctx)).into());
        }
        let idempotency_key = input.idempotency_key;
        let retry = generations::RetryPoster { idempotency_key, generation_id: generation_id.to_string(), dimension };
        let retried = generations::retry(&api(ctx).services, viewer, &retry).await.map_err(ApiError::from)?;
        Ok(outcomes::queued(retried, locale(ctx)))
    }

    /// Asks for a changed picture; the old one stays. One edit at a time per poster.
    async fn create_edit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: CreateEditInput,
    ) -> Result<CreateEditResult> {
        let viewer = viewer(ctx)?;
        let input = input.try_into()?;
        if let Err(refused) = limit(ctx, viewer, Rate::Generations) {
            return Ok(RateLimited::after_ms(refused.retry_after_ms, locale(ctx)).into());
        }
        let created = api(ctx).edits.create(viewer, input).await.map_err(ApiError::from)?;
        Ok(outcomes::edit_queued(created, locale(ctx)))
    }

    /// Sets other words on a composed poster, as a new picture that costs nothing.
    async fn update_poster_copy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which picture, and the new words.")] input: UpdatePosterCopyInput,
    ) -> Result<UpdatePosterCopyResult> {
        let viewer = viewer(ctx)?;
        let input = input.try_into()?;
        if let Err(refused) = limit(ctx, viewer, Rate::Generations) {
            return Ok(RateLimited::after_ms(refused.retry_after_ms, locale(ctx)).into());
        }
        let updated = api(ctx).edits.update_copy(viewer, input).await.map_err(ApiError::from)?;
        Ok(outcomes::copy_updated(updated, locale(ctx)))
    }

    /// Shows an earlier picture of a poster again, for nothing; no picture is lost by it.
    async fn restore_revision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which picture.")] input: RestoreRevisionInput,
    ) -> Result<RestoreRevisionResult> {
        let picture = outcomes::picture_name(&input.revision_id)?;
        let restored = api(ctx).edits.restore(viewer(ctx)?, &picture).await.map_err(ApiError::from)?;
        Ok(outcomes::restored(restored, locale(ctx)))
    }

    /// Puts a picture on the cover of its set.
    async fn set_cover(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which picture.")] input: SetCoverInput,
    ) -> Result<SetCoverResult> {
        let picture = outcomes::picture_name(&input.revision_id)?;
        let covered = api(ctx).edits.cover(viewer(ctx)?, &picture).await.map_err(ApiError::from)?;
        Ok(outcomes::covered(covered, locale(ctx)))
    }

    /// Gives a set's product another name.
    async fn rename_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and its name.")] input: RenameGenerationInput,
    ) -> Result<RenameGenerationResult> {
        let id = ids::generation_id(&input.generation_id)?;
        let renamed = generations::rename(&api(ctx).services, viewer(ctx)?, id.as_str(), &input.product_name).await;
        Ok(outcomes::renamed(renamed.map_err(ApiError::from)?, locale(ctx)))
    }

    /// Removes a set from the history; what was paid for it stays in the ledger.
    async fn delete_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: DeleteGenerationInput,
    ) -> Result<DeleteGenerationResult> {
        let id = ids::generation_id(&input.generation_id)?;
        let deleted = generations::delete(&api(ctx).services, viewer(ctx)?, id.as_str()).await;
        Ok(outcomes::deleted(deleted.map_err(ApiError::from)?, input.generation_id, locale(ctx)))
    }

    /// Orders credits; pay by what `order.payment` says.
    async fn create_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much and by which channel.")] input: CreateOrderInput,
    ) -> Result<CreateOrderResult> {
        let locale = locale(ctx);
        let order = CreateOrder {
            idempotency_key: input.idempotency_key,
            amount_yuan: input.amount_yuan.into(),
            channel: input.channel.into(),
            payer_address: Some(request(ctx).client_ip),
            payer_id: input.payer_id,
        };
        let ordered = api(ctx).orders.create(viewer(ctx)?, order, locale).await.map_err(ApiError::from)?;
        Ok(outcomes::ordered(ordered, locale))
    }

    /// Closes an unpaid order.
    async fn cancel_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CancelOrderInput,
    ) -> Result<CancelOrderResult> {
        let row = ids::order_id(&input.order_id)?;
        let canceled = api(ctx).orders.cancel(viewer(ctx)?, row).await.map_err(ApiError::from)?;
        Ok(outcomes::order_canceled(canceled, locale(ctx)))
    }

    /// Makes a key for a partner's program.
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it may do.")] input: CreateApiKeyInput,
    ) -> Result<CreateApiKeyResult> {
        let made = api(ctx).sign_in.create_api_key(viewer(ctx)?, input.into()).await.map_err(ApiError::from)?;
        Ok(outcomes::key_made(made, locale(ctx)))
    }

    /// Ends a key at once.
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RevokeApiKeyInput,
    ) -> Result<RevokeApiKeyResult> {
        let row = ids::api_key_id(&input.api_key_id)?;
        let revoked = api(ctx).sign_in.revoke_api_key(viewer(ctx)?, row).await.map_err(ApiError::from)?;
        Ok(outcomes::key_revoked(revoked, locale(ctx)))
    }

    /// Makes a web hook: from now on that server is told what happens. Not for API keys.
    async fn create_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where, and what of.")] input: CreateWebhookEndpointInput,
    ) -> Result<CreateWebhookEndpointResult> {
        let made = api(ctx).webhooks.create(viewer(ctx)?, input.into()).await.map_err(ApiError::from)?;
        Ok(outcomes::webhooks::created(made, locale(ctx)))
    }

    /// Changes a web hook, or switches it off and on. Not for API keys.
    async fn update_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and what changes.")] input: UpdateWebhookEndpointInput,
    ) -> Result<UpdateWebhookEndpointResult> {
        let row = ids::webhook_endpoint_id(&input.webhook_endpoint_id)?;
        let changed = api(ctx).webhooks.update(viewer(ctx)?, row, input.into()).await.map_err(ApiError::from)?;
        Ok(outcomes::webhooks::updated(changed, locale(ctx)))
    }

    /// Makes a new secret for a web hook; for a day the old one signs messages too. Not for API keys.
    async fn rotate_webhook_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RotateWebhookSecretInput,
    ) -> Result<RotateWebhookSecretResult> {
        let row = ids::webhook_endpoint_id(&input.webhook_endpoint_id)?;
        let rotated = api(ctx).webhooks.rotate_secret(viewer(ctx)?, row).await.map_err(ApiError::from)?;
        Ok(outcomes::webhooks::rotated(rotated, locale(ctx)))
    }

    /// Removes a web hook; what waited for it is given up. Not for API keys.
    async fn delete_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: DeleteWebhookEndpointInput,
    ) -> Result<DeleteWebhookEndpointPayload> {
        let row = ids::webhook_endpoint_id(&input.webhook_endpoint_id)?;
        api(ctx).webhooks.delete(viewer(ctx)?, row).await.map_err(ApiError::from)?;
        Ok(DeleteWebhookEndpointPayload { deleted_id: input.webhook_endpoint_id })
    }

    /// Sends a message again, with the same id and the same body. Not for API keys.
    async fn replay_webhook_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ReplayWebhookDeliveryInput,
    ) -> Result<ReplayWebhookDeliveryResult> {
        let row = ids::webhook_delivery_id(&input.delivery_id)?;
        let queued = api(ctx).webhooks.replay(viewer(ctx)?, row).await.map_err(ApiError::from)?;
        Ok(outcomes::webhooks::replayed(queued, locale(ctx)))
    }
}

/// Sets the browser's cookie; an empty token takes it away. Over a websocket there is no cookie to
/// set, and the token in the answer is what counts.
fn set_cookie(ctx: &Context<'_>, token: &str, expires_at_ms: i64) {
    let api = api(ctx);
    let seconds = (expires_at_ms - api.services.clock.now_ms()).max(0) / 1000;
    if let Ok(value) = HeaderValue::try_from(session_cookie(token, seconds, api.is_https)) {
        ctx.append_http_header(header::SET_COOKIE, value);
    }
}

/// The session cookie's text.
pub(crate) fn session_cookie(token: &str, max_age_seconds: i64, is_https: bool) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_seconds}{secure}", super::SESSION_COOKIE)
}
