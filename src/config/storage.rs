//! `[storage]`: where files live.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::secrets;

/// Which object store is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageKind {
    /// Files below the data folder.
    Local,
    /// An S3-compatible store.
    S3,
}

/// Settings of stored files.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StorageSettings {
    /// Which store.
    pub kind: StorageKind,
    /// The shortest time that a signed link works; it may be twice that.
    pub signed_url_lifetime_seconds: u32,
    /// When an unused upload is deleted.
    pub upload_lifetime_hours: u32,
    /// The S3-compatible store, where `kind` says so.
    pub s3: S3Settings,
}

/// Settings of an S3-compatible store.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3Settings {
    /// Address of the store.
    pub endpoint: Option<String>,
    /// Region the requests are signed for.
    pub region: Option<String>,
    /// Bucket that holds everything.
    pub bucket: Option<String>,
    /// Name of the access key.
    pub access_key_id: Option<String>,
    /// The access key's secret.
    #[serde(serialize_with = "secrets::option")]
    pub secret_access_key: Option<SecretString>,
    /// File that holds the secret instead.
    pub secret_access_key_file: Option<PathBuf>,
}
