import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from '@user-provisioning/idp-simulator/latencies'
import { type JsonObject, ScimClient } from '@user-provisioning/idp-simulator/scim-client'
import { entraUser, type TestInstance } from '../harness/instance.ts'
import { until } from '../harness/until.ts'

export interface Delays {
  /** A POST while nothing else is under way: everything that the one before led to has come to rest. */
  readonly loneCreate: { p50Ms: number; p99Ms: number }
  readonly hireToLink: { p50Ms: number; p99Ms: number }
  readonly hireToHistory: { p50Ms: number; p99Ms: number }
}

/**
 * From the IdP's 201 until the link can be read, and until the link's history entry can be, one hire after the other; read
 * by asking again without pause, so that the reading's own round trip is within.
 */
export async function measureDelays(instance: TestInstance, hires: number): Promise<Delays> {
  const creates: number[] = []
  const toLink: number[] = []
  const toHistory: number[] = []
  // The client of all other figures; `fetch` alone takes 0.6 ms more.
  const { tenantUrl, secretToken } = instance
  const contentType = 'application/scim+json'
  const client = new ScimClient({ tenantUrl, secretToken, contentType, headers: {}, connections: 1 })
  for (let n = 0; n < hires; n++) {
    const user = entraUser(instance.unique(`delay${n}@harbour.test`)) as JsonObject
    const sentAt = performance.now()
    const created = await client.request('create user', 'POST', '/Users', [201], user)
    const answeredAt = performance.now()
    creates.push(answeredAt - sentAt)
    const id = created.body?.id
    await until('link', async () =>
      (await instance.admin('GET', `/users/${id}`)).body.links.length > 0 ? true : undefined,
    )
    toLink.push(performance.now() - answeredAt)
    await until('history', async () => {
      const { items } = (await instance.admin('GET', `/change-history?person=${id}&limit=200`)).body
      return items.some((entry: { kind: string }) => entry.kind === 'link') ? true : undefined
    })
    toHistory.push(performance.now() - answeredAt)
    // What follows the history entry (commits of offsets, marks in journals) is over too.
    await wait(400)
  }
  await client.close()
  const summary = (times: number[]) => {
    const sorted = times.toSorted((a, b) => a - b)
    return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) }
  }
  return { loneCreate: summary(creates), hireToLink: summary(toLink), hireToHistory: summary(toHistory) }
}
