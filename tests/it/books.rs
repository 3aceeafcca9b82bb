//! What operators do about money, on the real program: statements, refunds over HTTP, bills, and a
//! doctor that sees what somebody did to the tables behind its back.

use serde_json::{Value, json};

use crate::support::{run, seller::Seller, server::Server};

const TOKEN: &str = "an-operators-token-of-more-than-32-characters";
const CREATE: &str = "mutation($i: CreateOrderInput!) { createOrder(input: $i) { __typename ... on CreateOrderSuccess { order { payment { url } } } ... on UserError { message } } }";

/// Buys credits in the sandbox.
async fn buy(seller: &Seller, key: &str, amount_yuan: i64) {
    let input = json!({ "idempotencyKey": key, "amountYuan": amount_yuan, "channel": "SANDBOX" });
    let answer = seller.graphql(CREATE, json!({ "i": input })).await;
    let url = answer["createOrder"]["order"]["payment"]["url"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let page = seller.http.get(url).send().await.expect("the pay page").text().await.expect("its text");
    let form = page.split("<form id=\"pay\"").nth(1).and_then(|rest| rest.split("</form>").next()).expect("the form");
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1).map(|input| {
        let (name, rest) = input.split_once("\" value=\"").expect("a field");
        format!("{name}={}", rest.split('"').next().expect("its value"))
    });
    let body = fields.collect::<Vec<_>>().join("&");
    let notify = seller.http.post(format!("{}/payments/sandbox/notify", seller.url)).body(body);
    let told = notify.header("content-type", "application/x-www-form-urlencoded").send().await.expect("an answer");
    assert_eq!(told.status().as_u16(), 200);
}

/// Asks for a refund and returns status and answer.
async fn refund(seller: &Seller, token: &str, key: Option<&str>, order: i64, wish: &Value) -> (u16, Value) {
    let request = seller.http.post(format!("{}/operator/orders/{order}/refund", seller.url)).bearer_auth(token);
    let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
    let answer = request.body(wish.to_string()).send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.expect("text")).unwrap_or_default())
}

async fn get(seller: &Seller, path: &str, token: Option<&str>) -> (u16, String) {
    let request = seller.http.get(format!("{}{path}", seller.url));
    let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

#[test]
fn operators_give_money_back_over_http_once_for_each_key() {
    run(async {
        let settings = [("HAIBAO_PAYMENTS__OPERATOR_TOKEN", TOKEN), ("HAIBAO_BILLING__WELCOME_CREDITS", "0")];
        let mut server = Server::start(&settings);
        let seller = server.seller("payer@example.com").await;
        buy(&seller, "a", 10).await;

        let wish = json!({ "amountFen": 300, "reason": "a part" });
        for wrong in ["", "x", &seller.token, &TOKEN[1..]] {
            assert_eq!(refund(&seller, wrong, Some("k1"), 1, &wish).await.0, 401);
            assert_eq!(get(&seller, "/operator/orders", Some(wrong)).await.0, 401);
        }
        assert_eq!(refund(&seller, TOKEN, None, 1, &wish).await.0, 400, "without a key");
        let asked = futures_util::future::join_all((0..20).map(|_| refund(&seller, TOKEN, Some("k1"), 1, &wish))).await;
        assert!(asked.iter().all(|answer| answer.0 == 200 && answer.1["refund"]["amountFen"] == 300), "{asked:?}");
        let other = json!({ "amountFen": 400, "reason": "a part" });
        assert_eq!(refund(&seller, TOKEN, Some("k1"), 1, &other).await.0, 409);
        for (order, wish, status) in [
            (1, json!({ "amountFen": 701, "reason": "" }), 422),
            (1, json!({ "amountFen": 5, "reason": "" }), 422),
            (1, json!({ "amountFen": -10, "reason": "" }), 422),
            (1, json!({ "amountFen": 1.5, "reason": "" }), 400),
            (1, json!({ "amount": 10, "reason": "" }), 400),
            (9, json!({ "reason": "" }), 404),
        ] {
            assert_eq!(refund(&seller, TOKEN, Some("k2"), order, &wish).await.0, status, "{wish}");
        }
        let (status, listed) = get(&seller, "/operator/orders?email=payer@example.com", Some(TOKEN)).await;
        let listed: Value = serde_json::from_str(&listed).expect("JSON");
        let refunds = listed["orders"][0]["refunds"].as_array().expect("refunds");
        assert_eq!((status, refunds.len(), &refunds[0]["state"]), (200, 1, &json!("succeeded")));

        let (status, statement) = get(&seller, "/statement.csv", Some(&seller.token)).await;
        assert_eq!(status, 200);
        let lines: Vec<&str> = statement.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(lines.len(), 3, "{statement}");
        assert!(lines[1].contains(",deposit,100,0,100,0,order_1,"), "{statement}");
        assert!(lines[2].contains(",refund,-30,0,70,0,order_1,"), "{statement}");
        assert_eq!(get(&seller, "/statement.csv", None).await.0, 401);

        let (code, adjusted) = server.command(&["credits", "adjust", "payer@example.com", "-20", "--note", "a test"]);
        assert!(code == 0 && adjusted.contains("50 credits"), "{adjusted}");
        assert_eq!(server.command(&["credits", "adjust", "payer@example.com", "-51", "--note", "x"]).0, 1);
        let (code, printed) = server.command(&["credits", "statement", "payer@example.com"]);
        assert!(code == 0 && printed.contains(",adjustment,-20,0,50,0,"), "{printed}");
        server.terminate();
        server.assert_healthy();
    });
}

#[test]
fn without_a_token_nothing_answers_there() {
    run(async {
        let server = Server::start(&[]);
        let seller = server.seller("payer@example.com").await;
        for token in ["", TOKEN] {
            assert_eq!(get(&seller, "/operator/orders", Some(token)).await.0, 404);
            assert_eq!(refund(&seller, token, Some("k"), 1, &json!({ "reason": "" })).await.0, 404);
        }
    });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test writes its own bills")]
fn the_doctor_reads_bills_and_the_audit_log() {
    run(async {
        let mut server = Server::start(&[("HAIBAO_BILLING__WELCOME_CREDITS", "0")]);
        let seller = server.seller("payer@example.com").await;
        buy(&seller, "a", 10).await;
        let (code, listed) = server.command(&["orders", "list", "--json"]);
        let order: Value = serde_json::from_str(listed.lines().next().unwrap_or_default()).expect("an order");
        assert_eq!(code, 0);
        let (number, trade_no) =
            (order["outTradeNo"].as_str().expect("text"), order["tradeNo"].as_str().expect("text"));
        let bill = server.data_dir().join("bill.csv");
        let argument = format!("sandbox={}", bill.display());
        let header = "out_trade_no,trade_no,amount";
        for (line, healthy, says) in [
            (format!("{number},{trade_no},10.00"), true, "1 orders of the bill compared"),
            (format!("{number},{trade_no},10.01"), false, "bill-amount-agrees"),
            (format!("hb77tx,{trade_no},10.00"), false, "bill-order-unknown"),
            (String::new(), false, "order-in-bill"),
        ] {
            std::fs::write(&bill, format!("{header}\n{line}\n")).expect("written");
            let days = ["doctor", "--bill", &argument, "--bill-days", "2000-01-01..2999-12-31"];
            let (code, printed) = server.command(&days);
            assert!((code == 0) == healthy && printed.contains(says), "{line}: {printed}");
        }
        std::fs::write(&bill, [0xff, 0xfe, b'\n']).expect("written");
        let (code, printed) = server.command(&["doctor", "--bill", &argument]);
        assert!(code == 1 && printed.contains("iconv"), "{printed}");

        server.terminate();
        let (code, report) = server.command(&["doctor", "--json"]);
        let json_of = |text: &str| -> Value {
            let end = text.rfind("\n}").expect("an object") + 2;
            serde_json::from_str(&text[text.find('{').expect("an object")..end]).expect("JSON")
        };
        let report = json_of(&report);
        let lines = report["auditLog"]["lines"].as_i64().expect("a number");
        assert!(code == 0 && lines >= 2 && report["auditLog"]["head"].as_str().is_some_and(|head| head.len() == 64));

        let database = server.database().await;
        let txn = database.write().await.expect("a transaction");
        for sql in ["DROP TRIGGER audit_log_never_updated", "UPDATE audit_log SET actor = 'user:9' WHERE seq = 1"] {
            sea_orm::ConnectionTrait::execute_unprepared(&txn, sql).await.expect("planted");
        }
        txn.commit().await.expect("committed");
        database.close().await.expect("closed");
        let (code, report) = server.command(&["doctor", "--json"]);
        let report = json_of(&report);
        assert_eq!((code, &report["findings"][0]["id"]), (1, &json!("audit-log-is-whole")), "{report}");
    });
}
