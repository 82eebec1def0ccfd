// Made by codegen.ts from schema/upstream/analytics.yaml.

export interface paths {
    "/api/analytics/account/total": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Account Total
         * @description One usage total for the whole account over the range.
         */
        get: operations["Analytics_AccountTotal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/account/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Account Series
         * @description Account usage over time. Each traffic kind is a map keyed by the ISO 8601 start of the bucket. The only series that accepts Month.
         */
        get: operations["Analytics_AccountSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/account/geo_total": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Account Geo Total
         * @description Account traffic and durations per country. data.geo is keyed by ISO 3166-1 alpha-2 code.
         */
        get: operations["Analytics_AccountGeoTotal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/account/geo_series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Account Geo Series
         * @description Account traffic, durations, publishes and views over time. data.geo is keyed by ISO 8601 bucket start, then by country code.
         */
        get: operations["Analytics_AccountGeoSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/streams/total": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Streams Total
         * @description Usage total per named stream, at most 10 streams a call. data is keyed by the requested stream name.
         */
        get: operations["Analytics_StreamsTotal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/streams/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Streams Series
         * @description Usage over time per named stream, at most 10 a call. Keys - stream name, then traffic kind, then ISO 8601 bucket start.
         */
        get: operations["Analytics_StreamsSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/streams/geo_total": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Streams Geo Total
         * @description Traffic and durations per country for at most 10 streams. data.geo is keyed by stream name, then country code.
         */
        get: operations["Analytics_StreamsGeoTotal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/streams/geo_series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Streams Geo Series
         * @description As geo_total but over time, with publishes and views. data.geo keys - stream name, then ISO 8601 bucket start, then country code.
         */
        get: operations["Analytics_StreamsGeoSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/account/geo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Account Geo
         * @deprecated
         * @description Deprecated; bytes and views per country for the account. data.geo is keyed by country code.
         */
        get: operations["Analytics_AccountGeo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/streams/geo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Streams Geo
         * @deprecated
         * @description Deprecated; bytes and views per country, at most 10 streams. Keys - stream name, then `geo`, then country (the reverse nesting of geo_total).
         */
        get: operations["Analytics_StreamsGeo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/tracking/streams/total": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Total bandwidth per TrackingID per stream
         * @description At most 10 streams. data is keyed by stream name; each value is a list with one entry per tracking id, [] when none.
         */
        get: operations["Analytics_GetTrackingTotalForStreams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/tracking/streams/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Series bandwidth per TrackingID per stream
         * @description At most 10 streams. Keys - stream name, then ISO 8601 bucket start; values are lists by tracking id. Idle buckets stay, as [].
         */
        get: operations["Analytics_GetTrackingSeriesForStreams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/tracking/total": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Total bandwidth for streams specified by TrackingID
         * @description For at most 10 tracking ids, the total per stream. data is keyed by tracking id; each value is a list, one entry per stream.
         */
        get: operations["Analytics_GetTotalBandwidthForTrackingId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/tracking/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Series bandwidth for streams specified by TrackingID
         * @description At most 10 tracking ids. Keys - tracking id, then ISO 8601 bucket start; values are lists by stream. Idle buckets stay, as [].
         */
        get: operations["Analytics_GetSeriesBandwidthForTrackingId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/transcoder/total": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Total Transcoder Minutes
         * @description Account-wide transcoder uptime in minutes. Billing is computed once a day for the day before, so today may be missing.
         */
        get: operations["Analytics_GetTotalTranscoderMinutesForAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/transcoder/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Transcoder Minutes Series
         * @description Daily uptime minutes per transcoder; no resolution parameter. data.transcoder is keyed by ISO 8601 day, values are lists. Today may be missing.
         */
        get: operations["Analytics_GetSeriesTranscoderMinutesForAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/clip/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Clip Minutes Series
         * @description Account clip minutes per day. data.series is keyed by bare date (yyyy-MM-dd). Sparse - days without clips are left out.
         */
        get: operations["Analytics_GetClipSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/storage/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Storage GB-hours Series
         * @description Stored-media GB-hours per day (byte-hours / 1e9, decimal GB). data.series is keyed by bare date. Sparse - days without data are left out.
         */
        get: operations["Analytics_GetStorageSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/media/storage/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Usage
         * @description Bytes used to store all media assets, all kinds together (recordings, clips, timelines). Takes no parameters; documents no 400.
         */
        get: operations["Analytics_MediaAssetUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/media/storage/usage/billing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Usage Billable
         * @description Gigabyte-hours of storage over the range, all media kinds together, in binary gigabytes (1024^3). Documents no 400.
         */
        get: operations["Analytics_MediaAssetUsageBillable"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/drm/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * DRM Daily Usage
         * @description DRM licence requests by outcome, per day and DRM system. license.details is keyed by ISO 8601 day. Example days are neither sorted nor contiguous.
         */
        get: operations["Analytics_GetDrmDailyUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/drm/total": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * DRM Total Usage
         * @description DRM licence requests by outcome over the range, in total and per DRM system.
         */
        get: operations["Analytics_GetDrmTotalUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        FailResponse: {
            /** @default fail */
            status: string;
            data: unknown;
        };
        ErrorResponse: {
            /** @default error */
            status: string;
            message: string;
            /** Format: int32 */
            code?: number | null;
            data?: unknown;
        };
        /** @enum {string} */
        AnalyticsResolution: "Hour" | "Day" | "Month";
        /** @enum {string} */
        StreamsAnalyticsResolution: "Hour" | "Day";
        SuccessAccountBandwidthTotalAnalyticModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["BandwidthTotalAnalyticModel"];
        };
        BandwidthTotalAnalyticModel: {
            /**
             * Format: int64
             * @description Bytes out over all traffic kinds.
             */
            bytesOut?: number;
            /**
             * Format: int64
             * @description Bytes in over all traffic kinds.
             */
            bytesIn?: number;
            /** @description Ordinary broadcast and playback traffic. */
            standardStream?: components["schemas"]["BaseBandwidthModel"] | null;
            /** @description Traffic from re-streaming to several platforms. */
            restream?: components["schemas"]["UsageWithDurationModel"] | null;
            /** @description Traffic from geo-cascading over several regions. */
            geoCascade?: components["schemas"]["BaseBandwidthModel"] | null;
        };
        BaseBandwidthModel: {
            /**
             * Format: int64
             * @description Bytes out.
             */
            bytesOut?: number;
            /**
             * Format: int64
             * @description Bytes in.
             */
            bytesIn?: number;
        };
        UsageWithDurationModel: {
            /**
             * Format: int64
             * @description Bytes out.
             */
            bytesOut?: number;
            /**
             * Format: int64
             * @description Bytes in.
             */
            bytesIn?: number;
            /**
             * Format: int64
             * @description Time in use in seconds.
             */
            secondsUsed?: number;
        };
        SuccessAccountBandwidthSeriesAnalyticModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["BandwidthSeriesAnalyticModel"];
        };
        BandwidthSeriesAnalyticModel: {
            /** @description Bytes in and out over all traffic kinds, by time. */
            bandwidth?: {
                [key: string]: components["schemas"]["BaseBandwidthModel"];
            };
            /** @description Ordinary broadcast and playback traffic, by time. */
            standardStream?: {
                [key: string]: components["schemas"]["BaseBandwidthModel"];
            };
            /** @description Traffic from re-streaming to several platforms, by time. */
            restream?: {
                [key: string]: components["schemas"]["UsageWithDurationModel"];
            } | null;
            /** @description Traffic from geo-cascading over several regions, by time. */
            geoCascade?: {
                [key: string]: components["schemas"]["BaseBandwidthModel"];
            } | null;
        };
        SuccessStreamsBandwidthTotalAnalyticModel: {
            /** @default success */
            status: string;
            data: {
                [key: string]: components["schemas"]["BandwidthTotalAnalyticModel"];
            };
        };
        SuccessStreamsBandwidthSeriesAnalyticModel: {
            /** @default success */
            status: string;
            data: {
                [key: string]: components["schemas"]["BandwidthSeriesAnalyticModel"];
            };
        };
        SuccessAccountGeoTotalAnalyticModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["GeoTotalAnalyticModel"];
        };
        GeoTotalAnalyticModel: {
            geo?: {
                [key: string]: components["schemas"]["BaseStreamDataModel"];
            };
        };
        BaseStreamDataModel: {
            /**
             * Format: int64
             * @description Bytes out.
             */
            bytesOut?: number;
            /**
             * Format: int64
             * @description Bytes in.
             */
            bytesIn?: number;
            /**
             * Format: int64
             * @description Unit not stated.
             */
            publishDuration?: number;
            /**
             * Format: int64
             * @description Unit not stated.
             */
            viewDuration?: number;
        };
        SuccessAccountGeoSeriesAnalyticModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["AccountGeoSeriesAnalyticModel"];
        };
        AccountGeoSeriesAnalyticModel: {
            geo?: {
                [key: string]: {
                    [key: string]: components["schemas"]["BaseStreamDataWithViewsModel"];
                };
            };
        };
        BaseStreamDataWithViewsModel: {
            /**
             * Format: int64
             * @description Unit not stated.
             */
            publishDuration?: number;
            /**
             * Format: int64
             * @description Unit not stated.
             */
            viewDuration?: number;
            /**
             * Format: int64
             * @description Bytes out.
             */
            bytesOut?: number;
            /**
             * Format: int64
             * @description Bytes in.
             */
            bytesIn?: number;
            /** Format: int64 */
            publishes?: number;
            /** Format: int64 */
            views?: number;
        };
        SuccessStreamsGeoTotalAnalyticModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["StreamGeoTotalAnalyticModel"];
        };
        StreamGeoTotalAnalyticModel: {
            geo?: {
                [key: string]: {
                    [key: string]: components["schemas"]["BaseStreamDataModel"];
                };
            };
        };
        SuccessStreamsGeoSeriesAnalyticModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["StreamGeoSeriesAnalyticModel"];
        };
        StreamGeoSeriesAnalyticModel: {
            geo?: {
                [key: string]: {
                    [key: string]: {
                        [key: string]: components["schemas"]["BaseStreamDataWithViewsModel"];
                    };
                };
            };
        };
        SuccessAccountGeoCountryAnalyticModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["GeoCountryAnalyticModel"];
        };
        GeoCountryAnalyticModel: {
            geo?: {
                [key: string]: components["schemas"]["BaseGeoDataModel"];
            };
        };
        BaseGeoDataModel: {
            /** Format: uint64 */
            bytes?: number;
            /** Format: uint64 */
            views?: number;
        };
        SuccessStreamsGeoCountryAnalyticModel: {
            /** @default success */
            status: string;
            data: {
                [key: string]: components["schemas"]["GeoCountryAnalyticModel"];
            };
        };
        SuccessTrackingTotalForStreams: {
            /** @default success */
            status: string;
            /** @description Keyed by stream name. */
            data: {
                [key: string]: components["schemas"]["StreamTrackingTotalAnalyticModel"][];
            };
        };
        StreamTrackingTotalAnalyticModel: {
            /** Format: int64 */
            bytesOut?: number;
            /** Format: int64 */
            bytesIn?: number;
            /** @description Ordinary broadcast and playback traffic. */
            standardStream?: components["schemas"]["BaseBandwidthModel2"] | null;
            /** @description Traffic from re-streaming to several platforms. */
            restream?: components["schemas"]["UsageWithDurationModel2"] | null;
            /** @description Traffic from geo-cascading over several regions. */
            geoCascade?: components["schemas"]["BaseBandwidthModel2"] | null;
            /** @description Presumably absent, empty or null for untracked traffic (examples show absent and empty). */
            trackingId?: string | null;
        };
        BaseBandwidthModel2: {
            /** Format: int64 */
            bytesOut?: number;
            /** Format: int64 */
            bytesIn?: number;
        };
        /** @description Tracking variant; the time field is `duration`, not `secondsUsed`. */
        UsageWithDurationModel2: {
            /** Format: int64 */
            bytesOut?: number;
            /** Format: int64 */
            bytesIn?: number;
            /**
             * Format: int64
             * @description Unit not stated.
             */
            duration?: number;
        };
        SuccessTrackingSeriesForStreams: {
            /** @default success */
            status: string;
            /** @description Keyed by stream name, then ISO 8601 bucket start. */
            data: {
                [key: string]: {
                    [key: string]: components["schemas"]["StreamTrackingTotalAnalyticModel"][];
                };
            };
        };
        SuccessTotalBandwidthPerStreamForTrackingIds: {
            /** @default success */
            status: string;
            /** @description Keyed by tracking id. */
            data: {
                [key: string]: components["schemas"]["TrackingIdTotalAnalyticModel"][];
            };
        };
        TrackingIdTotalAnalyticModel: {
            /** Format: int64 */
            bytesOut?: number;
            /** Format: int64 */
            bytesIn?: number;
            /** @description Ordinary broadcast and playback traffic. */
            standardStream?: components["schemas"]["BaseBandwidthModel2"] | null;
            /** @description Traffic from re-streaming to several platforms. */
            restream?: components["schemas"]["UsageWithDurationModel2"] | null;
            /** @description Traffic from geo-cascading over several regions. */
            geoCascade?: components["schemas"]["BaseBandwidthModel2"] | null;
            streamName?: string | null;
        };
        SuccessSeriesBandwidthPerStreamForTrackingIds: {
            /** @default success */
            status: string;
            /** @description Keyed by tracking id, then ISO 8601 bucket start. */
            data: {
                [key: string]: {
                    [key: string]: components["schemas"]["TrackingIdTotalAnalyticModel"][];
                };
            };
        };
        SuccessTranscoderTotalMinutes: {
            /** @default success */
            status: string;
            data: components["schemas"]["TranscoderTotalAnalyticsResponse"];
        };
        TranscoderTotalAnalyticsResponse: {
            /** @description The account queried. */
            streamAccountId?: string | null;
            /**
             * Format: date-time
             * @description Start of the query.
             */
            startDate?: string;
            /**
             * Format: date-time
             * @description End of the query (named endDate although the parameter is stopDate).
             */
            endDate?: string;
            /**
             * Format: int64
             * @description Transcoder minutes used between the two dates.
             */
            transcoderMinutesUsed?: number;
        };
        SuccessTranscoderSeriesMinutes: {
            /** @default success */
            status: string;
            data: components["schemas"]["TranscoderSeriesAnalyticsResponse"];
        };
        TranscoderSeriesAnalyticsResponse: {
            /** @description The account queried. */
            streamAccountId?: string | null;
            /** @description Minutes by day; each key is a date. */
            transcoder?: {
                [key: string]: components["schemas"]["TranscoderAnalyticsDetail"][];
            } | null;
        };
        TranscoderAnalyticsDetail: {
            transcoderId?: string | null;
            /** Format: int64 */
            minutesUsed?: number;
        };
        SuccessClipSeriesResponse: {
            /** @default success */
            status: string;
            data: components["schemas"]["ClipSeriesResult"];
        };
        ClipSeriesResult: {
            /** @description Clip minutes by UTC date (yyyy-MM-dd). Sparse - idle days are left out. */
            series?: {
                [key: string]: number;
            } | null;
        };
        SuccessStorageSeriesResponse: {
            /** @default success */
            status: string;
            data: components["schemas"]["StorageSeriesResult"];
        };
        StorageSeriesResult: {
            /** @description GB-hours (byte-hours / 1,000,000,000) by UTC date (yyyy-MM-dd). Sparse - days without data are left out. */
            series?: {
                [key: string]: number;
            } | null;
        };
        SuccessResponseOfMediaAssetUsage: {
            /** @default success */
            status: string;
            data: components["schemas"]["MediaAssetUsage"];
        };
        MediaAssetUsage: {
            /**
             * Format: uint64
             * @description All storage in bytes.
             */
            totalBytes?: number;
            /**
             * Format: uint64
             * @description Recordings in bytes.
             */
            recordings?: number;
            /**
             * Format: uint64
             * @description Clips in bytes.
             */
            clips?: number;
            /**
             * Format: uint64
             * @description Timelines in bytes.
             */
            timelines?: number;
            /**
             * Format: uint64
             * @description VOD assets in bytes.
             */
            vod?: number;
        };
        SuccessResponseOfMediaAssetBillableUsage: {
            /** @default success */
            status: string;
            data: components["schemas"]["MediaAssetBillableUsage"];
        };
        MediaAssetBillableUsage: {
            /**
             * Format: uint64
             * @description All storage, binary gigabytes (1024^3) per hour.
             */
            gigabyteHours?: number;
            /**
             * Format: uint64
             * @description Billable recordings, binary gigabytes (1024^3) per hour.
             */
            recordings?: number;
            /**
             * Format: uint64
             * @description Billable clips, binary gigabytes (1024^3) per hour.
             */
            clips?: number;
            /**
             * Format: uint64
             * @description Billable timelines, binary gigabytes (1024^3) per hour.
             */
            timelines?: number;
            /**
             * Format: uint64
             * @description Billable VOD assets, binary gigabytes (1024^3) per hour.
             */
            vod?: number;
        };
        DrmDetailedUsageResponse: {
            /** @description DRM licence usage. */
            license?: components["schemas"]["LicenseUsageSeries"] | null;
        };
        LicenseUsageSeries: {
            /** @description All licence requests. */
            totals?: components["schemas"]["UsagePerStatus"] | null;
            /** @description Licence requests per DRM system, by day. */
            details?: {
                [key: string]: components["schemas"]["DrmSchemaUsage"];
            } | null;
        };
        UsagePerStatus: {
            /** @description Licences delivered. */
            ok?: number;
            /** @description Deliveries that failed on an error. */
            fail?: number;
            /** @description Deliveries refused as not authorised. */
            denied?: number;
        };
        DrmSchemaUsage: {
            /** @description PlayReady outcomes. */
            playReady?: components["schemas"]["UsagePerStatus"] | null;
            /** @description Widevine outcomes. */
            widevine?: components["schemas"]["UsagePerStatus"] | null;
            /** @description FairPlay outcomes. */
            fairPlay?: components["schemas"]["UsagePerStatus"] | null;
        };
        DrmTotalUsageResponse: {
            /** @description DRM licence usage. */
            license?: components["schemas"]["LicenseUsageTotal"] | null;
        };
        LicenseUsageTotal: {
            /** @description All licence requests. */
            totals?: components["schemas"]["UsagePerStatus"] | null;
            /** @description Licence requests per DRM system. */
            details?: components["schemas"]["DrmSchemaUsage"] | null;
        };
    };
    responses: {
        /** @description Bad Request */
        Fail: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["FailResponse"];
            };
        };
        /** @description Server Error */
        Error: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "status": "error",
                 *       "message": "simple error reason",
                 *       "code": 500,
                 *       "data": {}
                 *     }
                 */
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
    };
    parameters: {
        /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
        StartDate: string;
        /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
        StopDate: string;
        /** @description Bucket size. */
        AccountResolution: components["schemas"]["AnalyticsResolution"];
        /** @description Bucket size; Month is not accepted here. */
        StreamsResolution: components["schemas"]["StreamsAnalyticsResolution"];
        /** @description At most 10 stream names, each at most 128 characters; repeat the parameter (streamNames=a&streamNames=b). */
        StreamNames: string[];
        /** @description At most 10 tracking ids; repeat the parameter. No length limit is stated here. */
        TrackingIds: string[];
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    Analytics_AccountTotal: {
        parameters: {
            query: {
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "bytesOut": 250000,
                     *         "bytesIn": 500000000,
                     *         "standardStream": {
                     *           "bytesOut": 100000,
                     *           "bytesIn": 500000000
                     *         },
                     *         "restream": {
                     *           "secondsUsed": 10,
                     *           "bytesOut": 50000,
                     *           "bytesIn": 0
                     *         },
                     *         "geoCascade": {
                     *           "bytesOut": 100000,
                     *           "bytesIn": 0
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessAccountBandwidthTotalAnalyticModel"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_AccountSeries: {
        parameters: {
            query: {
                /** @description Bucket size. */
                resolution: components["parameters"]["AccountResolution"];
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "bandwidth": {
                     *           "2020-01-01T00:00:00Z": {
                     *             "bytesOut": 20150,
                     *             "bytesIn": 5000
                     *           },
                     *           "2020-02-01T00:00:00Z": {
                     *             "bytesOut": 400,
                     *             "bytesIn": 50
                     *           }
                     *         },
                     *         "standardStream": {
                     *           "2020-01-01T00:00:00Z": {
                     *             "bytesOut": 10000,
                     *             "bytesIn": 5000
                     *           },
                     *           "2020-02-01T00:00:00Z": {
                     *             "bytesOut": 100,
                     *             "bytesIn": 50
                     *           }
                     *         },
                     *         "restream": {
                     *           "2020-01-01T00:00:00Z": {
                     *             "secondsUsed": 10,
                     *             "bytesOut": 150,
                     *             "bytesIn": 0
                     *           },
                     *           "2020-02-01T00:00:00Z": {
                     *             "secondsUsed": 12,
                     *             "bytesOut": 200,
                     *             "bytesIn": 0
                     *           }
                     *         },
                     *         "geoCascade": {
                     *           "2020-01-01T00:00:00Z": {
                     *             "bytesOut": 10000,
                     *             "bytesIn": 0
                     *           },
                     *           "2020-02-01T00:00:00Z": {
                     *             "bytesOut": 100,
                     *             "bytesIn": 0
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessAccountBandwidthSeriesAnalyticModel"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_AccountGeoTotal: {
        parameters: {
            query: {
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "geo": {
                     *           "US": {
                     *             "bytesOut": 100000000,
                     *             "bytesIn": 50000000,
                     *             "publishDuration": 35,
                     *             "viewDuration": 100
                     *           },
                     *           "MX": {
                     *             "bytesOut": 50000000,
                     *             "bytesIn": 2500000,
                     *             "publishDuration": 12,
                     *             "viewDuration": 100
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessAccountGeoTotalAnalyticModel"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_AccountGeoSeries: {
        parameters: {
            query: {
                /** @description Bucket size; Month is not accepted here. */
                resolution: components["parameters"]["StreamsResolution"];
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "geo": {
                     *           "2020-03-01T00:00:00Z": {
                     *             "US": {
                     *               "bytesOut": 500000000,
                     *               "bytesIn": 40000000,
                     *               "publishDuration": 60,
                     *               "viewDuration": 75,
                     *               "publishes": 1,
                     *               "views": 5
                     *             },
                     *             "MX": {
                     *               "bytesOut": 400000000,
                     *               "bytesIn": 0,
                     *               "publishDuration": 0,
                     *               "viewDuration": 185,
                     *               "publishes": 0,
                     *               "views": 4
                     *             }
                     *           },
                     *           "2020-03-01T01:00:00Z": {
                     *             "US": {
                     *               "bytesOut": 200000000,
                     *               "bytesIn": 30000000,
                     *               "publishDuration": 60,
                     *               "viewDuration": 75,
                     *               "publishes": 1,
                     *               "views": 2
                     *             }
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessAccountGeoSeriesAnalyticModel"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_StreamsTotal: {
        parameters: {
            query: {
                /** @description At most 10 stream names, each at most 128 characters; repeat the parameter (streamNames=a&streamNames=b). */
                streamNames: components["parameters"]["StreamNames"];
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "mystream": {
                     *           "bytesOut": 250000,
                     *           "bytesIn": 500000000,
                     *           "standardStream": {
                     *             "bytesOut": 100000,
                     *             "bytesIn": 500000000
                     *           },
                     *           "restream": {
                     *             "secondsUsed": 50,
                     *             "bytesOut": 500000,
                     *             "bytesIn": 0
                     *           },
                     *           "geoCascade": {
                     *             "bytesOut": 100000,
                     *             "bytesIn": 0
                     *           }
                     *         },
                     *         "otherstream": {
                     *           "bytesOut": 350000,
                     *           "bytesIn": 600000000,
                     *           "standardStream": {
                     *             "bytesOut": 200000,
                     *             "bytesIn": 600000000
                     *           },
                     *           "restream": {
                     *             "secondsUsed": 50,
                     *             "bytesOut": 500000,
                     *             "bytesIn": 0
                     *           },
                     *           "geoCascade": {
                     *             "bytesOut": 100000,
                     *             "bytesIn": 0
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessStreamsBandwidthTotalAnalyticModel"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_StreamsSeries: {
        parameters: {
            query: {
                /** @description Bucket size; Month is not accepted here. */
                resolution: components["parameters"]["StreamsResolution"];
                /** @description At most 10 stream names, each at most 128 characters; repeat the parameter (streamNames=a&streamNames=b). */
                streamNames: components["parameters"]["StreamNames"];
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "mystream": {
                     *           "bandwidth": {
                     *             "2020-03-01T00:00:00Z": {
                     *               "bytesOut": 300,
                     *               "bytesIn": 50
                     *             },
                     *             "2020-03-02T00:00:00Z": {
                     *               "bytesOut": 1300,
                     *               "bytesIn": 300
                     *             }
                     *           },
                     *           "standardStream": {
                     *             "2020-03-01T00:00:00Z": {
                     *               "bytesOut": 100,
                     *               "bytesIn": 50
                     *             },
                     *             "2020-03-02T00:00:00Z": {
                     *               "bytesOut": 400,
                     *               "bytesIn": 300
                     *             }
                     *           },
                     *           "restream": {
                     *             "2020-03-01T00:00:00Z": {
                     *               "secondsUsed": 8,
                     *               "bytesOut": 100,
                     *               "bytesIn": 0
                     *             },
                     *             "2020-03-02T00:00:00Z": {
                     *               "secondsUsed": 30,
                     *               "bytesOut": 500,
                     *               "bytesIn": 0
                     *             }
                     *           },
                     *           "geoCascade": {
                     *             "2020-03-01T00:00:00Z": {
                     *               "bytesOut": 100,
                     *               "bytesIn": 0
                     *             },
                     *             "2020-03-02T00:00:00Z": {
                     *               "bytesOut": 400,
                     *               "bytesIn": 0
                     *             }
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessStreamsBandwidthSeriesAnalyticModel"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_StreamsGeoTotal: {
        parameters: {
            query: {
                /** @description At most 10 stream names, each at most 128 characters; repeat the parameter (streamNames=a&streamNames=b). */
                streamNames: components["parameters"]["StreamNames"];
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "geo": {
                     *           "mystream": {
                     *             "US": {
                     *               "bytesOut": 500000000,
                     *               "bytesIn": 300000000,
                     *               "publishDuration": 88,
                     *               "viewDuration": 100
                     *             },
                     *             "MX": {
                     *               "bytesOut": 100000000,
                     *               "bytesIn": 0,
                     *               "publishDuration": 0,
                     *               "viewDuration": 66
                     *             }
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessStreamsGeoTotalAnalyticModel"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_StreamsGeoSeries: {
        parameters: {
            query: {
                /** @description Bucket size; Month is not accepted here. */
                resolution: components["parameters"]["StreamsResolution"];
                /** @description At most 10 stream names, each at most 128 characters; repeat the parameter (streamNames=a&streamNames=b). */
                streamNames: components["parameters"]["StreamNames"];
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "geo": {
                     *           "mystream": {
                     *             "2020-03-01T00:00:00Z": {
                     *               "US": {
                     *                 "bytesOut": 500000000,
                     *                 "bytesIn": 60000000,
                     *                 "publishDuration": 60,
                     *                 "viewDuration": 75,
                     *                 "publishes": 1,
                     *                 "views": 5
                     *               },
                     *               "MX": {
                     *                 "bytesOut": 40000000,
                     *                 "bytesIn": 0,
                     *                 "publishDuration": 0,
                     *                 "viewDuration": 55,
                     *                 "publishes": 0,
                     *                 "views": 1
                     *               }
                     *             },
                     *             "2020-03-01T01:00:00Z": {
                     *               "US": {
                     *                 "bytesOut": 500000000,
                     *                 "bytesIn": 60000000,
                     *                 "publishDuration": 60,
                     *                 "viewDuration": 75,
                     *                 "publishes": 1,
                     *                 "views": 5
                     *               }
                     *             }
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessStreamsGeoSeriesAnalyticModel"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_AccountGeo: {
        parameters: {
            query: {
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "geo": {
                     *           "US": {
                     *             "bytes": 100000000,
                     *             "views": 30
                     *           },
                     *           "MX": {
                     *             "bytes": 50000000,
                     *             "views": 15
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessAccountGeoCountryAnalyticModel"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_StreamsGeo: {
        parameters: {
            query: {
                /** @description At most 10 stream names, each at most 128 characters; repeat the parameter (streamNames=a&streamNames=b). */
                streamNames: components["parameters"]["StreamNames"];
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "mystream": {
                     *           "geo": {
                     *             "US": {
                     *               "bytes": 100000000,
                     *               "views": 30
                     *             },
                     *             "MX": {
                     *               "bytes": 50000000,
                     *               "views": 15
                     *             }
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessStreamsGeoCountryAnalyticModel"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_GetTrackingTotalForStreams: {
        parameters: {
            query: {
                /** @description At most 10 stream names, each at most 128 characters; repeat the parameter (streamNames=a&streamNames=b). */
                streamNames: components["parameters"]["StreamNames"];
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "mystream": [
                     *           {
                     *             "bytesOut": 3836187144,
                     *             "bytesIn": 82409106
                     *           },
                     *           {
                     *             "trackingId": "customTrackingId",
                     *             "bytesOut": 0,
                     *             "bytesIn": 323288624
                     *           }
                     *         ],
                     *         "otherstream": []
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessTrackingTotalForStreams"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_GetTrackingSeriesForStreams: {
        parameters: {
            query: {
                /** @description Bucket size; Month is not accepted here. */
                resolution: components["parameters"]["StreamsResolution"];
                /** @description At most 10 stream names, each at most 128 characters; repeat the parameter (streamNames=a&streamNames=b). */
                streamNames: components["parameters"]["StreamNames"];
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "mystream": {
                     *           "2023-01-26T00:00:00Z": [
                     *             {
                     *               "trackingId": "",
                     *               "bytesOut": 82409106,
                     *               "bytesIn": 3836187144
                     *             },
                     *             {
                     *               "trackingId": "customTrackingId",
                     *               "bytesOut": 323288624,
                     *               "bytesIn": 0
                     *             }
                     *           ],
                     *           "2023-01-27T00:00:00Z": []
                     *         },
                     *         "otherstream": {
                     *           "2023-01-26T00:00:00Z": [],
                     *           "2023-01-27T00:00:00Z": []
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessTrackingSeriesForStreams"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_GetTotalBandwidthForTrackingId: {
        parameters: {
            query: {
                /** @description At most 10 tracking ids; repeat the parameter. No length limit is stated here. */
                trackingIds: components["parameters"]["TrackingIds"];
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "trackingId1": [
                     *           {
                     *             "streamName": "mystream",
                     *             "bytesOut": 453184689,
                     *             "bytesIn": 0
                     *           }
                     *         ],
                     *         "trackingId2": [
                     *           {
                     *             "streamName": "mystream",
                     *             "bytesOut": 193646639,
                     *             "bytesIn": 0
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessTotalBandwidthPerStreamForTrackingIds"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_GetSeriesBandwidthForTrackingId: {
        parameters: {
            query: {
                /** @description Bucket size; Month is not accepted here. */
                resolution: components["parameters"]["StreamsResolution"];
                /** @description At most 10 tracking ids; repeat the parameter. No length limit is stated here. */
                trackingIds: components["parameters"]["TrackingIds"];
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "trackingId1": {
                     *           "2023-01-26T00:00:00Z": [
                     *             {
                     *               "streamName": "mystream",
                     *               "bytesOut": 453184689,
                     *               "bytesIn": 0
                     *             }
                     *           ],
                     *           "2023-01-27T00:00:00Z": []
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessSeriesBandwidthPerStreamForTrackingIds"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_GetTotalTranscoderMinutesForAccount: {
        parameters: {
            query: {
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "streamAccountId": "PbyMpY",
                     *         "startDate": "2024-03-03T00:00:00Z",
                     *         "endDate": "2024-03-04T00:00:00Z",
                     *         "transcoderMinutesUsed": 250000000
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessTranscoderTotalMinutes"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_GetSeriesTranscoderMinutesForAccount: {
        parameters: {
            query: {
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "streamAccountId": "PbyMpY",
                     *         "transcoder": {
                     *           "2024-03-01T00:00:00Z": [
                     *             {
                     *               "transcoderId": "100000000",
                     *               "minutesUsed": 50000000
                     *             }
                     *           ],
                     *           "2024-03-02T00:00:00Z": [
                     *             {
                     *               "transcoderId": "100000000",
                     *               "minutesUsed": 50000000
                     *             }
                     *           ]
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessTranscoderSeriesMinutes"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_GetClipSeries: {
        parameters: {
            query: {
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "series": {
                     *           "2024-03-01": 12,
                     *           "2024-03-03": 47
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessClipSeriesResponse"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_GetStorageSeries: {
        parameters: {
            query: {
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "series": {
                     *           "2024-03-01": 1024.5,
                     *           "2024-03-02": 1050.25
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessStorageSeriesResponse"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_MediaAssetUsage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "totalBytes": 1000,
                     *         "recordings": 600,
                     *         "clips": 200,
                     *         "timelines": 100,
                     *         "vod": 100
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessResponseOfMediaAssetUsage"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    Analytics_MediaAssetUsageBillable: {
        parameters: {
            query: {
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "gigabyteHours": 100,
                     *         "recordings": 60,
                     *         "clips": 20,
                     *         "timelines": 10,
                     *         "vod": 10
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessResponseOfMediaAssetBillableUsage"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    Analytics_GetDrmDailyUsage: {
        parameters: {
            query: {
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "license": {
                     *           "totals": {
                     *             "ok": 1021,
                     *             "fail": 4,
                     *             "denied": 20
                     *           },
                     *           "details": {
                     *             "2024-07-31T00:00:00Z": {
                     *               "playReady": {
                     *                 "ok": 4,
                     *                 "fail": 0,
                     *                 "denied": 0
                     *               },
                     *               "widevine": {
                     *                 "ok": 1005,
                     *                 "fail": 0,
                     *                 "denied": 20
                     *               },
                     *               "fairPlay": {
                     *                 "ok": 1,
                     *                 "fail": 0,
                     *                 "denied": 0
                     *               }
                     *             },
                     *             "2024-07-27T00:00:00Z": {
                     *               "playReady": {
                     *                 "ok": 0,
                     *                 "fail": 0,
                     *                 "denied": 0
                     *               },
                     *               "widevine": {
                     *                 "ok": 11,
                     *                 "fail": 4,
                     *                 "denied": 0
                     *               },
                     *               "fairPlay": {
                     *                 "ok": 0,
                     *                 "fail": 0,
                     *                 "denied": 0
                     *               }
                     *             }
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["DrmDetailedUsageResponse"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Analytics_GetDrmTotalUsage: {
        parameters: {
            query: {
                /** @description First day, inclusive, YYYY-MM-DD, UTC. An ISO 8601 instant also works (the Hour example uses one), despite format date. */
                startDate: components["parameters"]["StartDate"];
                /** @description End of the range, exclusive, UTC. YYYY-MM-DD, or an ISO 8601 instant such as 2021-02-01T00:00:00Z. */
                stopDate: components["parameters"]["StopDate"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "license": {
                     *           "totals": {
                     *             "ok": 1017,
                     *             "fail": 0,
                     *             "denied": 0
                     *           },
                     *           "details": {
                     *             "playReady": {
                     *               "ok": 0,
                     *               "fail": 0,
                     *               "denied": 0
                     *             },
                     *             "widevine": {
                     *               "ok": 1016,
                     *               "fail": 0,
                     *               "denied": 0
                     *             },
                     *             "fairPlay": {
                     *               "ok": 1,
                     *               "fail": 0,
                     *               "denied": 0
                     *             }
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["DrmTotalUsageResponse"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
}
