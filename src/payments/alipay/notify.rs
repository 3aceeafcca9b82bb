//! What Alipay's call-backs say.

use super::{AlipayChannel, signing};
use crate::payments::{
    Notice, NotifyError, PaidEvent, PaymentKey, RefundAmount, RefundEvent, RefundState,
    fields::{self, SIGN},
    money,
};

impl AlipayChannel {
    pub(super) fn read_notify(&self, body: &[u8]) -> Result<Notice, NotifyError> {
        let fields = fields::parse(body)?;
        let get = |name: &str| fields.get(name).map(String::as_str).filter(|value| !value.is_empty());
        // The algorithm is ours to choose, not the sender's: `RSA` would mean SHA-1.
        if get("sign_type") != Some("RSA2") {
            return Err(NotifyError::BadSignature);
        }
        let signature = get(SIGN).ok_or(NotifyError::BadSignature)?;
        self.alipay_public_key.verify(signing::notify_text(&fields).as_bytes(), signature)?;
        // From here on it is Alipay that speaks; whether to us is another question.
        if get("app_id") != Some(&self.app_id) || get("seller_id") != Some(&self.seller_id) {
            return Err(NotifyError::WrongMerchant);
        }
        if get("trans_currency").is_some_and(|currency| currency != "CNY") {
            return Err(NotifyError::WrongCurrency);
        }
        if get("charset").is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
            return Err(NotifyError::Malformed);
        }
        let text = |name: &str| get(name).map(str::to_owned).ok_or(NotifyError::Malformed);
        let out_trade_no = text("out_trade_no")?;
        // Refunds are told of at the same address and in the words of a payment, so they come first.
        if let Some(refunded) = get("refund_fee").filter(|fee| !matches!(*fee, "0" | "0.0" | "0.00")) {
            let total_fen = money::fen_of_yuan(refunded)?;
            let number = get("out_biz_no").map(str::to_owned);
            return Ok(Notice::Refund(RefundEvent {
                refund_no: number.unwrap_or_else(|| format!("{out_trade_no}:{total_fen}")),
                payment: PaymentKey::OutTradeNo(out_trade_no),
                amount: RefundAmount::Total(total_fen),
                state: RefundState::Succeeded,
                is_dispute: false,
            }));
        }
        match get("trade_status").ok_or(NotifyError::Malformed)? {
            "TRADE_SUCCESS" | "TRADE_FINISHED" => Ok(Notice::Paid(PaidEvent {
                out_trade_no,
                trade_no: text("trade_no")?,
                amount_fen: money::fen_of_yuan(get("total_amount").ok_or(NotifyError::Malformed)?)?,
            })),
            "TRADE_CLOSED" => Ok(Notice::Closed { out_trade_no }),
            "WAIT_BUYER_PAY" => Ok(Notice::Ignored),
            _ => Err(NotifyError::Malformed),
        }
    }
}
