import type { Mongo } from '@user-provisioning/mongo/connection'
import type { InstanceDocument } from '../instances/instance-document.ts'
import { settingsOf } from '../settings/settings.ts'
import { users } from '../users/user-document.ts'
import { deprovisions, type GuardDocument, guards, heldChanges } from './guard-document.ts'

/** A guard as a committing group sees it. */
export interface GuardSeen {
  readonly instanceId: string
  /** Undefined: it has never tripped. */
  readonly document: GuardDocument | undefined
  /** Suspensions and deletions within the window. */
  readonly count: number
  /** From this many on it trips. */
  readonly limit: number
  readonly held: { readonly suspend: number; readonly delete: number }
}

/** Users of an instance are counted once a minute at most: it is their share that counts, not the last of them. */
const totalKeptMs = 60_000
const totals = new Map<string, { readonly at: number; readonly total: Promise<number> }>()

/** The guard of an instance with its numbers; limits are counted up to one above them. */
export async function readGuardState(mongo: Mongo, instance: InstanceDocument, now = Date.now()): Promise<GuardSeen> {
  const { _id: instanceId } = instance
  const { guard } = settingsOf(instance)
  const heldOf = (change: 'suspend' | 'delete') => mongo.bound(heldChanges, instanceId).count({ change })
  const [document, total, suspend, deleted] = await Promise.all([
    mongo.bound(guards, instanceId).findOne({ _id: instanceId }),
    totalUsers(mongo, instanceId, now),
    heldOf('suspend'),
    heldOf('delete'),
  ])
  const limit = Math.min(guard.maxCount, Math.floor((total * guard.maxPercent) / 100))
  const from = new Date(Math.max(now - guard.windowMinutes * 60_000, document?.countedFrom.getTime() ?? 0))
  const count = await mongo.bound(deprovisions, instanceId).count({ at: { $gt: from } }, { limit: limit + 1 })
  return { instanceId, document, count, limit, held: { suspend, delete: deleted } }
}

function totalUsers(mongo: Mongo, instanceId: string, now: number): Promise<number> {
  const known = totals.get(instanceId)
  if (known !== undefined && now - known.at < totalKeptMs) return known.total
  const total = mongo.bound(users, instanceId).count({ visible: true })
  totals.set(instanceId, { at: now, total })
  total.catch(() => totals.delete(instanceId))
  return total
}
