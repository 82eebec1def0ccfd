import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

declare module "vitest" {
  export interface ProvidedContext {
    /** The folder of the built programs; undefined for tests of the sources. */
    program: string | undefined;
  }
}

/** A program that runs in a process of its own. Disposing ends it at once. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** Returns all output so far. */
  readonly output: () => string;
  /** Waits until the output matches, and returns the match. @throws Error if the program ends without a match */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits for its end. */
  readonly exit: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  /** Closes the reading end of the output, like a reader that exits. */
  closeOutput(): void;
  /** Sends a message to the program, and waits for the reply. */
  tell(message: object): Promise<void>;
}

/** Starts a program of Node.js with nothing in its environment but what it is given. */
export function run(
  program: string,
  environment: Record<string, string>,
  options: readonly string[] = [],
  cwd = process.cwd(),
): Program {
  return started(
    spawn(process.execPath, [...options, program], {
      cwd,
      env: { PATH: process.env["PATH"] ?? "", ...environment },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    }),
  );
}

/** Starts a program of Node.js that may have at most `limit` files and connections open. */
export function runWithDescriptors(limit: number, program: string, environment: Record<string, string>): Program {
  return started(
    spawn("bash", ["-c", `ulimit -n ${limit} && exec "$0" "$1"`, process.execPath, program], {
      env: { PATH: process.env["PATH"] ?? "", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
}

/** Starts any command in a folder. */
export function runCommand(
  [command = "", ...options]: readonly string[],
  environment: Record<string, string>,
  cwd: string,
): Program {
  return started(
    spawn(command, options, {
      cwd,
      env: { PATH: process.env["PATH"] ?? "", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
}

function started(child: ChildProcess): Program {
  let text = "";
  const chunks = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      chunks.dispatchEvent(new Event("data"));
    });
  }
  const exit = once(child, "exit").then(([code]) => code as number | null);
  return {
    pid: child.pid ?? 0,
    output: () => text,
    printed: async (pattern) => {
      for (;;) {
        const match = pattern.exec(text);
        if (match) return match;
        const next = new Promise((resolve) => chunks.addEventListener("data", resolve, { once: true }));
        const ended = await Promise.race([next.then(() => false), exit.then(() => true)]);
        if (ended && !pattern.test(text)) throw new Error(`it ended without printing ${pattern}:\n${text}`);
      }
    },
    exit,
    signal: (name) => child.kill(name),
    closeOutput: () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
    tell: async (message) => {
      const answered = Promise.race([once(child, "message"), exit]);
      child.send(message);
      await answered;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exit;
    },
  };
}
