//! HTTP inwards: GraphQL and its sockets, uploads, files, payments' call-backs, health, the web
//! client.

mod credentials;
mod graphql;
mod media;
mod origin;
#[cfg(test)]
mod testing;
mod transport;
mod websocket;

pub use self::graphql::handle as graphql_handler;
pub use credentials::{AuthenticationError, Authenticator, COOKIE_NAME, Credential, Token, viewer_of};
pub use origin::AllowedOrigins;
pub use transport::{Attach, ClientIp, RequestId, Transport, TransportParts, request_context};
pub use websocket::{CloseCode, SocketLimits};
