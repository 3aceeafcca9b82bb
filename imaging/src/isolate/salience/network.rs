//! The network itself: encoders that look at ever smaller copies, decoders that bring the answer
//! back up.

use super::layers::{Planes, convolve};
use super::weights::{Convolution, convolutions};

/// U²-Net in its small form, up to the decoder of half the size.
///
/// The last decoder works on the full size and costs as much as all others together, yet its answer
/// is the same to within a few thousandths once the edge is placed on the photo: it is left out.
#[derive(Debug)]
pub(super) struct Network {
    convolutions: Vec<Convolution>,
}

/// One block: how many levels it has, or that it widens its kernels instead of shrinking its planes.
#[derive(Clone, Copy)]
enum Block {
    Levels(usize),
    Widening,
}

const ENCODERS: [Block; 6] =
    [Block::Levels(7), Block::Levels(6), Block::Levels(5), Block::Levels(4), Block::Widening, Block::Widening];

/// From the smallest to half the size.
const DECODERS: [Block; 4] = [Block::Widening, Block::Levels(4), Block::Levels(5), Block::Levels(6)];

/// Place of the convolution that turns the last decoder's planes into one.
const ANSWER: usize = 113;

impl Network {
    /// `None` when the file does not hold this network.
    pub(super) fn read(onnx: &[u8]) -> Option<Self> {
        let convolutions = convolutions(onnx)?;
        let mut expected = Vec::new();
        for (block, inputs) in ENCODERS.iter().zip([3, 64, 64, 64, 64, 64]) {
            block.shapes(inputs, &mut expected);
        }
        for block in DECODERS {
            block.shapes(128, &mut expected);
        }
        let fits = |(found, (outputs, inputs)): (&Convolution, (usize, usize))| {
            found.outputs == outputs && found.inputs == inputs
        };
        let answer = convolutions.get(ANSWER)?;
        let whole = convolutions.len() > expected.len() && convolutions.iter().zip(expected).all(fits);
        (whole && fits((answer, (1, 64)))).then_some(Self { convolutions })
    }

    /// How much each pixel belongs to what stands out, 0 to 1, at half the size of the input: three
    /// planes of mean 0 and spread 1.
    pub(super) fn run(&self, input: Planes) -> Planes {
        let mut next = self.convolutions.iter();
        let mut encoded: Vec<Planes> = Vec::with_capacity(ENCODERS.len());
        let mut planes = input;
        for (i, block) in ENCODERS.into_iter().enumerate() {
            if i > 0 {
                planes = planes.pooled();
            }
            planes = block.run(&[&planes], &mut next);
            encoded.push(planes.clone());
        }
        let mut decoded = planes;
        for (block, side) in DECODERS.into_iter().zip(encoded.iter().rev().skip(1)) {
            decoded = block.run(&[&decoded.enlarged(side.width, side.height), side], &mut next);
        }
        let mut answer = convolve(&self.convolutions[ANSWER], &[&decoded], 1, false);
        for value in &mut answer.values {
            *value = 1.0 / (1.0 + (-*value).exp());
        }
        answer
    }
}

impl Block {
    /// Outputs and inputs of each of its convolutions.
    fn shapes(self, inputs: usize, shapes: &mut Vec<(usize, usize)>) {
        let levels = if let Self::Levels(levels) = self { levels } else { 4 };
        shapes.extend([(64, inputs), (16, 64)]);
        shapes.extend(std::iter::repeat_n((16, 16), levels - 1));
        shapes.extend(std::iter::repeat_n((16, 32), levels - 2));
        shapes.push((64, 32));
    }

    fn run<'a>(self, inputs: &[&Planes], next: &mut impl Iterator<Item = &'a Convolution>) -> Planes {
        let mut step = |inputs: &[&Planes], spread: usize| {
            convolve(next.next().expect("counted when the network was read"), inputs, spread, true)
        };
        let first = step(inputs, 1);
        let (levels, widening) = match self {
            Self::Levels(levels) => (levels, false),
            Self::Widening => (4, true),
        };
        // A level down either halves the planes or doubles the reach; the last one does both by
        // reach alone.
        let reach = |level: usize| if widening { 1 << level } else { 1 };
        let mut down: Vec<Planes> = vec![step(&[&first], 1)];
        for level in 1..levels - 1 {
            let above = &down[level - 1];
            let planes = if widening { step(&[above], reach(level)) } else { step(&[&above.pooled()], 1) };
            down.push(planes);
        }
        let bottom = &down[levels - 2];
        let mut up = step(&[bottom], if widening { reach(levels - 1) } else { 2 });
        for (level, side) in down.iter().enumerate().rev() {
            up = if (up.width, up.height) == (side.width, side.height) {
                step(&[&up, side], reach(level))
            } else {
                step(&[&up.enlarged(side.width, side.height), side], reach(level))
            };
        }
        up.add(&first)
    }
}
