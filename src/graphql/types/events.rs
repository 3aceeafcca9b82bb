//! Events on the wire: the facts of the moment, and the things they speak of as they are now.

use async_graphql::{Context, ID, Interface, Object, Result};

use super::{Edit, Failure, Generation, GenerationSummary, Poster, Revision, Wallet};
use crate::{
    domain::{self, PosterStage as Stage},
    events::{Event, Fact, Summary},
    graphql::{
        api::{load_existing, locale},
        enums::PosterStage,
        loaders::{EditById, GenerationById, PosterById, RevisionById},
        scalars::{DateTime, int},
    },
    ledger,
};

/// Where and when an event happened.
#[derive(Clone, Debug)]
struct Place {
    generation_id: String,
    seq: i64,
    at_ms: i64,
}

/// Declares an event: the facts it keeps, and the fields it shows beside the three that all have.
macro_rules! event {
    (
        $(#[doc = $doc:literal])+ $name:ident { $($fact:ident: $fact_type:ty),* }
        |$self:ident, $ctx:ident| {
            $($(#[doc = $field_doc:literal])+ $field:ident: $field_type:ty = $value:expr;)*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            place: Place,
            $($fact: $fact_type,)*
        }

        $(#[doc = $doc])+
        #[Object]
        impl $name {
            /// Its place in the generation's stream: "1", "2", … without a gap.
            pub(super) async fn seq(&self) -> ID {
                self.place.seq.to_string().into()
            }

            /// When it happened.
            pub(super) async fn at(&self) -> DateTime {
                DateTime::from_ms(self.place.at_ms)
            }

            /// Of which generation.
            pub(super) async fn generation_id(&self) -> ID {
                self.place.generation_id.as_str().into()
            }

            $(
                $(#[doc = $field_doc])+
                async fn $field(&$self, $ctx: &Context<'_>) -> Result<$field_type> {
                    Ok($value)
                }
            )*
        }
    };
}

async fn generation(ctx: &Context<'_>, place: &Place) -> Result<Generation> {
    Ok(Generation(load_existing(ctx, GenerationById(place.generation_id.clone())).await?))
}

async fn poster(ctx: &Context<'_>, row: i64) -> Result<Poster> {
    Ok(Poster(load_existing(ctx, PosterById(row)).await?))
}

async fn revision(ctx: &Context<'_>, row: i64) -> Result<Revision> {
    Ok(Revision(load_existing(ctx, RevisionById(row)).await?))
}

/// Why an edit was refunded, with what its row says about it.
async fn edit_failure(ctx: &Context<'_>, row: i64, code: domain::FailureCode) -> Result<Failure> {
    let Edit(edit) = edit(ctx, row).await?;
    Ok(Failure::of_edit(&edit, locale(ctx)).unwrap_or_else(|| Failure::new(code, locale(ctx))))
}

async fn edit(ctx: &Context<'_>, row: i64) -> Result<Edit> {
    Ok(Edit(load_existing(ctx, EditById(row)).await?))
}

event! {
    /// The set was accepted and its credits are held.
    GenerationQueued { wallet: ledger::Wallet } |self, ctx| {
        /// The set.
        generation: Generation = generation(ctx, &self.place).await?;
        /// The balance after the holds.
        wallet: Wallet = { let _ = ctx; self.wallet.into() };
    }
}

event! {
    /// The product has a name.
    ProductNamed { product_name: String } |self, ctx| {
        /// The name.
        product_name: String = { let _ = ctx; self.product_name.clone() };
    }
}

event! {
    /// A worker took the poster.
    PosterStarted { poster_id: i64, attempt: i64 } |self, ctx| {
        /// The poster.
        poster: Poster = poster(ctx, self.poster_id).await?;
        /// Which try, from 1; it grows when a try was interrupted.
        attempt: i32 = { let _ = ctx; int(self.attempt) };
    }
}

event! {
    /// The poster reached a stage.
    PosterProgressed { poster_id: i64, stage: Stage } |self, ctx| {
        /// The poster.
        poster: Poster = poster(ctx, self.poster_id).await?;
        /// The stage.
        stage: PosterStage = { let _ = ctx; self.stage.into() };
    }
}

event! {
    /// The poster is stored and its credits are spent.
    PosterSucceeded { poster_id: i64, revision_id: i64, credits_captured: i64, wallet: ledger::Wallet } |self, ctx| {
        /// The poster.
        poster: Poster = poster(ctx, self.poster_id).await?;
        /// The new picture.
        revision: Revision = revision(ctx, self.revision_id).await?;
        /// Credits spent.
        credits_captured: i32 = { let _ = ctx; int(self.credits_captured) };
        /// The balance after it.
        wallet: Wallet = { let _ = ctx; self.wallet.into() };
    }
}

event! {
    /// The poster failed and its credits are back.
    PosterRefunded { poster_id: i64, failure: domain::FailureCode, credits_released: i64, wallet: ledger::Wallet } |self, ctx| {
        /// The poster.
        poster: Poster = poster(ctx, self.poster_id).await?;
        /// Why.
        failure: Failure = Failure::new(self.failure, locale(ctx));
        /// Credits given back.
        credits_released: i32 = { let _ = ctx; int(self.credits_released) };
        /// The balance after it.
        wallet: Wallet = { let _ = ctx; self.wallet.into() };
    }
}

event! {
    /// The poster was cancelled and its credits are back.
    PosterCanceled { poster_id: i64, credits_released: i64, wallet: ledger::Wallet } |self, ctx| {
        /// The poster.
        poster: Poster = poster(ctx, self.poster_id).await?;
        /// Credits given back.
        credits_released: i32 = { let _ = ctx; int(self.credits_released) };
        /// The balance after it.
        wallet: Wallet = { let _ = ctx; self.wallet.into() };
    }
}

event! {
    /// Nothing of the set is active any more.
    GenerationCompleted { summary: Summary, wallet: ledger::Wallet } |self, ctx| {
        /// The set.
        generation: Generation = generation(ctx, &self.place).await?;
        /// The totals at that moment.
        summary: GenerationSummary = { let _ = ctx; self.summary.into() };
        /// The balance after it.
        wallet: Wallet = { let _ = ctx; self.wallet.into() };
    }
}

event! {
    /// A worker took the edit.
    EditStarted { poster_id: i64, edit_id: i64, wallet: ledger::Wallet } |self, ctx| {
        /// The poster.
        poster: Poster = poster(ctx, self.poster_id).await?;
        /// The edit.
        edit: Edit = edit(ctx, self.edit_id).await?;
        /// The balance at that moment, the edit's credits held.
        wallet: Wallet = { let _ = ctx; self.wallet.into() };
    }
}

event! {
    /// A picture came that nothing was paid for: with other words, or late after its refund.
    RevisionAdded { poster_id: i64, revision_id: i64 } |self, ctx| {
        /// The poster.
        poster: Poster = poster(ctx, self.poster_id).await?;
        /// The new picture.
        revision: Revision = revision(ctx, self.revision_id).await?;
    }
}

event! {
    /// The edit is stored and its credits are spent.
    EditSucceeded { poster_id: i64, edit_id: i64, revision_id: i64, credits_captured: i64, wallet: ledger::Wallet } |self, ctx| {
        /// The poster.
        poster: Poster = poster(ctx, self.poster_id).await?;
        /// The edit.
        edit: Edit = edit(ctx, self.edit_id).await?;
        /// The new picture.
        revision: Revision = revision(ctx, self.revision_id).await?;
        /// Credits spent.
        credits_captured: i32 = { let _ = ctx; int(self.credits_captured) };
        /// The balance after it.
        wallet: Wallet = { let _ = ctx; self.wallet.into() };
    }
}

event! {
    /// The edit failed and its credits are back.
    EditRefunded { poster_id: i64, edit_id: i64, failure: domain::FailureCode, credits_released: i64, wallet: ledger::Wallet } |self, ctx| {
        /// The poster.
        poster: Poster = poster(ctx, self.poster_id).await?;
        /// The edit.
        edit: Edit = edit(ctx, self.edit_id).await?;
        /// Why.
        failure: Failure = edit_failure(ctx, self.edit_id, self.failure).await?;
        /// Credits given back.
        credits_released: i32 = { let _ = ctx; int(self.credits_released) };
        /// The balance after it.
        wallet: Wallet = { let _ = ctx; self.wallet.into() };
    }
}

/// Something that happened to a generation. Events are numbered without a gap and can be replayed
/// from any point.
#[derive(Interface)]
#[allow(clippy::duplicated_attributes, reason = "two fields have the same type")]
#[graphql(
    field(name = "seq", ty = "ID", desc = "Its place in the generation's stream: \"1\", \"2\", … without a gap."),
    field(name = "at", ty = "DateTime", desc = "When it happened."),
    field(name = "generation_id", ty = "ID", desc = "Of which generation.")
)]
pub enum GenerationEvent {
    /// The set was accepted.
    GenerationQueued(GenerationQueued),
    /// The product has a name.
    ProductNamed(ProductNamed),
    /// A worker took a poster.
    PosterStarted(PosterStarted),
    /// A poster reached a stage.
    PosterProgressed(PosterProgressed),
    /// A poster is stored.
    PosterSucceeded(PosterSucceeded),
    /// A poster failed.
    PosterRefunded(PosterRefunded),
    /// A poster was cancelled.
    PosterCanceled(PosterCanceled),
    /// The set has ended.
    GenerationCompleted(GenerationCompleted),
    /// A picture came that nothing was paid for.
    RevisionAdded(RevisionAdded),
    /// A worker took an edit.
    EditStarted(EditStarted),
    /// An edit is stored.
    EditSucceeded(EditSucceeded),
    /// An edit failed.
    EditRefunded(EditRefunded),
}

impl From<Event> for GenerationEvent {
    fn from(event: Event) -> Self {
        let place = Place { generation_id: event.generation_id, seq: event.seq, at_ms: event.at_ms };
        match event.fact {
            Fact::GenerationQueued { wallet } => GenerationQueued { place, wallet }.into(),
            Fact::ProductNamed { product_name } => ProductNamed { place, product_name }.into(),
            Fact::PosterStarted { poster_id, attempt } => PosterStarted { place, poster_id, attempt }.into(),
            Fact::PosterProgressed { poster_id, stage } => PosterProgressed { place, poster_id, stage }.into(),
            Fact::PosterSucceeded { poster_id, revision_id, credits_captured, wallet } => {
                PosterSucceeded { place, poster_id, revision_id, credits_captured, wallet }.into()
            }
            Fact::PosterRefunded { poster_id, failure, credits_released, wallet } => {
                PosterRefunded { place, poster_id, failure, credits_released, wallet }.into()
            }
            Fact::PosterCanceled { poster_id, credits_released, wallet } => {
                PosterCanceled { place, poster_id, credits_released, wallet }.into()
            }
            Fact::GenerationCompleted { summary, wallet } => GenerationCompleted { place, summary, wallet }.into(),
            Fact::RevisionAdded { poster_id, revision_id } => RevisionAdded { place, poster_id, revision_id }.into(),
            Fact::EditStarted { poster_id, edit_id, wallet } => {
                EditStarted { place, poster_id, edit_id, wallet }.into()
            }
            Fact::EditSucceeded { poster_id, edit_id, revision_id, credits_captured, wallet } => {
                EditSucceeded { place, poster_id, edit_id, revision_id, credits_captured, wallet }.into()
            }
            Fact::EditRefunded { poster_id, edit_id, failure, credits_released, wallet } => {
                EditRefunded { place, poster_id, edit_id, failure, credits_released, wallet }.into()
            }
        }
    }
}
