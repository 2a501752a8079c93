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

/** What each of some users' creates was answered; undefined: nothing, it was cut off. */
type Answers = ({ readonly status: number; readonly id?: string | undefined; readonly detail: unknown } | undefined)[]

async function askOneByOne(instance: TestInstance, userNames: readonly string[]): Promise<Answers> {
  return Promise.all(
    userNames.map(async (userName) => {
      const answer = await instance.scim('POST', '/Users', entraUser(userName)).catch(() => undefined)
      return answer && { status: answer.status, id: answer.body?.id, detail: answer.body }
    }),
  )
}

async function askInBulk(instance: TestInstance, userNames: readonly string[]): Promise<Answers> {
  const Operations = userNames.map((userName) => ({
    method: 'POST',
    path: '/Users',
    bulkId: userName,
    data: entraUser(userName),
  }))
  const answer = await instance.scim('POST', '/Bulk', { Operations }).catch(() => undefined)
  if (answer && answer.status !== 200) return userNames.map(() => ({ status: answer.status, detail: answer.body }))
  return userNames.map((_, n) => {
    const result: Body = answer?.body.Operations[n]
    return result && { status: Number(result.status), id: result.location?.split('/').at(-1), detail: result }
  })
}

/**
 * Creates users side by side as an IdP would, and repeats what was not answered (cut off, or 503): a repeat that is
 * told 409 looks the user up, since the lost attempt may have worked.
 * @param perBulk how many go into one Bulk; 1: each is a request by itself
 */
export async function createUsers(
  instance: TestInstance,
  count: number,
  concurrency: number,
  perBulk = 1,
): Promise<Driven> {
  const hired: Hired[] = []
  let answered = 0
  const ask = perBulk === 1 ? askOneByOne : askInBulk
  async function create(userNames: readonly string[]): Promise<void> {
    let left = userNames
    for (const giveUpAt = performance.now() + 120_000; left.length > 0; ) {
      const answers = await ask(instance, left)
      const unanswered: string[] = []
      for (const [n, userName] of left.entries()) {
        const answer = answers[n]
        if (answer && answer.status !== 503) answered++
        if (answer?.status === 201 && answer.id) hired.push({ userName, id: answer.id, answered: true })
        else if (answer?.status === 409) {
          const filter = encodeURIComponent(`userName eq "${userName}"`)
          const found = await instance.scim('GET', `/Users?filter=${filter}`).catch(() => undefined)
          const id = found?.body?.Resources?.[0]?.id
          if (id) hired.push({ userName, id, answered: false })
          else unanswered.push(userName)
        } else if (answer && answer.status !== 503) {
          throw new Error(`POST of ${userName}: ${answer.status} ${JSON.stringify(answer.detail)}`)
        } else unanswered.push(userName)
      }
      left = unanswered
      if (performance.now() > giveUpAt) throw new Error(`no answer for ${left.join(', ')} within 120 s`)
      if (left.length > 0) await wait(50)
    }
  }
  const names = Array.from({ length: count }, (_, n) => instance.unique(`crash${n}@harbour.test`))
  async function lane(): Promise<void> {
    while (names.length > 0) await create(names.splice(0, perBulk))
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
