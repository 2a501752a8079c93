import type { Warning } from '@user-provisioning/contracts/actor'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import { update, type Write } from '@user-provisioning/mongo/write'

/** What goes wrong with rules, told once for all users that it concerns. */
export interface RuleReport {
  /** `<instance>/<code>/<rules>` */
  readonly _id: string
  readonly instanceId: string
  readonly code: string
  readonly ruleIds: readonly string[]
  readonly detail: string
  readonly count: number
  readonly createdAt: Date
  readonly changedAt: Date
  readonly userId: string | null
}

const keptDays = 30

export const ruleReports = defineCollection<RuleReport>({
  name: 'ruleReports',
  scope: 'instance',
  schema: {
    code: { type: String, required: true },
    ruleIds: { type: [String], required: true },
    detail: { type: String, required: true },
    count: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    changedAt: { type: Date, required: true },
    userId: String,
  },
  indexes: [
    { keys: { instanceId: 1, changedAt: -1, _id: -1 } },
    { keys: { changedAt: 1 }, options: { expireAfterSeconds: keptDays * 86_400 } },
  ],
})

/** The write that notes it once more. */
export function writeReport(
  { instanceId, ruleIds, userId }: Pick<RuleReport, 'instanceId' | 'ruleIds' | 'userId'>,
  { code, detail }: Warning,
  now: Date,
): Write {
  const _id = `${instanceId}/${code}/${ruleIds.join('+')}`
  const change = {
    $setOnInsert: { code, ruleIds, createdAt: now },
    $set: { detail, changedAt: now, userId },
    $inc: { count: 1 },
  }
  return update(ruleReports, instanceId, { _id }, change, { upsert: true })
}
