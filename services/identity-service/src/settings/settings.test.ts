import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { defaultSettings, type Settings } from '@user-provisioning/contracts/settings'
import { topics } from '@user-provisioning/contracts/topics'
import { expect, test } from 'vitest'
import { acme, adminCommand, decided, instance, now, refusedWith, seen } from '../commands/sample-instance.ts'
import { settingsOf } from './settings.ts'

const save = (settings: Settings, more = {}) =>
  adminCommand('SaveSettings', { entityId: acme, body: settings, ifMatch: [1], ...more })
const off: Settings = {
  ...defaultSettings,
  pickUpMode: 'off',
  guard: { ...defaultSettings.guard, enabled: true, maxCount: 5 },
}

test('an instance that saved nothing has the defaults, as version 1', () => {
  expect(settingsOf(instance)).toMatchObject({ ...defaultSettings, version: 1 })
})

test('saving raises the version and tells every replica and the history what changed', () => {
  const view = seen()
  const { reply, types, facts } = decided(save(off), view)
  expect(reply).toMatchObject({ result: { pickUpMode: 'off', version: 2, changedAt: now.toISOString() } })
  expect(types).toEqual(['InstanceState', 'SettingsChanged'])
  topics.instances.schema.parse(facts[0])
  topics.identityFacts.schema.parse(facts[1])
  expect(facts[1].changes).toEqual([
    { kind: 'setting', path: 'pickUpMode', old: 'on', new: 'off' },
    { kind: 'setting', path: 'guard/enabled', old: false, new: true },
    { kind: 'setting', path: 'guard/maxCount', old: 100, new: 5 },
  ])
  expect(refusedWith(save(defaultSettings), view)).toBe('precondition-failed')
})

test('saving what is there already writes nothing', () => {
  expect(decided(save(defaultSettings), seen())).toMatchObject({ isWritten: false, reply: { result: { version: 1 } } })
})

test('the shape refuses what no guard can be', () => {
  const body = adminRoutes.saveSettings.body
  expect(body.safeParse(off).success).toBe(true)
  expect(body.safeParse({ ...off, guard: { ...off.guard, maxPercent: 0 } }).success).toBe(false)
  expect(body.safeParse({ ...off, pickUpMode: 'maybe' }).success).toBe(false)
})
