//! Form fields, read strictly and signed as a whole.

use std::collections::BTreeMap;

use reqwest::Url;
use ring::hmac;

use super::NotifyError;

/// The field that holds the signature over all others.
pub(super) const SIGN: &str = "sign";

/// Fields by name: the order of signing.
pub(super) type Fields = BTreeMap<String, String>;

/// Reads `application/x-www-form-urlencoded` text. A field that comes twice is refused: which of the
/// two was meant would depend on the reader.
pub(super) fn parse(text: &[u8]) -> Result<Fields, NotifyError> {
    let text = std::str::from_utf8(text).map_err(|_| NotifyError::Malformed)?;
    let mut url = Url::parse("form://fields/").map_err(|_| NotifyError::Malformed)?;
    url.set_query(Some(text));
    let mut fields = Fields::new();
    for (name, value) in url.query_pairs() {
        if fields.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(NotifyError::Malformed);
        }
    }
    Ok(fields)
}

/// Writes `application/x-www-form-urlencoded` text.
pub(super) fn encode<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut url = Url::parse("form://fields/").expect("a constant address reads");
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

/// Adds the signature.
pub(super) fn sign(fields: &mut Fields, key: &hmac::Key) {
    fields.remove(SIGN);
    let tag = hmac::sign(key, &signed_text(fields));
    fields.insert(SIGN.to_owned(), hex::encode(tag));
}

/// Checks the signature in constant time and takes it out.
pub(super) fn verify(mut fields: Fields, key: &hmac::Key) -> Result<Fields, NotifyError> {
    let tag = fields.remove(SIGN).ok_or(NotifyError::BadSignature)?;
    // Only the one spelling we write ourselves.
    if tag.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(NotifyError::BadSignature);
    }
    let tag = hex::decode(tag).map_err(|_| NotifyError::BadSignature)?;
    hmac::verify(key, &signed_text(&fields), &tag).map_err(|_| NotifyError::BadSignature)?;
    Ok(fields)
}

/// Every name and value with its length before it, so that no two sets of fields give one text.
fn signed_text(fields: &Fields) -> Vec<u8> {
    let parts = fields.iter().flat_map(|(name, value)| [name, value]);
    parts.fold(String::new(), |text, part| text + &part.len().to_string() + ":" + part).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_once_and_not_twice() {
        assert_eq!(
            parse(b"a=1+2&b=%E6%B5%B7").map(|f| (f["a"].clone(), f["b"].clone())),
            Ok(("1 2".into(), "海".into()))
        );
        assert_eq!(parse(b"a=1&a=2"), Err(NotifyError::Malformed));
        assert_eq!(parse(&[b'a', b'=', 0xff]), Err(NotifyError::Malformed));
        assert_eq!(parse(b"a=x#y").map(|f| f["a"].clone()), Ok("x#y".into()));
    }

    #[test]
    fn moving_text_between_fields_breaks_the_signature() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        let mut fields = Fields::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2&c=3".to_owned())]);
        sign(&mut fields, &key);
        assert!(verify(fields.clone(), &key).is_ok());
        let moved = Fields::from([
            ("a".to_owned(), "1".to_owned()),
            ("b".to_owned(), "2".to_owned()),
            ("c".to_owned(), "3".to_owned()),
            (SIGN.to_owned(), fields[SIGN].clone()),
        ]);
        assert_eq!(verify(moved, &key), Err(NotifyError::BadSignature));
    }
}
