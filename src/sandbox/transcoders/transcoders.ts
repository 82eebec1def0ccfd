import * as z from "zod";
import type { Account } from "../account.ts";
import { isoSeconds } from "../calendar.ts";
import type { Clock } from "../clock.ts";
import { CLUSTERS } from "../cluster.ts";
import { validated } from "../http/body.ts";
import { QueryReader } from "../http/query.ts";
import { fail, invalid, success } from "../http/response.ts";
import type { Call, Route } from "../http/route.ts";
import { uuidOf } from "../random.ts";
import { defaultProfile, FRAME_RATES, profileById, type TranscoderProfile } from "./profiles.ts";
import { statusOf, type Transcoder } from "./transcoder.ts";

/** Transcoders of the account, including deleted ones: they were charged for. */
export interface Transcoders {
  /** Oldest first. */
  all(): readonly Transcoder[];
  byId(id: string): Transcoder | undefined;
  add(draft: Omit<Transcoder, "transcoderId">): Transcoder;
  replace(next: Transcoder): Transcoder;
}

/** Creates an empty set of transcoders. */
export function createTranscoders(seed: number): Transcoders {
  const transcoders = new Map<string, Transcoder>();
  function replace(next: Transcoder): Transcoder {
    transcoders.set(next.transcoderId, next);
    return next;
  }
  return {
    all: () => [...transcoders.values()],
    byId: (id) => transcoders.get(id),
    add: (draft) => replace({ ...draft, transcoderId: uuidOf(seed, `transcoder ${transcoders.size + 1}`) }),
    replace,
  };
}

/** @see /api/transcoders */
export function transcoderRoutes(transcoders: Transcoders, account: Account, clock: Clock): Route[] {
  const route = (
    method: Route["method"],
    path: string,
    operationId: string,
    handle: (call: Call) => unknown,
  ): Route => ({
    method,
    path: `/api/transcoders${path}`,
    operationId: `Transcoder_${operationId}`,
    access: "api secret",
    ...(method === "POST" || method === "PUT" ? { body: "json" } : {}),
    handle: (call) => success(handle(call)),
  });
  const toWire = (transcoder: Transcoder) => transcoderWire(transcoder, account, clock.now());

  function transcoderOf(call: Call): Transcoder {
    const transcoder = transcoders.byId(call.param("transcoderId"));
    // A deleted one can still be read; only lists that do not ask for it leave it out.
    if (!transcoder) throw fail({ transcoderId: `No transcoder with id: ${call.param("transcoderId")}` });
    return transcoder;
  }

  /** Two transcoders cannot have one host name. */
  function checkPrefix(dnsPrefix: string, ownId?: string): void {
    const isTaken = transcoders
      .all()
      .some((other) => other.dnsPrefix === dnsPrefix && other.transcoderId !== ownId && other.deletedAt === null);
    if (isTaken) throw invalid({ dnsPrefix: [`The DNS prefix '${dnsPrefix}' is taken.`] });
  }

  function create({ body }: Call) {
    const input = validated(creation, body);
    const now = clock.now();
    const profile = profileFor(input.profile, input.height, input.frameRate, input.passThrough ?? false);
    // Without a prefix the platform must find one; how is undocumented.
    const dnsPrefix = input.dnsPrefix ?? `tc-${transcoders.all().length + 1}`;
    checkPrefix(dnsPrefix);
    const startedAt = input.startNow ? now : null;
    const { name, cluster } = input;
    return transcoders.add({
      name,
      cluster,
      dnsPrefix,
      profile,
      createdAt: now,
      startedAt,
      endedAt: null,
      deletedAt: null,
    });
  }

  function update(call: Call): Transcoder {
    const present = transcoderOf(call);
    const input = validated(changes, call.body);
    const status = statusOf(present, clock.now());
    if (status === "Deleting" || status === "Deleted") throw fail({ message: `The transcoder is ${status}.` });
    const moves =
      (input.dnsPrefix ?? present.dnsPrefix) !== present.dnsPrefix ||
      (input.cluster ?? present.cluster) !== present.cluster;
    if (moves && status !== "Shutdown") {
      throw fail({ message: "The DNS prefix and the cluster can only be changed while the transcoder is Shutdown." });
    }
    if (input.dnsPrefix) checkPrefix(input.dnsPrefix, present.transcoderId);
    const { height, frameRate, passThrough } = present.profile;
    const changesProfile = [input.profile, input.height, input.frameRate, input.passThrough].some((one) => one != null);
    return transcoders.replace({
      ...present,
      name: input.name || present.name,
      cluster: input.cluster ?? present.cluster,
      dnsPrefix: input.dnsPrefix ?? present.dnsPrefix,
      profile: changesProfile
        ? profileFor(
            input.profile,
            input.height ?? height,
            input.frameRate ?? frameRate,
            input.passThrough ?? passThrough,
          )
        : present.profile,
    });
  }

  function remove(call: Call): true {
    const present = transcoderOf(call);
    const now = clock.now();
    if (present.deletedAt !== null) throw fail({ transcoderId: `No transcoder with id: ${present.transcoderId}` });
    const isRunning = present.startedAt !== null && present.endedAt === null;
    transcoders.replace({ ...present, deletedAt: now, endedAt: isRunning ? now : present.endedAt });
    return true;
  }

  return [
    route("POST", "", "CreateTranscoder", (call) => toWire(create(call))),
    route("GET", "", "ListTranscoders", ({ query }) =>
      transcoderPage(transcoders.all(), query, clock.now()).map(toWire),
    ),
    route("GET", "/{transcoderId}", "GetTranscoder", (call) => toWire(transcoderOf(call))),
    route("PUT", "/{transcoderId}", "UpdateTranscoder", (call) => toWire(update(call))),
    route("DELETE", "/{transcoderId}", "DeleteTranscoder", remove),
  ];
}

const cluster = z.string().refine((id) => CLUSTERS.some((one) => one.id === id && one.features.transcoding), {
  error: "The cluster does not exist or does not transcode.",
});
const dnsPrefix = z.string().regex(/^[A-Za-z0-9-]{1,40}$/, { error: "A DNS prefix has letters, digits and dashes." });
const frameRate = z.number().refine((rate) => FRAME_RATES.includes(rate), {
  error: `A frame rate is one of ${FRAME_RATES.join(", ")}.`,
});

const output = {
  height: z.int().nullish(),
  frameRate: frameRate.nullish(),
  profile: z.string().nullish(),
  passThrough: z.boolean().nullish(),
};
const creation = z.object({
  ...output,
  name: z.string().min(1),
  dnsPrefix: dnsPrefix.nullish(),
  cluster,
  startNow: z.boolean().nullish(),
});
const changes = z.object({
  ...output,
  name: z.string().nullish(),
  dnsPrefix: dnsPrefix.nullish(),
  cluster: cluster.nullish(),
});

/** A profile id wins over height, frame rate and pass-through. */
function profileFor(
  profileId: string | null | undefined,
  height: number | null | undefined,
  frameRate: number | null | undefined,
  passThrough: boolean,
): TranscoderProfile {
  if (profileId) {
    const profile = profileById(profileId);
    if (!profile) throw invalid({ profile: [`No transcoder profile with id: ${profileId}`] });
    return profile;
  }
  if (height == null || frameRate == null) throw invalid({ profile: ["Give a profile, or height and frameRate."] });
  const profile = defaultProfile(height, frameRate, passThrough);
  if (!profile) throw invalid({ height: ["There is no profile for a height this low."] });
  return profile;
}

function transcoderWire(transcoder: Transcoder, { accountId }: Account, now: number) {
  const { transcoderId, name, cluster, dnsPrefix, profile, createdAt, startedAt, endedAt } = transcoder;
  const status = statusOf(transcoder, now);
  const dnsName = `${dnsPrefix}-${accountId}.transcoder.millicast.com`.toLowerCase();
  const ended = endedAt === null ? {} : { endedOn: isoSeconds(endedAt) };
  return {
    transcoderId,
    name,
    cluster,
    dnsName,
    profile,
    createdOn: isoSeconds(createdAt),
    ...ended,
    ...(startedAt === null
      ? {}
      : {
          instance: {
            transcoderId,
            id: `${transcoderId}-1`,
            publicIp: "203.0.113.20",
            dnsName,
            createdOn: isoSeconds(startedAt),
            ...ended,
            status,
          },
        }),
    status,
    publishUrls: {
      rtmp: `rtmp://${dnsName}:1935/v2/pub`,
      rtmps: `rtmps://${dnsName}:443/v2/pub`,
      srt: `srt://${dnsName}:10000`,
    },
  };
}

const STATUSES = [
  "Provisioning",
  "Active",
  "Error",
  "Shutdown",
  "Deleted",
  "ShuttingDown",
  "Deleting",
  "Queued",
] as const;

function transcoderPage(all: readonly Transcoder[], query: URLSearchParams, now: number): readonly Transcoder[] {
  const reader = new QueryReader(query);
  const sortBy = reader.choice("sortBy", ["CreatedDate", "TranscoderName"], "CreatedDate");
  const statuses: readonly string[] = reader.choices(
    "status",
    STATUSES,
    STATUSES.filter((status) => status !== "Deleted"),
  );
  const clusters = reader.all("cluster");
  const name = reader.optional("transcoderName");
  const page = reader.integer("page", { min: 1, max: 2_147_483_647 });
  const itemsOnPage = reader.integer("itemsOnPage", { min: 1, max: 100 });
  const isDescending = reader.boolean("isDescending") ?? false;
  reader.done();

  const found = all.filter(
    (transcoder) =>
      statuses.includes(statusOf(transcoder, now)) &&
      (clusters.length === 0 || clusters.includes(transcoder.cluster)) &&
      (name === undefined || transcoder.name.includes(name)),
  );
  found.sort((a, b) =>
    sortBy === "TranscoderName" ? (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) : a.createdAt - b.createdAt,
  );
  if (isDescending) found.reverse();
  return found.slice((page - 1) * itemsOnPage, page * itemsOnPage);
}
