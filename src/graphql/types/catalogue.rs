//! Everything a client needs before anybody signs in; no number is hard-coded in a client.

use async_graphql::{Context, Object, SimpleObject};

use crate::{
    config::Settings,
    domain::{self, Locale, credits, validation},
    graphql::{
        api::api,
        enums::{
            BilingualLayoutCode, CompositionCode, DimensionCode, PaymentChannelCode, PosterFormatCode,
            TypographyStyleCode, VisualStyleCode,
        },
        scalars::int,
    },
    payments::ChannelCode,
    studio::report,
};

/// A word that an advertisement may not use.
#[derive(Clone, Debug)]
pub struct AdvertisingWarning(report::AdvertisingWarning);

/// A word that an advertisement may not use.
#[Object]
impl AdvertisingWarning {
    /// The word as the seller wrote it.
    async fn word(&self) -> &str {
        &self.0.word
    }

    /// What to say instead; null when the whole statement has to go.
    async fn suggestion(&self) -> Option<&'static str> {
        self.0.suggestion
    }

    /// Where it begins, in Unicode characters from the start of the text.
    async fn start(&self) -> i32 {
        int(i64::try_from(self.0.start).unwrap_or(i64::MAX))
    }
}

/// The catalogue: prices, choices, limits and how to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Studio;

/// The catalogue: prices, choices, limits and how to sign in.
#[Object]
impl Studio {
    /// Credits bought by one yuan.
    async fn credits_per_yuan(&self) -> i32 {
        int(credits::CREDITS_PER_YUAN)
    }

    /// Credits that one poster costs.
    async fn credits_per_poster(&self) -> i32 {
        int(credits::CREDITS_PER_POSTER)
    }

    /// Credits that one edit costs, whole image and brush alike.
    async fn credits_per_edit(&self) -> i32 {
        int(credits::CREDITS_PER_EDIT)
    }

    /// Words of a description that the advertising law forbids, in reading order: for a hint
    /// beside the text, before anything is ordered. Posters soften or leave them out by themselves.
    async fn advertising_warnings(
        &self,
        #[graphql(desc = "The seller's text; what follows its 2000th character is not read.")] description: String,
    ) -> Vec<AdvertisingWarning> {
        let read: String = description.chars().take(validation::DESCRIPTION_CHARS_MAX).collect();
        report::advertising_warnings(&read).into_iter().map(AdvertisingWarning).collect()
    }

    /// The ten dimensions, in order.
    async fn dimensions(&self) -> Vec<Dimension> {
        domain::Dimension::ALL.into_iter().map(Dimension).collect()
    }

    /// The visual styles.
    async fn visual_styles(&self) -> Vec<VisualStyle> {
        let look = |style: &domain::VisualStyle| VisualStyle::of(*style);
        domain::VisualStyle::ALL.iter().map(look).collect()
    }

    /// The typography styles.
    async fn typography_styles(&self) -> Vec<TypographyStyle> {
        let look = |style: &domain::TypographyStyle| TypographyStyle::of(*style);
        domain::TypographyStyle::ALL.iter().map(look).collect()
    }

    /// The bilingual layouts.
    async fn bilingual_layouts(&self) -> Vec<BilingualLayout> {
        let look = |layout: &domain::BilingualLayout| BilingualLayout::of(*layout);
        domain::BilingualLayout::ALL.iter().map(look).collect()
    }

    /// How sets may be composed here; `MODEL` needs an image model that paints products.
    async fn compositions(&self, ctx: &Context<'_>) -> Vec<Composition> {
        api(ctx).services.compositions.iter().map(|composition| Composition::of(*composition)).collect()
    }

    /// The poster formats.
    async fn formats(&self) -> Vec<PosterFormat> {
        domain::PosterFormat::ALL.iter().map(|format| PosterFormat::of(*format)).collect()
    }

    /// The recharge amounts offered as buttons.
    async fn recharge_options(&self) -> Vec<RechargeOption> {
        let option =
            |yuan: i64| RechargeOption { amount_yuan: int(yuan), credits: int(credits::credits_for_yuan(yuan)) };
        credits::RECHARGE_OPTIONS_YUAN.into_iter().map(option).collect()
    }

    /// The payment channels that are configured.
    async fn payment_channels(&self, ctx: &Context<'_>) -> Vec<PaymentChannel> {
        api(ctx).orders.channels().map(PaymentChannel::of).collect()
    }

    /// How much a client may send.
    async fn limits(&self, ctx: &Context<'_>) -> Limits {
        Limits::of(&api(ctx).settings)
    }

    /// How signing in works here.
    async fn sign_in(&self, ctx: &Context<'_>) -> SignInPolicy {
        SignInPolicy::of(&api(ctx).settings)
    }
}

/// One of the ten posters a set can hold.
#[derive(Clone, Copy, Debug)]
pub struct Dimension(pub domain::Dimension);

/// One of the ten posters a set can hold.
#[Object]
impl Dimension {
    /// 0–9: the number in file names.
    async fn index(&self) -> i32 {
        self.0.index()
    }

    /// The catalogue number as people see it: `01` … `10`.
    async fn number(&self) -> String {
        self.0.number()
    }

    /// The stable code.
    async fn code(&self) -> DimensionCode {
        self.0.into()
    }

    /// The title in Chinese.
    async fn title_zh(&self) -> &'static str {
        self.0.titles().0
    }

    /// The title in English.
    async fn title_en(&self) -> &'static str {
        self.0.titles().1
    }

    /// What it is for, in Chinese.
    async fn purpose_zh(&self) -> &'static str {
        self.0.purposes().0
    }

    /// What it is for, in English.
    async fn purpose_en(&self) -> &'static str {
        self.0.purposes().1
    }
}

/// Declares a choice with titles and a sample picture.
macro_rules! choice {
    ($(#[doc = $doc:literal])+ $name:ident, $code:ident, $folder:literal) => {
        $(#[doc = $doc])+
        #[derive(SimpleObject, Clone, Debug)]
        pub struct $name {
            /// The stable code.
            pub code: $code,
            /// The title in Chinese.
            pub title_zh: &'static str,
            /// The title in English.
            pub title_en: &'static str,
            /// A small picture that shows it.
            pub sample_url: String,
        }

        impl $name {
            fn of(choice: domain::$name) -> Self {
                let (title_zh, title_en) = choice.titles();
                let sample_url = format!(concat!("/samples/", $folder, "-{}.jpg"), choice.code().to_ascii_lowercase());
                Self { code: choice.into(), title_zh, title_en, sample_url }
            }
        }
    };
}

choice!(/// An overall look.
    VisualStyle, VisualStyleCode, "visual");
choice!(/// A way to draw the words.
    TypographyStyle, TypographyStyleCode, "typography");
choice!(/// A way for Chinese and English to share a poster.
    BilingualLayout, BilingualLayoutCode, "layout");

/// A poster's proportions and size.
#[derive(SimpleObject, Clone, Debug)]
pub struct PosterFormat {
    /// The stable code.
    pub code: PosterFormatCode,
    /// Pixels.
    pub width: i32,
    /// Pixels.
    pub height: i32,
    /// The title in Chinese.
    pub title_zh: &'static str,
    /// The title in English.
    pub title_en: &'static str,
}

impl PosterFormat {
    fn of(format: domain::PosterFormat) -> Self {
        let ((width, height), (title_zh, title_en)) = (format.size(), format.titles());
        Self { code: format.into(), width: int(width.into()), height: int(height.into()), title_zh, title_en }
    }
}

/// A way to put posters together.
#[derive(SimpleObject, Clone, Debug)]
pub struct Composition {
    /// The stable code.
    pub code: CompositionCode,
    /// The title in Chinese.
    pub title_zh: &'static str,
    /// The title in English.
    pub title_en: &'static str,
}

impl Composition {
    fn of(composition: domain::Composition) -> Self {
        let (title_zh, title_en) = composition.titles();
        Self { code: composition.into(), title_zh, title_en }
    }
}

/// A recharge amount and what it buys.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct RechargeOption {
    /// Price in yuan.
    pub amount_yuan: i32,
    /// Credits it buys.
    pub credits: i32,
}

/// A configured way to pay.
#[derive(SimpleObject, Clone, Debug)]
pub struct PaymentChannel {
    /// The stable code.
    pub code: PaymentChannelCode,
    /// The name in Chinese.
    pub title_zh: &'static str,
    /// The name in English.
    pub title_en: &'static str,
}

impl PaymentChannel {
    fn of(channel: ChannelCode) -> Self {
        Self { code: channel.into(), title_zh: channel.title(Locale::Zh), title_en: channel.title(Locale::En) }
    }
}

/// How much a client may send.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct Limits {
    /// Largest uploaded file, in bytes.
    pub upload_bytes_max: i32,
    /// Most pixels in an uploaded picture.
    pub upload_pixels_max: i32,
    /// Most photos in one generation.
    pub photos_max: i32,
    /// Longest description, in characters.
    pub description_chars_max: i32,
    /// Longest edit prompt, in characters.
    pub prompt_chars_max: i32,
}

impl Limits {
    fn of(settings: &Settings) -> Self {
        Self {
            upload_bytes_max: int(settings.limits.upload_bytes_max as i64),
            upload_pixels_max: int(settings.limits.upload_pixels_max as i64),
            photos_max: int(validation::PHOTOS_MAX as i64),
            description_chars_max: int(validation::DESCRIPTION_CHARS_MAX as i64),
            prompt_chars_max: int(validation::PROMPT_CHARS_MAX as i64),
        }
    }
}

/// How signing in works here.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct SignInPolicy {
    /// How long a code is valid, in seconds.
    pub code_lifetime_seconds: i32,
    /// The pause between two codes to one address, in seconds.
    pub resend_after_seconds: i32,
    /// Codes are printed in the server's log instead of sent: development, to be shown as a notice.
    pub codes_are_printed: bool,
}

impl SignInPolicy {
    fn of(settings: &Settings) -> Self {
        Self {
            code_lifetime_seconds: int(settings.sign_in.code_lifetime_seconds.into()),
            resend_after_seconds: int(settings.sign_in.resend_after_seconds.into()),
            codes_are_printed: settings.codes_are_printed(),
        }
    }
}
