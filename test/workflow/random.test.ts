import { expect, test } from 'vitest'
import type { Body } from '../harness/instance.ts'
import { entraUser, patch } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'
import { addRule, addUsers, body, linksOf } from './rules.ts'

/** Numbers from 0 to below `limit` that are the same for the same seed (mulberry32). */
function randomOf(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * limit)
  }
}

const seed = Number(process.env.WORKFLOW_SEED ?? Math.floor(Math.random() * 1e9))
const titles = ['Stoker', 'Pilot', 'Cook', 'Mate', 'Diver', 'Purser', 'Smith', 'Baker']
const rounds = 20
const atOnce = 6

test(`whatever happens to users, objects and rules, in any order and at once, links come to what the rules say (seed ${seed})`, async () => {
  const random = randomOf(seed)
  const pick = <T>(all: readonly T[]): T => all[random(all.length)] as T
  const instance = await platform.instance()
  const departments = await addRule(instance, { field: 'scimSyncJobTitle', objectType: 'department', ifNone: 'keep' })
  await addRule(instance, { field: 'links.department', objectType: 'job-title', ifNone: 'create' })
  const made = Array.from({ length: 12 }, (_, n) =>
    instance.scim('POST', '/Users', entraUser(instance.unique(`r${n}@harbour.test`), { title: pick(titles) })),
  )
  const users: Body[] = (await Promise.all(made)).map((answer) => body(answer, 201))
  const everyone = [...users, ...(await addUsers(instance, [{ scimSyncJobTitle: 'Pilot' }]))]
  const objects = async (type: string): Promise<Body[]> =>
    body(await instance.admin('GET', `/objects?type=${type}&limit=200`)).items

  let round = 0
  const steps: readonly (() => Promise<unknown>)[] = [
    ...Array(8).fill(async () => {
      const title = random(6) === 0 ? null : pick(titles)
      const change = title === null ? { op: 'Remove', path: 'title' } : { op: 'Replace', path: 'title', value: title }
      expect((await instance.scim('PATCH', `/Users/${pick(users).id}`, patch(change))).status).toBeLessThan(300)
    }),
    ...Array(2).fill(() => instance.admin('POST', '/objects', { type: 'department', name: pick(titles) })),
    ...Array(2).fill(async () => {
      const [object] = (await objects('department')).slice(random(5))
      const name = random(2) ? pick(titles) : `${pick(titles)} ${random(100)}`
      if (object) await instance.admin('PATCH', `/objects/${object.id}`, { name })
    }),
    async () => {
      const [one, other] = (await objects('department')).slice(random(4))
      if (one && other) await instance.admin('POST', `/objects/${one.id}/merge`, { from: [other.id] })
    },
    async () => {
      const [object] = (await objects('department')).slice(random(5))
      if (object) await instance.admin('DELETE', `/objects/${object.id}?unlink=true`)
    },
    async () => {
      const { version } = body(await instance.admin('GET', '/workflow-rules'))
      const ifNone = pick(['keep', 'clear', 'create', 'report'])
      const rule = { field: 'scimSyncJobTitle', objectType: 'department', ifNone }
      await instance.admin('PUT', `/workflow-rules/${departments.id}`, rule, { 'if-match': `"${version}"` })
    },
    // Only in the first half: a run would mend what changes of objects had left undone.
    async () => round < rounds / 2 && instance.admin('POST', '/workflow-rules/run', { perSecond: 100_000 }),
  ]
  for (; round < rounds; round++) {
    await Promise.all(Array.from({ length: atOnce }, () => pick(steps)()))
    if (round === 10) platform.kill('workflow-service', 0)
  }
  await until('the end of the runs', async () => {
    const { items } = body(await instance.admin('GET', '/jobs?kind=rule-run&limit=200'))
    return items.every(({ endedAt }: Body) => endedAt !== null) ? true : undefined
  })
  await platform.settled()

  // What identity has is what the rules hold: no proposal was lost, none came late.
  for (const type of ['department', 'job-title']) {
    const links = await Promise.all(everyone.map(({ id }) => linksOf(instance, id)))
    // Two rules may link a user to one object.
    const linked = links.flatMap((each) => [...new Set(each[type])])
    const found = await objects(type)
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(linked))
    for (const object of found) {
      const ofObject = linked.filter((name) => name === object.name).length
      expect(`${object.name} ${object.linkedUsers}`).toBe(`${object.name} ${ofObject}`)
    }
  }

  // Run for everyone, links depend on each user alone.
  const { version } = body(await instance.admin('GET', '/workflow-rules'))
  const last = { field: 'scimSyncJobTitle', objectType: 'department', ifNone: 'report' }
  const put = await instance.admin('PUT', `/workflow-rules/${departments.id}`, last, { 'if-match': `"${version}"` })
  expect(put.status).toBe(200)
  const { id } = body(await instance.admin('POST', '/workflow-rules/run', {}), 202)
  await until('the last run', async () =>
    body(await instance.admin('GET', `/jobs/${id}`)).state === 'succeeded' ? true : undefined,
  )
  await platform.settled()
  const found = await objects('department')
  for (const { id: userId } of everyone) {
    const { fields } = body(await instance.admin('GET', `/users/${userId}`))
    const object = found.find(({ name, aliases }) => [name, ...aliases].includes(fields.scimSyncJobTitle))
    expect((await linksOf(instance, userId)).department).toEqual(object && [object.name])
  }
})
