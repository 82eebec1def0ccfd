import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Manifest } from "./page.ts";

const source = fileURLToPath(new URL(".", import.meta.url));

/**
 * Puts the files of GraphiQL into a folder, from the package that holds it whole, so that the page needs no CDN and
 * production needs no package. Each file lies beside its compressed form.
 */
export async function buildGraphiQL(folder: string): Promise<void> {
  const library = await import("@graphql-yoga/render-graphiql/graphiql");
  const files = new Map<string, string>([
    ["graphiql.js", `${library.js}`],
    ["graphiql.css", library.css],
    ["editorWorkerService.js", library.editorWorkerService],
    ["json.js", library.jsonWorker],
    ["graphql.js", library.graphqlWorker],
    ["boot.js", await readFile(join(source, "boot.js"), "utf8")],
  ]);
  await mkdir(folder, { recursive: true });
  for (const [name, content] of files) {
    await writeFile(join(folder, name), content);
    await writeFile(join(folder, `${name}.gz`), gzipSync(content));
  }
  const version = createHash("sha256")
    .update([...files.values()].join("\0"))
    .digest("base64url")
    .slice(0, 12);
  const manifest: Manifest = { version, documents: await readTabs() };
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
}

async function readTabs(): Promise<Record<string, string>> {
  const folder = join(source, "tabs");
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)),
  );
}
