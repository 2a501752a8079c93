import { withoutSecrets } from '@user-provisioning/runtime/secrets'
import { ScimError, type ScimErrorCode, scimErrors } from '@user-provisioning/scim/errors'
import { z } from 'zod'
import type { JsonObject } from './actor.ts'

/** One stable code: what it means to a client, and what the reader can do. `{slots}` are filled from the fault. */
export interface ErrorRecord {
  /** HTTP status; null for what is only in logs and warnings. */
  readonly status: number | null
  readonly scimType?: string
  readonly title: string
  readonly sentence: string
  readonly advice: string
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean
}

const ownErrors = {
  'token-missing': {
    status: 401,
    title: 'No token',
    sentence: 'No token was sent.',
    advice: 'Paste the Secret Token into the IdP; it is sent as `Authorization: Bearer`.',
    retryable: false,
  },
  'token-invalid': {
    status: 401,
    title: 'Token not valid',
    sentence: 'The token is not valid here.',
    advice: 'Copy it again, whole, or issue a new API key.',
    retryable: false,
  },
  'token-expired': {
    status: 401,
    title: 'Token expired',
    sentence: 'The token expired on {at}.',
    advice: 'Issue a secondary key and put it into the IdP.',
    retryable: false,
  },
  'token-revoked': {
    status: 401,
    title: 'Token revoked',
    sentence: 'The token was revoked on {at}.',
    advice: 'Use the other key or issue one.',
    retryable: false,
  },
  'instance-refused': {
    status: 403,
    title: 'Wrong instance',
    sentence: 'This token does not open the instance in the URL.',
    advice: 'Check Tenant URL and token: they belong together.',
    retryable: false,
  },
  'integration-user-refused': {
    status: 403,
    title: 'Integration user refused',
    sentence: 'Integration user {name} {reason}.',
    advice: 'Give the role Lite Admin or reactivate the user.',
    retryable: false,
  },
  'role-missing': {
    status: 403,
    title: 'Role missing',
    sentence: 'This needs the role {role}.',
    advice: 'Ask an admin of the instance.',
    retryable: false,
  },
  'body-too-large': {
    status: 413,
    title: 'Body too large',
    sentence: 'The body has over {limit}.',
    advice: 'Send less at once: the members of a group may come in several requests.',
    retryable: false,
  },
  'request-malformed': {
    status: 400,
    title: 'Not HTTP',
    sentence: 'The request cannot be read as HTTP/1.1: {why}.',
    advice: 'Mend the client, or the proxy before this service; the connection was closed.',
    retryable: false,
  },
  'headers-too-large': {
    status: 431,
    title: 'Headers too large',
    sentence: 'The address and the headers have over {limit}.',
    advice: 'Send a shorter filter or fewer headers; `POST .search` takes a long filter in its body.',
    retryable: false,
  },
  'request-too-slow': {
    status: 408,
    title: 'Request too slow',
    sentence: 'The request was not here whole after {limit}.',
    advice: 'Repeat it; if it stays so, look for a proxy that holds requests back.',
    retryable: true,
  },
  'resource-too-large': {
    status: 413,
    title: 'Resource too large',
    sentence: 'After this change it would have over {limit}.',
    advice: 'Take values out of it, or map fewer of them in the IdP.',
    retryable: false,
  },
  'media-type-unsupported': {
    status: 415,
    title: 'Media type not understood',
    sentence: '{type} is not understood here.',
    advice: 'Use {types}.',
    retryable: false,
  },
  'not-acceptable': {
    status: 406,
    title: 'Media type not served',
    sentence: '{type} cannot be served here.',
    advice: 'Use {types}.',
    retryable: false,
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not possible',
    sentence: '{method} is not possible here.',
    advice: 'Use {allow}.',
    retryable: false,
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    sentence: 'There is no {type} with this id.',
    advice: 'It was deleted or never here: let the IdP look it up by name and provision it anew.',
    retryable: false,
  },
  'route-not-found': {
    status: 404,
    title: 'No such address',
    sentence: 'Nothing is served at this address.',
    advice: 'Check the Tenant URL: it ends in /scim/v2.',
    retryable: false,
  },
  'parameter-invalid': {
    status: 400,
    scimType: 'invalidValue',
    title: 'Parameter not valid',
    sentence: 'Parameter {name}: {why}.',
    advice: 'Change this parameter of the query.',
    retryable: false,
  },
  'user-name-taken': {
    status: 409,
    scimType: 'uniqueness',
    title: 'User name taken',
    sentence: '{userName} is taken by another user of this instance.',
    advice: 'Rename or delete one of the two.',
    retryable: false,
  },
  'user-name-taken-elsewhere': {
    status: 409,
    scimType: 'uniqueness',
    title: 'User name taken elsewhere',
    sentence: '{userName} is taken in another instance.',
    advice: 'User names are unique across instances: give this user another one, or free it there.',
    retryable: false,
  },
  'group-name-taken': {
    status: 409,
    scimType: 'uniqueness',
    title: 'Group name taken',
    sentence: 'There is already a group {displayName}.',
    advice: 'Rename one of the two.',
    retryable: false,
  },
  'pick-up-refused': {
    status: 409,
    scimType: 'uniqueness',
    title: 'Pick-up refused',
    sentence: '{name} exists here and cannot be picked up: {reason}.',
    advice: 'See the readiness report.',
    retryable: false,
  },
  'guard-held': {
    status: 403,
    title: 'Held back',
    sentence: 'Held by the deprovision guard: {n} in {window}.',
    advice: 'An instance admin releases or rejects it in Setup; releasing carries it out.',
    retryable: false,
  },
  'native-delete-refused': {
    status: 403,
    title: 'Native, not deleted',
    sentence: '{name} is native; the IdP cannot delete it.',
    advice: 'Pick it up first, or delete it in the product.',
    retryable: false,
  },
  'precondition-failed': {
    status: 412,
    title: 'Changed meanwhile',
    sentence: 'It was changed at {at}.',
    advice: 'Read it again, and repeat the change with the ETag that it has now.',
    retryable: false,
  },
  'precondition-required': {
    status: 428,
    title: 'If-Match needed',
    sentence: 'This change needs If-Match.',
    advice: 'Read it, and send the ETag that was read as If-Match, so that nobody overwrites what they have not seen.',
    retryable: false,
  },
  'job-already-running': {
    status: 409,
    title: 'Job runs already',
    sentence: '{kind} {id} runs already.',
    advice: 'Follow it or cancel it.',
    retryable: false,
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency-Key reused',
    sentence: 'This Idempotency-Key was used for another request.',
    advice: 'Take a new key.',
    retryable: false,
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    sentence: 'Too many requests of {whom}: {why}.',
    advice: 'Nothing: the IdP repeats it after Retry-After. Send fewer at once if it stays so.',
    retryable: true,
  },
  'deadline-exceeded': {
    status: 503,
    title: 'Not in time',
    sentence: 'There was no answer within 20 s: it was not begun in time, or its answer was lost.',
    advice: 'The IdP repeats it. Before you repeat it by hand, look up whether it was carried out.',
    retryable: true,
  },
  'service-unavailable': {
    status: 503,
    title: 'Service not available',
    sentence: '{service} cannot answer now.',
    advice: 'The IdP repeats it. If it stays so, tell the operator.',
    retryable: true,
  },
  'internal-error': {
    status: 500,
    title: 'Broken on our side',
    sentence: 'Something is broken on our side.',
    advice: 'Give the operator the correlation id at the end of this message.',
    retryable: true,
  },
  'validation-failed': {
    status: 422,
    title: 'Values not acceptable',
    sentence: '{n} values are not acceptable.',
    advice: 'See `errors`.',
    retryable: false,
  },
  'name-taken': {
    status: 409,
    title: 'Name taken',
    sentence: '{type} {name} exists already.',
    advice: 'Take another name.',
    retryable: false,
  },
  'slots-full': {
    status: 409,
    title: 'No free slot',
    sentence: 'There are two live {things} already.',
    advice: 'Revoke one first.',
    retryable: false,
  },
  'state-conflict': {
    status: 409,
    title: 'Not possible in this state',
    sentence: '{thing} is {state}; {verb} is not possible.',
    advice: 'Read it again.',
    retryable: false,
  },
  'expression-invalid': {
    status: 422,
    title: 'Expression not valid',
    sentence: 'Wrong at position {position}: {why}.',
    advice: 'Mend the expression.',
    retryable: false,
  },
  'mapping-row-read-only': {
    status: 422,
    title: 'Row is fixed',
    sentence: 'This row is fixed: User Name, Active and Direct Manager carry identity.',
    advice: 'Send it as it was read.',
    retryable: false,
  },
  'mapping-target-refused': {
    status: 422,
    title: 'Target not possible',
    sentence: '{field} is not a text field or mapped twice.',
    advice: 'See `allowed`.',
    retryable: false,
  },
  'source-many-values': {
    status: null,
    title: 'Source has many values',
    sentence: 'Row {target} took the primary of {n} values, or else the first.',
    advice: 'Choose one in the row, as in `emails[type eq "work"].value`, if it is the wrong one.',
    retryable: false,
  },
  'in-use': {
    status: 409,
    title: 'In use',
    sentence: '{thing} is used by {users}.',
    advice: 'Remove the use first.',
    retryable: false,
  },
  'managed-by-idp': {
    status: 409,
    title: 'Managed by the IdP',
    sentence: '{name} is managed; {member} comes from the IdP.',
    advice: 'Change it there, or undo the pick-up.',
    retryable: false,
  },
  'rule-failed': {
    status: null,
    title: 'Workflow rule failed',
    sentence: 'Rule {rule} could not be carried out: {why}.',
    advice: 'Mend the rule; the link stays as it was.',
    retryable: false,
  },
  'rule-loop-cut': {
    status: null,
    title: 'Workflow rules feed each other',
    sentence: 'Rules {chain} feed each other.',
    advice: 'Change one of them, so that they no longer lead in a circle.',
    retryable: false,
  },
  'rule-paused': {
    status: null,
    title: 'Workflow rule paused',
    sentence: 'Rule {rule} failed for {n} users in a row and is paused: {why}.',
    advice: 'Change the rule, resume it, and run it for everyone.',
    retryable: false,
  },
  'mapping-row-failed': {
    status: null,
    title: 'Mapping row failed',
    sentence: 'Row {target} gave no value: {why}.',
    advice: 'Mend the row; the user is stored.',
    retryable: false,
  },
  'manager-pending': {
    status: null,
    title: 'Manager not here yet',
    sentence: '{reference} is not here yet.',
    advice: 'None: it is linked when it comes.',
    retryable: false,
  },
  'reference-cycle': {
    status: null,
    title: 'Managers in a circle',
    sentence: 'The managers lead in a circle: {chain}.',
    advice: 'Mend one of them in the IdP.',
    retryable: false,
  },
  'object-not-found': {
    status: null,
    title: 'Object not found',
    sentence: 'There is no {objectType} {name}; the user is not linked.',
    advice: 'Create the object or mend the value; the link is made at the next change of the field.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorRecord>

/** Every error code there is: the RFC's from `packages/scim`, and ours. */
export const errors = { ...scimErrors, ...ownErrors } as const
export type ErrorCode = ScimErrorCode | keyof typeof ownErrors

/** One fault of several in a body or query, as in `errors` of a `validation-failed`. */
export const itemFault = z.strictObject({
  pointer: z.string().optional(),
  parameter: z.string().optional(),
  code: z.string(),
  detail: z.string(),
  allowed: z.array(z.string()).optional(),
  /** Where in the value, from 1: of an expression or a path. */
  position: z.int().nonnegative().optional(),
})
export type ItemFault = z.infer<typeof itemFault>

const longestSlot = 200

/** What a client sent, as an answer, a log and the provisioning log may show it: not too long, without tokens and passwords. */
export function shown(text: string): string {
  const safe = withoutSecrets(text.slice(0, 4_000)).replace(/\b(password)\b\W.*$/is, '$1…')
  return safe.length > longestSlot ? `${safe.slice(0, longestSlot).toWellFormed()}…` : safe
}

/**
 * What went wrong, told to the client: a code of the catalogue with its slots. `internal` is for the log only.
 * @see errors
 */
export class Fault extends Error {
  readonly code: ErrorCode
  readonly slots: Readonly<Record<string, string>>
  readonly items: readonly ItemFault[]
  /** Members of the admin API's problem beside those that every problem has: `currentVersion` of a `precondition-failed`. */
  readonly members: JsonObject

  constructor(
    code: ErrorCode,
    slots: Readonly<Record<string, string>> = {},
    options: { internal?: string; items?: readonly ItemFault[]; members?: JsonObject; cause?: unknown } = {},
  ) {
    super(options.internal ?? code, { cause: options.cause })
    this.name = 'Fault'
    this.code = code
    this.slots = Object.fromEntries(Object.entries(slots).map(([name, value]) => [name, shown(value)]))
    this.items = options.items ?? []
    this.members = options.members ?? {}
  }
}

/** Whether `code` is in the catalogue; a reply from a newer service may carry one that is not. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errors, code)
}

/** The fault that an error stands for, if it is one that a client may be told: a Fault, or a ScimError of `packages/scim`. */
export function faultOf(err: unknown): Fault | undefined {
  if (err instanceof Fault) return err
  if (err instanceof ScimError) {
    const slots = Object.fromEntries(Object.entries(err.slots).map(([name, value]) => [name, String(value)]))
    return new Fault(err.code, slots, { cause: err })
  }
  return undefined
}

/** A record's sentence and advice with the slots filled; an unfilled slot is a fault of ours and stays visible. */
export function describeFault(fault: Pick<Fault, 'code' | 'slots'>): { title: string; detail: string; advice: string } {
  const record: ErrorRecord = errors[fault.code]
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (slot, name: string) => fault.slots[name] ?? slot)
  return { title: record.title, detail: fill(record.sentence), advice: fill(record.advice) }
}
