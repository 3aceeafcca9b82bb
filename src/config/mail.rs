//! `[mail]`: how sign-in codes leave the house.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::secrets;

/// Which mailer is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MailerKind {
    /// Printed in the log and written to `{data_dir}/mail`.
    Development,
    /// Sent over SMTP.
    Smtp,
}

/// Settings of outgoing mail.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// Which mailer.
    pub mailer: MailerKind,
    /// `smtp://…` or `smtps://…` with user and password.
    #[serde(default, serialize_with = "secrets::option_url")]
    pub smtp_url: Option<SecretString>,
    /// File that holds the address instead.
    #[serde(default)]
    pub smtp_url_file: Option<PathBuf>,
    /// PEM file of an own certificate authority.
    #[serde(default)]
    pub smtp_ca_file: Option<PathBuf>,
    /// The sender, `Name <address>`.
    pub from: String,
    /// How long the mail server may take.
    pub timeout_seconds: u64,
    /// Connections kept open to the mail server.
    pub connections_max: u32,
}
