// The catalogue, read from the API with the key that is asked for and kept for this tab alone.

const KEY = "outward.key";
const METRICS = { acknowledge: "Acknowledged within", update: "Updates every", resolve: "Done within" };
const PARTIES = { requester: "you", customer: "the customer", third_party: "a third party" };
const DAYS = { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" };
const SVG = "http://www.w3.org/2000/svg";

const at = (id) => document.getElementById(id);
const address = new URLSearchParams(location.search);
let entries = [];
let asked = 0;

function made(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function read(path) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(KEY)}` };
  const response = await fetch(path, { headers, cache: "no-store" });
  const body = await response.json();
  if (!response.ok) throw new Refused(response.status, body.detail ?? body.title);
  return body;
}

async function readAll(path, parameters = {}) {
  const items = [];
  let cursor = null;
  do {
    const query = new URLSearchParams({ ...parameters, limit: "200", ...(cursor ? { cursor } : {}) });
    const page = await read(`${path}?${query}`);
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

function duration(seconds) {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [hours ? `${hours} h` : "", rest ? `${rest} min` : ""].filter(Boolean).join(" ");
}

function weekly(hours) {
  const told = [];
  for (const day of Object.keys(DAYS)) {
    const open = (hours[day] ?? []).map(([from, to]) => `${from}–${to}`).join(", ");
    if (!open) continue;
    const last = told.at(-1);
    const follows = last && Object.keys(DAYS).indexOf(day) === Object.keys(DAYS).indexOf(last.to) + 1;
    if (follows && last.open === open) last.to = day;
    else told.push({ from: day, to: day, open });
  }
  if (told.length === 1 && told[0].from === "mon" && told[0].to === "sun" && told[0].open === "00:00–24:00")
    return "around the clock";
  const days = ({ from, to }) => (from === to ? DAYS[from] : `${DAYS[from]}–${DAYS[to]}`);
  return told.map((part) => `${days(part)} ${part.open}`).join("; ");
}

const percent = (share) => `${Math.floor(share * 100)} %`;
const quality = (share) => (share >= 0.95 ? "good" : share >= 0.8 ? "fair" : "poor");

function bar(share) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", `bar ${quality(share)}`);
  picture.setAttribute("viewBox", "0 0 100 6");
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true");
  const filled = document.createElementNS(SVG, "rect");
  filled.setAttribute("width", String(share * 100));
  filled.setAttribute("height", "6");
  picture.append(filled);
  return picture;
}

function reached(windows) {
  const [short, long] = windows;
  if (long.attainment === null) return [made("small", {}, "nothing decided in 90 days")];
  const share = made("span", { className: `share ${quality(long.attainment)}` }, percent(long.attainment));
  const lately = short.attainment === null ? "none in 30 days" : `${percent(short.attainment)} in 30 days`;
  return [bar(long.attainment), made("small", {}, share, ` of ${long.decided} in time · ${lately}`)];
}

function target(promise, metric) {
  const cell = made("td");
  cell.dataset.metric = METRICS[metric];
  const promised = promise.targets.find((each) => each.metric === metric);
  if (!promised) {
    cell.className = "none";
    cell.append("–");
    return cell;
  }
  cell.append(made("b", {}, duration(promised.seconds)));
  const others = Object.entries(promised.by_priority).filter(([, seconds]) => seconds);
  if (others.length)
    cell.append(made("small", {}, others.map(([name, seconds]) => `${name}: ${duration(seconds)}`).join(" · ")));
  cell.append(...reached(promised.reached));
  return cell;
}

function towards(promise) {
  const conditions = [promise.requester ? promise.requester.name : "Everybody"];
  if (promise.priorities) conditions.push(promise.priorities.join(", "));
  if (promise.customer_tiers) conditions.push(`${promise.customer_tiers.join(", ")} customers`);
  const hours = promise.business_hours;
  const paused = promise.pause_on.map((party) => PARTIES[party]);
  return made(
    "td",
    {},
    made("b", {}, conditions.join(" · ")),
    made("small", { title: promise.name }, `${weekly(hours.hours)}, ${hours.timezone.replaceAll("_", " ")}`),
    paused.length ? made("small", {}, `stands still while it waits for ${paused.join(" or ")}`) : null,
  );
}

function promises(entry) {
  if (!entry.promises.length) return made("p", {}, "Nothing is promised for this.");
  const metrics = Object.keys(METRICS).filter((metric) =>
    entry.promises.some((promise) => promise.targets.some((each) => each.metric === metric)),
  );
  const heads = ["For whom", ...metrics.map((metric) => METRICS[metric])];
  return made(
    "table",
    {},
    made("thead", {}, made("tr", {}, ...heads.map((head) => made("th", { scope: "col" }, head)))),
    made(
      "tbody",
      {},
      ...entry.promises.map((promise) =>
        made("tr", {}, towards(promise), ...metrics.map((metric) => target(promise, metric))),
      ),
    ),
  );
}

function card(entry) {
  const name = entry.name ?? "Anything else";
  return made(
    "article",
    {},
    made("h3", {}, name, entry.kind ? made("span", { className: "kind" }, entry.kind) : null),
    entry.description ? made("p", {}, entry.description) : null,
    entry.required_fields.length ? made("p", {}, `Please say: ${entry.required_fields.join(", ")}.`) : null,
    promises(entry),
  );
}

function matches(entry, words) {
  const text = [entry.name, entry.key, entry.kind, entry.description, entry.provider.name, entry.provider.key]
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

function show() {
  const words = at("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  const byProvider = new Map();
  for (const entry of entries.filter((each) => matches(each, words))) {
    if (!byProvider.has(entry.provider.key)) byProvider.set(entry.provider.key, []);
    byProvider.get(entry.provider.key).push(entry);
  }
  at("departments").replaceChildren(
    ...[...byProvider].map(([key, [first]]) => made("a", { href: `#${encodeURIComponent(key)}` }, first.provider.name)),
  );
  at("catalogue").replaceChildren(
    ...[...byProvider].map(([key, own]) =>
      made("section", { id: key }, made("h2", {}, own[0].provider.name, made("small", {}, key)), ...own.map(card)),
    ),
  );
  say(byProvider.size ? "" : entries.length ? "Nothing in the catalogue goes by these words." : "The catalogue is empty.");
}

function say(words, wrong = false) {
  at("status").textContent = words;
  at("status").className = wrong ? "wrong" : "";
}

function askForKey(why = "") {
  sessionStorage.removeItem(KEY);
  entries = [];
  asked += 1;
  at("catalogue").replaceChildren();
  at("departments").replaceChildren();
  at("as-of").textContent = "";
  at("controls").hidden = true;
  at("sign-in").hidden = false;
  at("key").value = "";
  say(why, Boolean(why));
  at("key").focus();
}

async function load() {
  const mine = (asked += 1);
  at("sign-in").hidden = true;
  say("Reading…");
  try {
    if (at("requester").length === 1) {
      const departments = await readAll("/v1/departments", { sort: "name" });
      at("requester").append(...departments.map((each) => new Option(each.name, each.id)));
      at("requester").value = departments.find((each) => each.key === address.get("for"))?.id ?? "";
    }
    const requester = at("requester").value;
    const found = await readAll("/v1/catalogue", requester ? { requester_department_id: requester } : {});
    if (mine !== asked) return;
    entries = found;
    at("controls").hidden = false;
    const seenBy = requester ? `, as ${at("requester").selectedOptions[0].text} sees it` : "";
    const time = new Date().toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
    at("as-of").textContent = `As of ${time}${seenBy}.`;
    show();
    if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  } catch (problem) {
    if (mine !== asked) return;
    if (problem.status === 401) askForKey("This key is not valid, or no longer.");
    else if (problem.status === 403) askForKey("This key may not read the catalogue.");
    else say(problem instanceof Refused ? problem.message : "The service does not answer; try again later.", true);
  }
}

at("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, at("key").value.trim());
  load();
});
at("forget").addEventListener("click", () => askForKey());
at("find").addEventListener("input", show);
at("requester").addEventListener("change", load);
if (sessionStorage.getItem(KEY)) load();
else askForKey();
