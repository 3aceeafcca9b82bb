//! A partner's address is a stranger's choice: none of them leads into our network.

use super::*;
use crate::domain::validation::Refusal;

#[tokio::test]
async fn private_addresses_are_refused_when_an_endpoint_is_made_and_when_it_is_told() {
    let office = Office::open().await;
    office.endpoint(&[WebhookKind::GenerationCompleted]).await;
    let strict = webhooks(&office.house, false);
    for (url, refusal) in [
        ("", Refusal::Malformed),
        ("not an address", Refusal::Malformed),
        ("https://user:secret@example.com/", Refusal::Malformed),
        ("https://example.com/#part", Refusal::Malformed),
        ("http://example.com/", Refusal::NotAllowed),
        ("ftp://example.com/", Refusal::NotAllowed),
        ("file:///etc/passwd", Refusal::Malformed),
        (&format!("https://example.com/{}", "a".repeat(2000)), Refusal::TooLong),
    ]
    .into_iter()
    .chain(PRIVATE.iter().map(|host| (*host, Refusal::NotAllowed)))
    {
        let url = if url.contains("://") || url.contains(' ') || url.is_empty() {
            url.to_owned()
        } else {
            format!("https://{url}/hook")
        };
        let input = CreateEndpoint { url: url.clone(), description: None, kinds: vec![WebhookKind::OrderPaid] };
        match strict.create(&office.me, input).await.unwrap() {
            EndpointOutcome::Invalid(fields) => {
                assert_eq!((fields[0].path.as_str(), fields[0].refusal), ("url", refusal), "{url}");
            }
            EndpointOutcome::Done { .. } => panic!("{url} is taken"),
        }
    }
    // An endpoint from before the rule became strict is not told either.
    office.happen(&office.me, SET, &completed()).await;
    Courier::new(strict, true).deliver_due().await.unwrap();
    assert_eq!(office.tries().await[0].outcome, WebhookOutcome::PrivateAddress);
    assert!(office.partner.take().is_empty());
}

/// Forms of addresses inside a network, in every spelling that a parser may take.
const PRIVATE: [&str; 60] = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0177.0.0.1",
    "0177.0x0.0.1",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "１２７.0.0.1",
    "①②⑦.⓪.⓪.①",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "lOcAlHoSt",
    "0.0.0.0",
    "0",
    "00",
    "0.0.0.1",
    "10.0.0.1",
    "10.255.255.255",
    "0xa.0.0.1",
    "012.0.0.1",
    "167772161",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.257",
    "3232235521",
    "169.254.169.254",
    "169.254.43518",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
];

#[tokio::test]
async fn names_that_lead_home_are_not_connected_to() {
    let office = Office::open().await;
    // Past the check of its spelling, by the resolver alone: `localhost.` stands for any name of a stranger's.
    let port = office.partner.url.rsplit(':').next().unwrap().split('/').next().unwrap().to_owned();
    let wire = crate::webhooks::WebhookWire::new(Duration::from_secs(5), false).unwrap();
    for name in ["localhost.", "ip6-localhost"] {
        let url = format!("https://{name}:{port}/hook");
        let hook = crate::webhooks::Hook { url: &url, id: "delivery_1", timestamp_s: 0, signature: "", body: "{}" };
        let answer = wire.send(&hook).await;
        assert_ne!(answer.outcome, WebhookOutcome::Delivered, "{name}");
    }
    assert!(office.partner.take().is_empty());
}
