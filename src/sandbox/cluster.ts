import * as z from "zod";
import { validated } from "./http/body.ts";
import { fail, type SandboxResponse, success } from "./http/response.ts";
import type { Route } from "./http/route.ts";

/** An ingest region. `rtmp` and `srt` are host names. */
export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly rtmp: string;
  readonly srt: string;
  readonly location?: { readonly city: string; readonly region: string; readonly country: string };
  readonly features: { readonly transcoding: boolean };
}

/** Cluster id that stands for the nearest cluster. */
export const AUTO_CLUSTER = "auto";

/** Every cluster of the account, `auto` first. */
export const CLUSTERS: readonly Cluster[] = [
  { ...hostsOf(AUTO_CLUSTER), name: "Auto", features: { transcoding: false } },
  regional("blr-1", "Bangalore", "Karnataka", "India", false),
  regional("fra-1", "Frankfurt", "Hesse", "Germany"),
  regional("iad-1", "Ashburn", "Virginia", "United States of America"),
  regional("lon-1", "London", "England", "United Kingdom"),
  regional("phx-1", "Phoenix", "Arizona", "United States of America"),
  regional("sao-1", "São Paulo", "São Paulo", "Brazil"),
  regional("sgp-1", "Singapore", "Singapore", "Singapore", false),
  regional("syd-1", "Sydney", "New South Wales", "Australia"),
];

function regional(id: string, city: string, region: string, country: string, transcoding = true): Cluster {
  return { ...hostsOf(id), name: city, location: { city, region, country }, features: { transcoding } };
}

function hostsOf(id: string): { id: string; rtmp: string; srt: string } {
  return { id, rtmp: `rtmp-${id}.millicast.com`, srt: `srt-${id}.millicast.com` };
}

/** Returns whether an id is that of a cluster of the account, `auto` included. */
export function isCluster(id: string): boolean {
  return CLUSTERS.some((cluster) => cluster.id === id);
}

const NEAREST: Readonly<Record<string, string>> = {
  US: "phx-1",
  GB: "lon-1",
  DE: "fra-1",
  FR: "fra-1",
  BR: "sao-1",
  IN: "blr-1",
  AU: "syd-1",
  JP: "sgp-1",
};

/** Returns the region nearest to a country; `iad-1` for countries without an entry. */
export function nearestCluster(country: string): string {
  return NEAREST[country] ?? "iad-1";
}

/** Returns the region that ingests a broadcast from a country under a cluster id, with `auto` resolved. */
export function ingestCluster(clusterId: string, country: string): string {
  return clusterId === AUTO_CLUSTER ? nearestCluster(country) : clusterId;
}

/** Default cluster of the account. */
export interface DefaultCluster {
  /** Cluster of a new token without an `originCluster`. Existing tokens keep theirs. */
  defaultCluster: string;
}

/** @see GET /api/cluster and PUT /api/cluster */
export function clusterRoutes(account: DefaultCluster): Route[] {
  const respond = (): SandboxResponse =>
    success({ defaultCluster: account.defaultCluster, availableClusters: CLUSTERS });
  return [
    {
      method: "GET",
      path: "/api/cluster",
      operationId: "Cluster_GetClustersInfo",
      access: "api secret",
      handle: respond,
    },
    {
      method: "PUT",
      path: "/api/cluster",
      operationId: "Cluster_UpdateClusterInfo",
      access: "api secret",
      body: "json",
      handle({ body }) {
        const { defaultCluster } = validated(z.object({ defaultCluster: z.string().min(1) }), body);
        if (!isCluster(defaultCluster)) throw fail({ defaultCluster: `Unknown cluster: ${defaultCluster}` });
        account.defaultCluster = defaultCluster;
        return respond();
      },
    },
  ];
}
