import type { GraphQLSchema } from "graphql";
import "./account/queries.ts";
import { audited } from "./audit/audited.ts";
import "./audit/queries.ts";
import { builder } from "./builder.ts";
import "./caller/queries.ts";
import "./cluster/queries.ts";
import "./finding/queries.ts";
import "./key/create-api-key.ts";
import "./key/create-partner-session.ts";
import "./key/queries.ts";
import "./key/revoke-api-key.ts";
import "./key/rotate-api-key.ts";
import "./limits/queries.ts";
import "./node.ts";
import "./partner/change-status.ts";
import "./partner/onboard-partner.ts";
import "./partner/queries.ts";
import "./partner/rotate-partner-tokens.ts";
import "./partner/syndicate-stream.ts";
import "./partner/update-partner.ts";
import "./scalars.ts";
import "./stream/ingest-plan.ts";
import "./stream/queries.ts";
import "./stream/set-recording.ts";
import "./stream/reprioritize-stream.ts";
import "./stream/stop-stream.ts";
import "./stream/update-stream-features.ts";
import "./token/change-many.ts";
import "./token/create-publish-token.ts";
import "./token/create-subscribe-token.ts";
import "./token/delete-token.ts";
import "./token/inspect-viewer-token.ts";
import "./token/queries.ts";
import "./token/rotate-token.ts";
import "./token/set-restream-targets.ts";
import "./token/sign-viewer-token.ts";
import "./token/sign-viewer-tokens.ts";
import "./token/sync-restreams.ts";
import "./token/update-publish-token.ts";
import "./token/update-subscribe-token.ts";
import "./viewer/queries.ts";

/** The graph, from every file that adds a field to it. */
export function createSchema(): GraphQLSchema {
  return audited(builder.toSchema());
}
