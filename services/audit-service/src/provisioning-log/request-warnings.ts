import type { Warning } from '@user-provisioning/contracts/actor'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { changeHistory } from '../change-history/history-store.ts'
import type { LogEntry } from './log-entry.ts'

const mostEntries = 1_000
const kindsOfWarnings = ['warning', 'mapping', 'rule']

/**
 * What did not go as asked in what requests about users led to (4.6): a mapping row that failed, a manager who is not here yet, an
 * object that no rule found. They are told after the answer and are kept in the history, under ids that begin with the request's.
 * @returns by the request's id
 */
export async function warningsOfRequests(
  mongo: Pick<Mongo, 'bound'>,
  instanceId: string,
  entries: readonly LogEntry[],
): Promise<ReadonlyMap<string, Warning[]>> {
  const asked = entries.filter(({ resource, outcome, method }) => {
    return resource === 'Users' && outcome === 'success' && method !== 'GET'
  })
  const warnings = new Map<string, Warning[]>()
  if (asked.length === 0) return warnings
  const found = await mongo.bound(changeHistory, instanceId).find(
    {
      // '0' is the character behind '/'.
      $or: asked.map(({ _id }) => ({ _id: { $gt: `${_id}/`, $lt: `${_id}0` } })),
      kind: { $in: kindsOfWarnings },
    },
    { sort: { _id: 1 }, limit: mostEntries, hint: { _id: 1 } },
  )
  for (const { correlationId, path, new: told } of found) {
    const { code, detail } = (told ?? {}) as { code?: string; detail?: string }
    if (code === undefined || detail === undefined) continue
    const ofRequest = warnings.get(correlationId) ?? []
    warnings.set(correlationId, [...ofRequest, { code, path: path === '' ? null : path, detail }])
  }
  return warnings
}
