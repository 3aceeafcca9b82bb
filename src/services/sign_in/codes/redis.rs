//! Codes in Redis (or Valkey, or whatever speaks its protocol and runs Lua): shared by all processes
//! that have the same address and the same token secret.
//!
//! Each step is one script, which the server runs alone, so two processes cannot both find the last
//! free try. Nothing readable is kept: addresses, networks and codes are HMACs with the pepper, which
//! also keeps installations with different secrets apart on one server. Every key ends by itself
//! within a day and a minute.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::{AsyncConnectionConfig, Client, RedisError, Script, aio::MultiplexedConnection};
use ring::hmac;
use tokio::sync::Mutex;

use super::{CodePolicy, CodeStore, CodesUnavailable, DAY_MS, HOUR_MS, Issuance, IssuedCode, Pepper, Redemption};
use crate::{clock::Clock, ids::IdSource, services::limits::Network};

/// The longest that one step may take, connecting included; a person waits for it.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What the scripts answer for a code that is not there (any more).
const EXPIRED: i64 = -1;
/// What the scripts answer for the right code.
const ACCEPTED: i64 = -2;

/// Codes on a Redis server.
pub struct RedisCodeStore {
    policy: CodePolicy,
    pepper: Pepper,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    client: Client,
    connection: Mutex<Option<MultiplexedConnection>>,
    namespace: String,
    issue: Script,
    retract: Script,
    redeem: Script,
}

impl fmt::Debug for RedisCodeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCodeStore").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl RedisCodeStore {
    /// A store on the server at this address; nothing is connected before the first step, so a server
    /// that is away holds up no start. `pepper` is [`crate::config::DerivedKeys::codes`].
    ///
    /// # Errors
    /// The address does not read. What is said does not repeat it: it may hold a password.
    pub fn new(
        url: &str,
        policy: CodePolicy,
        pepper: &[u8; 32],
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, String> {
        let client = Client::open(url).map_err(|error| error.category().to_owned())?;
        let pepper = Pepper::new(pepper);
        let namespace = keyed(&pepper, "namespace", "")[..16].to_owned();
        Ok(Self {
            policy,
            pepper,
            clock,
            ids,
            client,
            connection: Mutex::default(),
            namespace,
            issue: Script::new(include_str!("issue.lua")),
            retract: Script::new(include_str!("retract.lua")),
            redeem: Script::new(include_str!("redeem.lua")),
        })
    }

    fn key(&self, kind: &str, of: &str) -> String {
        format!("haibao:{}:{kind}:{}", self.namespace, keyed(&self.pepper, kind, of))
    }

    async fn connected(&self) -> Result<MultiplexedConnection, RedisError> {
        let mut kept = self.connection.lock().await;
        if let Some(connection) = &*kept {
            return Ok(connection.clone());
        }
        // Shorter than the patience, so that the reason can be logged.
        let limit = Some(PATIENCE / 2);
        let config = AsyncConnectionConfig::new().set_connection_timeout(limit).set_response_timeout(limit);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        *kept = Some(connection.clone());
        Ok(connection)
    }

    /// Runs a script. A connection that turns out to be dead is made anew once: servers close idle ones.
    /// That a step may then happen twice costs a try or a send, and never accepts anything.
    async fn run(&self, script: &redis::ScriptInvocation<'_>) -> Result<i64, CodesUnavailable> {
        let attempts = async {
            let mut connection = self.connected().await?;
            match script.invoke_async(&mut connection).await {
                Err(error) if error.is_connection_dropped() => {
                    *self.connection.lock().await = None;
                    let mut connection = self.connected().await?;
                    script.invoke_async(&mut connection).await
                }
                answered => answered,
            }
        };
        let failure = match tokio::time::timeout(PATIENCE, attempts).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_elapsed) => "no answer in time".to_owned(),
        };
        // Whatever it was, the next step begins with a new connection.
        if let Ok(mut connection) = self.connection.try_lock() {
            *connection = None;
        }
        tracing::error!(%failure, "Redis did not take a step with sign-in codes; nobody can sign in");
        metrics::counter!("haibao_code_store_failures_total").increment(1);
        Err(CodesUnavailable)
    }
}

/// The name of something that is not to be read in the store.
fn keyed(pepper: &Pepper, kind: &str, of: &str) -> String {
    // Codes are sealed as three lines, so no name is ever a code's seal.
    hex::encode(hmac::sign(&pepper.0, format!("{kind}\n{of}").as_bytes()))
}

#[async_trait]
impl CodeStore for RedisCodeStore {
    async fn issue(&self, email: &str, address: Option<IpAddr>) -> Result<Issuance, CodesUnavailable> {
        let (policy, now_ms) = (&self.policy, self.clock.now_ms());
        let issued = IssuedCode::draw(policy, &*self.ids, now_ms);
        let network = address.map(|address| format!("{:?}", Network::from(address)));
        let per_network = if network.is_some() { policy.sends_per_ip_per_hour } else { 0 };
        let mut script = self.issue.prepare_invoke();
        script
            .key(self.key("code", email))
            .key(self.key("sends", email))
            .key(self.key("network", network.as_deref().unwrap_or_default()))
            .key(self.key("everybody", ""))
            .arg(now_ms)
            .arg(policy.sends_per_email_per_day)
            .arg(policy.sends_per_email_per_hour)
            .arg(per_network)
            .arg(policy.sends_per_hour)
            .arg(&issued.challenge_id)
            .arg(hex::encode(self.pepper.seal(email, &issued.challenge_id, &issued.code)))
            .arg(issued.expires_at_ms)
            .arg(policy.attempts_max)
            .arg(issued.resend_at_ms)
            .arg(policy.lifetime_ms.max(policy.resend_after_ms))
            .arg(HOUR_MS)
            .arg(DAY_MS);
        Ok(match self.run(&script).await? {
            0 => Issuance::Issued(issued),
            retry_after_ms => Issuance::TooMany { retry_after_ms },
        })
    }

    async fn retract(&self, email: &str, challenge_id: &str) -> Result<(), CodesUnavailable> {
        let mut script = self.retract.prepare_invoke();
        script.key(self.key("code", email)).arg(challenge_id);
        self.run(&script).await.map(|_| ())
    }

    async fn redeem(&self, email: &str, challenge_id: &str, code: &str) -> Result<Redemption, CodesUnavailable> {
        let mut script = self.redeem.prepare_invoke();
        script
            .key(self.key("code", email))
            .arg(challenge_id)
            .arg(hex::encode(self.pepper.seal(email, challenge_id, code)))
            .arg(self.clock.now_ms());
        Ok(match self.run(&script).await? {
            ACCEPTED => Redemption::Accepted,
            EXPIRED => Redemption::Expired,
            left => match u32::try_from(left).unwrap_or_default() {
                0 => Redemption::TooManyAttempts,
                attempts_left => Redemption::Wrong { attempts_left },
            },
        })
    }
}
