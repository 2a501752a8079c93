import { decodeCursor, encodeCursor } from '@user-provisioning/contracts/admin/cursor'
import type { AdminAnswer, AdminQuery } from '@user-provisioning/contracts/admin-requests'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { rulesDiff } from './change-rules.ts'
import { rulesVersions } from './rule-set-store.ts'
import { defaultRuleSet } from './workflow-rule.ts'

/** A page of the versions of an instance's rules, newest first, each with what it changed; version 1 is what every instance has. */
export async function listRulesVersions(
  mongo: Pick<Mongo, 'bound'>,
  instanceId: string,
  query: AdminQuery<'listRulesVersions'>,
  now: Date,
): Promise<AdminAnswer<'listRulesVersions'>> {
  const list = ['listRulesVersions', instanceId]
  const [before] = query.after === undefined ? [] : decodeCursor(list, query.after, 1)
  const found = await mongo
    .bound(rulesVersions, instanceId)
    .find(before === undefined ? {} : { version: { $lt: Number(before) } }, {
      sort: { version: -1 },
      limit: query.limit + 1,
    })
  const standard = { ...defaultRuleSet, createdAt: null, createdBy: null, restoredFrom: null }
  const isEnd = found.length <= query.limit
  const versions = [...found, ...(isEnd ? [standard] : [])]
  const page = versions.slice(0, query.limit)
  const last = page.at(-1)
  return {
    items: page.map(({ version, rules, createdAt, createdBy, restoredFrom }, n) => ({
      version,
      createdAt: createdAt?.toISOString() ?? null,
      createdBy,
      restoredFrom,
      changes: rulesDiff(versions[n + 1]?.rules ?? [], rules),
    })),
    next: last && versions.length > page.length ? encodeCursor(list, [String(last.version)]) : null,
    asOf: now.toISOString(),
  }
}
