//! The words that all channels share: what they are asked, and what they say.

use http::HeaderMap;

use super::ChannelCode;
use crate::domain::Locale;

/// The largest call-back body that is read at all, in bytes.
pub const NOTIFY_BYTES_MAX: usize = 64 * 1024;

/// What a channel is asked to collect. The order is committed before this is sent, so that a call-back
/// that is faster than the answer finds it.
#[derive(Clone, Debug)]
pub struct PaymentRequest {
    /// Our number, unique among all attempts: 6–32 characters of `[0-9A-Za-z_]`.
    pub out_trade_no: String,
    /// Which of the channel's products.
    pub method: ChannelCode,
    /// Price in fen.
    pub amount_fen: i64,
    /// Credits bought, for the description.
    pub credits: i64,
    /// When the attempt was made, in milliseconds since the epoch: the same at every repetition.
    pub created_at_ms: i64,
    /// Last moment to pay, in milliseconds since the epoch.
    pub expires_at_ms: i64,
    /// The payer's language.
    pub locale: Locale,
    /// The payer's network address, which some products ask for.
    pub payer_address: Option<std::net::IpAddr>,
    /// The payer's id at the channel, which payments inside its own app ask for.
    pub payer_id: Option<String>,
}

impl PaymentRequest {
    /// What the payer reads at the cashier.
    pub fn description(&self) -> String {
        self.locale.pick("海报积分 {n} 个", "{n} Haibao credits").replace("{n}", &self.credits.to_string())
    }
}

/// How the payer pays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentInstructions {
    /// A page to open.
    pub url: Option<String>,
    /// A text to show as a QR code.
    pub qr_code: Option<String>,
    /// Parameters for the channel's own client library, as JSON.
    pub sdk_params: Option<String>,
    /// The channel's number of the payment to be, where it has one before money arrives. Kept for
    /// questions; never shown.
    pub reference: Option<String>,
}

/// A payment that a channel is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRef {
    /// Our number.
    pub out_trade_no: String,
    /// What [`PaymentInstructions::reference`] said.
    pub reference: Option<String>,
}

/// Money to give back. The same `out_refund_no` again means the same refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// The payment's number of ours.
    pub out_trade_no: String,
    /// The payment's number of the channel's.
    pub trade_no: String,
    /// Our number of this refund: up to 64 characters of `[0-9A-Za-z_]`.
    pub out_refund_no: String,
    /// What to give back, in fen.
    pub amount_fen: i64,
    /// What was paid, in fen.
    pub total_fen: i64,
    /// What the payer reads.
    pub reason: String,
}

/// What became of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// The money is on its way back.
    Succeeded,
    /// Taken, not finished: ask again.
    Pending,
    /// It will not happen.
    Failed,
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

/// How a channel names a payment when it speaks of money going back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentKey {
    /// By our number.
    OutTradeNo(String),
    /// By its own.
    TradeNo(String),
}

/// Money that went back, as a channel tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundEvent {
    /// Of which payment.
    pub payment: PaymentKey,
    /// Our number of the refund, or the channel's where it was not asked for by us.
    pub refund_no: String,
    /// How much.
    pub amount: RefundAmount,
    /// What became of it.
    pub state: RefundState,
    /// Whether the payer's bank took it back instead of us giving it.
    pub is_dispute: bool,
}

/// How much went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundAmount {
    /// By this refund alone, in fen.
    This(i64),
    /// By all refunds of the payment so far, in fen.
    Total(i64),
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
    /// Money went back, or did not.
    Refund(RefundEvent),
    /// Nothing that concerns us.
    Ignored,
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
    /// Signed, but too long ago or too far ahead: a recording, or a clock that is wrong.
    #[error("the call-back is not of now")]
    Stale,
    /// A probe that the channel sends to see whether signatures are checked.
    #[error("the call-back is a probe")]
    Probe,
    /// Genuine, but meant for another merchant, application or mode.
    #[error("the call-back is for another merchant")]
    WrongMerchant,
    /// Genuine, but not in the currency that was asked for.
    #[error("the call-back is in another currency")]
    WrongCurrency,
}

impl NotifyError {
    /// The word kept in `payment_notifies.verdict`.
    pub const fn verdict(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::BadSignature => "bad_signature",
            Self::Stale => "stale",
            Self::Probe => "probe",
            Self::WrongMerchant => "wrong_merchant",
            Self::WrongCurrency => "wrong_currency",
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

impl NotifyAnswer {
    /// Plain text.
    pub fn text(status: u16, body: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.to_owned() }
    }

    /// JSON.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, content_type: "application/json", body: body.to_string() }
    }
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

/// Why a channel did not do what it was asked; what it said stays in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// No answer, or none that can be believed: whether it was done is not known.
    #[error("the payment channel cannot be used right now")]
    Unavailable,
    /// A clear no: nothing was done.
    #[error("the payment channel refused")]
    Refused,
}
