//! The images API of OpenAI, and the servers that speak it: stable-diffusion.cpp, vLLM-Omni, SGLang,
//! LocalAI and gateways. They share the paths and differ in what they take, refuse and ignore, which
//! is what `extra.profile` tells.

mod errors;
mod options;
mod request;

use async_trait::async_trait;
use reqwest::Method;
use serde_json::Value;

use super::{
    DialectError, ImageCapabilities, ImageProvider, ImageRequest, Rendered, Started,
    results::{self, text_at},
    setup::{Key, Setup},
};
use crate::{
    config::ImageProviderSettings,
    providers::{
        CallContext, ProviderError,
        wire::{Downloads, Wire, request_id},
    },
};
pub(super) use errors::classify;
use options::{Options, Profile};

const ADDRESS: &str = "https://api.openai.com/v1";

/// A deployment that speaks the images API of OpenAI.
pub(super) struct OpenAiImages {
    name: String,
    wire: Wire,
    downloads: Downloads,
    options: Options,
    capabilities: ImageCapabilities,
}

impl OpenAiImages {
    pub(super) fn new(settings: &ImageProviderSettings) -> Result<Self, DialectError> {
        let mut setup = Setup::new(settings);
        let options = Options::read(&mut setup)?;
        let wire = match options.profile {
            Profile::OpenAi => setup.wire(Some(ADDRESS), Key::Needed)?,
            _ => setup.wire(None, Key::Optional)?,
        };
        let downloads = setup.downloads(&[])?;
        let native_mask = options.native_mask(setup.takes_mask())?;
        let capabilities = setup.capabilities(options.capabilities(native_mask))?;
        let name = setup.name();
        setup.finish()?;
        Ok(Self { name, wire, downloads, options, capabilities })
    }

    async fn picture(&self, request: &ImageRequest, call: &CallContext) -> Result<Rendered, ProviderError> {
        let outgoing = request::compose(&self.options, request);
        let mut sent = outgoing.on(&self.wire)?;
        if self.options.profile.is_traced() {
            sent = sent.header("x-client-request-id", &call.nonce);
        }
        let (value, answer) = results::send(&self.wire, sent, call, classify).await?;
        let items = value.get("data").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let found = results::first_picture(items, &self.downloads, call).await;
        match found.map_err(|error| results::about(&answer, error))? {
            Some(picture) => Ok(Rendered {
                picture,
                request_id: request_id(&answer.headers),
                cost_microusd: self.options.prices.as_ref().and_then(|prices| prices.cost_microusd(&value)),
            }),
            None => Err(results::about(&answer, ProviderError::no_result("an answer without a picture"))),
        }
    }
}

#[async_trait]
impl ImageProvider for OpenAiImages {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> &str {
        self.options.model.as_deref().unwrap_or(&self.name)
    }

    fn capabilities(&self) -> &ImageCapabilities {
        &self.capabilities
    }

    async fn start(&self, request: &ImageRequest, call: &CallContext) -> Result<Started, ProviderError> {
        let painted = self.picture(request, call).await;
        painted.map(Started::Done)
    }

    async fn probe(&self, call: &CallContext) -> Result<String, ProviderError> {
        if let (Profile::OpenAi, Some(model)) = (self.options.profile, &self.options.model) {
            let request = self.wire.request(Method::GET, &format!("models/{model}"));
            let (value, _) = results::send(&self.wire, request, call, classify).await?;
            let id = text_at(&value, "/id").unwrap_or(model);
            return Ok(format!("the key is taken and {id} is known"));
        }
        let request = self.wire.request(Method::GET, "models");
        let (value, _) = results::send(&self.wire, request, call, classify).await?;
        match &self.options.model {
            // This one has whatever it was started with, and lists it under a name of its own.
            Some(model) if self.options.profile != Profile::SdCpp => results::listed(model, &value),
            _ => Ok(format!("the server answers and lists {} model(s)", results::model_ids(&value).len())),
        }
    }
}
