/** When `field` changes to a new value, the user is linked to the object of `objectType` that has this name, ignoring case. */
export interface WorkflowRule {
  readonly id: string
  readonly field: string
  readonly objectType: string
  /** Where there is no such object, the user is not linked, and that is reported. */
  readonly ifNone: 'report'
}

/** An instance's rules, in the order in which they run. */
export interface RuleSet {
  readonly version: number
  readonly rules: readonly WorkflowRule[]
}

/** What every instance has as version 1 (PRODUCT.md 5.2). */
export const defaultRuleSet: RuleSet = {
  version: 1,
  rules: [{ id: 'job-title', field: 'scimSyncJobTitle', objectType: 'job-title', ifNone: 'report' }],
}
