export interface ErrorDeclaration {
  readonly status: number
  /** RFC 7644 table 9, RFC 9865 section 2.1. */
  readonly scimType?: string
  readonly title: string
  /** What happened; `{name}` is a slot. */
  readonly sentence: string
  /** What to do about it. */
  readonly advice: string
  readonly retryable: boolean
}

/** The error codes of RFC 7644 and RFC 9865 that this package knows the rules of. */
export const scimErrors = {
  'body-not-json': {
    status: 400,
    scimType: 'invalidSyntax',
    title: 'Not JSON',
    sentence: 'The body is not a JSON object that can be read: {where}.',
    advice: 'Look at what sends it; a proxy on its way may have cut or changed it.',
    retryable: false,
  },
  'value-invalid': {
    status: 400,
    scimType: 'invalidValue',
    title: 'Value not valid',
    sentence: '{attribute}: {value} is not {expected}.',
    advice: 'Change the attribute mapping in the IdP.',
    retryable: false,
  },
  'attribute-required': {
    status: 400,
    scimType: 'invalidValue',
    title: 'Attribute required',
    sentence: '{attribute} is required.',
    advice: 'Map it in the IdP to a source that has a value for each of its users.',
    retryable: false,
  },
  'attribute-not-removable': {
    status: 400,
    scimType: 'mutability',
    title: 'Attribute cannot be removed',
    sentence: '{attribute} is required and cannot be removed.',
    advice: 'Map a value to it in the IdP.',
    retryable: false,
  },
  'attribute-read-only': {
    status: 400,
    scimType: 'mutability',
    title: 'Attribute is read-only',
    sentence: '{attribute} cannot be changed.',
    advice: "Take it out of the IdP's mapping.",
    retryable: false,
  },
  'filter-invalid': {
    status: 400,
    scimType: 'invalidFilter',
    title: 'Filter not valid',
    sentence: 'The filter is wrong at position {position}: {why}.',
    advice: 'Change the matching attribute in the IdP, or the filter: RFC 7644 section 3.4.2.2 has its grammar.',
    retryable: false,
  },
  'filter-too-costly': {
    status: 400,
    scimType: 'tooMany',
    title: 'Filter too costly',
    sentence: 'The filter would take too long.',
    advice: 'Filter by {attributes}.',
    retryable: false,
  },
  'filter-not-here': {
    status: 403,
    title: 'No filter here',
    sentence: 'This endpoint cannot be filtered.',
    advice: 'Leave the filter out.',
    retryable: false,
  },
  'path-invalid': {
    status: 400,
    scimType: 'invalidPath',
    title: 'Path not valid',
    sentence: 'The path {path} is wrong at position {position}: {why}.',
    advice: 'Change the target attribute of this mapping in the IdP.',
    retryable: false,
  },
  'path-no-target': {
    status: 400,
    scimType: 'noTarget',
    title: 'Path meets nothing',
    sentence: 'There is no value that the path {path} chooses.',
    advice: 'Add the value instead of replacing it, or read the resource to see what it has.',
    retryable: false,
  },
  'sensitive-in-url': {
    status: 403,
    scimType: 'sensitive',
    title: 'Sensitive attribute in a URL',
    sentence: '{attribute} must not stand in a URL.',
    advice: 'Use `POST .search` without it.',
    retryable: false,
  },
  'cursor-invalid': {
    status: 400,
    scimType: 'invalidCursor',
    title: 'Cursor not valid',
    sentence: 'The cursor is not of this list.',
    advice: 'Start at the first page.',
    retryable: false,
  },
  'cursor-expired': {
    status: 400,
    scimType: 'expiredCursor',
    title: 'Cursor expired',
    sentence: 'The cursor has expired.',
    advice: 'Start at the first page.',
    retryable: false,
  },
  'count-invalid': {
    status: 400,
    scimType: 'invalidCount',
    title: 'Count changed',
    sentence: 'count must stay the same during a walk.',
    advice: 'Send the count that the walk began with, or none.',
    retryable: false,
  },
  'bulk-too-large': {
    status: 413,
    title: 'Bulk request too large',
    sentence: 'The bulk request has more than {limit}.',
    advice: 'Split it.',
    retryable: false,
  },
  'bulk-invalid': {
    status: 400,
    scimType: 'invalidSyntax',
    title: 'Bulk request not valid',
    sentence: '{attribute} {why}.',
    advice: 'Mend the request: its shape is in RFC 7644 section 3.7.',
    retryable: false,
  },
  'bulk-reference-unknown': {
    status: 400,
    scimType: 'invalidValue',
    title: 'Unknown bulkId',
    sentence: 'No operation has the bulkId {bulkId}.',
    advice: 'Mend the reference.',
    retryable: false,
  },
  'bulk-reference-failed': {
    status: 409,
    title: 'Reference to what failed',
    sentence: 'The operation with the bulkId {bulkId} failed, and this one refers to it.',
    advice: 'Mend that operation and send both again.',
    retryable: false,
  },
  'me-not-implemented': {
    status: 501,
    title: '/Me is not served',
    sentence: '/Me is not served.',
    advice: 'Use `/Users/{id}`.',
    retryable: false,
  },
  'scim-version-unsupported': {
    status: 400,
    scimType: 'invalidVers',
    title: 'SCIM version not spoken',
    sentence: 'Only SCIM 2.0 is spoken.',
    advice: 'Use `/scim/v2`.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorDeclaration>

export type ScimErrorCode = keyof typeof scimErrors
export type ErrorSlots = Readonly<Record<string, string>>

const maxSlotLength = 120

function cut(text: string): string {
  return text.length > maxSlotLength ? `${text.slice(0, maxSlotLength).toWellFormed()}…` : text
}

/** What this package refuses, by its code. `message` is the public sentence; slots longer than 120 characters are cut. */
export class ScimError extends Error {
  readonly code: ScimErrorCode
  readonly slots: ErrorSlots

  constructor(code: ScimErrorCode, slots: Readonly<Record<string, string | number>> = {}) {
    const filled = Object.fromEntries(Object.entries(slots).map(([name, value]) => [name, cut(String(value))]))
    super(scimErrors[code].sentence.replace(/\{(\w+)\}/g, (slot, name: string) => filled[name] ?? slot))
    this.name = 'ScimError'
    this.code = code
    this.slots = filled
  }
}

const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error'

export interface ScimErrorBody {
  readonly schemas: readonly [typeof errorSchema]
  readonly status: string
  readonly scimType?: string
  readonly detail: string
}

/** The Error message of RFC 7644 section 3.12: its four members only, the status as text. */
export function presentScimError(error: {
  status: number
  scimType?: string | undefined
  detail: string
}): ScimErrorBody {
  return {
    schemas: [errorSchema],
    status: String(error.status),
    ...(error.scimType === undefined ? {} : { scimType: error.scimType }),
    detail: error.detail,
  }
}
