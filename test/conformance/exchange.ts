import http from 'node:http'
import https from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import type { StepRequest } from './corpus.ts'
import { fill, fillText, type Variables } from './variables.ts'

/** A connector of an instance: its Tenant URL without a slash at the end, and its Secret Token. */
export interface Tenant {
  readonly url: string
  readonly token: string
}

/** A request as it goes over the wire: made once, so that a repeat is the same to the byte. */
export interface WireRequest {
  readonly method: string
  /** What follows the Tenant URL, query included. */
  readonly path: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

export interface Answer {
  readonly request: WireRequest
  /** 0: there was no answer, and `error` says why. */
  readonly status: number
  readonly error?: string
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
  /** The body, where it is JSON. */
  readonly json: unknown
  readonly ms: number
  /** How often the request was sent again. */
  readonly repeats: number
}

/** Makes a step's request for a tenant. @throws for a variable that is not bound */
export function wireRequest(request: StepRequest, tenant: Tenant, bound: Variables): WireRequest {
  const query = Object.entries(request.query ?? {})
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(fillText(String(value), bound))}`)
    .join('&')
  const plainPath = fillText(request.path, bound)
  const path = query === '' ? plainPath : `${plainPath}${plainPath.includes('?') ? '&' : '?'}${query}`
  const body =
    request.raw !== undefined
      ? Buffer.from(String(fill(request.raw, bound)), request.rawEncoding ?? 'utf8')
      : request.body !== undefined
        ? Buffer.from(JSON.stringify(fill(request.body, bound)))
        : undefined
  const headers: Record<string, string> = {
    Accept: 'application/scim+json',
    Authorization: `Bearer ${tenant.token}`,
    ...(body === undefined ? {} : { 'Content-Type': 'application/scim+json; charset=utf-8' }),
  }
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    for (const own of Object.keys(headers)) if (own.toLowerCase() === name.toLowerCase()) delete headers[own]
    if (value !== null) headers[name] = fillText(value, bound)
  }
  if (body) headers['Content-Length'] = String(body.length)
  return { method: request.method, path, url: new URL(tenant.url), headers, body }
}

/**
 * Sends a request on a connection of its own. node:http, since it sends odd paths and headers as they are and no
 * User-Agent. Never throws: what went wrong is in `error`, a code of Node's where there is one.
 */
export function exchange(request: WireRequest, timeoutMs: number): Promise<Answer> {
  const startedAt = performance.now()
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const finish = (answer: Partial<Answer>) =>
    resolve({
      request,
      status: 0,
      headers: {},
      text: '',
      json: undefined,
      repeats: 0,
      ms: Math.round(performance.now() - startedAt),
      ...answer,
    })
  const { protocol, hostname, port, pathname } = request.url
  const { method, headers } = request
  const path = pathname.replace(/\/+$/, '') + request.path
  const sending = (protocol === 'https:' ? https : http).request(
    { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, method, path, headers, agent: false },
    (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => undefined)
      response.on('close', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        if (!response.complete) finish({ error: 'ECONNRESET', text })
        else finish({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) })
      })
    },
  )
  sending.setTimeout(timeoutMs, () => {
    finish({ error: `no answer within ${timeoutMs} ms` })
    sending.destroy()
  })
  // A server that refuses a body half-way answers and hangs up: the answer, where there is one, comes first.
  sending.on('error', async (err: NodeJS.ErrnoException) => {
    await wait(50)
    finish({ error: err.code ?? err.message })
  })
  sending.end(request.body)
  return promise
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
