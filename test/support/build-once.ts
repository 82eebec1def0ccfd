import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import type {} from "./program.ts";

/** Builds the programs into a folder of their own, once for all tests of the built ones. The drivers lie beside it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cache = join(import.meta.dirname, "../../node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "syndigraph-"));
  await promisify(execFile)(process.execPath, ["--import", "tsx", "build.ts", folder]);
  project.provide("program", folder);
  return () => rm(folder, { recursive: true, force: true });
}
