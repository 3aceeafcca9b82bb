//! `[payments]`: how money comes in, one section a channel.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{ConfigError, secrets};

/// The shortest token of an operator.
const OPERATOR_TOKEN_CHARS_MIN: usize = 32;

/// Settings of payment channels.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentSettings {
    /// Whether the sandbox pays; left out, the environment decides: read it through
    /// [`super::Settings::sandbox_enabled`].
    #[serde(default)]
    pub sandbox_enabled: Option<bool>,
    /// When an unpaid order is closed.
    pub order_lifetime_minutes: u32,
    /// Opens `/operator/orders` to whoever shows it; without it nothing answers there.
    #[serde(default, serialize_with = "secrets::option")]
    pub operator_token: Option<SecretString>,
    /// File that holds the token instead.
    #[serde(default)]
    pub operator_token_file: Option<PathBuf>,
    /// Alipay.
    pub alipay: AlipaySettings,
    /// WeChat Pay.
    pub wechat_pay: WechatSettings,
    /// Stripe.
    pub stripe: StripeSettings,
    /// An epay aggregator.
    pub epay: EpaySettings,
}

/// Settings of Alipay; without `app_id` it is not offered.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlipaySettings {
    /// The application's number.
    pub app_id: Option<String>,
    /// The merchant's number, `2088…`.
    pub seller_id: Option<String>,
    /// The application's private key.
    #[serde(serialize_with = "secrets::option")]
    pub private_key: Option<SecretString>,
    /// File that holds the key instead.
    pub private_key_file: Option<PathBuf>,
    /// Alipay's public key.
    #[serde(serialize_with = "secrets::option")]
    pub alipay_public_key: Option<SecretString>,
    /// File that holds it instead.
    pub alipay_public_key_file: Option<PathBuf>,
    /// `page`, `wap`, `qr`.
    pub methods: Vec<String>,
    /// Another gateway than Alipay's own.
    pub gateway: Option<String>,
    /// Whether that gateway may lie in a private network.
    pub allow_private_address: bool,
}

/// Settings of WeChat Pay; without `mch_id` it is not offered.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct WechatSettings {
    /// The merchant's number.
    pub mch_id: Option<String>,
    /// The application's id.
    pub app_id: Option<String>,
    /// Serial number of the merchant's certificate.
    pub serial_no: Option<String>,
    /// The merchant's private key.
    #[serde(serialize_with = "secrets::option")]
    pub private_key: Option<SecretString>,
    /// File that holds the key instead.
    pub private_key_file: Option<PathBuf>,
    /// The key of API v3.
    #[serde(serialize_with = "secrets::option")]
    pub api_v3_key: Option<SecretString>,
    /// File that holds the key instead.
    pub api_v3_key_file: Option<PathBuf>,
    /// Id of WeChat Pay's public key.
    pub public_key_id: Option<String>,
    /// WeChat Pay's public key.
    #[serde(serialize_with = "secrets::option")]
    pub public_key: Option<SecretString>,
    /// File that holds it instead.
    pub public_key_file: Option<PathBuf>,
    /// Platform certificates, PEM.
    #[serde(serialize_with = "secrets::option")]
    pub platform_certificates: Option<SecretString>,
    /// File that holds them instead.
    pub platform_certificates_file: Option<PathBuf>,
    /// `native`, `h5`, `jsapi`.
    pub methods: Vec<String>,
    /// Another address than WeChat Pay's own.
    pub base_url: Option<String>,
    /// Whether that address may lie in a private network.
    pub allow_private_address: bool,
}

/// Settings of an epay aggregator; without `pid` it is not offered.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EpaySettings {
    /// The aggregator's address.
    pub base_url: Option<String>,
    /// The merchant's number there.
    pub pid: Option<String>,
    /// Version 1 (MD5) or 2 (RSA).
    pub version: u8,
    /// The shared key of version 1.
    #[serde(serialize_with = "secrets::option")]
    pub key: Option<SecretString>,
    /// File that holds the key instead.
    pub key_file: Option<PathBuf>,
    /// Our private key, version 2.
    #[serde(serialize_with = "secrets::option")]
    pub private_key: Option<SecretString>,
    /// File that holds the key instead.
    pub private_key_file: Option<PathBuf>,
    /// The aggregator's public key, version 2.
    #[serde(serialize_with = "secrets::option")]
    pub public_key: Option<SecretString>,
    /// File that holds it instead.
    pub public_key_file: Option<PathBuf>,
    /// `alipay`, `wxpay` …; left out, the payer chooses at the aggregator.
    pub pay_type: Option<String>,
    /// Whether its address may lie in a private network.
    pub allow_private_address: bool,
}

/// Settings of Stripe; without `secret_key` it is not offered.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StripeSettings {
    /// `sk_live_…` or a restricted `rk_live_…`.
    #[serde(serialize_with = "secrets::option")]
    pub secret_key: Option<SecretString>,
    /// File that holds the key instead.
    pub secret_key_file: Option<PathBuf>,
    /// `whsec_…` of the endpoint for call-backs.
    #[serde(serialize_with = "secrets::option")]
    pub webhook_secret: Option<SecretString>,
    /// File that holds the secret instead.
    pub webhook_secret_file: Option<PathBuf>,
    /// The secret before, while it is being rolled.
    #[serde(serialize_with = "secrets::option")]
    pub previous_webhook_secret: Option<SecretString>,
    /// File that holds the secret before instead.
    pub previous_webhook_secret_file: Option<PathBuf>,
    /// Another address than Stripe's own.
    pub base_url: Option<String>,
    /// Whether that address may lie in a private network.
    pub allow_private_address: bool,
}

impl PaymentSettings {
    pub(super) fn read_secret_files(&mut self) -> Result<(), ConfigError> {
        let (alipay, wechat, stripe, epay) = (&mut self.alipay, &mut self.wechat_pay, &mut self.stripe, &mut self.epay);
        for (secret, file, key) in [
            (&mut self.operator_token, &self.operator_token_file, "operator_token"),
            (&mut alipay.private_key, &alipay.private_key_file, "alipay.private_key"),
            (&mut alipay.alipay_public_key, &alipay.alipay_public_key_file, "alipay.alipay_public_key"),
            (&mut wechat.private_key, &wechat.private_key_file, "wechat_pay.private_key"),
            (&mut wechat.api_v3_key, &wechat.api_v3_key_file, "wechat_pay.api_v3_key"),
            (&mut wechat.public_key, &wechat.public_key_file, "wechat_pay.public_key"),
            (&mut wechat.platform_certificates, &wechat.platform_certificates_file, "wechat_pay.platform_certificates"),
            (&mut stripe.secret_key, &stripe.secret_key_file, "stripe.secret_key"),
            (&mut stripe.webhook_secret, &stripe.webhook_secret_file, "stripe.webhook_secret"),
            (
                &mut stripe.previous_webhook_secret,
                &stripe.previous_webhook_secret_file,
                "stripe.previous_webhook_secret",
            ),
            (&mut epay.key, &epay.key_file, "epay.key"),
            (&mut epay.private_key, &epay.private_key_file, "epay.private_key"),
            (&mut epay.public_key, &epay.public_key_file, "epay.public_key"),
        ] {
            secrets::resolve(secret, file.as_ref(), || format!("payments.{key}"))?;
        }
        Ok(())
    }

    /// A channel is configured whole or not at all: half of one would be found out by the first payer.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.operator_token.as_ref().is_some_and(|token| token.expose_secret().len() < OPERATOR_TOKEN_CHARS_MIN) {
            let problem = format!("must have at least {OPERATOR_TOKEN_CHARS_MIN} characters: openssl rand -base64 48");
            return Err(ConfigError::invalid("payments.operator_token", problem));
        }
        let set = &self.alipay;
        let others = [
            ("seller_id", set.seller_id.is_some()),
            ("private_key", set.private_key.is_some()),
            ("alipay_public_key", set.alipay_public_key.is_some()),
        ];
        whole("alipay", set.app_id.is_some(), &others)?;
        known_words("alipay.methods", &set.methods, &["page", "wap", "qr"])?;
        let set = &self.wechat_pay;
        let has_checker = set.platform_certificates.is_some() || set.public_key.is_some();
        let others = [
            ("app_id", set.app_id.is_some()),
            ("serial_no", set.serial_no.is_some()),
            ("private_key", set.private_key.is_some()),
            ("api_v3_key", set.api_v3_key.is_some()),
            ("public_key", has_checker),
        ];
        whole("wechat_pay", set.mch_id.is_some(), &others)?;
        whole("wechat_pay", set.public_key.is_some(), &[("public_key_id", set.public_key_id.is_some())])?;
        known_words("wechat_pay.methods", &set.methods, &["native", "h5", "jsapi"])?;
        let set = &self.stripe;
        whole("stripe", set.secret_key.is_some(), &[("webhook_secret", set.webhook_secret.is_some())])?;
        let set = &self.epay;
        if !matches!(set.version, 1 | 2) {
            return Err(ConfigError::invalid("payments.epay.version", "must be 1 or 2"));
        }
        whole("epay", set.pid.is_some(), &[("base_url", set.base_url.is_some())])?;
        if set.pid.is_some() && set.version == 1 && set.key.is_none() {
            return Err(ConfigError::invalid("payments.epay.key", "must be set for version 1"));
        }
        if set.pid.is_some() && set.version == 2 && (set.private_key.is_none() || set.public_key.is_none()) {
            return Err(ConfigError::invalid("payments.epay.private_key", "and public_key must be set for version 2"));
        }
        Ok(())
    }

    /// What production refuses: a stand-in for a channel inside the own network would let whoever runs
    /// it make credits.
    pub(super) fn refuse_unsafe(&self, refuse: &mut impl FnMut(&str, String)) {
        for (section, is_private, address) in [
            ("alipay.gateway", self.alipay.allow_private_address, &self.alipay.gateway),
            ("wechat_pay.base_url", self.wechat_pay.allow_private_address, &self.wechat_pay.base_url),
            ("stripe.base_url", self.stripe.allow_private_address, &self.stripe.base_url),
            ("epay.base_url", self.epay.allow_private_address, &self.epay.base_url),
        ] {
            if is_private {
                let name = section.split('.').next().unwrap_or_default();
                refuse(&format!("payments.{name}.allow_private_address"), "is for tests; take it away".to_owned());
            } else if address.as_ref().is_some_and(|address| !address.starts_with("https://")) {
                refuse(&format!("payments.{section}"), "must begin with https://".to_owned());
            }
        }
    }
}

fn known_words(key: &str, words: &[String], known: &[&str]) -> Result<(), ConfigError> {
    if words.is_empty() || words.iter().any(|word| !known.contains(&word.as_str())) {
        return Err(ConfigError::invalid(
            format!("payments.{key}"),
            format!("must name one or more of {}", known.join(", ")),
        ));
    }
    Ok(())
}

/// Checks that a channel with its first key has the others too, and that without it there are none.
fn whole(section: &str, has_first: bool, others: &[(&str, bool)]) -> Result<(), ConfigError> {
    for (key, is_set) in others {
        if *is_set != has_first {
            let problem = if has_first { "must be set too" } else { "is set, but the channel's other keys are not" };
            return Err(ConfigError::invalid(format!("payments.{section}.{key}"), problem));
        }
    }
    Ok(())
}
