//! 百炼 (`dashscope`), at once and as tasks.

use serde_json::{Value, json};

use super::{Books, Fault, Refusal, Reply, Seen, Work};

pub(super) fn refusal(refusal: Refusal) -> (u16, Value) {
    let (status, code, message) = match refusal {
        Refusal::RateLimited => (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
        Refusal::Quota => (400, "Arrearage", "Access denied, please make sure your account is in good standing."),
        Refusal::Key => (401, "InvalidApiKey", "Invalid API-key provided."),
        Refusal::Model => (404, "ModelNotFound", "Model can not be found."),
        Refusal::Request => (400, "InvalidParameter", "The size is not valid."),
        Refusal::Input => (400, "DataInspectionFailed", "Input data may contain inappropriate content."),
        Refusal::Output => (400, "DataInspectionFailed", "Output data may contain inappropriate content."),
        Refusal::Server => (500, "InternalError.Algo", "An internal error occurred."),
        Refusal::Overloaded => (503, "ModelServingError", "Too many requests in route."),
    };
    (status, json!({ "request_id": "stub-request", "code": code, "message": message }))
}

pub(super) fn answer(books: &Books, seen: &Seen, fault: Fault) -> Reply {
    if let Some(rest) = seen.path.strip_prefix("tasks/") {
        return match rest.strip_suffix("/cancel") {
            Some(id) => cancel(books, id),
            None => task(books, rest),
        };
    }
    let body = seen.json();
    let size = body["parameters"]["size"].as_str().and_then(|text| text.split_once('*'));
    let size =
        size.and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?))).unwrap_or((1080, 1920));
    let is_task = seen.headers.get("x-dashscope-async").is_some_and(|value| value == "enable");
    let is_messages = body["input"]["messages"].is_array();
    if is_task {
        let (id, polls) = {
            let mut memory = books.memory();
            let id = format!("task-{}-{}", memory.number(), if is_messages { "messages" } else { "results" });
            let polls_left = memory.script.polls;
            let work = Work { fault, polls_left, size, is_cancelled: false, file: String::new() };
            memory.works.insert(id.clone(), work);
            (id, polls_left)
        };
        let state = if polls > 0 { "PENDING" } else { "RUNNING" };
        let output = json!({ "task_id": id, "task_status": state });
        return Reply::json(200, &json!({ "request_id": "stub-request", "output": output }));
    }
    let output = result(&books.address_of(size, fault), fault, is_messages);
    let usage = json!({ "image_count": 1, "width": size.0, "height": size.1 });
    Reply::json(200, &json!({ "request_id": "stub-request", "output": output, "usage": usage }))
}

fn result(url: &str, fault: Fault, is_messages: bool) -> Value {
    let (_, declined) = refusal(Refusal::Output);
    let declined = json!({ "code": declined["code"], "message": declined["message"] });
    if is_messages {
        let content = match fault {
            Fault::NoPicture => json!([]),
            Fault::Words => json!([{ "text": "I would rather not." }]),
            _ => json!([{ "image": url }]),
        };
        let choice = json!({ "finish_reason": "stop", "message": { "role": "assistant", "content": content } });
        return json!({ "choices": [choice] });
    }
    let results = match fault {
        Fault::NoPicture | Fault::Words => json!([]),
        Fault::PartialGroup => json!([declined, { "url": url }]),
        _ => json!([{ "url": url }]),
    };
    json!({ "results": results })
}

fn task(books: &Books, id: &str) -> Reply {
    let found = {
        let mut memory = books.memory();
        memory.works.get_mut(id).map(|work| {
            let asked = work.clone();
            work.polls_left = work.polls_left.saturating_sub(1);
            asked
        })
    };
    let state = |state: &str| json!({ "task_id": id, "task_status": state });
    let answer = |output: Value| Reply::json(200, &json!({ "request_id": "stub-request", "output": output }));
    let Some(work) = found else { return answer(state("UNKNOWN")) };
    if work.is_cancelled {
        return answer(state("CANCELED"));
    }
    if work.polls_left > 0 {
        return answer(state(if work.polls_left > 1 { "PENDING" } else { "RUNNING" }));
    }
    let mut output = match work.fault {
        Fault::TaskLost => return answer(state("UNKNOWN")),
        Fault::TaskFails(told) => {
            let (_, told) = refusal(told);
            let mut output = state("FAILED");
            output["code"] = told["code"].clone();
            output["message"] = told["message"].clone();
            return answer(output);
        }
        fault => {
            // One result has one address, however often it is asked for.
            let url = if work.file.is_empty() { books.address_of(work.size, fault) } else { work.file };
            if let Some(kept) = books.memory().works.get_mut(id) {
                kept.file.clone_from(&url);
            }
            result(&url, fault, id.ends_with("messages"))
        }
    };
    output["task_id"] = json!(id);
    output["task_status"] = json!("SUCCEEDED");
    answer(output)
}

fn cancel(books: &Books, id: &str) -> Reply {
    let mut memory = books.memory();
    match memory.works.get_mut(id) {
        Some(work) if work.polls_left > 1 => {
            work.is_cancelled = true;
            Reply::json(200, &json!({ "request_id": "stub-request" }))
        }
        _ => Reply::json(
            400,
            &json!({ "request_id": "stub-request", "code": "UnsupportedOperation", "message": "not pending" }),
        ),
    }
}
