// The page of the simulator. It reads the control API below `/_simulator/` and shows what it reads.
// Every button sends one request to the control API.
"use strict";

// ---- The control API

class Problem extends Error {}

async function api(method, path, body) {
  const options = { method, cache: "no-store" };
  if (body) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const response = await fetch("/_simulator/" + path, options);
  const text = await response.text();
  const json = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Problem(json.detail);
  return json;
}

const orderPath = ({ id, unit }, action = "") =>
  `orders/${encodeURIComponent(id)}${action}` + (unit ? `?merchantSerialNumber=${encodeURIComponent(unit)}` : "");

// ---- The state

const SHOWN = 50;

const state = {
  changes: null,
  // The screen of the phone: `camera`, `order`, `redirect`, `checkIn`, `code` or `error`.
  screen: { kind: "camera" },
  keys: null,
};

async function load() {
  const [clock, orders, codes, webhooks, journal, deliveries, faults] = await Promise.all([
    api("GET", "clock"),
    api("GET", `orders?latest=${SHOWN}`),
    api("GET", "codes"),
    api("GET", "webhooks"),
    api("GET", `journal?latest=${SHOWN}`),
    api("GET", `deliveries?latest=${SHOWN}`),
    api("GET", "faults"),
  ]);
  state.keys ??= await api("GET", "keys");
  Object.assign(state, { clock, orders, journal, deliveries, ...codes, ...webhooks, ...faults });
  state.ahead = Date.parse(clock.now) - Date.now();
  const { screen } = state;
  if (screen.kind === "order") {
    const found = orders.orders.find((order) => isAt(order, screen.at));
    screen.order = found ?? (await api("GET", orderPath(screen.at)).catch(() => null));
    if (!screen.order) state.screen = { kind: "camera" };
  }
}

const isAt = (order, { id, unit }) => order.orderId === id && order.merchantSerialNumber === unit;

function showOrder(order) {
  state.screen = { kind: "order", at: { id: order.orderId, unit: order.merchantSerialNumber }, order };
}

// ---- Elements

// Creates an element. Children are elements, texts, lists of these, or nothing.
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(2).filter((child) => child != null && child !== false));
  return element;
}

// A button that runs an action with these data.
const button = (action, label, data = {}, style = null) =>
  h("button", { type: "button", class: style, "data-do": action, ...attributesOf(data) }, label);

const attributesOf = (data) => Object.fromEntries(Object.entries(data).map(([name, value]) => [`data-${name}`, value]));

// Replaces the children of an element, and changes only what differs: what is open stays open, what
// is typed stays typed, and the focus stays where it is. Children with an id are found by it, others
// by their position.
function update(old, children) {
  const before = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  const ids = new Set(children.map((child) => child.id));
  const remove = () => {
    const removed = place;
    place = place.nextSibling;
    removed.remove();
  };
  let place = old.firstChild;
  for (const child of children) {
    while (place?.id && !ids.has(place.id)) remove();
    const isSame = place && !place.id && !child.id && place.nodeName === child.nodeName;
    const same = child.id ? before.get(child.id) : isSame ? place : null;
    if (!same) {
      old.insertBefore(child, place);
      continue;
    }
    if (same === place) place = place.nextSibling;
    else old.insertBefore(same, place);
    if (same.nodeType === Node.TEXT_NODE) {
      if (same.nodeValue !== child.nodeValue) same.nodeValue = child.nodeValue;
    } else if (!same.isEqualNode(child)) {
      updateAttributes(same, child);
      update(same, [...child.childNodes]);
    }
  }
  while (place) remove();
}

function updateAttributes(old, fresh) {
  const isKept = ({ name }) => name === "open" || name === "hidden";
  for (const attribute of [...old.attributes]) {
    if (!isKept(attribute) && !fresh.hasAttribute(attribute.name)) old.removeAttribute(attribute.name);
  }
  for (const attribute of fresh.attributes) {
    if (!isKept(attribute) && old.getAttribute(attribute.name) !== attribute.value) {
      old.setAttribute(attribute.name, attribute.value);
    }
  }
}

// ---- Formats

// Formats an amount of minor units: `1 234.50 kr`, with a thin space between thousands.
function money(minor, currency) {
  const units = Math.abs(minor);
  const whole = String(Math.floor(units / 100)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const unit = currency === "NOK" ? "kr" : currency;
  return `${minor < 0 ? "\u2212" : ""}${whole}.${String(units % 100).padStart(2, "0")}\u00a0${unit}`;
}

const time = (text) => h("time", { datetime: text, title: text }, new Date(text).toISOString().slice(11, 19));

const countdown = (until) => h("span", { class: "countdown", "data-until": Date.parse(until) }, timeLeft(Date.parse(until)));

function timeLeft(until) {
  const left = Math.max(0, Math.ceil((until - simulatorTime()) / 1000));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

const simulatorTime = () => (state.clock.frozen ? Date.parse(state.clock.now) : Date.now() + state.ahead);

const pretty = (body) => (typeof body === "string" ? body : JSON.stringify(body, null, 2));

const picture = (text, alt) =>
  h("img", { class: "qr", src: `/_simulator/codes/${encodeURIComponent(text)}/image`, alt, width: 160, height: 160 });

const heading = (label, count) => h("div", { class: "head" }, h("h2", {}, label), count ? h("span", { class: "count" }, String(count)) : null);

// The label of each status, and its colour in the style sheet.
const STATUSES = {
  waiting: ["Waiting", "waiting"],
  scanned: ["Scanned", "scanned"],
  reserved: ["Reserved", "reserved"],
  partlyCaptured: ["Partly captured", "captured"],
  captured: ["Captured", "captured"],
  partlyRefunded: ["Partly refunded", "refunded"],
  refunded: ["Refunded", "refunded"],
  cancelled: ["Cancelled", "cancelled"],
  rejected: ["Rejected", "refused"],
  declined: ["Declined", "refused"],
  expired: ["Expired", "expired"],
};

function chip(status) {
  const [label, tone] = STATUSES[status];
  return h("span", { class: `chip ${tone}` }, label);
}

// ---- The clock

const STEPS = [[60, "+1 min"], [300, "+5 min"], [600, "+10 min"], [86400, "+1 day"]];

function clock() {
  const now = new Date(state.clock.now);
  const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeZone: "UTC" }).format(now);
  return [
    h("p", { class: "now" },
      h("strong", {}, h("time", { id: "now" }, now.toISOString().slice(11, 19))),
      h("span", { class: "soft" }, `UTC, ${date}${state.clock.frozen ? ", frozen" : ""}`)),
    h("div", { class: "steps" }, STEPS.map(([seconds, label]) => button("advance", label, { seconds }))),
  ];
}

// ---- The phone

const waits = (order) => order.status === "waiting" || order.status === "scanned";

const dataOf = (order) => ({ order: order.orderId, unit: order.merchantSerialNumber });

function phone() {
  const { screen } = state;
  const screens = { camera, order: phoneOrder, redirect, checkIn, code: personalCode, error: failure };
  return [
    h("div", { class: "glass", role: "status" }, screens[screen.kind](screen)),
    screen.kind === "camera" ? null : h("div", { class: "home" }, button("close", "Close", {}, "ghost")),
  ].filter(Boolean);
}

function camera() {
  const next = state.orders.orders.findLast(waits);
  return [
    h("div", { class: "finder", "aria-hidden": "true" }),
    h("h2", {}, "Scan to pay"),
    next
      ? [h("p", { class: "soft" }, "Next order: ", h("strong", {}, next.orderId)), button("scan", "Scan it", dataOf(next), "main")]
      : h("p", { class: "soft" }, "Press Scan at a code on this page, or paste the text of a code."),
    h("form", { class: "any", "data-do": "scan" },
      h("label", { class: "hidden", for: "text" }, "Text of a code, link to its image, landing page or order id"),
      h("input", { id: "text", name: "order", placeholder: "Code or order id", autocomplete: "off", spellcheck: "false", required: true }),
      h("button", {}, "Scan")),
    button("code", "Show my own code", {}, "ghost"),
  ];
}

function phoneOrder({ order }) {
  return [
    h("p", { class: "shop" }, `Sales unit ${order.merchantSerialNumber}`),
    h("p", { class: "sum" }, money(order.amount, order.currency)),
    h("p", { class: "what" }, order.description),
    waits(order) ? decision(order) : outcome(order),
  ];
}

function decision(order) {
  if (order.shippingPending) return h("p", { class: "soft" }, "Waiting for the shipping methods of the merchant…");
  return [
    h("div", { class: "choice" },
      shipping(order),
      button("approve", "Approve", dataOf(order), "main"),
      button("reject", "Reject", dataOf(order), "ghost")),
    h("p", { class: "soft" }, "Time left ", countdown(order.expiresAt)),
  ];
}

function shipping({ shippingMethods, currency }) {
  if (!shippingMethods) return null;
  const choices = shippingMethods.map((method) =>
    h("label", {},
      h("input", { type: "radio", name: "shipping", value: method.id, checked: method.preferred }),
      h("span", {}, method.name),
      h("span", { class: "money" }, money(method.amount, currency))));
  return h("fieldset", {}, h("legend", {}, "Shipping"), choices);
}

function outcome(order) {
  const sum = (minor) => money(minor, order.currency);
  const texts = {
    reserved: "You approved. The amount is reserved until the merchant captures it.",
    partlyCaptured: `You paid ${sum(order.captured)}.`,
    captured: `You paid ${sum(order.captured)}.`,
    partlyRefunded: `${sum(order.refunded)} was refunded to you.`,
    refunded: `${sum(order.refunded)} was refunded to you.`,
    cancelled: "The merchant cancelled the payment. Nothing is reserved.",
    rejected: "You rejected the payment. Nothing was paid.",
    declined: "The issuer declined your card. Nothing was paid.",
    expired: "The payment expired. Nothing was paid.",
  };
  const isLink = /^https?:/.test(order.returnUrl ?? "");
  return [
    h("p", {}, chip(order.status)),
    h("p", { class: "soft" }, texts[order.status]),
    isLink ? h("p", { class: "url" }, h("a", { href: order.returnUrl, rel: "noreferrer noopener" }, "Back to the shop")) : null,
  ];
}

function redirect({ url }) {
  const isLink = url.startsWith("https://");
  return [
    h("h2", {}, "The code opens this page"),
    h("p", { class: "url" }, isLink ? h("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, url) : url),
  ];
}

function checkIn({ name }) {
  return [h("h2", {}, "You are checked in"), h("p", { class: "what" }, name), h("p", { class: "soft" }, "The journal shows the webhook of the merchant.")];
}

function personalCode({ text }) {
  return [h("h2", {}, "Show this code to the cashier"), picture(text, "Your own QR code"), h("code", { class: "text" }, text)];
}

function failure({ reason }) {
  return [h("h2", {}, "Not possible"), h("p", { class: "reason" }, reason)];
}

// ---- The orders

function orders() {
  const { orders: shown, total } = state.orders;
  const severalUnits = new Set(shown.map((order) => order.merchantSerialNumber)).size > 1;
  return [
    heading("Orders", total),
    ...(total ? [] : [h("div", { class: "empty" },
      h("p", {}, h("strong", {}, "No orders yet.")),
      h("p", {}, "Start a payment with the keys of this simulator. The order appears here."),
      exports())]),
    ...shown.toReversed().map((order) => orderCard(order, severalUnits)),
    ...older(total - shown.length, "orders"),
  ];
}

const older = (count, what) => (count > 0 ? [h("p", { class: "more" }, `${count} older ${what} are not shown.`)] : []);

function orderCard(order, severalUnits) {
  const isOpen = waits(order);
  return h("article", { id: `order-${order.merchantSerialNumber}-${order.orderId}`, class: isOpen ? "order" : "order over", "aria-label": `Order ${order.orderId}`, tabindex: -1 },
    h("div", { class: "code" }, order.qrText ? picture(order.qrText, `QR code of order ${order.orderId}`) : h("div", { class: "nocode" }, "no code to scan")),
    h("div", { class: "body" },
      h("div", { class: "title" }, h("h3", {}, order.orderId), chip(order.status)),
      h("div", { class: "price" },
        h("p", { class: "sum" }, money(order.amount, order.currency)),
        h("p", { class: "what" }, order.description, severalUnits ? h("span", { class: "soft" }, ` · sales unit ${order.merchantSerialNumber}`) : null)),
      isOpen && [
        h("div", { class: "choice" },
          button("approve", "Approve", dataOf(order), "main"),
          button("scan", "Scan", dataOf(order)),
          button("reject", "Reject", dataOf(order), "ghost"),
          h("span", { class: "soft left" }, countdown(order.expiresAt), " left")),
        order.qrText ? h("code", { class: "text" }, order.qrText) : null,
      ],
      h("ol", { class: "timeline" }, steps(order).map(step)),
      sums(order)));
}

const EFFECTS = {
  reserve: ["Reserved", "reserved"],
  sale: ["Captured directly", "captured"],
  capture: ["Captured", "captured"],
  refund: ["Refunded", "refunded"],
  release: ["Released", "cancelled"],
};

// The steps of an order, oldest first: time, label, colour and amount.
function steps(order) {
  const steps = [[order.createdAt, "Started", "waiting", order.amount]];
  if (order.scannedAt) steps.push([order.scannedAt, "Scanned", "scanned"]);
  for (const effect of order.effects) steps.push([effect.time, ...EFFECTS[effect.kind], effect.amount]);
  if (order.endedAt) steps.push([order.endedAt, ...STATUSES[order.status]]);
  return steps.map((parts) => [...parts.slice(0, 3), parts[3] === undefined ? null : money(parts[3], order.currency)]);
}

const step = ([at, label, tone, amount]) =>
  h("li", { class: tone }, time(at), h("span", {}, label), amount ? h("span", { class: "money" }, amount) : null);

function sums(order) {
  if (!order.effects.length) return null;
  const rows = [["Reserved", order.reserved], ["Captured", order.captured], ["Refunded", order.refunded], ["Released", order.released]];
  return h("dl", { class: "sums" },
    rows.filter(([, minor]) => minor).map(([label, minor]) => h("div", {}, h("dt", {}, label), h("dd", {}, money(minor, order.currency)))),
    h("div", { class: "total" }, h("dt", {}, "Paid"), h("dd", {}, money(order.captured - order.refunded, order.currency))));
}

// ---- The keys

// The shell commands that direct a client to this simulator.
function exports() {
  const lines = [
    ["VIPPS_BASE_URL", location.origin],
    ["VIPPS_CLIENT_ID", state.keys.clientId],
    ["VIPPS_CLIENT_SECRET", state.keys.clientSecret],
    ["VIPPS_SUBSCRIPTION_KEY", state.keys.subscriptionKey],
    ["VIPPS_MERCHANT_SERIAL_NUMBER", state.keys.merchantSerialNumber],
  ];
  const text = lines.map(([name, value]) => `export ${name}='${value}'\n`).join("");
  return h("div", {},
    h("div", { class: "copy" },
      h("pre", { tabindex: 0 }, `${text}cargo run --example till`),
      navigator.clipboard ? button("copy", "Copy", {}, "ghost") : null),
    h("p", { class: "soft" }, "The keys are valid for this simulator only."));
}

// ---- The faults

const PRESETS = [
  ["eCom capture: response lost", "The money moves once, and the connection breaks before the response.", { kind: "loseResponse", operation: "capture_payment_using_post", times: 1 }],
  ["ePayment capture: response lost", "The money moves once, and the connection breaks before the response.", { kind: "loseResponse", operation: "capture_payment", times: 1 }],
  ["Too many requests", "Every request gets status 429 with Retry-After: 2.", { kind: "status", status: 429, retryAfter: 2 }],
  ["Out of service", "Every request gets status 503 and has no effect.", { kind: "status", status: 503 }],
  ["No tokens", "The token request gets status 500.", { kind: "status", status: 500, operation: "fetch_authorization_token_using_post" }],
  ["Slow responses", "Every response is delayed by 3 seconds.", { kind: "delay", seconds: 3 }],
  ["Callbacks lost", "No eCom callback is sent.", { kind: "loseRequest", operation: "payment_callback" }],
  ["Webhooks lost", "No ePayment webhook is sent. Each is retried later.", { kind: "loseRequest", operation: "payment_event" }],
];

function faults() {
  const rows = state.faults.map((fault) =>
    h("li", { id: `fault-${fault.id}` },
      h("div", {},
        h("h3", {}, fault.description),
        h("p", { class: "soft" }, `For ${fault.operation ?? "every request"}${fault.orderId ? ` of order ${fault.orderId}` : ""}.`),
        h("p", { class: "hits" }, `${fault.hits ? `applied ${fault.hits} ×` : "not applied yet"}${fault.exhausted ? ", used up" : ""}`)),
      button("removeFault", "Remove", { fault: fault.id, "fault-name": fault.description }, "on")));
  const presets = PRESETS.map(([title, text], index) =>
    h("li", { id: `preset-${index}` },
      h("div", {}, h("h3", {}, title), h("p", { class: "soft" }, text)),
      h("button", { type: "button", "data-do": "addFault", "data-preset": index, "aria-label": `Add: ${title}` }, "Add")));
  return [h("ul", { class: "switches" }, rows, presets)];
}

// ---- The printed codes

const CODES = { redirect: ["Redirect", "Scan"], checkIn: ["Check-in", "Check in"], beacon: ["MobilePay beacon", "Check in"] };

function codes() {
  const cards = state.codes.slice(0, SHOWN).map((code) => {
    const [kind, label] = CODES[code.kind];
    const text = code.text ?? code.id;
    return h("li", { class: "printed", id: `${code.kind}-${code.merchantSerialNumber}-${code.id}` },
      code.text ? picture(code.text, `${kind} code ${code.id}`) : null,
      h("div", {},
        h("p", { class: "kind" }, kind),
        h("h3", {}, code.id),
        h("p", { class: "goal" }, code.url ? `to ${code.url}` : code.description ?? `Sales unit ${code.merchantSerialNumber}`),
        code.expiresAt ? h("p", { class: "soft" }, "expires in ", countdown(code.expiresAt)) : null,
        button("scan", label, { order: text, name: code.description ?? code.id })));
  });
  return [
    heading("Printed codes", state.codes.length),
    cards.length ? h("ul", { class: "cards" }, cards) : h("p", { class: "soft" }, "Merchant redirect codes and merchant callback codes appear here."),
  ];
}

// ---- The webhooks and their deliveries

function webhooks() {
  const cards = state.webhooks.slice(0, SHOWN).map((webhook) => {
    const sent = state.deliveries.deliveries.filter((delivery) => delivery.webhookId === webhook.id).toReversed();
    return h("li", { class: "printed", id: `webhook-${webhook.id}` },
      h("div", {},
        h("p", { class: "kind" }, webhook.merchantSerialNumber ? `Sales unit ${webhook.merchantSerialNumber}` : "All sales units"),
        h("h3", { class: "goal" }, webhook.url),
        h("p", { class: "events" }, webhook.events.join(", ")),
        sent.length ? h("ul", { class: "sent" }, sent.slice(0, 10).map(sentWebhook)) : h("p", { class: "soft" }, "Nothing was sent yet.")));
  });
  return [
    heading("Webhooks", state.webhooks.length),
    cards.length ? h("ul", { class: "cards wide" }, cards) : h("p", { class: "soft" }, "Registered URLs appear here, with the messages that were sent to them."),
  ];
}

const sentWebhook = (delivery) =>
  h("li", {},
    time(delivery.time),
    deliveryStatus(delivery),
    h("span", { class: "goal" }, delivery.operation, delivery.body?.reference ? ` of ${delivery.body.reference}` : null),
    h("span", { class: "soft" }, `attempt ${delivery.attempt}`, delivery.nextAttemptAt ? [", next at ", time(delivery.nextAttemptAt)] : null));

function deliveryStatus({ outcome, status }) {
  const labels = { pending: "…", failed: "failed", notRouted: "unsent", lost: "lost" };
  if (outcome === "responded") return verdict(status);
  return h("span", { class: outcome === "failed" || outcome === "lost" ? "status bad" : "status" }, labels[outcome]);
}

const verdict = (status) => h("span", { class: !status ? "status" : status < 400 ? "status good" : "status bad" }, status ? String(status) : "—");

// ---- The journal: requests, and messages to the merchant

function journal() {
  const { entries } = state.journal;
  const { deliveries } = state.deliveries;
  const total = state.journal.total + state.deliveries.total;
  const lines = [...entries.map((entry) => [entry.time, requestLine(entry)]), ...deliveries.map((delivery) => [delivery.time, deliveryLine(delivery)])];
  // `sort` is stable, so lines of the same time keep their order.
  lines.sort(([a], [b]) => Date.parse(a) - Date.parse(b));
  const shown = lines.slice(-SHOWN).toReversed();
  return [
    heading("Journal", total),
    ...(total ? [] : [h("p", { class: "soft" }, "Requests, and messages to the merchant, appear here, with secrets hidden.")]),
    ...shown.map(([, line]) => line),
    ...older(total - shown.length, "lines"),
  ];
}

function requestLine(entry) {
  return h("details", { class: "line", id: `in-${entry.number}` },
    h("summary", {},
      time(entry.time),
      verdict(entry.status),
      h("span", { class: "method" }, entry.method),
      h("span", { class: "path" }, entry.path, entry.errorCode ? h("span", { class: "error-code" }, `error ${entry.errorCode}`) : null),
      h("span", { class: "took" }, entry.durationSeconds === undefined ? "" : duration(entry.durationSeconds)),
      entry.note ? h("span", { class: "note" }, entry.note) : null),
    h("dl", { class: "about" },
      h("dt", {}, "Operation"), h("dd", {}, entry.operation ?? "none"),
      entry.query ? [h("dt", {}, "Query"), h("dd", {}, entry.query)] : null,
      entry.headers.map(({ name, value }) => [h("dt", {}, name), h("dd", {}, value)])),
    body("Request", entry.requestBody),
    body("Response", entry.responseBody));
}

const duration = (seconds) => (seconds < 0.001 ? `${Math.round(seconds * 1e6)} µs` : `${Math.round(seconds * 1e3)} ms`);

function deliveryLine(delivery) {
  const notRouted = delivery.outcome === "notRouted" ? "Not sent: the simulator has no address for this URL (--forward-callbacks, or Simulator::route)." : null;
  const note = delivery.note ?? delivery.reason ?? notRouted;
  return h("details", { class: "line out", id: `out-${delivery.number}` },
    h("summary", {},
      time(delivery.time),
      deliveryStatus(delivery),
      h("span", { class: "method" }, delivery.method),
      h("span", { class: "path" }, delivery.url),
      h("span", { class: "took" }, "to the merchant"),
      note ? h("span", { class: "note" }, note) : null),
    h("dl", { class: "about" },
      h("dt", {}, "Operation"), h("dd", {}, delivery.operation),
      h("dt", {}, "Attempt"), h("dd", {}, String(delivery.attempt)),
      delivery.nextAttemptAt ? [h("dt", {}, "Next attempt"), h("dd", {}, delivery.nextAttemptAt)] : null),
    body("Request", delivery.body));
}

const body = (label, content) => (content === undefined ? null : [h("h4", {}, label), h("pre", { tabindex: 0 }, pretty(content))]);

// ---- Drawing

function draw() {
  const live = state.faults.filter((fault) => !fault.exhausted).length;
  const count = document.getElementById("fault-count");
  count.textContent = live ? `${live} active` : "none";
  count.className = live ? "chip refused" : "soft";
  const container = document.activeElement?.closest("[tabindex='-1'][id]")?.id;
  const parts = { clock, phone, orders, codes, webhooks, journal, "fault-list": faults, "key-list": () => [exports()] };
  for (const [id, render] of Object.entries(parts)) update(document.getElementById(id), render());
  // An action can remove its own button. The focus then moves to the order or the phone around it.
  if (container && document.activeElement === document.body) document.getElementById(container)?.focus({ preventScroll: true });
  tick();
}

function tick() {
  if (!state.clock || state.clock.frozen) return;
  document.getElementById("now").textContent = new Date(simulatorTime()).toISOString().slice(11, 19);
  for (const element of document.querySelectorAll("[data-until]")) element.textContent = timeLeft(Number(element.dataset.until));
}

// ---- The actions of the buttons

const at = ({ order, unit }) => ({ id: order, unit });

const actions = {
  async scan(data) {
    document.getElementById("phone").scrollIntoView({ block: "nearest" });
    const scanned = await api("POST", orderPath(at(data), "/scan"));
    if (scanned.kind === "payment") showOrder(await api("GET", orderPath(at(data))));
    else if (scanned.kind === "redirect") state.screen = { kind: "redirect", url: scanned.url };
    else state.screen = { kind: "checkIn", name: data.name ?? scanned.merchantQrId };
  },
  async approve(data) {
    const chosen = document.querySelector("#phone [name=shipping]:checked");
    const isShown = state.screen.kind === "order" && isAt(state.screen.order, at(data));
    const shippingMethodId = isShown ? chosen?.value : undefined;
    showOrder(await api("POST", orderPath(at(data), "/approve"), { shippingMethodId }));
  },
  async reject(data) {
    showOrder(await api("POST", orderPath(at(data), "/reject")));
  },
  async code() {
    state.screen = { kind: "code", ...(await api("POST", "personal-codes")) };
  },
  close() {
    state.screen = { kind: "camera" };
  },
  advance: ({ seconds }) => api("POST", "clock/advance", { seconds: Number(seconds) }),
  addFault: ({ preset }) => api("POST", "faults", PRESETS[preset][2]),
  removeFault: ({ fault }) => api("DELETE", `faults/${fault}`),
  async copy(_, element) {
    await navigator.clipboard.writeText(element.parentElement.querySelector("pre").textContent);
    element.textContent = "Copied";
  },
};

async function run(action, data, element) {
  try {
    await actions[action](data, element);
    draw();
    await load();
  } catch (error) {
    // A failed fetch means that the simulator has stopped, which `follow` shows.
    if (!(error instanceof Problem)) return;
    state.screen = { kind: "error", reason: error.message };
  }
  draw();
}

document.addEventListener("click", (event) => {
  const element = event.target.closest("button[data-do]");
  if (element) run(element.dataset.do, element.dataset, element);
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const order = new FormData(form).get("order").trim();
  form.reset();
  run(form.dataset.do, { order }, form);
});

// ---- The connection

function connected(isConnected) {
  const connection = document.getElementById("connection");
  connection.textContent = isConnected ? "live" : "connecting…";
  connection.className = isConnected ? "link live" : "link away";
}

// Loads everything after each change.
async function follow() {
  for (;;) {
    try {
      const { changes } = await api("GET", "health");
      if (changes !== state.changes) {
        await load();
        draw();
        state.changes = changes;
      }
      connected(true);
    } catch (error) {
      connected(false);
      if (error instanceof Problem) document.getElementById("connection").textContent = error.message;
    }
    await new Promise((done) => setTimeout(done, 300));
  }
}

// A browser that opens the landing page of a payment gets this page, and the phone shows the payment.
async function openLandingPage() {
  if (location.pathname === "/") return;
  const path = orderPath({ id: location.href });
  history.replaceState(null, "", "/");
  try {
    showOrder(await api("GET", path));
  } catch (error) {
    state.screen = { kind: "error", reason: error.message };
  }
}

setInterval(tick, 250);
openLandingPage().then(follow);
