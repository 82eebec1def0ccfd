import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "graphql";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Program, run } from "../support/program.ts";

const FOLDER = "docs/examples";

/** Examples that are programs, and what runs them. */
const scripts = {
  "syndicate.sh": { runner: "sh", needs: "curl" },
  "syndicate.mjs": { runner: process.execPath, needs: process.execPath },
  "syndicate.py": { runner: "python3", needs: "python3" },
} as const;
const COLLECTION = "syndigraph.postman_collection.json";

interface Collection {
  readonly variable: readonly { readonly key: string; readonly value: string }[];
  readonly item: readonly {
    readonly name: string;
    readonly event?: readonly { readonly script: { readonly exec: readonly string[] } }[];
    readonly request: {
      readonly url: string;
      readonly header: readonly { readonly key: string; readonly value: string }[];
      readonly body: { readonly graphql: { readonly query: string; readonly variables: string } };
    };
  }[];
}

let gateway: Program;
let url: string;
let key: string;
let sandbox: string;
beforeAll(async () => {
  gateway = run(join(inject("program") ?? "dist", "main.js"), { PORT: "0", SANDBOX_PORT: "0" });
  [, url = "", key = ""] = await gateway.printed(/GraphiQL +(http:\S+)#key=(\S+)/);
  [, sandbox = ""] = await gateway.printed(/sandbox of the platform \((http:\S+)\/sandbox\)/);
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Whether the Director of the sandbox admits a viewer. */
async function isAdmitted(jwt: string): Promise<boolean> {
  const { status } = await fetch(`${sandbox}/api/director/subscribe`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${jwt}` },
    body: JSON.stringify({ streamName: "derby-final" }),
  });
  return status === 200;
}

const isInstalled = (program: string) => spawnSync(program, ["--version"]).status === 0;

/** Runs an example beside this process, which answers nothing but may be asked meanwhile. */
async function output(runner: string, script: string, environment: Record<string, string>): Promise<[number, string]> {
  const child = spawn(runner, [join(FOLDER, script), "derby-final", `${script.replace(/\W/g, "-")}`], {
    env: { PATH: process.env["PATH"] ?? "", ...environment },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number>((resolve) => child.on("close", (status) => resolve(status ?? -1)));
  return [code, text];
}

describe("an example", () => {
  for (const [script, { runner, needs }] of Object.entries(scripts)) {
    it.runIf(isInstalled(needs))(`${script} creates a token once, signs for viewers and reads usage`, async () => {
      const environment = { SYNDIGRAPH_URL: url, SYNDIGRAPH_KEY: key };
      const [code, text] = await output(runner, script, environment);
      expect([code, text]).toEqual([0, expect.stringMatching(/^subscribe token \d+\nviewer token eyJ/)]);
      expect(text).toMatch(/\nused [\d.]+ GB in the last day\n$/);
      const jwts = [...text.matchAll(/^viewer token (\S+)$/gm)].map(([, jwt = ""]) => jwt);
      expect(await Promise.all(jwts.map(isAdmitted))).toEqual(jwts.map(() => true));
      expect(jwts.length).toBeGreaterThan(0);
      const [, again] = await output(runner, script, environment);
      expect(again.split("\n")[0]).toBe(text.split("\n")[0]);
    });

    it.runIf(isInstalled(needs))(`${script} fails with a wrong key`, async () => {
      const [code] = await output(runner, script, { SYNDIGRAPH_URL: url, SYNDIGRAPH_KEY: "sgk_wrong" });
      expect(code).not.toBe(0);
    });
  }

  it(`${COLLECTION} runs from top to bottom`, async () => {
    const { variable, item } = JSON.parse(readFileSync(join(FOLDER, COLLECTION), "utf8")) as Collection;
    const values = new Map(variable.map(({ key: name, value }) => [name, value]));
    values.set("url", url).set("key", key);
    const filled = (text: string) => text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values.get(name) ?? "");
    for (const { name, request, event = [] } of item) {
      const { query, variables } = request.body.graphql;
      parse(query);
      const response = await fetch(filled(request.url), {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...Object.fromEntries(request.header.map((header) => [header.key, filled(header.value)])),
        },
        body: JSON.stringify({ query, variables: JSON.parse(filled(variables)) }),
      });
      const answer = (await response.json()) as {
        data: Record<string, { userErrors?: readonly object[] }>;
        errors?: [];
      };
      expect(answer.errors, name).toBeUndefined();
      for (const field of Object.values(answer.data)) expect(field.userErrors ?? [], name).toEqual([]);
      for (const { script } of event) {
        // What Postman gives to a script: the response, and the variables of the collection.
        const pm = {
          response: { json: () => answer },
          collectionVariables: { set: (variableName: string, value: unknown) => values.set(variableName, `${value}`) },
        };
        new Function("pm", script.exec.join("\n"))(pm);
      }
    }
    expect(await isAdmitted(values.get("jwt") ?? "")).toBe(true);
  });

  it("is run here if it lies in the folder", () => {
    expect(readdirSync(FOLDER).sort()).toEqual(["README.md", ...Object.keys(scripts), COLLECTION].sort());
  });
});
