// Made by codegen.ts from schema/upstream/media.yaml.

export interface paths {
    "/api/thumbnails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Trigger Thumbnail
         * @description Makes a thumbnail of an active stream now; 6 requests a minute per stream. The image goes to thumbnail webhooks.
         */
        post: operations["Thumbnails_TriggerThumbnail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v3/media/assets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Media Assets
         * @description Lists assets other than deleted ones. A timeline is the clip buffer, at most 12 hours or until the stream restarts.
         */
        get: operations["MediaAssets_ListMediaAssets"];
        put?: never;
        /**
         * Create Media Asset
         * @description Makes a live clip of 10 seconds to 8 hours. An Idempotency-Key request header, undeclared upstream, stops duplicates.
         */
        post: operations["MediaAssets_CreateMediaAsset"];
        /**
         * Delete Media Assets
         * @description Deletes assets by id, permanently; only Complete or Error assets can go.
         */
        delete: operations["MediaAssets_DeleteMediaAssets"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v3/media/assets/{mediaAssetId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                mediaAssetId: string;
            };
            cookie?: never;
        };
        /**
         * Read Media Asset
         * @description Reads one asset; a complete one has a temporary download link and a CDN link.
         */
        get: operations["MediaAssets_ReadMediaAsset"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Update Media Asset
         * @description Changes asset settings; the media files themselves stay as they are.
         */
        patch: operations["MediaAssets_UpdateMediaAsset"];
        trace?: never;
    };
    "/api/v3/media/assets/all/{type}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete All Media Assets
         * @description Deletes every asset of one type.
         */
        delete: operations["MediaAssets_DeleteMediaAssets2"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v3/media/distributions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Media Distributions
         * @description Lists distributions with sorting and cursor paging.
         */
        get: operations["MediaDistributions_ListMediaDistribution"];
        put?: never;
        /**
         * Create Media Distribution
         * @description Creates a distribution, the rule set by which HLS media assets may be viewed.
         */
        post: operations["MediaDistributions_CreateMediaDistribution"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v3/media/distributions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        /**
         * Read Media Distribution
         * @description Reads one distribution.
         */
        get: operations["MediaDistributions_ReadMediaDistribution"];
        put?: never;
        post?: never;
        /**
         * Delete Media Distribution
         * @description Deletes one distribution.
         */
        delete: operations["MediaDistributions_DeleteMediaDistribution"];
        options?: never;
        head?: never;
        /**
         * Update Media Distribution
         * @description Changes a distribution's name or default flag.
         */
        patch: operations["MediaDistributions_UpdateMediaDistribution"];
        trace?: never;
    };
    "/api/v3/media/distributions/{id}/security/keys": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        /**
         * Get all security keys of a media distribution by ID
         * @description Lists the distribution's key ids and names.
         */
        get: operations["MediaDistributions_GetSecurityKeys"];
        put?: never;
        /**
         * Create a new security key for a media distribution
         * @description Adds a key; at most 2 a distribution.
         */
        post: operations["MediaDistributions_CreateSecurityKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v3/media/distributions/{id}/security/keys/{keyId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a media distribution security key
         * @description Deletes one key.
         */
        delete: operations["MediaDistributions_DeleteSecurityKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/record_files/{recordFileId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recordFileId: number;
            };
            cookie?: never;
        };
        /**
         * Read File
         * @deprecated
         * @description Reads a file with a temporary download link. Superseded by Read Media Asset.
         */
        get: operations["RecordFiles_GetRecordFile"];
        put?: never;
        post?: never;
        /**
         * Delete File
         * @deprecated
         * @description Deletes a recorded file. Superseded by Delete Media Assets.
         */
        delete: operations["RecordFiles_DeleteRecordFile"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/record_files/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete Files
         * @deprecated
         * @description Deletes several recorded files. Superseded by Delete Media Assets.
         */
        post: operations["RecordFiles_DeleteRecordFiles"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/record_files/list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Files
         * @deprecated
         * @description Lists the account's files; an empty list is the end. Superseded by List Media Assets.
         */
        get: operations["RecordFiles_ListRecordFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/record_files/list_by_token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Files By Token
         * @deprecated
         * @description Lists a token's files; an empty list is the end. Superseded by List Media Assets with tokenId.
         */
        get: operations["RecordFiles_ListRecordFilesByToken"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/record_files/list_by_stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Files By Stream
         * @deprecated
         * @description Lists a stream's files; an empty list is the end. Superseded by List Media Assets with streamName.
         */
        get: operations["RecordFiles_ListRecordFilesByStream"];
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
        TriggerThumbnailRequest: {
            /** @description Stream name. */
            streamName?: string | null;
            /** @description Publish token id. */
            tokenId?: number | null;
        };
        SuccessResponseBoolean: {
            /** @default success */
            status: string;
            data: boolean;
        };
        CreateMediaAssetModel: {
            /** @description Stream to clip. */
            streamName?: string | null;
            /** @description Publish token of the stream. */
            tokenId?: number | null;
            /** @description Source to clip; unset takes the highest by priority, quality, then start time. */
            sourceId?: string | null;
            /** @description Omitted: one asset per simulcastId. Null: source without one. Empty string: source published with a bare simulcastId. */
            simulcastId?: string | null;
            /**
             * Format: int32
             * @description Priority to clip; the highest for the sourceId unless given.
             */
            priority?: number | null;
            /**
             * Format: date
             * @description Start, in the past, ISO 8601 UTC date-time such as 2020-01-01T00:00:00Z. Assets begin at or after it.
             */
            startTime: string;
            /**
             * Format: date
             * @description End, in the past, ISO 8601 UTC date-time; now unless given.
             */
            stopTime?: string | null;
            /** @description Label, assigned if absent; object name in third-party storage, so unique unless DELETE permission allows overwriting. */
            name?: string | null;
            /** @description Where the clip goes; else the default storage profile, else the vendor's buckets. */
            storage?: components["schemas"]["MediaAssetStorageModel"] | null;
            /**
             * Format: date
             * @description Expiry; kept until deleted if absent. No effect in your own storage.
             */
            expiration?: string | null;
            /** @description Channel to clip. */
            channelId?: string | null;
            /**
             * @description Output format. The declared default Mp4 differs in case from the enum.
             * @default Mp4
             */
            targetFormat?: components["schemas"]["MediaAssetTargetFormat"] | null;
            /** @description Distribution that governs viewing. */
            mediaDistributionId?: string | null;
            /** @description Unique; replaces mediaAssetId in https://<domain>/<orgId>/<mediaAssetId>/<fileName>. */
            customPath?: string | null;
        };
        UpdateMediaAssetModel: {
            /** @description Distribution that governs viewing; a change may take an hour. */
            mediaDistributionId?: string | null;
            /** @description Replaces mediaAssetId in https://cdn.optiview.dolby.com/vod/<orgId>/<mediaAssetId>/<fileName>. */
            customPath?: string | null;
        };
        MediaAssetStorageModel: {
            /** @description Storage profile id; not with type. */
            profileId?: string | null;
            /** @description Provider for one-off storage, not with profileId; dolbyStorage means the vendor's buckets. */
            type?: components["schemas"]["MediaAssetStorageType"] | null;
            /** @description Needed with type; otherwise overrides parts of the named or default profile. */
            options?: components["schemas"]["UpdateStorageOptionsModel"] | null;
        };
        UpdateStorageOptionsModel: {
            /** @description Prefix, as in protocol://bucketName/objectPrefix/objectName.ext; ignored in the vendor's buckets. */
            objectPrefix?: string | null;
            /** @description Bucket to upload to; the vendor's service account needs access. */
            bucketName?: string | null;
            /** @description Bucket region for awsS3. */
            bucketRegion?: string | null;
        };
        MediaAssetStorageResponseModel: {
            /** @description Storage provider. */
            type?: components["schemas"]["MediaAssetStorageType"];
            /** @description Storage location; external storage only. */
            path?: string | null;
        };
        MediaAssetFeedSelectionModel: {
            /** @description Publish token id. */
            tokenId?: number | null;
            /** @description Stream name. */
            streamName?: string | null;
            /** @description Source id. */
            sourceId?: string | null;
            /** @description Simulcast id. */
            simulcastId?: string | null;
            /**
             * Format: int32
             * @description Feed priority.
             */
            priority?: number | null;
            /** @description Channel id. */
            channelId?: string | null;
        };
        MediaAssetResponseModel: {
            /** @description Asset id. */
            id?: string | null;
            /** @description Asset type. */
            type?: components["schemas"]["MediaAssetType"];
            /** @description Feed the asset came from. */
            feed?: components["schemas"]["MediaAssetFeedSelectionModel"] | null;
            /**
             * Format: date
             * @description Start of the media.
             */
            startTime?: string;
            /**
             * Format: date
             * @description End of the media.
             */
            stopTime?: string | null;
            /** @description Asset name. */
            name?: string | null;
            /** @description Where it is stored. */
            storage?: components["schemas"]["MediaAssetStorageResponseModel"] | null;
            /** @description Present status. */
            status?: components["schemas"]["MediaAssetStatus"];
            /** @description Error text, if any. */
            error?: string | null;
            /**
             * Format: date
             * @description Creation time.
             */
            created?: string | null;
            /**
             * Format: date
             * @description Expiry time.
             */
            expiration?: string | null;
            /**
             * Format: date
             * @description Removal time.
             */
            removed?: string | null;
            /** @description Media metadata. */
            metadata?: components["schemas"]["RecordMetadata"] | null;
            /** @description Distribution id. */
            mediaDistributionId?: string | null;
            /** @description Custom path, if any. */
            customPath?: string | null;
        };
        DownloadMediaAssetModel: {
            /** @description Asset id. */
            id?: string | null;
            /** @description Asset type. */
            type?: components["schemas"]["MediaAssetType"];
            /** @description Feed the asset came from. */
            feed?: components["schemas"]["MediaAssetFeedSelectionModel"] | null;
            /**
             * Format: date
             * @description Start of the media.
             */
            startTime?: string;
            /**
             * Format: date
             * @description End of the media.
             */
            stopTime?: string | null;
            /** @description Asset name. */
            name?: string | null;
            /** @description Where it is stored. */
            storage?: components["schemas"]["MediaAssetStorageResponseModel"] | null;
            /** @description Present status. */
            status?: components["schemas"]["MediaAssetStatus"];
            /** @description Error text, if any. */
            error?: string | null;
            /**
             * Format: date
             * @description Creation time.
             */
            created?: string | null;
            /**
             * Format: date
             * @description Expiry time.
             */
            expiration?: string | null;
            /**
             * Format: date
             * @description Removal time.
             */
            removed?: string | null;
            /** @description Media metadata. */
            metadata?: components["schemas"]["RecordMetadata"] | null;
            /** @description Distribution id. */
            mediaDistributionId?: string | null;
            /** @description Custom path, if any. */
            customPath?: string | null;
            download?: components["schemas"]["RecordDownloadUrl"] | null;
        };
        RecordDownloadUrl: {
            /** @description Short-lived link. */
            downloadUrl?: string | null;
            /** @description Lasting CDN link; a secured distribution needs ?token={jwt}. */
            url?: string | null;
            /** Format: date-time */
            downloadExpiresOn?: string | null;
        };
        RecordDownloadUrl2: {
            downloadUrl?: string;
            /** Format: date-time */
            downloadExpiresOn?: string | null;
        };
        RecordMetadata: {
            format?: string;
            sizes?: {
                [key: string]: number;
            } | null;
            /** @description Length in seconds. */
            duration?: number;
            tracks: components["schemas"]["RecordMediaTrack"][];
            /** @description Thumbnails. */
            thumbnails: string[];
            /** @description Number of files. */
            fileCount?: number | null;
        };
        RecordMediaTrack: {
            type?: string;
            codec?: string;
            bitrate?: number;
            /** Format: int32 */
            width?: number | null;
            /** Format: int32 */
            height?: number | null;
            /** Format: int32 */
            framerate?: number | null;
            /** Format: int32 */
            channels?: number | null;
            /** Format: int64 */
            samplerate?: number | null;
        };
        DeleteMediaAssetsResponse: {
            /**
             * Format: int32
             * @description Number deleted.
             */
            itemsDeleted?: number;
            /** @description Failures. */
            errors?: components["schemas"]["MediaAssetDeletionError"][] | null;
        };
        MediaAssetDeletionError: {
            /** @description Asset id. */
            id?: string | null;
            /** @description Error text. */
            error?: string | null;
        };
        SuccessResponseOfListOfMediaAssetResponseModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["MediaAssetResponseModel"][];
        };
        SuccessResponseOfListOfDownloadMediaAssetModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["DownloadMediaAssetModel"][];
        };
        SuccessResponseOfDownloadMediaAssetModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["DownloadMediaAssetModel"];
        };
        SuccessResponseOfDeleteMediaAssetsResponse: {
            /** @default success */
            status: string;
            data: components["schemas"]["DeleteMediaAssetsResponse"];
        };
        /** @enum {string} */
        MediaAssetType: "recording" | "clip" | "storageValidation" | "timeline" | "vod";
        /** @enum {string} */
        MediaAssetStatus: "processing" | "complete" | "error" | "deleting" | "deleted";
        /** @enum {string} */
        MediaAssetTargetFormat: "mp4" | "hls";
        /** @enum {string} */
        MediaAssetStorageType: "gcs" | "awsS3" | "dolbyStorage";
        /** @enum {string} */
        ListMediaAssetSortBy: "startTime" | "stopTime" | "streamName" | "tokenId" | "created";
        CreateMediaDistributionModel: {
            /** @description Friendly name, without an asterisk. */
            name: string;
            /** @description Used for later assets made without a mediaDistributionId. */
            default?: boolean;
            /** @description Security settings. */
            security?: components["schemas"]["MediaDistributionSecurityRequest"] | null;
        };
        UpdateMediaDistribution: {
            /** @description Friendly name. */
            name?: string | null;
            /** @description Used for later assets made without a mediaDistributionId. */
            default?: boolean | null;
        };
        MediaDistributionSecurityRequest: {
            /** @description Keys that sign viewing JWTs. None: open viewing, and a token's signature goes unchecked. Any: a valid signed token is required. */
            keys?: components["schemas"]["SecurityKeyRequestModel"][] | null;
        };
        SecurityKeyRequestModel: {
            /** @description Key name. */
            name?: string | null;
            key: string;
        };
        MediaDistributionResponseModel: {
            /** @description Friendly name, without an asterisk. */
            name: string;
            /** @description Used for later assets made without a mediaDistributionId. */
            default?: boolean;
            id?: string | null;
            /** Format: date-time */
            createdAt?: string;
            /** @description Security settings. */
            security?: components["schemas"]["MediaDistributionSecurityResponse"] | null;
        };
        MediaDistributionSecurityResponse: {
            keys?: components["schemas"]["SecurityKeyResponseModel"][] | null;
        };
        SecurityKeyResponseModel: {
            /** @description Goes into the viewing JWT as mediaKeyId. */
            id?: string | null;
            name?: string | null;
        };
        PaginationResponseOfMediaDistributionResponseModel: {
            data?: components["schemas"]["MediaDistributionResponseModel"][] | null;
            pagination?: components["schemas"]["Pagination"] | null;
        };
        Pagination: {
            hasMore?: boolean;
            cursor?: string | null;
        };
        /** @enum {string} */
        ListMediaDistributionsSortBy: "createdAt" | "name";
        SuccessResponseOfMediaDistributionResponseModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["MediaDistributionResponseModel"];
        };
        SuccessResponseOfPaginationResponseOfMediaDistributionResponseModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["PaginationResponseOfMediaDistributionResponseModel"];
        };
        SuccessResponseOfListOfSecurityKeyResponseModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["SecurityKeyResponseModel"][];
        };
        SuccessResponseOfSecurityKeyResponseModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["SecurityKeyResponseModel"];
        };
        RecordFileModel: {
            id?: number;
            tokenId?: number | null;
            token?: string;
            streamName?: string;
            /** Format: date-time */
            recordedOn?: string;
            /** Format: date-time */
            removedOn?: string | null;
            status?: components["schemas"]["MediaAssetStatus2"];
            metadata?: components["schemas"]["RecordMetadata"] | null;
            download?: components["schemas"]["RecordDownloadUrl2"] | null;
        };
        ListRecordFileModel: {
            id?: number;
            tokenId?: number | null;
            token?: string;
            streamName?: string;
            /** Format: date-time */
            recordedOn?: string;
            /** Format: date-time */
            removedOn?: string | null;
            status?: components["schemas"]["MediaAssetStatus2"];
            metadata?: components["schemas"]["RecordMetadata"] | null;
        };
        RemoveRecordFilesModel: {
            recordFileIds: number[];
        };
        SuccessRecordFileModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["RecordFileModel"];
        };
        SuccessListRecordFileModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["ListRecordFileModel"][];
        };
        /** @enum {string} */
        MediaAssetStatus2: "Started" | "Transcode" | "InProgress" | "Deleted" | "Invalid" | "Expiring" | "Complete" | "Deleting" | "Error";
        /** @enum {string} */
        FilterByRecordFileStatus: "Started" | "Transcode" | "Complete" | "Deleting" | "Error";
        /** @enum {string} */
        ListSortBy3: "RecordedOn" | "StreamName" | "Token";
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
    };
    responses: {
        /** @description Validation failure, in the JSend fail form. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["FailResponse"];
            };
        };
        /** @description Any other failure, in the JSend error form. */
        ServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
        /** @description One page of files, without download links. */
        RecordFilePage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["SuccessListRecordFileModel"];
            };
        };
    };
    parameters: {
        RecordSortBy: components["schemas"]["ListSortBy3"] | null;
        RecordStatus: components["schemas"]["FilterByRecordFileStatus"][] | null;
        /** @description Page index, from 1. */
        RecordPage: number;
        /** @description Page size. */
        RecordItemsOnPage: number;
        /** @description Reverses the default order. */
        RecordIsDescending: boolean;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    Thumbnails_TriggerThumbnail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TriggerThumbnailRequest"];
            };
        };
        responses: {
            /** @description Whether it was triggered. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseBoolean"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    MediaAssets_ListMediaAssets: {
        parameters: {
            query?: {
                sort?: components["schemas"]["ListMediaAssetSortBy"] | null;
                /** @description Processing and Complete unless given. */
                status?: components["schemas"]["MediaAssetStatus"][] | null;
                /** @description Clip and Recording unless given. */
                type?: components["schemas"]["MediaAssetType"][] | null;
                /** @description Keeps assets of this name. */
                name?: string | null;
                streamName?: string | null;
                tokenId?: number | null;
                sourceId?: string | null;
                /** @description Bare "?simulcastId&" keeps empty-string ids; nothing filters for unset or null ids. */
                simulcastId?: string | null;
                priority?: number | null;
                page?: number;
                limit?: number;
                desc?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of assets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfListOfDownloadMediaAssetModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    MediaAssets_CreateMediaAsset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateMediaAssetModel"];
            };
        };
        responses: {
            /** @description A list even for one; several clips if the stream restarted or simulcastId is unset on multi-source. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfListOfMediaAssetResponseModel"];
                };
            };
            /** @description Validation failure; data.errors maps field names to messages. */
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
                     *           "Name": [
                     *             "Name may not contain character(s) (:)"
                     *           ]
                     *         },
                     *         "message": "Validation errors"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["FailResponse"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    MediaAssets_DeleteMediaAssets: {
        parameters: {
            query: {
                /** @description Ids to delete, repeated as ?id=1&id=2. */
                id: string[] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Count deleted and any per-asset errors. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfDeleteMediaAssetsResponse"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    MediaAssets_ReadMediaAsset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                mediaAssetId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The asset. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfDownloadMediaAssetModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    MediaAssets_UpdateMediaAsset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                mediaAssetId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateMediaAssetModel"];
            };
        };
        responses: {
            /** @description The asset after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfDownloadMediaAssetModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    MediaAssets_DeleteMediaAssets2: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                type: components["schemas"]["MediaAssetType"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Count deleted and any per-asset errors. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfDeleteMediaAssetsResponse"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    MediaDistributions_ListMediaDistribution: {
        parameters: {
            query?: {
                sort?: components["schemas"]["ListMediaDistributionsSortBy"] | null;
                /** @description Case-insensitive name filter. */
                name?: string | null;
                default?: boolean | null;
                /** @description Omit at first, then send the last pagination.cursor, keeping the same sort. */
                cursor?: string | null;
                /** @description Most items returned. */
                limit?: number;
                desc?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page, nested as data.data and data.pagination. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfPaginationResponseOfMediaDistributionResponseModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    MediaDistributions_CreateMediaDistribution: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateMediaDistributionModel"];
            };
        };
        responses: {
            /** @description The new distribution; key ids only, never the key again. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfMediaDistributionResponseModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    MediaDistributions_ReadMediaDistribution: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The distribution. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfMediaDistributionResponseModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    MediaDistributions_DeleteMediaDistribution: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted; no body. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["ServerError"];
        };
    };
    MediaDistributions_UpdateMediaDistribution: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateMediaDistribution"];
            };
        };
        responses: {
            /** @description The distribution after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfMediaDistributionResponseModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    MediaDistributions_GetSecurityKeys: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfListOfSecurityKeyResponseModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    MediaDistributions_CreateSecurityKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecurityKeyRequestModel"];
            };
        };
        responses: {
            /** @description The key's id and name. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfSecurityKeyResponseModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    MediaDistributions_DeleteSecurityKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                keyId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted; no body. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    RecordFiles_GetRecordFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recordFileId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessRecordFileModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    RecordFiles_DeleteRecordFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recordFileId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether it was deleted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseBoolean"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    RecordFiles_DeleteRecordFiles: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RemoveRecordFilesModel"];
            };
        };
        responses: {
            /** @description Whether they were deleted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseBoolean"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    RecordFiles_ListRecordFiles: {
        parameters: {
            query: {
                sortBy?: components["parameters"]["RecordSortBy"];
                status?: components["parameters"]["RecordStatus"];
                /** @description Page index, from 1. */
                page: components["parameters"]["RecordPage"];
                /** @description Page size. */
                itemsOnPage: components["parameters"]["RecordItemsOnPage"];
                /** @description Reverses the default order. */
                isDescending?: components["parameters"]["RecordIsDescending"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["RecordFilePage"];
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    RecordFiles_ListRecordFilesByToken: {
        parameters: {
            query: {
                /** @description One of token and tokenId must be given. */
                token: string | null;
                /** @description One of token and tokenId must be given. Older name token_id. */
                tokenId?: number | null;
                sortBy?: components["parameters"]["RecordSortBy"];
                status?: components["parameters"]["RecordStatus"];
                /** @description Page index, from 1. */
                page: components["parameters"]["RecordPage"];
                /** @description Page size. */
                itemsOnPage: components["parameters"]["RecordItemsOnPage"];
                /** @description Reverses the default order. */
                isDescending?: components["parameters"]["RecordIsDescending"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["RecordFilePage"];
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    RecordFiles_ListRecordFilesByStream: {
        parameters: {
            query: {
                streamname: string | null;
                sortBy?: components["parameters"]["RecordSortBy"];
                status?: components["parameters"]["RecordStatus"];
                /** @description Page index, from 1. */
                page: components["parameters"]["RecordPage"];
                /** @description Page size. */
                itemsOnPage: components["parameters"]["RecordItemsOnPage"];
                /** @description Reverses the default order. */
                isDescending?: components["parameters"]["RecordIsDescending"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["RecordFilePage"];
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
}
