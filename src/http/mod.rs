//! HTTP inwards: GraphQL and its sockets, uploads, files, payments' call-backs, health, the web
//! client.

mod credentials;
pub mod graphql;
mod media;
mod origin;
mod transport;
mod websocket;

pub use credentials::{AuthenticationError, Authenticator, COOKIE_NAME, Credential, Token, viewer_of};
pub use origin::AllowedOrigins;
pub use transport::{Attach, ClientIp, RequestId, Transport, TransportParts, request_context};
pub use websocket::{CloseCode, SocketLimits};
