//! How many sockets are open, by address and by user. Counts go back by dropping the permits.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Holder {
    Ip(IpAddr),
    User(i64),
}

/// The counts of all open sockets of this process.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct SocketRegistry(Arc<Mutex<HashMap<Holder, usize>>>);

/// One open socket's place; dropping it frees the place.
#[derive(Debug)]
pub(in crate::http) struct SocketPermit {
    registry: SocketRegistry,
    holder: Holder,
}

impl SocketRegistry {
    /// A place for one more socket from this address, if there are fewer than `max`.
    pub(in crate::http) fn open(&self, ip: IpAddr, max: usize) -> Option<SocketPermit> {
        self.take(Holder::Ip(network(ip)), max)
    }

    /// A place for one more socket of this user, if there are fewer than `max`.
    pub(in crate::http) fn sign_in(&self, user_id: i64, max: usize) -> Option<SocketPermit> {
        self.take(Holder::User(user_id), max)
    }

    fn take(&self, holder: Holder, max: usize) -> Option<SocketPermit> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(holder).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(SocketPermit { registry: self.clone(), holder })
    }
}

impl Drop for SocketPermit {
    fn drop(&mut self) {
        let mut counts = self.registry.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.holder);
            }
        }
    }
}

/// One home or office has a whole /64 of IPv6: it counts as one address.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_come_back() {
        let registry = SocketRegistry::default();
        let ip: IpAddr = "2001:db8::1".parse().expect("an address");
        let neighbour: IpAddr = "2001:db8::2".parse().expect("an address");
        let first = registry.open(ip, 2);
        let second = registry.open(neighbour, 2);
        assert!(first.is_some() && second.is_some());
        assert!(registry.open(ip, 2).is_none());
        drop(second);
        assert!(registry.open(ip, 2).is_some());
        assert!(registry.sign_in(7, 1).is_some());
        drop(first);
        assert!(registry.0.lock().expect("not poisoned").is_empty());
    }
}
