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

export interface ScimClientOptions {
  readonly tenantUrl: string
  readonly secretToken: string
  readonly connections: number
  /** For how long a request answered 503 or cut off is repeated; 0 = never, as Entra does within a cycle. */
  readonly patienceMs?: number
}

/** Speaks HTTP as Entra ID does (headers, form-encoded filters) and keeps times and failures. */
export class ScimClient {
  readonly latencies = new Latencies()
  readonly failures: Failure[] = []
  requests = 0
  readonly #pool: Pool
  readonly #base: string
  readonly #headers: Record<string, string>
  readonly #patienceMs: number

  constructor(options: ScimClientOptions) {
    const url = new URL(options.tenantUrl)
    this.#pool = new Pool(url.origin, { connections: options.connections, pipelining: 1 })
    this.#base = url.pathname.replace(/\/+$/, '')
    this.#headers = {
      authorization: `Bearer ${options.secretToken}`,
      accept: 'application/scim+json',
      adscimversion: '6.0',
    }
    this.#patienceMs = options.patienceMs ?? 0
  }

  /**
   * Sends one request; an answer that is not among `accepted` is kept as a failure and given back all the same.
   * @param operation the name under which times are kept
   */
  async request(
    operation: string,
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    accepted: readonly number[],
    body?: JsonObject,
  ): Promise<Answer> {
    const giveUpAt = performance.now() + this.#patienceMs
    for (let attempts = 1; ; attempts++) {
      const startedAt = performance.now()
      this.requests++
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

  /** Finds by `<attribute> eq "<value>"`; form encoding, as Entra sends it. */
  find(
    operation: string,
    resource: 'Users' | 'Groups',
    attribute: string,
    value: string,
    withMembers = true,
  ): Promise<Answer> {
    const query = new URLSearchParams(withMembers ? {} : { excludedAttributes: 'members' })
    query.set('filter', `${attribute} eq ${JSON.stringify(value)}`)
    return this.request(operation, 'GET', `/${resource}?${query}`, [200])
  }

  async close(): Promise<void> {
    await this.#pool.close()
  }

  async #send(method: string, path: string, body: JsonObject | undefined) {
    const response = await this.#pool.request({
      method: method as 'GET',
      path: this.#base + path,
      headers: body ? { ...this.#headers, 'content-type': 'application/scim+json; charset=utf-8' } : this.#headers,
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
