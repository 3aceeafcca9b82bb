//! A channel that does as it is told, for tests.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;

use super::{
    ChannelCode, ChannelError, Notice, Notify, NotifyAnswer, NotifyError, PaidEvent, PaymentChannel,
    PaymentInstructions, PaymentKey, PaymentRef, PaymentRequest, PaymentState, RefundAmount, RefundEvent,
    RefundRequest, RefundState, fields, money,
};

/// Answers from a script; call-backs are plain form fields, believed unless they say `forged=1`.
#[derive(Debug)]
pub struct ScriptedChannel {
    code: ChannelCode,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_confirmed_by_query: bool,
    is_refund_once: bool,
    creations: VecDeque<Result<PaymentInstructions, ChannelError>>,
    requests: Vec<PaymentRequest>,
    closed: Vec<String>,
    payments: HashMap<String, Result<PaymentState, ChannelError>>,
    queries: Vec<String>,
    close_pays: Option<PaidEvent>,
    refund_answers: VecDeque<Result<RefundState, ChannelError>>,
    refunds: Vec<RefundRequest>,
}

impl ScriptedChannel {
    /// A channel under this code; without a script it always gives the same address.
    pub fn new(code: ChannelCode) -> Self {
        Self { code, state: Mutex::default() }
    }

    /// From now on a call-back must be confirmed by a query.
    pub fn must_be_asked(&self) {
        self.state().is_confirmed_by_query = true;
    }

    /// From now on a refund of unknown fate may not be asked for again.
    pub fn refunds_once(&self) {
        self.state().is_refund_once = true;
    }

    /// The next answer to `create`.
    pub fn will_answer(&self, answer: Result<PaymentInstructions, ChannelError>) {
        self.state().creations.push_back(answer);
    }

    /// What `create` was asked so far.
    pub fn requests(&self) -> Vec<PaymentRequest> {
        self.state().requests.clone()
    }

    /// What was closed so far.
    pub fn closed(&self) -> Vec<String> {
        self.state().closed.clone()
    }

    /// What a query for this payment answers from now on.
    pub fn will_say(&self, out_trade_no: &str, state: Result<PaymentState, ChannelError>) {
        self.state().payments.insert(out_trade_no.to_owned(), state);
    }

    /// The payment arrives at the very moment of closing it.
    pub fn pays_at_close(&self, paid: PaidEvent) {
        self.state().close_pays = Some(paid);
    }

    /// The payments asked about so far.
    pub fn queries(&self) -> Vec<String> {
        self.state().queries.clone()
    }

    /// The next answer to `refund`; without one it succeeds.
    pub fn will_refund(&self, answer: Result<RefundState, ChannelError>) {
        self.state().refund_answers.push_back(answer);
    }

    /// The refunds asked for so far.
    pub fn refunds(&self) -> Vec<RefundRequest> {
        self.state().refunds.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds this lock")
    }
}

#[async_trait]
impl PaymentChannel for ScriptedChannel {
    fn code(&self) -> ChannelCode {
        self.code
    }

    fn is_confirmed_by_query(&self) -> bool {
        self.state().is_confirmed_by_query
    }

    fn is_refund_repeatable(&self) -> bool {
        !self.state().is_refund_once
    }

    async fn create(&self, request: &PaymentRequest) -> Result<PaymentInstructions, ChannelError> {
        let mut state = self.state();
        state.requests.push(request.clone());
        state.creations.pop_front().unwrap_or_else(|| {
            let url = "https://pay.example/".to_owned() + &request.out_trade_no;
            Ok(PaymentInstructions { url: Some(url), ..PaymentInstructions::default() })
        })
    }

    fn parse_notify(&self, notify: &Notify<'_>) -> Result<Notice, NotifyError> {
        let fields = fields::parse(notify.body)?;
        let get = |name: &str| fields.get(name).cloned().ok_or(NotifyError::Malformed);
        if fields.contains_key("forged") {
            return Err(NotifyError::BadSignature);
        }
        if fields.contains_key("ignored") {
            return Ok(Notice::Ignored);
        }
        if let Some(refund_no) = fields.get("refund_no") {
            let amount = match fields.get("total_fen") {
                Some(total) => RefundAmount::Total(money::fen_of_digits(total)?),
                None => RefundAmount::This(money::fen_of_digits(&get("amount_fen")?)?),
            };
            let payment = match fields.get("out_trade_no") {
                Some(number) => PaymentKey::OutTradeNo(number.clone()),
                None => PaymentKey::TradeNo(get("trade_no")?),
            };
            let state = if fields.contains_key("failed") { RefundState::Failed } else { RefundState::Succeeded };
            let is_dispute = fields.contains_key("dispute");
            return Ok(Notice::Refund(RefundEvent {
                payment,
                refund_no: refund_no.clone(),
                amount,
                state,
                is_dispute,
            }));
        }
        let out_trade_no = get("out_trade_no")?;
        if fields.contains_key("closed") {
            return Ok(Notice::Closed { out_trade_no });
        }
        let (trade_no, amount_fen) = (get("trade_no")?, money::fen_of_digits(&get("amount_fen")?)?);
        Ok(Notice::Paid(PaidEvent { out_trade_no, trade_no, amount_fen }))
    }

    async fn query(&self, payment: &PaymentRef) -> Result<PaymentState, ChannelError> {
        let mut state = self.state();
        state.queries.push(payment.out_trade_no.clone());
        state.payments.get(&payment.out_trade_no).cloned().unwrap_or(Ok(PaymentState::Open))
    }

    async fn close(&self, payment: &PaymentRef) -> Result<(), ChannelError> {
        let mut state = self.state();
        state.closed.push(payment.out_trade_no.clone());
        if let Some(paid) = state.close_pays.take() {
            state.payments.insert(payment.out_trade_no.clone(), Ok(PaymentState::Paid(paid)));
            return Err(ChannelError::Refused);
        }
        Ok(())
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundState, ChannelError> {
        let mut state = self.state();
        state.refunds.push(request.clone());
        state.refund_answers.pop_front().unwrap_or(Ok(RefundState::Succeeded))
    }

    fn answer(&self, is_settled: bool) -> NotifyAnswer {
        let (status, body) = if is_settled { (200, "success") } else { (400, "fail") };
        NotifyAnswer::text(status, body)
    }

    async fn probe(&self) -> Result<String, String> {
        Ok("answers from a script".to_owned())
    }
}
