import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import { Latencies } from './latencies.ts'

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }

export interface Answer {
  readonly status: number
  readonly body: JsonObject | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** How often the request was sent: above 1, an earlier attempt may have been carried out. */
  readonly attempts: number
}

/** A request that did not get the answer that an identity provider accepts. */
export interface Failure {
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly detail: string
}

export type ResourceKind = 'Users' | 'Groups'
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** How often each method was used. */
export type MethodCounts = Readonly<Partial<Record<Method, number>>>

export interface ScimClientOptions {
  /** With what the administrator typed behind it: a query goes with every request. */
  readonly tenantUrl: string
  readonly secretToken: string
  /** What this identity provider puts on every request, beside the token. */
  readonly headers: Readonly<Record<string, string>>
  /** The media type of its bodies. */
  readonly contentType: string
  readonly connections: number
  /** For how long a request answered 503 or cut off is repeated; 0 = never, as Entra does within a cycle. */
  readonly patienceMs?: number
}

/** Speaks HTTP with the headers of an identity provider, sends paths as they are given, and keeps times and failures. */
export class ScimClient {
  readonly latencies = new Latencies()
  readonly failures: Failure[] = []
  #counts: Partial<Record<Method, number>> = {}
  readonly #pool: Pool
  readonly #base: string
  readonly #query: string
  readonly #headers: Record<string, string>
  readonly #contentType: string
  readonly #patienceMs: number

  constructor(options: ScimClientOptions) {
    const url = new URL(options.tenantUrl)
    this.#pool = new Pool(url.origin, { connections: options.connections, pipelining: 1 })
    this.#base = url.pathname.replace(/\/+$/, '')
    this.#query = url.search.slice(1)
    this.#headers = { authorization: `Bearer ${options.secretToken}`, ...options.headers }
    this.#contentType = options.contentType
    this.#patienceMs = options.patienceMs ?? 0
  }

  /**
   * Sends one request; an answer that is not among `accepted` is kept as a failure and given back all the same.
   * @param operation the name under which times are kept
   */
  async request(
    operation: string,
    method: Method,
    path: string,
    accepted: readonly number[],
    body?: JsonObject,
  ): Promise<Answer> {
    const giveUpAt = performance.now() + this.#patienceMs
    for (let attempts = 1; ; attempts++) {
      const startedAt = performance.now()
      this.#counts[method] = (this.#counts[method] ?? 0) + 1
      const answer = await this.#send(method, path, body).catch((err: Error) => ({
        status: 0,
        body: { detail: err.message },
        headers: {},
      }))
      const again = (answer.status === 0 || answer.status === 503) && performance.now() < giveUpAt
      const repeated = attempts > 1 && [404, 409, 412].includes(answer.status)
      const failed = !again && !repeated && !accepted.includes(answer.status)
      this.latencies.add(operation, startedAt, failed)
      if (again) {
        await wait(Math.min(1_000, 50 * attempts))
        continue
      }
      if (failed) {
        const detail = typeof answer.body?.detail === 'string' ? answer.body.detail : ''
        this.failures.push({ operation, method, path, status: answer.status, detail })
      }
      return { ...answer, attempts }
    }
  }

  /** The requests since the last call, by method. */
  takeCounts(): MethodCounts {
    const counts = this.#counts
    this.#counts = {}
    return counts
  }

  async close(): Promise<void> {
    await this.#pool.close()
  }

  async #send(method: Method, path: string, body: JsonObject | undefined) {
    const query = this.#query === '' ? '' : `${path.includes('?') ? '&' : '?'}${this.#query}`
    const response = await this.#pool.request({
      method,
      path: this.#base + path + query,
      headers: body ? { ...this.#headers, 'content-type': this.#contentType } : this.#headers,
      body: body ? JSON.stringify(body) : null,
    })
    const text = await response.body.text()
    return {
      status: response.statusCode,
      body: text === '' ? undefined : (JSON.parse(text) as JsonObject),
      headers: response.headers,
    }
  }
}
