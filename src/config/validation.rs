//! What makes settings usable at all, and what production refuses.

use secrecy::{ExposeSecret, SecretString};

use super::{ConfigError, MailerKind, Settings, StorageKind, Unsafe, keys::TOKEN_SECRET_BYTES_MIN};

impl Settings {
    /// Checks ranges and, in production, safety.
    ///
    /// # Errors
    /// The first key that makes no sense; in production, all unsafe keys at once.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.validate_ranges()?;
        let refusals = if self.is_production() { self.production_refusals() } else { Vec::new() };
        if refusals.is_empty() { Ok(()) } else { Err(ConfigError::Unsafe(refusals)) }
    }

    fn validate_ranges(&self) -> Result<(), ConfigError> {
        let check = |is_good: bool, key: &str, problem: &str| {
            if is_good { Ok(()) } else { Err(ConfigError::invalid(key, problem)) }
        };
        check(!self.data_dir.as_os_str().is_empty(), "data_dir", "must name a folder")?;
        check(
            jiff::tz::TimeZone::get(&self.time_zone).is_ok(),
            "time_zone",
            "is not an IANA time zone, such as Asia/Shanghai",
        )?;
        let url = self.http.public_url.as_str();
        check(
            url.is_empty() || url.starts_with("http://") || url.starts_with("https://"),
            "http.public_url",
            "must begin with https:// or http://",
        )?;
        check(
            self.http.allowed_origins.iter().all(|origin| is_origin(origin)),
            "http.allowed_origins",
            "every origin is scheme://host[:port] and nothing more",
        )?;
        check(self.http.body_bytes_max >= 1024, "http.body_bytes_max", "must be 1024 or more")?;
        check(self.http.request_timeout_seconds > 0, "http.request_timeout_seconds", "must be 1 or more")?;
        check(self.http.socket_ping_seconds > 0, "http.socket_ping_seconds", "must be 1 or more")?;
        let scheme = self.database.url.expose_secret().split(':').next().unwrap_or_default();
        check(
            matches!(scheme, "" | "sqlite" | "postgres" | "postgresql"),
            "database.url",
            "must begin with sqlite:// or postgres://",
        )?;
        check(self.database.connections_max > 0, "database.connections_max", "must be 1 or more")?;
        check(
            (1..=3600).contains(&self.sign_in.code_lifetime_seconds),
            "sign_in.code_lifetime_seconds",
            "must be 1 to 3600",
        )?;
        check((1..=100).contains(&self.sign_in.attempts_max), "sign_in.attempts_max", "must be 1 to 100")?;
        check(
            (1..=365).contains(&self.sign_in.token_lifetime_days),
            "sign_in.token_lifetime_days",
            "must be 1 to 365",
        )?;
        check(self.sign_in.codes_max > 0, "sign_in.codes_max", "must be 1 or more")?;
        let scheme = self.redis.url.as_ref().map(|url| url.expose_secret().split(':').next().unwrap_or_default());
        check(
            matches!(scheme, None | Some("redis" | "rediss" | "redis+unix")),
            "redis.url",
            "must begin with redis://, rediss:// or redis+unix://",
        )?;
        check(
            scheme.is_none() || cfg!(feature = "redis"),
            "redis.url",
            "is set, but this program was built without the feature `redis`",
        )?;
        check(
            self.mail.from.parse::<lettre::message::Mailbox>().is_ok(),
            "mail.from",
            "must be an e-mail address, or `Name <address>`",
        )?;
        check(self.mail.timeout_seconds > 0, "mail.timeout_seconds", "must be 1 or more")?;
        check(self.mail.connections_max > 0, "mail.connections_max", "must be 1 or more")?;
        check(
            self.mail.mailer != MailerKind::Smtp || self.mail.smtp_url.is_some(),
            "mail.smtp_url",
            "must be set when mail.mailer is \"smtp\"",
        )?;
        let s3 = &self.storage.s3;
        let s3_keys = [("bucket", &s3.bucket), ("endpoint", &s3.endpoint), ("access_key_id", &s3.access_key_id)];
        for (key, value) in s3_keys.into_iter().filter(|_| self.storage.kind == StorageKind::S3) {
            check(value.is_some(), &format!("storage.s3.{key}"), "must be set when storage.kind is \"s3\"")?;
        }
        let retention = &self.retention;
        check(retention.account_deletion_days <= 365, "retention.account_deletion_days", "must be 0 to 365")?;
        check((1..=3650).contains(&retention.sessions_days), "retention.sessions_days", "must be 1 to 3650")?;
        check(retention.generations_days <= 36_500, "retention.generations_days", "must be 0 to 36500")?;
        check(self.engine.lease_seconds >= 2, "engine.lease_seconds", "must be 2 or more")?;
        check(self.engine.attempts_max > 0, "engine.attempts_max", "must be 1 or more")?;
        check(self.engine.job_timeout_seconds > 0, "engine.job_timeout_seconds", "must be 1 or more")?;
        check(self.engine.sweep_seconds > 0, "engine.sweep_seconds", "must be 1 or more")?;
        let link_seconds = self.storage.signed_url_lifetime_seconds;
        check(
            (60..=31_536_000).contains(&link_seconds),
            "storage.signed_url_lifetime_seconds",
            "must be 60 to 31536000, a year",
        )?;
        check(self.storage.upload_lifetime_hours > 0, "storage.upload_lifetime_hours", "must be 1 or more")?;
        check((60..=100).contains(&self.studio.jpeg_quality), "studio.jpeg_quality", "must be 60 to 100")?;
        check(
            (1..=200).contains(&self.studio.ai_content_producer.trim().chars().count()),
            "studio.ai_content_producer",
            "must be 1 to 200 characters",
        )?;
        check(self.billing.credit_value_microusd > 0, "billing.credit_value_microusd", "must be 1 or more")?;
        let picture_cost_max = self.billing.picture_cost_max_microusd;
        check(picture_cost_max >= 0, "billing.picture_cost_max_microusd", "must be 0 or more")?;
        check((0..=1_000_000).contains(&self.welcome_credits()), "billing.welcome_credits", "must be 0 to 1000000")?;
        check(
            (1..=10_080).contains(&self.payments.order_lifetime_minutes),
            "payments.order_lifetime_minutes",
            "must be 1 to 10080",
        )?;
        self.payments.validate()?;
        check((1..=60).contains(&self.webhooks.timeout_seconds), "webhooks.timeout_seconds", "must be 1 to 60")?;
        check((1..=3650).contains(&self.webhooks.log_days), "webhooks.log_days", "must be 1 to 3650")?;
        check(self.limits.decodes_max > 0, "limits.decodes_max", "must be 1 or more")?;
        self.validate_models()
    }

    fn validate_models(&self) -> Result<(), ConfigError> {
        let images = self.image_providers.iter().map(|p| (p.name.as_str(), p.max_concurrency, p.timeout_seconds));
        let texts = self.text_models.iter().map(|m| (m.name.as_str(), m.max_concurrency, m.timeout_seconds));
        let lists = [("image_providers", images.collect::<Vec<_>>()), ("text_models", texts.collect())];
        for (list, entries) in lists {
            for (place, (name, max_concurrency, timeout_seconds)) in entries.iter().enumerate() {
                let wrong =
                    |key: &str, problem: &str| Err(ConfigError::invalid(format!("{list}[{place}].{key}"), problem));
                if name.trim().is_empty() {
                    return wrong("name", "must be set");
                }
                if entries[..place].iter().any(|(other, ..)| other == name) {
                    return wrong("name", "is taken by an entry before; names must differ");
                }
                if *max_concurrency == 0 {
                    return wrong("max_concurrency", "must be 1 or more");
                }
                if *timeout_seconds == 0 {
                    return wrong("timeout_seconds", "must be 1 or more");
                }
            }
        }
        Ok(())
    }

    fn production_refusals(&self) -> Vec<Unsafe> {
        let mut refusals = Vec::new();
        let mut refuse = |key: &str, problem: String| refusals.push(Unsafe { key: key.to_owned(), problem });
        match self.sign_in.token_secret.as_ref() {
            None => refuse(
                "sign_in.token_secret",
                format!("must be set ({TOKEN_SECRET_BYTES_MIN} random bytes or more; try `openssl rand -hex 32`)"),
            ),
            Some(secret) if is_weak(secret) => refuse(
                "sign_in.token_secret",
                format!("is too weak; use {TOKEN_SECRET_BYTES_MIN} random bytes or more (`openssl rand -hex 32`)"),
            ),
            Some(_) => {}
        }
        if self.sign_in.previous_token_secret.as_ref().is_some_and(is_weak) {
            refuse("sign_in.previous_token_secret", "is too weak; take it away".to_owned());
        }
        if self.codes_are_printed() {
            refuse("mail.mailer", "would print sign-in codes into the log; use \"smtp\"".to_owned());
        }
        if self.sandbox_enabled() {
            refuse("payments.sandbox_enabled", "would give credits without money; take it away".to_owned());
        }
        self.payments.refuse_unsafe(&mut refuse);
        if !self.http.public_url.starts_with("https://") {
            refuse("http.public_url", "must be set and begin with https://".to_owned());
        }
        if let Some(origin) = self.http.allowed_origins.iter().find(|origin| !origin.starts_with("https://")) {
            refuse("http.allowed_origins", format!("{origin} is not https://"));
        }
        if self.webhooks.allow_private_addresses {
            let problem = "would let anybody make this server call its neighbours; take it away".to_owned();
            refuse("webhooks.allow_private_addresses", problem);
        }
        for (place, provider) in self.image_providers.iter().enumerate() {
            if provider.kind == "scripted" {
                refuse(&format!("image_providers[{place}].kind"), "\"scripted\" is for tests".to_owned());
            }
        }
        for (place, model) in self.text_models.iter().enumerate() {
            if model.kind == "scripted" {
                refuse(&format!("text_models[{place}].kind"), "\"scripted\" is for tests".to_owned());
            }
        }
        refusals
    }
}

/// Too short, or so few different bytes that nobody drew it at random.
fn is_weak(secret: &SecretString) -> bool {
    let bytes = secret.expose_secret().as_bytes();
    let mut different = bytes.to_vec();
    different.sort_unstable();
    different.dedup();
    bytes.len() < TOKEN_SECRET_BYTES_MIN || different.len() < 8
}

fn is_origin(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        matches!(scheme, "http" | "https") && !rest.is_empty() && !rest.contains(['/', '?', '#', '@', '*', ' '])
    })
}
