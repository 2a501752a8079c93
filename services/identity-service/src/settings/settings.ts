import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import { defaultSettings } from '@user-provisioning/contracts/settings'
import type { InstanceDocument, SavedSettings } from '../instances/instance-document.ts'

/** An instance's settings: what it saved, or the defaults of its birth. */
export function settingsOf({
  settings,
  createdAt,
  createdBy,
}: Pick<InstanceDocument, 'settings' | 'createdAt' | 'createdBy'>): SavedSettings {
  return settings ?? { ...defaultSettings, version: 1, changedAt: createdAt, changedBy: createdBy }
}

export function presentSettings(instance: InstanceDocument): AdminAnswer<'readSettings'> {
  const { changedAt, ...saved } = settingsOf(instance)
  return { ...saved, instanceId: instance._id, changedAt: changedAt.toISOString() }
}
