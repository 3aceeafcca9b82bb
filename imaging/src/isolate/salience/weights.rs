//! Reading the convolutions out of an ONNX file.
//!
//! Only what such a file needs to give away is read: the convolution nodes in the order in which
//! they are worked off, and the tensors they name. Everything is checked against the slice it is
//! read from, so a damaged file yields `None` and never a panic.

use std::collections::HashMap;

/// Kernels are three by three throughout.
const TAPS: usize = 9;

/// A convolution of three by three, its normalisation folded in.
#[derive(Clone, Debug)]
pub(super) struct Convolution {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Nine matrices of `outputs` × `inputs`, one for each place of the kernel, row by row.
    pub(super) taps: Vec<f32>,
    /// One a channel that comes out.
    pub(super) bias: Vec<f32>,
}

/// All convolutions of three by three, in order.
pub(super) fn convolutions(onnx: &[u8]) -> Option<Vec<Convolution>> {
    let graph = fields(onnx).find_map(|field| (field.number == 7).then_some(field.bytes))?;
    let mut tensors = HashMap::new();
    let mut nodes = Vec::new();
    for field in fields(graph) {
        match field.number {
            1 => nodes.push(field.bytes),
            5 => {
                let tensor = Tensor::read(field.bytes)?;
                tensors.insert(tensor.name, tensor);
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for node in nodes {
        let mut inputs = fields(node).filter(|field| field.number == 1).map(|field| field.bytes);
        if !fields(node).any(|field| field.number == 4 && field.bytes == b"Conv") {
            continue;
        }
        let (weight, bias) = (tensors.get(inputs.nth(1)?)?, tensors.get(inputs.next()?)?);
        if let [outputs, inputs, 3, 3] = weight.shape[..] {
            found.push(convolution(outputs, inputs, weight, bias)?);
        }
    }
    Some(found)
}

fn convolution(outputs: usize, inputs: usize, weight: &Tensor<'_>, bias: &Tensor<'_>) -> Option<Convolution> {
    let (weight, bias) = (weight.floats()?, bias.floats()?);
    if weight.len() != outputs.checked_mul(inputs)?.checked_mul(TAPS)? || bias.len() != outputs {
        return None;
    }
    // The file has the nine taps innermost; whole matrices a tap are what is multiplied with.
    let matrix = outputs * inputs;
    let mut taps = vec![0.0; weight.len()];
    for (pair, kernel) in weight.chunks_exact(TAPS).enumerate() {
        for (tap, value) in kernel.iter().enumerate() {
            taps[tap * matrix + pair] = *value;
        }
    }
    Some(Convolution { inputs, outputs, taps, bias })
}

struct Tensor<'a> {
    name: &'a [u8],
    shape: Vec<usize>,
    raw: &'a [u8],
}

impl<'a> Tensor<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut tensor = Self { name: &[], shape: Vec::new(), raw: &[] };
        for field in fields(bytes) {
            match field.number {
                1 if field.bytes.is_empty() => tensor.shape.push(usize::try_from(field.value).ok()?),
                1 => {
                    let mut packed = field.bytes;
                    while !packed.is_empty() {
                        tensor.shape.push(usize::try_from(varint(&mut packed)?).ok()?);
                    }
                }
                8 => tensor.name = field.bytes,
                9 => tensor.raw = field.bytes,
                _ => {}
            }
        }
        Some(tensor)
    }

    fn floats(&self) -> Option<Vec<f32>> {
        let (whole, rest) = self.raw.as_chunks::<4>();
        rest.is_empty().then(|| whole.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}

/// One field of a protocol-buffer message: a number or a run of bytes.
struct Field<'a> {
    number: u64,
    value: u64,
    bytes: &'a [u8],
}

/// The fields of a message, up to its end or to the first that makes no sense.
fn fields(mut bytes: &[u8]) -> impl Iterator<Item = Field<'_>> {
    std::iter::from_fn(move || {
        let key = varint(&mut bytes)?;
        let mut field = Field { number: key >> 3, value: 0, bytes: &[] };
        match key & 7 {
            0 => field.value = varint(&mut bytes)?,
            1 => bytes = bytes.get(8..)?,
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                (field.bytes, bytes) = bytes.split_at_checked(length)?;
            }
            5 => bytes = bytes.get(4..)?,
            _ => return None,
        }
        Some(field)
    })
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_is_no_network() {
        assert!(convolutions(&[]).is_none());
        assert!(convolutions(&[0xFF; 40]).is_none());
        // A graph whose length says more than there is.
        assert!(convolutions(&[0x3A, 0x7F, 1, 2, 3]).is_none());
    }

    #[test]
    fn taps_come_out_as_matrices() {
        let raw: Vec<u8> = (0..18_u16).flat_map(|i| f32::from(i).to_le_bytes()).collect();
        let bias = 1.0_f32.to_le_bytes();
        let weight = Tensor { name: b"w", shape: vec![1, 2, 3, 3], raw: &raw };
        let bias = Tensor { name: b"b", shape: vec![1], raw: &bias };
        let found = convolution(1, 2, &weight, &bias).expect("sizes fit");
        assert_eq!(found.taps[..4], [0.0, 9.0, 1.0, 10.0]);
        assert!(convolution(2, 2, &weight, &bias).is_none());
    }
}
