// Made by codegen.ts from schema/upstream/viewer-records.yaml.

export interface paths {
    "/api/records/viewers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Viewer Records
         * @description Viewer connections, optionally bounded by start and completion time; ongoing ones are included by default.
         *     One record per clientId - a session that reconnects after completion stays one record, duration and bytes summed from its first start.
         *     Polling - set startTime to the last checkpoint, advance it each call, dedupe by clientId.
         *     Completed up to T - search Completed with endTime T. endTime is one-sided, so every call returns all completed before T again.
         *     Not fit for non-overlapping usage or billing windows; use v2 completedAfter / completedBefore.
         */
        post: operations["Records_GetViewerRecords"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/records/viewers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Viewer Records (V2)
         * @description Viewer connections as recorded; a session that reconnects after completion gives a further row.
         *     Link such rows through previousRecordId. Key or dedupe by (clientId, startTime), never by clientId alone.
         *     startedAfter / startedBefore bound the session start; completedAfter / completedBefore bound completion.
         *     Polling - set startedAfter to the last checkpoint and advance it. An ongoing session keeps its recordId; a reconnect makes a new row
         *     with a new startTime and previousRecordId set.
         *     Usage or billing windows - search Completed with completedAfter / completedBefore. A session started earlier but completed inside is
         *     included once and not returned for a later window.
         */
        post: operations["RecordsV2_GetViewerRecords"];
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
        ViewerRecordModelV1: {
            /**
             * Format: date-time
             * @description When the connection started.
             */
            startTime?: string;
            /**
             * Format: date-time
             * @description Null while the connection is ongoing.
             */
            endTime?: string | null;
            /** @description Unique id of the client connection. */
            clientId?: string;
            /** @description Cluster the connection used. */
            clusterId?: string;
            /** @description ISO 3166-1 two-letter country code. */
            country?: string;
            /** @description Custom data tied to the viewer. In the schema but in neither published example. */
            customViewerData?: string | null;
            /** @description Length of the connection in seconds. */
            duration?: number;
            /**
             * Format: uint64
             * @description Bytes sent and received in total.
             */
            bytes?: number;
            /** @description IP address of the connection. */
            ipAddress?: string;
            /** @description Stream name. */
            streamName?: string;
            /** @description Tracking id; an empty CSV field when null. */
            trackingId?: string | null;
            /** @description User agent of the connection. */
            userAgent?: string;
        };
        GetRecordsModel: {
            /** @description Lower bound on session start. ISO 8601, UTC (2020-01-01T00:00:00Z). */
            startTime?: string | null;
            /**
             * @description Comparison used with startTime.
             * @default GreaterThanOrEqualTo
             */
            startOperator?: components["schemas"]["DateTimeOperator"] | null;
            /** @description Upper bound on completion time (not on start). ISO 8601, UTC. */
            endTime?: string | null;
            /**
             * @description Comparison used with endTime.
             * @default LessThan
             */
            endOperator?: components["schemas"]["DateTimeOperator"] | null;
            /**
             * @description Which records to return.
             * @default Ongoing_Completed
             */
            search?: components["schemas"]["RecordSearchType"] | null;
            /** @description Only these streams. Mutually exclusive with trackingIds. No length limit stated. */
            streamNames?: string[] | null;
            /** @description Only these tracking ids; a null entry includes records without one (though the item type is not nullable). Mutually exclusive with streamNames. */
            trackingIds?: string[] | null;
        };
        /** @enum {string} */
        DateTimeOperator: "GreaterThanOrEqualTo" | "GreaterThan" | "LessThanOrEqualTo" | "LessThan";
        /** @enum {string} */
        RecordSearchType: "Completed" | "Ongoing" | "Ongoing_Completed";
        ViewerRecordModel: {
            /**
             * Format: date-time
             * @description When the connection started.
             */
            startTime?: string;
            /**
             * Format: date-time
             * @description Null while the connection is ongoing.
             */
            endTime?: string | null;
            /** @description Unique id of the client connection; may repeat over rows. */
            clientId?: string;
            /** @description Cluster the connection used. */
            clusterId?: string;
            /** @description ISO 3166-1 two-letter country code. */
            country?: string;
            /** @description Custom data tied to the viewer. In the schema but in neither published example. */
            customViewerData?: string | null;
            /** @description Length of the connection in seconds. */
            duration?: number;
            /**
             * Format: uint64
             * @description Bytes sent and received in total.
             */
            bytes?: number;
            /** @description IP address of the connection. */
            ipAddress?: string;
            /** @description Stream name. */
            streamName?: string;
            /** @description Tracking id; an empty CSV field when null. */
            trackingId?: string | null;
            /** @description User agent of the connection. */
            userAgent?: string;
            /**
             * Format: uint64
             * @description Id of the row in the database.
             */
            recordId?: number;
            /**
             * Format: uint64
             * @description Row this one continues when it is a reconnection; otherwise null.
             */
            previousRecordId?: number | null;
        };
        GetRecordsV2Model: {
            /** @description Lower bound on session start. ISO 8601, UTC (2020-01-01T00:00:00Z). */
            startedAfter?: string | null;
            /**
             * @description Comparison used with startedAfter.
             * @default GreaterThanOrEqualTo
             */
            startedAfterOperator?: components["schemas"]["DateTimeOperator"] | null;
            /** @description Upper bound on session start. ISO 8601, UTC. */
            startedBefore?: string | null;
            /**
             * @description Comparison used with startedBefore.
             * @default LessThan
             */
            startedBeforeOperator?: components["schemas"]["DateTimeOperator"] | null;
            /** @description Lower bound on completion time. ISO 8601, UTC. */
            completedAfter?: string | null;
            /**
             * @description Comparison used with completedAfter.
             * @default GreaterThanOrEqualTo
             */
            completedAfterOperator?: components["schemas"]["DateTimeOperator"] | null;
            /** @description Upper bound on completion time. ISO 8601, UTC. */
            completedBefore?: string | null;
            /**
             * @description Comparison used with completedBefore.
             * @default LessThan
             */
            completedBeforeOperator?: components["schemas"]["DateTimeOperator"] | null;
            /**
             * @description Which records to return.
             * @default Ongoing_Completed
             */
            search?: components["schemas"]["RecordSearchType"] | null;
            /** @description Only these streams. Mutually exclusive with trackingIds. No length limit stated. */
            streamNames?: string[] | null;
            /** @description Only these tracking ids; a null entry includes records without one (though the item type is not nullable). Mutually exclusive with streamNames. */
            trackingIds?: string[] | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    Records_GetViewerRecords: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "startTime": "2023-01-01T00:00:00Z",
                 *       "endTime": "2023-01-02T00:00:00Z",
                 *       "search": "Completed",
                 *       "streamNames": [
                 *         "teststream"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["GetRecordsModel"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example {"startTime":"2023-01-01T00:30:00.000Z","endTime":"2023-01-01T01:00:00.000Z","clientId":"ffffffff-ffff-ffff-ffff-ffffffffffff","clusterId":"phx-1","country":"US","duration":1800,"bytes":450000000,"ipAddress":"127.0.0.1","streamName":"teststream","trackingId":null,"userAgent":"Mozilla/5.0 (X11; Linux x86_64)"} */
                    "application/x-jsonl": components["schemas"]["ViewerRecordModelV1"][];
                    /**
                     * @example StartTime,EndTime,ClientId,ClusterId,Country,Duration,Bytes,IpAddress,StreamName,TrackingId,UserAgent
                     *     2023-01-01T00:30:00.000Z,2023-01-01T01:00:00.000Z,ffffffff-ffff-ffff-ffff-ffffffffffff,phx-1,US,1800,450000000,127.0.0.1,teststream,,"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
                     */
                    "text/csv": components["schemas"]["ViewerRecordModelV1"][];
                };
            };
        };
    };
    RecordsV2_GetViewerRecords: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "completedAfter": "2023-01-01T00:00:00Z",
                 *       "completedBefore": "2023-01-02T00:00:00Z",
                 *       "search": "Completed"
                 *     }
                 */
                "application/json": components["schemas"]["GetRecordsV2Model"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example {"startTime":"2023-01-01T00:30:00.000Z","endTime":"2023-01-01T01:00:00.000Z","clientId":"ffffffff-ffff-ffff-ffff-ffffffffffff","clusterId":"phx-1","country":"US","duration":1800,"bytes":450000000,"ipAddress":"127.0.0.1","streamName":"teststream","trackingId":null,"userAgent":"Mozilla/5.0 (X11; Linux x86_64)","recordId":12345,"previousRecordId":null} */
                    "application/x-jsonl": components["schemas"]["ViewerRecordModel"][];
                    /**
                     * @example StartTime,EndTime,ClientId,ClusterId,Country,Duration,Bytes,IpAddress,StreamName,TrackingId,UserAgent,RecordId,PreviousRecordId
                     *     2023-01-01T00:30:00.000Z,2023-01-01T01:00:00.000Z,ffffffff-ffff-ffff-ffff-ffffffffffff,phx-1,US,1800,450000000,127.0.0.1,teststream,,"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)",12345,
                     */
                    "text/csv": components["schemas"]["ViewerRecordModel"][];
                };
            };
        };
    };
}
