import { expect, test } from 'vitest'
import { entraUser, patch } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'
import { addObject, addRule, addUsers, body, linksOf } from './rules.ts'

test('a run for everyone is brought to its end though the engine is killed in it, with users changing all the while (5.3, 5.4)', async () => {
  const instance = await platform.instance()
  const [before, after] = ['Deck', 'Bridge']
  const users = await addUsers(
    instance,
    Array.from({ length: 150 }, () => ({ team: before })),
  )
  const made = Array.from({ length: 10 }, (_, n) =>
    instance.scim('POST', '/Users', entraUser(instance.unique(`live${n}@harbour.test`), { title: before })),
  )
  const live = (await Promise.all(made)).map((answer) => body(answer, 201))
  await platform.settled()
  for (const name of [before, after]) await addObject(instance, 'department', name)
  await addRule(instance, { field: 'team', objectType: 'department' })
  const titles = await addRule(instance, { field: 'scimSyncJobTitle', objectType: 'department' })

  const { id } = body(await instance.admin('POST', '/workflow-rules/run', { perSecond: 100 }), 202)
  const job = async () => body(await instance.admin('GET', `/jobs/${id}`))
  const changing = (async () => {
    for (const user of live) {
      const answer = await instance.scim(
        'PATCH',
        `/Users/${user.id}`,
        patch({ op: 'Replace', path: 'title', value: after }),
      )
      expect(answer.status).toBe(200)
    }
  })()
  await until('some of it done', async () => ((await job()).progress.done > 20 ? true : undefined))
  platform.kill('workflow-service', 0)
  await changing
  const ended = await until('the end of the run', async () => {
    const now = await job()
    return now.endedAt === null ? undefined : now
  })
  expect(ended).toMatchObject({ state: 'succeeded', progress: { done: 160, failed: 0 } })
  await platform.settled()
  const links = await Promise.all([...users, ...live].map((user) => linksOf(instance, user.id)))
  expect(links).toEqual([...users.map(() => ({ department: [before] })), ...live.map(() => ({ department: [after] }))])

  // No user was linked twice, or to and fro, by what was done again.
  const history = body(await instance.admin('GET', `/change-history?person=${users[75].id}&limit=200`)).items
  expect(history.filter((entry: { kind: string }) => entry.kind === 'link')).toHaveLength(1)
  for (const user of live) {
    const entries = body(await instance.admin('GET', `/change-history?person=${user.id}&limit=200`)).items
    const linked = entries.filter((entry: { kind: string }) => entry.kind === 'link').toReversed()
    const from = linked.map((entry: { old: { objectName: string } | null }) => entry.old?.objectName ?? null)
    const to = linked.map((entry: { new: { objectName: string } }) => entry.new.objectName)
    expect(from).toEqual([null, ...to.slice(0, -1)])
    expect(to.at(-1)).toBe(after)
    expect(new Set(to).size).toBe(to.length)
  }
  expect(titles.state).toBe('active')
})
