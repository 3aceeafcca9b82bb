//! Rates: how often who may ask for what.
//!
//! Each limit is a bucket per person (or network address) that holds as many requests as the limit
//! says and refills evenly over its window, so a burst is possible and a flood is not. Time is the
//! house's clock. Counts are this process's own: with several processes a person may get up to that
//! many times the limit.

use std::{
    fmt,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter, clock::Reference as _, middleware::StateInformationMiddleware, nanos::Nanos,
    state::keyed::DefaultKeyedStateStore,
};

use crate::{clock::Clock, config::LimitSettings};

/// Between two clean-ups of buckets that are full again.
const CHECKS_PER_CLEANUP: u32 = 4096;

/// What counts as one network address: an IPv4 address, or the /64 that one IPv6 customer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// An IPv4 address, also one written as IPv6.
    V4(u32),
    /// The first 64 bits of an IPv6 address.
    V6(u64),
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counted {
    /// A person, by `users.id`.
    User(i64),
    /// A partner's key, by `api_keys.id`.
    ApiKey(i64),
    /// Whoever comes from this address, where nobody is signed in.
    Network(Network),
}

impl From<IpAddr> for Counted {
    fn from(address: IpAddr) -> Self {
        Self::Network(address.into())
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Requests and operations on sockets, per minute.
    Requests,
    /// Uploads, per hour.
    Uploads,
    /// Generations, retries and edits, per hour.
    Generations,
    /// Orders, per hour.
    Orders,
    /// Points of GraphQL operations, per minute.
    Cost,
}

/// Asked too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOften {
    /// When asking again may succeed.
    pub retry_after_ms: i64,
}

/// What is left of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// What a full bucket holds, and what a window brings.
    pub limit: u32,
    /// The window.
    pub window: Duration,
    /// What is in the bucket now.
    pub remaining: u32,
    /// When it will be full again, if nothing more is taken from it.
    pub full_after_ms: i64,
}

/// What became of a charge.
#[derive(Clone, Copy, Debug)]
pub struct Charge {
    /// What is left; none where the limit is off.
    pub allowance: Option<Allowance>,
    /// Refused, and then not counted.
    pub refused: Option<TooOften>,
}

/// The limits of one process. Cheap to clone: the counts are shared.
#[derive(Clone, Debug)]
pub struct RateLimits {
    requests: Arc<Limit>,
    uploads: Arc<Limit>,
    generations: Arc<Limit>,
    orders: Arc<Limit>,
    cost: Arc<Limit>,
}

impl RateLimits {
    /// The configured limits; 0 switches one off.
    pub fn new(settings: &LimitSettings, clock: &Arc<dyn Clock>) -> Self {
        let minute = Duration::from_mins(1);
        let hour = Duration::from_hours(1);
        let limit = |per_window, window| Arc::new(Limit::new(per_window, window, clock));
        Self {
            requests: limit(settings.requests_per_minute, minute),
            uploads: limit(settings.uploads_per_hour, hour),
            generations: limit(settings.generations_per_hour, hour),
            orders: limit(settings.orders_per_hour, hour),
            cost: limit(settings.cost_per_minute, minute),
        }
    }

    /// Counts one request, unless there were too many.
    ///
    /// # Errors
    /// `TooOften`; a refused request is not counted.
    pub fn check(&self, rate: Rate, counted: Counted) -> Result<(), TooOften> {
        self.charge(rate, counted, 1)
    }

    /// Counts so many at once, all or none. More than a whole window's worth counts as that, so that nothing
    /// is refused for ever.
    ///
    /// # Errors
    /// `TooOften`; what is refused is not counted.
    pub fn charge(&self, rate: Rate, counted: Counted, count: u32) -> Result<(), TooOften> {
        self.spend(rate, counted, count).refused.map_or(Ok(()), Err)
    }

    /// As [`RateLimits::charge`], and tells what is left.
    pub fn spend(&self, rate: Rate, counted: Counted, count: u32) -> Charge {
        let limit = match rate {
            Rate::Requests => &self.requests,
            Rate::Uploads => &self.uploads,
            Rate::Generations => &self.generations,
            Rate::Orders => &self.orders,
            Rate::Cost => &self.cost,
        };
        limit.spend(counted, count)
    }
}

/// The house's clock as the limiter wants it.
#[derive(Clone, Debug)]
struct HouseClock(Arc<dyn Clock>);

impl governor::clock::Clock for HouseClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(Duration::from_millis(u64::try_from(self.0.now_ms()).unwrap_or_default()))
    }
}

type Buckets = RateLimiter<Counted, DefaultKeyedStateStore<Counted>, HouseClock, StateInformationMiddleware>;

struct Limit {
    buckets: Option<Buckets>,
    burst: u32,
    window: Duration,
    clock: HouseClock,
    checks: AtomicU32,
}

impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limit").field("is_on", &self.buckets.is_some()).finish_non_exhaustive()
    }
}

impl Limit {
    fn new(per_window: u32, window: Duration, clock: &Arc<dyn Clock>) -> Self {
        let clock = HouseClock(Arc::clone(clock));
        let buckets = NonZeroU32::new(per_window).and_then(|burst| {
            let quota = Quota::with_period(window / per_window)?.allow_burst(burst);
            Some(Buckets::new(quota, DefaultKeyedStateStore::default(), clock.clone()))
        });
        Self { buckets, burst: per_window, window, clock, checks: AtomicU32::new(0) }
    }

    fn spend(&self, counted: Counted, count: u32) -> Charge {
        let (Some(buckets), Some(count)) = (&self.buckets, NonZeroU32::new(count.min(self.burst))) else {
            return Charge { allowance: None, refused: None };
        };
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_PER_CLEANUP == CHECKS_PER_CLEANUP - 1 {
            // Buckets that are full again say the same as no bucket.
            buckets.retain_recent();
        }
        let checked = buckets.check_key_n(&counted, count);
        // Never more than the bucket holds, see above.
        let Ok(checked) = checked else { return Charge { allowance: None, refused: None } };
        match checked {
            Ok(state) => Charge { allowance: Some(self.allowance(state.remaining_burst_capacity())), refused: None },
            Err(refused) => {
                let now = governor::clock::Clock::now(&self.clock);
                let wait: Duration = refused.earliest_possible().duration_since(now).into();
                let retry_after_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).max(1);
                // What was asked for less what has to grow first.
                let each_ns = (self.window / self.burst).as_nanos().max(1);
                let lacking = u32::try_from(wait.as_nanos().div_ceil(each_ns)).unwrap_or(u32::MAX);
                let allowance = self.allowance(count.get().saturating_sub(lacking));
                Charge { allowance: Some(allowance), refused: Some(TooOften { retry_after_ms }) }
            }
        }
    }

    fn allowance(&self, remaining: u32) -> Allowance {
        let gone = u64::from(self.burst.saturating_sub(remaining));
        let window_ms = self.window.as_millis() as u64;
        let full_after_ms = (window_ms * gone).div_ceil(u64::from(self.burst.max(1)));
        Allowance { limit: self.burst, window: self.window, remaining, full_after_ms: full_after_ms as i64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::MockClock,
        config::{Settings, Sources},
    };

    fn limits(requests_per_minute: u32) -> (RateLimits, MockClock) {
        let mut settings = Settings::load(&Sources::default()).unwrap().limits;
        settings.requests_per_minute = requests_per_minute;
        let clock = MockClock::at_ms(1_767_225_600_000);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        (RateLimits::new(&settings, &shared), clock)
    }

    #[test]
    fn a_person_gets_the_limit_and_then_its_share_of_time() {
        let (limits, clock) = limits(6);
        let me = Counted::User(1);
        assert!((0..6).all(|_| limits.check(Rate::Requests, me).is_ok()));
        assert_eq!(limits.check(Rate::Requests, me), Err(TooOften { retry_after_ms: 10_000 }));
        assert!(limits.check(Rate::Requests, Counted::User(2)).is_ok(), "others are not held up");
        assert!(limits.check(Rate::Uploads, me).is_ok(), "other limits are not touched");
        clock.advance_ms(9_999);
        assert!(limits.check(Rate::Requests, me).is_err());
        clock.advance_ms(1);
        assert!(limits.check(Rate::Requests, me).is_ok());
        assert!(limits.check(Rate::Requests, me).is_err());
        clock.advance_ms(3_600_000);
        assert_eq!((0..100).filter(|_| limits.check(Rate::Requests, me).is_ok()).count(), 6);
    }

    #[test]
    fn costs_are_charged_whole_and_nothing_is_refused_for_ever() {
        let mut settings = Settings::load(&Sources::default()).unwrap().limits;
        settings.cost_per_minute = 600;
        let clock = MockClock::at_ms(1_767_225_600_000);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let limits = RateLimits::new(&settings, &shared);
        let (key, me) = (Counted::ApiKey(1), Counted::User(1));
        assert!((0..6).all(|_| limits.charge(Rate::Cost, key, 100).is_ok()));
        assert_eq!(limits.charge(Rate::Cost, key, 100), Err(TooOften { retry_after_ms: 10_000 }));
        assert!(limits.charge(Rate::Cost, me, 100).is_ok() && limits.charge(Rate::Cost, key, 0).is_ok());
        clock.advance_ms(9_999);
        assert!(limits.charge(Rate::Cost, key, 100).is_err());
        clock.advance_ms(1);
        assert!(limits.charge(Rate::Cost, key, 100).is_ok());
        clock.advance_ms(60_000);
        assert!(limits.charge(Rate::Cost, key, 1_000_000).is_ok(), "as much as a whole minute's");
        assert!(limits.charge(Rate::Cost, key, 1).is_err());
        // Over a minute, cheap operations come to exactly the limit.
        clock.advance_ms(60_000);
        assert_eq!((0..2_000).filter(|_| limits.charge(Rate::Cost, key, 1).is_ok()).count(), 600);
    }

    #[test]
    fn what_is_left_is_told() {
        let mut settings = Settings::load(&Sources::default()).unwrap().limits;
        settings.cost_per_minute = 600;
        let clock = MockClock::at_ms(1_767_225_600_000);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let limits = RateLimits::new(&settings, &shared);
        let spend = |count| {
            let Charge { allowance, refused } = limits.spend(Rate::Cost, Counted::ApiKey(1), count);
            let Allowance { limit, window, remaining, full_after_ms } = allowance.unwrap();
            assert_eq!((limit, window), (600, Duration::from_mins(1)));
            (remaining, full_after_ms, refused.is_some())
        };
        assert_eq!(spend(100), (500, 10_000, false));
        assert_eq!(spend(450), (50, 55_000, false));
        assert_eq!(spend(100), (50, 55_000, true), "what is refused is not taken");
        clock.advance_ms(5_000);
        assert_eq!(spend(100), (0, 60_000, false));
        clock.advance_ms(3_600_000);
        assert_eq!(spend(1), (599, 100, false));
        settings.cost_per_minute = 0;
        let off = RateLimits::new(&settings, &shared).spend(Rate::Cost, Counted::ApiKey(1), 1);
        assert!(off.allowance.is_none() && off.refused.is_none());
    }

    #[test]
    fn zero_is_no_limit() {
        let (limits, _) = limits(0);
        assert!((0..10_000).all(|_| limits.check(Rate::Requests, Counted::User(1)).is_ok()));
    }

    #[test]
    fn one_customer_is_one_address() {
        let a = "2001:db8:0:1::1".parse::<IpAddr>().unwrap();
        let b = "2001:db8:0:1:ffff::9".parse::<IpAddr>().unwrap();
        let other = "2001:db8:0:2::1".parse::<IpAddr>().unwrap();
        assert_eq!(Counted::from(a), Counted::from(b));
        assert_ne!(Counted::from(a), Counted::from(other));
        let mapped = "::ffff:192.0.2.1".parse::<IpAddr>().unwrap();
        assert_eq!(Counted::from(mapped), Counted::from(IpAddr::from([192, 0, 2, 1])));
    }

    #[test]
    fn full_buckets_are_thrown_away() {
        let (limits, clock) = limits(60);
        for user in 0..i64::from(CHECKS_PER_CLEANUP) - 1 {
            limits.check(Rate::Requests, Counted::User(user)).unwrap();
        }
        clock.advance_ms(3_600_000);
        limits.check(Rate::Requests, Counted::User(-1)).unwrap();
        assert!(limits.requests.buckets.as_ref().is_some_and(|buckets| buckets.len() <= 1));
    }
}
