import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Command, CommanderError, Option } from "commander";
import { type CommandConfig, readCommandConfig } from "../config/config.ts";
import { Secret } from "../model/secret.ts";
import { exportArchive, importArchive } from "./archive-commands.ts";
import type { ArchiveSource, ArchiveTarget } from "./archive-ends.ts";
import { CommandError, exitCodes, wrongUsage } from "./command-error.ts";
import { createGatewayClient } from "./gateway-client.ts";
import { moveStore } from "./move-store.ts";
import { archiveOf, openOffline } from "./offline-store.ts";
import { type CommandHost, createOutput, type Output } from "./output.ts";

interface SharedOptions {
  readonly url?: string;
  readonly keyFile?: string;
  readonly offline?: boolean;
  readonly json?: boolean;
}

/**
 * Runs a command and returns its exit code.
 *
 * @param words the command, its options and arguments
 */
export async function runCommand(words: readonly string[], host: CommandHost): Promise<number> {
  const output = createOutput(host, words.includes("--json"));
  try {
    await createProgram(host, output).parseAsync(words, { from: "user" });
    return exitCodes.DONE;
  } catch (error) {
    if (!(error instanceof CommanderError)) return output.error(error);
    if (error.exitCode === 0) return exitCodes.DONE;
    // Commander has printed the help of a command that needs another one.
    if (error.code === "commander.help") return exitCodes.USAGE;
    return output.error(wrongUsage(`${error.message.replace(/^error: /, "")}; see --help.`));
  }
}

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a gateway uses the store, 4 damaged file, 5 the gateway cannot be reached,
6 refused. Errors are one line on standard error: code and message.`;

function createProgram(host: CommandHost, output: Output): Command {
  const { stdout, stderr, environment } = host;
  const program = new Command("syndigraph")
    .description("Starts the gateway, or runs a command beside it.")
    .exitOverride()
    .configureOutput({ writeOut: stdout, writeErr: stderr, outputError: () => undefined })
    .addHelpText("after", EXIT_CODES);
  // `main.ts` handles it; here it is for the help.
  program.command("serve").description("start the gateway; so does the program without a command");
  const archive = program.command("archive").description("export, import or move the usage archive");

  shared(archive.command("export").description("write the usage archive into a file"))
    .argument("<file>", "file to write, such as usage.jsonl.gz")
    .option("--force", "replace the file if it exists")
    .action(async (path: string, options: SharedOptions & { force?: boolean }) => {
      await withArchive(host, options, false, (source) => exportArchive(source, path, options.force === true, output));
    });
  shared(archive.command("import").description("merge a file of `archive export` into the usage archive"))
    .argument("<file>", "file of `archive export`")
    .option("--foreign-account", "import usage of another account as well, under its own id")
    .action(async (path: string, options: SharedOptions & { foreignAccount?: boolean }) => {
      await withArchive(host, options, true, (target) =>
        importArchive(target, path, options.foreignAccount === true, output),
      );
    });
  archive
    .command("move")
    .description("copy the whole store from SQLite to an empty PostgreSQL database, while no gateway runs")
    .requiredOption("--offline", "required: the command opens both stores itself")
    .addOption(new Option("--data-directory <folder>", "folder of the SQLite store").env("DATA_DIRECTORY"))
    .option("--json", "print JSON")
    .addHelpText("after", "\nThe database is that of the variable DATABASE_URL.")
    .action(async (options: { dataDirectory?: string }) => {
      await moveStore(readCommandConfig(environment), options.dataDirectory, output);
    });
  return program;
}

/** Adds the options of commands that ask the gateway. */
function shared(command: Command): Command {
  return command
    .addOption(new Option("--url <url>", "address of the gateway").env("SYNDIGRAPH_URL"))
    .addOption(
      new Option("--key-file <file>", "file with a key of the gateway, in place of SYNDIGRAPH_KEY").env(
        "SYNDIGRAPH_KEY_FILE",
      ),
    )
    .option("--offline", "open the store of DATABASE_URL or DATA_DIRECTORY itself, while no gateway runs")
    .option("--json", "print JSON");
}

async function withArchive(
  { environment, pause = (ms: number) => delay(ms) }: CommandHost,
  options: SharedOptions,
  mayCreate: boolean,
  work: (archive: ArchiveSource & ArchiveTarget) => Promise<void>,
): Promise<void> {
  const settings = readCommandConfig(environment);
  if (!options.offline) {
    const url = urlOf(options.url ?? settings.url);
    await work(createGatewayClient(url, await keyOf(settings, options.keyFile), pause));
    return;
  }
  const store = await openOffline(settings.store, mayCreate);
  try {
    await work(archiveOf(store));
  } finally {
    await store.close();
  }
}

function urlOf(text: string | null): string {
  if (text === null) throw wrongUsage("SYNDIGRAPH_URL or --url must be set, unless --offline is given.");
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "" || url.hash !== "") {
    throw wrongUsage("SYNDIGRAPH_URL must be an address such as https://graph.example.com, without a key in it.");
  }
  return `${url.origin}${url.pathname.replace(/(\/graphql)?\/*$/, "")}`;
}

async function keyOf({ key, keyFile }: CommandConfig, path: string | undefined): Promise<Secret> {
  const file = path ?? keyFile;
  if (file === null) {
    if (key) return key;
    throw wrongUsage("SYNDIGRAPH_KEY or SYNDIGRAPH_KEY_FILE must be set, unless --offline is given.");
  }
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      "FILE_UNAVAILABLE",
      `${file} must be a file with a key; got ${error.code}.`,
      exitCodes.USAGE,
    );
  });
  if (!/^[\x21-\x7e]+\s*$/.test(text)) throw wrongUsage(`${file} must contain a key and nothing else.`);
  return new Secret(text.trim());
}
