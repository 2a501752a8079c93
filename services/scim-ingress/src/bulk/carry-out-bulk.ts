import { type ErrorRecord, errors, Fault } from '@user-provisioning/contracts/errors'
import type { Snapshot } from '@user-provisioning/contracts/reply'
import { referredBulkId } from '@user-provisioning/scim/bulk-references'
import { type BulkOperation, type BulkRequest, isBulkMethod } from '@user-provisioning/scim/bulk-request'
import { ScimError } from '@user-provisioning/scim/errors'
import type { ScimRequest } from '../connector/resource-operations.ts'
import type { InTurn } from '../connector/scim-state.ts'
import { type BulkPart, partsOf } from './bulk-parts.ts'
import { carryOutOperation, readOperation, type ServedType } from './carry-out-operation.ts'
import { alone, sideBySide } from './side-by-side.ts'

/** Requests of one bulk that are under way at the same time, at most. */
const mostSideBySide = 32

/** What became of one operation. */
export interface BulkOutcome {
  readonly operation: BulkOperation
  /** The request that it was, the last one where it was two. */
  readonly request: ScimRequest
  /** Whom it was about, by id where that is known. */
  readonly target: string | null
  readonly status: number
  /** What is there now, where something was made or changed. */
  readonly resource: Snapshot | null
  readonly fault: Fault | null
}

export interface BulkContext {
  readonly served: readonly ServedType[]
  /** Begins the n-th request of the bulk. */
  readonly open: (n: number) => ScimRequest
  /** Does what costs others their turn when it is the instance's. */
  readonly inTurn: InTurn
  /** What a client may be told of an error. */
  readonly tell: (err: unknown, request: ScimRequest) => { fault: Fault; status: number }
  /** Told of each request when it has its outcome. */
  readonly onAnswered: (outcome: BulkOutcome, method: string) => void
}

/**
 * Carries out the operations of a bulk, each as a request of its own: in the client's order, but for references to what comes
 * later, and side by side where nothing is shared and all are to be tried (RFC 7644 section 3.7). What can no longer begin by
 * the deadline is answered so, and can be repeated.
 * @returns what became of them, in the client's order; without those that were left once `failOnErrors` had failed
 */
export async function carryOutBulk(
  { failOnErrors, operations }: BulkRequest,
  { served, open, inTurn, tell, onAnswered }: BulkContext,
): Promise<BulkOutcome[]> {
  const outcomes = new Map<BulkOperation, BulkOutcome>()
  /** What came of each bulkId: the id of what was made, or why nothing was; null: its operation has not begun. */
  const made = new Map<string, string | Fault | null>()
  for (const { defines } of operations) if (defines !== null) made.set(defines, null)
  const isStopped = () =>
    failOnErrors > 0 && outcomes.values().reduce((failed, { fault }) => failed + (fault ? 1 : 0), 0) >= failOnErrors

  function resolve(named: string): string {
    const bulkId = referredBulkId(named)
    if (bulkId === undefined) return named
    const found = made.get(bulkId)
    if (typeof found === 'string') return found
    if (found === undefined) throw new ScimError('bulk-reference-unknown', { bulkId })
    // What may come true when it is repeated is no last word on what refers to it, either.
    if (found !== null && (errors[found.code] as ErrorRecord).retryable) throw found
    throw new ScimError('bulk-reference-failed', { bulkId })
  }

  async function attempt({ n, operation, action }: BulkPart): Promise<BulkOutcome> {
    const request = open(n)
    request.notes.resource = operation.type?.endpoint.slice(1) ?? ''
    let { target } = operation
    try {
      const asked = action(resolve)
      if (asked.method !== 'POST') target = asked.target
      const done = await inTurn(async () => {
        if (Date.now() >= request.call.deadlineAt) throw new Fault('deadline-exceeded')
        return carryOutOperation(request, asked, served)
      })
      return { operation, request, target, fault: null, ...done }
    } catch (err) {
      request.notes.error = err
      return { operation, request, target, resource: null, ...tell(err, request) }
    }
  }

  /** @returns false where one before it may yet give away the name that it asks for */
  async function ask(part: BulkPart, isLast: boolean): Promise<boolean> {
    if (isStopped()) return true
    const outcome = await attempt(part)
    const { operation, resource, fault } = outcome
    if (fault && isNameTaken(fault) && operation.method !== 'POST' && !isLast) return false
    onAnswered(outcome, isBulkMethod(operation.method) ? operation.method : 'unknown')
    outcomes.set(operation, outcome)
    if (operation.defines !== null) made.set(operation.defines, resource?.id ?? fault)
    return true
  }

  /** A circle that was begun is closed, or said to be broken, whatever failed since. */
  async function link(part: BulkPart): Promise<boolean> {
    const created = outcomes.get(part.operation)
    if (!created?.resource) return true
    const outcome = await attempt(part)
    onAnswered(outcome, 'PATCH')
    const { request, status, fault } = outcome
    outcomes.set(
      part.operation,
      fault ? { ...created, request, status, fault } : { ...created, resource: outcome.resource },
    )
    return true
  }

  const runner = sideBySide(mostSideBySide)
  for (const part of partsOf(operations, (operation) => readOperation(operation, served))) {
    const holds = failOnErrors > 0 ? new Map([...part.holds, ['order', alone] as const]) : part.holds
    runner.begin(holds, (isLast) => (part.kind === 'link' ? link(part) : ask(part, isLast)))
  }
  await runner.ended()
  return operations.flatMap((operation) => outcomes.get(operation) ?? [])
}

function isNameTaken({ code }: Fault): boolean {
  return (errors[code] as ErrorRecord).scimType === 'uniqueness'
}
