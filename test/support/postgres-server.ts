import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A server that speaks as much of PostgreSQL's protocol as a test of its clients needs, and stores nothing. */
export interface PostgresServer extends AsyncDisposable {
  /** Address without a password. */
  readonly url: string;
  /** Parameters of each startup, in order. */
  readonly startups: readonly Readonly<Record<string, string>>[];
  /** Names under which statements were prepared; an empty one is that of no name. */
  readonly statementNames: readonly string[];
  /** Every statement, in order. */
  readonly statements: readonly string[];
  /** Resolves with the process id that the first request to cancel names. */
  readonly cancelled: Promise<number>;
}

export interface PostgresServerOptions {
  /** SQLSTATE and message with which each startup is rejected. */
  readonly refusesStartup?: { readonly code: string; readonly message: string };
  /** Outcome of every query: no response, or an error with this SQLSTATE. By default a success without rows. */
  readonly queries?: "ARE_LOST" | { readonly code: string };
  /** Whether a password is asked for, by SCRAM-SHA-256. */
  readonly asksForPassword?: boolean;
  /** Folder of the Unix socket to listen on. By default the server listens on a port. */
  readonly folder?: string;
}

const SSL_REQUEST = 80_877_103;
const CANCEL_REQUEST = 80_877_102;
/** Process id of every connection. */
export const PROCESS_ID = 4_711;

export async function createPostgresServer(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const { refusesStartup, queries, asksForPassword = false, folder } = options;
  const startups: Record<string, string>[] = [];
  const statementNames: string[] = [];
  const statements: string[] = [];
  const sockets = new Set<Socket>();
  let cancel: (processId: number) => void = () => undefined;
  const cancelled = new Promise<number>((resolve) => {
    cancel = resolve;
  });

  const started = (socket: Socket, packet: Buffer): boolean => {
    const kind = packet.readInt32BE(4);
    if (kind === SSL_REQUEST) {
      socket.write("N");
      return false;
    }
    if (kind === CANCEL_REQUEST) {
      cancel(packet.readInt32BE(8));
      socket.end();
      return false;
    }
    const texts = packet.subarray(8).toString().split("\0");
    const pairs: [string, string][] = [];
    for (let at = 0; texts[at]; at += 2) pairs.push([texts[at] ?? "", texts[at + 1] ?? ""]);
    startups.push(Object.fromEntries(pairs));
    if (refusesStartup) socket.end(refusal(refusesStartup.code, refusesStartup.message));
    else if (asksForPassword) socket.write(message("R", int32(10), text("SCRAM-SHA-256"), Buffer.from([0])));
    else {
      socket.write(message("R", int32(0)));
      socket.write(message("K", int32(PROCESS_ID), int32(1)));
      socket.write(READY);
    }
    return true;
  };
  const asked = (socket: Socket, type: string, body: Buffer) => {
    if (type === "p") socket.write(message("R", int32(11), Buffer.from("r=nonce,s=c2FsdA==,i=4096")));
    if (type === "P") {
      const [name = "", statement = ""] = body.toString().split("\0");
      statementNames.push(name);
      statements.push(statement);
    }
    if (type === "Q") statements.push(body.toString().replace("\0", ""));
    if (queries === "ARE_LOST") return;
    if (queries) {
      if (type === "Q" || type === "S")
        socket.write(Buffer.concat([refusal(queries.code, "refused by the test"), READY]));
      return;
    }
    const answer = ANSWERS[type];
    if (answer) socket.write(answer);
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    let bytes: Buffer = Buffer.alloc(0);
    let isStarted = false;
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (;;) {
        const lengthAt = isStarted ? 1 : 0;
        if (bytes.length < lengthAt + 4) return;
        const end = lengthAt + bytes.readInt32BE(lengthAt);
        if (bytes.length < end) return;
        const packet = bytes.subarray(0, end);
        bytes = bytes.subarray(end);
        if (isStarted) asked(socket, String.fromCharCode(packet[0] ?? 0), packet.subarray(5));
        else isStarted = started(socket, packet);
      }
    });
  });
  if (folder === undefined) server.listen(0, "127.0.0.1");
  else server.listen(`${folder}/.s.PGSQL.5432`);
  await once(server, "listening");
  const place = server.address() as AddressInfo | string;
  return {
    url:
      typeof place === "string"
        ? `postgres://somebody@/registry?host=${folder}`
        : `postgres://somebody@127.0.0.1:${place.port}/registry`,
    startups,
    statementNames,
    statements,
    cancelled,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function refusal(code: string, words: string): Buffer {
  return message("E", text("SERROR"), text(`C${code}`), text(`M${words}`), Buffer.from([0]));
}

const READY = message("Z", Buffer.from("I"));
const DONE = message("C", text("SELECT 0"));
/** No row for any query, by the type of the client's message. */
const ANSWERS: Readonly<Record<string, Buffer>> = {
  Q: Buffer.concat([DONE, READY]),
  P: message("1"),
  B: message("2"),
  D: message("n"),
  E: DONE,
  S: READY,
};
