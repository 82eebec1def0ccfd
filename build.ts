import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import manifest from "./package.json" with { type: "json" };
import { graphiQLFiles } from "./src/http/graphiql/build.ts";

/**
 * Makes `dist`, the programs as production runs them, with all libraries but the drivers of databases inside: a few files
 * are opened at start instead of two thousand, and what nobody calls is left out. `--enable-source-maps` shows where a
 * stack trace stands in the sources. Another folder may be given as an argument.
 */
const folder = process.argv[2] ?? "dist";
const { outputFiles } = await build({
  entryPoints: { main: "src/main.ts", "sandbox/main": "src/sandbox/main.ts" },
  outdir: folder,
  write: false,
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
const files = new Map<string, string | Uint8Array>(
  outputFiles.map(({ path, contents }) => [relative(folder, path), contents] as const),
);
for (const [name, content] of await graphiQLFiles()) files.set(join("graphiql", name), content);

/** Lists the files of the newest build. */
const LIST = "build.json";

/**
 * Puts each file in its place by a rename, the programs behind all that they import. A process that starts meanwhile finds
 * one whole build: the files of the build before stay until the next.
 */
const isProgram = (name: string) => /^(sandbox\/)?main\.js$/.test(name);
const names = [...files.keys()].sort((a, b) => Number(isProgram(a)) - Number(isProgram(b)));
const previous = await readFile(join(folder, LIST), "utf8").then(
  (text) => JSON.parse(text) as string[],
  () => [],
);
for (const name of names) await put(name, files.get(name) ?? "");
await put(LIST, JSON.stringify(names));
const kept = new Set([...names, ...previous, LIST]);
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  const name = relative(folder, join(entry.parentPath, entry.name));
  if (entry.isFile() && !kept.has(name) && !isBeingWritten(name)) await rm(join(folder, name), { force: true });
}

async function put(name: string, content: string | Uint8Array): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  const written = `${path}.${process.pid}.new`;
  await writeFile(written, content);
  await rename(written, path);
}

/** Another build may run at the same time. */
function isBeingWritten(name: string): boolean {
  return name.endsWith(".new");
}
