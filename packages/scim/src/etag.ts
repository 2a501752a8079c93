/** The entity tag of a representation: its SCIM version, weak because attributes can be left out (RFC 7644 section 3.14). */
export function weakTag(scimVersion: number): string {
  return `W/"${scimVersion}"`
}

const tags = /\*|(?:W\/)?"[^"]*"/g

/**
 * Whether a header If-Match or If-None-Match names this version: `*`, or one of its tags, compared weakly (RFC 9110 section 8.8.3.2).
 * @param header the header's value, or its tags one by one
 */
export function matchesTag(header: string | readonly string[], scimVersion: number): boolean {
  const strong = `"${scimVersion}"`
  return entityTags(header).some((tag) => tag === '*' || tag === strong || tag === `W/${strong}`)
}

/** The tags of If-Match or If-None-Match one by one; what is none is left out, so that nothing matches it. */
export function entityTags(header: string | readonly string[]): string[] {
  return typeof header === 'string' ? (header.match(tags) ?? []) : [...header]
}
