//! Closed lists on the wire. Each mirrors one of the domain or of the stored rows, so that a new
//! member there does not compile until the wire has a name for it.

use async_graphql::Enum;

use crate::{domain, studio};

/// How far a generation has come.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::GenerationState")]
pub enum GenerationState {
    /// Accepted and its credits held; nothing has started.
    Queued,
    /// At least one poster has started.
    Running,
    /// Every poster has ended.
    Completed,
    /// Every poster was cancelled.
    Canceled,
}

/// How far a poster has come.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::PosterState")]
pub enum PosterState {
    /// Waiting for a worker.
    Queued,
    /// Being made.
    Running,
    /// Stored, and its credits spent.
    Succeeded,
    /// Failed, and its credits are back.
    Refunded,
    /// Cancelled before it started, and its credits are back.
    Canceled,
}

/// How far an edit has come.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::EditState")]
pub enum EditState {
    /// Waiting for a worker.
    Queued,
    /// Being made.
    Running,
    /// Stored, and its credits spent.
    Succeeded,
    /// Failed, and its credits are back.
    Refunded,
}

/// What an edit may change.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::EditMode")]
pub enum EditMode {
    /// The whole picture.
    WholeImage,
    /// Only what the mask paints white.
    Masked,
}

/// A part of a composed poster that has a ready-made mask.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "studio::KnownMask")]
pub enum MaskPartCode {
    /// The product as it was cut out.
    Product,
    /// Everything that is neither product nor words nor a picture in its window.
    Background,
    /// All words.
    Text,
}

/// Which of a poster's pictures this is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevisionKind {
    /// The generated picture.
    Prime,
    /// The result of an edit.
    Edit,
}

/// Why a balance changed.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::LedgerEntryKind")]
pub enum LedgerEntryKind {
    /// A paid order.
    Deposit,
    /// Credits frozen for work to come.
    Hold,
    /// Held credits spent: the picture is stored.
    Capture,
    /// Held credits given back.
    Release,
    /// A paid order was given back.
    Refund,
    /// Credits given, such as the welcome credits.
    Grant,
    /// Corrected by an operator.
    Adjustment,
}

/// How far a recharge has come.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::OrderStatus")]
pub enum OrderStatus {
    /// Waiting for the payment.
    Pending,
    /// Paid, and the credits are there.
    Paid,
    /// Not paid in time, or cancelled.
    Closed,
    /// Paid, and given back.
    Refunded,
}

/// How to pay.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::payments::ChannelCode")]
pub enum PaymentChannelCode {
    /// No money moves: for trying Haibao out.
    Sandbox,
    /// Alipay 支付宝, on a page for computers.
    Alipay,
    /// Alipay 支付宝, on a page for phones that opens the app.
    AlipayWap,
    /// Alipay 支付宝, by scanning a code.
    AlipayQr,
    /// WeChat Pay 微信支付, by scanning a code.
    WechatPay,
    /// WeChat Pay 微信支付, from a phone's browser into the app.
    WechatH5,
    /// WeChat Pay 微信支付, inside WeChat's own browser.
    WechatJsapi,
    /// Stripe.
    Stripe,
    /// An aggregator that speaks the epay 易支付 protocol.
    Epay,
}

/// One of the ten posters of a set.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::Dimension")]
pub enum DimensionCode {
    /// 01 主KV视觉: key visual.
    Hero,
    /// 02 生活场景: lifestyle scene.
    Lifestyle,
    /// 03 概念可视化: concept.
    Concept,
    /// 04 细节特写: design.
    DetailDesign,
    /// 05 细节特写: material.
    DetailMaterial,
    /// 06 细节特写: function.
    DetailFunction,
    /// 07 细节特写: trust.
    DetailTrust,
    /// 08 品牌故事: brand story.
    BrandStory,
    /// 09 产品参数: specifications.
    Specifications,
    /// 10 使用指南: user guide.
    Guide,
}

/// The overall look of a set.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::VisualStyle")]
pub enum VisualStyleCode {
    /// 杂志编辑: editorial, generous white space.
    Magazine,
    /// 水彩艺术: washes on paper.
    Watercolor,
    /// 科技未来: cool geometry, rim light.
    Tech,
    /// 复古胶片: film grain, warm light.
    Vintage,
    /// 极简北欧: one line, one circle, and air.
    Minimal,
    /// 霓虹赛博: neon on night.
    Cyber,
    /// 自然有机: earth tones, leaf shadows.
    Organic,
}

/// How the words are drawn.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::TypographyStyle")]
pub enum TypographyStyleCode {
    /// 粗衬线大标题: heavy serif headlines.
    Serif,
    /// 玻璃拟态: translucent cards.
    Glass,
    /// 3D 浮雕: metallic depth.
    Embossed,
    /// 手写体: brush and pen.
    Handwritten,
    /// 霓虹发光: outlined glow.
    Neon,
    /// 极细线条: hairline weights.
    Thin,
}

/// How Chinese and English share a poster.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::BilingualLayout")]
pub enum BilingualLayoutCode {
    /// 上下堆叠: Chinese above, English below.
    Stacked,
    /// 左右并列: both on one line.
    Parallel,
    /// 对角分离: Chinese top left, English bottom right.
    Separated,
}

/// A poster's proportions.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::PosterFormat")]
pub enum PosterFormatCode {
    /// 1080 × 1920, the default.
    #[graphql(name = "PORTRAIT_9_16")]
    Portrait9x16,
    /// 1080 × 1440.
    #[graphql(name = "PORTRAIT_3_4")]
    Portrait3x4,
    /// 1080 × 1350.
    #[graphql(name = "PORTRAIT_4_5")]
    Portrait4x5,
    /// 1080 × 1080.
    #[graphql(name = "SQUARE_1_1")]
    Square1x1,
    /// 1440 × 1080.
    #[graphql(name = "LANDSCAPE_4_3")]
    Landscape4x3,
    /// 1920 × 1080.
    #[graphql(name = "LANDSCAPE_16_9")]
    Landscape16x9,
}

/// Who paints what of a poster.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::Composition")]
pub enum CompositionCode {
    /// The default: product and words are set by us, pixel for pixel; a model paints the background at
    /// most.
    Typeset,
    /// A model paints the picture with the product in it and the result is compared with the photo; the
    /// words are still set by us.
    Model,
}

/// Why a poster or an edit was refunded.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::FailureCode")]
pub enum FailureCode {
    /// The image model did not answer in time.
    ProviderTimeout,
    /// The image model could not be reached or answered with an error.
    ProviderUnavailable,
    /// The image model's quota is used up.
    ProviderQuota,
    /// The content was refused.
    ContentRejected,
    /// What came back is not a usable picture.
    BadOutput,
    /// The product in the picture is not the seller's any more.
    ProductNotPreserved,
    /// This installation cannot make this kind of edit.
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

/// What a seller should know about a picture.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevisionNoteCode {
    /// No font has these characters: they are missing from the picture.
    CharactersLeftOut,
    /// These characters are shown by ones that look much the same.
    CharactersReplaced,
}

/// How far a running poster has come.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::PosterStage")]
pub enum PosterStage {
    /// Reading the product, choosing words and layout.
    Planning,
    /// Making the background.
    Painting,
    /// Setting product and type.
    Composing,
    /// Storing the files.
    Saving,
}

/// What an API key may do.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiKeyScope {
    /// Read generations, posters, pictures and events.
    HistoryRead,
    /// Create, cancel, retry, edit, rename and delete generations; implies no reading.
    GenerationsWrite,
    /// Read the wallet, orders and the ledger.
    BillingRead,
}

/// Why a sign-in code was refused.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginCodeRejection {
    /// Not the code that was sent.
    Wrong,
    /// Older than its lifetime, used already, or replaced by a newer one.
    Expired,
    /// Tried too often: ask for a new one.
    TooManyAttempts,
}

impl From<crate::services::ApiScope> for ApiKeyScope {
    fn from(scope: crate::services::ApiScope) -> Self {
        use crate::services::ApiScope;
        match scope {
            ApiScope::HistoryRead => Self::HistoryRead,
            ApiScope::GenerationsWrite => Self::GenerationsWrite,
            ApiScope::BillingRead => Self::BillingRead,
        }
    }
}

impl From<ApiKeyScope> for crate::services::ApiScope {
    fn from(scope: ApiKeyScope) -> Self {
        match scope {
            ApiKeyScope::HistoryRead => Self::HistoryRead,
            ApiKeyScope::GenerationsWrite => Self::GenerationsWrite,
            ApiKeyScope::BillingRead => Self::BillingRead,
        }
    }
}

/// How a marketplace's rule was kept.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::exports::Outcome")]
pub enum ExportOutcome {
    /// Kept.
    Pass,
    /// Broken, and may be accepted nevertheless.
    Warn,
    /// Broken, and is turned down.
    Fail,
}

/// Whose buyers a marketplace has.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::exports::Region")]
pub enum ExportRegion {
    /// Buyers in China.
    China,
    /// Buyers elsewhere.
    Abroad,
}

/// What a slot of a marketplace shows.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::exports::PictureKind")]
pub enum ExportPicture {
    /// Posters, set anew in the slot's proportions.
    Poster,
    /// The product alone on pure white.
    WhiteMain,
    /// The posters below one another as one long page, cut into slices.
    Detail,
}

/// Which words may stand on an exported picture.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::exports::Words")]
pub enum ExportWords {
    /// Chinese and English.
    Both,
    /// Chinese alone.
    Zh,
    /// English alone.
    En,
    /// None.
    None,
}

/// How sure a marketplace's rule is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::exports::SourceClass")]
pub enum ExportRuleSource {
    /// The marketplace's own published rule.
    Official,
    /// A page about the marketplace.
    Secondary,
    /// Common practice without a source.
    Belief,
}

/// What a marketplace's rule asks.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::exports::RuleKind")]
pub enum ExportRuleKind {
    /// The file could be made at all.
    Available,
    /// Exactly the slot's size in pixels.
    Size,
    /// Bytes at most.
    BytesMax,
    /// Bytes at least.
    BytesMin,
    /// Both sides have at least so many pixels.
    SideMin,
    /// The outermost pixels are exactly 255, 255, 255.
    WhiteBorder,
    /// The product takes at least so many per cent of the side it fills more of.
    FillMin,
    /// The product takes at least so many pixels.
    SubjectMin,
    /// No words, logos or marks.
    NoText,
    /// A photograph, no drawn scene.
    PhotoOnly,
    /// The product's pixels are those of the seller's photo.
    TrueProduct,
    /// Not enlarged so far that it looks soft; in per cent.
    EnlargementMax,
    /// Files in the slot at most.
    CountMax,
    /// Files in the slot at least.
    CountMin,
}
