import { planBulk } from '@user-provisioning/scim/bulk-plan'
import {
  namedIn,
  referenceTo,
  referredBulkId,
  replaceNamed,
  splitCreate,
} from '@user-provisioning/scim/bulk-references'
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
  /**
   * What is asked, with ids for references.
   * @throws what the operation was refused with when it was read; what `resolve` throws
   */
  readonly action: (resolve: (named: string) => string) => BulkAction
}

/**
 * The requests of a bulk, in the order in which they are to begin.
 * @param read reads an operation; what it throws is that operation's outcome
 */
export function partsOf(
  operations: readonly BulkOperation[],
  read: (operation: BulkOperation) => BulkAction,
): BulkPart[] {
  const targets = new Set(operations.map(({ target }) => target))
  /** Whoever no operation of this bulk is about is shared by nobody. */
  const namedBy = (action: BulkAction) => namedIn(action, (named) => isReference(named) || targets.has(named))
  const readings = operations.map((operation): Reading => {
    try {
      const action = read(operation)
      return { action, named: namedBy(action) }
    } catch (err) {
      return { err, named: new Set() }
    }
  })
  const nodes = operations.map(({ defines }, index) => ({ defines, refersTo: bulkIdsIn(readings[index]?.named ?? []) }))
  let links = 0
  return planBulk(nodes).map(({ index, kind, later }): BulkPart => {
    const operation = operations[index] as BulkOperation
    const n = kind === 'ask' ? index : operations.length + links++
    const name = nameOf(operation)
    const { action, named, err } = readings[index] as Reading
    if (action === undefined || name === null) {
      const holds = new Map(name === null ? [] : [[keyOf(name), alone]])
      return { n, operation, kind, holds, action: () => refuse(err) }
    }
    if (later.size === 0 || action.method !== 'POST') return partOf({ n, operation, kind }, action, name, named)
    const split = splitCreate(action, later, name)
    const asked = kind === 'link' ? split.link : split.create
    return partOf({ n, operation, kind }, asked, name, namedBy(asked))
  })
}

interface Reading {
  readonly action?: BulkAction
  readonly named: ReadonlySet<string>
  readonly err?: unknown
}

function partOf(
  part: Pick<BulkPart, 'n' | 'operation' | 'kind'>,
  action: BulkAction,
  name: string,
  named: ReadonlySet<string>,
): BulkPart {
  const refers = [...named].some(isReference)
  return {
    ...part,
    holds: holdsOf(action, name, named),
    action: (resolve) => (refers ? replaceNamed(action, resolve) : action),
  }
}

function refuse(err: unknown): never {
  throw err
}

function isReference(named: string): boolean {
  return referredBulkId(named) !== undefined
}

function bulkIdsIn(named: Iterable<string>): string[] {
  return [...named].flatMap((text) => referredBulkId(text) ?? [])
}

/** By what an operation's resource is known before it begins: the reference to what it creates, or its target. */
function nameOf({ defines, target }: BulkOperation): string | null {
  return defines === null ? target : referenceTo(defines)
}
