import type { IncomingHttpHeaders } from 'node:http'
import { listParameterNames } from './list-parameters.ts'

/**
 * What a request itself has that is not as the RFCs have it, or that tells of its client, and is understood all the same. The
 * names are stable: logs and metrics carry them, beside those of `packages/scim`.
 */
const requestQuirks = {
  'open-query': 'The address ends in "?" or "&".',
  'doubled-slash': 'The address has two slashes in a row, or one at its end.',
  'parameter-name-case': 'A query parameter is not in the spelling of the RFC: "startindex".',
  'unknown-parameter': 'A query parameter is none of SCIM: a flag that is meant for the IdP itself.',
  'start-index-below-one': 'Paging begins at 0 or below.',
  'content-type-missing': 'A body comes without its type.',
  'user-agent-missing': 'The client does not say what it is.',
  'instance-not-in-url': 'Only the token says for which instance the request is.',
} as const

export type RequestQuirk = keyof typeof requestQuirks

/** The parts of a request that quirks are seen in. */
export interface SeenRequest {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Undefined: the URL names none. */
  readonly namedInstance: string | undefined
}

const spellings = new Map(listParameterNames.map((name) => [name.toLowerCase(), name as string]))

/** The quirks of a request, each once. */
export function quirksOf({ url, headers, namedInstance }: SeenRequest): RequestQuirk[] {
  const [path = '', query] = url.split('?', 2)
  const parameters = [...new URLSearchParams(query ?? '')]
  const hasBody = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
  const seen: Record<RequestQuirk, boolean> = {
    'open-query': /[?&]$/.test(url),
    'doubled-slash': /\/\/|.\/$/.test(path),
    'parameter-name-case': parameters.some(([name]) => (spellings.get(name.toLowerCase()) ?? name) !== name),
    'unknown-parameter': parameters.some(([name]) => name !== '' && !spellings.has(name.toLowerCase())),
    'start-index-below-one': parameters.some(
      ([name, value]) => name.toLowerCase() === 'startindex' && Number(value) < 1,
    ),
    'content-type-missing': hasBody && headers['content-type'] === undefined,
    'user-agent-missing': headers['user-agent'] === undefined,
    'instance-not-in-url': namedInstance === undefined,
  }
  return (Object.keys(seen) as RequestQuirk[]).filter((quirk) => seen[quirk])
}
