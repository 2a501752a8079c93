/**
 * The type served that a client takes most gladly (RFC 9110 section 12.5.1), the first of them among equals or where it says
 * nothing. Parameters other than `q` say nothing about JSON (Okta asks for `application/scim+json; charset=utf-8`).
 * @returns undefined where it takes none of them
 */
export function acceptedType(accept: string | undefined, served: readonly string[]): string | undefined {
  if (accept === undefined || accept.trim() === '') return served[0]
  const ranges = accept.toLowerCase().split(',').map(readRange)
  let best: { type: string; weight: number } | undefined
  for (const type of served) {
    const weight = weightOf(type, ranges)
    if (weight > (best?.weight ?? 0)) best = { type, weight }
  }
  return best?.type
}

interface Range {
  readonly name: string
  readonly weight: number
}

function readRange(text: string): Range {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim())
  const weight = parameters.map((parameter) => /^q\s*=\s*([\d.]+)$/.exec(parameter)?.[1]).find((q) => q !== undefined)
  return { name: name === '*' ? '*/*' : name, weight: Number(weight ?? 1) }
}

/** What is said of the type itself counts, else of all of its kind, else of everything. */
function weightOf(type: string, ranges: readonly Range[]): number {
  for (const name of [type, type.replace(/\/.*/, '/*'), '*/*']) {
    const said = ranges.filter((range) => range.name === name).map(({ weight }) => weight)
    if (said.length > 0) return Math.max(...said)
  }
  return 0
}
