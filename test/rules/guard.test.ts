import { beforeAll, describe, expect, test } from 'vitest'
import { type Answer, type Body, entraUser, patch, schemas, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'

// The deprovision guard (3.4, 3.5): too many suspensions and deletions are held until an admin has looked at them.
const limit = 10
let instance: TestInstance

async function guardedInstance(guard: Record<string, unknown> = {}): Promise<TestInstance> {
  const made = await platform.instance()
  const { body, headers } = await made.admin('GET', '/settings')
  const { instanceId, version, changedAt, changedBy, ...settings } = body
  const wanted = {
    ...settings,
    guard: { enabled: true, maxCount: limit, maxPercent: 100, windowMinutes: 60, ...guard },
  }
  const saved = await made.admin('PUT', '/settings', wanted, { 'if-match': headers.get('etag') ?? '' })
  expect(saved.status).toBe(200)
  return made
}

const hire = async (count: number): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const answer = await instance.scim('POST', '/Users', entraUser(instance.unique(`${Math.random()}@harbour.test`)))
      return answer.body.id as string
    }),
  )
const setActive = (id: string, value: boolean): Promise<Answer> =>
  instance.scim('PATCH', `/Users/${id}`, patch({ op: 'Replace', path: 'active', value }))
const stateOf = async (id: string): Promise<string | undefined> =>
  (await instance.admin('GET', `/users/${id}`)).body?.state
const guardNow = async (): Promise<Body> => (await instance.admin('GET', '/guard')).body

async function release(body: object): Promise<Body> {
  const begun = await instance.admin('POST', '/guard/release', body)
  expect([begun.status, begun.body.kind]).toEqual([202, 'guard-release'])
  return until('the release', async () => {
    const job = (await instance.admin('GET', `/jobs/${begun.body.id}`)).body
    return ['succeeded', 'failed'].includes(job.state) ? job : undefined
  })
}

describe('a guard', () => {
  let users: string[]
  beforeAll(async () => {
    instance = await guardedInstance()
    users = await hire(40)
  })

  test('carries out exactly as many of 30 suspensions at once as its limit; the rest is held, and told why and where', async () => {
    const answers = await Promise.all(users.slice(0, 30).map((id) => setActive(id, false)))
    const refused = answers.filter(({ status }) => status === 403)
    expect([answers.filter(({ status }) => status === 200).length, refused.length]).toEqual([limit, 30 - limit])
    expect(refused[0]?.body).toMatchObject({
      schemas: [schemas.error],
      detail: expect.stringMatching(/^Held by the deprovision guard: 10 users in 60 minutes\. .*Setup.*\[guard-held /),
    })
    expect(await guardNow()).toMatchObject({
      state: 'tripped',
      count: limit,
      limit,
      heldCount: 30 - limit,
      heldSuspensions: 30 - limit,
      quarantineRisk: false,
      common: [
        { what: 'change', value: 'suspend', count: 30 - limit },
        { what: 'department', value: 'R&D', count: 30 - limit },
      ],
    })
    const states = await Promise.all(users.slice(0, 30).map(stateOf))
    expect(states.filter((state) => state === 'suspended')).toHaveLength(limit)
  })

  test('holds the last change of each user, and forgets one that the IdP takes back', async () => {
    const [back, gone, kept] = users.slice(30) as [string, string, string]
    expect((await setActive(back, false)).status).toBe(403)
    expect((await setActive(back, true)).status).toBe(200)
    expect((await setActive(gone, false)).status).toBe(403)
    expect((await instance.scim('DELETE', `/Users/${gone}`)).status).toBe(403)
    const title = patch({ op: 'Replace', path: 'title', value: 'Mate' })
    expect((await instance.scim('PATCH', `/Users/${kept}`, title)).status).toBe(200)
    const { body } = await instance.admin('GET', '/guard/held?change=delete')
    expect(body.items).toEqual([expect.objectContaining({ userId: gone, change: 'delete', department: 'R&D' })])
    expect(await guardNow()).toMatchObject({ heldCount: 30 - limit + 1, heldDeletions: 1, superseded: 1 })
  })

  test('that is released carries out what it holds by itself, and counts from nothing again', async () => {
    const gone = users[31] as string
    expect((await release({ userIds: [gone] })).result).toEqual({ released: 1, refused: 0 })
    expect((await instance.scim('GET', `/Users/${gone}`)).status).toBe(404)
    expect(await guardNow()).toMatchObject({ state: 'tripped', heldCount: 30 - limit })
    const all = await release({})
    expect([all.state, all.result]).toEqual(['succeeded', { released: 30 - limit, refused: 0 }])
    expect(new Set(await Promise.all(users.slice(0, 30).map(stateOf)))).toEqual(new Set(['suspended']))
    expect(await guardNow()).toMatchObject({ state: 'armed', count: 0, heldCount: 0, trippedAt: null })
    expect((await setActive(users[35] as string, false)).status).toBe(200)
  })

  test('tells the history of each trip once', async () => {
    await platform.settled()
    const { body } = await instance.admin('GET', `/change-history?person=${instance.id}&limit=200`)
    const told = body.items.filter(({ subject }: Body) => subject.type === 'guard').map((item: Body) => item.new)
    expect(told.toSorted()).toEqual(['released', 'tripped'])
  })
})

test('a rejection drops what is held; what the IdP sends again within the window is held again', async () => {
  instance = await guardedInstance({ maxCount: 1 })
  const [first, second] = (await hire(5)) as [string, string]
  expect((await setActive(first, false)).status).toBe(200)
  expect((await setActive(second, false)).status).toBe(403)
  const rejected = await instance.admin('POST', '/guard/reject', {})
  expect(rejected.body).toMatchObject({ state: 'armed', heldCount: 0 })
  expect((await setActive(second, false)).status).toBe(403)
  expect(await stateOf(second)).toBe('active')
})

test('a share of the users trips it too; where it is off nothing is held', async () => {
  instance = await guardedInstance({ maxCount: 1_000, maxPercent: 25 })
  const users = await hire(8)
  const answers: number[] = []
  for (const id of users.slice(0, 4)) answers.push((await setActive(id, false)).status)
  expect(answers).toEqual([200, 200, 403, 403])
  instance = await platform.instance()
  const others = await hire(6)
  expect(await Promise.all(others.map(async (id) => (await setActive(id, false)).status))).toEqual(
    others.map(() => 200),
  )
  expect(await guardNow()).toMatchObject({ state: 'off' })
})
