// Tests of a shop against vipps-simulator, with Node's test runner and no dependencies.
//
//     cargo build --features simulator-bin --bin vipps-simulator
//     export VIPPS_SIMULATOR=target/debug/vipps-simulator
//     node --test examples/clients/javascript/payment.test.mjs

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, test } from 'node:test';

const CAPTURE = 'capture_payment_using_post';
const WEBHOOK = 'https://shop.example.com/webhooks';
const callbacks = new EventEmitter();
const received = new Map();
let shop;
let simulator;
let ready;
let keys;

// Stands for the shop's web server, which receives callbacks of eCom and webhooks of ePayment.
const receive = async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  response.end();
  const raw = Buffer.concat(parts);
  const body = JSON.parse(raw);
  const id = body.orderId ?? body.reference;
  received.set(id, { path: request.url, headers: request.headers, raw, body });
  callbacks.emit(id);
};

// Waits for the callback or the webhook of a payment.
const callback = async (id) => {
  const signal = AbortSignal.timeout(10_000);
  if (!received.has(id)) await once(callbacks, id, { signal });
  return received.get(id);
};

// Checks the signature of a webhook. `url` is the registered one, and `body` the raw bytes.
const isGenuine = (secret, url, headers, body) => {
  const { host, pathname, search } = new URL(url);
  const hash = createHash('sha256').update(body).digest('base64');
  const signed = `POST\n${pathname}${search}\n${headers['x-ms-date']};${host};${hash}`;
  const signature = createHmac('sha256', secret).update(signed).digest('base64');
  const expected = `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`;
  const [sent, wanted] = [headers.authorization ?? '', expected].map((text) => Buffer.from(text));
  return sent.length === wanted.length && timingSafeEqual(sent, wanted);
};

const send = async (method, path, body, headers = {}) => {
  const response = await fetch(ready.base_url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
};

const api = (method, path, body, headers) => send(method, path, body, { ...keys, ...headers });

// The control API needs no keys.
const control = (method, path, body) => send(method, `/_simulator/${path}`, body);

// Starts a payment and returns the text of its QR code.
const start = async (orderId) => {
  const payment = await api('POST', '/ecomm/v2/payments', {
    customerInfo: {},
    merchantInfo: {
      merchantSerialNumber: ready.merchant_serial_number,
      callbackPrefix: 'https://shop.example.com/callbacks',
      fallBack: 'https://shop.example.com/result',
    },
    transaction: { orderId, amount: 49900, transactionText: 'Socks' },
  });
  const accept = { accept: 'text/targetUrl' };
  return (await api('POST', '/qr/v1', { url: payment.body.url }, accept)).body.url;
};

const capture = (orderId, key) => {
  const body = {
    merchantInfo: { merchantSerialNumber: ready.merchant_serial_number },
    transaction: { amount: 49900, transactionText: 'Socks' },
  };
  return api('POST', `/ecomm/v2/payments/${orderId}/capture`, body, { 'x-request-id': key });
};

const order = async (orderId) => (await control('GET', `orders/${orderId}`)).body;

before(async () => {
  shop = createServer(receive).listen(0, '127.0.0.1');
  await once(shop, 'listening');
  const forward = `http://127.0.0.1:${shop.address().port}`;
  simulator = spawn(
    process.env.VIPPS_SIMULATOR ?? 'vipps-simulator',
    ['--clock', 'frozen', '--forward-callbacks', forward],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = await once(createInterface({ input: simulator.stdout }), 'line');
  ready = JSON.parse(line);
  const token = await send('POST', '/accesstoken/get', undefined, {
    client_id: ready.client_id,
    client_secret: ready.client_secret,
    'ocp-apim-subscription-key': ready.subscription_key,
  });
  keys = {
    authorization: `Bearer ${token.body.access_token}`,
    'ocp-apim-subscription-key': ready.subscription_key,
    'merchant-serial-number': ready.merchant_serial_number,
  };
});

after(async () => {
  simulator.kill('SIGTERM');
  await once(simulator, 'exit');
  shop.closeAllConnections();
  shop.close();
});

beforeEach(() => control('POST', 'reset'));

test('the customer pays by QR code', async () => {
  const code = encodeURIComponent(await start('order-1'));
  const scanned = await control('POST', `orders/${code}/scan`);
  assert.equal(scanned.body.orderId, 'order-1');
  await control('POST', 'orders/order-1/approve', { phoneNumber: '98765432' });
  const { path, body } = await callback('order-1');
  assert.equal(path, '/callbacks/v2/payments/order-1');
  assert.equal(body.transactionInfo.status, 'RESERVED');
  assert.equal((await capture('order-1', 'key-1')).status, 200);
  assert.equal((await order('order-1')).captured, 49900);
});

test('the customer refuses', async () => {
  await start('order-2');
  await control('POST', 'orders/order-2/reject');
  assert.equal((await callback('order-2')).body.transactionInfo.status, 'CANCELLED');
  const approved = await control('POST', 'orders/order-2/approve');
  assert.equal(approved.status, 409);
  assert.equal(approved.body.code, 'alreadyFinal');
});

test('the response is lost after the money moved', async () => {
  await start('order-3');
  await control('POST', 'orders/order-3/approve');
  await control('POST', 'faults', { operation: CAPTURE, kind: 'loseResponse', times: 1 });
  await assert.rejects(capture('order-3', 'key-3'));
  assert.equal((await order('order-3')).captured, 49900);
  // The same idempotency key: the money moves once.
  assert.equal((await capture('order-3', 'key-3')).status, 200);
  assert.equal((await order('order-3')).captured, 49900);
  const journal = await control('GET', `journal?operation=${CAPTURE}&orderId=order-3`);
  assert.equal(journal.body.entries.length, 2);
});

test('the webhook of an approval is genuine', async () => {
  const events = ['epayments.payment.authorized.v1'];
  const webhook = await api('POST', '/webhooks/v1/webhooks', { url: WEBHOOK, events });
  await api('POST', '/epayment/v1/payments', {
    amount: { currency: 'NOK', value: 49900 },
    paymentMethod: { type: 'WALLET' },
    reference: 'acme-order-5',
    paymentDescription: 'Socks',
    userFlow: 'WEB_REDIRECT',
    returnUrl: 'https://shop.example.com/thanks',
  }, { 'idempotency-key': 'acme-order-5-create' });
  await control('POST', 'orders/acme-order-5/approve');
  const { headers, raw, body } = await callback('acme-order-5');
  assert.equal(body.name, 'AUTHORIZED');
  const { secret } = webhook.body;
  assert.ok(isGenuine(secret, WEBHOOK, headers, raw));
  assert.ok(!isGenuine(secret, WEBHOOK, headers, Buffer.concat([raw, Buffer.from(' ')])));
  assert.ok(!isGenuine(`${secret}x`, WEBHOOK, headers, raw));
});

test('the payment expires', async () => {
  await start('order-4');
  await control('POST', 'clock/advance', { seconds: 600 });
  assert.equal((await order('order-4')).status, 'expired');
  assert.equal((await callback('order-4')).body.transactionInfo.status, 'REJECTED');
});
