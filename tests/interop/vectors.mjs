// Messages that the channels' Node libraries sign, and what these libraries make of altered ones; and, with `judge`, our
// signatures before their eyes.
import { readFileSync, writeFileSync } from 'node:fs';
import { strict as assert } from 'node:assert';
import { AlipaySdk } from 'alipay-sdk';
import Stripe from 'stripe';

const [, , step, folder] = process.argv;
const key = (name) => readFileSync(new URL(`../fixtures/payments/${name}.pem`, import.meta.url), 'utf8');
const bare = (pem) => pem.replace(/-----[^-]+-----|\s/g, '');
const COUNT = 500;
const SECRET = 'whsec_interop_secret_of_the_endpoint';
const NOW = 1767225600;

// The same numbers at every run, so that a disagreement can be looked at again.
let seed = 42;
const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
const ALPHABET = [...'abcXYZ0189 %+&=/?#"\'\\<>\u6d77\u62a5\u00e9\u{1f3a8}\t,;:.~*'];
const text = (max) => Array.from({ length: random(max) }, () => ALPHABET[random(ALPHABET.length)]).join('');

function accepts(check) {
  try {
    return check() !== false;
  } catch {
    return false;
  }
}

if (step === 'make') {
  const stripe = new Stripe('sk_test_interop');
  const vectors = [];
  for (let i = 0; i < COUNT; i++) {
    const number = `hb${i}t${random(1e9)}`;
    const object = {
      object: 'checkout.session', livemode: false, client_reference_id: number, metadata: { haibao_out_trade_no: number, note: text(30) },
      payment_status: 'paid', status: 'complete', currency: 'cny', amount_total: 1 + random(500000), payment_intent: `pi_${i}`,
    };
    const event = { id: `evt_${i}`, object: 'event', type: 'checkout.session.completed', livemode: false, data: { object } };
    const payload = JSON.stringify(event, null, random(3));
    const header = stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET, timestamp: NOW });
    const changed = payload.replace(/amount_total": ?\d/, (found) => found.slice(0, -1) + ((Number(found.at(-1)) % 9) + 1));
    for (const [body, signature] of [[payload, header], [changed, header], [payload, header.replace(/v1=./, (f) => (f.endsWith('0') ? 'v1=1' : 'v1=0'))]]) {
      const theirs = accepts(() => stripe.webhooks.constructEvent(body, signature, SECRET, 300, undefined, NOW * 1000));
      vectors.push({ body, header: signature, accepted: theirs });
    }
  }
  writeFileSync(`${folder}/stripe-node.json`, JSON.stringify(vectors));
  console.log(`stripe (npm): ${vectors.length} call-backs, ${vectors.filter((v) => v.accepted).length} genuine`);
} else {
  // A judge that holds our public key where it would hold Alipay's.
  const judge = new AlipaySdk({ appId: '2021000000000001', privateKey: bare(key('ours-private')), keyType: 'PKCS8', alipayPublicKey: bare(key('ours-public')) });
  const pages = JSON.parse(readFileSync(`${folder}/alipay-pages.json`, 'utf8'));
  for (const page of pages) {
    const fields = Object.fromEntries(new URL(page).searchParams);
    assert.ok(judge.checkNotifySignV2(fields), `alipay-sdk refuses our signature of ${page}`);
    assert.ok(!judge.checkNotifySignV2({ ...fields, biz_content: `${fields.biz_content} ` }), 'a changed page is refused');
  }
  const alipay = new AlipaySdk({ appId: '2021000000000001', privateKey: bare(key('ours-private')), keyType: 'PKCS8', alipayPublicKey: bare(key('theirs-public')) });
  const told = JSON.parse(readFileSync(`${folder}/alipay-python.json`, 'utf8'));
  for (const { fields, accepted } of told) assert.equal(alipay.checkNotifySignV2(fields), accepted, JSON.stringify(fields));
  console.log(`alipay-sdk (npm): accepts ${pages.length} pages of ours, agrees on ${told.length} call-backs`);
}
