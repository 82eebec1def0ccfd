import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";

/** Result of a load with a fixed number of connections. */
export interface LoadResult {
  readonly answers: number;
  readonly seconds: number;
  /** Times from request to the last byte of the response, ascending. */
  readonly latenciesMs: Float64Array;
}

/**
 * Sends requests over a number of connections for a time, one after another on each.
 *
 * The client uses bare sockets: any other takes more time than the fastest server that it measures.
 *
 * @param nextRequest gives the text of an HTTP/1.1 request, in ASCII
 * @param isExpected whether a response is acceptable: a success by default
 * @throws Error for a response that is not expected
 */
export async function load(
  { hostname, port }: URL,
  connections: number,
  durationMs: number,
  nextRequest: () => string,
  isExpected: (answer: Buffer) => boolean = isSuccess,
): Promise<LoadResult> {
  const latencies: number[] = [];
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await askUntil(socket, begin + durationMs, nextRequest, latencies, isExpected);
    }),
  );
  const seconds = (performance.now() - begin) / 1_000;
  return { answers: latencies.length, seconds, latenciesMs: Float64Array.from(latencies).sort() };
}

function askUntil(
  socket: Socket,
  end: number,
  nextRequest: () => string,
  latencies: number[],
  isExpected: (answer: Buffer) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer: Buffer | null = null;
    let askedAt = 0;
    const ask = () => {
      askedAt = performance.now();
      socket.write(nextRequest(), "latin1");
    };
    socket.once("connect", ask);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("The server closed a connection.")));
    socket.on("data", (chunk: Buffer) => {
      answer = answer ? Buffer.concat([answer, chunk]) : chunk;
      if (!isWhole(answer)) return;
      const now = performance.now();
      latencies.push(now - askedAt);
      if (!isExpected(answer)) {
        reject(new Error(`The server failed: ${answer.toString("utf8", 0, 2_000)}`));
        socket.destroy();
        return;
      }
      answer = null;
      if (now < end) return ask();
      resolve();
      socket.destroy();
    });
  });
}

const HEAD_END = "\r\n\r\n";
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

/** Whether a response is complete. */
export function isWhole(answer: Buffer): boolean {
  const headLength = answer.indexOf(HEAD_END);
  if (headLength < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.toString("latin1", 0, headLength))?.[1];
  if (length === undefined) return answer.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
  return answer.length >= headLength + HEAD_END.length + Number(length);
}

/** Whether a response has data and no error. */
export function isSuccess(answer: Buffer): boolean {
  return answer.toString("latin1", 9, 12) === "200" && !answer.includes('"errors":');
}
