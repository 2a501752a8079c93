import type { Change } from '@user-provisioning/contracts/actor'
import { requireVersion } from '@user-provisioning/contracts/admin/if-match'
import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { instanceOf } from '@user-provisioning/contracts/admin-requests'
import { adminReply } from '@user-provisioning/contracts/reply'
import type { Settings } from '@user-provisioning/contracts/settings'
import { topics } from '@user-provisioning/contracts/topics'
import { diff } from '@user-provisioning/scim/diff'
import type { JsonObject } from '@user-provisioning/scim/json'
import { operation, unchanged } from '../commands/command.ts'
import { instanceRecord } from '../instances/instance-document.ts'
import { instanceFact } from '../instances/instance-fact.ts'
import { instanceSeen } from '../instances/instance-seen.ts'
import { presentSettings, settingsOf } from './settings.ts'

const readBody = adminRoutes.saveSettings.body

/** Saves an instance's settings as a whole. Saving what is there already is no new version. */
export const saveSettings = operation('SaveSettings', {
  needs(message, want) {
    want.instance(instanceOf(message))
  },

  decide(message, view, ctx) {
    const instance = instanceSeen(message, view)
    const { version, changedAt, changedBy, ...old } = settingsOf(instance)
    requireVersion(message, { version, changedAt, changedBy })
    const wanted = readBody.parse(message.body)
    const changes = settingChanges(old, wanted)
    const after = {
      ...instance,
      settings: { ...wanted, version: version + 1, changedAt: ctx.now, changedBy: ctx.actor },
      version: instance.version + 1,
      changedAt: ctx.now,
      changedBy: ctx.actor,
    }
    const answer = presentSettings(changes.length === 0 ? instance : after)
    if (changes.length === 0) return unchanged(adminReply(answer))
    return {
      effects: [{ kind: 'instance', before: instance, after }],
      announcements: [
        { kind: 'state', topic: topics.instances, key: after._id, type: 'InstanceState', value: instanceRecord(after) },
        instanceFact('SettingsChanged', { instanceId: after._id, subject: after._id, changes }, ctx),
      ],
      reply: adminReply(answer),
    }
  },
})

function settingChanges({ guard: oldGuard, ...old }: Settings, { guard, ...now }: Settings): Change[] {
  const flat = (settings: JsonObject, ofGuard: JsonObject): JsonObject => ({
    ...settings,
    ...Object.fromEntries(Object.entries(ofGuard).map(([name, value]) => [`guard/${name}`, value])),
  })
  return diff(flat(old, oldGuard), flat(now, guard)).map((difference) => ({ kind: 'setting', ...difference }))
}
