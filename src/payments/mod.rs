//! Payment channels.
//!
//! A channel tells us that money arrived; what that means for credits is decided in one place for all
//! of them (`services::orders`). To add a channel: implement [`PaymentChannel`], add it to the tests of
//! this room, and choose it in `app/payments.rs`.

pub mod alipay;
mod codes;
mod der;
mod epay;
mod fields;
mod keys;
mod line;
pub mod money;
pub mod sandbox;
mod scripted;
pub mod stripe;
#[cfg(test)]
mod testing;
pub mod wechat;
mod words;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

pub use self::{
    alipay::{AlipayChannel, AlipayOptions},
    codes::ChannelCode,
    epay::{EpayChannel, EpayKeys, EpayOptions},
    keys::{SigningKey, VerifyingKey},
    line::Line,
    sandbox::SandboxChannel,
    scripted::ScriptedChannel,
    stripe::{StripeChannel, StripeOptions},
    wechat::{WechatChannel, WechatOptions},
    words::{
        ChannelError, NOTIFY_BYTES_MAX, Notice, Notify, NotifyAnswer, NotifyError, PaidEvent, PaymentInstructions,
        PaymentKey, PaymentRef, PaymentRequest, PaymentState, RefundAmount, RefundEvent, RefundRequest, RefundState,
    },
};

/// Why a channel cannot be set up; found at the start, never at the first payment. Says what to change
/// and never shows a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct SetupError {
    /// The setting, below the channel's section.
    pub key: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl SetupError {
    /// A setting and what is wrong with it.
    pub fn new(key: &'static str, problem: impl Into<String>) -> Self {
        Self { key, problem: problem.into() }
    }
}

/// A way to pay.
#[async_trait]
pub trait PaymentChannel: Send + Sync + std::fmt::Debug + 'static {
    /// Which channel it is: its [`ChannelCode::vendor`].
    fn code(&self) -> ChannelCode;

    /// The products that people can choose.
    fn methods(&self) -> Vec<ChannelCode> {
        vec![self.code()]
    }

    /// Whether [`PaymentChannel::query`] knows anything: a channel that keeps no state is not polled.
    fn is_queryable(&self) -> bool {
        true
    }

    /// Whether a call-back alone proves nothing, so that it is believed only when the channel says the
    /// same when asked.
    fn is_confirmed_by_query(&self) -> bool {
        false
    }

    /// Whether a refund may be asked for again under the same number without being paid twice.
    fn is_refund_repeatable(&self) -> bool {
        true
    }

    /// Asks for a payment; the same `out_trade_no` again means the same payment.
    ///
    /// # Errors
    /// See [`ChannelError`].
    async fn create(&self, request: &PaymentRequest) -> Result<PaymentInstructions, ChannelError>;

    /// Verifies and reads a call-back. Nothing in it is believed before its signature is.
    ///
    /// # Errors
    /// See [`NotifyError`].
    fn parse_notify(&self, notify: &Notify<'_>) -> Result<Notice, NotifyError>;

    /// Asks what became of a payment.
    ///
    /// # Errors
    /// See [`ChannelError`].
    async fn query(&self, payment: &PaymentRef) -> Result<PaymentState, ChannelError>;

    /// Closes a payment, so that nobody can pay it any more. Done too where the channel does not know
    /// it yet; it may get to know it later, so the payment is still watched.
    ///
    /// # Errors
    /// See [`ChannelError`]; `Refused` where it is paid.
    async fn close(&self, payment: &PaymentRef) -> Result<(), ChannelError>;

    /// Gives money back.
    ///
    /// # Errors
    /// See [`ChannelError`]; after `Unavailable` the money may be on its way.
    async fn refund(&self, request: &RefundRequest) -> Result<RefundState, ChannelError>;

    /// The answer that makes the channel stop telling us (`is_settled`), or tell us again later.
    fn answer(&self, is_settled: bool) -> NotifyAnswer;

    /// Asks something harmless to see whether address, account and keys are right; says what was seen.
    ///
    /// # Errors
    /// What is wrong, for the operator.
    async fn probe(&self) -> Result<String, String>;
}

/// The channels that are configured, in the order people see them.
#[derive(Clone, Debug, Default)]
pub struct Channels {
    vendors: BTreeMap<ChannelCode, Arc<dyn PaymentChannel>>,
    methods: Vec<ChannelCode>,
}

impl Channels {
    /// Collects channels; a later one with the same code replaces an earlier one.
    pub fn new(channels: impl IntoIterator<Item = Arc<dyn PaymentChannel>>) -> Self {
        let vendors: BTreeMap<_, _> = channels.into_iter().map(|channel| (channel.code(), channel)).collect();
        let methods = vendors.values().flat_map(|channel| channel.methods()).collect();
        Self { vendors, methods }
    }

    /// The channel behind this way to pay, if it is configured.
    pub fn get(&self, code: ChannelCode) -> Option<&Arc<dyn PaymentChannel>> {
        self.vendors.get(&code.vendor())
    }

    /// Whether people can choose this way to pay.
    pub fn offers(&self, code: ChannelCode) -> bool {
        self.methods.contains(&code)
    }

    /// Every way to pay that is offered.
    pub fn codes(&self) -> impl Iterator<Item = ChannelCode> {
        self.methods.iter().copied()
    }

    /// Every configured channel.
    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn PaymentChannel>> {
        self.vendors.values()
    }
}
