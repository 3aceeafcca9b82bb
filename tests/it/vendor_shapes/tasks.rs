//! Requests to Gemini, 百炼 and a `ComfyUI` server, by schemas of the fields that their own clients write.

use super::*;

/// Starts one picture and gives what was sent for it.
async fn sent(server: &Recorder, table: &Value, roles: &[ImageRole], purpose: Purpose) -> Option<Vec<Recorded>> {
    let provider = provider(server, table);
    if !provider.capabilities().serves(purpose) {
        return None;
    }
    let mut request = order(&*provider, roles, purpose == Purpose::EditMasked);
    request.purpose = purpose;
    provider.start(&request, &call()).await.unwrap_or_else(|error| panic!("{table} {purpose:?}: {error}"));
    Some(server.take())
}

/// Every purpose with the pictures it comes with.
fn orders() -> Vec<(Purpose, Vec<ImageRole>)> {
    let (base, product, anchor) = (ImageRole::Base, ImageRole::Product, ImageRole::StyleAnchor);
    vec![
        (Purpose::Plate, vec![]),
        (Purpose::Plate, vec![anchor]),
        (Purpose::Poster, vec![product]),
        (Purpose::Poster, vec![product, anchor]),
        (Purpose::EditWhole, vec![base, product]),
        (Purpose::EditMasked, vec![base]),
        (Purpose::EditMasked, vec![base, product, anchor]),
    ]
}

#[test]
fn gemini_gets_fields_that_it_knows() {
    let judge = vendor_schema("gemini-images");
    let contents = json!([{"role": "user", "parts": [{"text": "t"}]}]);
    for wrong in [
        json!({"contents": contents}),
        json!({"contents": contents, "generationConfig": {"responseModalities": ["IMAGE"]}}),
        json!({"contents": contents, "generationConfig":
            {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "9:17"}}}),
    ] {
        assert!(judge.validate(&wrong).is_err(), "{wrong} was let pass");
    }
    run(async {
        let server = Recorder::start(|_| {
            let part = json!({"inlineData": {"mimeType": "image/png", "data": picture()}});
            Reply::json(200, &json!({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]}))
        })
        .await;
        let mut judged = 0;
        for extra in [json!({}), json!({"image_size": "2K"}), json!({"image_config": "responseFormat"})] {
            let table = json!({"kind": "gemini", "model": "gemini-3.1-flash-image", "extra": extra});
            for (purpose, roles) in orders() {
                let requests = sent(&server, &table, &roles, purpose).await.expect("it does everything");
                let [request] = &requests[..] else { panic!("one request") };
                assert_eq!(request.path, "/v1/models/gemini-3.1-flash-image:generateContent");
                assert_eq!(request.header("x-goog-api-key"), Some(KEY));
                assert_eq!(request.header("authorization"), None);
                accepts(&judge, &request.json(), &format!("{table} {purpose:?} with {roles:?}"));
                judged += 1;
            }
        }
        assert_eq!(judged, 21);
    });
}

#[test]
fn the_judge_of_messages_counts_the_pictures_of_each_model() {
    let judge = vendor_schema("dashscope-messages");
    let image = json!({"image": format!("data:image/png;base64,{}", picture())});
    let text = json!({"text": "A quiet ground"});
    for (model, pictures, is_right) in [
        ("wan2.6-image", 0, false),
        ("wan2.6-image", 1, true),
        ("wan2.6-image", 4, true),
        ("wan2.6-image", 5, false),
        ("wan2.6-t2i", 0, true),
        ("wan2.6-t2i", 1, false),
        ("qwen-image-2.0", 0, true),
        ("qwen-image-2.0", 3, true),
        ("qwen-image-2.0", 4, false),
    ] {
        let mut content = vec![image.clone(); pictures];
        content.push(text.clone());
        let body = json!({"model": model, "input": {"messages": [{"role": "user", "content": content}]},
            "parameters": {"n": 1, "watermark": false, "prompt_extend": false}});
        assert_eq!(judge.validate(&body).is_ok(), is_right, "{model} with {pictures} pictures");
    }
}

#[test]
fn dashscope_gets_fields_that_it_knows() {
    run(async {
        let server = Recorder::start(|request| {
            if request.path == "/result.png" {
                return Reply { status: 200, headers: vec![], body: Bytes::from_static(PNG) };
            }
            let output = if request.header("x-dashscope-async") == Some("enable") {
                json!({"task_id": "0385dc79-5ff8-4d82-bcb6-000000000000", "task_status": "PENDING"})
            } else {
                let host = request.header("host").unwrap_or_default();
                let content = json!([{"image": format!("http://{host}/result.png")}]);
                json!({"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": content}}]})
            };
            Reply::json(200, &json!({"output": output, "request_id": "r-1"}))
        })
        .await;
        let mut judged = Vec::new();
        for (model, schema, path, is_task) in [
            ("qwen-image", "dashscope-messages", "multimodal-generation/generation", false),
            ("qwen-image-2.0", "dashscope-messages", "multimodal-generation/generation", false),
            ("qwen-image-edit", "dashscope-messages", "multimodal-generation/generation", false),
            ("qwen-image-edit-plus", "dashscope-messages", "multimodal-generation/generation", false),
            ("wan2.6-image", "dashscope-messages", "image-generation/generation", true),
            ("wan2.6-t2i", "dashscope-messages", "image-generation/generation", true),
            ("wan2.5-t2i-preview", "dashscope-words", "text2image/image-synthesis", true),
            ("wan2.5-i2i-preview", "dashscope-pictures", "image2image/image-synthesis", true),
            ("wanx2.1-imageedit", "dashscope-pictures", "image2image/image-synthesis", true),
        ] {
            let judge = vendor_schema(schema);
            assert!(judge.validate(&json!({"model": model, "input": {"prompt": ""}, "parameters": {}})).is_err());
            let extra = json!({"download_hosts": ["127.0.0.1"]});
            let native_mask = model == "wanx2.1-imageedit";
            let table = json!({"kind": "dashscope", "model": model, "native_mask": native_mask, "extra": extra});
            for (purpose, roles) in orders() {
                let Some(requests) = sent(&server, &table, &roles, purpose).await else { continue };
                let request = requests.first().expect("a request");
                check_envelope(request);
                assert_eq!(request.path, format!("/v1/services/aigc/{path}"), "{model}");
                assert_eq!(request.header("x-dashscope-async"), is_task.then_some("enable"), "{model}");
                accepts(&judge, &request.json(), &format!("{model} {purpose:?} with {roles:?}"));
                judged.push(model);
            }
            assert!(judged.contains(&model), "{model} was never asked");
        }
    });
}

#[test]
fn comfyui_gets_graphs_and_files_that_it_takes() {
    let judge = vendor_schema("comfyui-prompt");
    for wrong in [
        json!({"prompt": {}}),
        json!({"prompt": {"3": {"class_type": "KSampler"}}, "prompt_id": "00112233-4455-6677-8899-aabbccddeeff"}),
        json!({"prompt": {"3": {"class_type": "K", "inputs": {"model": ["4"]}}},
            "prompt_id": "00112233-4455-6677-8899-aabbccddeeff"}),
    ] {
        assert!(judge.validate(&wrong).is_err(), "{wrong} was let pass");
    }
    let folder = repository().join("tests/fixtures/vendor");
    let workflow = |name: &str| folder.join(name).display().to_string();
    run(async {
        let server = Recorder::start(|request| {
            if request.path == "/v1/upload/image" {
                return Reply::json(200, &json!({"name": "kept.png", "subfolder": "", "type": "input"}));
            }
            Reply::json(200, &json!({"prompt_id": request.json()["prompt_id"], "number": 1, "node_errors": {}}))
        })
        .await;
        let plate = json!({"kind": "comfyui", "extra": {"workflow": workflow("comfyui-plate.json"), "inputs": {
            "prompt": "6.text", "negative": "7.text", "seed": "3.seed", "width": "5.width", "height": "5.height",
            "output": "9"}}});
        let edit = json!({"kind": "comfyui", "native_mask": true, "extra": {
            "workflow": workflow("comfyui-edit.json"), "inputs": {"prompt": "6.text", "seed": "3.seed",
            "images": ["1.image"], "mask": "2.image", "output": "9"}}});
        for (table, purpose, roles, uploads) in
            [(&plate, Purpose::Plate, vec![], 0), (&edit, Purpose::EditMasked, vec![ImageRole::Base], 2)]
        {
            let requests = sent(&server, table, &roles, purpose).await.expect("it serves this");
            let (prompt, files) = requests.split_last().expect("requests");
            assert_eq!((prompt.path.as_str(), files.len()), ("/v1/prompt", uploads));
            check_envelope(prompt);
            accepts(&judge, &prompt.json(), &format!("{purpose:?}"));
            for file in files {
                check_envelope(file);
                assert_eq!(file.path, "/v1/upload/image");
                let parts = file.form().await;
                let [image, kind] = &parts[..] else { panic!("a picture and where it goes") };
                assert_eq!((image.name.as_str(), image.content_type.as_deref()), ("image", Some("image/png")));
                let ending = image.file_name.as_deref().and_then(|name| name.rsplit_once('.'));
                assert_eq!(ending.map(|(_, ending)| ending), Some("png"));
                assert_eq!((kind.name.as_str(), &kind.bytes[..]), ("type", &b"input"[..]));
            }
        }
    });
}
