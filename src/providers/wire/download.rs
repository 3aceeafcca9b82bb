//! Pictures that a vendor names by URL. The URL comes from outside, so it is the way into our network
//! that an attacker would take: https only, hosts from a list, public addresses only, few redirects,
//! each looked at like the first, and a cap on the bytes.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use reqwest::{Url, header::LOCATION, redirect};

use super::{CONNECT_TIMEOUT, WireError, address, broken};
use crate::providers::{CallContext, FailureClass, ProviderError};

/// Bytes of a picture.
const PICTURE_BYTES_MAX: usize = 30 << 20;
const REDIRECTS_MAX: usize = 2;

/// Fetches results from the hosts of one vendor.
#[derive(Clone, Debug)]
pub struct Downloads {
    client: reqwest::Client,
    hosts: Vec<String>,
    allow_private_address: bool,
}

impl Downloads {
    /// Downloads from these hosts; an entry that begins with a dot stands for every name below it.
    /// `allow_private_address` (for a server of one's own) also allows plain http.
    ///
    /// # Errors
    /// `Client` when the TLS set-up fails.
    pub fn new(hosts: impl IntoIterator<Item = String>, allow_private_address: bool) -> Result<Self, WireError> {
        super::init_crypto();
        let mut builder =
            reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).redirect(redirect::Policy::none());
        if !allow_private_address {
            builder = builder.dns_resolver(Arc::new(address::PublicOnly));
        }
        let hosts = hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect();
        Ok(Self { client: builder.build()?, hosts, allow_private_address })
    }

    /// Fetches one picture.
    ///
    /// # Errors
    /// `NoResult` for an address that may not be asked or a picture that is too large or gone;
    /// `Transient` when the host cannot be reached: the picture was paid for, so it is asked for again
    /// before anything is painted anew.
    pub async fn fetch(&self, url: &str, call: &CallContext) -> Result<Bytes, ProviderError> {
        let mut url: Url = url.parse().map_err(|_| ProviderError::no_result("the result's address does not read"))?;
        for _ in 0..=REDIRECTS_MAX {
            self.check(&url)?;
            let sent = self.client.get(url.clone()).timeout(call.timeout).send().await;
            let response = sent.map_err(|error| unreachable(&error))?;
            if !response.status().is_redirection() {
                return read(response).await;
            }
            let next = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let next = next.and_then(|next| url.join(next).ok());
            url = next.ok_or_else(|| ProviderError::no_result("the result's address leads nowhere"))?;
        }
        Err(ProviderError::no_result("the result's address is redirected too often"))
    }

    fn check(&self, url: &Url) -> Result<(), ProviderError> {
        let refuse = |why: &str| Err(ProviderError::no_result(format!("the result's address is refused: {why}")));
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        if url.scheme() != "https" && !(self.allow_private_address && url.scheme() == "http") {
            return refuse("not https");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("it carries a name or password");
        }
        let listed = self.hosts.iter().any(|known| {
            known
                .strip_prefix('.')
                .map_or(host == *known, |parent| host.strip_suffix(parent).is_some_and(|front| front.ends_with('.')))
        });
        if !listed {
            return refuse("its host is not on the provider's list (extra.download_hosts)");
        }
        if !self.allow_private_address && !address::may_name_public(url) {
            return refuse("a private address");
        }
        Ok(())
    }
}

fn unreachable(error: &reqwest::Error) -> ProviderError {
    // The picture exists and a GET changes nothing, so a time-out is no mystery here.
    ProviderError { class: FailureClass::Transient, maybe_billed: true, ..broken(error) }
}

async fn read(mut response: reqwest::Response) -> Result<Bytes, ProviderError> {
    let status = response.status();
    if !status.is_success() {
        let class = if status.is_server_error() || status.as_u16() == 429 {
            FailureClass::Transient
        } else {
            FailureClass::NoResult
        };
        return Err(ProviderError {
            http_status: Some(status.as_u16()),
            maybe_billed: true,
            ..ProviderError::new(class, "the result cannot be fetched")
        });
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > PICTURE_BYTES_MAX {
            return Err(ProviderError::no_result(format!("a result of more than {PICTURE_BYTES_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hosts: &[&str], private: bool, url: &str) -> Result<(), ProviderError> {
        crate::providers::wire::init_crypto();
        let hosts = hosts.iter().map(|host| (*host).to_owned());
        Downloads::new(hosts, private).unwrap().check(&url.parse().unwrap())
    }

    #[test]
    fn only_listed_public_https_hosts_are_asked() {
        let hosts = ["files.example.com", ".volces.com"];
        for good in ["https://files.example.com/a.png?x=1", "https://ark-1.tos.volces.com/b"] {
            check(&hosts, false, good).unwrap();
        }
        for bad in [
            "http://files.example.com/a",
            "https://127.0.0.1/a",
            "https://evil.example.com/a",
            "https://evilvolces.com/a",
            "https://volces.com.evil.com/a",
            "https://user:pass@files.example.com/a",
            "ftp://files.example.com/a",
        ] {
            assert_eq!(check(&hosts, false, bad).unwrap_err().class, FailureClass::NoResult, "{bad}");
        }
        assert!(check(&["127.0.0.1"], false, "https://127.0.0.1/a").is_err(), "listed, but private");
        check(&["127.0.0.1"], true, "http://127.0.0.1:9/a").unwrap();
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_connected_to() {
        use std::error::Error as _;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/a.png", listener.local_addr().unwrap().port());
        let fetch = async |private: bool| {
            crate::providers::wire::init_crypto();
            let downloads = Downloads::new(["localhost".to_owned()], private).unwrap();
            // Past the look at the address, as with a name whose answer changes after it.
            downloads.client.get(&url).send().await.unwrap_err()
        };
        let refused = fetch(false).await;
        let (mut cause, mut said) = (refused.source(), String::new());
        while let Some(error) = cause {
            said += &error.to_string();
            cause = error.source();
        }
        assert!(said.contains("leads into a private network"), "{said}");
        // Only now does anybody come: whoever may go home gets as far as the handshake.
        let (_, came) = tokio::join!(fetch(true), async { listener.accept().await.map(drop) });
        came.unwrap();
    }
}
