//! What an error looks like on the wire: a closed code, a message fit for a person in the
//! request's language, and the request's id. Internal text stays in the log.

use async_graphql::{Enum, Error, ErrorExtensionValues, Response, ServerError, Value};

use super::RequestContext;
use crate::domain::Locale;

/// The closed list of codes that errors and refusals carry.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// Nobody is signed in, or the token is wrong, expired or revoked.
    Unauthenticated,
    /// Signed in, but not allowed to do this (a scope is missing).
    Forbidden,
    /// It does not exist, or it belongs to someone else: the answer is the same.
    NotFound,
    /// The id is not one of the expected kind.
    InvalidId,
    /// The request itself is wrong: syntax, unknown fields, wrong types, contradictory arguments.
    BadRequest,
    /// The document asks for too much: too deep, too wide, too many aliases or directives.
    QueryTooComplex,
    /// Too many requests; try again later.
    RateLimited,
    /// The idempotency key was used before with other input.
    IdempotencyConflict,
    /// Something this needs is down for the moment; trying again may succeed.
    ServiceUnavailable,
    /// A defect of ours; the request id finds it in the log.
    Internal,
    /// A field of the input was refused.
    InvalidInput,
    /// Not enough credits.
    InsufficientCredits,
    /// Another generation of this user is still active.
    GenerationInProgress,
    /// Another edit of this poster is still active.
    EditInProgress,
    /// The sign-in code is wrong, expired or used up.
    LoginCodeRejected,
    /// The mail could not be handed over.
    MailUnavailable,
    /// The payment channel is not configured or does not answer.
    PaymentChannelUnavailable,
}

impl ErrorCode {
    /// The code as it appears in `extensions.code`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::InvalidId => "INVALID_ID",
            Self::BadRequest => "BAD_REQUEST",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::RateLimited => "RATE_LIMITED",
            Self::IdempotencyConflict => "IDEMPOTENCY_CONFLICT",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::Internal => "INTERNAL",
            Self::InvalidInput => "INVALID_INPUT",
            Self::InsufficientCredits => "INSUFFICIENT_CREDITS",
            Self::GenerationInProgress => "GENERATION_IN_PROGRESS",
            Self::EditInProgress => "EDIT_IN_PROGRESS",
            Self::LoginCodeRejected => "LOGIN_CODE_REJECTED",
            Self::MailUnavailable => "MAIL_UNAVAILABLE",
            Self::PaymentChannelUnavailable => "PAYMENT_CHANNEL_UNAVAILABLE",
        }
    }

    /// What a person is told when there is nothing more exact to say.
    pub const fn message(self, locale: Locale) -> &'static str {
        match self {
            Self::Unauthenticated => locale.pick("请先登录", "Please sign in first"),
            Self::Forbidden => locale.pick("没有权限执行此操作", "You are not allowed to do this"),
            Self::NotFound => locale.pick("没有找到", "Not found"),
            Self::InvalidId => locale.pick("编号格式不正确", "This id is not of the expected kind"),
            Self::BadRequest => locale.pick("请求有误", "The request is not valid"),
            Self::QueryTooComplex => locale.pick("查询过于复杂", "The query asks for too much at once"),
            Self::RateLimited => locale.pick("操作太频繁，请稍后再试", "Too many requests; please try again later"),
            Self::IdempotencyConflict => {
                locale.pick("这个幂等键已用于另一个请求", "This idempotency key was used for a different request")
            }
            Self::ServiceUnavailable => {
                locale.pick("服务暂时不可用，请稍后再试", "The service is unavailable right now; please try again")
            }
            Self::Internal => {
                locale.pick("服务器内部错误，请稍后再试", "Something went wrong on our side; please try again")
            }
            Self::InvalidInput => locale.pick("输入有误，请检查", "Please check what you entered"),
            Self::InsufficientCredits => locale.pick("积分不足，请先充值", "Not enough credits; please recharge first"),
            Self::GenerationInProgress => {
                locale.pick("已有一个生成任务正在进行", "Another generation is still in progress")
            }
            Self::EditInProgress => locale.pick("这张海报正在编辑中", "This poster is being edited already"),
            Self::LoginCodeRejected => locale.pick("验证码无效", "This code is not valid"),
            Self::MailUnavailable => {
                locale.pick("邮件暂时无法发送，请稍后再试", "The mail cannot be sent right now; please try again later")
            }
            Self::PaymentChannelUnavailable => {
                locale.pick("支付渠道暂时不可用", "This payment channel is unavailable right now")
            }
        }
    }
}

/// An error that a resolver answers with: a code, and a message where the code's own is too
/// general.
///
/// It deliberately has no `Display`: the conversion into a GraphQL error is then ours alone, and no
/// error of a lower room can reach a client by `?` without being given a code here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    code: ErrorCode,
    retry_after_ms: Option<i64>,
    message: Option<(&'static str, &'static str)>,
}

impl ApiError {
    /// An error with the code's general message.
    pub const fn new(code: ErrorCode) -> Self {
        Self { code, retry_after_ms: None, message: None }
    }

    /// An error with its own message, in Chinese and in English.
    pub const fn with_message(code: ErrorCode, zh: &'static str, en: &'static str) -> Self {
        Self { code, retry_after_ms: None, message: Some((zh, en)) }
    }

    /// `RATE_LIMITED`: asking again may succeed after this many milliseconds.
    pub const fn rate_limited(retry_after_ms: i64) -> Self {
        Self { code: ErrorCode::RateLimited, retry_after_ms: Some(retry_after_ms), message: None }
    }

    /// After which time asking again may succeed, in milliseconds, where that is known.
    pub const fn retry_after_ms(&self) -> Option<i64> {
        self.retry_after_ms
    }

    /// Logs what really happened and answers `INTERNAL`.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a resolver failed");
        Self::new(ErrorCode::Internal)
    }

    /// The code.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    fn text(&self, locale: Locale) -> &'static str {
        self.message.map_or_else(|| self.code.message(locale), |(zh, en)| locale.pick(zh, en))
    }

    /// The error as a response of its own, for requests that never reach the schema.
    pub fn into_server_error(self) -> ServerError {
        let error: Error = self.into();
        ServerError { source: error.source, extensions: error.extensions, ..ServerError::new(error.message, None) }
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", error.code.code());
        Self {
            message: error.text(Locale::Zh).to_owned(),
            extensions: Some(extensions),
            source: Some(std::sync::Arc::new(error)),
        }
    }
}

/// True when no field was executed: syntax, validation, variables, unknown operation, limits.
pub fn is_request_error(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// Gives every error of a response its code, its message in the request's language and the
/// request's id; an error that nobody classified is a defect: it is logged and becomes `INTERNAL`.
pub fn finish(response: &mut Response, context: &RequestContext) {
    for error in &mut response.errors {
        let (code, message) = classify(error, context);
        if let Some(message) = message {
            error.message = message;
        }
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", code.code());
        extensions.set("requestId", context.request_id.as_ref());
        error.extensions = Some(extensions);
    }
}

fn classify(error: &ServerError, context: &RequestContext) -> (ErrorCode, Option<String>) {
    if let Some(known) = error.source::<ApiError>() {
        return (known.code, Some(known.text(context.locale).to_owned()));
    }
    let is_limit =
        ["Query is too complex", "Query is nested too deep", "The number of directives", "The recursion depth"]
            .iter()
            .any(|start| error.message.starts_with(start));
    let is_input = ["Failed to parse \"", "Expected input type \"", "Invalid value for argument", "Variable "]
        .iter()
        .any(|start| error.message.starts_with(start));
    if is_limit {
        (ErrorCode::QueryTooComplex, None)
    } else if is_input || (error.path.is_empty() && error.source.is_none()) {
        // Written by the GraphQL library about the client's own document.
        (ErrorCode::BadRequest, None)
    } else {
        tracing::error!(request_id = %context.request_id, message = %error.message, path = ?error.path, "unclassified error");
        (ErrorCode::Internal, Some(ErrorCode::Internal.message(context.locale).to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(errors: Vec<ServerError>, locale: Locale) -> serde_json::Value {
        let mut response = Response::from_errors(errors);
        finish(&mut response, &RequestContext { locale, ..RequestContext::for_tests() });
        serde_json::to_value(&response.errors).expect("errors serialise")
    }

    #[test]
    fn our_errors_keep_their_code_and_speak_the_requests_language() {
        let error = ApiError::new(ErrorCode::NotFound).into_server_error();
        let shown = finished(vec![error.clone()], Locale::En);
        assert_eq!(shown[0]["message"], "Not found");
        assert_eq!(shown[0]["extensions"]["code"], "NOT_FOUND");
        assert_eq!(shown[0]["extensions"]["requestId"], "test");
        assert_eq!(finished(vec![error], Locale::Zh)[0]["message"], "没有找到");
    }

    #[test]
    fn an_unclassified_error_shows_nothing_of_itself() {
        let foreign: Error = std::io::Error::other("SELECT * FROM users failed at /srv/data").into();
        let mut error = foreign.into_server_error(async_graphql::Pos::default());
        error.path = vec![async_graphql::PathSegment::Field("viewer".to_owned())];
        let shown = finished(vec![error], Locale::En);
        assert_eq!(shown[0]["extensions"]["code"], "INTERNAL");
        assert!(!shown.to_string().contains("SELECT"));
    }

    #[test]
    fn the_librarys_refusals_are_sorted_by_kind() {
        let shown = finished(
            vec![
                ServerError::new("Query is nested too deep.", None),
                ServerError::new("Unknown field \"x\" on type \"Query\".", None),
            ],
            Locale::En,
        );
        assert_eq!(shown[0]["extensions"]["code"], "QUERY_TOO_COMPLEX");
        assert_eq!(shown[1]["extensions"]["code"], "BAD_REQUEST");
    }
}
