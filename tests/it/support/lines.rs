//! The real clients of image models, each configured for the scripted vendor.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use haibao::{
    imaging::plate,
    providers::{
        CallContext, FailureClass, ProviderError,
        image::{
            ImageProvider, ImageRequest, ImageRole, InputImage, Picture, Progress, Purpose, Rendered, Started,
            image_provider,
        },
    },
};
use serde_json::json;

use super::{
    repository,
    vendor::{Dialect, Vendor},
};
use FailureClass::{AmbiguousTimeout, RateLimited, Transient};

pub(crate) const NONCE: &str = "00112233445566778899aabbccddeeff";
/// What must never be read anywhere.
pub(crate) const KEY: &str = "sk-canary-7f3e91c2d4";
/// Long enough for anything that comes at all.
pub(crate) const PATIENT: Duration = Duration::from_secs(30);
/// For what never comes.
pub(crate) const HURRIED: Duration = Duration::from_millis(700);

/// A dialect in one of the ways it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    OpenAi,
    Ark,
    ArkByAddress,
    OpenRouter,
    SiliconFlow,
    Gemini,
    DashScope,
    DashScopeTask,
    DashScopeRegion,
    ComfyUi,
    ComfyUiRegion,
}

impl Line {
    pub(crate) const ALL: [Self; 11] = [
        Self::OpenAi,
        Self::Ark,
        Self::ArkByAddress,
        Self::OpenRouter,
        Self::SiliconFlow,
        Self::Gemini,
        Self::DashScope,
        Self::DashScopeTask,
        Self::DashScopeRegion,
        Self::ComfyUi,
        Self::ComfyUiRegion,
    ];

    pub(crate) const fn dialect(self) -> Dialect {
        match self {
            Self::OpenAi => Dialect::OpenAi,
            Self::Ark | Self::ArkByAddress => Dialect::Ark,
            Self::OpenRouter => Dialect::OpenRouter,
            Self::SiliconFlow => Dialect::SiliconFlow,
            Self::Gemini => Dialect::Gemini,
            Self::DashScope | Self::DashScopeTask | Self::DashScopeRegion => Dialect::DashScope,
            Self::ComfyUi | Self::ComfyUiRegion => Dialect::ComfyUi,
        }
    }

    /// Whether the work is accepted first and asked for later.
    pub(crate) const fn is_task(self) -> bool {
        matches!(self, Self::DashScopeTask | Self::DashScopeRegion | Self::ComfyUi | Self::ComfyUiRegion)
    }

    /// Whether results come as addresses.
    pub(crate) const fn has_addresses(self) -> bool {
        matches!(
            self,
            Self::ArkByAddress | Self::SiliconFlow | Self::DashScope | Self::DashScopeTask | Self::DashScopeRegion
        )
    }

    /// Whether results come in base64.
    pub(crate) const fn has_base64(self) -> bool {
        matches!(self, Self::OpenAi | Self::Ark | Self::OpenRouter | Self::Gemini)
    }

    pub(crate) const fn is_comfyui(self) -> bool {
        matches!(self, Self::ComfyUi | Self::ComfyUiRegion)
    }

    pub(crate) const fn purpose(self) -> Purpose {
        match self {
            Self::ComfyUi => Purpose::Plate,
            Self::DashScopeRegion | Self::ComfyUiRegion => Purpose::EditMasked,
            _ => Purpose::Poster,
        }
    }

    pub(crate) fn provider(self, vendor: &Vendor) -> Arc<dyn ImageProvider> {
        self.provider_at(&vendor.base_url(self.dialect()))
    }

    pub(crate) fn provider_at(self, base_url: &str) -> Arc<dyn ImageProvider> {
        let workflow = |name: &str| repository().join("tests/fixtures/vendor").join(name);
        let mut table = json!({
            "name": "vendor", "base_url": base_url, "api_key": KEY,
            "allow_private_address": true,
        });
        let here = || json!({ "download_hosts": "localhost" });
        let (kind, model, extra) = match self {
            Self::OpenAi => ("openai", "gpt-image-2", json!({})),
            Self::Ark => ("ark", "doubao-seedream-4-5-251128", json!({})),
            Self::ArkByAddress => {
                let extra = json!({ "download_hosts": "localhost", "response_format": "url" });
                ("ark", "doubao-seedream-4-5-251128", extra)
            }
            Self::OpenRouter => ("openrouter", "google/gemini-2.5-flash-image", json!({})),
            Self::SiliconFlow => ("siliconflow", "Qwen/Qwen-Image-Edit-2509", here()),
            Self::Gemini => ("gemini", "gemini-3.1-flash-image", json!({})),
            Self::DashScope => ("dashscope", "qwen-image-edit-plus", here()),
            Self::DashScopeTask => ("dashscope", "wan2.5-i2i-preview", here()),
            Self::DashScopeRegion => ("dashscope", "wanx2.1-imageedit", here()),
            Self::ComfyUi => (
                "comfyui",
                "flux",
                json!({ "workflow": workflow("comfyui-plate.json"), "inputs": {
                    "prompt": "6.text", "negative": "7.text", "seed": "3.seed", "width": "5.width",
                    "height": "5.height", "output": "9",
                } }),
            ),
            Self::ComfyUiRegion => (
                "comfyui",
                "flux-fill",
                json!({ "workflow": workflow("comfyui-edit.json"), "inputs": {
                    "prompt": "6.text", "seed": "3.seed", "images": "1.image", "mask": "2.image", "output": "9",
                } }),
            ),
        };
        table["kind"] = json!(kind);
        table["model"] = json!(model);
        table["extra"] = extra;
        haibao::app::init_crypto();
        image_provider(&serde_json::from_value(table).expect("a table of the settings")).expect("a provider")
    }
}

/// A small PNG of one colour, with these bytes a pixel.
fn png(pixel: [u8; 4]) -> Bytes {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let pixels = image::RgbaImage::from_pixel(9, 16, image::Rgba(pixel));
    pixels.write_to(&mut bytes, image::ImageFormat::Png).expect("a picture in memory is written");
    bytes.into_inner().into()
}

/// An order that this line serves.
pub(crate) fn request(line: Line) -> ImageRequest {
    let image = |role: ImageRole, shade: u8| InputImage {
        role,
        bytes: png([shade, 90, 90, 255]),
        media_type: "image/png",
        width: 9,
        height: 16,
    };
    let images = match line.purpose() {
        Purpose::Plate => Vec::new(),
        Purpose::EditMasked => vec![image(ImageRole::Base, 40)],
        _ => vec![image(ImageRole::Product, 80), image(ImageRole::StyleAnchor, 120)],
    };
    ImageRequest {
        purpose: line.purpose(),
        prompt: "a calm table by a window".to_owned(),
        negative: "people".to_owned(),
        images,
        mask: (line.purpose() == Purpose::EditMasked).then(|| png([255, 255, 255, 0])),
        width: 1080,
        height: 1920,
        seed: 7,
        scene: None,
    }
}

/// A call with this time limit.
pub(crate) const fn call(timeout: Duration) -> CallContext {
    CallContext { nonce: String::new(), timeout }
}

/// Asks for a picture and follows it to its end, as the program does but without its pauses; what
/// comes is judged like there.
pub(crate) async fn painted(
    line: Line,
    provider: &dyn ImageProvider,
    timeout: Duration,
) -> Result<Rendered, ProviderError> {
    static TURN: AtomicU64 = AtomicU64::new(0);
    let nonce = format!("{:032x}", TURN.fetch_add(1, Ordering::Relaxed));
    let call = CallContext { nonce, ..call(timeout) };
    let request = request(line);
    let asked = provider.capabilities().size_for(1080, 1920);
    let judged = |rendered: Rendered| {
        let Picture::Encoded(bytes) = &rendered.picture else { panic!("a vendor sends bytes") };
        match plate::from_bytes(bytes, (108, 192), asked) {
            Ok(_) => Ok(rendered),
            Err(fault) => Err(ProviderError::no_result(fault.to_string())),
        }
    };
    let reference = match provider.start(&request, &call).await? {
        Started::Done(rendered) => return judged(rendered),
        Started::Accepted(reference) => reference,
    };
    for _ in 0..10 {
        match provider.resume(&reference, &call).await {
            Ok(Progress::Done(rendered)) => return judged(rendered),
            Ok(Progress::Working(pause)) => assert!(pause >= Duration::from_millis(500), "no vendor is hammered"),
            Ok(Progress::Unknown) => return Err(ProviderError::new(Transient, "unknown work")),
            Err(error) if matches!(error.class, Transient | RateLimited) => {}
            Err(error) => return Err(error),
        }
    }
    Err(ProviderError::new(AmbiguousTimeout, "never ready"))
}
