//! `[[image_providers]]` and `[[text_models]]`: the AI models, in order of preference.

use std::{collections::BTreeMap, fmt, marker::PhantomData, path::PathBuf};

use secrecy::SecretString;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor},
};

use super::secrets;

/// One image model.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImageProviderSettings {
    /// Name in logs and metrics; different for each.
    pub name: String,
    /// The dialect it speaks; the providers room knows the list.
    pub kind: String,
    /// Address of its API.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Key of its API.
    #[serde(default, serialize_with = "secrets::option")]
    pub api_key: Option<SecretString>,
    /// File that holds the key instead.
    #[serde(default)]
    pub api_key_file: Option<PathBuf>,
    /// The model's name, as its vendor writes it.
    #[serde(default)]
    pub model: Option<String>,
    /// What it may be asked for; empty = everything it can do.
    #[serde(default)]
    pub purposes: Vec<String>,
    /// Pictures asked for at the same time.
    #[serde(default = "four")]
    pub max_concurrency: usize,
    /// Pictures asked for per minute; 0 = no limit of ours.
    #[serde(default)]
    pub images_per_minute: u32,
    /// How long one picture may take.
    #[serde(default = "five_minutes")]
    pub timeout_seconds: u64,
    /// What one picture costs, in millionths of a US dollar.
    #[serde(default)]
    pub price_microusd: i64,
    /// What it may cost within 24 hours, in millionths of a US dollar; left out = no limit.
    #[serde(default)]
    pub spend_day_microusd: Option<i64>,
    /// What it may cost within 30 days, in millionths of a US dollar; left out = no limit.
    #[serde(default)]
    pub spend_month_microusd: Option<i64>,
    /// Whether it takes a mask itself.
    #[serde(default)]
    pub native_mask: bool,
    /// Whether its address may lie in a private network.
    #[serde(default)]
    pub allow_private_address: bool,
    /// Further parameters of the dialect.
    #[serde(default)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

/// One text model.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TextModelSettings {
    /// Name in logs and metrics; different for each.
    pub name: String,
    /// The dialect it speaks; the providers room knows the list.
    pub kind: String,
    /// Address of its API.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Key of its API.
    #[serde(default, serialize_with = "secrets::option")]
    pub api_key: Option<SecretString>,
    /// File that holds the key instead.
    #[serde(default)]
    pub api_key_file: Option<PathBuf>,
    /// The model's name, as its vendor writes it.
    #[serde(default)]
    pub model: Option<String>,
    /// What it may be asked: `report`, `plan`, `name`, `edit`, `check`; empty = everything but `check`, which
    /// looks at what image models paint for posters, and at unbrushed edits in which they paint the product
    /// too, and needs `vision`.
    #[serde(default)]
    pub purposes: Vec<String>,
    /// Whether it is shown the photo too.
    #[serde(default)]
    pub vision: bool,
    /// Questions asked at the same time.
    #[serde(default = "four")]
    pub max_concurrency: usize,
    /// Questions per minute; 0 = no limit of ours.
    #[serde(default)]
    pub requests_per_minute: u32,
    /// How long one answer may take.
    #[serde(default = "one_minute")]
    pub timeout_seconds: u64,
    /// Price of a thousand tokens read, in millionths of a US dollar.
    #[serde(default)]
    pub price_input_microusd: i64,
    /// Price of a thousand tokens written, in millionths of a US dollar.
    #[serde(default)]
    pub price_output_microusd: i64,
    /// What it may cost within 24 hours, in millionths of a US dollar; left out = no limit.
    #[serde(default)]
    pub spend_day_microusd: Option<i64>,
    /// What it may cost within 30 days, in millionths of a US dollar; left out = no limit.
    #[serde(default)]
    pub spend_month_microusd: Option<i64>,
    /// Whether its address may lie in a private network.
    #[serde(default)]
    pub allow_private_address: bool,
}

const fn four() -> usize {
    4
}

const fn one_minute() -> u64 {
    60
}

const fn five_minutes() -> u64 {
    300
}

/// Reads a list of tables that may also come as a table whose names are places in the list, which
/// is all that environment variables can say.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    struct ListVisitor<T>(PhantomData<T>);

    impl<'de, T: DeserializeOwned> Visitor<'de> for ListVisitor<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of tables")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element()? {
                items.push(item);
            }
            Ok(items)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut items = BTreeMap::new();
            while let Some(place) = map.next_key::<String>()? {
                let place = place
                    .parse::<usize>()
                    .map_err(|_| A::Error::custom(format!("`{place}` is not a place in the list (0, 1, …)")))?;
                items.insert(place, map.next_value()?);
            }
            Ok(items.into_values().collect())
        }
    }

    deserializer.deserialize_any(ListVisitor(PhantomData))
}
