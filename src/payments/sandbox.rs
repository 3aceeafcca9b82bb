//! The sandbox: a payment channel without money.
//!
//! It takes the way every real channel takes — order, page, signed call-back, one settlement — so an
//! installation can be tried out, and the path tested, without a contract with anybody. It keeps no
//! state: the address of its page carries the payment's fields, and the page's forms post fields
//! signed with the same key to the call-back address.

use std::fmt;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use minijinja::{Environment, context};
use reqwest::Url;
use ring::{digest, hmac};

use super::{
    ChannelCode, ChannelError, Notice, Notify, NotifyAnswer, NotifyError, PaidEvent, PaymentChannel,
    PaymentInstructions, PaymentRef, PaymentRequest, PaymentState, RefundRequest, RefundState,
    fields::{self, Fields},
    money,
};
use crate::domain::Locale;

/// Path of the pay page, routed by the http room.
pub const PAY_PAGE_PATH: &str = "/payments/sandbox/pay";
/// Path the page's forms post to.
pub const NOTIFY_PATH: &str = "/payments/sandbox/notify";

const MERCHANT: &str = "haibao-sandbox";
const PAID: &str = "TRADE_SUCCESS";
const CLOSED: &str = "TRADE_CLOSED";
const TEMPLATE: &str = include_str!("pay_page.html");
const STYLE: &str = include_str!("pay_page.css");
const SCRIPT: &str = include_str!("pay_page.js");

/// The sandbox channel.
pub struct SandboxChannel {
    key: hmac::Key,
    public_url: String,
}

/// A page to show to the payer.
#[derive(Clone, Debug)]
pub struct PayPage {
    /// 200, or 400 for an address that is not one of ours.
    pub status: u16,
    /// The document.
    pub html: String,
    /// Value of `Content-Security-Policy`: the page's own style and script by their hashes, forms and
    /// requests to this origin, nothing else.
    pub content_security_policy: String,
}

impl SandboxChannel {
    /// `key` is [`crate::config::DerivedKeys::sandbox_payments`]; `public_url` is the address people
    /// type, without a slash at the end.
    pub fn new(key: &[u8; 32], public_url: impl Into<String>) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), public_url: public_url.into() }
    }

    /// The page behind a pay address, from the address's query. Needs no sign-in: whoever holds the
    /// address may pay, as with every other cashier.
    #[expect(clippy::missing_panics_doc, reason = "an embedded template that renders in a test renders here")]
    pub fn pay_page(&self, query: &str, locale: Locale, now_ms: i64) -> PayPage {
        let payment = self.read_payment(query);
        let problem = match &payment {
            Err(_) => Some(locale.pick("付款链接无效", "This payment link is not valid")),
            Ok(payment) if now_ms > payment.expires_at_ms => {
                Some(locale.pick("订单已过期，请重新下单", "This order has expired; please make a new one"))
            }
            Ok(_) => None,
        };
        let payment = payment.unwrap_or_default();
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
        let html = environment
            .render_str(
                TEMPLATE,
                context! {
                    lang => locale.pick("zh-CN", "en"),
                    title => locale.pick("海报 · 沙箱支付", "Haibao · Sandbox payment"),
                    notice => locale.pick("测试环境：不会产生真实扣款", "Test set-up: no real money is moved"),
                    problem => problem,
                    amount => money::yuan_of_fen(payment.amount_fen),
                    credits => locale.pick("购买 {n} 积分", "for {n} credits").replace("{n}", &payment.credits),
                    number_label => locale.pick("订单号", "Order number"),
                    out_trade_no => &payment.out_trade_no,
                    action => NOTIFY_PATH,
                    pay_fields => self.notify_fields(&payment, PAID).into_iter().collect::<Vec<_>>(),
                    cancel_fields => self.notify_fields(&payment, CLOSED).into_iter().collect::<Vec<_>>(),
                    pay_label => locale.pick("支付", "Pay"),
                    cancel_label => locale.pick("取消", "Cancel"),
                    paid_text => locale.pick("支付成功，积分已到账", "Paid; the credits are there"),
                    canceled_text => locale.pick("订单已取消", "The order is cancelled"),
                    failed_text => locale.pick("没有成功，请重试", "That did not work; please try again"),
                    back_label => locale.pick("返回海报", "Back to Haibao"),
                    style => STYLE,
                    script => SCRIPT,
                },
            )
            .expect("the embedded template renders with the fields given here; a test renders it");
        PayPage {
            status: if problem.is_some() { 400 } else { 200 },
            html,
            content_security_policy: format!(
                "default-src 'none'; style-src '{}'; script-src '{}'; connect-src 'self'; form-action 'self'; \
                 base-uri 'none'; frame-ancestors 'none'",
                hash_source(STYLE),
                hash_source(SCRIPT)
            ),
        }
    }

    /// The fields that the page's form posts: exactly what a cashier would send us.
    fn notify_fields(&self, payment: &Payment, status: &str) -> Fields {
        // The same payment always has the same number of ours, as at a real cashier.
        let number = hmac::sign(&self.key, format!("trade-no:{}", payment.out_trade_no).as_bytes());
        let mut fields = Fields::from(
            [
                ("kind", "notify"),
                ("merchant", MERCHANT),
                ("out_trade_no", &payment.out_trade_no),
                ("trade_no", &format!("sandbox{}", hex::encode(&number.as_ref()[..12]))),
                ("amount_fen", &payment.amount_fen.to_string()),
                ("status", status),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        fields::sign(&mut fields, &self.key);
        fields
    }

    fn read_payment(&self, query: &str) -> Result<Payment, NotifyError> {
        let fields = fields::verify(fields::parse(query.as_bytes())?, &self.key)?;
        let get = |name: &str| fields.get(name).cloned().ok_or(NotifyError::Malformed);
        // A link and a call-back are signed with one key: this field keeps one from passing for the other.
        if get("kind")? != "page" {
            return Err(NotifyError::Malformed);
        }
        Ok(Payment {
            out_trade_no: get("out_trade_no")?,
            amount_fen: money::fen_of_digits(&get("amount_fen")?)?,
            credits: get("credits")?,
            expires_at_ms: get("expires_at_ms")?.parse().map_err(|_| NotifyError::Malformed)?,
        })
    }
}

#[derive(Default)]
struct Payment {
    out_trade_no: String,
    amount_fen: i64,
    credits: String,
    expires_at_ms: i64,
}

fn hash_source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes())))
}

impl fmt::Debug for SandboxChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxChannel").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

#[async_trait]
impl PaymentChannel for SandboxChannel {
    fn code(&self) -> ChannelCode {
        ChannelCode::Sandbox
    }

    async fn create(&self, request: &PaymentRequest) -> Result<PaymentInstructions, ChannelError> {
        let mut fields = Fields::from(
            [
                ("kind", "page"),
                ("out_trade_no", request.out_trade_no.as_str()),
                ("amount_fen", &request.amount_fen.to_string()),
                ("credits", &request.credits.to_string()),
                ("expires_at_ms", &request.expires_at_ms.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        fields::sign(&mut fields, &self.key);
        let url = Url::parse_with_params(&format!("{}{PAY_PAGE_PATH}", self.public_url), &fields).map_err(|error| {
            tracing::error!(%error, "http.public_url is not an address; the sandbox cannot make a pay page");
            ChannelError::Unavailable
        })?;
        Ok(PaymentInstructions { url: Some(url.into()), ..PaymentInstructions::default() })
    }

    fn parse_notify(&self, notify: &Notify<'_>) -> Result<Notice, NotifyError> {
        if notify.body.len() > super::NOTIFY_BYTES_MAX {
            return Err(NotifyError::TooLarge);
        }
        let fields = fields::verify(fields::parse(notify.body)?, &self.key)?;
        let get = |name: &str| fields.get(name).cloned().ok_or(NotifyError::Malformed);
        if get("kind")? != "notify" {
            return Err(NotifyError::Malformed);
        }
        if get("merchant")? != MERCHANT {
            return Err(NotifyError::WrongMerchant);
        }
        let out_trade_no = get("out_trade_no")?;
        match get("status")?.as_str() {
            PAID => Ok(Notice::Paid(PaidEvent {
                out_trade_no,
                trade_no: get("trade_no")?,
                amount_fen: money::fen_of_digits(&get("amount_fen")?)?,
            })),
            CLOSED => Ok(Notice::Closed { out_trade_no }),
            _ => Err(NotifyError::Malformed),
        }
    }

    /// Nothing is kept here: a payment exists only in the call-back that the page posts.
    fn is_queryable(&self) -> bool {
        false
    }

    async fn query(&self, _payment: &PaymentRef) -> Result<PaymentState, ChannelError> {
        Ok(PaymentState::Open)
    }

    async fn close(&self, _payment: &PaymentRef) -> Result<(), ChannelError> {
        Ok(())
    }

    async fn refund(&self, _request: &RefundRequest) -> Result<RefundState, ChannelError> {
        Ok(RefundState::Succeeded)
    }

    async fn probe(&self) -> Result<String, String> {
        Ok("pays without money".to_owned())
    }

    fn answer(&self, is_settled: bool) -> NotifyAnswer {
        let (status, body) = if is_settled { (200, "success") } else { (400, "fail") };
        NotifyAnswer::text(status, body)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::payments::testing;

    const NOW_MS: i64 = 1_767_225_600_000;

    fn channel() -> SandboxChannel {
        SandboxChannel::new(&[3; 32], "http://127.0.0.1:8080")
    }

    fn request() -> PaymentRequest {
        PaymentRequest {
            out_trade_no: "hb12t0a1b2c3d".to_owned(),
            amount_fen: 1050,
            credits: 105,
            expires_at_ms: NOW_MS + 60_000,
            ..testing::request()
        }
    }

    fn notify(channel: &SandboxChannel, body: &[u8]) -> Result<Notice, NotifyError> {
        channel.parse_notify(&Notify { query: "", headers: &HeaderMap::new(), body })
    }

    /// The body that a browser would post for a form of the page.
    fn posted(html: &str, form: &str) -> String {
        let form =
            html.split(&format!("<form id=\"{form}\"")).nth(1).and_then(|rest| rest.split("</form>").next()).unwrap();
        let values = form.split("<input type=\"hidden\" name=\"").skip(1).map(|input| {
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            (name, rest.split('"').next().unwrap())
        });
        Url::parse_with_params("form://x", values).unwrap().query().unwrap().to_owned()
    }

    async fn page(locale: Locale) -> PayPage {
        let url = channel().create(&request()).await.unwrap().url.unwrap();
        assert!(url.starts_with("http://127.0.0.1:8080/payments/sandbox/pay?"), "{url}");
        channel().pay_page(url.split_once('?').unwrap().1, locale, NOW_MS)
    }

    #[tokio::test]
    async fn the_pages_forms_post_call_backs_that_verify() {
        let page = page(Locale::Zh).await;
        assert_eq!(page.status, 200);
        for text in ["¥ 10.50", "购买 105 积分", "支付", "取消", "/payments/sandbox/notify"] {
            assert!(
                page.html.contains(&text.replace('/', "&#x2f;")) || page.html.contains(text),
                "{text} in {}",
                page.html
            );
        }
        let Ok(Notice::Paid(paid)) = notify(&channel(), posted(&page.html, "pay").as_bytes()) else { panic!("paid") };
        assert_eq!((paid.out_trade_no.as_str(), paid.amount_fen), ("hb12t0a1b2c3d", 1050));
        let closed = notify(&channel(), posted(&page.html, "cancel").as_bytes());
        assert_eq!(closed, Ok(Notice::Closed { out_trade_no: "hb12t0a1b2c3d".to_owned() }));

        let again = super::tests::page(Locale::En).await;
        assert!(again.html.contains("for 105 credits") && again.html.contains("no real money"));
        let Ok(Notice::Paid(same)) = notify(&channel(), posted(&again.html, "pay").as_bytes()) else { panic!("paid") };
        assert_eq!(same, paid, "one payment has one number");
    }

    #[tokio::test]
    async fn anything_changed_is_refused() {
        let page = page(Locale::Zh).await;
        let good = fields::parse(posted(&page.html, "pay").as_bytes()).unwrap();
        let post = |fields: &Fields| Url::parse_with_params("form://x", fields).unwrap().query().unwrap().to_owned();
        assert!(notify(&channel(), post(&good).as_bytes()).is_ok());
        for name in good.keys() {
            let mut changed = good.clone();
            changed.get_mut(name).unwrap().push('1');
            assert_eq!(notify(&channel(), post(&changed).as_bytes()), Err(NotifyError::BadSignature), "{name} changed");
            let mut without = good.clone();
            without.remove(name);
            assert_eq!(notify(&channel(), post(&without).as_bytes()), Err(NotifyError::BadSignature), "no {name}");
        }
        let mut more = good.clone();
        more.insert("refund".to_owned(), "1".to_owned());
        assert_eq!(notify(&channel(), post(&more).as_bytes()), Err(NotifyError::BadSignature));
        let tag = &good[fields::SIGN];
        for place in 0..tag.len() {
            let mut flipped = tag.clone().into_bytes();
            flipped[place] = if flipped[place] == b'0' { b'1' } else { b'0' };
            let mut changed = good.clone();
            changed.insert(fields::SIGN.to_owned(), String::from_utf8(flipped).unwrap());
            assert_eq!(notify(&channel(), post(&changed).as_bytes()), Err(NotifyError::BadSignature), "byte {place}");
        }
        let other = SandboxChannel::new(&[4; 32], "http://127.0.0.1:8080");
        assert_eq!(notify(&other, post(&good).as_bytes()), Err(NotifyError::BadSignature));
        let large = format!("{}&pad={}", post(&good), "x".repeat(crate::payments::NOTIFY_BYTES_MAX));
        assert_eq!(notify(&channel(), large.as_bytes()), Err(NotifyError::TooLarge));
        for garbage in [&b""[..], b"sign=", b"sign=zz", b"\xff\xfe", b"{}"] {
            assert!(notify(&channel(), garbage).is_err());
        }
    }

    #[tokio::test]
    async fn a_link_is_no_call_back_and_a_call_back_is_no_link() {
        let url = channel().create(&request()).await.unwrap().url.unwrap();
        let link = url.split_once('?').unwrap().1;
        assert_eq!(notify(&channel(), link.as_bytes()), Err(NotifyError::Malformed));
        let page = page(Locale::Zh).await;
        assert_eq!(channel().pay_page(&posted(&page.html, "pay"), Locale::Zh, NOW_MS).status, 400);
    }

    #[tokio::test]
    async fn wrong_and_expired_links_offer_nothing_to_pay() {
        let url = channel().create(&request()).await.unwrap().url.unwrap();
        let link = url.split_once('?').unwrap().1;
        let expired = channel().pay_page(link, Locale::En, NOW_MS + 60_001);
        assert!(expired.status == 400 && expired.html.contains("expired") && !expired.html.contains("<form"));
        let changed = channel().pay_page(&link.replace("amount_fen=1050", "amount_fen=1"), Locale::En, NOW_MS);
        assert!(changed.status == 400 && changed.html.contains("not valid") && !changed.html.contains("<form"));
        let hostile = channel().pay_page("credits=%3Cscript%3E", Locale::Zh, NOW_MS);
        assert!(!hostile.html.contains("<script>"));
    }

    #[tokio::test]
    async fn the_policy_allows_exactly_the_pages_own_style_and_script() {
        let page = page(Locale::Zh).await;
        let between = |open: &str, close: &str| {
            page.html.split(open).nth(1).and_then(|rest| rest.split(close).next()).unwrap().to_owned()
        };
        for text in [between("<style>", "</style>"), between("<script>", "</script>")] {
            assert!(page.content_security_policy.contains(&hash_source(&text)));
        }
    }
}
