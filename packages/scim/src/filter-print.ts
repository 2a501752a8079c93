import type { Filter } from './filter-parser.ts'
import { printAttributePath } from './schema.ts'

/** The filter as text, in the schema's spelling; parsing it gives the same filter. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'or':
      return filter.filters
        .map((item) => (item.kind === 'or' ? `(${printFilter(item)})` : printFilter(item)))
        .join(' or ')
    case 'and':
      return filter.filters
        .map((item) => (item.kind === 'or' || item.kind === 'and' ? `(${printFilter(item)})` : printFilter(item)))
        .join(' and ')
    case 'not':
      return `not (${printFilter(filter.filter)})`
    case 'present':
      return `${printAttributePath(filter.path)} pr`
    case 'compare':
      return `${printAttributePath(filter.path)} ${filter.operator} ${JSON.stringify(filter.value)}`
    case 'valuePath':
      return `${printAttributePath(filter.path)}[${printFilter(filter.filter)}]`
  }
}
