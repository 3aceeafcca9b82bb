//! A workflow of the operator's own making, with named places for what we put in.
//!
//! The file is what the editor exports for programs: `{node: {class_type, inputs}}`. Which place
//! takes what is said beside it, as `node.input`. Everything is looked at when the program starts:
//! a place that does not exist would otherwise be found by the first seller.

use serde_json::{Map, Value, json};

/// A place for a value: a node and one of its inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) node: String,
    pub(super) input: String,
}

/// What is put in for one picture.
#[derive(Clone, Debug, Default)]
pub(super) struct Filling<'a> {
    pub(super) prompt: &'a str,
    pub(super) negative: &'a str,
    pub(super) seed: u64,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Names of uploaded pictures, in order.
    pub(super) images: &'a [String],
    /// Name of the uploaded mask.
    pub(super) mask: Option<&'a str>,
    /// Begins the name of the file that is made.
    pub(super) file_prefix: &'a str,
}

/// A workflow with its places.
#[derive(Clone, Debug)]
pub(super) struct Workflow {
    nodes: Map<String, Value>,
    prompt: Vec<Slot>,
    negative: Vec<Slot>,
    seed: Vec<Slot>,
    width: Vec<Slot>,
    height: Vec<Slot>,
    images: Vec<Slot>,
    mask: Vec<Slot>,
    output: String,
}

/// The names of the places.
const NAMES: [&str; 8] = ["prompt", "negative", "seed", "width", "height", "images", "mask", "output"];

/// What kind of value a place must hold in the file already.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
}

impl Workflow {
    /// Reads a workflow and the places in it.
    ///
    /// # Errors
    /// What is wrong, for the operator.
    pub(super) fn parse(file: &str, inputs: &Value) -> Result<Self, String> {
        let whole: Value = serde_json::from_str(file).map_err(|error| format!("the workflow is no JSON: {error}"))?;
        let Value::Object(nodes) = whole else { return Err("the workflow is no object of nodes".to_owned()) };
        if nodes.get("nodes").is_some_and(Value::is_array) {
            return Err("the workflow is in the editor's own format; export it for the API".to_owned());
        }
        for (id, node) in &nodes {
            if !(node["class_type"].is_string() && node["inputs"].is_object()) {
                return Err(format!("node {id} of the workflow has no class_type and inputs"));
            }
        }
        let inputs = inputs.as_object().ok_or("inputs must be a table of places")?;
        if let Some(unknown) = inputs.keys().find(|name| !NAMES.contains(&name.as_str())) {
            return Err(format!("inputs.{unknown}: must be one of {}", NAMES.join(", ")));
        }
        let slots = |name: &str, kind: Kind| slots(&nodes, inputs, name, kind);
        let (prompt, negative) = (slots("prompt", Kind::Text)?, slots("negative", Kind::Text)?);
        let (seed, width) = (slots("seed", Kind::Number)?, slots("width", Kind::Number)?);
        let (height, images) = (slots("height", Kind::Number)?, slots("images", Kind::Text)?);
        let mask = slots("mask", Kind::Text)?;
        if prompt.is_empty() {
            return Err("inputs.prompt: must be set".to_owned());
        }
        if width.is_empty() != height.is_empty() {
            return Err("inputs.width and inputs.height: both or neither".to_owned());
        }
        if !mask.is_empty() && images.is_empty() {
            return Err("inputs.mask: a mask needs a picture, inputs.images".to_owned());
        }
        let output = inputs.get("output").and_then(Value::as_str).ok_or("inputs.output: must be a node's number")?;
        let output = output.to_owned();
        let saver = nodes.get(&output).ok_or_else(|| format!("inputs.output: the workflow has no node {output}"))?;
        if !saver["inputs"]["filename_prefix"].is_string() {
            // Without a name of its own for every picture the server hands out an older one.
            return Err(format!("inputs.output: node {output} has no filename_prefix; use SaveImage"));
        }
        Ok(Self { nodes, prompt, negative, seed, width, height, images, mask, output })
    }

    /// How many pictures it takes.
    pub(super) const fn images_max(&self) -> usize {
        self.images.len()
    }

    /// Whether it takes a mask.
    pub(super) const fn takes_mask(&self) -> bool {
        !self.mask.is_empty()
    }

    /// Whether it is told the size.
    pub(super) const fn takes_size(&self) -> bool {
        !self.width.is_empty()
    }

    /// The node whose pictures are the result.
    pub(super) fn output(&self) -> &str {
        &self.output
    }

    /// How many nodes it has.
    pub(super) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The graph for one picture. A place for a picture that is left over is given the first one
    /// again: the name in the file would be of a picture that only its author has.
    pub(super) fn filled(&self, filling: &Filling<'_>) -> Map<String, Value> {
        let mut nodes = self.nodes.clone();
        let mut put = |slots: &[Slot], value: &Value| {
            for slot in slots {
                if let Some(node) = nodes.get_mut(&slot.node) {
                    node["inputs"][&slot.input] = value.clone();
                }
            }
        };
        put(&self.prompt, &json!(filling.prompt));
        put(&self.negative, &json!(filling.negative));
        put(&self.seed, &json!(filling.seed));
        put(&self.width, &json!(filling.width));
        put(&self.height, &json!(filling.height));
        for (place, slot) in self.images.iter().enumerate() {
            if let Some(name) = filling.images.get(place).or(filling.images.first()) {
                put(std::slice::from_ref(slot), &json!(name));
            }
        }
        if let Some(mask) = filling.mask {
            put(&self.mask, &json!(mask));
        }
        let saver = Slot { node: self.output.clone(), input: "filename_prefix".to_owned() };
        put(&[saver], &json!(filling.file_prefix));
        nodes
    }

    /// What is wrong with the workflow on this server: kinds of nodes it lacks, inputs they do not
    /// have, and choices (most often of a model's file) that it does not offer.
    pub(super) fn complaints(&self, object_info: &Value) -> Vec<String> {
        let mut found = Vec::new();
        let ours: Vec<&Slot> = self.images.iter().chain(&self.mask).collect();
        for (id, node) in &self.nodes {
            let class = node["class_type"].as_str().unwrap_or_default();
            let Some(known) = object_info.get(class) else {
                found.push(format!("node {id}: the server has no {class}"));
                continue;
            };
            let declared =
                |input: &str| ["required", "optional"].iter().find_map(|group| known["input"][*group].get(input));
            for (input, value) in node["inputs"].as_object().into_iter().flatten() {
                let is_ours = ours.iter().any(|slot| slot.node == *id && slot.input == *input);
                let (Some(declared), Some(chosen), false) = (declared(input), value.as_str(), is_ours) else {
                    continue;
                };
                let offered = choices(declared);
                if offered.is_some_and(|offered| !offered.iter().any(|choice| choice.as_str() == Some(chosen))) {
                    found.push(format!("node {id}: the server's {class} offers no {input} `{chosen}`"));
                }
            }
            for (input, _) in known["input"]["required"].as_object().into_iter().flatten() {
                if node["inputs"].get(input).is_none() {
                    found.push(format!("node {id}: {class} needs {input}"));
                }
            }
        }
        found
    }
}

/// The choices of an input, in the older form `[["a", "b"], …]` and the newer `["COMBO", {options}]`.
fn choices(declared: &Value) -> Option<&Vec<Value>> {
    declared[0].as_array().or_else(|| if declared[0] == "COMBO" { declared[1]["options"].as_array() } else { None })
}

/// A text or a list of texts.
fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn slots(nodes: &Map<String, Value>, inputs: &Map<String, Value>, name: &str, kind: Kind) -> Result<Vec<Slot>, String> {
    let Some(value) = inputs.get(name) else { return Ok(Vec::new()) };
    let places = texts(value).ok_or_else(|| format!("inputs.{name}: must be a place such as \"6.text\""))?;
    places
        .iter()
        .map(|place| {
            // Nodes inside a group have numbers such as 57:3; the last dot parts node and input.
            let (node, input) = place
                .rsplit_once('.')
                .ok_or_else(|| format!("inputs.{name}: `{place}` is no place such as \"6.text\""))?;
            let found = nodes.get(node).ok_or_else(|| format!("inputs.{name}: the workflow has no node {node}"))?;
            let fits = match (&found["inputs"][input], kind) {
                (Value::Null, _) => return Err(format!("inputs.{name}: node {node} has no input {input}")),
                (Value::Array(_), _) => {
                    return Err(format!("inputs.{name}: {place} is fed by another node; name the node it comes from"));
                }
                (value, Kind::Text) => value.is_string(),
                (value, Kind::Number) => value.is_number(),
            };
            let wanted = match kind {
                Kind::Text => "text",
                Kind::Number => "a number",
            };
            if fits {
                Ok(Slot { node: node.to_owned(), input: input.to_owned() })
            } else {
                Err(format!("inputs.{name}: {place} does not hold {wanted}"))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Value {
        json!({
            "4": { "class_type": "CheckpointLoaderSimple", "inputs": { "ckpt_name": "a.safetensors" } },
            "6": { "class_type": "CLIPTextEncode", "inputs": { "text": "", "clip": ["4", 1] } },
            "3": { "class_type": "KSampler", "inputs": { "seed": 0, "positive": ["6", 0] } },
            "57:3": { "class_type": "LoadImage", "inputs": { "image": "example.png" } },
            "58": { "class_type": "LoadImage", "inputs": { "image": "example.png" } },
            "9": { "class_type": "SaveImage", "inputs": { "filename_prefix": "x", "images": ["3", 0] } },
        })
    }

    fn inputs() -> Value {
        json!({ "prompt": "6.text", "seed": ["3.seed"], "images": ["57:3.image", "58.image"], "output": "9" })
    }

    #[test]
    fn every_place_is_filled() {
        let workflow = Workflow::parse(&graph().to_string(), &inputs()).unwrap();
        assert_eq!((workflow.images_max(), workflow.takes_mask(), workflow.takes_size()), (2, false, false));
        let images = ["up.png".to_owned()];
        let filling = Filling { prompt: "p", seed: u64::MAX, images: &images, file_prefix: "n", ..Filling::default() };
        let filled = workflow.filled(&filling);
        assert_eq!(filled["6"]["inputs"]["text"], "p");
        assert_eq!(filled["6"]["inputs"]["clip"], json!(["4", 1]), "links stay");
        assert_eq!(filled["3"]["inputs"]["seed"], u64::MAX);
        assert_eq!(filled["57:3"]["inputs"]["image"], "up.png");
        assert_eq!(filled["58"]["inputs"]["image"], "up.png", "a place left over gets the first picture again");
        assert_eq!(filled["9"]["inputs"]["filename_prefix"], "n");
    }

    #[test]
    fn what_does_not_fit_is_said_at_once() {
        let with = |key: &str, value: Value| {
            let mut inputs = inputs();
            inputs[key] = value;
            inputs
        };
        let graph = graph().to_string();
        for (file, inputs, named) in [
            ("[]", inputs(), "no object"),
            ("{", inputs(), "no JSON"),
            (r#"{"nodes": [], "links": []}"#, inputs(), "export it for the API"),
            (r#"{"1": {"class_type": "X"}}"#, inputs(), "node 1"),
            (graph.as_str(), with("prompt", json!("7.text")), "no node 7"),
            (graph.as_str(), with("prompt", json!("6.texts")), "no input texts"),
            (graph.as_str(), with("prompt", json!("6")), "no place"),
            (graph.as_str(), with("prompt", json!("6.clip")), "fed by another node"),
            (graph.as_str(), with("prompt", json!("3.seed")), "does not hold text"),
            (graph.as_str(), with("seed", json!("6.text")), "does not hold a number"),
            (graph.as_str(), with("width", json!("3.seed")), "both or neither"),
            (graph.as_str(), with("output", json!("3")), "filename_prefix"),
            (graph.as_str(), with("output", json!("x")), "no node x"),
            (graph.as_str(), with("steps", json!("3.seed")), "inputs.steps"),
            (graph.as_str(), json!({ "output": "9" }), "inputs.prompt"),
        ] {
            let error = Workflow::parse(file, &inputs).unwrap_err();
            assert!(error.contains(named), "{named}: {error}");
        }
    }

    #[test]
    fn a_server_without_the_models_is_found_out() {
        let workflow = Workflow::parse(&graph().to_string(), &inputs()).unwrap();
        let info = |files: Value| {
            json!({
                "CheckpointLoaderSimple": { "input": { "required": { "ckpt_name": files } } },
                "CLIPTextEncode": { "input": { "required": { "text": ["STRING"], "clip": ["CLIP"] } } },
                "KSampler": { "input": { "required": { "seed": ["INT"], "positive": ["CONDITIONING"] } } },
                "LoadImage": { "input": { "required": { "image": [["other.png"], { "image_upload": true }] } } },
                "SaveImage": { "input": { "required": { "images": ["IMAGE"], "filename_prefix": ["STRING"] } } },
            })
        };
        assert_eq!(workflow.complaints(&info(json!([["a.safetensors"]]))), Vec::<String>::new());
        assert_eq!(
            workflow.complaints(&info(json!(["COMBO", { "options": ["a.safetensors"] }]))),
            Vec::<String>::new()
        );
        let complaints = workflow.complaints(&info(json!([["b.safetensors"]])));
        assert_eq!(complaints, ["node 4: the server's CheckpointLoaderSimple offers no ckpt_name `a.safetensors`"]);
        let mut lacking = info(json!([["a.safetensors"]]));
        lacking.as_object_mut().unwrap().remove("KSampler");
        lacking["SaveImage"]["input"]["required"]["quality"] = json!(["INT"]);
        let complaints = workflow.complaints(&lacking);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(complaints[0].contains("KSampler") && complaints[1].contains("quality"), "{complaints:?}");
    }
}
