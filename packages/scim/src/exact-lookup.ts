import { type Filter, parseFilter } from './filter-parser.ts'
import { printFilter } from './filter-print.ts'
import { printAttributePath, type ResourceType } from './schema.ts'

/**
 * The value that a filter looks up, if it is nothing but `<attribute> eq "<value>"`; else undefined.
 * @param attribute any path that a filter takes: `userName`, `externalId`, `emails[type eq "work"].value`
 */
export function exactLookup(filter: Filter, attribute: string, type: ResourceType): string | undefined {
  return valueAt(filter, parseFilter(`${attribute} eq ""`, type))
}

function valueAt(filter: Filter, pattern: Filter): string | undefined {
  if (filter.kind === 'compare' && pattern.kind === 'compare') {
    const same = filter.operator === 'eq' && printAttributePath(filter.path) === printAttributePath(pattern.path)
    return same && typeof filter.value === 'string' ? filter.value : undefined
  }
  if (filter.kind !== 'valuePath' || pattern.kind !== 'valuePath') return undefined
  if (printAttributePath(filter.path) !== printAttributePath(pattern.path)) return undefined
  const [choice, lookup, ...more] = filter.filter.kind === 'and' ? filter.filter.filters : []
  const [patternChoice, patternLookup] = pattern.filter.kind === 'and' ? pattern.filter.filters : []
  if (choice === undefined || lookup === undefined || more.length > 0) return undefined
  if (patternChoice === undefined || patternLookup === undefined) return undefined
  return printFilter(choice).toLowerCase() === printFilter(patternChoice).toLowerCase()
    ? valueAt(lookup, patternLookup)
    : undefined
}
