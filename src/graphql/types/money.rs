//! Credits, orders and the lines that explain every balance.

use ::entity::{ledger_entries, orders, payment_attempts, posters};
use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::{Edit, Poster};
use crate::{
    graphql::{
        ApiError,
        api::{load, load_existing},
        connection::connection,
        enums::{LedgerEntryKind, OrderStatus, PaymentChannelCode},
        ids::NodeId,
        loaders::{EditById, HoldById, OrderById, PaymentOf, PosterById},
        scalars::{DateTime, int},
    },
    ledger,
    payments::ChannelCode,
    services::generations,
};

/// The two numbers a seller cares about.
#[derive(SimpleObject, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Credits that can be spent.
    pub credits: i32,
    /// Credits held for work under way.
    pub frozen: i32,
    /// Only grows; a client ignores an older one.
    pub version: i32,
}

impl From<ledger::Wallet> for Wallet {
    fn from(wallet: ledger::Wallet) -> Self {
        Self { credits: int(wallet.credits), frozen: int(wallet.frozen), version: int(wallet.version) }
    }
}

/// What a choice of posters would cost.
#[derive(SimpleObject, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Posters chosen.
    pub posters: i32,
    /// Credits they cost.
    pub credits: i32,
    /// Credits there are.
    pub credits_available: i32,
    /// Credits that are missing; 0 when there are enough.
    pub credits_missing: i32,
    /// Credits left afterwards; 0 when there are not enough.
    pub credits_after: i32,
}

impl From<generations::Quote> for Quote {
    fn from(quote: generations::Quote) -> Self {
        Self {
            posters: int(quote.posters),
            credits: int(quote.credits),
            credits_available: int(quote.credits_available),
            credits_missing: int(quote.credits_missing),
            credits_after: int(quote.credits_after),
        }
    }
}

/// A recharge.
#[derive(Clone, Debug)]
pub struct Order(pub orders::Model);

/// A recharge.
#[Object]
impl Order {
    /// Names this order.
    pub(super) async fn id(&self) -> ID {
        NodeId::Order(self.0.id).to_id()
    }

    /// Credits bought.
    async fn credits(&self) -> i32 {
        int(self.0.amount)
    }

    /// The price in fen (1 yuan = 100 fen).
    async fn amount_fen(&self) -> i32 {
        int(self.0.amount_fen)
    }

    /// How far it has come.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// How it is paid.
    async fn channel(&self) -> PaymentChannelCode {
        ChannelCode::from_slug(&self.0.channel).unwrap_or(ChannelCode::Sandbox).into()
    }

    /// The channel's own number, once paid.
    async fn trade_no(&self) -> Option<&str> {
        self.0.trade_no.as_deref()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime::from_ms(self.0.created_at_ms)
    }

    /// When it was paid.
    async fn paid_at(&self) -> Option<DateTime> {
        self.0.paid_at_ms.map(DateTime::from_ms)
    }

    /// The last moment to pay.
    async fn expires_at(&self) -> DateTime {
        DateTime::from_ms(self.0.expires_at_ms.unwrap_or(self.0.created_at_ms))
    }

    /// Where to pay, while it is pending.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<PaymentInstructions>> {
        if self.0.status != ::entity::enums::OrderStatus::Pending {
            return Ok(None);
        }
        Ok(load(ctx, PaymentOf(self.0.id)).await?.map(PaymentInstructions::from))
    }
}

/// Where and how to pay.
#[derive(SimpleObject, Clone, Debug)]
pub struct PaymentInstructions {
    /// A page to open.
    pub url: Option<String>,
    /// Text to show as a QR code.
    pub qr_code: Option<String>,
    /// For `WECHAT_JSAPI`: what WeChat's browser is given to open the payment, as JSON.
    pub sdk_params: Option<String>,
}

impl From<payment_attempts::Model> for PaymentInstructions {
    fn from(attempt: payment_attempts::Model) -> Self {
        Self { url: attempt.url, qr_code: attempt.qr_code, sdk_params: attempt.sdk_params }
    }
}

connection!(
    OrderConnection,
    OrderEdge,
    Order,
    "A page of orders, newest first.",
    "An order and its place in the list."
);

/// A line of the ledger: why a balance is what it is.
#[derive(Clone, Debug)]
pub struct LedgerEntry(pub ledger_entries::Model);

/// A line of the ledger: why a balance is what it is.
#[Object]
impl LedgerEntry {
    /// Names this line.
    pub(super) async fn id(&self) -> ID {
        NodeId::LedgerEntry(self.0.id).to_id()
    }

    /// Why.
    async fn kind(&self) -> LedgerEntryKind {
        self.0.kind.into()
    }

    /// Change of the credits that can be spent.
    async fn credits_delta(&self) -> i32 {
        int(self.0.credits_delta)
    }

    /// Change of the credits held.
    async fn frozen_delta(&self) -> i32 {
        int(self.0.frozen_delta)
    }

    /// Credits that can be spent after it.
    async fn credits_after(&self) -> i32 {
        int(self.0.credits_after)
    }

    /// Credits held after it.
    async fn frozen_after(&self) -> i32 {
        int(self.0.frozen_after)
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime::from_ms(self.0.at_ms)
    }

    /// The order it belongs to, for deposits and refunds.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        match self.0.order_id {
            Some(row) => Ok(load(ctx, OrderById(row)).await?.map(Order)),
            None => Ok(None),
        }
    }

    /// The poster it paid for.
    async fn poster(&self, ctx: &Context<'_>) -> Result<Option<Poster>> {
        match self.0.hold_id {
            Some(row) => Ok(Some(Poster(self.held_for(ctx, row).await?))),
            None => Ok(None),
        }
    }

    /// The edit it paid for.
    async fn edit(&self, ctx: &Context<'_>) -> Result<Option<Edit>> {
        let Some(row) = self.0.hold_id else { return Ok(None) };
        match load_existing(ctx, HoldById(row)).await?.edit_id {
            Some(edit) => Ok(load(ctx, EditById(edit)).await?.map(Edit)),
            None => Ok(None),
        }
    }
}

impl LedgerEntry {
    async fn held_for(&self, ctx: &Context<'_>, hold: i64) -> Result<posters::Model, ApiError> {
        let hold = load_existing(ctx, HoldById(hold)).await?;
        load_existing(ctx, PosterById(hold.poster_id)).await
    }
}

connection!(
    LedgerEntryConnection,
    LedgerEntryEdge,
    LedgerEntry,
    "A page of the ledger, newest first.",
    "A line of the ledger and its place in the list."
);
