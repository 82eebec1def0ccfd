import { connect, type Socket } from "node:net";
import { parseArgs } from "node:util";
import { KEY } from "../fleet.ts";
import { isWhole, load } from "../load.ts";

/** Response times that another client measured during a drill, in milliseconds. */
export interface Probed {
  /** `/health` on a persistent connection. */
  readonly health: readonly number[];
  /** `/health` on a new connection each. */
  readonly healthAnew: readonly number[];
  /** A list of 50 tokens of another caller, on a new connection each. */
  readonly list: readonly number[];
}

/** Pause between two requests, in milliseconds. */
const EVERY_MS = 20;

// Measures a gateway until the parent process sends a message, and then sends the figures. A process of its own, because the
// drill's process is busy with its connections and would measure itself.
const { values } = parseArgs({ options: { url: { type: "string" } } });
const url = new URL(values.url ?? "");
let isOver = false;
process.once("message", () => {
  isOver = true;
});

const healthText = `GET /health HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`;
const list = JSON.stringify({ query: "{ subscribeTokens(first: 50) { nodes { tokenId label trackingId } } }" });
const listText = `POST /graphql HTTP/1.1\r\nhost: ${url.host}\r\nauthorization: Bearer ${KEY}\r\ncontent-type: application/json\r\ncontent-length: ${list.length}\r\n\r\n${list}`;

process.send?.("ready");
const [health, healthAnew, lists] = await Promise.all([
  repeat(healthOnPersistentConnection()),
  repeat(async () => void (await load(url, 1, 0, () => healthText))),
  repeat(async () => void (await load(url, 1, 0, () => listText))),
]);
process.send?.({ health, healthAnew, list: lists } satisfies Probed, () => process.exit());

async function repeat(ask: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  while (!isOver) {
    const begin = performance.now();
    // A connection may be closed before its response; the request is then repeated, and its time includes that.
    while (
      !(await ask().then(
        () => true,
        () => false,
      ))
    );
    times.push(performance.now() - begin);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  return times;
}

/** Returns a function that requests `/health` on a persistent connection, which is opened again if it was closed. */
function healthOnPersistentConnection(): () => Promise<void> {
  let socket: Socket | null = null;
  return () =>
    new Promise((resolve, reject) => {
      if (!socket || socket.destroyed) {
        socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
        socket.on("error", () => undefined);
      }
      const own = socket;
      let answer = Buffer.alloc(0);
      const end = (error?: Error) => {
        own.off("data", take).off("error", end).off("close", closed);
        if (error) reject(error);
        else resolve();
      };
      const closed = () => end(new Error("The server closed a connection."));
      const take = (chunk: Buffer) => {
        answer = Buffer.concat([answer, chunk]);
        if (isWhole(answer)) end();
      };
      own.on("data", take).on("error", end).on("close", closed);
      own.write(healthText, "latin1");
    });
}
