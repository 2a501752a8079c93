import { decodeCursor, encodeCursor } from '@user-provisioning/contracts/admin/cursor'
import type { AdminAnswer, AdminQuery } from '@user-provisioning/contracts/admin-requests'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { ruleReports } from './rule-report.ts'

/** A page of what went wrong with an instance's rules, the last seen first. */
export async function listRuleReports(
  mongo: Pick<Mongo, 'bound'>,
  instanceId: string,
  query: AdminQuery<'listRuleReports'>,
  now: Date,
): Promise<AdminAnswer<'listRuleReports'>> {
  const list = ['listRuleReports', instanceId]
  const [at, id] = query.after === undefined ? [] : decodeCursor(list, query.after, 2)
  const isLater =
    at === undefined || id === undefined
      ? {}
      : { $or: [{ changedAt: { $lt: new Date(at) } }, { changedAt: new Date(at), _id: { $lt: id } }] }
  const found = await mongo
    .bound(ruleReports, instanceId)
    .find(isLater, { sort: { changedAt: -1, _id: -1 }, limit: query.limit + 1 })
  const page = found.slice(0, query.limit)
  const last = page.at(-1)
  return {
    items: page.map(({ _id, code, ruleIds, detail, count, createdAt, changedAt, userId }) => ({
      id: _id,
      code,
      ruleIds: [...ruleIds],
      detail,
      count,
      createdAt: createdAt.toISOString(),
      changedAt: changedAt.toISOString(),
      userId,
    })),
    next: last && found.length > page.length ? encodeCursor(list, [last.changedAt.toISOString(), last._id]) : null,
    asOf: now.toISOString(),
  }
}
