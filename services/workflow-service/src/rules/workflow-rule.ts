/** When `field` changes to a new value, the user is linked to the object of `objectType` that the value names. */
export interface WorkflowRule {
  readonly id: string
  /**
   * A field of the product's User entity, or `links.<object type>`: the name of the object of that type that other rules link
   * the user to.
   */
  readonly field: string
  /** CEL over `before` and `after`; where it is false for a change, the rule does not run. */
  readonly condition: string | null
  /** A declared type of objects, or `user-group`: the native groups of the product. */
  readonly objectType: string
  readonly matchBy: 'name' | 'code'
  /** Case, and spaces at the ends or repeated within, make no difference. */
  readonly ignoreCase: boolean
  /** Where no object is meant: the link stays as it is; goes; goes to an object made for it; goes, and that is reported. */
  readonly ifNone: 'keep' | 'clear' | 'create' | 'report'
  /** A paused rule does not run; its links stay. */
  readonly state: 'active' | 'paused'
  /** Why it is paused. */
  readonly reason: string | null
}

/** An instance's rules, in the order in which they run. */
export interface RuleSet {
  readonly version: number
  readonly rules: readonly WorkflowRule[]
}

/** The product's groups as a type of objects: who is linked to one is a member of it. */
export const userGroup = 'user-group'

/** What every instance has as version 1 (PRODUCT.md 5.2). */
export const defaultRuleSet: RuleSet = {
  version: 1,
  rules: [
    {
      id: 'job-title',
      field: 'scimSyncJobTitle',
      condition: null,
      objectType: 'job-title',
      matchBy: 'name',
      ignoreCase: true,
      ifNone: 'report',
      state: 'active',
      reason: null,
    },
  ],
}

const linkPrefix = 'links.'

/** The object type whose link a rule listens to; undefined for a rule that listens to a field. */
export function listenedType({ field }: Pick<WorkflowRule, 'field'>): string | undefined {
  return field.startsWith(linkPrefix) ? field.slice(linkPrefix.length) : undefined
}
