import { operatorTabs, partnerTabs, type Tab } from "./tabs.ts";

export interface Asset {
  readonly file: string;
  readonly type: string;
}

const script = "text/javascript; charset=utf-8";

/** The files of the page, by the name they are asked for under `/graphiql/`. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  ["boot.js", { file: "boot.js", type: script }],
  ["graphiql.js", { file: "graphiql.js", type: script }],
  ["graphiql.css", { file: "graphiql.css", type: "text/css; charset=utf-8" }],
  ["editorWorkerService.js", { file: "editorWorkerService.js", type: script }],
  ["json.js", { file: "json.js", type: script }],
  ["graphql.js", { file: "graphql.js", type: script }],
]);

/** What the build tells the server. */
export interface Manifest {
  /** Changes with any of the files. */
  readonly version: string;
  /** The documents of the tabs, by file name. */
  readonly documents: Readonly<Record<string, string>>;
}

/**
 * GraphiQL keeps its tabs draggable, and places those that it opens with for a drag that never was: pressed, a tab would
 * jump from under the pointer and miss its click.
 */
const STEADY_TABS = ".graphiql-tab { transform: none !important; }";

/**
 * GraphiQL's page with the tabs of operators and of partners, their variables set for today. The browser knows whose key it
 * has, so it chooses.
 */
export function renderPage({ version, documents }: Manifest, now: number): string {
  const shown = (tab: Tab) => ({ query: documents[tab.file] ?? "", variables: tab.variables(now) });
  const tabs = { operator: operatorTabs.map(shown), partner: partnerTabs.map(shown) };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Syndigraph</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/graphiql/graphiql.css?v=${version}">
<style>${STEADY_TABS}</style>
</head>
<body class="no-focus-outline" data-version="${version}">
<noscript>GraphiQL needs JavaScript.</noscript>
<div id="root"></div>
<script id="tabs" type="application/json">${JSON.stringify(tabs).replaceAll("<", "\\u003c")}</script>
<script src="/graphiql/boot.js?v=${version}"></script>
<script src="/graphiql/graphiql.js?v=${version}"></script>
</body>
</html>
`;
}
