import type { components } from "./generated/cluster.ts";
import { boolean, list, object, optional, text } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";

/** A region that ingests streams. */
export interface ClusterRecord {
  readonly kind: "Cluster";
  /** Such as `phx-1`, or `auto` for the nearest. */
  readonly id: string;
  readonly name: string;
  /** Host that ingests RTMP in this region. */
  readonly rtmpHost: string | null;
  readonly srtHost: string | null;
  readonly city: string | null;
  readonly region: string | null;
  /** Name of the country, not its code. */
  readonly country: string | null;
  readonly canTranscode: boolean;
}

export interface ClusterList {
  /** Cluster of tokens that name none. */
  readonly defaultCluster: string;
  readonly clusters: readonly ClusterRecord[];
}

/** The account's clusters. Every method throws UpstreamError when there is no usable answer. */
export interface Clusters {
  /** @see GET /api/cluster */
  read(signal?: AbortSignal): Promise<ClusterList>;
  /** Sets the cluster of new tokens that name none. @see PUT /api/cluster */
  setDefault(clusterId: string): Promise<ClusterList>;
}

export function createClusters(http: Http): Clusters {
  return {
    read: (signal) =>
      http.read({ operation: "Cluster_GetClustersInfo", path: "/api/cluster", decode: clusterList, signal }),
    setDefault: (clusterId) =>
      http.write({
        operation: "Cluster_UpdateClusterInfo",
        method: "PUT",
        path: "/api/cluster",
        body: { defaultCluster: clusterId } satisfies Schemas["UpdateClusterInfoModel"],
        decode: clusterList,
      }),
  };
}

type Schemas = components["schemas"];

function clusterList(data: unknown): ClusterList {
  const wire = object<Schemas["ClustersInfoModel"]>(data, "data");
  return {
    defaultCluster: text(wire.defaultCluster, "data.defaultCluster"),
    clusters: list(wire.availableClusters, "data.availableClusters", cluster),
  };
}

function cluster(value: unknown, at: string): ClusterRecord {
  const wire = object<Schemas["ClusterModel"]>(value, at);
  const location = object<Schemas["LocationModel"]>(wire.location ?? {}, `${at}.location`);
  const features = object<Schemas["ClustersFeaturesModel"]>(wire.features ?? {}, `${at}.features`);
  const id = text(wire.id, `${at}.id`);
  return {
    kind: "Cluster",
    id,
    name: optional(wire.name, `${at}.name`, text) ?? id,
    rtmpHost: optional(wire.rtmp, `${at}.rtmp`, text),
    srtHost: optional(wire.srt, `${at}.srt`, text),
    city: optional(location.city, `${at}.location.city`, text),
    region: optional(location.region, `${at}.location.region`, text),
    country: optional(location.country, `${at}.location.country`, text),
    canTranscode: optional(features.transcoding, `${at}.features.transcoding`, boolean) ?? false,
  };
}
