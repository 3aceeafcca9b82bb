//! The policy, with vendors that do as they are told and a record in memory.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use image::RgbaImage;

use super::*;
use crate::{
    clock::MockClock,
    domain::FailureCode,
    ids::SeededIds,
    providers::{
        AttemptLogError,
        image::{ImageCapabilities, NativeMask, Picture, PromptLanguage, Sizing},
    },
};

type Answer = Result<Step, FailureClass>;

#[derive(Clone, Copy)]
enum Step {
    Done,
    Accepted,
    Working,
    Unknown,
    Hang,
}

struct Vendor {
    name: &'static str,
    capabilities: ImageCapabilities,
    starts: Mutex<VecDeque<Answer>>,
    resumes: Mutex<VecDeque<Answer>>,
    calls: Mutex<Vec<&'static str>>,
}

impl Vendor {
    fn new(
        name: &'static str,
        starts: impl IntoIterator<Item = Answer>,
        resumes: impl IntoIterator<Item = Answer>,
    ) -> Arc<Self> {
        let capabilities = ImageCapabilities {
            purposes: Purpose::ALL.to_vec(),
            native_mask: NativeMask::None,
            images_max: 0,
            image_bytes_max: 0,
            sizing: Sizing::FollowsInput,
            prompt_chars_max: 1000,
            language: PromptLanguage::English,
            is_billed: true,
        };
        Arc::new(Self {
            name,
            capabilities,
            starts: Mutex::new(starts.into_iter().collect()),
            resumes: Mutex::new(resumes.into_iter().collect()),
            calls: Mutex::default(),
        })
    }

    fn next(&self, queue: &Mutex<VecDeque<Answer>>, call: &'static str) -> Answer {
        self.calls.lock().unwrap().push(call);
        queue.lock().unwrap().pop_front().expect("the vendor was not told what to answer to this call")
    }

    fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().clone()
    }
}

fn picture() -> Rendered {
    Rendered::new(Picture::Pixels(RgbaImage::new(1, 1)))
}

#[async_trait]
impl ImageProvider for Vendor {
    fn name(&self) -> &str {
        self.name
    }

    fn capabilities(&self) -> &ImageCapabilities {
        &self.capabilities
    }

    async fn start(&self, _request: &ImageRequest, _call: &CallContext) -> Result<Started, ProviderError> {
        match self.next(&self.starts, "start") {
            Ok(Step::Hang) => std::future::pending().await,
            Ok(Step::Accepted) => Ok(Started::Accepted("task-1".to_owned())),
            Ok(_) => Ok(Started::Done(picture())),
            Err(class) => Err(ProviderError::new(class, "told to")),
        }
    }

    async fn resume(&self, reference: &str, _call: &CallContext) -> Result<Progress, ProviderError> {
        assert_eq!(reference, "task-1");
        match self.next(&self.resumes, "resume") {
            Ok(Step::Working) => Ok(Progress::Working(Duration::from_secs(2))),
            Ok(Step::Unknown) => Ok(Progress::Unknown),
            Ok(_) => Ok(Progress::Done(picture())),
            Err(class) => Err(ProviderError::new(class, "told to")),
        }
    }
}

#[derive(Default)]
struct MemoryLog(Mutex<Vec<(OpenAttempt, Option<AttemptEnd>)>>);

impl MemoryLog {
    fn rows(&self) -> std::sync::MutexGuard<'_, Vec<(OpenAttempt, Option<AttemptEnd>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn left_open(reference: Option<&str>) -> Self {
        let open = OpenAttempt {
            id: 1,
            provider: "first".to_owned(),
            nonce: "n".to_owned(),
            reference: reference.map(str::to_owned),
        };
        Self(Mutex::new(vec![(open, None)]))
    }

    fn ends(&self) -> Vec<&'static str> {
        let word =
            |end: &Option<AttemptEnd>| end.as_ref().map_or("open", |end| end.failure.map_or("ok", FailureClass::code));
        self.rows().iter().map(|(_, end)| word(end)).collect()
    }
}

#[async_trait]
impl AttemptLog for MemoryLog {
    async fn begin(&self, start: &AttemptStart) -> Result<i64, AttemptLogError> {
        let mut rows = self.rows();
        let id = rows.len() as i64 + 1;
        let (provider, nonce, reference) = (start.provider.clone(), start.nonce.clone(), start.reference.clone());
        rows.push((OpenAttempt { id, provider, nonce, reference }, None));
        Ok(id)
    }

    async fn accepted(&self, attempt: i64, reference: &str) -> Result<(), AttemptLogError> {
        self.rows()[attempt as usize - 1].0.reference = Some(reference.to_owned());
        Ok(())
    }

    async fn end(&self, attempt: i64, end: &AttemptEnd) -> Result<(), AttemptLogError> {
        self.rows()[attempt as usize - 1].1 = Some(end.clone());
        Ok(())
    }

    async fn open(&self) -> Result<Vec<OpenAttempt>, AttemptLogError> {
        Ok(self.rows().iter().filter(|(_, end)| end.is_none()).map(|(open, _)| open.clone()).collect())
    }

    async fn asked(&self) -> Result<Vec<String>, AttemptLogError> {
        Ok(self.rows().iter().filter(|(_, end)| end.is_some()).map(|(open, _)| open.provider.clone()).collect())
    }

    async fn spent_since(&self, provider: &str, _since_ms: i64) -> Result<i64, AttemptLogError> {
        let rows = self.rows();
        let ended = rows.iter().filter(|(open, _)| open.provider == provider).filter_map(|(_, end)| end.as_ref());
        Ok(ended.map(|end| end.cost_microusd).sum())
    }
}

struct Order {
    pinned: Option<&'static str>,
    verdicts: Mutex<VecDeque<Result<(), ProviderError>>>,
    nudges: Mutex<Vec<Nudge>>,
}

impl Order {
    fn new(verdicts: impl IntoIterator<Item = Result<(), ProviderError>>) -> Self {
        Self { pinned: None, verdicts: Mutex::new(verdicts.into_iter().collect()), nudges: Mutex::default() }
    }
}

#[async_trait]
impl ImageOrder for Order {
    fn purpose(&self) -> Purpose {
        Purpose::Plate
    }

    fn group(&self) -> &'static str {
        "set"
    }

    fn pinned(&self) -> Option<&str> {
        self.pinned
    }

    fn request(&self, _capabilities: &ImageCapabilities, nudge: Nudge) -> ImageRequest {
        self.nudges.lock().unwrap().push(nudge);
        ImageRequest {
            purpose: Purpose::Plate,
            prompt: String::new(),
            negative: String::new(),
            images: Vec::new(),
            mask: None,
            width: 1,
            height: 1,
            seed: 0,
            scene: None,
        }
    }

    async fn judge(&self, picture: Picture, _request: &ImageRequest) -> Result<RgbaImage, ProviderError> {
        let Picture::Pixels(pixels) = picture else { panic!("pixels were painted") };
        self.verdicts.lock().unwrap().pop_front().unwrap_or(Ok(())).map(|()| pixels)
    }
}

fn house(vendors: &[&Arc<Vendor>], budget: Budget) -> Painters {
    let painters = vendors.iter().map(|vendor| Painter {
        gate: Gate::new(4, 0),
        timeout: Duration::from_secs(60),
        price_microusd: 40_000,
        budget,
        ..Painter::unlimited(Arc::clone(*vendor) as _)
    });
    Painters::new(painters.collect(), Arc::new(MockClock::at_ms(0)), Arc::new(SeededIds::new(3)))
}

async fn painted_by(vendors: &[&Arc<Vendor>], order: &Order, log: &MemoryLog) -> Result<String, FailureClass> {
    let painted = house(vendors, Budget::default()).paint(order, log).await;
    painted.map(|painted| painted.provider).map_err(|error| {
        assert!(!error.is_retryable, "what may have been billed is not tried again by the queue");
        error.error.class
    })
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_once_more_and_then_at_the_next_door() {
    let first = Vendor::new("first", [Err(FailureClass::Transient), Err(FailureClass::RateLimited)], []);
    let second = Vendor::new("second", [Ok(Step::Done)], []);
    let log = MemoryLog::default();
    assert_eq!(painted_by(&[&first, &second], &Order::new([]), &log).await, Ok("second".to_owned()));
    assert_eq!((first.calls().len(), second.calls().len()), (2, 1));
    assert_eq!(log.ends(), ["transient", "rate_limited", "ok"]);
}

#[tokio::test(start_paused = true)]
async fn three_calls_are_the_most_a_poster_costs() {
    let first = Vendor::new("first", [Err(FailureClass::NoResult), Err(FailureClass::NoResult)], []);
    let second = Vendor::new("second", [Err(FailureClass::Transient)], []);
    let third = Vendor::new("third", [], []);
    let refused = painted_by(&[&first, &second, &third], &Order::new([]), &MemoryLog::default()).await;
    assert_eq!(refused, Err(FailureClass::Transient));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_is_not_made_again_at_the_same_door() {
    let first = Vendor::new("first", [Ok(Step::Hang)], []);
    let second = Vendor::new("second", [Ok(Step::Done)], []);
    let log = MemoryLog::default();
    assert_eq!(painted_by(&[&first, &second], &Order::new([]), &log).await, Ok("second".to_owned()));
    assert_eq!(log.ends(), ["ambiguous_timeout", "ok"]);
    let end = log.rows()[0].1.clone().unwrap();
    assert!(end.maybe_billed && end.cost_microusd == 40_000, "it counts against the budget");
    let alone = Vendor::new("first", [Ok(Step::Hang)], []);
    assert_eq!(
        painted_by(&[&alone], &Order::new([]), &MemoryLog::default()).await,
        Err(FailureClass::AmbiguousTimeout)
    );
}

#[tokio::test(start_paused = true)]
async fn refused_content_is_not_carried_from_door_to_door() {
    let first = Vendor::new("first", [Err(FailureClass::ModeratedInput)], []);
    let second = Vendor::new("second", [], []);
    let log = MemoryLog::default();
    assert_eq!(painted_by(&[&first, &second], &Order::new([]), &log).await, Err(FailureClass::ModeratedInput));
    let soft = Vendor::new("first", [Err(FailureClass::ModeratedOutput), Ok(Step::Done)], []);
    let order = Order::new([]);
    assert_eq!(painted_by(&[&soft, &second], &order, &MemoryLog::default()).await, Ok("first".to_owned()));
    assert_eq!(*order.nudges.lock().unwrap(), [Nudge::None, Nudge::Softened]);
}

#[tokio::test(start_paused = true)]
async fn a_quota_sends_everybody_to_the_next_door_at_once() {
    let first = Vendor::new("first", [Err(FailureClass::Quota)], []);
    let second = Vendor::new("second", [Ok(Step::Done), Ok(Step::Done)], []);
    let house = house(&[&first, &second], Budget::default());
    for _ in 0..2 {
        assert_eq!(house.paint(&Order::new([]), &MemoryLog::default()).await.unwrap().provider, "second");
    }
    assert_eq!(first.calls().len(), 1, "the circuit is open for the second poster");
}

#[tokio::test(start_paused = true)]
async fn a_changed_product_is_corrected_once_and_told_as_such() {
    let changed = || Err(ProviderError::no_result("0.4").told_as(FailureCode::ProductNotPreserved));
    let first = Vendor::new("first", [Ok(Step::Done), Ok(Step::Done)], []);
    let order = Order::new([changed(), changed()]);
    let failed = house(&[&first], Budget::default()).paint(&order, &MemoryLog::default()).await.unwrap_err();
    assert_eq!(failed.error.failure_code(), FailureCode::ProductNotPreserved);
    assert_eq!(*order.nudges.lock().unwrap(), [Nudge::None, Nudge::KeepTheProduct]);
}

#[tokio::test(start_paused = true)]
async fn accepted_work_is_waited_for_and_left_open_when_it_takes_too_long() {
    let first =
        Vendor::new("first", [Ok(Step::Accepted)], [Ok(Step::Working), Err(FailureClass::Transient), Ok(Step::Done)]);
    let log = MemoryLog::default();
    assert_eq!(painted_by(&[&first], &Order::new([]), &log).await, Ok("first".to_owned()));
    assert_eq!(log.ends(), ["ok"]);

    let slow = Vendor::new("first", [Ok(Step::Accepted)], std::iter::repeat_n(Ok(Step::Working), 40));
    let log = MemoryLog::default();
    assert_eq!(painted_by(&[&slow], &Order::new([]), &log).await, Err(FailureClass::AmbiguousTimeout));
    assert_eq!(log.ends(), ["open"], "so that a late picture can be collected");
    let open = log.open().await.unwrap().remove(0);
    slow.resumes.lock().unwrap().clear();
    slow.resumes.lock().unwrap().extend([Ok(Step::Working), Ok(Step::Done)]);
    let house = house(&[&slow], Budget::default());
    assert!(house.collect(&open, &Order::new([]), &log).await.unwrap().is_none());
    assert_eq!(house.collect(&open, &Order::new([]), &log).await.unwrap().unwrap().provider, "first");
    assert_eq!(log.ends(), ["ok"]);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_process_began_is_followed_up_and_never_paid_twice() {
    let first = Vendor::new("first", [], [Ok(Step::Working), Ok(Step::Done)]);
    let log = MemoryLog::left_open(Some("task-1"));
    assert_eq!(painted_by(&[&first], &Order::new([]), &log).await, Ok("first".to_owned()));
    assert_eq!(log.ends(), ["ok"]);

    // Cut off with nothing to ask by: its fate is unknown, so only another door may be tried.
    let first = Vendor::new("first", [], []);
    let second = Vendor::new("second", [Ok(Step::Done)], []);
    let log = MemoryLog::left_open(None);
    assert_eq!(painted_by(&[&first, &second], &Order::new([]), &log).await, Ok("second".to_owned()));
    assert_eq!(log.ends(), ["ambiguous_timeout", "ok"]);

    // The vendor never heard of it: nothing was billed, so it is simply begun.
    let first = Vendor::new("first", [Ok(Step::Done)], [Ok(Step::Unknown)]);
    let log = MemoryLog::left_open(Some("task-1"));
    assert_eq!(painted_by(&[&first], &Order::new([]), &log).await, Ok("first".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_pinned_door_comes_first_and_a_spent_budget_shuts_a_door() {
    let (first, second) = (Vendor::new("first", [], []), Vendor::new("second", [Ok(Step::Done)], []));
    let order = Order { pinned: Some("second"), ..Order::new([]) };
    assert_eq!(painted_by(&[&first, &second], &order, &MemoryLog::default()).await, Ok("second".to_owned()));

    let vendor = Vendor::new("first", [Ok(Step::Done)], []);
    let house = house(&[&vendor], Budget { day_microusd: Some(40_000), month_microusd: None });
    let log = MemoryLog::default();
    house.paint(&Order::new([]), &log).await.unwrap();
    let log = MemoryLog(Mutex::new(vec![(
        OpenAttempt { id: 1, provider: "first".into(), nonce: String::new(), reference: None },
        Some(AttemptEnd { cost_microusd: 40_000, ..AttemptEnd::default() }),
    )]));
    let refused = house.paint(&Order::new([]), &log).await.unwrap_err();
    assert_eq!(refused.error.failure_code(), FailureCode::ProviderQuota);
    assert_eq!(vendor.calls().len(), 1);
}
