import { isoMillis } from "../calendar.ts";
import type { Clock } from "../clock.ts";
import { QueryReader } from "../http/query.ts";
import { fail, invalid, success } from "../http/response.ts";
import type { Route } from "../http/route.ts";
import type { PublishToken } from "../tokens/token.ts";
import type { TokenRepository } from "../tokens/token-repository.ts";
import { type AssetStatus, goneAt, type MediaAsset, statusOf } from "./asset.ts";
import { downloadUrlOf, metadataOf } from "./asset-wire.ts";
import type { Media } from "./media.ts";

/**
 * Creates the deprecated paths of recordings, read-only and with integer ids.
 *
 * Deletion is on the new path only.
 *
 * @see GET /api/record_files/*
 */
export function recordFileRoutes(media: Media, publishTokens: TokenRepository<PublishToken>, clock: Clock): Route[] {
  const recordings = () => media.assets().filter(({ type }) => type === "recording");
  const toWire = (asset: MediaAsset) => fileWire(asset, publishTokens, clock.now());
  const route = (path: string, operationId: string, handle: Route["handle"]): Route => ({
    method: "GET",
    path: `/api/record_files/${path}`,
    operationId: `RecordFiles_${operationId}`,
    access: "api secret",
    handle,
  });
  const list = (operationId: string, path: string, filterOf: (reader: QueryReader) => (asset: MediaAsset) => boolean) =>
    route(path, operationId, ({ query }) => {
      const reader = new QueryReader(query);
      const matches = filterOf(reader);
      const page = readPage(reader);
      return success(pageOf(recordings().filter(matches), page, publishTokens, clock.now()).map(toWire));
    });

  return [
    route("{recordFileId}", "GetRecordFile", (call) => {
      const text = call.param("recordFileId");
      if (!/^\d{1,15}$/.test(text)) throw invalid({ recordFileId: [`The value '${text}' is not valid.`] });
      const asset = recordings().find((one) => fileIdOf(one) === Number(text));
      if (!asset) throw fail({ recordFileId: `No record file with id: ${text}` });
      const isComplete = statusOf(asset, clock.now()) === "complete";
      return success({ ...toWire(asset), ...(isComplete ? { download: downloadUrlOf(asset, clock.now()) } : {}) });
    }),
    list("ListRecordFiles", "list", () => () => true),
    list("ListRecordFilesByToken", "list_by_token", (reader) => {
      // The document requires `token` and says in the same place that either will do.
      const [token, tokenId] = [reader.optional("token"), reader.optionalInteger("tokenId")];
      if (token === undefined && tokenId === undefined) reader.complain("token", "Give token or tokenId.");
      const id = tokenId ?? publishTokens.bySecret(token ?? "")?.id;
      return ({ feed }) => feed?.tokenId === id;
    }),
    list("ListRecordFilesByStream", "list_by_stream", (reader) => {
      const streamName = reader.required("streamname");
      return ({ feed }) => feed?.streamName === streamName;
    }),
  ];
}

/** Returns the first 32 bits of the asset's id. */
function fileIdOf({ id }: MediaAsset): number {
  return Number.parseInt(id.slice(0, 8), 16);
}

function fileWire(asset: MediaAsset, publishTokens: TokenRepository<PublishToken>, now: number) {
  const { feed, startedAt } = asset;
  const status = fileStatus(asset, now);
  return {
    id: fileIdOf(asset),
    tokenId: feed?.tokenId ?? null,
    token: tokenOf(asset, publishTokens),
    streamName: feed?.streamName ?? "",
    recordedOn: isoMillis(startedAt),
    ...(status === "Deleted" ? { removedOn: isoMillis(goneAt(asset)) } : {}),
    status,
    ...(status === "Complete" ? { metadata: metadataOf(asset, now) } : {}),
  };
}

/** Empty once the token is gone. */
function tokenOf({ feed }: MediaAsset, publishTokens: TokenRepository<PublishToken>): string {
  return publishTokens.byId(feed?.tokenId ?? 0)?.token ?? "";
}

const FILE_STATUS: Readonly<Record<Exclude<AssetStatus, "processing">, string>> = {
  complete: "Complete",
  error: "Error",
  deleting: "Deleting",
  deleted: "Deleted",
};

function fileStatus(asset: MediaAsset, now: number): string {
  const status = statusOf(asset, now);
  if (status !== "processing") return FILE_STATUS[status];
  return asset.stoppedAt === null ? "Started" : "Transcode";
}

const LISTED_STATUSES = ["Started", "Transcode", "Complete", "Deleting", "Error"] as const;

function readPage(reader: QueryReader) {
  const page = {
    page: reader.integer("page", { min: 1, max: 2_147_483_647 }),
    itemsOnPage: reader.integer("itemsOnPage", { min: 1, max: 100 }),
    sortBy: reader.choice("sortBy", ["RecordedOn", "StreamName", "Token"], "RecordedOn"),
    isDescending: reader.boolean("isDescending") ?? false,
    statuses: reader.choices("status", LISTED_STATUSES, LISTED_STATUSES) as readonly string[],
  };
  reader.done();
  return page;
}

function pageOf(
  files: readonly MediaAsset[],
  { page, itemsOnPage, sortBy, isDescending, statuses }: ReturnType<typeof readPage>,
  publishTokens: TokenRepository<PublishToken>,
  now: number,
): readonly MediaAsset[] {
  const key = {
    RecordedOn: ({ startedAt }: MediaAsset) => startedAt,
    StreamName: ({ feed }: MediaAsset) => feed?.streamName ?? "",
    Token: (asset: MediaAsset) => tokenOf(asset, publishTokens),
  }[sortBy];
  const found = files.filter((asset) => statuses.includes(fileStatus(asset, now)));
  found.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : fileIdOf(a) - fileIdOf(b)));
  if (isDescending) found.reverse();
  return found.slice((page - 1) * itemsOnPage, page * itemsOnPage);
}
