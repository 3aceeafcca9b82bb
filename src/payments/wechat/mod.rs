//! WeChat Pay v3: QR code, phone browser and WeChat's own browser.
//!
//! Requests carry our signature, answers and call-backs theirs; what a call-back tells is encrypted
//! besides.

mod signing;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use time::{UtcOffset, format_description::well_known::Rfc3339};

use self::signing::{PlatformKeys, ResourceKey};
use super::{
    ChannelCode, ChannelError, Line, Notice, Notify, NotifyAnswer, NotifyError, PaidEvent, PaymentChannel,
    PaymentInstructions, PaymentKey, PaymentRef, PaymentRequest, PaymentState, RefundAmount, RefundEvent,
    RefundRequest, RefundState, SetupError,
    keys::{SigningKey, VerifyingKey},
    money,
};
use crate::{
    clock::{Clock, from_ms},
    ids::IdSource,
};

/// Where WeChat Pay listens.
pub const BASE_URL: &str = "https://api.mch.weixin.qq.com";

/// What the channel is set up with.
#[derive(Clone)]
pub struct WechatOptions {
    /// The merchant's number.
    pub mch_id: String,
    /// The application's id, `wx…`.
    pub app_id: String,
    /// The serial number of the merchant's own certificate.
    pub serial_no: String,
    /// The merchant's private key.
    pub private_key: SecretString,
    /// The key of API v3, 32 characters.
    pub api_v3_key: SecretString,
    /// WeChat Pay's public key and its id, `PUB_KEY_ID_…`.
    pub public_key: Option<(String, String)>,
    /// Platform certificates, PEM, any number in one text.
    pub platform_certificates: Option<String>,
    /// [`BASE_URL`], or a stand-in's.
    pub base_url: String,
    /// Whether the address may lie in a private network.
    pub allow_private_address: bool,
    /// The products that are offered.
    pub methods: Vec<ChannelCode>,
    /// Our own address.
    pub public_url: String,
}

/// The WeChat Pay channel.
pub struct WechatChannel {
    mch_id: String,
    app_id: String,
    serial_no: String,
    private_key: SigningKey,
    resource_key: ResourceKey,
    platform_keys: PlatformKeys,
    public_key_id: Option<String>,
    line: Line,
    methods: Vec<ChannelCode>,
    public_url: String,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl fmt::Debug for WechatChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatChannel").field("mch_id", &self.mch_id).finish_non_exhaustive()
    }
}

impl WechatChannel {
    /// Sets the channel up.
    ///
    /// # Errors
    /// A key that does not read, or neither a public key nor a certificate to check answers with.
    pub fn new(options: WechatOptions, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Self, SetupError> {
        let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        for (key, text) in [("mch_id", &options.mch_id), ("app_id", &options.app_id), ("serial_no", &options.serial_no)]
        {
            if !is_plain(text) {
                return Err(SetupError::new(key, "must be set: letters and digits only"));
            }
        }
        if options.methods.is_empty() {
            return Err(SetupError::new("methods", "must name at least one of native, h5, jsapi"));
        }
        let mut platform_keys = PlatformKeys::default();
        let mut public_key_id = None;
        if let Some((id, text)) = &options.public_key {
            if !id.starts_with("PUB_KEY_ID_") {
                return Err(SetupError::new("public_key_id", "must begin with PUB_KEY_ID_"));
            }
            platform_keys.insert(id.clone(), VerifyingKey::read("public_key", text)?);
            public_key_id = Some(id.clone());
        }
        for part in
            options.platform_certificates.iter().flat_map(|text| text.split_inclusive("-----END CERTIFICATE-----"))
        {
            if part.trim().is_empty() {
                continue;
            }
            let key = VerifyingKey::read("platform_certificates", part)?;
            let serial = key.serial.clone();
            let serial = serial
                .ok_or_else(|| SetupError::new("platform_certificates", "holds something else than certificates"))?;
            platform_keys.insert(serial, key);
        }
        if platform_keys.is_empty() {
            return Err(SetupError::new(
                "public_key",
                "or platform_certificates must be set: without one no payment can be believed",
            ));
        }
        Ok(Self {
            private_key: SigningKey::read("private_key", options.private_key.expose_secret())?,
            resource_key: ResourceKey::read(options.api_v3_key.expose_secret())?,
            platform_keys,
            public_key_id,
            line: Line::new(&options.base_url, None, options.allow_private_address)?,
            mch_id: options.mch_id,
            app_id: options.app_id,
            serial_no: options.serial_no,
            methods: options.methods,
            public_url: options.public_url,
            clock,
            ids,
        })
    }

    /// Calls the API. The answer of a status 2xx is verified; any other gives its status and code.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Result<Value, String>, ChannelError> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let (timestamp, nonce) = (self.clock.now_ms() / 1000, self.ids.token());
        let message = format!("{method}\n{path}\n{timestamp}\n{nonce}\n{body}\n");
        let signature = self.private_key.sign(message.as_bytes())?;
        let (mch_id, serial_no) = (&self.mch_id, &self.serial_no);
        let authorization = format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{mch_id}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{timestamp}\",serial_no=\"{serial_no}\""
        );
        let mut request = self
            .line
            .request(method.clone(), path)
            .header("authorization", authorization)
            .header("accept", "application/json");
        if let Some(id) = &self.public_key_id {
            request = request.header("wechatpay-serial", id);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = self.line.send("wechat", request).await?;
        if !answer.status.is_success() {
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
            let code: String = body["code"].as_str().unwrap_or_default().chars().take(60).collect();
            tracing::info!(status = answer.status.as_u16(), code, "WeChat Pay said no");
            return Ok(Err(code));
        }
        self.platform_keys.verify(&answer.headers, &answer.body, self.clock.now_ms()).map_err(|problem| {
            tracing::error!(%problem, "an answer of WeChat Pay cannot be believed");
            ChannelError::Unavailable
        })?;
        if answer.body.is_empty() {
            return Ok(Ok(Value::Null));
        }
        serde_json::from_slice(&answer.body).map(Ok).map_err(|_| ChannelError::Unavailable)
    }

    /// What a transaction says, whether it came by a question or by a call-back.
    fn transaction(&self, transaction: &Value) -> Result<PaymentState, NotifyError> {
        let text = |name: &str| transaction[name].as_str().ok_or(NotifyError::Malformed);
        if text("mchid")? != self.mch_id || text("appid")? != self.app_id {
            return Err(NotifyError::WrongMerchant);
        }
        Ok(match text("trade_state")? {
            "SUCCESS" => {
                let amount = &transaction["amount"];
                if amount["currency"].as_str() != Some("CNY") {
                    return Err(NotifyError::WrongCurrency);
                }
                PaymentState::Paid(PaidEvent {
                    out_trade_no: text("out_trade_no")?.to_owned(),
                    trade_no: text("transaction_id")?.to_owned(),
                    amount_fen: money::fen_of_json(&amount["total"])?,
                })
            }
            // Given back already: nothing is there to be credited.
            "CLOSED" | "REVOKED" | "REFUND" => PaymentState::Closed,
            "NOTPAY" | "USERPAYING" | "PAYERROR" | "ACCEPT" => PaymentState::Open,
            _ => return Err(NotifyError::Malformed),
        })
    }

    fn refund_event(&self, refund: &Value) -> Result<Notice, NotifyError> {
        let text = |name: &str| refund[name].as_str().ok_or(NotifyError::Malformed);
        if text("mchid")? != self.mch_id {
            return Err(NotifyError::WrongMerchant);
        }
        let state = match text("refund_status")? {
            "SUCCESS" => RefundState::Succeeded,
            "CLOSED" => RefundState::Failed,
            "ABNORMAL" => {
                tracing::error!(
                    "WeChat Pay could not hand a refund to the payer: give it another way at the merchant platform"
                );
                RefundState::Pending
            }
            _ => RefundState::Pending,
        };
        Ok(Notice::Refund(RefundEvent {
            payment: PaymentKey::OutTradeNo(text("out_trade_no")?.to_owned()),
            refund_no: text("out_refund_no")?.to_owned(),
            amount: RefundAmount::This(money::fen_of_json(&refund["amount"]["refund"])?),
            state,
            is_dispute: false,
        }))
    }

    fn refused(code: &str) -> ChannelError {
        let is_unwell =
            matches!(code, "SYSTEM_ERROR" | "FREQUENCY_LIMITED" | "RATELIMIT_EXCEEDED" | "BIZERR_NEED_RETRY");
        if is_unwell { ChannelError::Unavailable } else { ChannelError::Refused }
    }

    /// What WeChat's own browser needs to open the payment.
    fn jsapi_params(&self, prepay_id: &str) -> Result<String, ChannelError> {
        let (timestamp, nonce) = ((self.clock.now_ms() / 1000).to_string(), self.ids.token());
        let package = format!("prepay_id={prepay_id}");
        let signature =
            self.private_key.sign(format!("{}\n{timestamp}\n{nonce}\n{package}\n", self.app_id).as_bytes())?;
        let params = json!({
            "appId": self.app_id, "timeStamp": timestamp, "nonceStr": nonce, "package": package,
            "signType": "RSA", "paySign": signature,
        });
        Ok(params.to_string())
    }
}

#[async_trait]
impl PaymentChannel for WechatChannel {
    fn code(&self) -> ChannelCode {
        ChannelCode::WechatPay
    }

    fn methods(&self) -> Vec<ChannelCode> {
        self.methods.clone()
    }

    async fn create(&self, request: &PaymentRequest) -> Result<PaymentInstructions, ChannelError> {
        let offset = UtcOffset::from_hms(8, 0, 0).unwrap_or(UtcOffset::UTC);
        // Whole seconds: fractions are not read there.
        let expires =
            from_ms(request.expires_at_ms / 1000 * 1000).to_offset(offset).format(&Rfc3339).unwrap_or_default();
        let mut body = json!({
            "appid": self.app_id,
            "mchid": self.mch_id,
            "description": request.description(),
            "out_trade_no": request.out_trade_no,
            "time_expire": expires,
            "notify_url": format!("{}/payments/wechat_pay/notify", self.public_url),
            "amount": { "total": request.amount_fen, "currency": "CNY" },
        });
        let product = match request.method {
            ChannelCode::WechatH5 => {
                let address =
                    request.payer_address.map_or_else(|| "127.0.0.1".to_owned(), |a| a.to_canonical().to_string());
                body["scene_info"] = json!({ "payer_client_ip": address, "h5_info": { "type": "Wap" } });
                "h5"
            }
            ChannelCode::WechatJsapi => {
                let Some(openid) = &request.payer_id else { return Err(ChannelError::Refused) };
                body["payer"] = json!({ "openid": openid });
                "jsapi"
            }
            _ => "native",
        };
        let made = self.call(Method::POST, &format!("/v3/pay/transactions/{product}"), Some(&body)).await?;
        let made = made.map_err(|code| Self::refused(&code))?;
        let text = |name: &str| {
            made[name].as_str().filter(|t| !t.is_empty()).map(str::to_owned).ok_or(ChannelError::Unavailable)
        };
        let mut payment = PaymentInstructions::default();
        match product {
            "h5" => payment.url = Some(text("h5_url")?),
            "jsapi" => payment.sdk_params = Some(self.jsapi_params(&text("prepay_id")?)?),
            _ => payment.qr_code = Some(text("code_url")?),
        }
        Ok(payment)
    }

    fn parse_notify(&self, notify: &Notify<'_>) -> Result<Notice, NotifyError> {
        if notify.body.len() > super::NOTIFY_BYTES_MAX {
            return Err(NotifyError::TooLarge);
        }
        self.platform_keys.verify(notify.headers, notify.body, self.clock.now_ms())?;
        let event: Value = serde_json::from_slice(notify.body).map_err(|_| NotifyError::Malformed)?;
        let resource = self.resource_key.open(&event["resource"])?;
        match event["event_type"].as_str().ok_or(NotifyError::Malformed)? {
            "TRANSACTION.SUCCESS" => match self.transaction(&resource)? {
                PaymentState::Paid(paid) => Ok(Notice::Paid(paid)),
                PaymentState::Open | PaymentState::Closed => Ok(Notice::Ignored),
            },
            kind if kind.starts_with("REFUND.") => self.refund_event(&resource),
            _ => Ok(Notice::Ignored),
        }
    }

    async fn query(&self, payment: &PaymentRef) -> Result<PaymentState, ChannelError> {
        let path = format!("/v3/pay/transactions/out-trade-no/{}?mchid={}", payment.out_trade_no, self.mch_id);
        match self.call(Method::GET, &path, None).await? {
            Ok(transaction) => {
                let state = self.transaction(&transaction).map_err(|problem| {
                    tracing::error!(%problem, "WeChat Pay answered with a payment that is not the one asked for");
                    ChannelError::Unavailable
                })?;
                let is_same = transaction["out_trade_no"].as_str() == Some(&payment.out_trade_no);
                if is_same { Ok(state) } else { Err(ChannelError::Unavailable) }
            }
            // Not known yet is not closed: the code may still be paid.
            Err(code) if code == "ORDER_NOT_EXIST" || code == "ORDERNOTEXIST" => Ok(PaymentState::Open),
            Err(code) => Err(Self::refused(&code)),
        }
    }

    async fn close(&self, payment: &PaymentRef) -> Result<(), ChannelError> {
        let path = format!("/v3/pay/transactions/out-trade-no/{}/close", payment.out_trade_no);
        match self.call(Method::POST, &path, Some(&json!({ "mchid": self.mch_id }))).await? {
            Ok(_) => Ok(()),
            Err(code)
                if matches!(code.as_str(), "ORDER_NOT_EXIST" | "ORDERNOTEXIST" | "ORDER_CLOSED" | "ORDERCLOSED") =>
            {
                Ok(())
            }
            Err(code) => Err(Self::refused(&code)),
        }
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundState, ChannelError> {
        let body = json!({
            "transaction_id": request.trade_no,
            "out_refund_no": request.out_refund_no,
            // Longer reasons are refused there.
            "reason": request.reason.chars().take(20).collect::<String>(),
            "notify_url": format!("{}/payments/wechat_pay/notify", self.public_url),
            "amount": { "refund": request.amount_fen, "total": request.total_fen, "currency": "CNY" },
        });
        let refund = self.call(Method::POST, "/v3/refund/domestic/refunds", Some(&body)).await?;
        let refund = refund.map_err(|code| Self::refused(&code))?;
        let is_same = refund["out_refund_no"].as_str() == Some(&request.out_refund_no)
            && refund["amount"]["refund"].as_i64() == Some(request.amount_fen);
        if !is_same {
            return Err(ChannelError::Unavailable);
        }
        Ok(match refund["status"].as_str() {
            Some("SUCCESS") => RefundState::Succeeded,
            Some("CLOSED") => RefundState::Failed,
            _ => RefundState::Pending,
        })
    }

    fn answer(&self, is_settled: bool) -> NotifyAnswer {
        // The status alone decides: 200 with a word of failure would end the repetitions.
        if is_settled {
            NotifyAnswer::json(200, &json!({ "code": "SUCCESS", "message": "成功" }))
        } else {
            NotifyAnswer::json(400, &json!({ "code": "FAIL", "message": "失败" }))
        }
    }

    async fn probe(&self) -> Result<String, String> {
        let path = format!("/v3/pay/transactions/out-trade-no/haibao_probe?mchid={}", self.mch_id);
        match self.call(Method::GET, &path, None).await {
            Ok(Ok(_)) => Ok("keys and merchant number are right".to_owned()),
            Ok(Err(code)) if code.starts_with("ORDER") => Ok("our key and the merchant number are right".to_owned()),
            Ok(Err(code)) => Err(format!("refused: {code}")),
            Err(_) => {
                Err("no answer that can be believed: out of reach, or the public key is wrong (see the log)".to_owned())
            }
        }
    }
}
