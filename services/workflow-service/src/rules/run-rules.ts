import type { Warning } from '@user-provisioning/contracts/actor'
import { describeFault } from '@user-provisioning/contracts/errors'
import type { Fields } from '@user-provisioning/contracts/images'
import type { ProposeLinks } from '@user-provisioning/contracts/proposals'
import type { WorkflowRule } from './workflow-rule.ts'

/** A link that a rule holds. */
export type HeldLink = ProposeLinks['links'][number]

/** The object of a type by its name, ignoring case; undefined where there is none. */
export type FindObject = (type: string, name: string) => { readonly id: string; readonly name: string } | undefined

export interface RuleRun {
  /** The rules that ran: those whose field has another value than before. */
  readonly ran: readonly WorkflowRule[]
  /** All links that rules hold afterwards; of a rule that did not run, the one it held. */
  readonly links: readonly HeldLink[]
  readonly warnings: readonly Warning[]
}

/**
 * Runs the rules over a change of a user's fields, in order, each at most once: a rule runs when its own field changed,
 * so neither its own link nor another field triggers it again (PRODUCT.md 5.3).
 * @param before the fields last acted on; absent and null are the same
 */
export function runRules(
  rules: readonly WorkflowRule[],
  before: Fields,
  after: Fields,
  held: readonly HeldLink[],
  findObject: FindObject,
): RuleRun {
  const ran: WorkflowRule[] = []
  const links: HeldLink[] = []
  const warnings: Warning[] = []
  for (const rule of rules) {
    const name = after[rule.field] ?? null
    if (name === (before[rule.field] ?? null)) {
      links.push(...held.filter(({ ruleId }) => ruleId === rule.id))
      continue
    }
    ran.push(rule)
    if (name === null || name === '') continue
    const object = findObject(rule.objectType, name)
    if (object) {
      links.push({ objectType: rule.objectType, objectId: object.id, objectName: object.name, ruleId: rule.id })
    } else {
      warnings.push(notFound(rule, name))
    }
  }
  return { ran, links, warnings }
}

function notFound(rule: WorkflowRule, name: string): Warning {
  const objectType = rule.objectType.replaceAll('-', ' ')
  const { detail } = describeFault({ code: 'object-not-found', slots: { objectType, name } })
  return { code: 'object-not-found', path: rule.field, detail }
}

/** The objects that `runRules` will look for over this change. */
export function wantedObjects(rules: readonly WorkflowRule[], after: Fields): { type: string; name: string }[] {
  return rules.flatMap(({ field, objectType }) => {
    const name = after[field]
    return name ? [{ type: objectType, name }] : []
  })
}
