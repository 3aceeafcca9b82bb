//! HTTP inwards: GraphQL and its sockets, uploads, files, payments' call-backs, health, the web
//! client.

mod archive;
mod authenticator;
mod client;
mod credentials;
mod exports;
mod files;
mod graphql;
mod health;
mod media;
mod middleware;
mod operator;
mod origin;
mod payments;
mod problem;
mod router;
mod server;
mod state;
mod statement;
#[cfg(test)]
mod testing;
mod transport;
mod uploads;
mod websocket;

pub use self::graphql::handle as graphql_handler;
pub use credentials::{AuthenticationError, Authenticator, COOKIE_NAME, Credential, Token, viewer_of};
pub use origin::AllowedOrigins;
pub use router::router;
pub use server::serve;
pub use state::{HttpState, ViewerAuthenticator, WorkersReady};
pub use transport::{Admit, Attach, ClientIp, RequestId, Transport, TransportParts, request_context};
pub use websocket::{CloseCode, SocketLimits};
