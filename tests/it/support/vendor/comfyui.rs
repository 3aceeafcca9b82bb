//! A server of `ComfyUI` with a handful of nodes, its cache and its queue.

use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{Books, Fault, Hints, Refusal, Reply, Seen, Work};

/// What error bodies of a real server tell, and nobody else should.
pub(crate) const SECRET: &str = "/home/artist/ComfyUI/models/private.safetensors";

pub(super) fn refusal(refusal: Refusal) -> (u16, Value) {
    let node = json!({ "errors": [{ "type": "value_not_in_list", "message": SECRET, "details": SECRET }] });
    match refusal {
        Refusal::RateLimited => (429, json!({ "error": "too many requests" })),
        Refusal::Key => (401, json!({ "error": "unauthorized" })),
        Refusal::Server => (500, json!({ "error": SECRET })),
        Refusal::Overloaded => (503, Value::Null),
        _ => (
            400,
            json!({
                "error": { "type": "prompt_outputs_failed_validation", "message": SECRET, "details": SECRET },
                "node_errors": { "4": node },
            }),
        ),
    }
}

pub(super) fn answer(books: &Books, seen: &Seen, fault: Fault) -> Reply {
    let is_post = seen.method == http::Method::POST;
    match (seen.path.as_str(), is_post) {
        ("upload/image", true) => upload(books, seen),
        ("prompt", true) => prompt(books, &seen.json(), fault),
        ("queue", false) => queue(books),
        ("queue", true) => {
            let names = seen.json();
            let mut memory = books.memory();
            for id in names["delete"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                memory.works.remove(id);
                memory.order.retain(|known| known != id);
            }
            Reply::json(200, &Value::Null)
        }
        ("interrupt", true) => {
            let named = seen.json()["prompt_id"].as_str().map(str::to_owned);
            let mut memory = books.memory();
            let id = named.or_else(|| memory.order.front().cloned()).unwrap_or_default();
            if let Some(work) = memory.works.get_mut(&id) {
                (work.is_cancelled, work.polls_left) = (true, 0);
            }
            Reply::json(200, &Value::Null)
        }
        ("object_info", false) => Reply::json(200, &object_info()),
        ("view", false) => view(books, seen),
        (path, false) => match path.strip_prefix("history/") {
            Some(id) if fault == Fault::None => history(books, id),
            Some(_) => Reply::text(500, SECRET),
            None => Reply::json(404, &Value::Null),
        },
        _ => Reply::json(404, &Value::Null),
    }
}

/// Stores a picture; another one of the same name gets another name.
fn upload(books: &Books, seen: &Seen) -> Reply {
    let Some(part) = seen.parts.iter().find(|part| part.name == "image") else {
        return Reply::json(400, &json!({ "error": "no image" }));
    };
    let wished = part.file_name.clone().unwrap_or_default();
    let mut memory = books.memory();
    let is_other = |bytes: Option<&Bytes>| bytes.is_some_and(|bytes| *bytes != part.bytes);
    let name = if is_other(memory.uploads.get(&wished)) { format!("1-{wished}") } else { wished };
    memory.uploads.insert(name.clone(), part.bytes.clone());
    Reply::json(200, &json!({ "name": name, "subfolder": "", "type": "input" }))
}

fn prompt(books: &Books, body: &Value, fault: Fault) -> Reply {
    let Some(nodes) = body["prompt"].as_object() else {
        return Reply::json(
            400,
            &json!({ "error": { "type": "no_prompt", "message": "", "details": "" }, "node_errors": {} }),
        );
    };
    let mut memory = books.memory();
    for node in nodes.values().filter(|node| node["class_type"] == "LoadImage") {
        if !memory.uploads.contains_key(node["inputs"]["image"].as_str().unwrap_or_default()) {
            let (status, body) = refusal(Refusal::Request);
            return Reply::json(status, &body);
        }
    }
    let number = memory.number();
    let client = body["client_id"].as_str().unwrap_or_default().to_owned();
    let id = body["prompt_id"].as_str().map_or_else(|| format!("chosen-{number}"), str::to_owned);
    let saver = nodes.values().find(|node| node["class_type"] == "SaveImage");
    let prefix = saver.and_then(|node| node["inputs"]["filename_prefix"].as_str()).unwrap_or("ComfyUI");
    // An identical graph is not run again: its old file is handed out.
    let graph = body["prompt"].to_string();
    let file = memory.graphs.entry(graph).or_insert_with(|| format!("{prefix}_{number:05}_.png")).clone();
    let polls_left = memory.script.polls;
    memory.works.insert(id.clone(), Work { fault, polls_left, size: size(nodes), is_cancelled: false, file });
    memory.order.push_back(id.clone());
    memory.clients.insert(client, id.clone());
    Reply::json(200, &json!({ "prompt_id": id, "number": number, "node_errors": {} }))
}

fn size(nodes: &Map<String, Value>) -> (u32, u32) {
    let side = |name: &str| nodes.values().find_map(|node| node["inputs"][name].as_u64()).map(|side| side as u32);
    (side("width").unwrap_or(1080), side("height").unwrap_or(1920))
}

/// Work counts down with every question; the first that is not done runs, the others wait.
fn history(books: &Books, id: &str) -> Reply {
    let mut memory = books.memory();
    let Some(work) = memory.works.get_mut(id) else { return Reply::json(200, &json!({})) };
    if work.polls_left > 0 {
        work.polls_left -= 1;
        return Reply::json(200, &json!({}));
    }
    let work = work.clone();
    if work.fault == Fault::TaskLost {
        memory.works.remove(id);
        memory.order.retain(|known| known != id);
        return Reply::json(200, &json!({}));
    }
    memory.order.retain(|known| known != id);
    let ended = |state: &str, messages: Value, outputs: Value| {
        let status = json!({ "status_str": state, "completed": state == "success", "messages": messages });
        let mut entry = json!({ "prompt": [], "outputs": outputs, "status": status, "meta": {} });
        entry["status"]["messages"] = messages;
        Reply::json(200, &json!({ id: entry }))
    };
    if work.is_cancelled {
        return ended("error", json!([["execution_interrupted", { "prompt_id": id, "node_id": "3" }]]), json!({}));
    }
    match work.fault {
        Fault::TaskFails(_) => {
            let told = json!({
                "prompt_id": id, "node_id": "3", "node_type": "KSampler", "exception_type": "torch.OutOfMemoryError",
                "exception_message": SECRET, "traceback": [SECRET],
            });
            ended("error", json!([["execution_start", {}], ["execution_error", told]]), json!({}))
        }
        Fault::NoPicture | Fault::Words => ended("success", json!([]), json!({})),
        _ => {
            let (folder, name) = work.file.rsplit_once('/').unwrap_or(("", &work.file));
            let image = json!({ "filename": name, "subfolder": folder, "type": "output" });
            ended("success", json!([]), json!({ "9": { "images": [image] } }))
        }
    }
}

/// Tells a client how its work stands, among all that others and pictures on their way are told; who
/// comes under a name that nobody ordered by hears of nothing.
pub(super) async fn tell(books: Arc<Books>, client: String, hints: Hints, mut socket: WebSocket) {
    let about = |kind: &str, data: Value| Message::Text(json!({ "type": kind, "data": data }).to_string().into());
    let mut said = vec![
        about("status", json!({ "status": { "exec_info": { "queue_remaining": 1 } }, "sid": client })),
        Message::Binary(Bytes::from_static(&[0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xd8, 0xff])),
        about("execution_success", json!({ "prompt_id": "of-somebody-else" })),
        about("executing", json!({ "node": null, "prompt_id": "of-somebody-else" })),
    ];
    let ordered = books.memory().clients.get(&client).cloned();
    match (hints, ordered) {
        (Hints::End, Some(id)) => {
            if let Some(work) = books.memory().works.get_mut(&id) {
                work.polls_left = 0;
            }
            said.push(about("executing", json!({ "node": "3", "prompt_id": id })));
            said.push(about("execution_success", json!({ "prompt_id": id, "timestamp": 1 })));
            said.push(about("executing", json!({ "node": null, "prompt_id": id })));
        }
        (Hints::Noise, _) => {
            said.extend(["<html>", "[7]", "{}"].map(|text| Message::Text(text.into())));
            said.push(Message::Close(None));
        }
        _ => {}
    }
    for message in said {
        if socket.send(message).await.is_err() {
            return;
        }
    }
    while let Some(Ok(_)) = socket.recv().await {}
}

fn queue(books: &Books) -> Reply {
    let memory = books.memory();
    let entry = |(place, id): (usize, &String)| json!([place, id, {}, {}, ["9"]]);
    let mut entries: Vec<Value> = memory.order.iter().enumerate().map(entry).collect();
    let waiting = if entries.is_empty() { Vec::new() } else { entries.split_off(1) };
    Reply::json(200, &json!({ "queue_running": entries, "queue_pending": waiting }))
}

fn view(books: &Books, seen: &Seen) -> Reply {
    let (name, folder) = (seen.asks("filename").unwrap_or_default(), seen.asks("subfolder").unwrap_or_default());
    let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
    let work = books.memory().works.values().find(|work| work.file == path).cloned();
    match work {
        Some(Work { fault: Fault::Url(_), .. }) | None => Reply::text(404, ""),
        Some(work) => Reply::bytes(200, "image/png", Books::picture(work.size, work.fault).bytes.clone()),
    }
}

fn object_info() -> Value {
    let node = |required: Value| json!({ "input": { "required": required }, "output": [], "output_node": false });
    json!({
        "CheckpointLoaderSimple": node(json!({ "ckpt_name": [["stub.safetensors"], {}] })),
        "CLIPTextEncode": node(json!({ "text": ["STRING", { "multiline": true }], "clip": ["CLIP"] })),
        "EmptyLatentImage": node(json!({ "width": ["INT", {}], "height": ["INT", {}], "batch_size": ["INT", {}] })),
        "KSampler": node(json!({ "seed": ["INT", {}], "model": ["MODEL"], "positive": ["CONDITIONING"] })),
        "LoadImage": node(json!({ "image": [["example.png"], { "image_upload": true }] })),
        "LoadImageMask": node(json!({ "image": [["example.png"], {}], "channel": [["alpha", "red"], {}] })),
        "VAEDecode": node(json!({ "samples": ["LATENT"], "vae": ["VAE"] })),
        "SaveImage": node(json!({ "images": ["IMAGE"], "filename_prefix": ["STRING", { "default": "ComfyUI" }] })),
    })
}
