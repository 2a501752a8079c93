import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { simulateEntra } from './entra.ts'
import type { JsonObject } from './scim-client.ts'

/** The world outside: a SCIM endpoint that keeps what it is sent, or spoils it by `spoil`. */
async function endpoint(spoil: (resource: JsonObject) => JsonObject = (resource) => resource) {
  const resources = new Map<string, JsonObject>()
  let count = 0
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    const [, , type, id] = url.pathname.split('/')
    const answer = (status: number, body?: JsonObject) => response.writeHead(status).end(body && JSON.stringify(body))
    if (request.method === 'POST') {
      const made = `${type}-${count++}`
      resources.set(made, spoil({ ...(await json(request)), id: made }))
      return answer(201, resources.get(made))
    }
    const resource = resources.get(id ?? '')
    if (url.searchParams.has('filter')) return answer(200, { Resources: [] })
    if (!resource) return answer(404, { detail: 'unknown' })
    if (request.method === 'DELETE') {
      resources.delete(id ?? '')
      for (const group of resources.values()) {
        const members = group.members as { value: string }[] | undefined
        if (members) group.members = members.filter((member) => member.value !== id)
      }
    }
    if (request.method === 'PATCH') apply(resource, (await json(request)).Operations as unknown as Operation[])
    return answer(request.method === 'DELETE' ? 204 : 200, request.method === 'DELETE' ? undefined : resource)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  servers.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/scim/`
}

interface Operation {
  op: string
  path: string
  value: unknown
}

function apply(resource: JsonObject, operations: Operation[]): void {
  for (const { op, path, value } of operations) {
    if (path === 'members') {
      const ids = new Set(((resource.members ?? []) as { value: string }[]).map((member) => member.value))
      for (const { value: id } of value as { value: string }[]) op === 'Add' ? ids.add(id) : ids.delete(id)
      resource.members = [...ids].map((id) => ({ value: id }))
      continue
    }
    const urn = /^(urn:.*:User):(\w+)$/.exec(path)
    const phone = path.startsWith('phoneNumbers') ? (resource.phoneNumbers as JsonObject[])[1] : undefined
    const target = urn
      ? (resource[urn[1] ?? ''] as JsonObject)
      : (phone ?? (path.includes('.') ? resource.name : resource))
    const name = urn?.[2] ?? (phone ? 'value' : (path.split('.').at(-1) ?? ''))
    const text = typeof value === 'string' ? value : null
    ;(target as JsonObject)[name] = name === 'manager' ? { value: text } : name === 'active' ? text === 'True' : text
  }
}

async function json(request: IncomingMessage): Promise<JsonObject> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return JSON.parse(Buffer.concat(parts).toString()) as JsonObject
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

describe('the simulated cycle', () => {
  test('against a server that keeps everything ends with no failure and no difference', async () => {
    const report = await simulateEntra({
      tenantUrl: await endpoint(),
      secretToken: 't',
      users: 40,
      groups: 3,
      concurrency: 4,
    })
    expect(report.failures).toEqual([])
    expect(report.differences).toEqual([])
    expect(report.compared).toBe(38 + 3)
  })

  test('finds a server that drops one attribute', async () => {
    const tenantUrl = await endpoint(({ addresses: _, ...rest }) => rest)
    const report = await simulateEntra({ tenantUrl, secretToken: 't', users: 10, groups: 1, concurrency: 2 })
    expect(new Set(report.differences.map((difference) => difference.attribute))).toEqual(new Set(['addresses']))
  })

  test('finds a server that changes a value', async () => {
    const tenantUrl = await endpoint((resource) => ({
      ...resource,
      externalId: String(resource.externalId).toUpperCase(),
    }))
    const report = await simulateEntra({ tenantUrl, secretToken: 't', users: 3, groups: 1, concurrency: 1 })
    expect(report.differences.length).toBeGreaterThan(0)
  })
})
