//! How an answer goes out: whole, halting, cut off, or never.

use std::{convert::Infallible, io};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::Value;

#[derive(Clone, Copy, Debug)]
enum Way {
    Whole,
    Halting,
    Cut,
    Never,
}

/// An answer that is not yet sent.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    way: Way,
}

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json", body.to_string().into())
    }

    pub(super) fn text(status: u16, text: &str) -> Self {
        Self::bytes(status, "text/html", text.to_owned().into())
    }

    pub(super) fn bytes(status: u16, media_type: &str, body: Bytes) -> Self {
        let headers = vec![("content-type", media_type.to_owned()), ("x-request-id", "stub-request".to_owned())];
        Self { status, headers, body, way: Way::Whole }
    }

    pub(super) fn never() -> Self {
        Self { way: Way::Never, ..Self::text(200, "") }
    }

    pub(super) fn slow(self) -> Self {
        Self { way: Way::Halting, ..self }
    }

    pub(super) fn cut(self) -> Self {
        Self { way: Way::Cut, ..self }
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) async fn into_response(self) -> Response {
        let half = self.body.slice(..self.body.len() / 2);
        let body = match self.way {
            Way::Whole => Body::from(self.body),
            Way::Halting => {
                let start = stream::iter([Ok::<_, Infallible>(half)]);
                Body::from_stream(start.chain(stream::pending()))
            }
            Way::Cut => {
                let broken = Err(io::Error::other("cut off on purpose"));
                Body::from_stream(stream::iter([Ok::<_, io::Error>(half), broken]))
            }
            Way::Never => std::future::pending().await,
        };
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(body).expect("the headers are written here and read")
    }
}
