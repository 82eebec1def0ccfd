import { nearestVariable } from "../model/nearest-variable.ts";
import { variables } from "./variables.ts";

/** A variable that the gateway does not read, and the one that is probably meant. */
export interface UnknownVariable {
  readonly name: string;
  readonly nearest: string | null;
}

/** Returns the warning of an unknown variable, without its value, which may be a secret. */
export function describeUnknown({ name, nearest }: UnknownVariable): string {
  return `unknown environment variable ${name}${nearest === null ? "" : `; did you mean ${nearest}?`}`;
}

/** Variables that only the sandbox reads. */
const sandboxVariables = ["SANDBOX_SEED", "SANDBOX_START_AT", "SANDBOX_BULK", "SANDBOX_LAG_SECONDS"];
/** Variables that only the commands read. */
const commandVariables = ["SYNDIGRAPH_URL", "SYNDIGRAPH_KEY", "SYNDIGRAPH_KEY_FILE"];
/** Variables that all programs read, in capitals or small letters. */
export const proxyVariables = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"];
const ofProxies = /^(https?|no|all|ftp|socks)_proxy$/i;
const gatewayPrefixes = /^(MILLICAST|SYNDIGRAPH|OIDC|CONFERENCE|SANDBOX|ALLOWED)_/;
/** Matches variables that Kubernetes and Docker set for each service. */
const serviceVariable = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;
const serviceAddress = /^(tcp|udp|sctp):\/\//;

/** Returns variables that are probably misspelt: those with a prefix of the gateway, and those close to a variable. */
export function unknownVariables(environment: NodeJS.ProcessEnv): UnknownVariable[] {
  const known = Object.keys(variables);
  return Object.entries(environment)
    .filter(
      ([name, value]) =>
        !known.includes(name) &&
        !sandboxVariables.includes(name) &&
        !commandVariables.includes(name) &&
        !ofProxies.test(name) &&
        !isServiceVariable(name, value),
    )
    .map(([name]) => ({ name, nearest: nearestOf(name) }))
    .filter(({ name, nearest }) => nearest !== null || gatewayPrefixes.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isServiceVariable(name: string, value = ""): boolean {
  return serviceVariable.test(name) || (name.endsWith("_PORT") && serviceAddress.test(value));
}

/** Returns the variable that is probably meant. A prefix before a whole name is dropped: `SYNDIGRAPH_PORT` is `PORT`. */
function nearestOf(name: string): string | null {
  const known = [...Object.keys(variables), ...sandboxVariables];
  const bare = name.replace(gatewayPrefixes, "");
  return bare !== name && known.includes(bare) ? bare : nearestVariable(name, known);
}
