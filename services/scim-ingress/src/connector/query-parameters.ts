import { Fault } from '@user-provisioning/contracts/errors'

/**
 * Reads the parameters that a route knows from a query string; names in any case, as `startindex` is really sent. What
 * it does not know is ignored (a Tenant URL may carry flags of the IdP's own), and so are a trailing `?` or `&`.
 * @throws Fault parameter-invalid: not decodable, or a known parameter twice.
 */
export function readParameters<Name extends string>(
  querystring: string,
  known: readonly Name[],
): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {}
  if (querystring === '') return found
  for (const part of querystring.split('&')) {
    const equals = part.indexOf('=')
    const sent = decoded(equals < 0 ? part : part.slice(0, equals))?.toLowerCase()
    const name = known.find((candidate) => candidate.toLowerCase() === sent)
    if (name === undefined) continue
    if (found[name] !== undefined) throw new Fault('parameter-invalid', { name, why: 'it may be given once' })
    const value = equals < 0 ? '' : decoded(part.slice(equals + 1))
    if (value === undefined) throw new Fault('parameter-invalid', { name, why: 'it is not percent-encoded UTF-8' })
    found[name] = value
  }
  return found
}

/** Form style, as IdPs send it: `+` is a space. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
