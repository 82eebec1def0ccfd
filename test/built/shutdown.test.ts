import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { run, runCommand } from "../support/program.ts";

const folder = resolve(inject("program") ?? "dist");
const MAIN = join(folder, "main.js");
const environment = {
  PORT: "0",
  SANDBOX_PORT: "0",
  HOME: tmpdir(),
  npm_config_update_notifier: "false",
};

/** Whether this user may create a namespace of processes, as containers have. */
const hasNamespaces = (() => {
  try {
    execFileSync("unshare", ["-pf", "--mount-proc", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** Returns the only child of a process. */
const childOf = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());

describe("SIGTERM", () => {
  it("has scripts for npm that leave no shell between npm and the program", () => {
    const scriptsOf = (file: string) => (JSON.parse(readFileSync(file, "utf8")) as { scripts: object }).scripts;
    expect(scriptsOf(join(folder, "package.json"))).toEqual({ start: "exec node main.js || node main.js" });
    expect(scriptsOf("package.json")).toMatchObject({
      start: "exec node dist/main.js || node dist/main.js",
      sandbox: "exec node dist/sandbox/main.js || node dist/sandbox/main.js",
    });
  });

  it.each([[["npm", "start"]], [["sh", "-c", "exec npm start"]], [["bash", "-c", "npm start"]]])(
    "drains the gateway of %j",
    async (command) => {
      await using program = runCommand(command, environment, folder);
      const [, url = ""] = await program.printed(/GraphiQL +(http:\S+)\/graphql/);
      program.signal("SIGTERM");
      await expect.poll(async () => (await fetch(`${url}/readiness`)).status).toBe(503);
      expect(await program.exit).toBe(0);
      await expect(fetch(`${url}/health`)).rejects.toThrow();
    },
  );

  it.skipIf(!hasNamespaces).each([[["npm", "start"]], [["node", "main.js"]], [["sh", "-c", "exec node main.js"]]])(
    "drains the gateway of %j as PID 1",
    async (command) => {
      await using program = runCommand(
        ["unshare", "-pf", "--mount-proc", "--kill-child", ...command],
        environment,
        folder,
      );
      const [, url = ""] = await program.printed(/GraphiQL +(http:\S+)\/graphql/);
      process.kill(childOf(program.pid), "SIGTERM");
      await expect.poll(async () => (await fetch(`${url}/readiness`)).status).toBe(503);
      expect(await program.exit).toBe(0);
      expect(program.output()).not.toContain("PID 1 is a shell");
    },
  );

  it.skipIf(!hasNamespaces)("is warned of where a shell is PID 1, which passes no signal on", async () => {
    const shell = ["sh", "-c", "node main.js; exit"];
    await using program = runCommand(["unshare", "-pf", "--mount-proc", "--kill-child", ...shell], environment, folder);
    await program.printed(/SIGTERM does not reach the gateway, since PID 1 is a shell: start it with exec/);
  });

  it.skipIf(!hasNamespaces)("ends a gateway that still starts, also as PID 1", async () => {
    // The folder is in use, so the second gateway waits for it.
    const store = { ...environment, SANDBOX: "on", DATA_DIRECTORY: join(tmpdir(), `syndigraph-busy-${process.pid}`) };
    await using first = run(MAIN, store);
    await first.printed(/GraphiQL/);
    const trace = [
      "node",
      "--eval",
      "process.on('newListener', (name) => name === 'SIGTERM' && console.log('ready')); import('./main.js')",
    ];
    await using second = runCommand(["unshare", "-pf", "--mount-proc", "--kill-child", ...trace], store, folder);
    await second.printed(/ready/);
    process.kill(childOf(second.pid), "SIGTERM");
    expect(await second.exit).toBe(0);
    expect(second.output()).toBe("ready\n");
  });
});
