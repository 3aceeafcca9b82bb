//! Just enough of DER to find the RSA key and the serial number in what vendors hand out.

/// A public key as `ring` takes it.
pub(super) struct PublicKey {
    /// `RSAPublicKey` of PKCS#1.
    pub(super) pkcs1: Vec<u8>,
    pub(super) modulus_bits: usize,
    /// Of a certificate, upper-case hex.
    pub(super) serial: Option<String>,
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
/// 1.2.840.113549.1.1.1, `rsaEncryption`.
const RSA_ENCRYPTION: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Reads `RSAPublicKey`, `SubjectPublicKeyInfo` or an X.509 certificate.
pub(super) fn public_key(der: &[u8]) -> Option<PublicKey> {
    let (outer, rest) = expect(der, SEQUENCE)?;
    if !rest.is_empty() {
        return None;
    }
    if outer.first() == Some(&INTEGER) {
        return key(der, None);
    }
    let (first, after) = expect(outer, SEQUENCE)?;
    if after.first() == Some(&BIT_STRING) {
        return key(bits_of_rsa(first, after)?, None);
    }
    // A certificate: its first part is what was signed.
    let rest = if first.first() == Some(&VERSION) { expect(first, VERSION)?.1 } else { first };
    let (serial, rest) = expect(rest, INTEGER)?;
    let (_, rest) = expect(rest, SEQUENCE)?;
    let (_, rest) = expect(rest, SEQUENCE)?;
    let (_, rest) = expect(rest, SEQUENCE)?;
    let (_, rest) = expect(rest, SEQUENCE)?;
    let (spki, _) = expect(rest, SEQUENCE)?;
    let (algorithm, bits) = expect(spki, SEQUENCE)?;
    let serial = serial.strip_prefix(&[0]).unwrap_or(serial);
    key(bits_of_rsa(algorithm, bits)?, Some(hex::encode_upper(serial)))
}

fn bits_of_rsa<'a>(algorithm: &[u8], bits: &'a [u8]) -> Option<&'a [u8]> {
    let (oid, _) = expect(algorithm, OID)?;
    let (bits, rest) = expect(bits, BIT_STRING)?;
    if oid != RSA_ENCRYPTION || !rest.is_empty() {
        return None;
    }
    bits.strip_prefix(&[0])
}

fn key(pkcs1: &[u8], serial: Option<String>) -> Option<PublicKey> {
    let (numbers, rest) = expect(pkcs1, SEQUENCE)?;
    let (modulus, exponent) = expect(numbers, INTEGER)?;
    let (_, end) = expect(exponent, INTEGER)?;
    if !rest.is_empty() || !end.is_empty() {
        return None;
    }
    let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    let modulus_bits = modulus.len() * 8 - modulus.first()?.leading_zeros() as usize;
    Some(PublicKey { pkcs1: pkcs1.to_vec(), modulus_bits, serial })
}

/// The contents of the first element, which must have this tag, and what follows it.
fn expect(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = input.split_first()?;
    let (&short, mut rest) = rest.split_first()?;
    let mut length = usize::from(short);
    if short >= 0x80 {
        let bytes = usize::from(short & 0x7f);
        if !(1..=3).contains(&bytes) || rest.len() < bytes {
            return None;
        }
        length = rest[..bytes].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        rest = &rest[bytes..];
    }
    (found == tag && rest.len() >= length).then(|| rest.split_at(length))
}
