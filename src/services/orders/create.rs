//! `createOrder`: the order first, the channel second.

use std::net::IpAddr;

use ::entity::{enums::OrderStatus, orders, payment_attempts};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::Expr,
};

use super::{Orders, poll::first_poll_ms};
use crate::{
    database::{Constraint, violated},
    domain::{
        Locale,
        credits::{RECHARGE_YUAN_MAX, RECHARGE_YUAN_MIN, credits_for_yuan, fen_for_credits},
        validation::{Refusal, idempotency_key},
    },
    payments::{ChannelCode, PaymentInstructions, PaymentRequest},
    services::{
        FieldRefusal, ServiceError, Viewer,
        limits::{Counted, Rate},
    },
    storage::sha256_hex,
};

/// What somebody wants to pay.
#[derive(Clone, Debug)]
pub struct CreateOrder {
    /// Kept by the client until it has an answer.
    pub idempotency_key: String,
    /// Whole yuan, 1 to 5000.
    pub amount_yuan: i64,
    /// How to pay.
    pub channel: ChannelCode,
    /// From where, for the channels that ask.
    pub payer_address: Option<IpAddr>,
    /// As whom, for payments inside the channel's own app.
    pub payer_id: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreateOrderOutcome {
    /// There is an order, made now or under the same key before.
    Created {
        /// The order.
        order: Box<orders::Model>,
        /// How to pay it.
        payment: PaymentInstructions,
    },
    /// The channel is not configured, or does not answer; the same key may be sent again.
    ChannelUnavailable,
    /// Too many orders.
    TooOften {
        /// When asking again may succeed.
        retry_after_ms: i64,
    },
    /// Fields that cannot be taken.
    Invalid(Vec<FieldRefusal>),
}

impl Orders {
    /// Orders credits. The same key with the same input is the same order, however often it is sent.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `IdempotencyConflict`, `Database`.
    pub async fn create(
        &self,
        viewer: &Viewer,
        input: CreateOrder,
        locale: Locale,
    ) -> Result<CreateOrderOutcome, ServiceError> {
        viewer.require_person()?;
        let mut refused = Vec::new();
        if let Err(refusal) = idempotency_key(&input.idempotency_key) {
            refused.push(FieldRefusal::new("idempotencyKey", refusal));
        }
        if !(RECHARGE_YUAN_MIN..=RECHARGE_YUAN_MAX).contains(&input.amount_yuan) {
            refused.push(FieldRefusal::new("amountYuan", Refusal::OutOfRange));
        }
        let is_id = |id: &str| (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        match &input.payer_id {
            Some(id) if !is_id(id) => refused.push(FieldRefusal::new("payerId", Refusal::Malformed)),
            None if input.channel == ChannelCode::WechatJsapi => {
                refused.push(FieldRefusal::new("payerId", Refusal::Required));
            }
            _ => {}
        }
        if !refused.is_empty() {
            return Ok(CreateOrderOutcome::Invalid(refused));
        }
        if !self.channels.offers(input.channel) {
            return Ok(CreateOrderOutcome::ChannelUnavailable);
        }
        let request_sha256 = sha256_hex(format!("{}\n{}", input.amount_yuan, input.channel.slug()).as_bytes());
        if let Some(earlier) = self.earlier(viewer, &input, &request_sha256).await? {
            return self.ask_channel(earlier, &input, locale).await;
        }
        // A repeated request is answered above and not counted: a client that retries is no flood.
        if let Err(refused) = self.limits.check(Rate::Orders, Counted::User(viewer.user_id)) {
            return Ok(CreateOrderOutcome::TooOften { retry_after_ms: refused.retry_after_ms });
        }
        let order = match self.insert(viewer, &input, request_sha256.clone()).await {
            Err(ServiceError::Database(error)) if violated(&error) == Some(Constraint::OrderIdempotency) => {
                // The same request, sent twice at once: the other one won.
                self.earlier(viewer, &input, &request_sha256).await?.ok_or(ServiceError::Database(error))?
            }
            inserted => inserted?,
        };
        self.ask_channel(order, &input, locale).await
    }

    async fn earlier(
        &self,
        viewer: &Viewer,
        input: &CreateOrder,
        request_sha256: &str,
    ) -> Result<Option<orders::Model>, ServiceError> {
        let earlier = orders::Entity::find()
            .filter(orders::Column::UserId.eq(viewer.user_id))
            .filter(orders::Column::IdempotencyKey.eq(&input.idempotency_key))
            .one(self.context.database.read())
            .await?;
        match earlier {
            Some(order) if order.request_sha256 != request_sha256 => Err(ServiceError::IdempotencyConflict),
            found => Ok(found),
        }
    }

    async fn insert(
        &self,
        viewer: &Viewer,
        input: &CreateOrder,
        request_sha256: String,
    ) -> Result<orders::Model, ServiceError> {
        let now_ms = self.context.clock.now_ms();
        let credits = credits_for_yuan(input.amount_yuan);
        let expires_at_ms = now_ms + self.lifetime_ms;
        let txn = self.context.database.write().await?;
        let order = orders::ActiveModel {
            id: NotSet,
            user_id: Set(viewer.user_id),
            amount: Set(credits),
            status: Set(OrderStatus::Pending),
            trade_no: Set(None),
            amount_fen: Set(fen_for_credits(credits)),
            channel: Set(input.channel.vendor().slug().to_owned()),
            idempotency_key: Set(Some(input.idempotency_key.clone())),
            request_sha256: Set(request_sha256),
            created_at_ms: Set(now_ms),
            paid_at_ms: Set(None),
            expires_at_ms: Set(Some(expires_at_ms)),
        };
        let order = order.insert(&txn).await?;
        let attempt = payment_attempts::ActiveModel {
            id: NotSet,
            order_id: Set(order.id),
            channel: Set(order.channel.clone()),
            // Readable for support, and not to be guessed from the number before it.
            out_trade_no: Set(format!("hb{}t{}", order.id, &self.context.ids.token()[..10])),
            amount_fen: Set(order.amount_fen),
            url: Set(None),
            qr_code: Set(None),
            created_at_ms: Set(now_ms),
            expires_at_ms: Set(expires_at_ms),
            method: Set(input.channel.slug().to_owned()),
            reference: Set(None),
            sdk_params: Set(None),
            polls: Set(0),
            next_poll_at_ms: Set(self.channels.get(input.channel).and_then(|c| first_poll_ms(c, now_ms))),
        };
        payment_attempts::Entity::insert(attempt).exec_without_returning(&txn).await?;
        txn.commit().await?;
        metrics::counter!("haibao_orders_total", "channel" => input.channel.slug()).increment(1);
        Ok(order)
    }

    /// Asks the channel how to pay, unless that is known already.
    async fn ask_channel(
        &self,
        order: orders::Model,
        input: &CreateOrder,
        locale: Locale,
    ) -> Result<CreateOrderOutcome, ServiceError> {
        let attempt = self
            .attempt_of(order.id)
            .await?
            .ok_or_else(|| ServiceError::Corrupt(format!("order {} has no payment attempt", order.id)))?;
        let known = PaymentInstructions {
            url: attempt.url,
            qr_code: attempt.qr_code,
            sdk_params: attempt.sdk_params,
            reference: attempt.reference,
        };
        if order.status != OrderStatus::Pending || known != PaymentInstructions::default() {
            return Ok(CreateOrderOutcome::Created { order: Box::new(order), payment: known });
        }
        let channel = ChannelCode::from_slug(&order.channel).and_then(|code| self.channels.get(code));
        let Some(channel) = channel else { return Ok(CreateOrderOutcome::ChannelUnavailable) };
        let request = PaymentRequest {
            out_trade_no: attempt.out_trade_no,
            method: ChannelCode::from_slug(&attempt.method).unwrap_or(channel.code()),
            amount_fen: attempt.amount_fen,
            credits: order.amount,
            created_at_ms: attempt.created_at_ms,
            expires_at_ms: attempt.expires_at_ms,
            locale,
            payer_address: input.payer_address,
            payer_id: input.payer_id.clone(),
        };
        let payment = match channel.create(&request).await {
            Ok(payment) => payment,
            Err(error) => {
                tracing::warn!(%error, order.id = order.id, order.channel = %order.channel, "no payment could be started");
                return Ok(CreateOrderOutcome::ChannelUnavailable);
            }
        };
        let txn = self.context.database.write().await?;
        payment_attempts::Entity::update_many()
            .col_expr(payment_attempts::Column::Url, Expr::value(payment.url.clone()))
            .col_expr(payment_attempts::Column::QrCode, Expr::value(payment.qr_code.clone()))
            .col_expr(payment_attempts::Column::SdkParams, Expr::value(payment.sdk_params.clone()))
            .col_expr(payment_attempts::Column::Reference, Expr::value(payment.reference.clone()))
            .filter(payment_attempts::Column::Id.eq(attempt.id))
            .exec(&txn)
            .await?;
        txn.commit().await?;
        Ok(CreateOrderOutcome::Created { order: Box::new(order), payment })
    }
}
