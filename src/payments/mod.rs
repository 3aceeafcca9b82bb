//! Payment channels.
//!
//! A channel tells us that money arrived; what that means for credits is decided in one place for all
//! of them (`services::orders`). To add a channel: implement [`PaymentChannel`], add it to the tests of
//! this room, and choose it in `app.rs`.

mod fields;
pub mod sandbox;
mod scripted;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use http::HeaderMap;

pub use self::{sandbox::SandboxChannel, scripted::ScriptedChannel};
use crate::domain::Locale;

/// The largest call-back body that is read at all, in bytes.
pub const NOTIFY_BYTES_MAX: usize = 64 * 1024;

/// The channels there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelCode {
    /// Built in; pays without money.
    Sandbox,
    /// Alipay.
    Alipay,
    /// WeChat Pay.
    WechatPay,
    /// Stripe.
    Stripe,
    /// An aggregator that speaks the epay protocol.
    Epay,
}

impl ChannelCode {
    /// Every channel.
    pub const ALL: [Self; 5] = [Self::Sandbox, Self::Alipay, Self::WechatPay, Self::Stripe, Self::Epay];

    /// The name in addresses and in the database.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Alipay => "alipay",
            Self::WechatPay => "wechat_pay",
            Self::Stripe => "stripe",
            Self::Epay => "epay",
        }
    }

    /// Reads the name in an address or in the database.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.slug() == slug)
    }

    /// What people call it.
    pub const fn title(self, locale: Locale) -> &'static str {
        match self {
            Self::Sandbox => locale.pick("沙箱支付", "Sandbox"),
            Self::Alipay => locale.pick("支付宝", "Alipay"),
            Self::WechatPay => locale.pick("微信支付", "WeChat Pay"),
            Self::Stripe => "Stripe",
            Self::Epay => locale.pick("易支付", "Epay"),
        }
    }
}

/// What a channel is asked to collect. The order is committed before this is sent, so that a call-back
/// that is faster than the answer finds it.
#[derive(Clone, Debug)]
pub struct PaymentRequest {
    /// Our number, unique among all attempts: 6–32 characters of `[0-9A-Za-z_]`.
    pub out_trade_no: String,
    /// Price in fen.
    pub amount_fen: i64,
    /// Credits bought, for the description.
    pub credits: i64,
    /// Last moment to pay, in milliseconds since the epoch.
    pub expires_at_ms: i64,
    /// The payer's language.
    pub locale: Locale,
}

/// How the payer pays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentInstructions {
    /// A page to open.
    pub url: Option<String>,
    /// A text to show as a QR code.
    pub qr_code: Option<String>,
}

/// A call-back as it arrived: signatures are made over raw bytes.
#[derive(Clone, Copy, Debug)]
pub struct Notify<'a> {
    /// The address's query, without the question mark.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, at most [`NOTIFY_BYTES_MAX`].
    pub body: &'a [u8],
}

/// Money that arrived, in words that all channels share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidEvent {
    /// Our number.
    pub out_trade_no: String,
    /// The channel's number.
    pub trade_no: String,
    /// What was paid, in fen.
    pub amount_fen: i64,
}

/// What a genuine call-back says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Money arrived.
    Paid(PaidEvent),
    /// The payer gave up, or the channel closed the payment: no money will come.
    Closed {
        /// Our number.
        out_trade_no: String,
    },
}

/// Why a call-back is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// Larger than [`NOTIFY_BYTES_MAX`].
    #[error("the call-back is too large")]
    TooLarge,
    /// Not of the channel's form, or with an amount that is not exact.
    #[error("the call-back cannot be read")]
    Malformed,
    /// Not signed by the channel.
    #[error("the call-back's signature is wrong")]
    BadSignature,
    /// Genuine, but meant for another merchant.
    #[error("the call-back is for another merchant")]
    WrongMerchant,
}

impl NotifyError {
    /// The word kept in `payment_notifies.verdict`.
    pub const fn verdict(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::BadSignature => "bad_signature",
            Self::WrongMerchant => "wrong_merchant",
        }
    }
}

/// What to answer a channel, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyAnswer {
    /// HTTP status.
    pub status: u16,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// What a channel says about a payment when it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// Nothing yet, or nothing known; it may still come.
    Open,
    /// Paid.
    Paid(PaidEvent),
    /// Closed without money.
    Closed,
}

/// A channel cannot be used right now; what it said stays in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payment channel cannot be used right now")]
pub struct ChannelUnavailable;

/// A way to pay.
#[async_trait]
pub trait PaymentChannel: Send + Sync + std::fmt::Debug + 'static {
    /// Which channel it is.
    fn code(&self) -> ChannelCode;

    /// Asks for a payment; the same `out_trade_no` again means the same payment.
    ///
    /// # Errors
    /// The channel cannot be used right now.
    async fn create(&self, request: &PaymentRequest) -> Result<PaymentInstructions, ChannelUnavailable>;

    /// Verifies and reads a call-back. Nothing in it is believed before its signature is.
    ///
    /// # Errors
    /// See [`NotifyError`].
    fn parse_notify(&self, notify: &Notify<'_>) -> Result<Notice, NotifyError>;

    /// Asks what became of a payment.
    ///
    /// # Errors
    /// The channel cannot be used right now.
    async fn query(&self, out_trade_no: &str) -> Result<PaymentState, ChannelUnavailable>;

    /// Closes a payment, so that nobody can pay it any more.
    ///
    /// # Errors
    /// The channel cannot be used right now.
    async fn close(&self, out_trade_no: &str) -> Result<(), ChannelUnavailable>;

    /// The answer that makes the channel stop telling us (`is_settled`), or tell us again later.
    fn answer(&self, is_settled: bool) -> NotifyAnswer;
}

/// The channels that are configured, in the order people see them.
#[derive(Clone, Debug, Default)]
pub struct Channels(BTreeMap<ChannelCode, Arc<dyn PaymentChannel>>);

impl Channels {
    /// Collects channels; a later one with the same code replaces an earlier one.
    pub fn new(channels: impl IntoIterator<Item = Arc<dyn PaymentChannel>>) -> Self {
        Self(channels.into_iter().map(|channel| (channel.code(), channel)).collect())
    }

    /// The channel with this code, if it is configured.
    pub fn get(&self, code: ChannelCode) -> Option<&Arc<dyn PaymentChannel>> {
        self.0.get(&code)
    }

    /// Every configured channel.
    pub fn codes(&self) -> impl Iterator<Item = ChannelCode> {
        self.0.keys().copied()
    }
}
