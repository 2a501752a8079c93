import { fold } from '@user-provisioning/scim/fold'
import { describe, expect, test } from 'vitest'
import { type HeldLink, runRules, wantedObjects } from './run-rules.ts'
import { defaultRuleSet, type WorkflowRule } from './workflow-rule.ts'

const { rules } = defaultRuleSet
const engineer = { id: 'o1', name: 'Engineer' }
const objects = (...all: { id: string; name: string }[]) => {
  return (type: string, name: string) =>
    type === 'job-title' ? all.find((object) => fold(object.name) === fold(name)) : undefined
}
const held: HeldLink[] = [{ objectType: 'job-title', objectId: 'o1', objectName: 'Engineer', ruleId: 'job-title' }]

describe('the default rule', () => {
  test('links the job title object of that name, ignoring case', () => {
    const run = runRules(rules, {}, { scimSyncJobTitle: 'ENGINEER' }, [], objects(engineer))
    expect(run).toEqual({ ran: rules, links: held, warnings: [] })
  })

  test('where there is no such object, links nothing, lets the old link go and reports it', () => {
    const run = runRules(
      rules,
      { scimSyncJobTitle: 'Engineer' },
      { scimSyncJobTitle: 'Pilot' },
      held,
      objects(engineer),
    )
    expect(run.links).toEqual([])
    expect(run.warnings).toEqual([
      {
        code: 'object-not-found',
        path: 'scimSyncJobTitle',
        detail: 'There is no job title Pilot; the user is not linked.',
      },
    ])
  })

  test.each([[null], [''], [undefined]])(
    'links nothing and reports nothing when the field is cleared (%s)',
    (value) => {
      const after = value === undefined ? {} : { scimSyncJobTitle: value }
      const run = runRules(rules, { scimSyncJobTitle: 'Engineer' }, after, held, objects(engineer))
      expect(run).toEqual({ ran: rules, links: [], warnings: [] })
    },
  )
})

describe('a rule', () => {
  test('whose field did not change does not run and keeps its link, though its object is gone', () => {
    const before = { scimSyncJobTitle: 'Engineer', firstName: 'Nora' }
    const run = runRules(rules, before, { ...before, firstName: 'Eleanor' }, held, objects())
    expect(run).toEqual({ ran: [], links: held, warnings: [] })
  })

  test('whose field was absent and is null does not run', () => {
    expect(runRules(rules, {}, { scimSyncJobTitle: null }, [], objects()).ran).toEqual([])
  })

  test('does not touch the link of another', () => {
    const department: WorkflowRule = {
      id: 'department',
      field: 'department',
      objectType: 'department',
      ifNone: 'report',
    }
    const before = { scimSyncJobTitle: 'Engineer', department: 'R&D' }
    const old = { objectType: 'department', objectId: 'o2', objectName: 'R&D', ruleId: 'department' }
    const after = { ...before, department: 'Sales' }
    const run = runRules([...rules, department], before, after, [...held, old], objects(engineer))
    expect(run.ran).toEqual([department])
    expect(run.links).toEqual(held)
    expect(run.warnings).toHaveLength(1)
  })
})

test('only fields with a value want an object', () => {
  expect(wantedObjects(rules, { scimSyncJobTitle: 'Engineer' })).toEqual([{ type: 'job-title', name: 'Engineer' }])
  expect(wantedObjects(rules, { scimSyncJobTitle: null, firstName: 'Nora' })).toEqual([])
})
