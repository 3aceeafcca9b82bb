//! Which model is called how. Names change faster than programs, so all of it can be set by hand;
//! what a name begins with gives the default.

use crate::providers::image::{DialectError, Purpose, Sizing, extra};

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
    /// The word in the address, for the setting `service`.
    pub(super) const BY_SERVICE: [(&'static str, Self); 4] = [
        ("multimodal-generation", Self::Messages),
        ("image-generation", Self::TaskMessages),
        ("text2image", Self::FromWords),
        ("image2image", Self::FromPictures),
    ];

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
    needs_picture: bool,
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
            (Form::FromWords, free(512, 1440 * 1440), 0)
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
        let needs_picture = form.needs_picture(name);
        Self { form, is_task: form != Form::Messages, sizing, images_max, needs_picture }
    }

    /// What it can be asked for with so many pictures sent along.
    pub(super) fn able(&self, images_max: usize) -> &'static [Purpose] {
        match (self.form, images_max) {
            (Form::FromWords, _) | (_, 0) => &[Purpose::Plate],
            (Form::RegionEdit, _) => &[Purpose::EditWhole, Purpose::EditMasked],
            _ if self.needs_picture => &[Purpose::Poster, Purpose::EditWhole, Purpose::EditMasked],
            _ => &Purpose::ALL,
        }
    }
}

/// Whether the name says that the model only changes pictures.
fn is_editor(name: &str) -> bool {
    name.starts_with("qwen-image-edit")
}

/// Whether a name is this one or one of its dated snapshots.
fn dated(name: &str, plain: &str) -> bool {
    name.strip_prefix(plain)
        .is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(|date| date.starts_with("202")))
}

/// Sizes in the vendor's spelling, such as `1152*2048`.
pub(super) fn sizes(texts: &[String]) -> Result<Sizing, DialectError> {
    let side = |text: &str| text.trim().parse::<u32>().ok().filter(|side| (64..=8192).contains(side));
    let size = |text: &String| {
        let (width, height) = text.split_once('*')?;
        Some((side(width)?, side(height)?))
    };
    let sizes: Option<Vec<(u32, u32)>> = texts.iter().map(size).collect();
    sizes.map(Sizing::List).ok_or_else(|| extra::invalid("sizes", "must be sizes such as 1152*2048"))
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
            ("wan2.6-image", Form::TaskMessages, true, 3),
            ("wan2.5-i2i-preview", Form::FromPictures, true, 3),
            ("wan2.5-t2i-preview", Form::FromWords, true, 0),
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
        assert_eq!(Model::named("qwen-image", None).able(0), [Purpose::Plate]);
        assert_eq!(Model::named("qwen-image-2.0", None).able(3), Purpose::ALL);
        assert!(!Model::named("qwen-image-edit-plus", None).able(3).contains(&Purpose::Plate));
        assert!(!Model::named("wan2.5-i2i-preview", None).able(3).contains(&Purpose::Plate));
    }
}
