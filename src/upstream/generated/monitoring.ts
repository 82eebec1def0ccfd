// Made by codegen.ts from schema/upstream/monitoring.yaml.

export interface paths {
    "/api/monitoring/streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Streams
         * @description Active streams and those ended within the last hour, with feeds, sorted and paged. Needs the LiveMonitoring feature.
         *     With transcoderId - every stream of that transcoder's current or last active instance, whenever it ended.
         *     Feed stats (frameRate, packetLoss, trackDetails, feedStats) are left out; only Stream Details has them.
         */
        get: operations["Monitoring_ListRecentStreams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/monitoring/streams/{streamName}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream Details
         * @description One stream by name, with full feed stats. Needs the LiveMonitoring feature. Unknown name answers 400.
         */
        get: operations["Monitoring_GetStream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/monitoring/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Stream Summary
         * @description Lighter List Streams - same selection, sorting, paging and transcoderId rule, but no feeds, hasRedundant or restreaming.
         *     Does not take hasRedundant or isRestreaming.
         */
        get: operations["Monitoring_ListStreamSummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/monitoring/summary/{streamName}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream Summary
         * @description Lighter Stream Details - one stream by name, without feeds.
         */
        get: operations["Monitoring_GetStreamSummary"];
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
        ListSortBy: "StreamId" | "Cluster" | "StartTime" | "Duration" | "Live" | "ViewerCount" | "Restream";
        PaginationData: {
            /** Format: int32 */
            totalItems?: number;
            /** Format: int32 */
            totalPages?: number;
            /**
             * Format: int32
             * @description In the published example this equals the rows returned.
             */
            itemsOnPage?: number;
        };
        SuccessListStreams: {
            /** @default success */
            status: string;
            data: components["schemas"]["PaginatedResponseOfStreamSummary"];
        };
        PaginatedResponseOfStreamSummary: {
            pagination?: components["schemas"]["PaginationData"] | null;
            data?: components["schemas"]["StreamSummary"][] | null;
        };
        SuccessListStreamSummary: {
            /** @default success */
            status: string;
            data: components["schemas"]["PaginatedResponseOfStreamBaseSummary"];
        };
        PaginatedResponseOfStreamBaseSummary: {
            pagination?: components["schemas"]["PaginationData"] | null;
            data?: components["schemas"]["StreamBaseSummary"][] | null;
        };
        StreamSummary: {
            streamId?: string;
            streamName?: string;
            clusterId?: string;
            clusters?: string[];
            secureStream?: boolean;
            isRecordingAllowed?: boolean;
            multisource?: boolean;
            live?: boolean;
            /** Format: date-time */
            startTime?: string;
            /** Format: date-time */
            endTime?: string | null;
            /** Format: int64 */
            viewerCount?: number;
            hasRedundant?: boolean | null;
            restreaming?: boolean | null;
            feeds?: components["schemas"]["FeedSummary"][] | null;
        };
        SuccessStreamDetails: {
            /** @default success */
            status: string;
            data: components["schemas"]["StreamDetails"];
        };
        StreamDetails: {
            streamId?: string;
            streamName?: string;
            clusterId?: string;
            clusters?: string[];
            secureStream?: boolean;
            isRecordingAllowed?: boolean;
            multisource?: boolean;
            live?: boolean;
            /** Format: date-time */
            startTime?: string;
            /** Format: date-time */
            endTime?: string | null;
            /** Format: int64 */
            viewerCount?: number;
            hasRedundant?: boolean | null;
            restreaming?: boolean | null;
            feeds?: components["schemas"]["FeedDetails"][] | null;
        };
        SuccessStreamSummary: {
            /** @default success */
            status: string;
            data: components["schemas"]["StreamBaseSummary"];
        };
        StreamBaseSummary: {
            /** @description Stream id, accountId/streamName in the examples. */
            streamId?: string | null;
            /** @description Stream name. */
            streamName?: string | null;
            /** @description Cluster the stream first connected to. */
            clusterId?: string | null;
            /** @description Clusters the stream is published to. */
            clusters?: string[] | null;
            /** @description Whether the stream is secured. */
            secureStream?: boolean;
            /** @description Whether recording is allowed. */
            isRecordingAllowed?: boolean;
            /** @description Whether several sources are allowed. */
            multisource?: boolean;
            /** @description Whether the stream is live. */
            live?: boolean;
            /**
             * Format: date-time
             * @description When the stream started.
             */
            startTime?: string;
            /**
             * Format: date-time
             * @description When the stream ended.
             */
            endTime?: string | null;
            /**
             * Format: int64
             * @description Viewers watching.
             */
            viewerCount?: number;
        };
        FeedSummary: {
            streamId?: string;
            feedId?: string;
            clusterId?: string;
            sourceId?: string;
            simulcastId?: string;
            serverId?: string;
            active?: boolean;
            /** Format: date-time */
            startTime?: string;
            /** Format: date-time */
            endTime?: string | null;
            isRecordingAllowed?: boolean;
            isRedundant?: boolean | null;
            /** Format: int32 */
            priority?: number | null;
            /** Format: int32 */
            tokenId?: number;
            client?: components["schemas"]["GeoClient"];
            restreams?: components["schemas"]["RestreamDetails"][];
        };
        FeedDetails: {
            streamId?: string;
            feedId?: string;
            clusterId?: string;
            sourceId?: string;
            simulcastId?: string;
            serverId?: string;
            active?: boolean;
            /** Format: date-time */
            startTime?: string;
            /** Format: date-time */
            endTime?: string | null;
            isRecordingAllowed?: boolean;
            /**
             * Format: double
             * @description Packet loss in percent over the last five minutes.
             */
            packetLoss?: number;
            isRedundant?: boolean | null;
            /** Format: int32 */
            priority?: number | null;
            /** Format: decimal */
            frameRate?: number;
            type?: string;
            /** Format: int32 */
            tokenId?: number;
            client?: components["schemas"]["GeoClient"];
            restreams?: components["schemas"]["RestreamDetails"][];
            feedStats?: components["schemas"]["FeedStats"][];
            trackDetails?: components["schemas"]["TrackDetails"][];
        };
        GeoClient: {
            country?: string;
            city?: string;
            continent?: string;
            /** @description Three numbers in the examples (latitude, longitude and an unexplained third). */
            coordinates?: number[];
            sub?: string[];
            ip?: string;
        };
        RestreamDetails: {
            label?: string;
            /** Format: int32 */
            index?: number;
            url?: string;
            active?: boolean;
            events?: components["schemas"]["RestreamEvent"][];
        };
        RestreamEvent: {
            /** Format: date-time */
            started?: string;
            /** Format: date-time */
            ended?: string | null;
            error?: string;
        };
        FeedStats: {
            /** Format: date-time */
            timestamp?: string;
            /**
             * Format: double
             * @description Packet loss in percent over the last five seconds.
             */
            packetLoss?: number;
        };
        TrackDetails: {
            trackId?: string;
            encodingDetails?: components["schemas"]["EncodingDetails"][];
        };
        EncodingDetails: {
            encodingId?: string;
            /** Format: double */
            iFrameRate?: number | null;
            /** Format: double */
            bFrameRate?: number | null;
            /** Format: double */
            pFrameRate?: number | null;
            encodingStats?: components["schemas"]["EncodingStats"][];
        };
        /** @description Units are not stated for bit rates, rtt or bufferTime. */
        EncodingStats: {
            /** Format: date-time */
            timestamp?: string;
            resolution?: components["schemas"]["Resolution"] | null;
            bitRate?: components["schemas"]["Bitrate"];
            videoCodec?: string;
            audioCodec?: string;
            /** Format: decimal */
            frames?: number | null;
            /** Format: double */
            rtt?: number | null;
            /** Format: double */
            bufferTime?: number | null;
            /** Format: double */
            bFrames?: number | null;
        };
        Resolution: {
            /** Format: double */
            height?: number;
            /** Format: double */
            width?: number;
        };
        Bitrate: {
            /** Format: double */
            audioBitrate?: number;
            /** Format: double */
            videoBitrate?: number;
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
        /** @description 1-based page number. */
        Page: number;
        /** @description Page size. A published error text says "less 20", yet the schema allows 100. */
        ItemsOnPage: number;
        SortBy: components["schemas"]["ListSortBy"];
        IsDescending: boolean;
        IsActive: boolean | null;
        /** @description Cluster ids; repeat the parameter. No limit stated. */
        Cluster: string[] | null;
        IsSecure: boolean | null;
        IsMultisource: boolean | null;
        HasRedundant: boolean | null;
        SearchSubstring: string | null;
        IsRecordingAllowed: boolean | null;
        IsRestreaming: boolean | null;
        /** @description Return all streams of this transcoder's current or last active instance, whenever they ended. */
        TranscoderId: string | null;
        /** @description The streamName (in examples streamId is accountId/streamName). */
        StreamName: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    Monitoring_ListRecentStreams: {
        parameters: {
            query?: {
                /** @description 1-based page number. */
                page?: components["parameters"]["Page"];
                /** @description Page size. A published error text says "less 20", yet the schema allows 100. */
                itemsOnPage?: components["parameters"]["ItemsOnPage"];
                sortBy?: components["parameters"]["SortBy"];
                isDescending?: components["parameters"]["IsDescending"];
                isActive?: components["parameters"]["IsActive"];
                /** @description Cluster ids; repeat the parameter. No limit stated. */
                cluster?: components["parameters"]["Cluster"];
                isSecure?: components["parameters"]["IsSecure"];
                isMultisource?: components["parameters"]["IsMultisource"];
                hasRedundant?: components["parameters"]["HasRedundant"];
                searchSubstring?: components["parameters"]["SearchSubstring"];
                isRecordingAllowed?: components["parameters"]["IsRecordingAllowed"];
                isRestreaming?: components["parameters"]["IsRestreaming"];
                /** @description Return all streams of this transcoder's current or last active instance, whenever they ended. */
                transcoderId?: components["parameters"]["TranscoderId"];
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
                     *         "pagination": {
                     *           "totalItems": 1,
                     *           "totalPages": 1,
                     *           "itemsOnPage": 1
                     *         },
                     *         "data": [
                     *           {
                     *             "streamId": "Abcde0/main_stream",
                     *             "streamName": "main_stream",
                     *             "clusterId": "sgp-1",
                     *             "clusters": [
                     *               "sgp-1"
                     *             ],
                     *             "secureStream": false,
                     *             "isRecordingAllowed": false,
                     *             "multisource": true,
                     *             "live": true,
                     *             "startTime": "2024-06-25T00:42:01.222Z",
                     *             "viewerCount": 0,
                     *             "hasRedundant": false,
                     *             "restreaming": true,
                     *             "feeds": [
                     *               {
                     *                 "streamId": "Abcde0/main_stream",
                     *                 "feedId": "9b8dcce4-cbd9-45fe-a58c-8775f1c6d0d2",
                     *                 "clusterId": "sgp-1",
                     *                 "serverId": "sgp-1-dev",
                     *                 "active": true,
                     *                 "startTime": "2024-06-25T00:42:01.222Z",
                     *                 "isRecordingAllowed": false,
                     *                 "isRedundant": false,
                     *                 "tokenId": 1129104,
                     *                 "client": {
                     *                   "country": "AU",
                     *                   "city": "Melbourne",
                     *                   "continent": "OC",
                     *                   "coordinates": [
                     *                     -39.8889,
                     *                     154.9221,
                     *                     50
                     *                   ],
                     *                   "sub": [
                     *                     "VIC"
                     *                   ],
                     *                   "ip": "127.100.100.100"
                     *                 },
                     *                 "restreams": [
                     *                   {
                     *                     "label": "Webcam 1",
                     *                     "url": "rtmp://restream.example/v2/pub",
                     *                     "active": true,
                     *                     "events": [
                     *                       {
                     *                         "started": "2024-06-25T00:42:01.218Z"
                     *                       }
                     *                     ]
                     *                   }
                     *                 ]
                     *               }
                     *             ]
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessListStreams"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "fail",
                     *       "data": {
                     *         "errors": {
                     *           "page": "page must be greater than 0"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["FailResponse"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    Monitoring_GetStream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The streamName (in examples streamId is accountId/streamName). */
                streamName: components["parameters"]["StreamName"];
            };
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
                     *         "streamId": "Abcde0/main_stream",
                     *         "streamName": "main_stream",
                     *         "clusterId": "sgp-1",
                     *         "clusters": [
                     *           "sgp-1"
                     *         ],
                     *         "secureStream": false,
                     *         "isRecordingAllowed": false,
                     *         "multisource": false,
                     *         "live": false,
                     *         "startTime": "2024-06-25T00:42:01.222Z",
                     *         "endTime": "2024-06-25T00:51:33.985Z",
                     *         "viewerCount": 0,
                     *         "hasRedundant": false,
                     *         "restreaming": false,
                     *         "feeds": [
                     *           {
                     *             "streamId": "Abcde0/main_stream",
                     *             "feedId": "9b8dcce4-cbd9-45fe-a58c-8775f1c6d0d2",
                     *             "clusterId": "sgp-1",
                     *             "serverId": "sgp-1-dev",
                     *             "active": false,
                     *             "startTime": "2024-06-25T00:42:01.222Z",
                     *             "endTime": "2024-06-25T00:51:33.985Z",
                     *             "isRecordingAllowed": false,
                     *             "packetLoss": 0,
                     *             "isRedundant": false,
                     *             "tokenId": 1129104,
                     *             "client": {
                     *               "country": "AU",
                     *               "city": "Melbourne",
                     *               "continent": "OC",
                     *               "coordinates": [
                     *                 -30.9969,
                     *                 154.5581,
                     *                 50
                     *               ],
                     *               "sub": [
                     *                 "VIC"
                     *               ],
                     *               "ip": "100.145.200.168"
                     *             },
                     *             "restreams": [
                     *               {
                     *                 "label": "Webcam 1",
                     *                 "url": "rtmp://restream.example/v2/pub",
                     *                 "active": false,
                     *                 "events": [
                     *                   {
                     *                     "started": "2024-06-25T00:42:01.218Z",
                     *                     "ended": "2024-06-25T00:51:33.985Z"
                     *                   }
                     *                 ]
                     *               }
                     *             ],
                     *             "feedStats": [
                     *               {
                     *                 "timestamp": "2024-06-25T00:50:30Z",
                     *                 "packetLoss": 0
                     *               }
                     *             ],
                     *             "trackDetails": []
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessStreamDetails"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "fail",
                     *       "data": {
                     *         "message": "Stream name DoNotExist not found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["FailResponse"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    Monitoring_ListStreamSummary: {
        parameters: {
            query?: {
                /** @description 1-based page number. */
                page?: components["parameters"]["Page"];
                /** @description Page size. A published error text says "less 20", yet the schema allows 100. */
                itemsOnPage?: components["parameters"]["ItemsOnPage"];
                sortBy?: components["parameters"]["SortBy"];
                isDescending?: components["parameters"]["IsDescending"];
                isActive?: components["parameters"]["IsActive"];
                /** @description Cluster ids; repeat the parameter. No limit stated. */
                cluster?: components["parameters"]["Cluster"];
                isSecure?: components["parameters"]["IsSecure"];
                isMultisource?: components["parameters"]["IsMultisource"];
                searchSubstring?: components["parameters"]["SearchSubstring"];
                isRecordingAllowed?: components["parameters"]["IsRecordingAllowed"];
                /** @description Return all streams of this transcoder's current or last active instance, whenever they ended. */
                transcoderId?: components["parameters"]["TranscoderId"];
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
                     *         "pagination": {
                     *           "totalItems": 1,
                     *           "totalPages": 1,
                     *           "itemsOnPage": 1
                     *         },
                     *         "data": [
                     *           {
                     *             "streamId": "Abcde0/main_stream",
                     *             "streamName": "main_stream",
                     *             "clusterId": "sgp-1",
                     *             "clusters": [
                     *               "sgp-1"
                     *             ],
                     *             "secureStream": false,
                     *             "isRecordingAllowed": false,
                     *             "multisource": true,
                     *             "live": true,
                     *             "startTime": "2024-06-25T00:42:01.222Z",
                     *             "endTime": null,
                     *             "viewerCount": 3
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessListStreamSummary"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
    Monitoring_GetStreamSummary: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The streamName (in examples streamId is accountId/streamName). */
                streamName: components["parameters"]["StreamName"];
            };
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
                     *         "streamId": "Abcde0/main_stream",
                     *         "streamName": "main_stream",
                     *         "clusterId": "sgp-1",
                     *         "clusters": [
                     *           "sgp-1"
                     *         ],
                     *         "secureStream": false,
                     *         "isRecordingAllowed": false,
                     *         "multisource": true,
                     *         "live": true,
                     *         "startTime": "2024-06-25T00:42:01.222Z",
                     *         "endTime": null,
                     *         "viewerCount": 3
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessStreamSummary"];
                };
            };
            400: components["responses"]["Fail"];
            default: components["responses"]["Error"];
        };
    };
}
