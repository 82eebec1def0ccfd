import { runCommand } from "../../src/cli/program.ts";
import type { Gateway } from "../../src/gateway.ts";
import { type HttpServer, listen } from "../../src/http/http-server.ts";

/** Outcome of a command that was run in this process. */
export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the program with nothing in its environment but what is given. */
export async function command(
  words: readonly string[],
  environment: Record<string, string> = {},
): Promise<CommandOutcome> {
  let stdout = "";
  let stderr = "";
  const code = await runCommand(words, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    environment,
    pause: () => Promise.resolve(),
  });
  return { code, stdout, stderr };
}

/** Runs a command with `--json` and returns its result. @throws Error unless it succeeds */
export async function commandResult<Result = Record<string, unknown>>(
  words: readonly string[],
  environment: Record<string, string>,
): Promise<Result> {
  const { code, stdout, stderr } = await command([...words, "--json"], environment);
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout) as Result;
}

/** Opens a port for a gateway; disposing closes it. */
export async function servedGateway(gateway: Gateway): Promise<Pick<HttpServer, "url"> & AsyncDisposable> {
  const server = await listen(gateway.handle, "127.0.0.1", 0);
  return { url: server.url, [Symbol.asyncDispose]: () => server.drain(0) };
}
