import { describe, expect, test } from 'vitest'
import type { Body, TestInstance } from '../harness/instance.ts'
import { entraUser, patch } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'
import { jobEnded, save, withRow } from './saving.ts'

const inCapitals = { id: 'nick', source: { expression: 'user.title.upperAscii()' }, target: 'nickname' }

/** So many users, made side by side; the titles are their own. */
async function provisioned(instance: TestInstance, count: number): Promise<string[]> {
  const ids: string[] = []
  let next = 0
  const work = async () => {
    for (let n = next++; n < count; n = next++) {
      const user = entraUser(instance.unique(`user${n}@harbour.test`), { title: `Engineer ${n}` })
      const created = await instance.scim('POST', '/Users', user)
      if (created.status !== 201) throw new Error(`user ${n}: ${created.status}`)
      ids.push(created.body.id)
    }
  }
  await Promise.all(Array.from({ length: 32 }, work))
  return ids
}

async function everyone(instance: TestInstance, ids: readonly string[]): Promise<Body[]> {
  const users: Body[] = []
  for (let at = 0; at < ids.length; at += 32) {
    const part = ids.slice(at, at + 32).map((id) => instance.admin('GET', `/users/${id}?include=scim`))
    users.push(...(await Promise.all(part)).map(({ body }) => body))
  }
  return users
}

/** Kills mapping-service once more after the job went on from where the first kill left it. */
async function killAgain(instance: TestInstance, jobId: string): Promise<void> {
  const doneOf = async (): Promise<number> => (await instance.admin('GET', `/jobs/${jobId}`)).body.progress?.done ?? 0
  const before = await doneOf()
  await until('the job goes on', async () => ((await doneOf()) > before + 500 ? true : undefined))
  platform.kill('mapping-service', 0)
}

function expectNewest(users: readonly Body[], version: number): void {
  expect(users.filter(({ fields, scim }) => fields.nickname !== scim.title.toUpperCase())).toEqual([])
  expect(users.filter(({ fieldSources }) => fieldSources.nickname.setVersion !== version)).toEqual([])
}

describe('a re-apply', () => {
  const count = Number(process.env.REAPPLIED_USERS ?? 300)

  test(`of ${count} users who change meanwhile ends with the newest set for each, though mapping-service is killed (4.4)`, async () => {
    const instance = await platform.instance()
    const ids = await provisioned(instance, count)
    await platform.settled()
    const rows = await withRow(instance, inCapitals)
    const saved = await save(instance, 1, { rows, apply: true, perSecond: Math.max(100, count / 40) })
    const jobId = saved.body.applyJob
    expect(jobId).toMatch(/^mapping_/)
    await until('the job has begun', async () => {
      const { progress } = (await instance.admin('GET', `/jobs/${jobId}`)).body
      return progress.done > 0 ? progress : undefined
    })

    platform.kill('mapping-service', 0)
    // In a longer run once more, when it is at work again.
    const secondKill = count > 1_000 ? killAgain(instance, jobId) : undefined
    const newcomers: string[] = []
    for (let n = 0; n < 20; n++) {
      const title = `Lead ${n}`
      const changed = await instance.scim(
        'PATCH',
        `/Users/${ids[(n * 13) % count]}`,
        patch({ op: 'Replace', path: 'title', value: title }),
      )
      expect(changed.status).toBe(200)
      const created = await instance.scim(
        'POST',
        '/Users',
        entraUser(instance.unique(`new${n}@harbour.test`), { title }),
      )
      newcomers.push(created.body.id)
    }
    await secondKill
    const job = await jobEnded(instance, jobId, 60_000 + count * 10)
    expect(job).toMatchObject({ state: 'succeeded', kind: 'mapping-apply', result: { version: 2, failed: 0 } })
    await platform.settled()
    expectNewest(await everyone(instance, [...ids, ...newcomers]), 2)
  })

  test('pauses, goes on, is replaced by that of a newer version, and is done only once (4.4)', async () => {
    const instance = await platform.instance()
    const ids = await provisioned(instance, 40)
    await platform.settled()
    const rows = await withRow(instance, inCapitals)
    const first = (
      await save(instance, 1, {
        rows: [...rows.slice(0, -1), { ...inCapitals, source: { path: 'title' } }],
        apply: true,
        perSecond: 4,
      })
    ).body
    const paused = await instance.admin('POST', `/jobs/${first.applyJob}/pause`)
    expect(paused.body.wanted).toBe('pause')
    const stopped = await until('it is paused', async () => {
      const { body } = await instance.admin('GET', `/jobs/${first.applyJob}`)
      return body.state === 'paused' ? body : undefined
    })
    expect(stopped.progress.done).toBeLessThan(40)
    await instance.admin('POST', `/jobs/${first.applyJob}/resume`)

    const second = (await save(instance, 2, { rows, apply: true })).body
    const ended = await jobEnded(instance, second.applyJob)
    expect(ended).toMatchObject({ state: 'succeeded', progress: { done: 40, total: 40, failed: 0 } })
    expect(await jobEnded(instance, first.applyJob)).toMatchObject({
      state: 'cancelled',
      supersededBy: second.applyJob,
    })

    const again = await instance.admin('POST', '/mapping-set/apply', {})
    expect(again.status).toBe(202)
    expect(await jobEnded(instance, again.body.id)).toMatchObject({
      state: 'succeeded',
      progress: { done: 0, total: 0 },
    })
    await platform.settled()
    expectNewest(await everyone(instance, ids), 3)
  })

  test('says for whom a row gave no value, and stores the rest (4.6)', async () => {
    const instance = await platform.instance()
    const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
    await platform.settled()
    const rows = await withRow(instance, { id: 'bad', source: { path: 'active' }, target: 'office' }, inCapitals)
    const { applyJob } = (await save(instance, 1, { rows, apply: true })).body
    expect(await jobEnded(instance, applyJob)).toMatchObject({ state: 'succeeded', progress: { failed: 1 } })
    const errors = (await instance.admin('GET', `/jobs/${applyJob}/errors`)).body.items
    expect(errors).toEqual([expect.objectContaining({ entityId: user.id, code: 'mapping-row-failed' })])
    await platform.settled()
    expectNewest(await everyone(instance, [user.id]), 2)
  })
})
