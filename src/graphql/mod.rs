//! The wire schema: types over the stored models, and resolvers that parse, call one service and
//! map its answer.
//!
//! To add a field: a method with a doc comment on its type, then `UPDATE_SCHEMA=1` on the schema
//! test. Nothing of the schema is ever renamed or dropped.

pub mod api;
mod boxed;
pub mod connection;
mod context;
mod cost;
pub mod enums;
mod errors;
pub mod ids;
pub mod inputs;
pub mod limits;
pub mod loaders;
pub mod mutation;
mod outcomes;
pub mod query;
mod reads;
pub mod results;
pub mod scalars;
mod schema;
pub mod subscription;
pub mod types;

pub use api::{Api, ApiParts};
pub use context::RequestContext;
pub use errors::{ApiError, ErrorCode, finish, is_request_error};
pub use loaders::{RowLoader, data_loader};
pub(crate) use mutation::session_cookie;
pub use schema::{ApiSchema, schema, sdl};

/// The cookie that `signIn` sets.
pub const SESSION_COOKIE: &str = "haibao_session";
