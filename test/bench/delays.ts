import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from '@user-provisioning/idp-simulator/latencies'
import { entraUser, type TestInstance } from '../harness/instance.ts'
import { until } from '../harness/until.ts'

export interface Delays {
  readonly hireToLink: { p50Ms: number; p99Ms: number }
  readonly hireToHistory: { p50Ms: number; p99Ms: number }
}

/**
 * From the IdP's 201 until the link can be read, and until the link's history entry can be, one hire after the other; read
 * by asking again without pause, so that the reading's own round trip is within.
 */
export async function measureDelays(instance: TestInstance, hires: number): Promise<Delays> {
  const toLink: number[] = []
  const toHistory: number[] = []
  for (let n = 0; n < hires; n++) {
    const created = await instance.scim('POST', '/Users', entraUser(instance.unique(`delay${n}@harbour.test`)))
    const answeredAt = performance.now()
    const id = created.body.id
    await until('link', async () =>
      (await instance.admin('GET', `/users/${id}`)).body.links.length > 0 ? true : undefined,
    )
    toLink.push(performance.now() - answeredAt)
    await until('history', async () => {
      const { items } = (await instance.admin('GET', `/change-history?person=${id}&limit=200`)).body
      return items.some((entry: { kind: string }) => entry.kind === 'link') ? true : undefined
    })
    toHistory.push(performance.now() - answeredAt)
    // The admin API takes 50 requests a second from one principal.
    await wait(50)
  }
  const summary = (times: number[]) => {
    const sorted = times.toSorted((a, b) => a - b)
    return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) }
  }
  return { hireToLink: summary(toLink), hireToHistory: summary(toHistory) }
}
