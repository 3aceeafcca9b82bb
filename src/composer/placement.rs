//! Where the words and pictures of a page ended up.

use ::takumi::prelude::{ImageSourceInput, MeasuredNode, Node, NodeKind};

/// What a placed box holds.
#[derive(Clone, Debug, PartialEq)]
pub enum PlacedKind {
    /// Words, exactly as set (an ellipsis included where a line was clamped).
    Text(String),
    /// The picture of this name.
    Picture(String),
    /// An element that carries a class and neither words nor a picture of its own.
    Shape,
}

/// One box of a laid-out page, in pixels from the top left corner.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// What it holds.
    pub kind: PlacedKind,
    /// The classes of the element, and of the elements around it, the innermost first.
    pub classes: Vec<String>,
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// For words: the height of the tallest line.
    pub line_height: f32,
    /// For words: the height that the nearest box around them offers, if it clips.
    pub lines: usize,
}

impl Placed {
    /// Whether the element or one around it has this class.
    pub fn within(&self, class: &str) -> bool {
        self.classes.iter().any(|own| own == class)
    }
}

/// Walks the markup and its layout side by side.
///
/// The layout repeats the shape of the markup except that white space between elements disappears;
/// where the shapes differ nevertheless, words are still found by their runs and only the classes
/// are lost.
pub(super) fn collect(node: &Node, measured: &MeasuredNode) -> Vec<Placed> {
    let mut placed = Vec::new();
    visit(Some(node), measured, &[], &mut placed);
    placed
}

fn visit(node: Option<&Node>, measured: &MeasuredNode, around: &[String], placed: &mut Vec<Placed>) {
    let mut classes: Vec<String> = node.map(|node| node.classes().map(str::to_owned).collect()).unwrap_or_default();
    let has_own_class = !classes.is_empty();
    classes.extend_from_slice(around);
    let [_, _, _, _, left, top] = measured.transform;

    let picture = node.and_then(|node| match &node.kind {
        NodeKind::Image(data) => match &data.src {
            ImageSourceInput::Url(name) => Some(name.to_string()),
            _ => Some(String::new()),
        },
        _ => None,
    });
    if let Some(name) = picture {
        if !name.is_empty() {
            placed.push(boxed(PlacedKind::Picture(name), &classes, [left, top, measured.width, measured.height]));
        }
        return;
    }
    if !measured.runs.is_empty() {
        placed.push(words(node, measured, &classes, left, top));
    } else if has_own_class {
        placed.push(boxed(PlacedKind::Shape, &classes, [left, top, measured.width, measured.height]));
    }

    let children: Vec<&Node> = match node.map(|node| &node.kind) {
        Some(NodeKind::Container { children }) => children.iter().filter(|child| !is_blank(child)).collect(),
        _ => Vec::new(),
    };
    let aligned = children.len() == measured.children.len();
    for (index, child) in measured.children.iter().enumerate() {
        visit(aligned.then(|| children[index]), child, &classes, placed);
    }
}

fn is_blank(node: &Node) -> bool {
    node.tag_name().is_none() && matches!(&node.kind, NodeKind::Text(data) if data.text.trim().is_empty())
}

fn boxed(kind: PlacedKind, classes: &[String], [x, y, width, height]: [f32; 4]) -> Placed {
    Placed { kind, classes: classes.to_vec(), x, y, width, height, line_height: 0.0, lines: 0 }
}

fn words(node: Option<&Node>, measured: &MeasuredNode, classes: &[String], left: f32, top: f32) -> Placed {
    let runs = &measured.runs;
    let edge = |pick: fn(&::takumi::prelude::MeasuredTextRun) -> f32, best: fn(f32, f32) -> f32| {
        runs.iter().map(pick).reduce(best).unwrap_or_default()
    };
    let (x0, y0) = (edge(|run| run.x, f32::min), edge(|run| run.y, f32::min));
    let (x1, y1) = (edge(|run| run.x + run.width, f32::max), edge(|run| run.y + run.height, f32::max));
    let mut rows: Vec<f32> = runs.iter().map(|run| run.y + run.height).collect();
    rows.sort_by(f32::total_cmp);
    rows.dedup_by(|a, b| (*a - *b).abs() < 2.0);

    let set: String = runs.iter().map(|run| run.text.as_str()).collect();
    let source = node.map(source_text).unwrap_or_default();
    let text = if squeezed(&source) == squeezed(&set) { source } else { set };
    let mut box_of = boxed(PlacedKind::Text(text), classes, [left + x0, top + y0, x1 - x0, y1 - y0]);
    box_of.line_height = edge(|run| run.height, f32::max);
    box_of.lines = rows.len();
    box_of
}

/// The words of an element as written, white space collapsed the way layout does it.
fn source_text(node: &Node) -> String {
    fn gather(node: &Node, text: &mut String) {
        match &node.kind {
            NodeKind::Text(data) => text.push_str(&data.text),
            NodeKind::Container { children } => children.iter().for_each(|child| gather(child, text)),
            _ => {}
        }
    }
    let mut text = String::new();
    gather(node, &mut text);
    text.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
