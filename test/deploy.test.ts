import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readConfig } from "../src/config/config.ts";
import { variables } from "../src/config/variables.ts";
import { requestLimits } from "../src/model/request-limits.ts";

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
const dockerfile = read("deploy/Dockerfile");
const unit = read("deploy/syndigraph.service");
const site = read("deploy/nginx.conf.template");

interface Service {
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly read_only?: boolean;
  readonly stop_grace_period?: string;
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<"gateway" | "postgres" | "proxy", Service>>;
  readonly networks: { readonly front: { readonly ipam: { readonly config: readonly { readonly subnet: string }[] } } };
}
const { services, networks } = parse(read("deploy/compose.yaml")) as Compose;

/** The example of the environment, by its parts. */
const [ofBoth = "", ofSystemd = "", ofCompose = ""] = read("deploy/environment.example").split(/^# .*:\n/m);
const assigned = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/(?:^|\s)([A-Z_]+)=(\S+)/gm)].map(([, name = "", value = ""]) => [name, value] as const),
  );
const given = { ...assigned(ofBoth), ...assigned(ofCompose) };
/** Replaces what Compose reads from the environment. */
const filled = (text: string) =>
  text.replace(/\$\{(\w+)(:\?)?\}/g, (_all, name: string) => {
    expect(Object.keys(given)).toContain(name);
    return given[name] ?? "";
  });

const ofImage = assigned(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? "");
const ofGateway = Object.fromEntries(
  Object.entries(services.gateway.environment).map(([name, value]) => [name, filled(value)]),
);
const ofUnit = {
  ...assigned(ofBoth),
  ...assigned(ofSystemd),
  ...assigned(/^Environment=(.*)$/m.exec(unit)?.[1] ?? ""),
};
/** Variables of Node.js. */
const ofNode = ["NODE_ENV"];
/** Seconds that a gateway may take to end by default. */
const { shutdownDelayMs, drainMs, port } = readConfig({});
const slowestStop = (shutdownDelayMs + drainMs) / 1_000;

describe("deploy/", () => {
  it.each([
    ["Dockerfile", ofImage],
    ["compose.yaml", { ...ofImage, ...ofGateway }],
    ["syndigraph.service", ofUnit],
  ])("%s sets variables that the gateway reads, and no other", (_file, environment) => {
    const names = Object.keys(environment);
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !(name in variables) && !ofNode.includes(name))).toEqual([]);
  });

  it("gives the gateway of Compose and of systemd a configuration that it starts with", () => {
    const inCompose = readConfig({ ...ofImage, ...ofGateway });
    expect(inCompose.store).toMatchObject({ kind: "postgres" });
    expect(inCompose).toMatchObject({ host: "0.0.0.0", publicUrl: `https://${given["SERVER_NAME"]}` });
    expect(inCompose.unknownVariables).toEqual([]);
    const bySystemd = readConfig(ofUnit);
    expect(bySystemd.store).toEqual({ kind: "file", folder: "/var/lib/syndigraph", isDefault: false });
    expect(bySystemd).toMatchObject({ host: "127.0.0.1", port, unknownVariables: [] });
    expect(readConfig({ ...ofImage, ...assigned(ofBoth) }).store).toMatchObject({ kind: "file", folder: "/data" });
  });

  it("has one port everywhere", () => {
    expect(ofImage["PORT"]).toBe(`${port}`);
    expect(dockerfile).toContain(`\nEXPOSE ${port}\n`);
    expect(services.proxy.environment["GATEWAY"]).toBe(`gateway:${port}`);
    expect(read("docs/production.md")).toContain(`GATEWAY=127.0.0.1:${port}`);
  });

  it("has an image that is not run by root, changes nothing but its volume, and is PID 1", () => {
    expect(dockerfile).toMatch(/^ARG BASE=node:24-slim\n\nFROM \$\{BASE\} AS build$/m);
    expect(dockerfile).toMatch(/^FROM \$\{BASE\}$/m);
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(dockerfile).toMatch(/^VOLUME \/data$/m);
    expect(dockerfile).toMatch(/^ENTRYPOINT \["node", "dist\/main.js"\]$/m);
    expect(dockerfile.match(/^(CMD|ENTRYPOINT) [^[].*$/gm)).toBeNull();
    expect(services.gateway).toMatchObject({ read_only: true, image: "syndigraph" });
    expect(
      existsSync(
        new URL(`../deploy/${services.gateway.build?.context}/${services.gateway.build?.dockerfile}`, import.meta.url),
      ),
    ).toBe(true);
    for (const [, from = ""] of dockerfile.matchAll(/^COPY (?!--from|\. )(.*) \S+$/gm)) {
      for (const file of from.split(" ")) expect(read(".dockerignore")).toContain(`!${file}`);
    }
  });

  it("builds the image of all that the build reads, and of nothing else", () => {
    const allowed = [...read(".dockerignore").matchAll(/^!(.*)$/gm)].map(([, name = ""]) => name);
    expect(read(".dockerignore").startsWith("*\n")).toBe(true);
    const imported = [...read("build.ts").matchAll(/(?:from |: )"\.?\/?((?:src|package)[^"]*)"/g)].map(
      ([, name = ""]) => name,
    );
    expect(imported.length).toBeGreaterThan(2);
    for (const name of imported) expect(allowed).toContain(name.split("/")[0]);
    for (const name of allowed) expect(existsSync(new URL(`../${name}`, import.meta.url)), name).toBe(true);
  });

  it("gives the gateway time to drain", () => {
    expect(Number.parseInt(services.gateway.stop_grace_period ?? "", 10)).toBeGreaterThan(slowestStop + 5);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(slowestStop + 5);
  });

  it("has a proxy that alone is reached from outside, by TLS, and whose forwarded addresses are trusted", () => {
    expect(Object.values(services).filter(({ ports }) => ports)).toEqual([services.proxy]);
    expect(services.proxy.networks).toEqual(["front"]);
    expect(ofGateway["TRUSTED_PROXIES"]).toBe(networks.front.ipam.config[0]?.subnet);
    expect(services.proxy.volumes).toContain("./nginx.conf.template:/etc/nginx/templates/default.conf.template:ro");
    expect([...site.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name).sort()).toEqual([
      "GATEWAY",
      "SERVER_NAME",
      "SERVER_NAME",
    ]);
    expect(Number(/client_max_body_size (\d+)m/.exec(site)?.[1]) * 1e6).toBeGreaterThan(requestLimits.maxBodyBytes.max);
  });

  it("names health paths that the gateway has", () => {
    const paths = [dockerfile, read("docs/production.md")].flatMap((text) =>
      [...text.matchAll(/(?:GET |\}|example\.com)(\/(?:health|readiness|ready|healthz|live)\w*)/g)].map(
        ([, path]) => path,
      ),
    );
    expect(new Set(paths)).toEqual(new Set(["/health", "/readiness"]));
  });

  it.skipIf(!existsSync("/usr/bin/systemd-analyze"))("has a unit that systemd understands", () => {
    const folder = mkdtempSync(join(tmpdir(), "syndigraph-unit-"));
    const file = join(folder, "syndigraph.service");
    writeFileSync(file, unit.replace("/usr/bin/node /opt/syndigraph/main.js", process.execPath));
    // Verification writes what it does not know, and exits with 0.
    const output = execFileSync("bash", ["-c", `systemd-analyze verify --man=no "${file}" 2>&1 || true`], {
      encoding: "utf8",
    });
    expect(output.split("\n").filter((line) => line.includes("syndigraph.service"))).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
