import { setTimeout as wait } from 'node:timers/promises'
import type { StepRequest } from './corpus.ts'
import { type Answer, exchange, type WireRequest } from './exchange.ts'
import { valueAt } from './json-path.ts'

export interface SendOptions {
  /** Sends again what was answered 503, refused, reset or cut off, as an IdP does, for up to 30 s. */
  readonly retry?: boolean
  /** How long an answer may take (30 s). */
  readonly timeoutMs?: number
}

const retryForMs = 30_000
const pauseMs = 250
const leastPauseMs = 50

/** Sends a request, again after the answer's Retry-After where that is asked for. `mayBreak`: a broken connection is an answer. */
export async function send(request: WireRequest, options: SendOptions, mayBreak = false): Promise<Answer> {
  const giveUpAt = performance.now() + retryForMs
  for (let repeats = 0; ; repeats++) {
    const answer = await exchange(request, options.timeoutMs ?? 30_000)
    const isBroken = !mayBreak && /^(ECONNREFUSED|ECONNRESET|EPIPE)$/.test(answer.error ?? '')
    const pause = pauseAfter(answer.headers['retry-after'])
    if (!options.retry || !(isBroken || answer.status === 503) || performance.now() + pause > giveUpAt) {
      return { ...answer, repeats }
    }
    await wait(pause)
  }
}

/** Retry-After in milliseconds: seconds or a date (RFC 9110 10.2.3). */
function pauseAfter(retryAfter = ''): number {
  const asked = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now()
  return Math.max(leastPauseMs, asked || pauseMs)
}

/**
 * A repeat can meet the work of the attempt whose answer was lost: a POST is told 409, a DELETE 404, a change with
 * If-Match 412. Then what is there is read back, as an IdP would, and taken for the answer.
 */
export async function readBack(
  request: StepRequest,
  repeated: Answer,
  ask: (look: StepRequest) => Promise<Answer>,
): Promise<Answer> {
  const { method } = request
  const { status } = repeated
  if (method === 'DELETE' && status === 404) return { ...repeated, status: 204, text: '', json: undefined }
  const type = /^\/(Users|Groups)\/?(\?|$)/.exec(repeated.request.path)?.[1]
  if (method === 'POST' && status === 409 && type) {
    const attribute = type === 'Users' ? 'userName' : 'displayName'
    const name = valueAt(request.body, `$.${attribute}`)
    if (name === undefined) return repeated
    const filter = `${attribute} eq ${JSON.stringify(name)}`
    const found = await ask({ method: 'GET', path: `/${type}`, query: { filter } })
    if (valueAt(found.json, '$.Resources.length') !== 1) return repeated
    const json = valueAt(found.json, '$.Resources[0]')
    const location = valueAt(json, '$.meta.location') as string | undefined
    const etag = valueAt(json, '$.meta.version') as string | undefined
    return { ...repeated, status: 201, json, text: JSON.stringify(json), headers: { ...found.headers, location, etag } }
  }
  if ((method === 'PUT' || method === 'PATCH') && status === 412) {
    const now = await ask({ method: 'GET', path: request.path })
    return now.status === 200 ? { ...now, request: repeated.request, repeats: repeated.repeats } : repeated
  }
  return repeated
}
