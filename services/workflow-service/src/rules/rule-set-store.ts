import type { Actor } from '@user-provisioning/contracts/actor'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import { insert, update, type Write } from '@user-provisioning/mongo/write'
import { defaultRuleSet, type RuleSet, type WorkflowRule } from './workflow-rule.ts'

/** An instance's rules as they are now, with what is remembered of how they fare. */
export interface StoredRuleSet extends RuleSet {
  /** The instance. */
  readonly _id: string
  readonly instanceId: string
  /** By rule, the users that it failed for since it last succeeded. */
  readonly failing: Readonly<Record<string, readonly string[]>>
  readonly changedAt: Date | null
  readonly changedBy: Actor | null
}

/** The rules as they were in one version. */
export interface StoredRulesVersion {
  /** `<instance>/<version>` */
  readonly _id: string
  readonly instanceId: string
  readonly version: number
  readonly rules: readonly WorkflowRule[]
  readonly restoredFrom: number | null
  readonly createdAt: Date
  readonly createdBy: Actor
}

export const ruleSets = defineCollection<StoredRuleSet>({
  name: 'ruleSets',
  scope: 'instance',
  schema: {
    version: { type: Number, required: true },
    rules: { type: [Object], required: true },
    failing: Object,
    changedAt: Date,
    changedBy: Object,
  },
  indexes: [],
})

export const rulesVersions = defineCollection<StoredRulesVersion>({
  name: 'rulesVersions',
  scope: 'instance',
  schema: {
    version: { type: Number, required: true },
    rules: { type: [Object], required: true },
    restoredFrom: Number,
    createdAt: { type: Date, required: true },
    createdBy: { type: Object, required: true },
  },
  indexes: [{ keys: { instanceId: 1, version: -1 } }],
})

export function rulesVersionId(instanceId: string, version: number): string {
  return `${instanceId}/${version}`
}

/** What an instance has that never changed its rules: it is not stored. */
export function unchangedRuleSet(instanceId: string): StoredRuleSet {
  return { _id: instanceId, instanceId, ...defaultRuleSet, failing: {}, changedAt: null, changedBy: null }
}

/** The writes that make `after` the rules of an instance, and keep them as a version. */
export function writeRuleSet(before: StoredRuleSet, after: StoredRuleSet, restoredFrom: number | null): Write[] {
  const { _id, instanceId, version, rules, failing, changedAt, changedBy } = after
  if (changedAt === null || changedBy === null) throw new Error('whoever changes rules says who and when')
  const isFirst = before.changedAt === null && Object.keys(before.failing).length === 0
  return [
    isFirst
      ? insert(ruleSets, instanceId, after)
      : update(
          ruleSets,
          instanceId,
          { _id, version: before.version },
          { $set: { version, rules, failing, changedAt, changedBy } },
        ),
    insert(rulesVersions, instanceId, {
      _id: rulesVersionId(instanceId, version),
      version,
      rules,
      restoredFrom,
      createdAt: changedAt,
      createdBy: changedBy,
    }),
  ]
}

/** The write that remembers for whom a rule failed since it last succeeded; of none, that it succeeded. */
export function writeFailing(set: StoredRuleSet, ruleId: string, users: readonly string[]): Write {
  const { _id, instanceId, failing, version, changedAt } = set
  if (changedAt === null && Object.keys(failing).length === 0) {
    return insert(ruleSets, instanceId, { ...set, failing: { [ruleId]: users } })
  }
  const path = `failing.${ruleId}`
  const change = users.length === 0 ? { $set: { [path]: [] } } : { $addToSet: { [path]: { $each: users } } }
  return update(ruleSets, instanceId, { _id, version }, change)
}
