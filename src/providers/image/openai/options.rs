//! What a deployment of the images API takes: which server it is, which model, which parameters.

use serde_json::{Map, Value};

use super::super::{
    DialectError, ImageCapabilities, NativeMask, PromptLanguage, Purpose, Sizing,
    setup::{Setup, invalid},
};

/// Which server stands behind the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// OpenAI itself.
    OpenAi,
    /// Something in between that passes calls on to a vendor.
    Gateway,
    /// stable-diffusion.cpp: paints with what it was started with, whatever `model` says.
    SdCpp,
    /// vLLM-Omni: its mask is called `mask_image`.
    VllmOmni,
    /// SGLang: takes a mask and never reads it.
    SgLang,
    /// LocalAI: has no edits, but references and inpainting.
    LocalAi,
}

const PROFILES: [(&str, Profile); 6] = [
    ("openai", Profile::OpenAi),
    ("gateway", Profile::Gateway),
    ("sdcpp", Profile::SdCpp),
    ("vllm-omni", Profile::VllmOmni),
    ("sglang", Profile::SgLang),
    ("localai", Profile::LocalAi),
];

impl Profile {
    /// Whether it answers with a picture only when asked for one in so many words; OpenAI's own image
    /// models refuse the question.
    const fn response_format(self) -> Option<&'static str> {
        match self {
            Self::VllmOmni | Self::SgLang | Self::LocalAi => Some("b64_json"),
            Self::OpenAi | Self::Gateway | Self::SdCpp => None,
        }
    }

    /// Under which name it takes a mask.
    pub(super) const fn mask_field(self) -> &'static str {
        match self {
            Self::VllmOmni => "mask_image",
            _ => "mask",
        }
    }

    /// Whether a seed and a list of what to keep out may stand beside the prompt.
    pub(super) const fn takes_seed(self) -> bool {
        matches!(self, Self::VllmOmni | Self::SgLang | Self::LocalAi)
    }

    /// Whether a name of our own for the call may be of use on the other side.
    pub(super) const fn is_traced(self) -> bool {
        matches!(self, Self::OpenAi | Self::Gateway)
    }

    const fn is_own_server(self) -> bool {
        matches!(self, Self::SdCpp | Self::VllmOmni | Self::SgLang | Self::LocalAi)
    }
}

/// The sizes a model knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// gpt-image-1, 1-mini, 1.5 and chatgpt-image: three sizes.
    Fixed,
    /// gpt-image-2 and what came after it: anything in sixteens.
    Free,
    /// Open weights: about a million pixels.
    Open,
}

fn family(profile: Profile, model: Option<&str>) -> Family {
    // Gateways write `vendor/model`.
    let bare = model.map_or("", |model| model.rsplit('/').next().unwrap_or(model));
    if profile.is_own_server() {
        return Family::Open;
    }
    let fixed = ["gpt-image-1", "chatgpt-image"].iter().any(|prefix| bare.starts_with(prefix));
    match profile {
        _ if fixed => Family::Fixed,
        Profile::Gateway if !bare.starts_with("gpt-image") => Family::Open,
        _ => Family::Free,
    }
}

/// Prices of a thousand tokens in millionths of a US dollar: pictures have no fixed price where their
/// size and quality decide.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TokenPrices {
    text_in: f64,
    image_in: f64,
    out: f64,
}

impl TokenPrices {
    fn read(setup: &mut Setup<'_>) -> Result<Option<Self>, DialectError> {
        let within = 0.0..=1e9;
        let text_in = setup.number("price_text_in_microusd", within.clone())?;
        let image_in = setup.number("price_image_in_microusd", within.clone())?;
        match (setup.number("price_out_microusd", within)?, text_in, image_in) {
            (None, None, None) => Ok(None),
            (None, ..) => Err(invalid("extra.price_out_microusd", "must be set beside the other prices")),
            (Some(out), text_in, image_in) => {
                Ok(Some(Self { text_in: text_in.unwrap_or(0.0), image_in: image_in.or(text_in).unwrap_or(0.0), out }))
            }
        }
    }

    /// What the call cost, rounded up; `None` where the answer does not tell.
    pub(super) fn cost_microusd(&self, answer: &Value) -> Option<i64> {
        let usage = answer.get("usage")?;
        let tokens = |place: &str| usage.pointer(place).and_then(Value::as_u64);
        let out = tokens("/output_tokens")?;
        let input = tokens("/input_tokens").unwrap_or(0);
        let images = tokens("/input_tokens_details/image_tokens").unwrap_or(0);
        let text = tokens("/input_tokens_details/text_tokens").unwrap_or_else(|| input.saturating_sub(images));
        let cost = text as f64 * self.text_in + images as f64 * self.image_in + out as f64 * self.out;
        Some((cost / 1000.0).ceil() as i64)
    }
}

/// What goes along with every request.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) profile: Profile,
    pub(super) model: Option<String>,
    pub(super) quality: Option<&'static str>,
    pub(super) background: Option<&'static str>,
    pub(super) output_format: Option<&'static str>,
    pub(super) output_compression: Option<u64>,
    pub(super) moderation: Option<&'static str>,
    pub(super) input_fidelity: Option<&'static str>,
    pub(super) response_format: Option<&'static str>,
    /// Edits as JSON with `data:` URLs instead of a form.
    pub(super) edits_as_json: bool,
    pub(super) steps: Option<u64>,
    pub(super) guidance: Option<f64>,
    pub(super) strength: Option<f64>,
    /// Further fields, as they stand.
    pub(super) parameters: Map<String, Value>,
    pub(super) prices: Option<TokenPrices>,
}

impl Options {
    pub(super) fn read(setup: &mut Setup<'_>) -> Result<Self, DialectError> {
        let words = PROFILES.map(|(word, _)| word);
        let word = setup.choice("profile", &words)?.unwrap_or("openai");
        let profile =
            PROFILES.iter().find(|(known, _)| *known == word).map_or(Profile::OpenAi, |(_, profile)| *profile);
        let model = setup.model();
        if model.is_none() && profile != Profile::SdCpp {
            return Err(DialectError::Missing("model"));
        }
        if model.as_deref().is_some_and(|model| model.starts_with("dall-e")) {
            return Err(invalid("model", "the dall-e models take other parameters; use a gpt-image model"));
        }
        let is_openai = profile == Profile::OpenAi;
        let parameters = match setup.value("parameters") {
            None => Map::new(),
            Some(Value::Object(table)) if table.values().all(|value| !value.is_array() && !value.is_object()) => {
                table.clone()
            }
            Some(_) => return Err(invalid("extra.parameters", "must be a table of texts, numbers and flags")),
        };
        let options = Self {
            profile,
            // Left to itself the vendor may choose the dearest.
            quality: setup.choice("quality", &["low", "medium", "high", "auto"])?.or(is_openai.then_some("medium")),
            // Left to itself the model may leave the ground out.
            background: setup.choice("background", &["opaque", "auto"])?.or(is_openai.then_some("opaque")),
            output_format: setup.choice("output_format", &["png", "jpeg", "webp"])?,
            output_compression: setup.whole("output_compression", 0..=100)?,
            moderation: setup.choice("moderation", &["low", "auto"])?,
            input_fidelity: setup.choice("input_fidelity", &["low", "high"])?,
            response_format: match setup.choice("response_format", &["b64_json", "url", "none"])? {
                Some("none") => None,
                chosen => chosen.or(profile.response_format()),
            },
            edits_as_json: setup.choice("edit_body", &["multipart", "json"])? == Some("json"),
            steps: setup.whole("num_inference_steps", 1..=200)?,
            guidance: setup.number("guidance_scale", 0.0..=50.0)?,
            strength: setup.number("strength", 0.0..=1.0)?,
            parameters,
            prices: TokenPrices::read(setup)?,
            model,
        };
        options.checked()
    }

    fn checked(mut self) -> Result<Self, DialectError> {
        let model = self.model.as_deref().unwrap_or_default();
        let bare = model.rsplit('/').next().unwrap_or(model);
        if bare.starts_with("gpt-image") && self.response_format.is_some() {
            return Err(invalid("extra.response_format", "gpt-image models refuse it and always answer in base64"));
        }
        let is_mini = bare.starts_with("gpt-image-1-mini");
        if is_mini && self.input_fidelity.is_some() {
            return Err(invalid("extra.input_fidelity", "gpt-image-1-mini refuses it"));
        }
        // A product that keeps its looks is worth its tokens; later models keep them unasked.
        if self.profile == Profile::OpenAi && !is_mini && bare.starts_with("gpt-image-1") {
            self.input_fidelity = self.input_fidelity.or(Some("high"));
        }
        if self.profile == Profile::SdCpp && self.output_format == Some("webp") {
            return Err(invalid("extra.output_format", "stable-diffusion.cpp edits in png and jpeg only"));
        }
        if self.edits_as_json && !matches!(self.profile, Profile::OpenAi | Profile::Gateway) {
            return Err(invalid("extra.edit_body", "this server takes forms only"));
        }
        Ok(self)
    }

    /// How the deployment takes a mask: as the operator says, and in the way of its server.
    pub(super) fn native_mask(&self, is_wanted: bool) -> Result<NativeMask, DialectError> {
        match (is_wanted, self.profile) {
            (false, _) => Ok(NativeMask::None),
            (true, Profile::OpenAi | Profile::Gateway) => Ok(NativeMask::Alpha),
            (true, Profile::SdCpp | Profile::VllmOmni | Profile::LocalAi) => Ok(NativeMask::Luma),
            (true, Profile::SgLang) => Err(invalid("native_mask", "SGLang takes a mask and does not read it")),
        }
    }

    pub(super) fn capabilities(&self, native_mask: NativeMask) -> ImageCapabilities {
        let is_own = self.profile.is_own_server();
        let sizing = match family(self.profile, self.model.as_deref()) {
            Family::Fixed => Sizing::List(vec![(1024, 1024), (1536, 1024), (1024, 1536)]),
            // Beyond 2560×1440 the vendor calls it an experiment.
            Family::Free => Sizing::Free { multiple: 16, pixels_min: 655_360, pixels_max: 3_686_400 },
            Family::Open => Sizing::Free { multiple: 16, pixels_min: 262_144, pixels_max: 1_638_400 },
        };
        ImageCapabilities {
            purposes: Purpose::ALL.to_vec(),
            native_mask,
            images_max: if is_own { 3 } else { 16 },
            image_bytes_max: if is_own { 10 << 20 } else { (50 << 20) - 1 },
            sizing,
            prompt_chars_max: if is_own { 800 } else { 32_000 },
            language: PromptLanguage::English,
            is_billed: true,
        }
    }
}
