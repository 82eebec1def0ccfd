import {
  gigabytes,
  type RestreamPart,
  type Traffic as TrafficFigure,
  type TrafficPart as TrafficPartFigure,
} from "../../model/usage/traffic.ts";
import { builder } from "../builder.ts";

export const TrafficPart = builder.objectRef<TrafficPartFigure>("TrafficPart").implement({
  description: "Sent and received bytes of one kind of traffic.",
  fields: (t) => ({
    bytesOut: t.expose("bytesOut", { type: "Bytes", description: "Bytes sent (egress)." }),
    bytesIn: t.expose("bytesIn", { type: "Bytes", description: "Bytes received (ingress)." }),
  }),
});

const RestreamTraffic = builder.objectRef<RestreamPart>("RestreamTraffic").implement({
  description: "Bytes of pushes to external RTMP or SRT targets.",
  fields: (t) => ({
    bytesOut: t.expose("bytesOut", { type: "Bytes", description: "Bytes sent (egress)." }),
    bytesIn: t.expose("bytesIn", { type: "Bytes", description: "Bytes received (ingress)." }),
    secondsUsed: t.expose("secondsUsed", {
      type: "Bytes",
      description: "Duration of the pushes in seconds, summed over targets, as a decimal string like counts of bytes.",
    }),
  }),
});

export const Traffic = builder.objectRef<TrafficFigure>("Traffic").implement({
  description: "Metered bytes, of which partners are billed for `bytesOut`.",
  fields: (t) => ({
    bytesOut: t.expose("bytesOut", {
      type: "Bytes",
      description: "Bytes sent (egress) of all kinds: to viewers, between clusters and to re-stream targets.",
    }),
    bytesIn: t.expose("bytesIn", { type: "Bytes", description: "Bytes received from broadcasters (ingress)." }),
    gigabytesOut: t.field({
      type: "Decimal",
      description: "`bytesOut` in decimal gigabytes (10^9 bytes), exactly.",
      resolve: ({ bytesOut }) => gigabytes(bytesOut),
    }),
    gigabytesIn: t.field({
      type: "Decimal",
      description: "`bytesIn` in decimal gigabytes (10^9 bytes), exactly.",
      resolve: ({ bytesIn }) => gigabytes(bytesIn),
    }),
    standard: t.field({
      type: TrafficPart,
      nullable: true,
      description: "Traffic of ordinary broadcasting and watching; null if the platform gives no breakdown.",
      resolve: ({ parts }) => parts?.standard ?? null,
    }),
    restream: t.field({
      type: RestreamTraffic,
      nullable: true,
      description: "Traffic of re-streaming; null if the platform gives no breakdown.",
      resolve: ({ parts }) => parts?.restream ?? null,
    }),
    geoCascade: t.field({
      type: TrafficPart,
      nullable: true,
      description: "Traffic of relaying between clusters; null if the platform gives no breakdown.",
      resolve: ({ parts }) => parts?.geoCascade ?? null,
    }),
  }),
});
