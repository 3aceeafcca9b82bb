//! A channel that does as it is told, for tests.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;

use super::{
    ChannelCode, ChannelUnavailable, Notice, Notify, NotifyAnswer, NotifyError, PaidEvent, PaymentChannel,
    PaymentInstructions, PaymentRequest, PaymentState, fields,
};

/// Answers from a script; call-backs are plain form fields, believed unless they say `forged=1`.
#[derive(Debug)]
pub struct ScriptedChannel {
    code: ChannelCode,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    creations: VecDeque<Result<PaymentInstructions, ChannelUnavailable>>,
    requests: Vec<PaymentRequest>,
    closed: Vec<String>,
}

impl ScriptedChannel {
    /// A channel under this code; without a script it always gives the same address.
    pub fn new(code: ChannelCode) -> Self {
        Self { code, state: Mutex::default() }
    }

    /// The next answer to `create`.
    pub fn will_answer(&self, answer: Result<PaymentInstructions, ChannelUnavailable>) {
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds this lock")
    }
}

#[async_trait]
impl PaymentChannel for ScriptedChannel {
    fn code(&self) -> ChannelCode {
        self.code
    }

    async fn create(&self, request: &PaymentRequest) -> Result<PaymentInstructions, ChannelUnavailable> {
        let mut state = self.state();
        state.requests.push(request.clone());
        state.creations.pop_front().unwrap_or_else(|| {
            Ok(PaymentInstructions {
                url: Some("https://pay.example/".to_owned() + &request.out_trade_no),
                qr_code: None,
            })
        })
    }

    fn parse_notify(&self, notify: &Notify<'_>) -> Result<Notice, NotifyError> {
        let fields = fields::parse(notify.body)?;
        let get = |name: &str| fields.get(name).cloned().ok_or(NotifyError::Malformed);
        if fields.contains_key("forged") {
            return Err(NotifyError::BadSignature);
        }
        let out_trade_no = get("out_trade_no")?;
        if fields.contains_key("closed") {
            return Ok(Notice::Closed { out_trade_no });
        }
        Ok(Notice::Paid(PaidEvent {
            out_trade_no,
            trade_no: get("trade_no")?,
            amount_fen: fields::fen(&get("amount_fen")?)?,
        }))
    }

    async fn query(&self, _out_trade_no: &str) -> Result<PaymentState, ChannelUnavailable> {
        Ok(PaymentState::Open)
    }

    async fn close(&self, out_trade_no: &str) -> Result<(), ChannelUnavailable> {
        self.state().closed.push(out_trade_no.to_owned());
        Ok(())
    }

    fn answer(&self, is_settled: bool) -> NotifyAnswer {
        let (status, body) = if is_settled { (200, "success") } else { (400, "fail") };
        NotifyAnswer { status, content_type: "text/plain; charset=utf-8", body: body.to_owned() }
    }
}
