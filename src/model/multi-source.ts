import { InvalidInputError } from "./errors.ts";

/**
 * Several sources of a stream need a cluster by name.
 *
 * @param isMultisource what a client asks for; undefined where it asks for nothing
 * @param originCluster the cluster that would hold; undefined or null where it is not known
 * @throws InvalidInputError naming the argument and the documented rule
 */
export function assertMultisourceCluster(
  isMultisource: boolean | undefined,
  originCluster: string | null | undefined,
): void {
  if (!isMultisource || originCluster !== "auto") return;
  throw new InvalidInputError(
    "input.isMultisource",
    "Several sources need a fixed cluster, and `auto` is none: name one as the token's `originCluster`.",
  );
}
