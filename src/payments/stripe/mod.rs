//! Stripe Checkout: a page of theirs, one session a payment.
//!
//! A session is made under our number as idempotency key, so asking again gives the same page. Its id
//! is kept as the payment's reference; the number that refunds and disputes speak of is the payment
//! intent's.

mod events;
#[cfg(test)]
mod tests;
mod webhook;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    ChannelCode, ChannelError, Line, Notice, Notify, NotifyAnswer, NotifyError, PaidEvent, PaymentChannel,
    PaymentInstructions, PaymentRef, PaymentRequest, PaymentState, RefundRequest, RefundState, SetupError, fields,
    money,
};
use crate::{clock::Clock, domain::Locale, providers::wire::Answer};

/// Where Stripe listens.
pub const BASE_URL: &str = "https://api.stripe.com";
/// The version whose shapes are read here; an account's own default may be another.
const API_VERSION: &str = "2024-06-20";
/// A session lives for at least 30 minutes after Stripe has received it; this leaves time on the way.
const LIFETIME_MIN_MS: i64 = 40 * 60_000;
/// The field in which our number goes along with every object of a payment.
const NUMBER: &str = "haibao_out_trade_no";

/// What the channel is set up with.
#[derive(Clone)]
pub struct StripeOptions {
    /// `sk_live_…`, `rk_live_…` or their test forms.
    pub secret_key: SecretString,
    /// Secrets of the call-backs that are live: the current one, and the one before during a roll.
    pub webhook_secrets: Vec<SecretString>,
    /// [`BASE_URL`], or a stand-in's.
    pub base_url: String,
    /// Whether the address may lie in a private network.
    pub allow_private_address: bool,
    /// Our own address, where people come back to.
    pub public_url: String,
}

/// The Stripe channel.
pub struct StripeChannel {
    line: Line,
    webhook_keys: Vec<hmac::Key>,
    is_live: bool,
    public_url: String,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for StripeChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripeChannel").field("is_live", &self.is_live).finish_non_exhaustive()
    }
}

impl StripeChannel {
    /// Sets the channel up.
    ///
    /// # Errors
    /// A key that is not one of Stripe's, or no secret for call-backs.
    pub fn new(options: StripeOptions, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let key = options.secret_key.expose_secret();
        let mode = ["sk_", "rk_"].iter().find_map(|prefix| key.strip_prefix(prefix));
        let is_live = match mode.map(|rest| (rest.starts_with("live_"), rest.starts_with("test_"))) {
            Some((true, _)) => true,
            Some((_, true)) => false,
            _ => return Err(SetupError::new("secret_key", "must begin with sk_live_, sk_test_, rk_live_ or rk_test_")),
        };
        if options.webhook_secrets.is_empty() {
            return Err(SetupError::new("webhook_secret", "must be set: without it no payment can be believed"));
        }
        if options.webhook_secrets.iter().any(|secret| secret.expose_secret().len() < 16) {
            return Err(SetupError::new("webhook_secret", "is too short; copy the whole whsec_…"));
        }
        // The secret's text is the key, prefix and all.
        let webhook_keys = options.webhook_secrets.iter();
        let webhook_keys =
            webhook_keys.map(|s| hmac::Key::new(hmac::HMAC_SHA256, s.expose_secret().as_bytes())).collect();
        let line = Line::new(&options.base_url, Some(options.secret_key), options.allow_private_address)?;
        Ok(Self { line, webhook_keys, is_live, public_url: options.public_url, clock })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.line.request(method, path).header("stripe-version", API_VERSION)
    }

    fn post(&self, path: &str, fields: &[(&str, String)], idempotency_key: Option<&str>) -> RequestBuilder {
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(fields::encode(fields.iter().map(|(name, value)| (*name, value.as_str()))));
        match idempotency_key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        }
    }

    /// The answer as JSON; a status of 4xx is a refusal whose type and code go into the log.
    async fn call(&self, what: &'static str, request: RequestBuilder) -> Result<Value, ChannelError> {
        let answer: Answer = self.line.send(what, request).await?;
        let body: Value = serde_json::from_slice(&answer.body).map_err(|_| ChannelError::Unavailable)?;
        if answer.status.is_success() {
            return Ok(body);
        }
        let error = &body["error"];
        tracing::warn!(
            call = what,
            status = answer.status.as_u16(),
            kind = error["type"].as_str(),
            code = error["code"].as_str(),
            "Stripe refused"
        );
        // The same key is under way on their side at this moment: nothing is decided.
        Err(if answer.status.as_u16() == 409 { ChannelError::Unavailable } else { ChannelError::Refused })
    }

    /// What a session says, whether it came by a question or by a call-back.
    fn session(&self, session: &Value) -> Result<SessionState, NotifyError> {
        if session["livemode"].as_bool() != Some(self.is_live) {
            return Err(NotifyError::WrongMerchant);
        }
        // Sessions of other programs on the same account carry no number of ours.
        let Some(out_trade_no) = session["metadata"][NUMBER].as_str() else { return Ok(SessionState::Foreign) };
        if session["client_reference_id"].as_str() != Some(out_trade_no) {
            return Err(NotifyError::Malformed);
        }
        match (session["payment_status"].as_str(), session["status"].as_str()) {
            (Some("paid"), _) => {
                if session["currency"].as_str() != Some("cny") {
                    return Err(NotifyError::WrongCurrency);
                }
                let trade_no = session["payment_intent"].as_str().filter(|id| !id.is_empty());
                Ok(SessionState::Paid(PaidEvent {
                    out_trade_no: out_trade_no.to_owned(),
                    trade_no: trade_no.ok_or(NotifyError::Malformed)?.to_owned(),
                    amount_fen: money::fen_of_json(&session["amount_total"])?,
                }))
            }
            (Some("unpaid"), Some("expired")) => Ok(SessionState::Expired(out_trade_no.to_owned())),
            (Some("unpaid"), Some(_)) => Ok(SessionState::Open),
            // "no_payment_required" would be a session without a price, which we never make.
            _ => Err(NotifyError::Malformed),
        }
    }
}

/// How far a session has come.
enum SessionState {
    Open,
    Paid(PaidEvent),
    Expired(String),
    Foreign,
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[async_trait]
impl PaymentChannel for StripeChannel {
    fn code(&self) -> ChannelCode {
        ChannelCode::Stripe
    }

    async fn create(&self, request: &PaymentRequest) -> Result<PaymentInstructions, ChannelError> {
        let expires_at_ms = request.expires_at_ms.max(request.created_at_ms + LIFETIME_MIN_MS);
        let number = &request.out_trade_no;
        let fields = [
            ("mode", "payment".to_owned()),
            ("client_reference_id", number.clone()),
            ("metadata[haibao_out_trade_no]", number.clone()),
            ("payment_intent_data[metadata][haibao_out_trade_no]", number.clone()),
            ("line_items[0][quantity]", "1".to_owned()),
            ("line_items[0][price_data][currency]", "cny".to_owned()),
            ("line_items[0][price_data][unit_amount]", request.amount_fen.to_string()),
            ("line_items[0][price_data][product_data][name]", request.description()),
            ("locale", if request.locale == Locale::Zh { "zh" } else { "en" }.to_owned()),
            ("success_url", format!("{}/?paid={number}", self.public_url)),
            ("cancel_url", format!("{}/", self.public_url)),
            ("expires_at", (expires_at_ms / 1000).to_string()),
        ];
        let request = self.post("v1/checkout/sessions", &fields, Some(number));
        let session = self.call("checkout.sessions.create", request).await?;
        let (url, id) = (text(&session["url"]), text(&session["id"]));
        if url.is_none() || id.is_none() || session["livemode"].as_bool() != Some(self.is_live) {
            tracing::error!("Stripe made a session without an address or in the other mode");
            return Err(ChannelError::Unavailable);
        }
        Ok(PaymentInstructions { url, reference: id, ..PaymentInstructions::default() })
    }

    fn parse_notify(&self, notify: &Notify<'_>) -> Result<Notice, NotifyError> {
        if notify.body.len() > super::NOTIFY_BYTES_MAX {
            return Err(NotifyError::TooLarge);
        }
        webhook::verify(notify.headers, notify.body, &self.webhook_keys, self.clock.now_ms())?;
        let event: Value = serde_json::from_slice(notify.body).map_err(|_| NotifyError::Malformed)?;
        self.read_event(&event)
    }

    async fn query(&self, payment: &PaymentRef) -> Result<PaymentState, ChannelError> {
        // Without a reference nobody was shown the page: it is stored together with the page's address.
        let Some(id) = &payment.reference else { return Ok(PaymentState::Open) };
        let session = self
            .call("checkout.sessions.retrieve", self.request(Method::GET, &format!("v1/checkout/sessions/{id}")))
            .await?;
        match self.session(&session) {
            Ok(SessionState::Paid(paid)) if paid.out_trade_no == payment.out_trade_no => Ok(PaymentState::Paid(paid)),
            Ok(SessionState::Expired(_)) => Ok(PaymentState::Closed),
            Ok(SessionState::Open) => Ok(PaymentState::Open),
            other => {
                tracing::error!(problem = ?other.err(), "Stripe answered with a session that is not the one asked for");
                Err(ChannelError::Unavailable)
            }
        }
    }

    async fn close(&self, payment: &PaymentRef) -> Result<(), ChannelError> {
        let Some(id) = &payment.reference else { return Ok(()) };
        let request = self.post(&format!("v1/checkout/sessions/{id}/expire"), &[], None);
        match self.call("checkout.sessions.expire", request).await {
            // Expired by itself already, or paid: a question tells which.
            Err(ChannelError::Refused) => match self.query(payment).await? {
                PaymentState::Closed => Ok(()),
                PaymentState::Open | PaymentState::Paid(_) => Err(ChannelError::Refused),
            },
            closed => closed.map(|_| ()),
        }
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundState, ChannelError> {
        let fields = [
            ("payment_intent", request.trade_no.clone()),
            ("amount", request.amount_fen.to_string()),
            ("metadata[haibao_out_refund_no]", request.out_refund_no.clone()),
        ];
        let refund =
            self.call("refunds.create", self.post("v1/refunds", &fields, Some(&request.out_refund_no))).await?;
        if refund["amount"].as_i64() != Some(request.amount_fen)
            || refund["payment_intent"].as_str() != Some(&request.trade_no)
        {
            tracing::error!("Stripe answered with a refund that is not the one asked for");
            return Err(ChannelError::Unavailable);
        }
        Ok(match refund["status"].as_str() {
            Some("succeeded") => RefundState::Succeeded,
            Some("failed" | "canceled") => RefundState::Failed,
            _ => RefundState::Pending,
        })
    }

    fn answer(&self, is_settled: bool) -> NotifyAnswer {
        let status = if is_settled { 200 } else { 400 };
        NotifyAnswer::json(status, &serde_json::json!({ "received": is_settled }))
    }

    async fn probe(&self) -> Result<String, String> {
        let answer = self.line.send("balance.retrieve", self.request(Method::GET, "v1/balance")).await;
        let answer = answer.map_err(|_| "no answer; the address cannot be reached from here".to_owned())?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        match (answer.status.as_u16(), body["livemode"].as_bool()) {
            (200, Some(live)) if live == self.is_live => {
                Ok(format!("the key works, {} mode", if live { "live" } else { "test" }))
            }
            (401, _) => Err("the secret key is not accepted".to_owned()),
            // A restricted key may well be without the right to read balances.
            (403, _) => Ok("the key is known; it may not read the balance, which is not needed".to_owned()),
            (status, _) => Err(format!("an unexpected answer, status {status}")),
        }
    }
}
