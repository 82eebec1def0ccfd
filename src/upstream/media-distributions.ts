import type { MediaDistributionRecord, MediaKey } from "../model/media/media.ts";
import type { Secret } from "../model/secret.ts";
import type { components } from "./generated/media.ts";
import { endlessList } from "./list-page.ts";
import { boolean, instant, object, optional, optionalList, ShapeError, text } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";
import { nullIfRejected } from "./upstream-error.ts";

/** A new key. The platform stores its secret, and never returns it. */
export interface NewMediaKey {
  readonly name?: string | undefined;
  readonly secret: Secret;
}

export interface NewMediaDistribution {
  readonly name: string;
  readonly isDefault?: boolean | undefined;
  readonly keys: readonly NewMediaKey[];
}

/** Client for media distributions and their keys. Every method throws UpstreamError when there is no usable response. */
export interface MediaDistributions {
  /** Returns all distributions, oldest first. @see GET /api/v3/media/distributions */
  list(signal?: AbortSignal): Promise<MediaDistributionRecord[]>;
  /** Returns a distribution; null for an id that the account does not have. @see GET /api/v3/media/distributions/{id} */
  read(id: string, signal?: AbortSignal): Promise<MediaDistributionRecord | null>;
  /** Creates a distribution. Not idempotent: each call creates another one. @see POST /api/v3/media/distributions */
  create(distribution: NewMediaDistribution): Promise<MediaDistributionRecord>;
  /** Changes a distribution. @see PATCH /api/v3/media/distributions/{id} */
  update(
    id: string,
    changes: { readonly name?: string | undefined; readonly isDefault?: boolean | undefined },
  ): Promise<MediaDistributionRecord>;
  /** Deletes a distribution. Its assets keep its id, but can't be played any more. @see DELETE /api/v3/media/distributions/{id} */
  delete(id: string): Promise<void>;
  /** Creates a key. Not idempotent: each call creates another one. @see POST /api/v3/media/distributions/{id}/security/keys */
  createKey(id: string, key: NewMediaKey): Promise<MediaKey>;
  /** Deletes a key. @see DELETE /api/v3/media/distributions/{id}/security/keys/{keyId} */
  deleteKey(id: string, keyId: string): Promise<void>;
}

const LIST_OPERATION = "MediaDistributions_ListMediaDistribution";
const PATH = "/api/v3/media/distributions";
const LIMIT = 100;
/** Most pages that are read, enough for 5,000 distributions: a longer list is an error. */
const MAX_PAGES = 50;

export function createMediaDistributions(http: Http): MediaDistributions {
  const pathOf = (id: string) => `${PATH}/${encodeURIComponent(id)}`;
  return {
    list: async (signal) => {
      const found: MediaDistributionRecord[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const { distributions, next } = await http.read({
          operation: LIST_OPERATION,
          path: PATH,
          query: { sort: "createdAt", limit: LIMIT, cursor },
          decode: distributionPage,
          signal,
        });
        found.push(...distributions);
        if (next === null) return found;
        cursor = next;
      }
      throw endlessList(LIST_OPERATION, MAX_PAGES);
    },
    read: async (id, signal) =>
      nullIfRejected(
        http.read({
          operation: "MediaDistributions_ReadMediaDistribution",
          path: pathOf(id),
          decode: (data) => distribution(data, "data"),
          signal,
        }),
      ),
    create: ({ name, isDefault, keys }) =>
      http.write({
        operation: "MediaDistributions_CreateMediaDistribution",
        method: "POST",
        path: PATH,
        body: {
          name,
          ...(isDefault !== undefined && { default: isDefault }),
          ...(keys.length > 0 && { security: { keys: keys.map(keyBody) } }),
        } satisfies Schemas["CreateMediaDistributionModel"],
        secrets: keys.map(({ secret }) => secret),
        decode: (data) => distribution(data, "data"),
      }),
    update: (id, { name, isDefault }) =>
      http.write({
        operation: "MediaDistributions_UpdateMediaDistribution",
        method: "PATCH",
        path: pathOf(id),
        body: {
          ...(name !== undefined && { name }),
          ...(isDefault !== undefined && { default: isDefault }),
        } satisfies Schemas["UpdateMediaDistribution"],
        decode: (data) => distribution(data, "data"),
      }),
    delete: (id) =>
      http.write({
        operation: "MediaDistributions_DeleteMediaDistribution",
        method: "DELETE",
        path: pathOf(id),
        success: "NO_CONTENT",
        decode: () => undefined,
      }),
    createKey: (id, key) =>
      http.write({
        operation: "MediaDistributions_CreateSecurityKey",
        method: "POST",
        path: `${pathOf(id)}/security/keys`,
        body: keyBody(key),
        secrets: [key.secret],
        decode: (data) => mediaKey(data, "data"),
      }),
    deleteKey: (id, keyId) =>
      http.write({
        operation: "MediaDistributions_DeleteSecurityKey",
        method: "DELETE",
        path: `${pathOf(id)}/security/keys/${encodeURIComponent(keyId)}`,
        success: "NO_CONTENT",
        decode: () => undefined,
      }),
  };
}

type Schemas = components["schemas"];

function keyBody({ name, secret }: NewMediaKey): Schemas["SecurityKeyRequestModel"] {
  return { ...(name !== undefined && { name }), key: secret.reveal() };
}

function distributionPage(data: unknown) {
  const wire = object<Schemas["PaginationResponseOfMediaDistributionResponseModel"]>(data, "data");
  const pagination = object<Schemas["Pagination"]>(wire.pagination ?? {}, "data.pagination");
  const hasMore = optional(pagination.hasMore, "data.pagination.hasMore", boolean) ?? false;
  const cursor = optional(pagination.cursor, "data.pagination.cursor", text);
  if (hasMore && !cursor) throw new ShapeError("data.pagination.cursor", "a text, although there is more");
  return { distributions: optionalList(wire.data, "data.data", distribution), next: hasMore ? cursor : null };
}

function distribution(value: unknown, at: string): MediaDistributionRecord {
  const wire = object<Schemas["MediaDistributionResponseModel"]>(value, at);
  const security = object<Schemas["MediaDistributionSecurityResponse"]>(wire.security ?? {}, `${at}.security`);
  return {
    kind: "MediaDistribution",
    id: text(wire.id, `${at}.id`),
    name: text(wire.name, `${at}.name`),
    isDefault: optional(wire.default, `${at}.default`, boolean) ?? false,
    createdAt: optional(wire.createdAt, `${at}.createdAt`, instant),
    keys: optionalList(security.keys, `${at}.security.keys`, mediaKey),
  };
}

function mediaKey(value: unknown, at: string): MediaKey {
  const wire = object<Schemas["SecurityKeyResponseModel"]>(value, at);
  return { id: text(wire.id, `${at}.id`), name: optional(wire.name, `${at}.name`, text) };
}
