//! Settings: one section per file, defaults embedded and commented.
//!
//! `default.toml` holds every key with its default and its meaning: it is the manual. A later
//! source wins over an earlier one (defaults, `haibao.toml`, environment, command line), and a name
//! that nobody knows is an error, because a misspelt limit would otherwise be no limit.
//!
//! To add a key: add the field (documented) to its section, and the key with a comment to
//! `default.toml`; tests load the manual as it stands and with every example line switched on.

mod billing;
mod database;
mod engine;
mod error;
mod http;
pub mod keys;
mod layers;
mod limits;
mod mail;
mod models;
mod payments;
mod redis;
mod retention;
pub mod secrets;
mod sign_in;
mod storage;
#[cfg(test)]
mod tests;
mod validation;
mod webhooks;

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

pub use self::{
    billing::BillingSettings,
    database::DatabaseSettings,
    engine::{EngineSettings, StudioSettings},
    error::{ConfigError, Unsafe},
    http::{HttpSettings, Introspection},
    keys::DerivedKeys,
    layers::Sources,
    limits::{LimitSettings, LogFormat, ObservabilitySettings},
    mail::{MailSettings, MailerKind},
    models::{ImageProviderSettings, TextModelSettings},
    payments::{AlipaySettings, EpaySettings, PaymentSettings, StripeSettings, WechatSettings},
    redis::RedisSettings,
    retention::RetentionSettings,
    sign_in::SignInSettings,
    storage::{S3Settings, StorageKind, StorageSettings},
    webhooks::WebhookSettings,
};

/// The embedded defaults, which are also the manual.
pub const DEFAULTS: &str = include_str!("default.toml");

/// How strict the program is about its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// One machine, nothing public.
    Development,
    /// Unsafe settings are refused.
    Production,
}

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Folder of everything the service writes.
    pub data_dir: PathBuf,
    /// How strict to be.
    pub environment: Environment,
    /// IANA name of the time zone of generation names.
    pub time_zone: String,
    /// The server.
    pub http: HttpSettings,
    /// The database.
    pub database: DatabaseSettings,
    /// Sign-in.
    pub sign_in: SignInSettings,
    /// What several processes share beside the database.
    pub redis: RedisSettings,
    /// Outgoing mail.
    pub mail: MailSettings,
    /// Files.
    pub storage: StorageSettings,
    /// Forgetting.
    pub retention: RetentionSettings,
    /// The queue.
    pub engine: EngineSettings,
    /// Taste and quality.
    pub studio: StudioSettings,
    /// Credits.
    pub billing: BillingSettings,
    /// Payment channels.
    pub payments: PaymentSettings,
    /// Telling partners' servers.
    pub webhooks: WebhookSettings,
    /// Limits.
    pub limits: LimitSettings,
    /// Logs and metrics.
    pub observability: ObservabilitySettings,
    /// Image models, in order of preference.
    #[serde(deserialize_with = "models::list")]
    pub image_providers: Vec<ImageProviderSettings>,
    /// Text models, in order of preference.
    #[serde(deserialize_with = "models::list")]
    pub text_models: Vec<TextModelSettings>,
}

impl Settings {
    /// Reads and checks the settings of these sources.
    ///
    /// # Errors
    /// A file that cannot be read or parsed, an unknown name, a value of the wrong type or out of its
    /// range, and in production every unsafe setting; each error names its key.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut settings: Self = sources.figment()?.extract().map_err(ConfigError::from)?;
        settings.read_secret_files()?;
        settings.validate()?;
        Ok(settings)
    }

    /// Whether unsafe settings are refused.
    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }

    /// The database's address, with the default filled in.
    pub fn database_url(&self) -> SecretString {
        if self.database.url.expose_secret().is_empty() {
            format!("sqlite://{}", self.data_dir.join("haibao.db").display()).into()
        } else {
            self.database.url.clone()
        }
    }

    /// The address people type, without a slash at the end.
    ///
    /// With port 0 it is known only after binding: pass the bound address to
    /// [`Settings::public_url_at`] then.
    pub fn public_url(&self) -> String {
        self.public_url_at(self.http.address)
    }

    /// The address people type where the server really listens on `bound`.
    pub fn public_url_at(&self, bound: std::net::SocketAddr) -> String {
        match self.http.public_url.trim_end_matches('/') {
            "" => format!("http://{bound}"),
            url => url.to_owned(),
        }
    }

    /// Credits for a new account: as set, else 40 in development and 0 in production.
    pub fn welcome_credits(&self) -> i64 {
        self.billing.welcome_credits.unwrap_or(if self.is_production() { 0 } else { 40 })
    }

    /// Whether the sandbox pays: as set, else only in development.
    pub fn sandbox_enabled(&self) -> bool {
        self.payments.sandbox_enabled.unwrap_or(!self.is_production())
    }

    /// Who may ask for the schema: as set, else everyone in development and whoever is signed in in production.
    pub fn introspection(&self) -> Introspection {
        let usual = if self.is_production() { Introspection::SignedIn } else { Introspection::Everyone };
        self.http.introspection.unwrap_or(usual)
    }

    /// Whether GET runs queries: as set, else only in development.
    pub fn queries_by_get(&self) -> bool {
        self.http.queries_by_get.unwrap_or(!self.is_production())
    }

    /// Whether sign-in codes are printed instead of sent.
    pub fn codes_are_printed(&self) -> bool {
        self.mail.mailer == MailerKind::Development
    }

    /// The settings in effect as TOML, every secret as `"***"`.
    ///
    /// # Errors
    /// A value that TOML cannot express (a null inside a provider's `extra`).
    pub fn to_redacted_toml(&self) -> Result<String, ConfigError> {
        let mut effective = self.clone();
        effective.database.url = self.database_url();
        effective.http.public_url = self.public_url();
        effective.http.introspection = Some(self.introspection());
        effective.http.queries_by_get = Some(self.queries_by_get());
        effective.billing.welcome_credits = Some(self.welcome_credits());
        effective.payments.sandbox_enabled = Some(self.sandbox_enabled());
        toml::to_string_pretty(&effective)
            .map_err(|error| ConfigError::invalid("image_providers", format!("cannot be printed: {error}")))
    }

    fn read_secret_files(&mut self) -> Result<(), ConfigError> {
        let named = |key: &'static str| move || key.to_owned();
        let sign_in = &mut self.sign_in;
        secrets::resolve(&mut sign_in.token_secret, sign_in.token_secret_file.as_ref(), named("sign_in.token_secret"))?;
        secrets::resolve(
            &mut sign_in.previous_token_secret,
            sign_in.previous_token_secret_file.as_ref(),
            named("sign_in.previous_token_secret"),
        )?;
        secrets::resolve(&mut self.mail.smtp_url, self.mail.smtp_url_file.as_ref(), named("mail.smtp_url"))?;
        secrets::resolve(&mut self.redis.url, self.redis.url_file.as_ref(), named("redis.url"))?;
        let s3 = &mut self.storage.s3;
        secrets::resolve(
            &mut s3.secret_access_key,
            s3.secret_access_key_file.as_ref(),
            named("storage.s3.secret_access_key"),
        )?;
        let mut url = Some(self.database.url.clone()).filter(|url| !url.expose_secret().is_empty());
        secrets::resolve(&mut url, self.database.url_file.as_ref(), named("database.url"))?;
        self.database.url = url.unwrap_or_default();
        self.payments.read_secret_files()?;
        for (place, provider) in self.image_providers.iter_mut().enumerate() {
            let key = || format!("image_providers[{place}].api_key");
            secrets::resolve(&mut provider.api_key, provider.api_key_file.as_ref(), key)?;
        }
        for (place, model) in self.text_models.iter_mut().enumerate() {
            let key = || format!("text_models[{place}].api_key");
            secrets::resolve(&mut model.api_key, model.api_key_file.as_ref(), key)?;
        }
        Ok(())
    }
}
