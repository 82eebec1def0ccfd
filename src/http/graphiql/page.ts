import { operatorTabs, partnerTabs, type Tab } from "./tabs.ts";

export interface Asset {
  readonly file: string;
  readonly type: string;
}

const script = "text/javascript; charset=utf-8";

/** Files of the page by their name under `/graphiql/`. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  ["boot.js", { file: "boot.js", type: script }],
  ["graphiql.js", { file: "graphiql.js", type: script }],
  ["graphiql.css", { file: "graphiql.css", type: "text/css; charset=utf-8" }],
  ["editorWorkerService.js", { file: "editorWorkerService.js", type: script }],
  ["json.js", { file: "json.js", type: script }],
  ["graphql.js", { file: "graphql.js", type: script }],
]);

/** Manifest that the build writes for the server. */
export interface Manifest {
  /** Hash of all files. */
  readonly version: string;
  /** Documents of the tabs by file name. */
  readonly documents: Readonly<Record<string, string>>;
}

/** Stops GraphiQL from moving the initial tabs, as for a drag, when they are pressed: the click would miss them. */
const STEADY_TABS = ".graphiql-tab { transform: none !important; }";

/** On a narrow screen GraphiQL's columns become rows: tabs, document, answer, and its buttons at the bottom; the docs cover them. */
const NARROW_SCREEN = `@media (max-width: 700px) {
  .graphiql-container:has(> .graphiql-sidebar) { flex-direction: column-reverse; }
  .graphiql-sidebar { flex-direction: row !important; width: auto !important; padding: 2px 8px !important; position: relative; z-index: 30; }
  .graphiql-sidebar button { margin-top: 0 !important; }
  .graphiql-main { min-height: 0; position: relative; overflow: hidden; }
  .graphiql-plugin:not([style*="-1000px"]) { position: absolute; inset: 0; z-index: 20; max-width: none !important;
    background: hsl(var(--color-base)); }
  .graphiql-main > .graphiql-horizontal-drag-bar, .graphiql-logo, .graphiql-sessions > div:last-child > .graphiql-horizontal-drag-bar
    { display: none !important; }
  .graphiql-sessions { margin: 4px !important; padding: 0 !important; min-width: 0; }
  .graphiql-session-header { min-width: 0; }
  .graphiql-sessions > div:last-child { display: flex; flex-direction: column; padding: 0 !important; min-height: 0; }
  .graphiql-editors, .graphiql-response { flex: 1 1 50% !important; min-height: 0; min-width: 0; width: 100%; }
  .graphiql-query-editor { flex-direction: column; padding: 8px !important; gap: 0 !important; }
  .graphiql-toolbar { flex-direction: row !important; width: auto !important; }
  .graphiql-editor-tool { min-height: 0; }
}`;

/**
 * Returns GraphiQL's page, whose links are relative so that a proxy may serve it under any path, with the tabs of operators and of partners, and variables for the given day. The browser chooses between
 * them by the key that it holds.
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
<link rel="stylesheet" href="graphiql/graphiql.css?v=${version}">
<style>${STEADY_TABS}${NARROW_SCREEN}</style>
</head>
<body class="no-focus-outline" data-version="${version}">
<noscript>GraphiQL needs JavaScript.</noscript>
<div id="root"></div>
<script id="tabs" type="application/json">${JSON.stringify(tabs).replaceAll("<", "\\u003c")}</script>
<script src="graphiql/boot.js?v=${version}"></script>
<script src="graphiql/graphiql.js?v=${version}"></script>
</body>
</html>
`;
}
