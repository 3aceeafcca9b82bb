//! Which model is called how. Names change faster than programs, so all of it can be set by hand;
//! what a name begins with gives the default.

use crate::providers::image::{Purpose, Sizing};

/// The kind of call a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A message of pictures and words.
    Messages,
    /// The same at the address for tasks.
    TaskMessages,
    /// Words alone.
    FromWords,
    /// Words and a list of pictures.
    FromPictures,
    /// One picture, words, and perhaps a mask: the only one that takes a mask itself.
    RegionEdit,
}

impl Form {
    /// The words in addresses, for the setting `service`.
    pub(super) const SERVICES: [&'static str; 4] =
        ["multimodal-generation", "image-generation", "text2image", "image2image"];

    /// The kind of call behind one of [`Form::SERVICES`].
    pub(super) fn of_service(service: &str) -> Self {
        match service {
            "image-generation" => Self::TaskMessages,
            "text2image" => Self::FromWords,
            "image2image" => Self::FromPictures,
            _ => Self::Messages,
        }
    }

    /// The last two parts of the address.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Messages => "multimodal-generation/generation",
            Self::TaskMessages => "image-generation/generation",
            Self::FromWords => "text2image/image-synthesis",
            Self::FromPictures | Self::RegionEdit => "image2image/image-synthesis",
        }
    }

    /// Whether the model cannot paint from words alone.
    pub(super) fn needs_picture(self, model: &str) -> bool {
        matches!(self, Self::FromPictures | Self::RegionEdit) || is_editor(model)
    }
}

/// How a model is asked and what it can do.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) form: Form,
    pub(super) is_task: bool,
    pub(super) sizing: Sizing,
    pub(super) images_max: usize,
    pub(super) purposes: &'static [Purpose],
}

impl Model {
    /// What is known of a model by its name; `form` is said by the settings.
    pub(super) fn named(name: &str, form: Option<Form>) -> Self {
        let is = |stem: &str| name.starts_with(stem);
        let free = |least: u64, most: u64| Sizing::Free { multiple: 16, pixels_min: least * least, pixels_max: most };
        let (known, sizing, images_max) = if is("wanx2.1-imageedit") {
            (Form::RegionEdit, Sizing::FollowsInput, 1)
        } else if is("wan") && name.contains("-i2i") {
            (Form::FromPictures, free(768, 1280 * 1280), 3)
        } else if is("wan") && name.contains("-t2i") {
            let takes_words_alone = is("wanx") || is("wan2.1") || is("wan2.2") || is("wan2.5");
            let kind = if takes_words_alone { Form::FromWords } else { Form::TaskMessages };
            // The later ones refuse to paint small.
            let least = if takes_words_alone && !is("wan2.5") { 512 } else { 1280 };
            (kind, free(least, 1440 * 1440), 0)
        } else if is("wan2.6-image") {
            (Form::TaskMessages, free(768, 1280 * 1280), 4)
        } else if is("wan") {
            (Form::TaskMessages, free(768, 1280 * 1280), 3)
        } else if name == "qwen-image-edit" {
            (Form::Messages, Sizing::FollowsInput, 3)
        } else if is_editor(name) {
            // No side beyond 2048: the area that 9:16 has then.
            (Form::Messages, free(512, 1152 * 2048), 3)
        } else if ["qwen-image", "qwen-image-plus", "qwen-image-max"].iter().any(|plain| dated(name, plain)) {
            let sizes = vec![(1664, 928), (1472, 1104), (1328, 1328), (1104, 1472), (928, 1664)];
            (Form::Messages, Sizing::List(sizes), 0)
        } else {
            (Form::Messages, free(512, 2048 * 2048), 3)
        };
        // Two kinds of call share an address; the name tells them apart.
        let form = match form {
            Some(Form::FromPictures) if known == Form::RegionEdit => known,
            Some(form) => form,
            None => known,
        };
        let purposes: &[Purpose] = match form {
            Form::FromWords => &[Purpose::Plate],
            Form::RegionEdit => &[Purpose::EditWhole, Purpose::EditMasked],
            _ if form.needs_picture(name) => &[Purpose::Poster, Purpose::EditWhole, Purpose::EditMasked],
            _ if images_max == 0 => &[Purpose::Plate],
            _ => &Purpose::ALL,
        };
        Self { form, is_task: form != Form::Messages, sizing, images_max, purposes }
    }
}

/// Whether the name says that the model only changes pictures. `wan2.6-image` paints from words only where it
/// mixes them into its answer, which it is not asked for: the number of its pictures would be its own choice.
fn is_editor(name: &str) -> bool {
    name.starts_with("qwen-image-edit") || name.starts_with("wan2.6-image")
}

/// Whether a name is this one or one of its dated snapshots.
fn dated(name: &str, plain: &str) -> bool {
    name.strip_prefix(plain)
        .is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(|date| date.starts_with("202")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_form() {
        for (name, form, is_task, images_max) in [
            ("qwen-image", Form::Messages, false, 0),
            ("qwen-image-plus-2026-01-09", Form::Messages, false, 0),
            ("qwen-image-edit", Form::Messages, false, 3),
            ("qwen-image-edit-plus", Form::Messages, false, 3),
            ("qwen-image-2.0-pro", Form::Messages, false, 3),
            ("qwen-image-3.0", Form::Messages, false, 3),
            ("wan2.7-image", Form::TaskMessages, true, 3),
            ("wan2.6-image", Form::TaskMessages, true, 4),
            ("wan2.6-t2i", Form::TaskMessages, true, 0),
            ("wan2.5-i2i-preview", Form::FromPictures, true, 3),
            ("wan2.5-t2i-preview", Form::FromWords, true, 0),
            ("wan2.2-t2i-flash", Form::FromWords, true, 0),
            ("wanx2.0-t2i-turbo", Form::FromWords, true, 0),
            ("wanx2.1-imageedit", Form::RegionEdit, true, 1),
        ] {
            let model = Model::named(name, None);
            assert_eq!((model.form, model.is_task, model.images_max), (form, is_task, images_max), "{name}");
        }
        let told = Model::named("something-new", Some(Form::FromPictures));
        assert_eq!((told.form, told.is_task), (Form::FromPictures, true));
        assert_eq!(Model::named("wanx2.1-imageedit", Some(Form::FromPictures)).form, Form::RegionEdit);
    }

    #[test]
    fn who_needs_a_picture_is_not_asked_for_a_plate() {
        assert_eq!(Model::named("qwen-image", None).purposes, [Purpose::Plate]);
        assert_eq!(Model::named("qwen-image-2.0", None).purposes, Purpose::ALL);
        assert!(!Model::named("qwen-image-edit-plus", None).purposes.contains(&Purpose::Plate));
        assert!(!Model::named("wan2.5-i2i-preview", None).purposes.contains(&Purpose::Plate));
        assert_eq!(Model::named("wan2.7-image", None).purposes, Purpose::ALL);
        assert_eq!(Model::named("wan2.6-t2i", None).purposes, [Purpose::Plate]);
        let editor = [Purpose::Poster, Purpose::EditWhole, Purpose::EditMasked];
        for form in [None, Some(Form::Messages), Some(Form::TaskMessages)] {
            assert_eq!(Model::named("wan2.6-image", form).purposes, editor, "{form:?}");
        }
    }

    #[test]
    fn models_that_refuse_to_paint_small_are_not_asked_to() {
        for (name, least) in
            [("wan2.6-t2i", 1280), ("wan2.5-t2i-preview", 1280), ("wan2.2-t2i-plus", 512), ("wan2.6-image", 768)]
        {
            let Sizing::Free { pixels_min, .. } = Model::named(name, None).sizing else { panic!("{name}") };
            assert_eq!(pixels_min, least * least, "{name}");
        }
    }
}
