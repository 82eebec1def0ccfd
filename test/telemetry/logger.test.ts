import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { API_SECRET, TOKEN } from "../support/platform.ts";

const KEY = "operator-key-of-the-tests";
const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdHJlYW1pbmciOnt9fQ.c2ln-_";

/** The lines that are written when a test logs. */
function lines(
  level: Parameters<typeof createLogger>[0],
  log: (logger: ReturnType<typeof createLogger>) => void,
): string[] {
  const written: string[] = [];
  log(createLogger(level, [new Secret(API_SECRET), new Secret(KEY)], { write: (line) => void written.push(line) }));
  return written;
}

describe("logger: a line", () => {
  it("is JSON, with its time and without the machine's name", () => {
    const [line = ""] = lines("info", (logger) => logger.info({ operation: "Test_Call" }, "called"));
    expect(JSON.parse(line)).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      operation: "Test_Call",
      msg: "called",
    });
    expect(line).toMatch(/\n$/);
  });

  it("is written from the configured severity on", () => {
    const logAll = (logger: ReturnType<typeof createLogger>) => {
      logger.debug("a");
      logger.info("b");
      logger.error("c");
    };
    expect(lines("info", logAll)).toHaveLength(2);
    expect(lines("silent", logAll)).toEqual([]);
  });

  it.each<[string, (logger: ReturnType<typeof createLogger>) => void]>([
    ["a message", (logger) => logger.info(`${API_SECRET} ${TOKEN} ${JWT} ${KEY}`)],
    ["a message's parts", (logger) => logger.info("%s %j", TOKEN, { key: KEY, any: API_SECRET })],
    [
      "a field of any name",
      (logger) => logger.info({ harmless: API_SECRET, deep: { down: [{ here: TOKEN, there: KEY }] } }),
    ],
    ["a header", (logger) => logger.info({ headers: { authorization: `Bearer ${KEY}` } })],
    ["a URL", (logger) => logger.info({ url: `https://viewer.test?streamId=a/b&token=${JWT}` })],
    [
      "an error",
      (logger) =>
        logger.error({ err: new Error(`bad\n${TOKEN}\n${API_SECRET}`, { cause: new Error(`${JWT} ${KEY}`) }) }),
    ],
    [
      "an error's facts",
      (logger) =>
        logger.error({
          err: new UpstreamError("UPSTREAM_REJECTED", "no", { operation: "x", reasons: { [TOKEN]: API_SECRET } }),
        }),
    ],
    ["the name of a field", (logger) => logger.info({ [TOKEN]: 1, [API_SECRET]: 2 })],
    ["a child's line", (logger) => logger.child({ request: TOKEN, key: KEY }).info({ secret: API_SECRET })],
    [
      "a secret that is wrapped",
      (logger) => logger.info({ wrapped: new Secret(TOKEN), list: [new Secret(API_SECRET)] }),
    ],
  ])("contains no secret in %s", (_place, log) => {
    const [line = ""] = lines("info", log);
    for (const secret of [API_SECRET, KEY, TOKEN, JWT]) expect(line).not.toContain(secret);
    expect(() => JSON.parse(line)).not.toThrow();
  });

  it("contains no field that may contain a secret, whatever its value looks like", () => {
    const fields = { authorization: "x1", token: "x2", secret: "x3", passphrase: "x4", key: "x5" };
    const [line = ""] = lines("info", (logger) => logger.info({ ...fields, body: fields, call: { body: fields } }));
    expect(line).not.toMatch(/x[1-5]/);
  });

  it("leaves other values as they are, and marks where a secret was", () => {
    const [line = ""] = lines("info", (logger) =>
      logger.info({ tokenId: 5001, label: "northwind" }, `token ${TOKEN} is odd`),
    );
    expect(JSON.parse(line)).toMatchObject({ tokenId: 5001, label: "northwind", msg: "token [secret] is odd" });
  });
});

describe("logger: the last lines of a process", () => {
  const logger = new URL("../../src/telemetry/logger.ts", import.meta.url).href;

  it.each([
    ["ends by itself", ""],
    ["is ended", "process.exit(0)"],
    ["dies of a fault", 'throw new Error("fault")'],
  ])("are written when it %s", (_how, end) => {
    const script = `import { createLogger } from "${logger}"; createLogger("info", []).info("last words"); ${end}`;
    const arguments_ = ["--import", "tsx", "--input-type=module", "--eval", script];
    expect(spawnSync(process.execPath, arguments_, { encoding: "utf8" }).stdout).toContain("last words");
  });
});
