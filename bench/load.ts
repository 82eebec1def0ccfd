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
 * @param isExpected whether a response to a request is acceptable: any success by default
 * @throws Error for a response that is not expected, once the other connections have ended
 */
export async function load(
  { hostname, port }: URL,
  connections: number,
  durationMs: number,
  nextRequest: () => string,
  isExpected: IsExpected = isSuccess,
): Promise<LoadResult> {
  const latencies: number[] = [];
  const begin = performance.now();
  const asking = { end: begin + durationMs, nextRequest, latencies, isExpected };
  const ended = await Promise.allSettled(
    Array.from({ length: connections }, () =>
      askUntil(connect({ host: hostname, port: Number(port), noDelay: true }), asking),
    ),
  );
  const failed = ended.find((connection) => connection.status === "rejected");
  if (failed) throw failed.reason;
  const seconds = (performance.now() - begin) / 1_000;
  return { answers: latencies.length, seconds, latenciesMs: Float64Array.from(latencies).sort() };
}

type IsExpected = (answer: Buffer, request: string) => boolean;

interface Asking {
  /** When the last request is sent; 0 after a failure. */
  end: number;
  readonly nextRequest: () => string;
  readonly latencies: number[];
  readonly isExpected: IsExpected;
}

function askUntil(socket: Socket, asking: Asking): Promise<void> {
  const { nextRequest, latencies, isExpected } = asking;
  return new Promise((resolve, reject) => {
    let answer: Buffer | null = null;
    let request = "";
    let askedAt = 0;
    const ask = () => {
      request = nextRequest();
      askedAt = performance.now();
      socket.write(request, "latin1");
    };
    const fail = (error: Error) => {
      asking.end = 0;
      reject(error);
      socket.destroy();
    };
    socket.once("connect", ask);
    socket.once("error", fail);
    socket.once("close", () => fail(new Error("The server closed a connection.")));
    socket.on("data", (chunk: Buffer) => {
      answer = answer ? Buffer.concat([answer, chunk]) : chunk;
      if (!isWhole(answer)) return;
      const now = performance.now();
      latencies.push(now - askedAt);
      if (!isExpected(answer, request))
        return fail(new Error(`status ${answer.toString("latin1", 9, 12)}: ${bodyOf(answer).slice(0, 300)}`));
      answer = null;
      if (now < asking.end) return ask();
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

/** Returns the body of a complete response. */
export function bodyOf(answer: Buffer): string {
  const headLength = answer.indexOf(HEAD_END) + HEAD_END.length;
  const body = answer.toString("utf8", headLength);
  if (/\r\ncontent-length:/i.test(answer.toString("latin1", 0, headLength))) return body;
  // Chunks: lines of a length in hexadecimal and of text; JSON has no line breaks of its own.
  return body
    .split("\r\n")
    .filter((_, line) => line % 2 === 1)
    .join("");
}

/** Whether a response has data and no error. */
export function isSuccess(answer: Buffer): boolean {
  return answer.toString("latin1", 9, 12) === "200" && !answer.includes('"errors":');
}
