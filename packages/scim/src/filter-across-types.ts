import { ScimError } from './errors.ts'
import { type Filter, filterReader } from './filter-parser.ts'
import { filterTokens, type Refuse } from './filter-tokens.ts'
import type { Findings } from './quirks.ts'
import { type AttributePath, printAttributePath, type ResourceType, resolveAttribute } from './schema.ts'

/** What a filter is to the resources of one type; a boolean: the same for all of them, whatever they hold. */
export type FilterOfType = Filter | boolean

/**
 * Parses a filter for resources of several types, as a query of the server root has it (RFC 7644 section 3.4.2.1): an attribute
 * that a type does not have is one without a value there.
 * @param findings takes note of quirks
 * @returns the filter for each of the types, in their order
 * @throws ScimError filter-invalid, also for an attribute that none of the types has; sensitive-in-url
 */
export function parseFilterAcross(text: string, types: readonly ResourceType[], findings?: Findings): FilterOfType[] {
  const refuse: Refuse = (position, why) => {
    throw new ScimError('filter-invalid', { position, why })
  }
  const reader = filterReader(filterTokens(text, refuse), refuse, findings)
  const filter = reader.readFilter({
    resolve: (name) => types.map((type) => resolveAttribute(name, type)).find((path) => path !== undefined),
  })
  reader.expectEnd()
  return types.map((type) => forType(filter, type))
}

function forType(filter: Filter, type: ResourceType): FilterOfType {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      // One `false` decides an `and`, one `true` an `or`; the other constant adds nothing.
      const decisive = filter.kind === 'or'
      const parts = filter.filters.map((part) => forType(part, type))
      if (parts.includes(decisive)) return decisive
      const filters = parts.filter((part) => typeof part !== 'boolean')
      const [only] = filters
      if (only === undefined) return !decisive
      return filters.length === 1 ? only : { kind: filter.kind, filters }
    }
    case 'not': {
      const inner = forType(filter.filter, type)
      return typeof inner === 'boolean' ? !inner : { kind: 'not', filter: inner }
    }
    default: {
      const path = pathIn(filter.path, type)
      if (path !== undefined) return { ...filter, path }
      return filter.kind === 'compare' && filter.operator === 'ne' && !filter.path.attribute.multiValued
    }
  }
}

/** The same attribute as this type declares it. */
function pathIn(path: AttributePath, type: ResourceType): AttributePath | undefined {
  return resolveAttribute(printAttributePath(path), type)
}
