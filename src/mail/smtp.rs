//! Mail over SMTP.

use std::{
    fmt,
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        PoolConfig,
        client::{Certificate, Tls, TlsParameters},
    },
};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::{Mail, MailError, Mailer};
use crate::{clock::Clock, config::MailSettings, ids::IdSource};

const PORT_SUBMISSION: u16 = 587;
const PORT_SUBMISSIONS: u16 = 465;

/// Sends through one mail server, over at most a few kept connections.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

/// Why the mail server's address cannot be used; never shows the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpUrlError {
    /// Not an address at all.
    #[error("mail.smtp_url: not an address of the form smtps://user:password@host:465")]
    Malformed,
    /// Neither `smtp` nor `smtps`.
    #[error("mail.smtp_url: must begin with smtp:// or smtps://")]
    UnknownScheme,
    /// `?tls=` has a value that we do not take. An opportunistic start of TLS is among them: whoever
    /// sits in between takes the offer out of the server's answer and reads the codes.
    #[error("mail.smtp_url: ?tls= may be `required`, or `none` for this machine")]
    UnknownTls,
    /// In clear to another machine.
    #[error("mail.smtp_url: ?tls=none is only for 127.0.0.1, ::1 and localhost")]
    ClearToOtherMachine,
    /// The sender is not an address.
    #[error("mail.from: not an e-mail address")]
    From,
    /// The own certificate authority's file cannot be read.
    #[error("mail.smtp_ca_file: not a readable PEM certificate")]
    CertificateAuthority,
}

impl SmtpMailer {
    /// Prepares the transport; nothing is connected yet.
    ///
    /// # Errors
    /// See [`SmtpUrlError`]; each names its setting.
    pub fn new(settings: &MailSettings, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Self, SmtpUrlError> {
        let empty = SecretString::default();
        let url = settings.smtp_url.as_ref().unwrap_or(&empty);
        let mut url = Url::parse(url.expose_secret()).map_err(|_| SmtpUrlError::Malformed)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SmtpUrlError::Malformed)?.to_owned();
        let wanted = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
        let (tls, port) = match (url.scheme(), wanted.as_deref()) {
            ("smtps", None | Some("required" | "wrapper")) => {
                (Tls::Wrapper(tls_parameters(&host, settings)?), PORT_SUBMISSIONS)
            }
            ("smtp", None | Some("required")) => (Tls::Required(tls_parameters(&host, settings)?), PORT_SUBMISSION),
            ("smtp", Some("none")) if is_this_machine(&host) => (Tls::None, PORT_SUBMISSION),
            ("smtp", Some("none")) => return Err(SmtpUrlError::ClearToOtherMachine),
            ("smtp" | "smtps", Some(_)) => return Err(SmtpUrlError::UnknownTls),
            _ => return Err(SmtpUrlError::UnknownScheme),
        };
        let port = url.port().unwrap_or(port);
        // The library reads user and password from the address; how TLS is used was decided above.
        url.set_query(None);
        let timeout = Duration::from_secs(settings.timeout_seconds);
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|_| SmtpUrlError::Malformed)?
            .port(port)
            .tls(tls)
            .timeout(Some(timeout))
            .pool_config(PoolConfig::new().max_size(settings.connections_max))
            .build();
        let from = settings.from.parse().map_err(|_| SmtpUrlError::From)?;
        Ok(Self { transport, from, timeout, clock, ids })
    }

    fn message(&self, mail: &Mail) -> Result<Message, lettre::error::Error> {
        let to = mail.to.parse().map_err(|_| lettre::error::Error::NonAsciiChars)?;
        let now_ms = u64::try_from(self.clock.now_ms()).unwrap_or_default();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&mail.subject)
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms))
            // Without one, many servers file a mail as spam; the library's own choice would tell this
            // machine's name to everybody.
            .message_id(Some(format!("<{}@{}>", self.ids.token(), self.from.email.domain())))
            // Keeps out-of-office programs from answering (RFC 3834).
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("from", &self.from).finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.message(mail).map_err(|error| {
            tracing::warn!(%error, "mail could not be built");
            MailError::Refused
        })?;
        // The library's time limit is for one answer of the server; this one is for the whole talk.
        let failure = match tokio::time::timeout(self.timeout, self.transport.send(message)).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => {
                let failure = match () {
                    () if error.is_timeout() => MailError::Timeout,
                    () if error.is_permanent() => MailError::Refused,
                    () if error.is_transient() => MailError::RefusedForNow,
                    () => MailError::Unreachable,
                };
                tracing::warn!(%error, mail.failure = ?failure, "mail was not taken over");
                failure
            }
            Err(_) => {
                tracing::warn!(timeout_seconds = self.timeout.as_secs(), "mail server did not answer in time");
                MailError::Timeout
            }
        };
        Err(failure)
    }
}

fn tls_parameters(host: &str, settings: &MailSettings) -> Result<TlsParameters, SmtpUrlError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &settings.smtp_ca_file {
        let pem = std::fs::read(path).map_err(|_| SmtpUrlError::CertificateAuthority)?;
        let certificate = Certificate::from_pem(&pem).map_err(|_| SmtpUrlError::CertificateAuthority)?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|_| SmtpUrlError::CertificateAuthority)
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
