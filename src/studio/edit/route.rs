//! From a prompt to the next picture: what is done here, what a model is asked for, what is refused.

use super::{
    Changes, EditBase, EditOrder, EditRefusal, EditedPoster, again,
    changes::TITLE,
    vocabulary::{self, Intent},
};
use crate::{
    domain::PosterStage,
    providers::image::BuiltinPlates,
    studio::{Commission, Recipe, SetPlan, Studio, StudioError},
};

impl Studio {
    /// Makes the next picture. What the vocabulary of this program understands is done by rules, crisp and
    /// offline; the rest is a model's, where there is one.
    ///
    /// `plan` is the set's, for composed posters; without it only pixels can be edited.
    ///
    /// # Errors
    /// [`StudioError::UnsupportedEdit`], [`StudioError::NoVisibleChange`] and what painting and composing
    /// can fail with. Nothing is changed then.
    pub async fn edit(
        &self,
        plan: Option<&SetPlan>,
        base: &EditBase,
        order: &EditOrder,
        _commission: &Commission,
        progress: &(dyn Fn(PosterStage) + Send + Sync),
    ) -> Result<EditedPoster, StudioError> {
        progress(PosterStage::Planning);
        let intents = vocabulary::read(&order.prompt).map_err(StudioError::UnsupportedEdit)?;
        let json = base.recipe.clone().filter(|recipe| again::is_composable(recipe));
        let (Some(plan), Some(json)) = (plan, json) else {
            return Err(StudioError::UnsupportedEdit(EditRefusal::NotComposed(order.prompt.clone())));
        };
        let recipe: Recipe =
            serde_json::from_value((*json).clone()).map_err(|error| StudioError::Recipe(error.into()))?;
        progress(PosterStage::Composing);
        let changes = applied(&intents, &recipe.changes);
        if changes == recipe.changes {
            return Err(StudioError::NoVisibleChange);
        }
        let (studio, plan, base) = (self.clone(), plan.clone(), base.clone());
        let edited = self.on_core(move || {
            let again = studio.compose_again(&plan, &base, &recipe, &changes)?;
            let is_seen = studio.is_seen(&plan, &base, &recipe, &again.pixels)?;
            Ok::<_, StudioError>(is_seen.then(|| studio.finished(again, BuiltinPlates::NAME)))
        });
        edited.await??.ok_or(StudioError::NoVisibleChange)
    }
}

fn applied(intents: &[Intent], before: &Changes) -> Changes {
    let mut changes = before.clone();
    for intent in intents {
        match intent {
            Intent::Title(words) => {
                changes.words.insert(TITLE[0].to_owned(), words.clone());
            }
            Intent::Palette(palette) => changes.palette = Some(*palette),
        }
    }
    changes
}
