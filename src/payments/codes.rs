//! The names of channels and of the ways to pay through them.

use crate::domain::Locale;

/// The ways to pay there can be. A channel with several products has a code for each; what is stored
/// and told to us is under the channel's own code, [`ChannelCode::vendor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelCode {
    /// Built in; pays without money.
    Sandbox,
    /// Alipay, on a page for computers.
    Alipay,
    /// Alipay, on a page for phones that opens the app.
    AlipayWap,
    /// Alipay, by scanning a code.
    AlipayQr,
    /// WeChat Pay, by scanning a code.
    WechatPay,
    /// WeChat Pay, from a phone's browser into the app.
    WechatH5,
    /// WeChat Pay, inside WeChat's own browser.
    WechatJsapi,
    /// Stripe.
    Stripe,
    /// An aggregator that speaks the epay protocol.
    Epay,
}

impl ChannelCode {
    /// Every way to pay.
    pub const ALL: [Self; 9] = [
        Self::Sandbox,
        Self::Alipay,
        Self::AlipayWap,
        Self::AlipayQr,
        Self::WechatPay,
        Self::WechatH5,
        Self::WechatJsapi,
        Self::Stripe,
        Self::Epay,
    ];

    /// The name in addresses and in the database.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Alipay => "alipay",
            Self::AlipayWap => "alipay_wap",
            Self::AlipayQr => "alipay_qr",
            Self::WechatPay => "wechat_pay",
            Self::WechatH5 => "wechat_h5",
            Self::WechatJsapi => "wechat_jsapi",
            Self::Stripe => "stripe",
            Self::Epay => "epay",
        }
    }

    /// The channel behind a way to pay. Orders, trade numbers and call-backs belong to it, so that one
    /// payment cannot count once for each of its products.
    #[must_use]
    pub const fn vendor(self) -> Self {
        match self {
            Self::AlipayWap | Self::AlipayQr => Self::Alipay,
            Self::WechatH5 | Self::WechatJsapi => Self::WechatPay,
            other => other,
        }
    }

    /// Reads the name in an address or in the database.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.slug() == slug)
    }

    /// What people call it.
    pub const fn title(self, locale: Locale) -> &'static str {
        match self {
            Self::Sandbox => locale.pick("沙箱支付", "Sandbox"),
            Self::Alipay => locale.pick("支付宝", "Alipay"),
            Self::AlipayWap => locale.pick("支付宝（手机）", "Alipay on this phone"),
            Self::AlipayQr => locale.pick("支付宝扫码", "Alipay QR code"),
            Self::WechatPay => locale.pick("微信支付", "WeChat Pay"),
            Self::WechatH5 => locale.pick("微信支付（手机）", "WeChat Pay on this phone"),
            Self::WechatJsapi => locale.pick("微信内支付", "WeChat Pay inside WeChat"),
            Self::Stripe => "Stripe",
            Self::Epay => locale.pick("易支付", "Epay"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_pay_has_a_name_of_its_own_and_a_vendor() {
        for code in ChannelCode::ALL {
            assert_eq!(ChannelCode::from_slug(code.slug()), Some(code));
            assert_eq!(code.vendor().vendor(), code.vendor());
            assert!(code.slug().starts_with(code.vendor().slug().split('_').next().unwrap()), "{code:?}");
        }
        assert_eq!(ChannelCode::from_slug("../x"), None);
    }
}
