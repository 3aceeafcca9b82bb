//! What a seller may type: limits and normal forms, decided before anything is stored.

/// The longest product description, in Unicode scalar values.
pub const DESCRIPTION_CHARS_MAX: usize = 2000;
/// The shortest product description, in Unicode scalar values.
pub const DESCRIPTION_CHARS_MIN: usize = 2;
/// The longest edit prompt, in Unicode scalar values.
pub const PROMPT_CHARS_MAX: usize = 1000;
/// The longest product name, in Unicode scalar values.
pub const PRODUCT_NAME_CHARS_MAX: usize = 60;
/// Photos that one generation may use.
pub const PHOTOS_MAX: usize = 8;
/// The longest idempotency key, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;
/// The longest e-mail address, in bytes (RFC 5321 §4.5.3.1.3).
pub const EMAIL_BYTES_MAX: usize = 254;

/// Why a text was refused; the code that a field error carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Nothing (or only spaces) was given.
    Required,
    /// Longer than the limit.
    TooLong,
    /// Shorter than the limit.
    TooShort,
    /// Not of the expected form.
    Malformed,
    /// Not among the allowed values.
    OutOfRange,
    /// Given twice.
    Duplicate,
    /// Names something that does not exist (or is someone else's).
    NotFound,
    /// The thing exists but its state does not allow this now.
    NotAllowed,
    /// A mask of another size than the picture it is for; width × height in pixels.
    SizeDiffers {
        /// Of the mask.
        given: (u32, u32),
        /// Of the picture.
        wanted: (u32, u32),
    },
    /// It is so already.
    NothingChanged,
    /// A mask that chooses next to nothing.
    MaskTooSmall,
    /// A mask that chooses nearly everything: that is an edit of the whole picture.
    MaskTooLarge,
}

impl Refusal {
    /// The stable code sent to clients.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Required => "REQUIRED",
            Self::TooLong => "TOO_LONG",
            Self::TooShort => "TOO_SHORT",
            Self::Malformed => "MALFORMED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Duplicate => "DUPLICATE",
            Self::NotFound => "NOT_FOUND",
            Self::NotAllowed => "NOT_ALLOWED",
            Self::SizeDiffers { .. } => "SIZE_DIFFERS",
            Self::NothingChanged => "NOTHING_CHANGED",
            Self::MaskTooSmall => "MASK_TOO_SMALL",
            Self::MaskTooLarge => "MASK_TOO_LARGE",
        }
    }
}

/// Normalises a free text: control characters other than line breaks go, outer space goes.
pub fn clean_text(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .filter(
            |c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'),
        )
        .collect();
    kept.trim().to_owned()
}

/// A product description ready to store.
///
/// # Errors
/// `Required`, `TooShort` or `TooLong` after cleaning.
pub fn description(text: &str) -> Result<String, Refusal> {
    bounded(text, DESCRIPTION_CHARS_MIN, DESCRIPTION_CHARS_MAX)
}

/// An edit prompt ready to store.
///
/// # Errors
/// `Required` or `TooLong` after cleaning.
pub fn prompt(text: &str) -> Result<String, Refusal> {
    bounded(text, 1, PROMPT_CHARS_MAX)
}

/// A product name ready to store and to write into `productname.txt`: one line.
///
/// # Errors
/// `Required` or `TooLong` after cleaning.
pub fn product_name(text: &str) -> Result<String, Refusal> {
    bounded(&text.replace(['\n', '\r', '\t'], " "), 1, PRODUCT_NAME_CHARS_MAX)
}

/// An idempotency key: visible ASCII, 1–128 bytes, taken as it is.
///
/// # Errors
/// `Required`, `TooLong` or `Malformed`.
pub fn idempotency_key(text: &str) -> Result<String, Refusal> {
    if text.is_empty() {
        Err(Refusal::Required)
    } else if text.len() > IDEMPOTENCY_KEY_BYTES_MAX {
        Err(Refusal::TooLong)
    } else if text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(Refusal::Malformed)
    }
}

/// An e-mail address in the one form that limits and look-ups use: trimmed and in lower case.
///
/// The local part is lowered too: no mailbox provider in use distinguishes case there, and two
/// accounts for one mailbox would be two sets of welcome credits.
///
/// # Errors
/// `Required`, `TooLong`, or `Malformed` (display-name forms and line breaks included: they would
/// reach mail headers).
pub fn email(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::Required);
    }
    if text.len() > EMAIL_BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    let options = email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '"') {
        return Err(Refusal::Malformed);
    }
    email_address::EmailAddress::parse_with_options(text, options).map_err(|_| Refusal::Malformed)?;
    Ok(text.to_lowercase())
}

fn bounded(text: &str, chars_min: usize, chars_max: usize) -> Result<String, Refusal> {
    let text = clean_text(text);
    match text.chars().count() {
        0 => Err(Refusal::Required),
        n if n > chars_max => Err(Refusal::TooLong),
        n if n < chars_min => Err(Refusal::TooShort),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_has_2_to_2000_characters() {
        assert_eq!(description("  "), Err(Refusal::Required));
        assert_eq!(description("杯"), Err(Refusal::TooShort));
        assert!(description(&"杯".repeat(2000)).is_ok());
        assert_eq!(description(&"杯".repeat(2001)), Err(Refusal::TooLong));
        assert_eq!(description("a\u{202e}b\u{0}c\nd"), Ok("abc\nd".to_owned()));
    }

    #[test]
    fn addresses_have_one_form_and_cannot_carry_headers() {
        assert_eq!(email(" Li.Wei@Example.COM "), Ok("li.wei@example.com".to_owned()));
        for wrong in [
            "li",
            "li@",
            "@example.com",
            "Li <li@example.com>",
            "li@example.com\r\nBcc: x@y.z",
            "a b@example.com",
            "li@example",
        ] {
            assert_eq!(email(wrong), Err(Refusal::Malformed), "{wrong}");
        }
        assert_eq!(email(&format!("{}@example.com", "a".repeat(300))), Err(Refusal::TooLong));
    }

    #[test]
    fn keys_are_visible_ascii() {
        assert!(idempotency_key("b1f6-…".trim_end_matches('…')).is_ok());
        assert_eq!(idempotency_key(""), Err(Refusal::Required));
        assert_eq!(idempotency_key("a b"), Err(Refusal::Malformed));
        assert_eq!(idempotency_key(&"k".repeat(129)), Err(Refusal::TooLong));
    }
}
