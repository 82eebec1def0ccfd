import { rm } from "node:fs/promises";
import { build } from "esbuild";
import manifest from "./package.json" with { type: "json" };
import { buildGraphiQL } from "./src/server/graphiql/build.ts";

/**
 * Makes `dist`, the programs as production runs them, with all libraries but the drivers of databases inside: a few files
 * are opened at start instead of two thousand, and what nobody calls is left out. `--enable-source-maps` shows where a
 * stack trace stands in the sources.
 */
await rm("dist", { recursive: true, force: true });
await build({
  entryPoints: { main: "src/main.ts", "sandbox/main": "src/sandbox/main.ts" },
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  // Drivers, one of which is compiled for the machine, and OpenTelemetry, which whoever wants traces brings along.
  external: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
  // What can't be shaken is taken only where a library has nothing else.
  mainFields: ["module", "main"],
  alias: {
    "graphql/execution/collectFields.js": "graphql/execution/collectFields.mjs",
    "graphql/execution/execute.js": "graphql/execution/execute.mjs",
  },
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  define: { "process.env.NODE_ENV": '"production"', "globalThis.process.env.NODE_ENV": '"production"' },
  // Names stay as they are: stack traces and logs tell them.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 120,
  legalComments: "external",
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
});
await buildGraphiQL("dist/graphiql");
