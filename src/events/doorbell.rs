//! "Look again": wake-ups that carry no data.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::sync::watch;

/// What may have changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Events of a generation.
    Generation(String),
    /// A user's balance.
    Wallet(i64),
    /// An order.
    Order(i64),
    /// Jobs may be due.
    Jobs,
}

/// Wakes listeners after a commit.
///
/// A ring may be lost or repeated: a listener re-reads the rows when it hears one, and every
/// [`Doorbell::tick`] besides.
pub trait Doorbell: Send + Sync + fmt::Debug {
    /// Says that the topic may have changed. Never blocks; ring after the commit.
    fn ring(&self, topic: &Topic);

    /// Starts listening. Rings from this moment on are heard, so listen first and read then.
    fn listen(&self, topic: Topic) -> Bell;

    /// How long a listener waits at most before it looks by itself.
    fn tick(&self) -> Duration;
}

type Registry = Mutex<HashMap<Topic, watch::Sender<()>>>;

/// The doorbell within one process. Each topic has its own channel, so a ring wakes only those who
/// wait for that topic, however many others there are.
#[derive(Clone)]
pub struct LocalDoorbell {
    topics: Arc<Registry>,
    tick: Duration,
}

impl fmt::Debug for LocalDoorbell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalDoorbell({} topics)", lock(&self.topics).len())
    }
}

impl LocalDoorbell {
    /// A doorbell whose listeners look by themselves at least every `tick`: seconds where other
    /// processes write to the same database, longer where none do.
    pub fn new(tick: Duration) -> Self {
        Self { topics: Arc::default(), tick }
    }

    /// Topics that somebody listens to.
    pub fn topics_listened(&self) -> usize {
        lock(&self.topics).len()
    }
}

impl Doorbell for LocalDoorbell {
    fn ring(&self, topic: &Topic) {
        if let Some(sender) = lock(&self.topics).get(topic) {
            sender.send_replace(());
        }
    }

    fn listen(&self, topic: Topic) -> Bell {
        let receiver = lock(&self.topics).entry(topic.clone()).or_insert_with(|| watch::channel(()).0).subscribe();
        Bell { receiver, leaving: Leaving { topic, topics: Arc::clone(&self.topics) } }
    }

    fn tick(&self) -> Duration {
        self.tick
    }
}

fn lock(topics: &Registry) -> MutexGuard<'_, HashMap<Topic, watch::Sender<()>>> {
    topics.lock().expect("no code panics while it holds this lock")
}

/// One listener's ear.
#[derive(Debug)]
pub struct Bell {
    // Dropped before `leaving`, so that the last listener's departure is seen there.
    receiver: watch::Receiver<()>,
    #[expect(dead_code, reason = "held for its Drop")]
    leaving: Leaving,
}

impl Bell {
    /// Waits for the next ring. Rings heard since the last wait return at once, and many count as
    /// one.
    pub async fn rung(&mut self) {
        if self.receiver.changed().await.is_err() {
            // The registry is gone, so the process is ending: leave the waiting to the tick.
            std::future::pending::<()>().await;
        }
    }
}

/// Forgets a topic when its last listener goes.
struct Leaving {
    topic: Topic,
    topics: Arc<Registry>,
}

impl fmt::Debug for Leaving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.topic.fmt(f)
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut topics = lock(&self.topics);
        if topics.get(&self.topic).is_some_and(|sender| sender.receiver_count() == 0) {
            topics.remove(&self.topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ring_between_listening_and_waiting_is_heard_and_others_are_not() {
        let doorbell = LocalDoorbell::new(Duration::from_secs(60));
        let mut mine = doorbell.listen(Topic::Wallet(1));
        let mut other = doorbell.listen(Topic::Wallet(2));
        doorbell.ring(&Topic::Wallet(1));
        doorbell.ring(&Topic::Wallet(1));
        mine.rung().await;
        let waiting = tokio::time::timeout(Duration::from_millis(20), mine.rung()).await;
        assert!(waiting.is_err(), "many rings count as one");
        assert!(tokio::time::timeout(Duration::from_millis(20), other.rung()).await.is_err());
    }

    #[tokio::test]
    async fn a_topic_is_forgotten_with_its_last_listener() {
        let doorbell = LocalDoorbell::new(Duration::from_secs(60));
        let first = doorbell.listen(Topic::Order(1));
        let second = doorbell.listen(Topic::Order(1));
        drop(first);
        assert_eq!(doorbell.topics_listened(), 1);
        drop(second);
        assert_eq!(doorbell.topics_listened(), 0);
    }
}
