import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { assets, type Manifest } from "./page.ts";

/** A file of GraphiQL, in memory. */
export interface AssetFile {
  /** Content type. */
  readonly type: string;
  /** Content, compressed: the files take 2 MB of memory so, and 9 MB otherwise. */
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

/** Files of GraphiQL, in memory. */
export interface GraphiQLFiles {
  readonly manifest: Manifest;
  /** Files by their name under `/graphiql/`. */
  readonly assets: ReadonlyMap<string, AssetFile>;
}

/**
 * Reads all files of GraphiQL into memory, so that a build may replace the folder under a running gateway.
 *
 * @param folder of the files that `npm run build` writes
 * @throws Error when one of the files cannot be read
 */
export async function readGraphiQL(folder: string): Promise<GraphiQLFiles> {
  const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as Manifest;
  const read = await Promise.all(
    [...assets].map(async ([name, { file, type }]) => {
      const gzipped = await readFile(join(folder, `${file}.gz`));
      return [name, { type, gzipped }] as const;
    }),
  );
  return { manifest, assets: new Map(read) };
}
