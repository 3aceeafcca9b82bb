//! Reads the product, names it and settles the set's style; the posters wait for this.

use ::entity::{generations, jobs};
use bytes::Bytes;

use crate::{
    domain::{Composition, SetStyle, validation},
    engine::{Engine, EngineError, settle, worker::Failed},
    events::Topic,
    storage::GenerationFolder,
    studio::Thought,
};

/// Characters of a description that stand in for a name when none could be found.
const FALLBACK_NAME_CHARS: usize = 12;

impl Engine {
    pub(in crate::engine) async fn name_product(&self, job: &jobs::Model) -> Result<(), Failed> {
        let generation = self.generation_of(job).await?;
        let (plan, thought) = self.think_of(job, &generation).await?;
        let name =
            validation::product_name(plan.product_name()).unwrap_or_else(|_| fallback_name(&generation.description));
        let decided = (plan.style(), thought);
        // The answers of models are in it: they are not asked for again because the database was away.
        Ok(self.insist(|| self.settle_named(job, &generation, &name, Some(&decided))).await?)
    }

    /// The product could not be read: the posters get a chance of their own (and are refunded one
    /// by one if theirs fails too), under a name cut from the description.
    pub(in crate::engine) async fn settle_unnamed(&self, job: &jobs::Model) -> Result<(), EngineError> {
        let generation = self.generation_of(job).await?;
        self.settle_named(job, &generation, &fallback_name(&generation.description), None).await
    }

    async fn settle_named(
        &self,
        job: &jobs::Model,
        generation: &generations::Model,
        name: &str,
        decided: Option<&(SetStyle, Thought)>,
    ) -> Result<(), EngineError> {
        let style = decided.map(|(style, _)| *style);
        let thought = decided.and_then(|(_, thought)| serde_json::to_string(thought).ok());
        let key = GenerationFolder::new(job.user_id, &job.generation_id).product_name();
        if let Err(error) = self.inner.storage.put(&key, Bytes::from(name.to_owned())).await {
            // The name lives in the database; the file is a convenience for people in the folder.
            tracing::warn!(%error, job = job.id, "productname.txt could not be written");
        }
        let hero_first = self.inner.studio.asks_vendors(Composition::from_code(&generation.composition));
        let (txn, now_ms) = (self.inner.database.write().await?, self.inner.clock.now_ms());
        settle::product_name_in_txn(&txn, job, name, style, thought, hero_first, now_ms).await?;
        txn.commit().await?;
        self.ring_settled(&job.generation_id, job.user_id);
        self.ring(&Topic::Jobs);
        Ok(())
    }
}

fn fallback_name(description: &str) -> String {
    let first =
        description.split(['，', '。', ',', '.', '；', ';', '\n', '！', '!']).find(|part| !part.trim().is_empty());
    first.unwrap_or("新品").trim().chars().take(FALLBACK_NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_from_the_first_clause() {
        assert_eq!(fallback_name("山止手作粗陶马克杯，1280℃高温"), "山止手作粗陶马克杯");
        assert_eq!(fallback_name("，。"), "新品");
        assert_eq!(fallback_name(&"长".repeat(100)).chars().count(), FALLBACK_NAME_CHARS);
    }
}
