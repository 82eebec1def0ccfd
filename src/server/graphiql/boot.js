// Starts GraphiQL in the browser: finds the operator's key, and hands it to every request. The key stands behind `#key=`
// in the address that the gateway prints, which browsers do not send to servers; it lives as long as the browser tab.

self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) => `/graphiql/${label}.js?v=${document.body.dataset.version}`,
};

const KEY = "syndigraph-key";

window.addEventListener("DOMContentLoaded", async () => {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname);
  }
  const key = sessionStorage.getItem(KEY);
  if (key && (await isAccepted(key))) open(key);
  else askForKey(key !== null);
});

async function isAccepted(key) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: "{ __typename }" }),
  });
  return response.status !== 401;
}

function open(key) {
  const defaultTabs = JSON.parse(document.querySelector("#tabs").textContent);
  const isFirstVisit = sessionStorage.getItem("graphiql:tabs") === null;
  YogaGraphiQL.renderYogaGraphiQL(document.querySelector("#root"), {
    title: "Syndigraph",
    logo: " ",
    endpoint: "/graphql",
    additionalHeaders: { authorization: `Bearer ${key}` },
    defaultTabs,
    // GraphiQL fills in the variables of every tab but the one that it opens with.
    ...(isFirstVisit && { variables: defaultTabs[0].variables }),
    // Documents may hold tokens: they are kept for this browser tab only, and never in its address.
    storage: sessionStorage,
    shouldPersistHeaders: false,
    onEditQuery: () => {},
  });
}

function askForKey(wasRefused) {
  const form = document.createElement("form");
  form.style.cssText = "font: 16px system-ui; max-width: 28rem; margin: 20vh auto; display: grid; gap: 1rem";
  const label = document.createElement("label");
  label.textContent = wasRefused ? "The key was refused. Another one:" : "Key:";
  const input = document.createElement("input");
  Object.assign(input, { type: "password", name: "key", required: true, autocomplete: "off", autofocus: true });
  input.style.cssText = "font: inherit; display: block; width: 100%; margin-top: .5rem; padding: .5rem";
  const button = document.createElement("button");
  button.textContent = "Open Syndigraph";
  button.style.cssText = "font: inherit; padding: .5rem";
  label.append(input);
  form.append(label, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, input.value);
    location.reload();
  });
  document.querySelector("#root").replaceChildren(form);
}
