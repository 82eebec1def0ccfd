// Starts GraphiQL in the browser: finds the caller's key, and hands it to every request. The key stands behind `#key=` in
// the address that the gateway prints, which browsers do not send to servers; it lives as long as the browser tab.

self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) =>
    new URL(`graphiql/${label}.js?v=${document.body.dataset.version}`, document.baseURI).href,
};

// The page is served at the address of the graph, under whatever path a proxy puts it.
const ENDPOINT = location.pathname;
const KEY = "syndigraph-key";
const OWNER = "syndigraph-owner";

const WHO_ASKS = `{ me { role partner { id streams(first: 10) { nodes {
  name subscribeTokens(first: 10) { nodes { tokenId trackingId isUsable } } } } } } }`;

window.addEventListener("DOMContentLoaded", async () => {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname);
  }
  const key = sessionStorage.getItem(KEY);
  const caller = key && (await callerOf(key));
  if (caller) open(key, caller);
  else askForKey(key !== null);
});

/** Whose key it is, empty if that can't be told; null when the key is refused. */
async function callerOf(key) {
  const response = await fetch(ENDPOINT, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: WHO_ASKS }),
  });
  if (response.status === 401) return null;
  const answer = await response.json().catch(() => null);
  return answer?.data?.me ?? {};
}

function tabsOf({ role, partner }) {
  const { operator, partner: partners } = JSON.parse(document.querySelector("#tabs").textContent);
  const own = firstToken(partner);
  // A variable that is null is the partner's own to fill in.
  const fill = (name, value) => value ?? own[name] ?? null;
  return (role === "PARTNER" ? partners : operator).map(({ query, variables }) => ({
    query,
    variables: Object.keys(variables).length > 0 ? JSON.stringify(variables, fill, 2) : "",
  }));
}

/** The first token that opens a stream now, as the variables of the signing tab. */
function firstToken(partner) {
  for (const { name, subscribeTokens } of partner?.streams?.nodes ?? []) {
    const token = subscribeTokens?.nodes.find(({ isUsable }) => isUsable);
    if (token) return { parent: token.tokenId, stream: name, trackingId: token.trackingId };
  }
  return {};
}

function open(key, caller) {
  const defaultTabs = tabsOf(caller);
  const owner = caller.partner?.id ?? caller.role;
  // Tabs and history are kept for who wrote them, and who may come back with another key.
  if (owner && owner !== sessionStorage.getItem(OWNER)) {
    sessionStorage.clear();
    sessionStorage.setItem(KEY, key);
    sessionStorage.setItem(OWNER, owner);
  }
  const saved = JSON.parse(sessionStorage.getItem("graphiql:tabState"));
  const { query, variables } = saved?.tabs[saved.activeTabIndex] ?? defaultTabs[0];
  YogaGraphiQL.renderYogaGraphiQL(document.querySelector("#root"), {
    title: "Syndigraph",
    logo: " ",
    endpoint: ENDPOINT,
    additionalHeaders: { authorization: `Bearer ${key}` },
    defaultTabs,
    // The tab that is in front. Told only half of it, GraphiQL adds a tab of its own guess.
    query,
    variables,
    // Documents may hold tokens: they are kept for this browser tab only, and never in its address.
    storage: sessionStorage,
    shouldPersistHeaders: false,
    onEditQuery: () => {},
  });
}

// Words that people look for, and the words of the graph for them.
const MEANINGS = {
  leak: ["untracked", "unsecured", "findings"],
  steal: ["untracked", "unsecured", "findings"],
  owe: ["bill"],
  invoice: ["bill"],
  revenue: ["bill"],
  money: ["bill"],
  price: ["bill"],
  customer: ["partner"],
};
const MAX_RESULTS = 100;

/**
 * Results of the docs' search: names that begin with the word or have it as a later part, then descriptions with it, then names
 * that contain it anywhere.
 */
self.searchDocs = (schema, current, query) => {
  const word = query.trim();
  const found = { within: [], types: [], fields: [] };
  if (word === "") return found;
  const escaped = word.replace(/[^\w ]/g, "\\$&");
  const capitalized = escaped[0].toUpperCase() + escaped.slice(1);
  const meanings = Object.entries(MEANINGS).flatMap(([name, words]) =>
    word.length > 2 && (name.startsWith(word.toLowerCase()) || word.toLowerCase().startsWith(name)) ? words : [],
  );
  const inNames = new RegExp(`^${escaped}|_${escaped}`, "i");
  const inParts = new RegExp(`[a-z]${capitalized}`);
  const inTexts = new RegExp(`\\b(?:${[escaped, ...meanings].join("|")})`, "i");
  const anywhere = new RegExp(escaped, "i");
  const named = ({ name }) => inNames.test(name) || inParts.test(name);
  const described = ({ name, description }) => inTexts.test(description ?? "") || inTexts.test(name);
  // Types by their text only if nothing else is found: a type says less than the field that leads to it.
  const ranks = [
    { matches: named, hasTypes: true },
    { matches: (item) => !named(item) && described(item), hasTypes: false },
    { matches: (item) => !named(item) && !described(item) && anywhere.test(item.name), hasTypes: true },
  ];
  const types = Object.values(schema.getTypeMap()).filter((type) => type !== current && !type.name.startsWith("__"));
  const first = [current, schema.getQueryType()].filter((type, at, all) => type?.name && all.indexOf(type) === at);
  for (const { matches, hasTypes } of ranks) {
    for (const type of new Set([...first, ...types])) {
      if (hasTypes && type !== current && (matches(type) || type.getValues?.().some(matches)))
        found.types.push({ type });
      for (const field of Object.values(type.getFields?.() ?? {})) {
        const results = matches(field)
          ? [{ type, field }]
          : (field.args ?? []).filter(matches).map((argument) => ({ type, field, argument }));
        found[type === current ? "within" : "fields"].push(...results);
      }
    }
    const count = found.within.length + found.types.length + found.fields.length;
    if (count >= MAX_RESULTS) break;
  }
  if (found.within.length + found.types.length + found.fields.length === 0) {
    found.types.push(
      ...types.filter((type) => described(type) || type.getValues?.().some(described)).map((type) => ({ type })),
    );
  }
  const within = found.within.slice(0, MAX_RESULTS);
  const fields = found.fields.slice(0, MAX_RESULTS - within.length);
  return { within, types: distinct(found.types).slice(0, MAX_RESULTS - within.length - fields.length), fields };
};

function distinct(results) {
  return [...new Map(results.map((result) => [result.type, result])).values()];
}

function askForKey(wasRejected) {
  const form = document.createElement("form");
  form.style.cssText = "font: 16px system-ui; max-width: 28rem; margin: 20vh auto; display: grid; gap: 1rem";
  const title = document.createElement("h1");
  title.textContent = "Syndigraph";
  title.style.cssText = "font-size: 1.5rem; margin: 0";
  const about = document.createElement("p");
  about.textContent =
    "The graph of live streams, the partners they are syndicated to, and their usage. Broadcasters enter the operator's key or " +
    "one made by createApiKey; partners the key that the broadcaster has given them. The key stays in this browser tab.";
  about.style.cssText = "margin: 0";
  const label = document.createElement("label");
  label.textContent = wasRejected ? "The key was refused. Another one:" : "Your key:";
  const input = document.createElement("input");
  Object.assign(input, { type: "password", name: "key", required: true, autocomplete: "off", autofocus: true });
  input.style.cssText = "font: inherit; display: block; width: 100%; margin-top: .5rem; padding: .5rem";
  const button = document.createElement("button");
  button.textContent = "Open Syndigraph";
  button.style.cssText = "font: inherit; padding: .5rem";
  label.append(input);
  form.append(title, about, label, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, input.value);
    location.reload();
  });
  document.querySelector("#root").replaceChildren(form);
}
