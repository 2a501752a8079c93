import { planBulk } from '@user-provisioning/scim/bulk-plan'
import { bulkIdsIn, referenceTo, splitCreate } from '@user-provisioning/scim/bulk-references'
import type { BulkAction, BulkOperation } from '@user-provisioning/scim/bulk-request'
import { holdsOf, keyOf } from './bulk-holds.ts'
import { alone, type Holds } from './side-by-side.ts'

/** One request of a bulk: an operation, or what links the circle that one of them closes. */
export interface BulkPart {
  /** From 0. That of an operation has its position; those that link come after. */
  readonly n: number
  readonly operation: BulkOperation
  readonly kind: 'ask' | 'link'
  readonly holds: Holds
  /** What is asked. @throws what the operation was refused with when it was read */
  readonly action: () => BulkAction
}

interface Reading {
  readonly operation: BulkOperation
  readonly action?: BulkAction
  readonly err?: unknown
}

/**
 * The requests of a bulk, in the order in which they are to begin.
 * @param read reads an operation; what it throws is that operation's outcome
 */
export function partsOf(
  operations: readonly BulkOperation[],
  read: (operation: BulkOperation) => BulkAction,
): BulkPart[] {
  const readings = operations.map((operation): Reading => {
    try {
      return { operation, action: read(operation) }
    } catch (err) {
      return { operation, err }
    }
  })
  const targets = new Set(operations.flatMap((operation) => nameOf(operation) ?? []).map(keyOf))
  const steps = planBulk(
    readings.map(({ operation, action }) => ({
      defines: operation.defines,
      refersTo: action === undefined ? [] : bulkIdsIn(action),
    })),
  )
  let links = 0
  return steps.map(({ index, kind, later }) => {
    const { operation, action, err } = readings[index] as Reading
    const n = kind === 'ask' ? index : operations.length + links++
    const name = nameOf(operation)
    if (action === undefined || name === null) {
      return {
        n,
        operation,
        kind,
        holds: new Map(name === null ? [] : [[keyOf(name), alone]]),
        action() {
          throw err
        },
      }
    }
    const split = action.method === 'POST' && later.size > 0 ? splitCreate(action, later, name) : undefined
    const asked = kind === 'link' ? (split?.link ?? action) : (split?.create ?? action)
    return { n, operation, kind, holds: holdsOf(asked, name, targets), action: () => asked }
  })
}

/** By what an operation's resource is known before it begins: the reference to what it creates, or its target. */
function nameOf({ defines, target }: BulkOperation): string | null {
  return defines === null ? target : referenceTo(defines)
}
