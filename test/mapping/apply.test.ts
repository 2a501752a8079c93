import { describe, expect, test } from 'vitest'
import { entraUser } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'
import { everyone, expectNewest, inCapitals, provisioned } from './reapplied.ts'
import { jobEnded, save, withRow } from './saving.ts'

describe('a re-apply', () => {
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
