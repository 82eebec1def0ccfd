import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Manifest } from "./page.ts";

const source = fileURLToPath(new URL(".", import.meta.url));

/**
 * Returns the files of GraphiQL by name, compressed. They come from a package that bundles GraphiQL, so that the page needs
 * no CDN and production no package.
 */
export async function graphiQLFiles(): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const library = await import("@graphql-yoga/render-graphiql/graphiql");
  const sources = new Map<string, string>([
    ["graphiql.js", withSearchByMeaning(`${library.js}`)],
    ["graphiql.css", library.css],
    ["editorWorkerService.js", library.editorWorkerService],
    ["json.js", library.jsonWorker],
    ["graphql.js", library.graphqlWorker],
    ["boot.js", await readFile(join(source, "boot.js"), "utf8")],
  ]);
  const version = createHash("sha256")
    .update([...sources.values()].join("\0"))
    .digest("base64url")
    .slice(0, 12);
  const manifest: Manifest = { version, documents: await readTabs() };
  const files = new Map<string, string | Uint8Array>([["manifest.json", JSON.stringify(manifest)]]);
  for (const [name, content] of sources) files.set(`${name}.gz`, gzipSync(content));
  return files;
}

/** Start of GraphiQL's search of the docs, which looks at names alone; `schema` and `docs` are what it searches. */
const SEARCH =
  /(?<query>\w+)=>\{const (?<found>\w+)=\{within:\[\],types:\[\],fields:\[\]\};if\(!(?<schema>\w+)\)return \k<found>;const \w+=(?<docs>\w+)\.def,/g;

/**
 * Replaces GraphiQL's search of the docs by `searchDocs` of boot.js.
 *
 * @throws Error if another version of the library has another search
 */
function withSearchByMeaning(code: string): string {
  const [search, ...others] = code.matchAll(SEARCH);
  const { query, schema, docs } = search?.groups ?? {};
  if (!search || others.length > 0) throw new Error("GraphiQL's search of the docs is not where it was: change SEARCH");
  const replaced = `${query}=>{if(${schema})return self.searchDocs(${schema},${docs}.def,${query});`;
  return code.replace(search[0], () => search[0].replace(`${query}=>{`, () => replaced));
}

/** Writes the files of GraphiQL into a folder. */
export async function buildGraphiQL(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of await graphiQLFiles()) await writeFile(join(folder, name), content);
}

async function readTabs(): Promise<Record<string, string>> {
  const folder = join(source, "tabs");
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)),
  );
}
