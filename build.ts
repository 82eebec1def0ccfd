import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import manifest from "./package.json" with { type: "json" };
import { graphiQLFiles } from "./src/http/graphiql/build.ts";

/**
 * Builds `dist`, the programs as production runs them, with every library bundled except the database drivers.
 *
 * A bundle opens a few files at start in place of two thousand, and leaves out code that nothing calls. `dist/package.json`
 * lists the drivers, so `npm install --omit=dev` in that folder completes it. The first argument names another folder;
 * `--enable-source-maps` maps stack traces to the sources.
 */
const folder = process.argv[2] ?? "dist";
/** Libraries that stay outside: one driver is compiled for the machine, the other loads optional native code. */
const drivers = ["libsql", "pg"] as const;
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
  // The peer dependency is OpenTelemetry, which a deployment with traces brings along.
  external: [...drivers, ...Object.keys(manifest.peerDependencies)],
  // CommonJS can't be tree-shaken, so it is bundled only if a library has no ES module.
  mainFields: ["module", "main"],
  alias: {
    "graphql/execution/collectFields.js": "graphql/execution/collectFields.mjs",
    "graphql/execution/execute.js": "graphql/execution/execute.mjs",
  },
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  define: { "process.env.NODE_ENV": '"production"', "globalThis.process.env.NODE_ENV": '"production"' },
  // Identifiers keep their names: stack traces and logs contain them.
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
files.set("package.json", `${JSON.stringify(distManifest(), null, 2)}\n`);

/** File that lists the files of the newest build. */
const LIST = "build.json";

/**
 * Whether a file is written last: the programs come after everything that they import.
 *
 * Each file is renamed into its place, and the files of the previous build stay until the next one, so a process that starts
 * meanwhile finds one whole build.
 */
const isProgram = (name: string) => /^(sandbox\/)?main\.js$/.test(name);
const names = [...files.keys()].sort((a, b) => Number(isProgram(a)) - Number(isProgram(b)));
const previous = await readFile(join(folder, LIST), "utf8").then(
  (text) => JSON.parse(text) as string[],
  () => [],
);
for (const name of names) await put(name, files.get(name) ?? "");
await put(LIST, JSON.stringify(names));
const retained = new Set([...names, ...previous, LIST]);
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  const name = relative(folder, join(entry.parentPath, entry.name));
  if (entry.isFile() && !retained.has(name) && !isForeign(name)) await rm(join(folder, name), { force: true });
}

async function put(name: string, content: string | Uint8Array): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.new`;
  await writeFile(temporary, content, { mode: name === "main.js" ? 0o755 : 0o644 });
  await rename(temporary, path);
}

/** Whether a file belongs to a build that runs at the same time, or to `npm install` in the folder. */
function isForeign(name: string): boolean {
  return name.endsWith(".new") || name === "package-lock.json" || name.startsWith("node_modules");
}

/** Returns the package.json of the build: the drivers alone, at the versions that the tests ran with. */
function distManifest(): object {
  const { name, version, description, license, type, engines, peerDependencies, peerDependenciesMeta } = manifest;
  const dependencies = Object.fromEntries(drivers.map((driver) => [driver, manifest.dependencies[driver]]));
  // A shell that is replaced by the program can't keep SIGTERM from it; the second part is for Windows, which has no `exec`.
  const bin = { syndigraph: "main.js" };
  const scripts = { start: "exec node main.js || node main.js" };
  return {
    ...{ name, version, private: true, description, license, type, engines, bin, scripts, dependencies },
    ...{ peerDependencies, peerDependenciesMeta },
  };
}
