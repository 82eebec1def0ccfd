import { QueryReader } from "../http/query.ts";
import { fail } from "../http/response.ts";
import { effectiveCluster, hasWildcard, type TokenRecord } from "./token.ts";

/**
 * Returns one page of all tokens. Pages have no total; the first empty one is the end.
 *
 * @see GET /api/{publish,subscribe}_token/list
 */
export function listPage<T extends TokenRecord>(tokens: readonly T[], query: URLSearchParams): readonly T[] {
  const reader = new QueryReader(query);
  const page = readPage(reader);
  reader.done();
  return pageOf(tokens, page);
}

/**
 * Returns one page of the tokens whose label or stream name contains a text, ignoring case.
 *
 * Tokens with a wildcard entry are left out, even if another entry matches.
 *
 * @see GET /api/{publish,subscribe}_token/list_by_name
 */
export function listByNamePage<T extends TokenRecord>(tokens: readonly T[], query: URLSearchParams): readonly T[] {
  const reader = new QueryReader(query);
  const page = readPage(reader);
  const filterBy = reader.choice(
    "filterBy",
    ["None", "TokenName", "StreamName", "TokenOrStreamName"],
    "TokenOrStreamName",
  );
  const name = (filterBy === "None" ? (reader.optional("name") ?? "") : reader.required("name")).toLowerCase();
  reader.done();

  const labelFits = ({ label }: T) => label.toLowerCase().includes(name);
  const streamFits = ({ streams }: T) => streams.some(({ streamName }) => streamName.toLowerCase().includes(name));
  const fits = {
    None: () => true,
    TokenName: labelFits,
    StreamName: streamFits,
    TokenOrStreamName: (token: T) => labelFits(token) || streamFits(token),
  }[filterBy];
  return pageOf(
    tokens.filter((token) => !hasWildcard(token) && fits(token)),
    page,
  );
}

/**
 * Returns one page of the tokens whose streams go to a cluster.
 *
 * @see GET /api/publish_token/list_by_cluster, whose field errors are a flat map unlike those of its siblings
 */
export function listByClusterPage<T extends TokenRecord>(tokens: readonly T[], query: URLSearchParams): readonly T[] {
  const reader = new QueryReader(query);
  const page = readPage(reader);
  const cluster = reader.required("cluster");
  reader.done((errors) =>
    fail(Object.fromEntries(Object.entries(errors).map(([field, texts]) => [field, texts.join(" ")]))),
  );
  return pageOf(
    tokens.filter((token) => effectiveCluster(token) === cluster),
    page,
  );
}

interface Page {
  readonly page: number;
  readonly itemsOnPage: number;
  readonly sortBy: "Name" | "AddedOn";
  readonly isDescending: boolean;
}

function readPage(reader: QueryReader): Page {
  return {
    page: reader.integer("page", { min: 1, max: 2_147_483_647 }),
    itemsOnPage: reader.integer("itemsOnPage", { min: 1, max: 100 }),
    sortBy: reader.choice("sortBy", ["Name", "AddedOn"], "Name"),
    isDescending: reader.boolean("isDescending") ?? false,
  };
}

/** Ties are broken by id, so that paging never skips or repeats a token. */
function pageOf<T extends TokenRecord>(
  tokens: readonly T[],
  { page, itemsOnPage, sortBy, isDescending }: Page,
): readonly T[] {
  const byLabel = (a: T, b: T) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0);
  const byAge = (a: T, b: T) => a.addedAt - b.addedAt;
  const order = sortBy === "Name" ? byLabel : byAge;
  const sorted = [...tokens].sort((a, b) => order(a, b) || a.id - b.id);
  if (isDescending) sorted.reverse();
  return sorted.slice((page - 1) * itemsOnPage, page * itemsOnPage);
}
