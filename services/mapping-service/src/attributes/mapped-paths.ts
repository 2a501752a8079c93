import type { MappingRow } from '@user-provisioning/contracts/mapping-set'
import { enterpriseUserSchema } from '@user-provisioning/scim/schema'

/**
 * Which row takes a path: one that names it, or all values of its attribute (`emails.value` takes `emails[type eq "work"].value`),
 * or an expression in which the attribute stands.
 */
export function mappedPaths(rows: readonly MappingRow[]): (path: string) => string | null {
  const byPath = new Map<string, string>()
  const expressions: { readonly id: string; readonly text: string }[] = []
  for (const { id, source } of rows) {
    if ('expression' in source) expressions.push({ id, text: source.expression })
    else for (const path of [source.path, ...(source.otherwise ?? [])]) byPath.set(folded(path), id)
  }
  return (path) =>
    byPath.get(folded(path)) ??
    byPath.get(folded(path.replace(/\[.*?\]/, ''))) ??
    expressions.find(({ text }) => namesIn(path).some((name) => text.includes(name)))?.id ??
    null
}

function folded(path: string): string {
  return path.toLowerCase().replace(/\s+/g, ' ')
}

/** How an expression may name the attribute of a path. */
function namesIn(path: string): string[] {
  const bare = path.replace(/\[.*?\]/, '')
  const enterprise = bare.startsWith(`${enterpriseUserSchema}:`)
    ? [`enterprise.${bare.slice(enterpriseUserSchema.length + 1)}`]
    : []
  const [attribute = bare] = bare.startsWith('urn:') ? [bare.slice(bare.lastIndexOf(':') + 1)] : bare.split('.')
  if (bare.startsWith('urn:')) return [...enterprise, `"].${attribute}`]
  return bare === attribute ? [`user.${bare}`] : [`user.${bare}`, `user.${attribute}.`, `user.${attribute}[`]
}
