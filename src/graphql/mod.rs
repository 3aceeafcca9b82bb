//! The wire schema: types over the stored models, and resolvers that parse, call one service and
//! map its answer.

mod context;
mod errors;
pub mod limits;

pub use context::RequestContext;
pub use errors::{ApiError, ErrorCode, finish, is_request_error};
