import type { MediaAssetRecord } from "../model/media/media.ts";
import type { PartnerRecord } from "../model/partner/partner.ts";
import type { StreamRecord } from "../model/stream/stream.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../model/token/token.ts";
import type { ApiKeyRecord } from "../store/records.ts";
import type { ViewerRecord as ViewerRecordRecord } from "../upstream/viewer-records.ts";
import { builder } from "./builder.ts";
import { connectionType } from "./connection-type.ts";

// The types that refer to each other. The file with a type's name implements it; every other file imports it from here.
export const ApiKey = builder.objectRef<ApiKeyRecord>("ApiKey");
export const MediaAsset = builder.objectRef<MediaAssetRecord>("MediaAsset");
export const Partner = builder.objectRef<PartnerRecord>("Partner");
export const PublishToken = builder.objectRef<PublishTokenRecord>("PublishToken");
export const Stream = builder.objectRef<StreamRecord>("Stream");
export const SubscribeToken = builder.objectRef<SubscribeTokenRecord>("SubscribeToken");
export const Token = builder.interfaceRef<PublishTokenRecord | SubscribeTokenRecord>("Token");
export const ViewerRecord = builder.objectRef<ViewerRecordRecord>("ViewerRecord");

export const ApiKeyConnection = connectionType(ApiKey, "ApiKey", "API keys");
export const PartnerConnection = connectionType(Partner, "Partner", "partners");
export const PublishTokenConnection = connectionType(PublishToken, "PublishToken", "publish tokens");
export const StreamConnection = connectionType(Stream, "Stream", "streams");
export const SubscribeTokenConnection = connectionType(SubscribeToken, "SubscribeToken", "subscribe tokens");
