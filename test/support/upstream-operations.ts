import { readdirSync, readFileSync } from "node:fs";

const CLIENTS = new URL("../../src/upstream/", import.meta.url);
const DOCUMENTS = new URL("../../schema/upstream/", import.meta.url);

/**
 * Returns the operations of the platform that the clients in `src/upstream` call, sorted: those of the OpenAPI documents whose
 * ids stand in the sources. Clients that are for two kinds of token name both by one template, and the conference platform's
 * `start-rts` is called `Conference_StartRts`.
 */
export function upstreamOperations(): readonly string[] {
  const sources = textsIn(CLIENTS, ".ts");
  const documented = textsIn(DOCUMENTS, ".yaml").matchAll(/^\s*operationId: ["']?([\w-]+)["']?\s*$/gm);
  const isCalled = (id: string) => [id, conferenceName(id)].some((name) => isNamed(sources, name));
  return [...new Set([...documented].map(([, id = ""]) => id).filter(isCalled))].sort();
}

function isNamed(sources: string, id: string): boolean {
  return sources.includes(`"${id}"`) || sources.includes(`}${id.replace(/^(Publish|Subscribe)(?=Token)/, "")}\``);
}

function conferenceName(id: string): string {
  const words = id.split("-").map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`);
  return `Conference_${words.join("")}`;
}

function textsIn(folder: URL, ending: string): string {
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  return files.map((file) => readFileSync(new URL(file, folder), "utf8")).join("\n");
}
