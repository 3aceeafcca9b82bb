//! The language a message is written in.

/// A language Haibao speaks to people: Simplified Chinese (the default) or English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// Simplified Chinese, `zh-CN`.
    #[default]
    Zh,
    /// English, `en`.
    En,
}

impl Locale {
    /// Chooses the language from an `Accept-Language` header (RFC 9110 §12.5.4).
    ///
    /// The listed language with the highest weight that we speak wins; nothing we speak, or no
    /// header at all, means Chinese, because that is whom the product is made for.
    pub fn from_accept_language(header: Option<&str>) -> Self {
        let mut best = (0.0_f32, Self::Zh);
        for item in header.unwrap_or_default().split(',') {
            let mut parts = item.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            let spoken = match tag.split('-').next() {
                Some("zh") => Self::Zh,
                Some("en") => Self::En,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, spoken);
            }
        }
        best.1
    }

    /// Picks the text of this language.
    pub const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_spoken_language_wins() {
        for (header, expected) in [
            (None, Locale::Zh),
            (Some(""), Locale::Zh),
            (Some("en"), Locale::En),
            (Some("en-GB,en;q=0.9"), Locale::En),
            (Some("fr, zh;q=0.4, en;q=0.5"), Locale::En),
            (Some("zh-CN,zh;q=0.9,en;q=0.8"), Locale::Zh),
            (Some("de"), Locale::Zh),
            (Some("en;q=0"), Locale::Zh),
        ] {
            assert_eq!(Locale::from_accept_language(header), expected, "{header:?}");
        }
    }
}
