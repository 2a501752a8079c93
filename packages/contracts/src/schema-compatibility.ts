import type { JsonSchema } from './schema-snapshot.ts'

/**
 * What a reader with the new schemas would refuse of messages written by the old ones: a member that became required or
 * went, a type that changed, an enum value or a message type that went. Additions are no break.
 * @returns one sentence for each, `topic.path: what`; none = compatible
 */
export function breaksOf(before: Record<string, JsonSchema>, after: Record<string, JsonSchema>): string[] {
  return Object.entries(before).flatMap(([topic, schema]) => {
    const now = after[topic]
    return now ? breaks(topic, schema, now) : [`${topic}: went`]
  })
}

function breaks(path: string, before: JsonSchema, after: JsonSchema): string[] {
  const alternatives = variants(before)
  if (alternatives) {
    const now = variants(after) ?? [after]
    return alternatives.flatMap((variant) => {
      const name = nameOf(variant)
      const same = now.find((candidate) => nameOf(candidate) === name)
      return same ? breaks(`${path}/${name}`, variant, same) : [`${path}: variant ${name} went`]
    })
  }
  const types = typesOf(before)
  const typesNow = typesOf(after)
  if (typesNow.length > 0 && !types.every((type) => typesNow.includes(type))) {
    return [`${path}: type ${types.join(' or ')} became ${typesNow.join(' or ')}`]
  }
  const found: string[] = []
  if (Array.isArray(after.enum)) {
    const values: unknown[] = Array.isArray(before.enum) ? before.enum : []
    const now: unknown[] = after.enum
    for (const value of values) if (!now.includes(value)) found.push(`${path}: value ${String(value)} went`)
  }
  const members = objectOf(before.properties)
  const membersNow = objectOf(after.properties)
  const required = new Set(before.required as string[] | undefined)
  for (const name of (after.required as string[] | undefined) ?? []) {
    if (!required.has(name)) found.push(`${path}: ${name} became required`)
  }
  for (const [name, schema] of Object.entries(members)) {
    const now = membersNow[name]
    if (now) found.push(...breaks(`${path}.${name}`, schema, now))
    else if (after.additionalProperties === false) found.push(`${path}.${name}: went`)
  }
  if (before.items && after.items)
    found.push(...breaks(`${path}[]`, before.items as JsonSchema, after.items as JsonSchema))
  return found
}

function variants(schema: JsonSchema): JsonSchema[] | undefined {
  return (schema.oneOf ?? schema.anyOf) as JsonSchema[] | undefined
}

/** A variant's name: the constant of its `type`, `outcome` or `kind`, else its JSON type. */
function nameOf(schema: JsonSchema): string {
  const members = objectOf(schema.properties)
  for (const member of ['type', 'outcome', 'kind']) {
    const at = members[member]
    if (at?.const !== undefined) return String(at.const)
    if (Array.isArray(at?.enum)) return String(at.enum[0])
  }
  return String(schema.type ?? schema.const ?? schema.$ref)
}

function typesOf(schema: JsonSchema): unknown[] {
  return [schema.type ?? []].flat()
}

function objectOf(value: unknown): Record<string, JsonSchema> {
  return (value ?? {}) as Record<string, JsonSchema>
}
