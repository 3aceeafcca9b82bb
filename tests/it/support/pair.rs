//! Two serving processes of one installation: one PostgreSQL, one Redis, the same pictures.

use haibao::ledger::audit;

use super::{
    database::{Engine, TestDatabase, engines},
    redis::Redis,
    seller::Seller,
    server::Server,
};

/// Two processes of the real program, and what they share.
pub(crate) struct Pair {
    /// The processes; they end before what they share.
    pub nodes: [Server; 2],
    /// Their Redis.
    pub redis: Redis,
    /// Their database.
    pub database: TestDatabase,
}

impl Pair {
    /// Starts both with these settings as well. `None` where PostgreSQL or Redis is not installed,
    /// which is said; in CI that is a failure.
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Option<Self> {
        let is_here = engines().contains(&Engine::Postgres);
        let redis = Redis::start()?;
        if !is_here {
            return None;
        }
        let database = TestDatabase::new(Engine::Postgres).await;
        let redis_url = redis.url();
        let mut all = vec![
            ("HAIBAO_DATABASE__URL", database.url()),
            ("HAIBAO_DATABASE__CONNECTIONS_MAX", "6"),
            ("HAIBAO_REDIS__URL", &redis_url),
            ("HAIBAO_SIGN_IN__TOKEN_SECRET", "b1946ac92492d2347c6235b4d2611184"),
            ("HAIBAO_LIMITS__ORDERS_PER_HOUR", "0"),
            ("HAIBAO_LIMITS__COST_PER_MINUTE", "0"),
        ];
        all.extend(settings);
        let first = Server::start(&all);
        let second = first.beside();
        Some(Self { nodes: [first, second], redis, database })
    }

    /// A new seller with credits, once at each process.
    pub(crate) async fn seller(&self, email: &str, credits: u32) -> [Seller; 2] {
        let [first, second] = &self.nodes;
        let seller = first.seller(email).await;
        let (code, granted) = first.command(&["credits", "grant", email, &credits.to_string()]);
        assert_eq!(code, 0, "{granted}");
        let elsewhere = Seller { url: second.url.clone(), ..seller.clone() };
        [seller, elsewhere]
    }

    /// Fails when any invariant of the books is broken.
    pub(crate) async fn assert_sound(&self) {
        let broken = audit::broken(self.database.database.read()).await.expect("the audit runs");
        assert!(broken.is_empty(), "{broken:?}");
    }
}
