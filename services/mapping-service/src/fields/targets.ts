import { setTimeout as delay } from 'node:timers/promises'
import { mappableFields } from '@user-provisioning/contracts/fields'
import type { InstanceRecord } from '@user-provisioning/contracts/states'
import type { CompactedState } from '@user-provisioning/messaging/compacted-state'

/** The fields that an instance's rows may write. */
export interface Targets {
  /** @param wanted those that rows name: one that was declared a moment ago is waited for */
  of(instanceId: string, wanted: readonly string[]): Promise<string[]>
}

/** How long a field that was just declared may be on its way. */
const longestWayMs = 500
const lookEveryMs = 50

/** The standard text fields, and an instance's own as identity-service last announced them. */
export function openTargets(instances: Pick<CompactedState<InstanceRecord>, 'get'>): Targets {
  const known = (instanceId: string) => mappableFields(instances.get(instanceId)?.customFields ?? [])
  return {
    async of(instanceId, wanted) {
      const until = Date.now() + longestWayMs
      const isMissing = () => wanted.some((name) => !known(instanceId).includes(name) && isCustomName(name, instanceId))
      while (isMissing() && Date.now() < until) await delay(lookEveryMs)
      return known(instanceId)
    },
  }

  /** Whether a name that is not known may be that of a field on its way: a custom field of another type is not. */
  function isCustomName(name: string, instanceId: string): boolean {
    return !(instances.get(instanceId)?.customFields ?? []).some((field) => field.name === name)
  }
}
