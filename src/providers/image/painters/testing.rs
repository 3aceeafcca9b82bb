//! A vendor, a record of calls and an order that do as they are told.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use image::RgbaImage;

use super::*;
use crate::{
    clock::MockClock,
    ids::SeededIds,
    providers::{
        AttemptLogError, OpenAttempt,
        image::{ImageCapabilities, NativeMask, Picture, Progress, PromptLanguage, Sizing},
    },
};

pub(super) type Answer = Result<Step, FailureClass>;

#[derive(Clone, Copy)]
pub(super) enum Step {
    Done,
    Accepted,
    Working,
    Unknown,
    Hang,
}

pub(super) struct Vendor {
    name: &'static str,
    capabilities: ImageCapabilities,
    starts: Mutex<VecDeque<Answer>>,
    pub(super) resumes: Mutex<VecDeque<Answer>>,
    calls: Mutex<Vec<&'static str>>,
    /// What goes with every failure.
    retry_after: Mutex<Option<Duration>>,
}

impl Vendor {
    pub(super) fn new(
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
            retry_after: Mutex::default(),
        })
    }

    pub(super) fn asks_to_wait(self: &Arc<Self>, seconds: u64) {
        *self.retry_after.lock().unwrap() = Some(Duration::from_secs(seconds));
    }

    fn next(&self, queue: &Mutex<VecDeque<Answer>>, call: &'static str) -> Answer {
        self.calls.lock().unwrap().push(call);
        queue.lock().unwrap().pop_front().expect("the vendor was not told what to answer to this call")
    }

    pub(super) fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().clone()
    }
}

pub(super) fn picture() -> Rendered {
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
            Err(class) => {
                let retry_after = *self.retry_after.lock().unwrap();
                Err(ProviderError { retry_after, ..ProviderError::new(class, "told to") })
            }
        }
    }

    async fn cancel(&self, _reference: &str, _call: &CallContext) {
        self.calls.lock().unwrap().push("cancel");
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
pub(super) struct MemoryLog(pub(super) Mutex<Vec<(OpenAttempt, Option<AttemptEnd>)>>, pub(super) bool);

impl MemoryLog {
    pub(super) fn rows(&self) -> std::sync::MutexGuard<'_, Vec<(OpenAttempt, Option<AttemptEnd>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn left_open(reference: Option<&str>) -> Self {
        let open = OpenAttempt {
            id: 1,
            provider: "first".to_owned(),
            nonce: "n".to_owned(),
            reference: reference.map(str::to_owned),
        };
        Self(Mutex::new(vec![(open, None)]), false)
    }

    /// A record whose calls begin and never end: the database goes away meanwhile.
    pub(super) fn lost() -> Self {
        Self(Mutex::default(), true)
    }

    fn is_kept(&self) -> Result<(), AttemptLogError> {
        if self.1 { Err(AttemptLogError("gone".to_owned())) } else { Ok(()) }
    }

    pub(super) fn ends(&self) -> Vec<&'static str> {
        let word =
            |end: &Option<AttemptEnd>| end.as_ref().map_or("open", |end| end.failure.map_or("ok", FailureClass::code));
        self.rows().iter().map(|(_, end)| word(end)).collect()
    }
}

#[async_trait]
impl AttemptLog for MemoryLog {
    fn group(&self) -> &'static str {
        "set"
    }

    async fn begin(&self, start: &AttemptStart) -> Result<i64, AttemptLogError> {
        let mut rows = self.rows();
        let id = rows.len() as i64 + 1;
        let (provider, nonce, reference) = (start.provider.clone(), start.nonce.clone(), start.reference.clone());
        rows.push((OpenAttempt { id, provider, nonce, reference }, None));
        Ok(id)
    }

    async fn accepted(&self, attempt: i64, reference: &str) -> Result<(), AttemptLogError> {
        self.is_kept()?;
        self.rows()[attempt as usize - 1].0.reference = Some(reference.to_owned());
        Ok(())
    }

    async fn end(&self, attempt: i64, end: &AttemptEnd) -> Result<(), AttemptLogError> {
        self.is_kept()?;
        self.rows()[attempt as usize - 1].1 = Some(end.clone());
        Ok(())
    }

    async fn open(&self) -> Result<Vec<OpenAttempt>, AttemptLogError> {
        Ok(self.rows().iter().filter(|(_, end)| end.is_none()).map(|(open, _)| open.clone()).collect())
    }

    async fn asked(&self) -> Result<Vec<String>, AttemptLogError> {
        Ok(self.rows().iter().filter(|(_, end)| end.is_some()).map(|(open, _)| open.provider.clone()).collect())
    }

    async fn spent(&self) -> Result<i64, AttemptLogError> {
        Ok(self.rows().iter().filter_map(|(_, end)| end.as_ref()).map(|end| end.cost_microusd).sum())
    }

    async fn spent_since(&self, provider: &str, _purposes: &[&str], _since_ms: i64) -> Result<i64, AttemptLogError> {
        let rows = self.rows();
        let ended = rows.iter().filter(|(open, _)| open.provider == provider).filter_map(|(_, end)| end.as_ref());
        Ok(ended.map(|end| end.cost_microusd).sum())
    }
}

pub(super) struct Order {
    pub(super) pinned: Option<&'static str>,
    pub(super) verdicts: Mutex<VecDeque<Result<(), ProviderError>>>,
    pub(super) nudges: Mutex<Vec<Nudge>>,
}

impl Order {
    pub(super) fn new(verdicts: impl IntoIterator<Item = Result<(), ProviderError>>) -> Self {
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

pub(super) fn house(vendors: &[&Arc<Vendor>], budget: Budget) -> Painters {
    let painters = vendors.iter().map(|vendor| Painter {
        gate: Gate::new(4, 0),
        timeout: Duration::from_secs(60),
        price_microusd: 40_000,
        budget,
        ..Painter::unlimited(Arc::clone(*vendor) as _)
    });
    Painters::new(painters.collect(), Arc::new(MockClock::at_ms(0)), Arc::new(SeededIds::new(3)))
}
