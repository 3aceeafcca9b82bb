//! Payment channels chosen from the settings.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use super::{App, StartError};
use crate::{
    clock::Clock,
    config::{DerivedKeys, Settings},
    ids::IdSource,
    payments::{
        AlipayChannel, AlipayOptions, ChannelCode, Channels, EpayChannel, EpayKeys, EpayOptions, PaymentChannel,
        SandboxChannel, SetupError, StripeChannel, StripeOptions, WechatChannel, WechatOptions, alipay, stripe, wechat,
    },
    services::{limits::RateLimits, orders::Orders},
};

/// Recharges, and the sandbox's pay page where there is one.
pub(crate) struct Till {
    /// The use cases.
    pub(crate) orders: Orders,
    /// The channel without money.
    pub(crate) sandbox: Option<Arc<SandboxChannel>>,
}

impl App {
    /// Recharges as the settings say, for a server that is bound to this address.
    ///
    /// # Errors
    /// `Payments` when a channel's keys do not read.
    pub(crate) fn orders(&self, bound: SocketAddr) -> Result<Till, StartError> {
        let limits = RateLimits::new(&self.settings.limits, &self.context.clock);
        let public_url = self.settings.public_url_at(bound);
        let sandbox = sandbox(&self.settings, &self.keys, &public_url);
        let mut channels = real(&self.settings, &public_url, &self.context.clock, &self.context.ids)?;
        channels.extend(sandbox.iter().map(|channel| Arc::clone(channel) as Arc<dyn PaymentChannel>));
        let lifetime = Duration::from_secs(60 * u64::from(self.settings.payments.order_lifetime_minutes));
        let orders = Orders::new(self.context.clone(), Channels::new(channels), limits, lifetime);
        Ok(Till { orders, sandbox })
    }
}

fn sandbox(settings: &Settings, keys: &DerivedKeys, public_url: &str) -> Option<Arc<SandboxChannel>> {
    settings.sandbox_enabled().then(|| Arc::new(SandboxChannel::new(&keys.sandbox_payments, public_url)))
}

/// The channels that move money.
///
/// # Errors
/// `Payments` with the key that does not read.
pub(crate) fn real(
    settings: &Settings,
    public_url: &str,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> Result<Vec<Arc<dyn PaymentChannel>>, StartError> {
    let mut channels: Vec<Arc<dyn PaymentChannel>> = Vec::new();
    let failed =
        |section: &'static str| move |error: SetupError| StartError::Payments(format!("payments.{section}.{error}"));
    let set = &settings.payments.alipay;
    if let Some(app_id) = set.app_id.clone() {
        let options = AlipayOptions {
            app_id,
            seller_id: set.seller_id.clone().unwrap_or_default(),
            private_key: set.private_key.clone().unwrap_or_default(),
            alipay_public_key: shown(set.alipay_public_key.as_ref()),
            gateway: set.gateway.clone().unwrap_or_else(|| alipay::GATEWAY.to_owned()),
            allow_private_address: set.allow_private_address,
            methods: methods(&set.methods),
            public_url: public_url.to_owned(),
        };
        channels.push(Arc::new(AlipayChannel::new(options, Arc::clone(clock)).map_err(failed("alipay"))?));
    }
    let set = &settings.payments.wechat_pay;
    if let Some(mch_id) = set.mch_id.clone() {
        let options = WechatOptions {
            mch_id,
            app_id: set.app_id.clone().unwrap_or_default(),
            serial_no: set.serial_no.clone().unwrap_or_default(),
            private_key: set.private_key.clone().unwrap_or_default(),
            api_v3_key: set.api_v3_key.clone().unwrap_or_default(),
            public_key: set.public_key_id.clone().map(|id| (id, shown(set.public_key.as_ref()))),
            platform_certificates: set.platform_certificates.as_ref().map(|text| text.expose_secret().to_owned()),
            base_url: set.base_url.clone().unwrap_or_else(|| wechat::BASE_URL.to_owned()),
            allow_private_address: set.allow_private_address,
            methods: methods(&set.methods),
            public_url: public_url.to_owned(),
        };
        let channel = WechatChannel::new(options, Arc::clone(clock), Arc::clone(ids));
        channels.push(Arc::new(channel.map_err(failed("wechat_pay"))?));
    }
    let set = &settings.payments.epay;
    if let Some(pid) = set.pid.clone() {
        let keys = if set.version == 1 {
            EpayKeys::V1 { key: set.key.clone().unwrap_or_default() }
        } else {
            let private_key = set.private_key.clone().unwrap_or_default();
            EpayKeys::V2 { private_key, public_key: shown(set.public_key.as_ref()) }
        };
        let options = EpayOptions {
            base_url: set.base_url.clone().unwrap_or_default(),
            pid,
            keys,
            pay_type: set.pay_type.clone(),
            allow_private_address: set.allow_private_address,
            public_url: public_url.to_owned(),
        };
        channels.push(Arc::new(EpayChannel::new(options, Arc::clone(clock)).map_err(failed("epay"))?));
    }
    let set = &settings.payments.stripe;
    if let Some(secret_key) = set.secret_key.clone() {
        let options = StripeOptions {
            secret_key,
            webhook_secrets: [&set.webhook_secret, &set.previous_webhook_secret]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            base_url: set.base_url.clone().unwrap_or_else(|| stripe::BASE_URL.to_owned()),
            allow_private_address: set.allow_private_address,
            public_url: public_url.to_owned(),
        };
        channels.push(Arc::new(StripeChannel::new(options, Arc::clone(clock)).map_err(failed("stripe"))?));
    }
    Ok(channels)
}

/// A public key, which is kept like a secret only because it can come from a file like one.
fn shown(text: Option<&SecretString>) -> String {
    text.map(|text| text.expose_secret().to_owned()).unwrap_or_default()
}

/// The products behind the words of the settings, whose spelling is checked there.
fn methods(words: &[String]) -> Vec<ChannelCode> {
    let known = [
        ("page", ChannelCode::Alipay),
        ("wap", ChannelCode::AlipayWap),
        ("qr", ChannelCode::AlipayQr),
        ("native", ChannelCode::WechatPay),
        ("h5", ChannelCode::WechatH5),
        ("jsapi", ChannelCode::WechatJsapi),
    ];
    words.iter().filter_map(|word| known.iter().find(|(name, _)| name == word).map(|(_, code)| *code)).collect()
}
