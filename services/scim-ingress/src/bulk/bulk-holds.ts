import { referredBulkId } from '@user-provisioning/scim/bulk-references'
import type { BulkAction } from '@user-provisioning/scim/bulk-request'
import { fold } from '@user-provisioning/scim/fold'
import type { JsonValue } from '@user-provisioning/scim/json'
import { alone, type Holds } from './side-by-side.ts'

/**
 * What an operation has to itself or shares: its resource, who is referred to, its unique names. What takes a name and what
 * may give one away keep their order, as nobody knows here whose it was; of two that may do both, each may go first.
 * @param resource the id of what it is about, or the reference to it
 * @param referred the ids of others that it names, and the references to them
 */
export function holdsOf(action: BulkAction, resource: string, referred: Iterable<string>): Holds {
  const { type, method } = action
  const holds = new Map<string, string>()
  for (const named of referred) holds.set(keyOf(named), 'referred to')
  const names = namesIn(action)
  for (const name of names) holds.set(`name ${type.name} ${fold(name)}`, alone)
  const way = method === 'POST' ? 'taken' : method === 'DELETE' ? 'given away' : 'changed'
  if (method === 'DELETE' || names.length > 0) holds.set(`names ${type.name}`, way)
  holds.set(keyOf(resource), alone)
  return holds
}

/** The key of a resource by its id, or by the reference to it, in any case of its prefix. */
export function keyOf(named: string): string {
  const bulkId = referredBulkId(named)
  return bulkId === undefined ? `id ${named}` : `bulkId ${bulkId}`
}

function namesIn({ type, ...action }: BulkAction): string[] {
  const unique = type.schema.attributes.filter(({ uniqueness }) => uniqueness !== 'none').map(({ name }) => name)
  const given: (JsonValue | undefined)[] =
    action.method === 'DELETE'
      ? []
      : action.method === 'PATCH'
        ? action.given.operations.filter(({ path }) => unique.includes(path)).map(({ value }) => value)
        : unique.map((name) => action.given.resource[name])
  return given.filter((name) => typeof name === 'string')
}
