//! What resolvers reach through the schema, and how they ask who is there.

use std::sync::Arc;

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use tokio_util::task::TaskTracker;

use super::{
    ApiError, ErrorCode, RequestContext,
    loaders::{LoadError, RowLoader, data_loader},
};
use crate::{
    config::Settings,
    domain::Locale,
    services::{
        self, ServiceError, Viewer,
        edits::Edits,
        exports::Exports,
        limits::{Counted, Rate, RateLimits, TooOften},
        orders::Orders,
        sign_in::SignIn,
        webhooks::Webhooks,
    },
};

/// Everything behind the resolvers; one for the whole process.
pub struct Api {
    /// What every use case works with.
    pub services: services::Context,
    /// The settings that clients may know of.
    pub settings: Arc<Settings>,
    /// Reads of rows that hang on rows.
    pub loader: DataLoader<RowLoader>,
    /// Who may come in.
    pub sign_in: SignIn,
    /// Recharges.
    pub orders: Orders,
    /// What sellers take away.
    pub exports: Exports,
    /// What sellers change.
    pub edits: Edits,
    /// What partners are told.
    pub webhooks: Webhooks,
    /// Rates.
    pub limits: RateLimits,
    /// Whether people reach us by https; cookies are then sent by https alone.
    pub is_https: bool,
}

/// What the services of the schema are put together from.
pub struct ApiParts {
    /// What every use case works with.
    pub services: services::Context,
    /// The settings that clients may know of.
    pub settings: Arc<Settings>,
    /// Who may come in.
    pub sign_in: SignIn,
    /// Recharges.
    pub orders: Orders,
    /// What sellers take away.
    pub exports: Exports,
    /// What sellers change.
    pub edits: Edits,
    /// What partners are told.
    pub webhooks: Webhooks,
    /// Rates.
    pub limits: RateLimits,
}

impl Api {
    /// Puts the services of the schema together; batches of reads run on the tracker.
    pub fn new(parts: ApiParts, tracker: TaskTracker) -> Self {
        let ApiParts { services, settings, sign_in, orders, exports, edits, webhooks, limits } = parts;
        let is_https = settings.public_url().starts_with("https://");
        let loader = data_loader(services.clone(), tracker);
        Self { services, settings, loader, sign_in, orders, exports, edits, webhooks, limits, is_https }
    }
}

/// The services of this schema.
pub fn api<'a>(ctx: &Context<'a>) -> &'a Api {
    ctx.data_unchecked::<Api>()
}

/// The signed-in viewer.
///
/// # Errors
/// `UNAUTHENTICATED` when nobody is signed in.
pub fn viewer<'a>(ctx: &Context<'a>) -> Result<&'a Viewer, ApiError> {
    ctx.data_opt::<Viewer>().ok_or(ApiError::new(ErrorCode::Unauthenticated))
}

/// The request's context.
pub fn request<'a>(ctx: &Context<'a>) -> &'a RequestContext {
    ctx.data_unchecked::<RequestContext>()
}

/// The request's language.
pub fn locale(ctx: &Context<'_>) -> Locale {
    request(ctx).locale
}

/// Counts one request of a kind for this viewer.
///
/// # Errors
/// `TooOften`.
pub fn limit(ctx: &Context<'_>, viewer: &Viewer, rate: Rate) -> Result<(), TooOften> {
    api(ctx).limits.check(rate, Counted::User(viewer.user_id))
}

/// Loads one row together with those that others ask for at this moment.
///
/// # Errors
/// `INTERNAL` when the read fails.
pub async fn load<K, V>(ctx: &Context<'_>, key: K) -> Result<Option<V>, ApiError>
where
    K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
    V: Send + Sync + Clone + 'static,
    RowLoader: Loader<K, Value = V, Error = LoadError>,
{
    Ok(api(ctx).loader.load_one(key).await?)
}

/// Loads a row that another row refers to, so it is there.
///
/// # Errors
/// `INTERNAL` when the read fails or the row is missing after all.
pub async fn load_existing<K, V>(ctx: &Context<'_>, key: K) -> Result<V, ApiError>
where
    K: Send + Sync + std::hash::Hash + Eq + Clone + std::fmt::Debug + 'static,
    V: Send + Sync + Clone + 'static,
    RowLoader: Loader<K, Value = V, Error = LoadError>,
{
    let name = format!("{key:?}");
    load(ctx, key).await?.ok_or_else(|| ApiError::internal(&format_args!("{name} does not exist")))
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::IdempotencyConflict => Self::new(ErrorCode::IdempotencyConflict),
            ServiceError::NotFound => Self::new(ErrorCode::NotFound),
            ServiceError::Forbidden => Self::new(ErrorCode::Forbidden),
            // Whoever found it silent has logged why.
            ServiceError::Unavailable(_) => Self::new(ErrorCode::ServiceUnavailable),
            other => Self::internal(&other),
        }
    }
}
