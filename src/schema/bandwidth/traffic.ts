import {
  gigabytes,
  type RestreamPart,
  type Traffic as TrafficFigure,
  type TrafficPart as TrafficPartFigure,
} from "../../model/usage/traffic.ts";
import { builder } from "../builder.ts";

export const TrafficPart = builder.objectRef<TrafficPartFigure>("TrafficPart").implement({
  description: "Bytes of one kind of traffic.",
  fields: (t) => ({
    bytesOut: t.expose("bytesOut", { type: "Bytes", description: "Bytes sent (egress)." }),
    bytesIn: t.expose("bytesIn", { type: "Bytes", description: "Bytes received (ingress)." }),
  }),
});

export const RestreamTraffic = builder.objectRef<RestreamPart>("RestreamTraffic").implement({
  description: "Bytes of pushes to external RTMP or SRT targets.",
  fields: (t) => ({
    bytesOut: t.expose("bytesOut", { type: "Bytes", description: "Bytes sent (egress)." }),
    bytesIn: t.expose("bytesIn", { type: "Bytes", description: "Bytes received (ingress)." }),
    secondsUsed: t.expose("secondsUsed", {
      type: "Bytes",
      description: "How long pushes ran, in seconds, summed over targets. A decimal string, as counts of bytes are.",
    }),
  }),
});

export const Traffic = builder.objectRef<TrafficFigure>("Traffic").implement({
  description: "Metered bytes. Partners are billed for `bytesOut`.",
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
      description: "Its part of ordinary broadcasting and watching; null where the platform does not break it down.",
      resolve: ({ parts }) => parts?.standard ?? null,
    }),
    restream: t.field({
      type: RestreamTraffic,
      nullable: true,
      description: "Its part of re-streaming; null where the platform does not break it down.",
      resolve: ({ parts }) => parts?.restream ?? null,
    }),
    geoCascade: t.field({
      type: TrafficPart,
      nullable: true,
      description: "Its part of relaying between clusters; null where the platform does not break it down.",
      resolve: ({ parts }) => parts?.geoCascade ?? null,
    }),
  }),
});
