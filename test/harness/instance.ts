import { randomUUID } from 'node:crypto'
import type { Connection } from '@user-provisioning/devstack/connection-file'

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by tests
export type Body = any

export interface Answer {
  readonly status: number
  readonly body: Body
  readonly headers: Headers
}

/** One HTTP request; the body is read as JSON where there is one. Never throws for a status. */
export async function http(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init)
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
}

/** Asks the admin API, as the bootstrap administrator. */
function adminOf(connection: Connection) {
  return (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    http(`${connection.admin.url}/admin/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${connection.admin.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
}

/** An instance of a test's own, wired to a connector: what isolates tests from each other. */
export interface TestInstance {
  readonly id: string
  readonly tenantUrl: string
  readonly secretToken: string
  readonly apiKeyId: string
  readonly integrationUserId: string
  /** A SCIM request to this instance. */
  scim(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** An admin request under `/instances/{id}`. */
  admin(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** A name that no other test uses. */
  unique(name: string): string
}

/** Creates an instance with an integration user and an API key. */
export async function newInstance(connection: Connection): Promise<TestInstance> {
  const admin = adminOf(connection)
  const run = randomUUID().slice(0, 8)
  const made = async (path: string, body: unknown): Promise<Body> => {
    const answer = await admin('POST', path, body)
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const instance = await made('/instances', { name: `Test ${run}`, label: 'test' })
  const under = `/instances/${instance.id}`
  const integrationUser = await made(`${under}/integration-users`, { userName: `provisioning.${run}@integration.test` })
  const key = await made(`${under}/api-keys`, { integrationUserId: integrationUser.id, label: 'Entra' })
  return {
    id: instance.id,
    tenantUrl: instance.tenantUrl,
    secretToken: key.secret,
    apiKeyId: key.id,
    integrationUserId: integrationUser.id,
    scim: (method, path, body, headers = {}) =>
      http(instance.tenantUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${key.secret}`,
          ...(body === undefined ? {} : { 'content-type': 'application/scim+json; charset=utf-8' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    admin: (method, path, body, headers) => admin(method, under + path, body, headers),
    unique: (name) => `${run}.${name}`,
  }
}

export const schemas = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  enterprise: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  patch: 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
  error: 'urn:ietf:params:scim:api:messages:2.0:Error',
} as const

/** A user as Entra creates one. */
export function entraUser(userName: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    schemas: [schemas.user, schemas.enterprise],
    externalId: randomUUID(),
    userName,
    active: true,
    displayName: 'Nora Quist',
    title: 'Engineer',
    emails: [{ type: 'work', value: userName, primary: true }],
    name: { formatted: 'Nora Quist', givenName: 'Nora', familyName: 'Quist' },
    phoneNumbers: [
      { type: 'work', value: '+47 22 00 00 01' },
      { type: 'mobile', value: '+47 900 00 001' },
    ],
    [schemas.enterprise]: { department: 'R&D' },
    ...more,
  }
}

/** A PATCH in Entra's default dialect. */
export function patch(...operations: { op: string; path?: string; value?: unknown }[]) {
  return { schemas: [schemas.patch], Operations: operations }
}
