import { expect, test } from 'vitest'
import { platform } from '../harness/platform.ts'

test('settings are saved whole, by whoever has seen the last ones, and are in the history (3.1)', async () => {
  const instance = await platform.instance()
  const read = await instance.admin('GET', '/settings')
  expect(read).toMatchObject({ status: 200, body: { pickUpMode: 'on', matchingAttribute: 'userName', version: 1 } })
  const { matchingAttribute, pickUpMode, reHirePolicy, guard } = read.body
  const wanted = { matchingAttribute, pickUpMode, reHirePolicy, guard: { ...guard, enabled: true } }

  expect((await instance.admin('PUT', '/settings', wanted)).status).toBe(428)
  const seen = { 'if-match': read.headers.get('etag') ?? '' }
  const dry = await instance.admin('PUT', '/settings?dryRun=true', wanted, seen)
  expect(dry.body).toMatchObject({ dryRun: true, diff: [{ path: 'guard/enabled', old: false, new: true }] })

  const saved = await instance.admin('PUT', '/settings', wanted, seen)
  expect(saved).toMatchObject({ status: 200, body: { guard: { enabled: true }, version: 2 } })
  const stale = await instance.admin('PUT', '/settings', wanted, seen)
  expect(stale).toMatchObject({ status: 412, body: { currentVersion: 2 } })

  await platform.settled()
  const history = (await instance.admin('GET', `/change-history?person=${instance.id}`)).body.items
  expect(history).toContainEqual(expect.objectContaining({ kind: 'setting', path: 'guard/enabled', new: true }))
})
