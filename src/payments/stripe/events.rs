//! What Stripe's events mean to us.

use serde_json::Value;

use super::{SessionState, StripeChannel};
use crate::payments::{Notice, NotifyError, PaymentKey, RefundAmount, RefundEvent, RefundState, money};

impl StripeChannel {
    /// Reads an event whose signature was good.
    pub(super) fn read_event(&self, event: &Value) -> Result<Notice, NotifyError> {
        if event["object"].as_str() != Some("event") {
            return Err(NotifyError::Malformed);
        }
        // `account` stands only in events of accounts connected to ours: not our money.
        if event["livemode"].as_bool() != Some(self.is_live) || event.get("account").is_some_and(|a| !a.is_null()) {
            return Err(NotifyError::WrongMerchant);
        }
        let object = &event["data"]["object"];
        match event["type"].as_str().ok_or(NotifyError::Malformed)? {
            "checkout.session.completed"
            | "checkout.session.async_payment_succeeded"
            | "checkout.session.async_payment_failed"
            | "checkout.session.expired" => Ok(match self.session(object)? {
                SessionState::Paid(paid) => Notice::Paid(paid),
                SessionState::Expired(out_trade_no) => Notice::Closed { out_trade_no },
                // Completed and not yet paid: the money of slow methods is told of later.
                SessionState::Open | SessionState::Foreign => Notice::Ignored,
            }),
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => read_refund(object),
            kind @ ("charge.dispute.funds_withdrawn" | "charge.dispute.funds_reinstated") => {
                read_dispute(object, kind.ends_with("funds_withdrawn"))
            }
            _ => Ok(Notice::Ignored),
        }
    }
}

/// A refund's number is the one we gave it, or Stripe's where it was made in their dashboard.
fn read_refund(refund: &Value) -> Result<Notice, NotifyError> {
    let Some(payment) = refund["payment_intent"].as_str() else { return Ok(Notice::Ignored) };
    let number = refund["metadata"]["haibao_out_refund_no"].as_str().or_else(|| refund["id"].as_str());
    let state = match refund["status"].as_str() {
        Some("succeeded") => RefundState::Succeeded,
        Some("failed" | "canceled") => RefundState::Failed,
        _ => return Ok(Notice::Ignored),
    };
    check_currency(refund)?;
    Ok(Notice::Refund(RefundEvent {
        payment: PaymentKey::TradeNo(payment.to_owned()),
        refund_no: number.ok_or(NotifyError::Malformed)?.to_owned(),
        amount: RefundAmount::This(money::fen_of_json(&refund["amount"])?),
        state,
        is_dispute: false,
    }))
}

/// Money that a bank took back, or gave back after the dispute was won.
fn read_dispute(dispute: &Value, is_withdrawn: bool) -> Result<Notice, NotifyError> {
    let Some(payment) = dispute["payment_intent"].as_str() else { return Ok(Notice::Ignored) };
    check_currency(dispute)?;
    Ok(Notice::Refund(RefundEvent {
        payment: PaymentKey::TradeNo(payment.to_owned()),
        refund_no: dispute["id"].as_str().ok_or(NotifyError::Malformed)?.to_owned(),
        amount: RefundAmount::This(money::fen_of_json(&dispute["amount"])?),
        state: if is_withdrawn { RefundState::Succeeded } else { RefundState::Failed },
        is_dispute: true,
    }))
}

fn check_currency(object: &Value) -> Result<(), NotifyError> {
    if object["currency"].as_str() == Some("cny") { Ok(()) } else { Err(NotifyError::WrongCurrency) }
}
