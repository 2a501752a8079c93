import { setTimeout as wait } from 'node:timers/promises'
import type { Body, TestInstance } from '../harness/instance.ts'
import { entraUser } from '../harness/instance.ts'
import { until } from '../harness/until.ts'

/** A create that was answered 2xx, or found again after its answer was lost. */
export interface Hired {
  readonly userName: string
  readonly id: string
  /** It was answered 201, and not found by a lookup after its answer was lost. */
  readonly answered: boolean
}

export interface Driven {
  readonly hired: readonly Hired[]
  /** Requests that got an answer other than 503. */
  readonly answered: number
}

/**
 * Creates users side by side as an IdP would, and repeats what was not answered (cut off, or 503): a repeat that is
 * told 409 looks the user up, since the lost attempt may have worked.
 */
export async function createUsers(instance: TestInstance, count: number, concurrency: number): Promise<Driven> {
  const hired: Hired[] = []
  let answered = 0
  let next = 0
  async function create(n: number): Promise<void> {
    const userName = instance.unique(`crash${n}@harbour.test`)
    const body = entraUser(userName)
    for (const giveUpAt = performance.now() + 120_000; ; ) {
      const answer = await instance.scim('POST', '/Users', body).catch(() => undefined)
      if (answer && answer.status !== 503) answered++
      if (answer?.status === 201) return void hired.push({ userName, id: answer.body.id, answered: true })
      if (answer?.status === 409) {
        const filter = encodeURIComponent(`userName eq "${userName}"`)
        const found = await instance.scim('GET', `/Users?filter=${filter}`).catch(() => undefined)
        const id = found?.body?.Resources?.[0]?.id
        if (id) return void hired.push({ userName, id, answered: false })
      } else if (answer && answer.status !== 503) {
        throw new Error(`POST of ${userName}: ${answer.status} ${JSON.stringify(answer.body)}`)
      }
      if (performance.now() > giveUpAt) throw new Error(`no answer for ${userName} within 120 s`)
      await wait(50)
    }
  }
  async function lane(): Promise<void> {
    for (let n = next++; n < count; n = next++) await create(n)
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  return { hired, answered }
}

export interface Verdict {
  readonly lost: string[]
  readonly doubled: string[]
}

/**
 * Looks every hired user up: there exactly once, with its fields, its link, one history entry of each change and one
 * provisioning-log entry of its creation, if that was answered.
 * @param lateLog an ingress was killed: what it did not log is made up from the facts within two minutes
 */
export async function verify(instance: TestInstance, hired: readonly Hired[], lateLog: boolean): Promise<Verdict> {
  const lost: string[] = []
  const doubled: string[] = []
  for (const { userName, id, answered } of hired) {
    const filter = encodeURIComponent(`userName eq "${userName}"`)
    const found = (await instance.scim('GET', `/Users?filter=${filter}`)).body
    if (found.totalResults !== 1)
      (found.totalResults === 0 ? lost : doubled).push(`${userName}: ${found.totalResults} found`)
    const user = (await instance.admin('GET', `/users/${id}`)).body
    if (user.fields?.scimSyncJobTitle !== 'Engineer' || user.fields?.firstName !== 'Nora')
      lost.push(`${userName}: fields`)
    if (user.links?.length !== 1) (user.links?.length > 1 ? doubled : lost).push(`${userName}: links`)
    const history: Body[] = (await instance.admin('GET', `/change-history?person=${id}&limit=200`)).body.items
    const counts = new Map<string, number>()
    for (const { kind, path } of history) counts.set(`${kind} ${path}`, (counts.get(`${kind} ${path}`) ?? 0) + 1)
    for (const [change, times] of counts) if (times > 1) doubled.push(`${userName}: ${change} ${times} times`)
    for (const change of ['field scimSyncJobTitle', 'field firstName', 'link job-title']) {
      if (!counts.has(change)) lost.push(`${userName}: history of ${change}`)
    }
    const creations = async () => {
      const log: Body[] = (await instance.admin('GET', `/provisioning-log?person=${id}&limit=200`)).body.items
      return log.filter((entry) => entry.method === 'POST' && entry.status === 201).length
    }
    const logged = await (lateLog && answered
      ? until(`log entry of ${userName}`, async () => (await creations()) || undefined, 120_000)
      : creations())
    if (logged === 0 && answered) lost.push(`${userName}: log entry`)
    if (logged > 1) doubled.push(`${userName}: ${logged} log entries`)
  }
  return { lost, doubled }
}
