const bulkResponseSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse'

export interface BulkResult {
  /** As sent, in capitals. */
  readonly method: string | null
  readonly bulkId: string | null
  /** None where a POST made nothing. */
  readonly location: string | null
  /** The entity tag of what is there now. */
  readonly version: string | null
  readonly status: number
  /** The Error message of one that failed. */
  readonly error: object | null
}

/** A BulkResponse (RFC 7644 section 3.7.3): one result an operation, the status as text, a `response` only for an error. */
export function presentBulkResponse(results: readonly BulkResult[]): object {
  return {
    schemas: [bulkResponseSchema],
    Operations: results.map(({ method, bulkId, location, version, status, error }) => ({
      ...(location === null ? {} : { location }),
      ...(method === null ? {} : { method }),
      ...(bulkId === null ? {} : { bulkId }),
      ...(version === null ? {} : { version }),
      status: String(status),
      ...(error === null ? {} : { response: error }),
    })),
  }
}
