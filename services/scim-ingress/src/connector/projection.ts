import type { Projection } from '@user-provisioning/scim/projection'

export const projectionParameters = ['attributes', 'excludedAttributes'] as const

/** Reads what the client wants back (RFC 7644 section 3.9): comma-separated names, blanks around them ignored. */
export function readProjection(parameters: Partial<Record<(typeof projectionParameters)[number], string>>): Projection {
  return { attributes: names(parameters.attributes), excludedAttributes: names(parameters.excludedAttributes) }
}

function names(text: string | undefined): string[] | undefined {
  const list = text?.split(',').flatMap((name) => name.trim() || [])
  return list?.length ? list : undefined
}
