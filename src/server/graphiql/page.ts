import { type Tab, tabs } from "./tabs.ts";

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

/** GraphiQL's page with its tabs, their variables set for today. */
export function renderPage({ version, documents }: Manifest, now: number): string {
  const shown = tabs.map((tab) => ({ query: documents[tab.file] ?? "", variables: variablesOf(tab, now) }));
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
<script id="tabs" type="application/json">${JSON.stringify(shown).replaceAll("<", "\\u003c")}</script>
<script src="/graphiql/boot.js?v=${version}"></script>
<script src="/graphiql/graphiql.js?v=${version}"></script>
</body>
</html>
`;
}

function variablesOf({ variables }: Tab, now: number): string {
  const set = variables(now);
  return Object.keys(set).length > 0 ? JSON.stringify(set, null, 2) : "";
}
