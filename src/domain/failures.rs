//! Why a poster or an edit was refunded, and the stages it passes.

use serde::{Deserialize, Serialize};

use super::Locale;

/// The closed list of reasons for a refund, as clients see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureCode {
    /// The image model did not answer in time.
    ProviderTimeout,
    /// The image model could not be reached or answered with a server error.
    ProviderUnavailable,
    /// The image model's quota is used up.
    ProviderQuota,
    /// The image model or our own check refused the content.
    ContentRejected,
    /// What came back is not a usable picture.
    BadOutput,
    /// The product in the picture is not the seller's product any more.
    ProductNotPreserved,
    /// The edit asks for something this installation cannot do.
    UnsupportedEdit,
    /// The edit changed nothing that can be seen.
    NoVisibleChange,
    /// The picture could not be stored.
    StorageFailed,
    /// The work was interrupted too often.
    Interrupted,
    /// A defect of ours.
    Internal,
}

impl FailureCode {
    /// Every code, for the API's enum and for round-trip tests.
    pub const ALL: [Self; 11] = [
        Self::ProviderTimeout,
        Self::ProviderUnavailable,
        Self::ProviderQuota,
        Self::ContentRejected,
        Self::BadOutput,
        Self::ProductNotPreserved,
        Self::UnsupportedEdit,
        Self::NoVisibleChange,
        Self::StorageFailed,
        Self::Interrupted,
        Self::Internal,
    ];

    /// The code as stored and as sent.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ProviderTimeout => "PROVIDER_TIMEOUT",
            Self::ProviderUnavailable => "PROVIDER_UNAVAILABLE",
            Self::ProviderQuota => "PROVIDER_QUOTA",
            Self::ContentRejected => "CONTENT_REJECTED",
            Self::BadOutput => "BAD_OUTPUT",
            Self::ProductNotPreserved => "PRODUCT_NOT_PRESERVED",
            Self::UnsupportedEdit => "UNSUPPORTED_EDIT",
            Self::NoVisibleChange => "NO_VISIBLE_CHANGE",
            Self::StorageFailed => "STORAGE_FAILED",
            Self::Interrupted => "INTERRUPTED",
            Self::Internal => "INTERNAL",
        }
    }

    /// Reads a stored code; an unknown one (written by a newer version) reads as `Internal`.
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|known| known.code() == code).unwrap_or(Self::Internal)
    }

    /// Whether asking again may succeed without changing anything.
    pub const fn is_retryable(self) -> bool {
        !matches!(self, Self::ContentRejected | Self::UnsupportedEdit | Self::NoVisibleChange)
    }

    /// What a seller is told; the credits are always back already when this is shown.
    pub const fn message(self, locale: Locale) -> &'static str {
        match self {
            Self::ProviderTimeout => {
                locale.pick("图像模型响应超时，积分已退回", "The image model took too long; the credits are back")
            }
            Self::ProviderUnavailable => locale.pick(
                "图像模型暂时不可用，积分已退回",
                "The image model is unavailable right now; the credits are back",
            ),
            Self::ProviderQuota => {
                locale.pick("图像模型额度不足，积分已退回", "The image model's quota is used up; the credits are back")
            }
            Self::ContentRejected => {
                locale.pick("内容未通过审核，积分已退回", "The content was refused; the credits are back")
            }
            Self::BadOutput => {
                locale.pick("生成结果不合格，积分已退回", "The result was not usable; the credits are back")
            }
            Self::ProductNotPreserved => locale
                .pick("结果改变了产品本身，积分已退回", "The result changed the product itself; the credits are back"),
            Self::UnsupportedEdit => locale
                .pick("暂不支持这种修改，积分已退回", "This kind of edit is not supported here; the credits are back"),
            Self::NoVisibleChange => locale
                .pick("修改没有产生可见变化，积分已退回", "The edit changed nothing visible; the credits are back"),
            Self::StorageFailed => {
                locale.pick("图片保存失败，积分已退回", "The picture could not be stored; the credits are back")
            }
            Self::Interrupted => {
                locale.pick("任务多次中断，积分已退回", "The work was interrupted too often; the credits are back")
            }
            Self::Internal => {
                locale.pick("内部错误，积分已退回", "Something went wrong on our side; the credits are back")
            }
        }
    }
}

/// How far a running poster has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PosterStage {
    /// Reading the product, choosing copy and layout.
    Planning,
    /// Making the background plate.
    Painting,
    /// Setting product and type on the plate.
    Composing,
    /// Storing the files.
    Saving,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip_and_agree_with_serde() {
        for code in FailureCode::ALL {
            assert_eq!(FailureCode::from_code(code.code()), code);
            assert_eq!(serde_json::to_value(code).ok(), Some(code.code().into()));
        }
        assert_eq!(FailureCode::from_code("FROM_THE_FUTURE"), FailureCode::Internal);
    }
}
