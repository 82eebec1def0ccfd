import * as z from "zod";
import { isoMillis } from "../calendar.ts";
import type { Clock } from "../clock.ts";
import { validated } from "../http/body.ts";
import { QueryReader } from "../http/query.ts";
import { empty, fail, invalid, success } from "../http/response.ts";
import type { Call, Route } from "../http/route.ts";
import { type Distribution, type Distributions, MAX_KEYS } from "./distributions.ts";

const distributionName = z
  .string()
  .min(1)
  .max(128)
  .refine((name) => !name.includes("*"), { error: "A name has no asterisk." });

const keyInput = z.object({ name: z.string().min(1).max(128).nullish(), key: z.string().min(32).max(4096) });

const creation = z.object({
  name: distributionName,
  default: z.boolean().nullish(),
  security: z.object({ keys: z.array(keyInput).max(MAX_KEYS).nullish() }).nullish(),
});

const changes = z.object({ name: distributionName.nullish(), default: z.boolean().nullish() });

/**
 * Creates the routes of distributions and their keys. Assets of a deleted distribution keep its id.
 *
 * @see /api/v3/media/distributions
 */
export function distributionRoutes(distributions: Distributions, clock: Clock): Route[] {
  const path = "/api/v3/media/distributions";
  const route = (method: Route["method"], path: string, operationId: string, handle: Route["handle"]): Route => ({
    method,
    path,
    operationId: `MediaDistributions_${operationId}`,
    access: "api secret",
    ...(method === "POST" || method === "PATCH" ? { body: "json" } : {}),
    handle,
  });

  function distributionOf(call: Call): Distribution {
    const id = call.param("id");
    const distribution = distributions.byId(id);
    if (!distribution) throw fail({ id: `No media distribution with id: ${id}` });
    return distribution;
  }

  return [
    route("POST", path, "CreateMediaDistribution", ({ body }) => {
      const { name, default: isDefault = false, security } = validated(creation, body);
      const keyNames = (security?.keys ?? []).map((key) => key.name ?? null);
      const draft = { name, isDefault: isDefault ?? false, createdAt: clock.now() };
      return success(distributionWire(distributions.add(draft, keyNames)));
    }),
    route("GET", path, "ListMediaDistribution", ({ query }) => success(distributionPage(distributions.all(), query))),
    route("GET", `${path}/{id}`, "ReadMediaDistribution", (call) => success(distributionWire(distributionOf(call)))),
    route("PATCH", `${path}/{id}`, "UpdateMediaDistribution", (call) => {
      const present = distributionOf(call);
      const input = validated(changes, call.body);
      const next = { ...present, name: input.name ?? present.name, isDefault: input.default ?? present.isDefault };
      return success(distributionWire(distributions.replace(next, clock.now())));
    }),
    route("DELETE", `${path}/{id}`, "DeleteMediaDistribution", (call) => {
      distributions.remove(distributionOf(call).id, clock.now());
      return empty(204);
    }),
    route("GET", `${path}/{id}/security/keys`, "GetSecurityKeys", (call) => success(distributionOf(call).keys)),
    route("POST", `${path}/{id}/security/keys`, "CreateSecurityKey", (call) => {
      const present = distributionOf(call);
      const { name = null } = validated(keyInput, call.body);
      if (present.keys.length >= MAX_KEYS) throw fail({ message: `A distribution has at most ${MAX_KEYS} keys.` });
      const key = distributions.newKey(name);
      distributions.replace({ ...present, keys: [...present.keys, key] }, clock.now());
      return success(key);
    }),
    route("DELETE", `${path}/{id}/security/keys/{keyId}`, "DeleteSecurityKey", (call) => {
      const present = distributionOf(call);
      const keys = present.keys.filter(({ id }) => id !== call.param("keyId"));
      if (keys.length === present.keys.length) throw fail({ keyId: `No key with id: ${call.param("keyId")}` });
      distributions.replace({ ...present, keys }, clock.now());
      return empty(204);
    }),
  ];
}

function distributionWire({ id, name, isDefault, createdAt, keys }: Distribution) {
  return { id, name, default: isDefault, createdAt: isoMillis(createdAt), security: { keys } };
}

/** The cursor is the id of the last item seen, so that pages skip nothing when others come or go. */
function distributionPage(all: readonly Distribution[], query: URLSearchParams) {
  const reader = new QueryReader(query);
  const sort = reader.choice("sort", ["createdAt", "name"], "createdAt");
  const name = reader.optional("name")?.toLowerCase();
  const isDefault = reader.boolean("default");
  const limit = reader.integer("limit", { min: 1, max: 100, fallback: 25 });
  const isDescending = reader.boolean("desc") ?? false;
  const cursor = reader.optional("cursor");
  reader.done();

  const found = all.filter(
    (one) =>
      (name === undefined || one.name.toLowerCase().includes(name)) &&
      (isDefault === undefined || one.isDefault === isDefault),
  );
  found.sort((a, b) =>
    sort === "name" ? (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) : a.createdAt - b.createdAt,
  );
  if (isDescending) found.reverse();
  const seen = cursor === undefined ? -1 : found.findIndex(({ id }) => id === cursor);
  if (cursor !== undefined && seen < 0) throw invalid({ cursor: ["The cursor is not valid."] });
  const page = found.slice(seen + 1, seen + 1 + limit);
  const hasMore = seen + 1 + limit < found.length;
  return {
    data: page.map(distributionWire),
    pagination: { hasMore, ...(hasMore ? { cursor: page.at(-1)?.id } : {}) },
  };
}
