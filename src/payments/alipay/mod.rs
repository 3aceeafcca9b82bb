//! Alipay's open platform: page, phone page and QR code; RSA2 and nothing else.
//!
//! The page products need no call: their address is signed here. Everything else is a form posted to
//! the gateway, whose answer is believed only when its signature over the raw text is good.

mod notify;
mod signing;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use time::{UtcOffset, macros::format_description};

use super::{
    ChannelCode, ChannelError, Line, Notice, Notify, NotifyAnswer, NotifyError, PaidEvent, PaymentChannel,
    PaymentInstructions, PaymentRef, PaymentRequest, PaymentState, RefundRequest, RefundState, SetupError,
    fields::{self, Fields},
    keys::{SigningKey, VerifyingKey},
    money,
};
use crate::clock::{Clock, from_ms};

/// Where Alipay listens.
pub const GATEWAY: &str = "https://openapi.alipay.com/gateway.do";

/// What the channel is set up with.
#[derive(Clone)]
pub struct AlipayOptions {
    /// The application's number.
    pub app_id: String,
    /// The merchant's number, `2088…`.
    pub seller_id: String,
    /// The application's private key.
    pub private_key: SecretString,
    /// Alipay's public key: not the application's.
    pub alipay_public_key: String,
    /// [`GATEWAY`], the sandbox's, or a stand-in's.
    pub gateway: String,
    /// Whether the gateway may lie in a private network.
    pub allow_private_address: bool,
    /// The products that are offered.
    pub methods: Vec<ChannelCode>,
    /// Our own address.
    pub public_url: String,
}

/// The Alipay channel.
pub struct AlipayChannel {
    app_id: String,
    seller_id: String,
    private_key: SigningKey,
    alipay_public_key: VerifyingKey,
    line: Line,
    gateway: Url,
    methods: Vec<ChannelCode>,
    public_url: String,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for AlipayChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlipayChannel").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

impl AlipayChannel {
    /// Sets the channel up.
    ///
    /// # Errors
    /// A key that does not read, a number that cannot be one, or a gateway that is no address.
    pub fn new(options: AlipayOptions, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let is_number = |text: &str| (8..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(&options.app_id) {
            return Err(SetupError::new("app_id", "must be the application's number"));
        }
        if !is_number(&options.seller_id) {
            return Err(SetupError::new("seller_id", "must be the merchant's number, which begins with 2088"));
        }
        if options.methods.is_empty() {
            return Err(SetupError::new("methods", "must name at least one of page, wap, qr"));
        }
        let gateway: Url = options.gateway.parse().map_err(|_| SetupError::new("gateway", "is not an address"))?;
        let line = Line::new(&gateway.origin().ascii_serialization(), None, options.allow_private_address)
            .map_err(|error| SetupError::new("gateway", error.problem))?;
        Ok(Self {
            private_key: SigningKey::read("private_key", options.private_key.expose_secret())?,
            alipay_public_key: VerifyingKey::read("alipay_public_key", &options.alipay_public_key)?,
            app_id: options.app_id,
            seller_id: options.seller_id,
            line,
            gateway,
            methods: options.methods,
            public_url: options.public_url,
            clock,
        })
    }

    /// The signed parameters of a call.
    fn signed(&self, method: &str, content: &Value, pages: bool) -> Result<Fields, ChannelError> {
        let mut fields = Fields::from(
            [
                ("app_id", self.app_id.as_str()),
                ("method", method),
                ("format", "JSON"),
                ("charset", "utf-8"),
                ("sign_type", "RSA2"),
                ("timestamp", &beijing(self.clock.now_ms())),
                ("version", "1.0"),
                ("biz_content", &content.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        if pages {
            fields.insert("return_url".to_owned(), format!("{}/", self.public_url));
        }
        if pages || method == "alipay.trade.precreate" {
            fields.insert("notify_url".to_owned(), format!("{}/payments/alipay/notify", self.public_url));
        }
        let signature = self.private_key.sign(signing::request_text(&fields).as_bytes())?;
        fields.insert(fields::SIGN.to_owned(), signature);
        Ok(fields)
    }

    /// A page's address: the gateway with everything in its query.
    fn page(&self, method: &str, content: &Value) -> Result<String, ChannelError> {
        let mut url = self.gateway.clone();
        url.query_pairs_mut().extend_pairs(&self.signed(method, content, true)?);
        Ok(url.into())
    }

    /// Calls the gateway; the answer's signature is good.
    async fn call(&self, method: &'static str, content: &Value) -> Result<Value, ChannelError> {
        let fields = self.signed(method, content, false)?;
        let body = fields::encode(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let request = self
            .line
            .request(Method::POST, self.gateway.path())
            .header("content-type", "application/x-www-form-urlencoded;charset=utf-8")
            .body(body);
        let answer = self.line.send(method, request).await?;
        let text = std::str::from_utf8(&answer.body).map_err(|_| ChannelError::Unavailable)?;
        signing::verified_answer(text, method, &self.alipay_public_key).map_err(|problem| {
            // Refusals at the gate come unsigned; what they say is for the operator's eyes only.
            tracing::error!(
                call = method,
                problem,
                code = signing::unsigned_code(text, method),
                "an answer of Alipay cannot be believed"
            );
            ChannelError::Unavailable
        })
    }

    fn refused(method: &'static str, answer: &Value) -> ChannelError {
        let (code, sub_code) = (answer["code"].as_str(), answer["sub_code"].as_str());
        tracing::warn!(call = method, code, sub_code, "Alipay refused");
        let is_unwell = code == Some("20000") || sub_code.is_some_and(|c| c.ends_with("SYSTEM_ERROR"));
        if is_unwell { ChannelError::Unavailable } else { ChannelError::Refused }
    }
}

/// A time as Alipay writes it, in Beijing.
fn beijing(ms: i64) -> String {
    let offset = UtcOffset::from_hms(8, 0, 0).unwrap_or(UtcOffset::UTC);
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    from_ms(ms).to_offset(offset).format(&format).unwrap_or_default()
}

fn is_done(answer: &Value) -> bool {
    answer["code"].as_str() == Some("10000")
}

fn is_unknown(answer: &Value) -> bool {
    answer["sub_code"].as_str() == Some("ACQ.TRADE_NOT_EXIST")
}

#[async_trait]
impl PaymentChannel for AlipayChannel {
    fn code(&self) -> ChannelCode {
        ChannelCode::Alipay
    }

    fn methods(&self) -> Vec<ChannelCode> {
        self.methods.clone()
    }

    async fn create(&self, request: &PaymentRequest) -> Result<PaymentInstructions, ChannelError> {
        let mut content = json!({
            "out_trade_no": request.out_trade_no,
            "total_amount": money::yuan_of_fen(request.amount_fen),
            "subject": request.description(),
            "time_expire": beijing(request.expires_at_ms),
        });
        let mut payment = PaymentInstructions::default();
        match request.method {
            ChannelCode::AlipayQr => {
                const METHOD: &str = "alipay.trade.precreate";
                let answer = self.call(METHOD, &content).await?;
                if !is_done(&answer) || answer["out_trade_no"].as_str() != Some(&request.out_trade_no) {
                    return Err(Self::refused(METHOD, &answer));
                }
                payment.qr_code = answer["qr_code"].as_str().filter(|code| !code.is_empty()).map(str::to_owned);
                if payment.qr_code.is_none() {
                    return Err(ChannelError::Unavailable);
                }
            }
            ChannelCode::AlipayWap => {
                content["product_code"] = json!("QUICK_WAP_WAY");
                payment.url = Some(self.page("alipay.trade.wap.pay", &content)?);
            }
            _ => {
                content["product_code"] = json!("FAST_INSTANT_TRADE_PAY");
                payment.url = Some(self.page("alipay.trade.page.pay", &content)?);
            }
        }
        Ok(payment)
    }

    fn parse_notify(&self, notify: &Notify<'_>) -> Result<Notice, NotifyError> {
        if notify.body.len() > super::NOTIFY_BYTES_MAX {
            return Err(NotifyError::TooLarge);
        }
        self.read_notify(notify.body)
    }

    async fn query(&self, payment: &PaymentRef) -> Result<PaymentState, ChannelError> {
        const METHOD: &str = "alipay.trade.query";
        let answer = self.call(METHOD, &json!({ "out_trade_no": payment.out_trade_no })).await?;
        // A code that nobody has scanned yet is not known there, and can still be paid.
        if is_unknown(&answer) {
            return Ok(PaymentState::Open);
        }
        if !is_done(&answer) {
            return Err(Self::refused(METHOD, &answer));
        }
        if answer["out_trade_no"].as_str() != Some(&payment.out_trade_no) {
            return Err(ChannelError::Unavailable);
        }
        match answer["trade_status"].as_str() {
            Some("TRADE_SUCCESS" | "TRADE_FINISHED") => {
                let amount = money::fen_of_yuan(answer["total_amount"].as_str().unwrap_or_default());
                let trade_no = answer["trade_no"].as_str().filter(|number| !number.is_empty());
                let (Ok(amount_fen), Some(trade_no)) = (amount, trade_no) else {
                    return Err(ChannelError::Unavailable);
                };
                let (out_trade_no, trade_no) = (payment.out_trade_no.clone(), trade_no.to_owned());
                Ok(PaymentState::Paid(PaidEvent { out_trade_no, trade_no, amount_fen }))
            }
            Some("TRADE_CLOSED") => Ok(PaymentState::Closed),
            _ => Ok(PaymentState::Open),
        }
    }

    async fn close(&self, payment: &PaymentRef) -> Result<(), ChannelError> {
        const METHOD: &str = "alipay.trade.close";
        let answer = self.call(METHOD, &json!({ "out_trade_no": payment.out_trade_no })).await?;
        if is_done(&answer) || is_unknown(&answer) { Ok(()) } else { Err(Self::refused(METHOD, &answer)) }
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundState, ChannelError> {
        const METHOD: &str = "alipay.trade.refund";
        const QUERY: &str = "alipay.trade.fastpay.refund.query";
        let content = json!({
            "trade_no": request.trade_no,
            "refund_amount": money::yuan_of_fen(request.amount_fen),
            "out_request_no": request.out_refund_no,
            "refund_reason": request.reason,
        });
        let answer = self.call(METHOD, &content).await?;
        if !is_done(&answer) {
            return Err(Self::refused(METHOD, &answer));
        }
        if answer["fund_change"].as_str() == Some("Y") {
            return Ok(RefundState::Succeeded);
        }
        // Asked for before, perhaps: whether the money moved is said only by a question.
        let content = json!({ "trade_no": request.trade_no, "out_request_no": request.out_refund_no });
        let answer = self.call(QUERY, &content).await?;
        let is_there = is_done(&answer) && answer["refund_status"].as_str() == Some("REFUND_SUCCESS");
        Ok(if is_there { RefundState::Succeeded } else { RefundState::Pending })
    }

    fn answer(&self, is_settled: bool) -> NotifyAnswer {
        if is_settled { NotifyAnswer::text(200, "success") } else { NotifyAnswer::text(400, "fail") }
    }

    async fn probe(&self) -> Result<String, String> {
        match self.call("alipay.trade.query", &json!({ "out_trade_no": "haibao_probe" })).await {
            Ok(answer) if is_unknown(&answer) || is_done(&answer) => Ok("both keys are right".to_owned()),
            Ok(answer) => Err(format!("refused: {}", answer["sub_code"].as_str().unwrap_or("without a reason"))),
            Err(_) => {
                Err("no answer that can be believed: the gateway is out of reach, or a key is wrong (see the log)"
                    .to_owned())
            }
        }
    }
}
