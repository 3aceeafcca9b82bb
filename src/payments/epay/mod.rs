//! Aggregators that speak the epay (易支付) protocol, in its two versions.
//!
//! Version 1 signs with MD5 over a shared key, without time or nonce: its call-backs are believed only
//! when the aggregator says the same when asked. Version 2 signs with RSA in both directions.

mod signing;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use self::signing::Scheme;
use super::{
    ChannelCode, ChannelError, Line, Notice, Notify, NotifyAnswer, NotifyError, PaidEvent, PaymentChannel,
    PaymentInstructions, PaymentRef, PaymentRequest, PaymentState, RefundRequest, RefundState, SetupError,
    fields::{self, Fields},
    keys::{SigningKey, VerifyingKey},
    money,
};
use crate::clock::Clock;

/// How the aggregator and we sign.
#[derive(Clone)]
pub enum EpayKeys {
    /// Version 1: one shared key.
    V1 {
        /// The merchant's key.
        key: SecretString,
    },
    /// Version 2: a pair each.
    V2 {
        /// Our private key.
        private_key: SecretString,
        /// The aggregator's public key.
        public_key: String,
    },
}

/// What the channel is set up with.
#[derive(Clone)]
pub struct EpayOptions {
    /// The aggregator's address.
    pub base_url: String,
    /// The merchant's number there.
    pub pid: String,
    /// Version and keys.
    pub keys: EpayKeys,
    /// `alipay`, `wxpay` …; none lets the payer choose there.
    pub pay_type: Option<String>,
    /// Whether the address may lie in a private network.
    pub allow_private_address: bool,
    /// Our own address.
    pub public_url: String,
}

/// The epay channel.
pub struct EpayChannel {
    line: Line,
    base_url: String,
    pid: String,
    scheme: Scheme,
    pay_type: Option<String>,
    public_url: String,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for EpayChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpayChannel").field("pid", &self.pid).finish_non_exhaustive()
    }
}

impl EpayChannel {
    /// Sets the channel up.
    ///
    /// # Errors
    /// A key that does not read, or an address that is none.
    pub fn new(options: EpayOptions, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        if options.pid.is_empty() || !options.pid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(SetupError::new("pid", "must be the merchant's number"));
        }
        let scheme = match &options.keys {
            EpayKeys::V1 { key } if key.expose_secret().len() < 16 => {
                return Err(SetupError::new("key", "is too short to keep anybody out"));
            }
            EpayKeys::V1 { key } => Scheme::Md5(key.clone()),
            EpayKeys::V2 { private_key, public_key } => Scheme::Rsa {
                ours: Box::new(SigningKey::read("private_key", private_key.expose_secret())?),
                theirs: VerifyingKey::read("public_key", public_key)?,
            },
        };
        Ok(Self {
            line: Line::new(&options.base_url, None, options.allow_private_address)?,
            base_url: options.base_url.trim_end_matches('/').to_owned(),
            pid: options.pid,
            scheme,
            pay_type: options.pay_type,
            public_url: options.public_url,
            clock,
        })
    }

    fn is_v2(&self) -> bool {
        matches!(self.scheme, Scheme::Rsa { .. })
    }

    fn signed(&self, fields: &[(&str, &str)]) -> Result<Fields, ChannelError> {
        let mut fields: Fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        fields.insert("pid".to_owned(), self.pid.clone());
        if self.is_v2() {
            fields.insert("timestamp".to_owned(), (self.clock.now_ms() / 1000).to_string());
        }
        self.scheme.sign(&mut fields)?;
        Ok(fields)
    }

    /// Posts to an endpoint of version 2 and verifies the answer.
    async fn call(&self, what: &'static str, fields: &[(&str, &str)]) -> Result<Value, ChannelError> {
        let fields = self.signed(fields)?;
        let body = fields::encode(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let request = self.line.request(Method::POST, what).header("content-type", "application/x-www-form-urlencoded");
        let answer = self.line.send(what, request.body(body)).await?;
        let body: Value = serde_json::from_slice(&answer.body).map_err(|_| ChannelError::Unavailable)?;
        if body["code"].as_i64() != Some(0) {
            tracing::warn!(call = what, code = body["code"].as_i64(), "the aggregator refused");
            return Err(ChannelError::Refused);
        }
        self.scheme.verify_json(&body).map_err(|_| {
            tracing::error!(call = what, "an answer of the aggregator cannot be believed");
            ChannelError::Unavailable
        })?;
        Ok(body)
    }

    /// Asks an endpoint of version 1. The key goes along in clear, so neither address nor body is ever
    /// logged; the answer is not signed, and worth as much as the connection's TLS.
    async fn call_v1(&self, act: &'static str, fields: &[(&str, &str)]) -> Result<Value, ChannelError> {
        let Scheme::Md5(key) = &self.scheme else { return Err(ChannelError::Refused) };
        let all = [("pid", self.pid.as_str()), ("key", key.expose_secret())].into_iter().chain(fields.iter().copied());
        let text = fields::encode(all);
        let request = if act == "refund" {
            let request = self.line.request(Method::POST, "api.php?act=refund");
            request.header("content-type", "application/x-www-form-urlencoded").body(text)
        } else {
            self.line.request(Method::GET, &format!("api.php?act={act}&{text}"))
        };
        let answer = self.line.send("api.php", request).await?;
        serde_json::from_slice(&answer.body).map_err(|_| ChannelError::Unavailable)
    }

    fn paid(&self, order: &Value, out_trade_no: &str) -> Result<PaymentState, NotifyError> {
        if text_of(&order["out_trade_no"]).as_deref() != Some(out_trade_no) {
            return Err(NotifyError::Malformed);
        }
        if !order["pid"].is_null() && text_of(&order["pid"]).as_deref() != Some(self.pid.as_str()) {
            return Err(NotifyError::WrongMerchant);
        }
        match text_of(&order["status"]).as_deref() {
            Some("1") => Ok(PaymentState::Paid(PaidEvent {
                out_trade_no: out_trade_no.to_owned(),
                trade_no: text_of(&order["trade_no"]).filter(|n| !n.is_empty()).ok_or(NotifyError::Malformed)?,
                amount_fen: money::fen_of_yuan(order["money"].as_str().ok_or(NotifyError::Malformed)?)?,
            })),
            Some("0") => Ok(PaymentState::Open),
            Some("2") => Ok(PaymentState::Closed),
            _ => Err(NotifyError::Malformed),
        }
    }
}

/// Numbers come as numbers from some aggregators and as text from others.
fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()))
}

#[async_trait]
impl PaymentChannel for EpayChannel {
    fn code(&self) -> ChannelCode {
        ChannelCode::Epay
    }

    fn is_confirmed_by_query(&self) -> bool {
        !self.is_v2()
    }

    fn is_refund_repeatable(&self) -> bool {
        // Version 1 knows no number of a refund.
        self.is_v2()
    }

    async fn create(&self, request: &PaymentRequest) -> Result<PaymentInstructions, ChannelError> {
        let (notify_url, return_url) =
            (format!("{}/payments/epay/notify", self.public_url), format!("{}/", self.public_url));
        let (name, money) = (request.description(), money::yuan_of_fen(request.amount_fen));
        let mut all = vec![
            ("out_trade_no", request.out_trade_no.as_str()),
            ("notify_url", &notify_url),
            ("return_url", &return_url),
            ("name", &name),
            ("money", &money),
        ];
        all.extend(self.pay_type.as_deref().map(|kind| ("type", kind)));
        let fields = self.signed(&all)?;
        let page = if self.is_v2() { "api/pay/submit" } else { "submit.php" };
        let query = fields::encode(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let url = format!("{}/{page}?{query}", self.base_url);
        Ok(PaymentInstructions { url: Some(url), ..PaymentInstructions::default() })
    }

    fn parse_notify(&self, notify: &Notify<'_>) -> Result<Notice, NotifyError> {
        if notify.body.len() > super::NOTIFY_BYTES_MAX || notify.query.len() > super::NOTIFY_BYTES_MAX {
            return Err(NotifyError::TooLarge);
        }
        // Told by GET in the query, by some aggregators by POST; never half in each.
        let text = match (notify.query.is_empty(), notify.body.is_empty()) {
            (false, true) => notify.query.as_bytes(),
            (true, false) => notify.body,
            _ => return Err(NotifyError::Malformed),
        };
        let fields = fields::parse(text)?;
        self.scheme.verify(&fields)?;
        let get = |name: &str| fields.get(name).map(String::as_str).filter(|value| !value.is_empty());
        if get("pid") != Some(&self.pid) {
            return Err(NotifyError::WrongMerchant);
        }
        if get("trade_status") != Some("TRADE_SUCCESS") {
            return Ok(Notice::Ignored);
        }
        let text = |name: &str| get(name).map(str::to_owned).ok_or(NotifyError::Malformed);
        Ok(Notice::Paid(PaidEvent {
            out_trade_no: text("out_trade_no")?,
            trade_no: text("trade_no")?,
            amount_fen: money::fen_of_yuan(get("money").ok_or(NotifyError::Malformed)?)?,
        }))
    }

    async fn query(&self, payment: &PaymentRef) -> Result<PaymentState, ChannelError> {
        let number = [("out_trade_no", payment.out_trade_no.as_str())];
        let order = if self.is_v2() {
            match self.call("api/pay/query", &number).await {
                // An order that nobody has opened is not known there.
                Err(ChannelError::Refused) => return Ok(PaymentState::Open),
                answer => answer?,
            }
        } else {
            let order = self.call_v1("order", &number).await?;
            if text_of(&order["code"]).as_deref() != Some("1") {
                return Ok(PaymentState::Open);
            }
            order
        };
        self.paid(&order, &payment.out_trade_no).map_err(|problem| {
            tracing::error!(%problem, "the aggregator answered with a payment that is not the one asked for");
            ChannelError::Unavailable
        })
    }

    async fn close(&self, payment: &PaymentRef) -> Result<(), ChannelError> {
        // Version 1 cannot close; a page that is paid late is credited all the same.
        if self.is_v2() {
            self.call("api/pay/close", &[("out_trade_no", &payment.out_trade_no)]).await?;
        }
        Ok(())
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundState, ChannelError> {
        let money = money::yuan_of_fen(request.amount_fen);
        if self.is_v2() {
            let all =
                [("trade_no", request.trade_no.as_str()), ("money", &money), ("out_refund_no", &request.out_refund_no)];
            self.call("api/pay/refund", &all).await?;
            return Ok(RefundState::Succeeded);
        }
        let answer = self.call_v1("refund", &[("trade_no", &request.trade_no), ("money", &money)]).await?;
        if text_of(&answer["code"]).as_deref() == Some("1") {
            Ok(RefundState::Succeeded)
        } else {
            Err(ChannelError::Refused)
        }
    }

    fn answer(&self, is_settled: bool) -> NotifyAnswer {
        if is_settled { NotifyAnswer::text(200, "success") } else { NotifyAnswer::text(400, "fail") }
    }

    async fn probe(&self) -> Result<String, String> {
        let out = "no answer that can be believed: out of reach, or a key is wrong".to_owned();
        if self.is_v2() {
            return match self.call("api/pay/query", &[("out_trade_no", "haibao_probe")]).await {
                Ok(_) | Err(ChannelError::Refused) => Ok("the aggregator answers".to_owned()),
                Err(ChannelError::Unavailable) => Err(out),
            };
        }
        let merchant = self.call_v1("query", &[]).await.map_err(|_| out)?;
        match text_of(&merchant["code"]).as_deref() {
            Some("1") => Ok("number and key are right".to_owned()),
            _ => Err("the aggregator refuses number or key".to_owned()),
        }
    }
}
