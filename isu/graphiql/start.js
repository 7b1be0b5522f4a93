"use strict";

const place = document.getElementById("graphiql");
const HISTORY = new Set(["graphiql:queries", "graphiql:favorites"]);
const first = place.textContent.trim();

// Not GraphiQL's createFetcher: it asks for multipart answers and tells its programmer, not
// its reader, when something is missing. Subscriptions go out as any query: the server says no.
async function ask(operation, { headers } = {}) {
  const response = await fetch(window.location.pathname, {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json;q=0.9",
      "Content-Type": "application/json",
      ...headers,
    },
    body: JSON.stringify(operation),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    const status = `${response.status} ${response.statusText}`.trim();
    return { errors: [{ message: `The server answered ${status}: ${text.slice(0, 500)}` }] };
  }
}

// An API key must not stay behind in the browser. `shouldPersistHeaders` below sees to the tabs,
// but the history would keep the headers of every query that was run.
const storage = GraphiQL.createLocalStorage({ namespace: "isu" });
const keep = storage.setItem;
storage.setItem = (key, value) => keep(key, HISTORY.has(key) ? withoutHeaders(value) : value);

function withoutHeaders(history) {
  const hide = (name, value) => (name === "headers" ? "" : value);
  return JSON.stringify(JSON.parse(history), hide);
}

ReactDOM.createRoot(place).render(
  React.createElement(GraphiQL, {
    fetcher: ask,
    defaultTabs: [{ query: first }],
    defaultQuery: "", // of every further tab
    inputValueDeprecation: true,
    schemaDescription: true,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    storage,
  }),
);
